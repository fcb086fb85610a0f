# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What the service answers can be changed in worlds of this process, too."""

from __future__ import annotations

import random
from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import Forbidden
from armsim import scenario
from rollouts.arm import Arm
from rollouts.site import Site, Weather
from rollouts.worlds import NEW, random_world

# One with a source of health.
WORLD = next(
    world
    for world in (random_world(random.Random(seed), largest=20) for seed in range(70))
    if world.document["scale_sets"][0].get("health") and world.size > 3
)


def answered(fault: dict[str, Any]) -> Arm:
    """A wire to a world in which this befalls the first request that fits it."""
    site = Site(WORLD.scenario(), NEW, Weather(), (), 1)
    site.simulation.faults.order([scenario.FAULT.validate_python(fault)])
    return Arm(site, Deadline(600, sleep=site.sleep, monotonic=site.now), {})


def test_an_answer_can_be_changed_in_a_world_of_this_process() -> None:
    gone = "value[*].properties.instanceView.vmHealth"
    arm = answered({"kind": "changed", "operation": "VirtualMachine*_List", "drop": [gone]})
    web = arm.get_scale_set("rg-shop", "web")
    changed, after = arm.list_instances(web), arm.list_instances(web)
    assert {one.health_time for one in changed} == {None}
    assert len(changed) == len(after)
    assert any(one.health_time for one in after)


def test_a_request_can_be_refused_in_a_world_of_this_process() -> None:
    arm = answered({"kind": "status", "status": 403, "operation": "VirtualMachineScaleSets_Get"})
    with pytest.raises(Forbidden):
        arm.get_scale_set("rg-shop", "web")
    assert arm.get_scale_set("rg-shop", "web").name == "web"
