# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Defaults stand in many places: those of `roles/rollout/defaults/main.yml` are the same everywhere."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml

from ansible_collections.azroll.vmss.plugins.module_utils._common.wording import ROLE_OPTIONS
from ansible_collections.azroll.vmss.tests.unit.filters import FILTERS

ROOT = Path(__file__).parents[3]
ROLE = ROOT / "roles" / "rollout"
HOME: dict[str, Any] = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8"))
SPECS = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("vmss_*.py"))
# Options of modules that are about the same as one of the role, and whose default is another one, with the reason.
OF_THEIR_OWN = {
    # One look by itself is good enough.
    "wait_successes",
    # Whoever calls one module thinks of the whole set only.
    "max_unavailable_per_zone",
    # Releasing undoes what was held, unless it is told otherwise; the role is told on by default.
    ("vmss_hold", "restore_policy"),
    # Preflight asks whether the right for it is needed, and a caller without retries needs none.
    ("vmss_preflight", "retry_failed"),
    # Most calls wait for Azure only, and not for instances.
    "wait_timeout",
}


def spec_of(name: str) -> dict[str, dict[str, Any]]:
    module = importlib.import_module(f"ansible_collections.azroll.vmss.plugins.modules.{name}")
    with mock.patch.object(module, "VmssModule", side_effect=LookupError) as made, pytest.raises(LookupError):
        module.main()
    found: dict[str, dict[str, Any]] = made.call_args.kwargs["argument_spec"]
    return found


def test_the_role_documents_its_defaults() -> None:
    documented = {name: spec["default"] for name, spec in SPECS["main"]["options"].items() if "default" in spec}
    assert documented == HOME


@pytest.mark.parametrize("name", MODULES)
def test_a_module_documents_its_defaults(name: str) -> None:
    module = importlib.import_module(f"ansible_collections.azroll.vmss.plugins.modules.{name}")
    documented = yaml.safe_load(module.DOCUMENTATION)["options"]
    spec = spec_of(name)
    assert {one: option.get("default") for one, option in documented.items()} == {
        one: spec[one].get("default") for one in documented
    }


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_the_defaults_of_the_role(name: str) -> None:
    wrong = {}
    for option, spec in spec_of(name).items():
        of_role = HOME.get(ROLE_OPTIONS.get(option, ""))
        if of_role is not None and not {option, (name, option)} & OF_THEIR_OWN and not spec.get("required"):
            default = spec.get("default")
            # Nothing is nothing, whatever its type.
            if default != of_role and (default or of_role):
                wrong[option] = (default, of_role)
    assert wrong == {}


def test_a_filter_has_the_defaults_of_the_role() -> None:
    # Whoever plans by themselves thinks of the whole set only.
    own = {"max_unavailable_per_zone"}
    for one in inspect.signature(FILTERS["rollout_plan"]).parameters.values():
        if one.default not in (one.empty, None) and one.name not in own and f"rollout_{one.name}" in HOME:
            assert one.default == HOME[f"rollout_{one.name}"]
