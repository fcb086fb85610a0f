# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Virtual machines of a Flexible set that were not made from its model, and sets without one."""

from __future__ import annotations

import re
from typing import Any

import pytest

from armsim import scenario
from armsim.common.clock import ManualClock
from armsim.common.wire import PROFILE_TAG
from armsim.service.simulation import Simulation

API = "2024-07-01"
UBUNTU = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server"}


def simulation(**fields: Any) -> Simulation:
    """A Flexible set of three."""
    web = {
        "name": "web",
        "resource_group": "rg-shop",
        "orchestration_mode": "Flexible",
        "capacity": 3,
        "image": {**UBUNTU, "version": "1.0.0"},
        **fields,
    }
    document = {
        "version": 1,
        "images": {"platform": [{**UBUNTU, "versions": [{"version": "1.0.0"}]}]},
        "resource_groups": [{"name": "rg-shop", "location": "westeurope"}],
        "scale_sets": [web],
    }
    return Simulation(scenario.check(document), ManualClock(), 1)


def machines(made: Simulation) -> dict[str, dict[str, Any]]:
    (web,) = made.scale_sets()
    return {one.id: made.views.virtual_machine(web, one, 10.0, API, view=True) for one in web.instances.values()}


def test_what_the_model_made_is_marked_and_what_was_attached_is_not() -> None:
    attached = {"plain": {"attached": "image"}, "disk": {"attached": "disk", "os_type": "Windows"}}
    found = machines(simulation(instances=attached))
    marks = {name: (body.get("tags") or {}).get(PROFILE_TAG) for name, body in found.items()}
    assert [name for name, mark in marks.items() if mark is None] == ["plain", "disk"]
    (mark,) = [mark for mark in marks.values() if mark]
    # As recorded: 8/26/2024 9:42:41 AM +00:00
    assert re.fullmatch(r"\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d\d:\d\d [AP]M \+00:00", mark)
    storage = found["disk"]["properties"]["storageProfile"]
    assert "imageReference" not in storage
    assert (storage["osDisk"]["createOption"], storage["osDisk"]["osType"]) == ("Attach", "Windows")
    assert "vmHealth" not in found["plain"]["properties"]["instanceView"]


def test_a_set_without_a_profile_shows_neither_size_nor_model_nor_policy() -> None:
    made = simulation(profile=False)
    (web,) = made.scale_sets()
    body = made.views.scale_set(web, API)
    assert "sku" not in body
    assert not {"virtualMachineProfile", "upgradePolicy"} & set(body["properties"])
    assert not any((one.get("tags") or {}).get(PROFILE_TAG) for one in machines(made).values())


@pytest.mark.parametrize("fields", [{"profile": False}, {"instances": {"0": {"attached": "disk"}}}])
def test_uniform_sets_have_nothing_of_that(fields: dict[str, Any]) -> None:
    with pytest.raises(scenario.ScenarioError, match="only Flexible sets"):
        simulation(orchestration_mode="Uniform", **fields)
