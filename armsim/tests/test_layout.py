# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The layout: every package names what lives in it, and imports go downwards, without a circle."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import armsim

ROOT = Path(armsim.__file__).parent
# The packages from the bottom up: each imports only from those before it. Below them is armsim itself: its version.
FLOORS = (
    "common",
    "protocol",
    "throttling",
    "scenario",
    "operations",
    "identity",
    "images",
    "supply",
    "model",
    "instances",
    "rolling",
    "scale_sets",
    "actions",
    "actors",
    "dump",
    "service",
    "web",
    "launch",
    "cli",
)
TOP = len(FLOORS)


def _name(file: Path) -> str:
    parts = file.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {_name(file): file for file in ROOT.rglob("*.py")}


def _imported(name: str) -> set[str]:
    """The modules of armsim that a module imports anywhere in it, also for types only."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(FILES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} has a relative import"
            base = node.module or ""
            found |= {f"{base}.{alias.name}" if f"{base}.{alias.name}" in FILES else base for alias in node.names}
    return found & FILES.keys()


IMPORTS = {name: _imported(name) for name in FILES}


def _package(name: str) -> str:
    return ".".join(name.split(".")[1:2])


def _floor(name: str) -> int:
    if name == "armsim":
        return -1
    return FLOORS.index(_package(name)) if _package(name) in FLOORS else TOP


def test_imports_go_downwards():
    upwards = [
        f"{name} imports {other}"
        for name, others in IMPORTS.items()
        for other in others
        if _package(name) != _package(other) and _floor(other) >= _floor(name)
    ]
    assert upwards == []


def test_no_module_imports_itself_by_way_of_others():
    # A package's __init__ is run before any module in it, but what that module needs of it is only its name.
    list(TopologicalSorter(IMPORTS).static_order())


def test_starting_a_simulator_needs_nothing_else():
    names = [name for name in FILES if _package(name) == "launch"]
    assert {_package(other) for name in names for other in IMPORTS[name]} == {"launch"}


def test_every_file_is_in_a_package():
    assert {file.name for file in ROOT.iterdir() if file.is_file()} == {
        "__init__.py",
        "__main__.py",
        "py.typed",
    }
    assert {file.parent.name for file in ROOT.glob("*/*.py")} == {*FLOORS}


@pytest.mark.parametrize("package", FLOORS)
def test_a_package_says_what_lives_there(package: str):
    documented = ast.get_docstring(ast.parse(FILES[f"armsim.{package}"].read_text(encoding="utf-8")))
    assert documented is not None
    what, _, what_not = documented.partition("\n\n")
    assert what.endswith(".")
    assert what_not.endswith(".")
