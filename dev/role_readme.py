# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Write the role's options into its README, from meta/argument_specs.yml; with --check only say whether they differ."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROLE = Path(__file__).resolve().parent.parent / "roles" / "rollout"
BLOCK = re.compile(r"(<!-- options: .*? -->\n).*?(<!-- end of options -->)", re.DOTALL)


def plain(text: str) -> str:
    """Ansible's markup as Markdown."""
    return re.sub(r"\b[A-Z]\(([^)]*)\)", r"`\1`", text)


def form(option: dict[str, Any]) -> str:
    """Its type; where Ansible is to let every form of it pass ("raw"), that of its default."""
    return type(option["default"]).__name__ if option["type"] == "raw" else str(option["type"])


def row(name: str, option: dict[str, Any]) -> str:
    """One line of the table."""
    words = option["description"]
    description = plain(" ".join(words) if isinstance(words, list) else words)
    if "options" in option:
        description += " Fields: " + ", ".join(f"`{field}`" for field in option["options"]) + "."
    if "choices" in option:
        description += " One of " + ", ".join(f"`{choice}`" for choice in option["choices"] if choice) + "."
    default = "**required**" if option.get("required") else f"`{json.dumps(option['default'])}`"
    return f"| `{name}` | {form(option)} | {default} | {description} |"


def main() -> int:
    """Write, or with --check compare."""
    specs = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())
    options = specs["argument_specs"]["main"]["options"]
    rows = [row(name, option) for name, option in options.items()]
    table = ["", "| option | type | default | |", "|---|---|---|---|", *rows, "", ""]
    readme = ROLE / "README.md"
    old = readme.read_text()
    new = BLOCK.sub(lambda match: match[1] + "\n".join(table) + match[2], old)
    if new == old:
        return 0
    if "--check" in sys.argv[1:]:
        print("The README of the role does not show the options of its meta/argument_specs.yml: run make format")
        return 1
    readme.write_text(new)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
