# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Write each default wherever it has to stand; with --check only say where it differs.

An option of the role has its default in roles/rollout/defaults/main.yml. From there it gets into the argument
specification, and into the constants that modules and filters share with the role. An option that only a module has
is at home in the module's argument specification, and a parameter of a filter in the function. From there defaults get
into the documentation.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest import mock

import yaml

from checkout import BUILD, ROOT

ROLE = ROOT / "roles" / "rollout"
SPECS = ROLE / "meta" / "argument_specs.yml"
CONSTANTS = ROOT / "plugins" / "module_utils" / "_common" / "defaults.py"
COLLECTION = "ansible_collections.azroll.vmss.plugins"
# What modules and filters share with the role, and what it is called there.
SHARED = {
    "rollout_by": "BY",
    "rollout_max_unavailable": "MAX_UNAVAILABLE",
    "rollout_canary": "CANARY",
    "rollout_lease": "LEASE_MINUTES",
    "rollout_suspend_repairs": "SUSPEND_REPAIRS",
    "rollout_upgrade_timeout": "UPGRADE_TIMEOUT",
    "rollout_poll_interval": "POLL_INTERVAL",
    "rollout_unanswered_timeout": "UNANSWERED_TIMEOUT",
    "rollout_health_report_settling": "REPORT_SETTLING",
    "rollout_health_alert_severity": "ALERT_SEVERITY",
}
_PLAIN = re.compile(r"\w[\w%.-]*", re.ASCII)
_LINE = re.compile(r"^(?P<depth> *)(?P<name>\w+):(?: (?P<value>.*))?$")
_DOCUMENTATION = re.compile(r'(?<=^DOCUMENTATION = r""")\n.*?(?=^""")', re.MULTILINE | re.DOTALL)


def of_role() -> dict[str, Any]:
    """The defaults of the role's options: their home."""
    found: dict[str, Any] = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8"))
    return found


def written(value: Any) -> str:
    """A value in one line of YAML."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and yaml.safe_load(value) == value:
        return value
    return json.dumps(value)


def with_defaults(text: str, depth: int, wanted: Mapping[str, Any]) -> str:
    """A text in YAML whose options, as deep as `depth` says, have these defaults.

    None is no default. Raises ValueError where one is missing, too many, or not in one line.
    """
    lines = text.splitlines(keepends=True)
    name, has = "", set()
    for number, line in enumerate(lines):
        found = _LINE.match(line)
        if found and len(found["depth"]) == depth:
            name = found["name"]
        elif found and found["name"] == "default" and len(found["depth"]) == depth + 2 and name in wanted:
            has.add(name)
            if not found["value"]:
                raise ValueError(f"the default of {name} is not in one line")
            if yaml.safe_load(found["value"]) != wanted[name]:
                lines[number] = f"{found['depth']}default: {written(wanted[name])}\n"
    needed = {name for name, value in wanted.items() if value is not None}
    if has != needed:
        raise ValueError(f"a default is documented, or is there, alone: {', '.join(sorted(has ^ needed))}")
    return "".join(lines)


def constants(defaults: Mapping[str, Any]) -> str:
    """The file of what is shared with modules and filters."""
    head, mark, _old = CONSTANTS.read_text(encoding="utf-8").partition("# Written by dev/defaults.py:\n")
    rows = (f"{name} = {literal(defaults[option])}\n" for option, name in SHARED.items())
    return head + mark + "".join(rows)


def literal(value: Any) -> str:
    """A value in Python, as it is formatted here."""
    return json.dumps(value) if isinstance(value, str) else repr(value)


def spec_of(module: Any) -> Mapping[str, Mapping[str, Any]]:
    """The argument specification that a module hands to Ansible."""

    class Seen(Exception):
        """Far enough."""

    with mock.patch.object(module, "VmssModule", side_effect=Seen) as made, suppress(Seen):
        module.main()
    spec: Mapping[str, Mapping[str, Any]] = made.call_args.kwargs["argument_spec"]
    return spec


def modules() -> Iterator[tuple[Path, str]]:
    """The modules, with their documentation by their argument specifications."""
    # The page of an action plugin has no argument specification.
    for path in sorted((ROOT / "plugins" / "modules").glob("vmss_*.py")):
        text = path.read_text(encoding="utf-8")
        spec = spec_of(importlib.import_module(f"{COLLECTION}.modules.{path.stem}"))
        (old,) = _DOCUMENTATION.findall(text)
        documented = yaml.safe_load(old)["options"]
        # Those of a fragment have none.
        wanted = {name: option.get("default") for name, option in spec.items() if name in documented}
        yield path, text.replace(old, with_defaults(old, 2, wanted))


def filters() -> Iterator[tuple[Path, str]]:
    """The documentation of the filters, by their functions."""
    for path in sorted((ROOT / "plugins" / "filter").glob("*.py")):
        plugin = importlib.import_module(f"{COLLECTION}.filter.{path.stem}")
        for name, function in plugin.FilterModule().filters().items():
            document = path.with_name(f"{name}.yml")
            # The first one is what the filter is applied to.
            parameters = list(inspect.signature(function).parameters.values())[1:]
            wanted = {one.name: one.default for one in parameters if one.default not in (one.empty, None)}
            yield document, with_defaults(document.read_text(encoding="utf-8"), 4, wanted)


def wanted_texts() -> Iterator[tuple[Path, str]]:
    """Every file that has a default which is at home elsewhere, as it should be."""
    defaults = of_role()
    yield CONSTANTS, constants(defaults)
    # The options that have no default are required.
    yield SPECS, with_defaults(SPECS.read_text(encoding="utf-8"), 6, defaults)
    # Whoever imports these imports the constants: they are as they should be by now.
    yield from modules()
    yield from filters()


def main() -> int:
    """Write, or with --check compare."""
    sys.path.insert(0, str(BUILD / "collections"))
    check, differing = "--check" in sys.argv[1:], []
    for path, text in wanted_texts():
        if path.read_text(encoding="utf-8") != text:
            differing.append(str(path.relative_to(ROOT)))
            if not check:
                path.write_text(text, encoding="utf-8")
    if differing and check:
        print(f"Defaults differ from where they are at home: {', '.join(differing)}. Run make format")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
