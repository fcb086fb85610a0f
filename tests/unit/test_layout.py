# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The layout of `plugins/module_utils`: every package says what lives in it, and imports go downwards only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.azroll.vmss.tests.unit.measure import functions

ROOT = Path(__file__).parents[2] / "plugins" / "module_utils"
PREFIX = "ansible_collections.azroll.vmss.plugins.module_utils."
# From the bottom up: each imports only from those before it.
FLOORS = (
    "_common",
    "_image",
    "_tags",
    "_model",
    "_plan",
    "_guards",
    "_preflight",
    "_rollout",
    "_options",
    "_azure",
    "_operations",
    "_filters",
    "_steps",
    "_calls",
    "_border",
)
# What only one package may import: the SDK, and what a module is to Ansible. (Options are read as Ansible reads them.)
BORDERS = {
    "azure": {"_azure"},
    "msal": {"_azure"},
    "ansible": {"_border", "_options"},
}
# What reaches outside of the process, or waits: for the packages that carry out.
IMPURE = {"os", "pathlib", "socket", "subprocess", "tempfile", "threading", "time", "urllib.request"}
# A clock by itself is none of the pure ones' either; the deadline is given one.
ALLOWED = {("_common/deadline.py", "time")}
PURE = (*FLOORS[: FLOORS.index("_azure")], "_filters", "_steps")
TESTS = Path(__file__).parent / "plugins"
FILES = sorted(path for path in ROOT.rglob("*.py") if path.parent != ROOT)


def imported(path: Path) -> Iterator[str]:
    """The full names of the modules that a file imports, also for types only."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            yield str(node.module)


def name(path: Path) -> str:
    """As it is called in what these tests say: package and file."""
    return path.relative_to(ROOT).as_posix()


def test_every_file_lives_in_a_package() -> None:
    assert {path.name for path in ROOT.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(FLOORS)
    assert [path.name for path in ROOT.glob("*.py")] in ([], ["__init__.py"])
    assert all(path.parent.parent == ROOT for path in FILES)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_imports_go_downwards(path: Path) -> None:
    own = FLOORS.index(path.parent.name)
    packages = {one.removeprefix(PREFIX).split(".")[0] for one in imported(path) if one.startswith(PREFIX)}
    assert {one for one in packages if FLOORS.index(one) > own} == set()


@pytest.mark.parametrize("path", FILES, ids=name)
def test_borders_are_kept(path: Path) -> None:
    foreign = {one.split(".")[0] for one in imported(path)} & BORDERS.keys()
    assert {one for one in foreign if path.parent.name not in BORDERS[one]} == set()
    if path.parent.name in PURE:
        assert {one for one in imported(path) if one in IMPURE and (name(path), one) not in ALLOWED} == set()


def unit_test_of(path: Path) -> Path:
    """The unit test of a file: in the same tree under its name, and for what a module does, that of the module."""
    if path.parent.name == "_calls" and path.stem != "call":
        return TESTS / "modules" / f"test_vmss_{path.name}"
    return TESTS / "module_utils" / path.parent.name / f"test_{path.name}"


def test_every_file_of_logic_has_a_unit_test() -> None:
    logic = [path for path in FILES if path.name != "__init__.py" and next(functions(path.read_text("utf-8")), None)]
    assert {name(path) for path in logic if not unit_test_of(path).exists()} == set()


@pytest.mark.parametrize("package", FLOORS)
def test_every_package_says_what_lives_there_and_what_does_not(package: str) -> None:
    text = ast.get_docstring(ast.parse((ROOT / package / "__init__.py").read_text(encoding="utf-8")))
    assert text is not None
    assert len(text.split("\n\n")) == 2
