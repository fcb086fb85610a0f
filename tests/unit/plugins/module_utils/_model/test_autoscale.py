# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Autoscale settings: which scale a set, and that nothing gets lost by switching one off and on."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._model.autoscale import Autoscale, settings_of
from ansible_collections.azroll.vmss.tests.unit.builders import scale_set

SET = scale_set()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def document(**properties: Any) -> dict[str, Any]:
    return {
        "id": "/subscriptions/s/resourcegroups/RG-Ops/providers/Microsoft.Insights/autoscaleSettings/web-cpu",
        "name": "web-cpu",
        "location": "westeurope",
        "tags": {"owner": "ops"},
        "properties": {
            "enabled": True,
            "targetResourceUri": SET.id,
            "profiles": [{"name": "day", "capacity": {"minimum": "2", "maximum": "10"}}],
            **properties,
        },
    }


def test_a_setting_is_found_by_its_target_in_any_case() -> None:
    other = document(targetResourceUri=f"{SET.id}2")
    (found,) = settings_of([document(targetResourceUri=f"{SET.id.upper()}/"), other, {}], SET)
    assert (found.name, found.resource_group, found.enabled) == ("web-cpu", "RG-Ops", True)
    assert found.label == "rg-ops/web-cpu"


def test_what_does_not_say_that_it_is_enabled_is_not() -> None:
    silent = document()
    del silent["properties"]["enabled"]
    assert not Autoscale.from_wire(silent).enabled


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=4), st.booleans())
def test_switching_changes_nothing_else(more: dict[str, Any], enabled: bool) -> None:
    given_document = document(**more)
    before = copy.deepcopy(given_document)
    written = Autoscale.from_wire({**given_document, "name": "web-cpu"}).switched(enabled)
    assert given_document == before
    assert written["properties"] == {**before["properties"], "enabled": enabled}
    assert (written["location"], written["tags"]) == ("westeurope", {"owner": "ops"})
    assert "id" not in written


def test_the_bounds_are_those_of_each_profile() -> None:
    setting = Autoscale.from_wire(document())
    assert setting.describe() == "web-cpu (2 to 10 instances)"
    assert setting.to_dict()["profiles"] == [{"name": "day", "minimum": "2", "maximum": "10"}]
    assert Autoscale.from_wire(document(profiles=None)).describe() == "web-cpu"
