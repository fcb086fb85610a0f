# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Balance of zones: what is made and deleted where a zone is down, at best effort and strictly."""

from __future__ import annotations

from collections import Counter

import pytest
import yaml

from armsim import scenario
from armsim.actions import model_write
from armsim.actors.actor_actions import apply
from armsim.protocol.errors import ArmError

from .conftest import World


def zonal(*down, strict=False, **changes):
    """Three zones of four instances; ``down`` are those in which nothing can be made."""
    document = yaml.safe_load(scenario.locate("zonal").read_text(encoding="utf-8"))
    document["scale_sets"][0] |= {"capacity": 12, "overprovision": False, **changes}
    world = World(scenario.parse(yaml.safe_dump({**document, "zones_down": list(down)}), "zonal"))
    if strict:
        model_write.patch(world.web, {"properties": {"zoneBalance": True}}, None, None)
        world.wait(10)
    return world


def resized(world, capacity):
    """How the operation ends, and how many instances each zone has then."""
    operation = model_write.resize(world.web, capacity).operation
    world.wait(1800)
    counts = Counter(one.place.zone for one in world.web.active())
    code = operation.failure.code if operation.failure else None
    return operation.status, code, [counts[zone] for zone in ("1", "2", "3")]


def test_best_effort_goes_where_a_zone_is_up():
    assert resized(zonal("2"), 16) == ("Succeeded", None, [6, 4, 6])


def test_the_zone_that_was_down_is_filled_first():
    world = zonal("2")
    resized(world, 16)
    world.simulation.zones_down.clear()
    assert resized(world, 18) == ("Succeeded", None, [6, 6, 6])


@pytest.mark.parametrize("down", [("1", "2"), ("1", "2", "3")])
def test_with_two_zones_down_nothing_is_made(down):
    assert resized(zonal(*down), 13) == ("Failed", "ZonalAllocationFailed", [4, 4, 4])


def test_a_strict_set_grows_as_long_as_it_stays_in_balance():
    world = zonal("2", strict=True)
    assert resized(world, 14) == ("Succeeded", None, [5, 4, 5])
    assert resized(world, 15) == ("Failed", "ZonalAllocationFailed", [5, 4, 5])


def test_a_strict_set_shrinks_as_long_as_it_stays_in_balance():
    world = zonal(strict=True)
    assert resized(world, 10)[0] == "Succeeded"
    for instance in world.web.active():
        instance.protect_from_scale_in = instance.place.zone == "1"
    status, code, counts = resized(world, 5)
    assert (status, code, sum(counts)) == ("Failed", "OperationNotAllowed", 10)


def test_a_strict_set_of_which_much_was_deleted_is_filled_up():
    world = zonal(strict=True)
    gone = [one for one in world.web.active() if one.place.zone == "3"][:2]
    for instance in gone:
        del world.web.instances[instance.id]
    world.web.document["sku"]["capacity"] = 10
    assert resized(world, 12) == ("Succeeded", None, [4, 4, 4])


def test_instances_without_a_zone_go_first():
    world = zonal()
    for instance in world.instances[:3]:
        instance.place = type(instance.place)()
    outside = {one.id for one in world.instances[:3]}
    resized(world, 9)
    assert not outside & set(world.web.instances)


def test_a_zone_can_go_down_and_come_back():
    world = zonal()
    apply(world.simulation, scenario.ActorAction.model_validate({"zones_down": ["3"]}), world.web.rng)
    assert resized(world, 14)[2] == [5, 5, 4]
    apply(world.simulation, scenario.ActorAction.model_validate({"zones_down": []}), world.web.rng)
    assert resized(world, 15)[2] == [5, 5, 5]


@pytest.mark.parametrize(("zone", "replaced"), [("1", False), ("2", True)])
def test_a_repair_needs_the_zone_that_the_instance_is_in(zone, replaced):
    world = zonal("1", automatic_repairs={"enabled": True})
    broken = next(one for one in world.instances if one.place.zone == zone)
    world.web.set_health(broken, "unhealthy")
    world.wait(2400)
    assert (broken.id not in world.web.instances) is replaced


@pytest.mark.parametrize("value", [True, False])
def test_less_than_two_zones_have_no_balance(value):
    document = yaml.safe_load(scenario.locate("quickstart").read_text(encoding="utf-8"))
    world = World(scenario.parse(yaml.safe_dump(document), "quickstart"))
    with pytest.raises(ArmError, match="The value of parameter zoneBalance is invalid") as error:
        model_write.patch(world.web, {"properties": {"zoneBalance": value}}, None, None)
    assert (error.value.status, error.value.target) == (400, "zoneBalance")
