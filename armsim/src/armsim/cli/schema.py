# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The schema of scenario files for programs (JSON Schema) and for readers (the tables of SCENARIOS.md)."""

from __future__ import annotations

import argparse
import json
import re
import sys
from typing import Any

from armsim.scenario import Scenario


def main(arguments: list[str]) -> int:
    """Run the sub-command ``schema``; returns the exit status."""
    parser = argparse.ArgumentParser(prog="armsim schema", description="Print the schema of scenario files.")
    parser.add_argument("--markdown", action="store_true", help="as the tables of SCENARIOS.md, not as JSON Schema")
    options = parser.parse_args(arguments)
    sys.stdout.write(tables() if options.markdown else json.dumps(schema(), indent=2) + "\n")
    return 0


def schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Scenario.model_json_schema()}


def tables() -> str:
    """A section in Markdown for each part of the schema: its fields, what each takes, its default, what it means."""
    whole = Scenario.model_json_schema()
    parts = {"Scenario": whole}
    _gather(whole, whole["$defs"], parts)
    return "\n".join(_section(name, part) for name, part in parts.items())


def _gather(node: Any, definitions: dict[str, Any], parts: dict[str, Any]) -> None:
    """Add the parts that ``node`` refers to, each before those that it refers to itself."""
    if isinstance(node, list):
        for item in node:
            _gather(item, definitions, parts)
    elif isinstance(node, dict):
        name = str(node.get("$ref", "")).rpartition("/")[2]
        if name and name not in parts and "properties" in definitions[name]:
            parts[name] = definitions[name]
            _gather(definitions[name], definitions, parts)
        for key, item in node.items():
            if key != "$defs":
                _gather(item, definitions, parts)


def _section(name: str, part: dict[str, Any]) -> str:
    lines = [f"### {name}", ""]
    if part.get("description"):
        lines += [" ".join(part["description"].replace("``", "`").split()), ""]
    lines += ["| field | takes | default | meaning |", "|---|---|---|---|"]
    required = part.get("required", [])
    for field, node in part["properties"].items():
        default = "**required**" if field in required else _default(node.get("default"))
        lines.append(f"| `{field}` | {_takes(node)} | {default} | {_cell(node.get('description', ''))} |")
    return "\n".join([*lines, ""])


def _default(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict) and set(value) == {"min", "median", "max"}:
        value = {name: int(number) if number == int(number) else number for name, number in value.items()}
        return f"{value['min']}, {value['median']}, {value['max']}"
    if isinstance(value, dict) and value:
        return "its defaults"
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return ", ".join(f"`{item.get('name')}`" for item in value)
    return f"`{_cell(json.dumps(value, ensure_ascii=False))}`"


def _takes(node: dict[str, Any]) -> str:
    """What a field takes, in words, with a link to the section of another part."""
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in node:
        return f"`{json.dumps(node['const'])}`" if not isinstance(node["const"], str) else f"`{node['const']}`"
    if "enum" in node:
        return ", ".join(f"`{word}`" for word in node["enum"])
    choices = [choice for choice in node.get("anyOf", node.get("oneOf", [])) if choice.get("type") != "null"]
    if choices:
        return " or ".join(_takes(choice) for choice in choices)
    kind = node.get("type")
    if kind == "array":
        return f"list of {_takes(node.get('items', {}))}"
    if kind == "object":
        rest = node.get("additionalProperties")
        return f"mapping of {_takes(rest)}" if isinstance(rest, dict) and rest else "mapping"
    if kind in ("integer", "number"):
        return " ".join(["whole number" if kind == "integer" else "number", *_bounds(node)])
    if kind == "boolean":
        return "`true`, `false`"
    return {"date-time": "date and time"}.get(node.get("format", ""), "text")


def _bounds(node: dict[str, Any]) -> list[str]:
    words = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to", "exclusiveMaximum": "below"}
    return [f"{word} {node[name]:g}" for name, word in words.items() if name in node]


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|")
