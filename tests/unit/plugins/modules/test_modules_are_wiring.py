# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Modules are wiring: an argument specification, and the work of `module_utils/_calls` under the module's name."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from ansible_collections.azroll.vmss.plugins.module_utils._calls.call import Work
from ansible_collections.azroll.vmss.tests.unit.measure import code_lines

PLUGINS = Path(__file__).parents[4] / "plugins"
MODULES = sorted(path.stem for path in (PLUGINS / "modules").glob("vmss_*.py"))
# Pages of action plugins: those do everything, and what is here is for ansible-doc only.
PAGES = sorted(path.stem for path in (PLUGINS / "action").glob("*.py"))
MOST_LINES = 60


def module(name: str) -> ModuleType:
    return importlib.import_module(f"ansible_collections.azroll.vmss.plugins.modules.{name}")


def work(name: str) -> Work[Any, Any]:
    (found,) = (one for one in vars(module(name)).values() if isinstance(one, Work))
    return found


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_short(name: str) -> None:
    assert len(code_lines((PLUGINS / "modules" / f"{name}.py").read_text(encoding="utf-8"))) <= MOST_LINES


def test_every_file_is_a_module_or_the_page_of_an_action() -> None:
    assert {path.stem for path in (PLUGINS / "modules").glob("*.py")} == {*MODULES, *PAGES}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_code(name: str) -> None:
    source = (PLUGINS / "modules" / f"{name}.py").read_text(encoding="utf-8")
    names = [ast.unparse(node.targets[0]) for node in ast.parse(source).body if isinstance(node, ast.Assign)]
    assert names == ["DOCUMENTATION", "EXAMPLES", "RETURN"]
    # The other line is that of the annotations.
    assert len(code_lines(source)) == 1


def test_every_call_is_that_of_a_module() -> None:
    calls = {path.stem for path in (PLUGINS / "module_utils" / "_calls").glob("*.py")} - {"__init__", "call"}
    assert {f"vmss_{one}" for one in calls} == set(MODULES)
    assert all(work(name).act.__module__.endswith(f"._calls.{name.removeprefix('vmss_')}") for name in MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_the_result_has_what_is_documented(name: str) -> None:
    documented = set(yaml.safe_load(module(name).RETURN))
    # Ansible itself documents `changed` and `diff`.
    assert documented - {"changed", "diff"} == set(work(name).result().to_dict()) - {"changed", "diff"} | {"error"}


@pytest.mark.parametrize("name", MODULES)
def test_results_share_nothing(name: str) -> None:
    first, second = work(name).result(), work(name).result()
    for key, value in first.to_dict().items():
        if isinstance(value, dict):
            value["touched"] = True
        elif isinstance(value, list):
            value.append("touched")
        assert getattr(second, key) == getattr(work(name).result(), key)
