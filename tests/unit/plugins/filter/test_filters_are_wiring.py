# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Filter plugins are wiring: the functions of the file of `module_utils/_filters` that has the plugin's name."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

from ansible_collections.azroll.vmss.tests.unit.filters import FILES, FILTERS
from ansible_collections.azroll.vmss.tests.unit.measure import code_lines

MOST_LINES = 20
HOME = FILES[0].parents[1] / "module_utils" / "_filters"


def public(path: Path) -> set[str]:
    """The functions of a file that others may use."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_filter_plugin_is_short(path: Path) -> None:
    assert len(code_lines(path.read_text(encoding="utf-8"))) <= MOST_LINES


def test_every_plugin_has_a_file_of_its_name_below() -> None:
    assert {path.name for path in FILES} == {path.name for path in HOME.glob("*.py")} - {"__init__.py"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_plugin_offers_all_that_the_file_below_has(path: Path) -> None:
    home = {name for name, function in FILTERS.items() if inspect.unwrap(function).__module__.endswith(f".{path.stem}")}
    assert home == public(HOME / path.name)
