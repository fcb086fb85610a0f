# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The driver asks of the modules what the role's task files ask of them."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from ansible_collections.azroll.vmss.plugins.module_utils._errors import Forbidden
from ansible_collections.azroll.vmss.plugins.module_utils._wait import Deadline
from armsim import scenario
from rollouts.arm import Arm
from rollouts.play import Play, Result
from rollouts.rollout import roll
from rollouts.site import Site, Weather
from rollouts.worlds import NEW, random_world

TASKS = Path(__file__).parents[2] / "roles" / "rollout" / "tasks"
# The driver's scale set has its names by itself; it accepts everything, probes no instances and has no alerts.
ELSEWHERE = {
    "resource_group",
    "name",
    "allow_managed",
    "allow_automatic_os_upgrade",
    "allow_image_kind_change",
    "probe_instances",
    "health_alerts",
    "health_alert_severity",
    # Its instances carry no tags, and it skips them by id.
    "skip_tags",
}
# What it does not use at all.
WITHOUT = {"vmss_instance_probe", "vmss_alert_info"}


# One with a source of health.
WORLD = next(
    world
    for world in (random_world(random.Random(seed), largest=20) for seed in range(70))
    if world.document["scale_sets"][0].get("health") and world.size > 3
)


def of_the_role() -> dict[str, set[str]]:
    """The options that any of the role's tasks gives, by module."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in TASKS.glob("*.yml"):
        for task in tasks_of(yaml.safe_load(file.read_text(encoding="utf-8"))):
            for action, options in task.items():
                if action.startswith("azroll.vmss."):
                    found[action.rpartition(".")[2]] |= set(options)
    return {module: options - ELSEWHERE for module, options in found.items() if module not in WITHOUT}


def tasks_of(listed: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Those inside of blocks, too."""
    for one in listed:
        inside = [inner for part in ("block", "rescue", "always") for inner in one.get(part, [])]
        yield from tasks_of(inside) if inside else [one]


def test_the_driver_gives_each_module_the_options_that_the_role_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, set[str]] = defaultdict(set)
    module = Play.module

    def noting(play: Play, called: ModuleType, register: str, **options: Any) -> Result:
        given[called.__name__.rpartition(".")[2]] |= set(options)
        return module(play, called, register, **options)

    monkeypatch.setattr(Play, "module", noting)
    for seed in (*range(70), 100, 270):
        roll(random_world(random.Random(seed), largest=20))
    assert {name: options - ELSEWHERE for name, options in given.items()} == of_the_role()


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
