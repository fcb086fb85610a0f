# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Changes of the capacity: overprovisioning, scale-in policies, limits, and the ledger meanwhile."""

from __future__ import annotations

from collections import Counter

import pytest

from armsim.actions import instance_actions, model_write
from armsim.protocol.errors import ArmError

from .conftest import World

NEWER, NEW = "24.04.202511100", "24.04.202511180"


def write_image(world, version):
    reference = {"version": version}
    body = {"properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": reference}}}}
    return model_write.patch(world.web, body, None, None)


def write(world, **properties):
    model_write.patch(world.web, {"properties": properties}, None, None)
    world.wait(2)


def test_more_instances_are_made_than_wanted_and_the_last_of_them_deleted(world):
    write_image(world, NEW)
    world.wait(2)
    old = set(world.web.instances)
    highest = max(map(int, old))
    accepted = model_write.resize(world.web, 22)
    made = [instance for instance in world.instances if instance.id not in old]
    assert [int(instance.id) - highest for instance in made] == [1, 2, 3]
    assert {(instance.provisioning, instance.model is world.web.model) for instance in made} == {("Updating", True)}
    assert (accepted.charge, world.web.capacity) == (3, 22)
    while accepted.operation.status == "InProgress":
        world.wait(1)
    # Of those that are kept all but the last are busy for a moment, and serve.
    kept, last = (instance for instance in made if not instance.surplus)
    assert (kept.provisioning, last.provisioning) == ("Updating", "Succeeded")
    assert Counter(instance.provisioning for instance in made)["Deleting"] == 1
    assert kept.work.gentle
    world.wait(45)
    assert Counter(instance.provisioning for instance in made) == {"Succeeded": 2, "Deleting": 1}
    assert (kept.etag, last.etag) == (2, 1)
    world.wait(600)
    assert len(world.instances) == world.account()["instances"] == 22
    assert {instance.image.exact_version for instance in made} == {NEW}
    assert (world.account()["in_service"], world.account()["min_in_service"]) == (22, 20)
    assert max(count for _, count in world.account()["timeline"]) == 22


def test_a_scale_out_raises_the_etag_by_one_and_when_it_is_over_by_two_more(world):
    before = world.web.etag
    model_write.resize(world.web, 22)
    assert world.web.etag == before + 1
    world.wait(600)
    assert world.web.etag == before + 3


def test_ids_are_never_used_again(world):
    highest = max(map(int, world.web.instances))
    model_write.resize(world.web, 21)
    world.wait(600)
    model_write.resize(world.web, 20)
    world.wait(600)
    model_write.resize(world.web, 21)
    made = [int(item) for item in world.web.instances if int(item) > highest]
    assert made == [highest + 3, highest + 4]


def test_without_overprovisioning_as_many_are_made_as_wanted(world):
    write(world, overprovision=False)
    assert model_write.resize(world.web, 25).charge == 5
    assert len(world.instances) == 25


def test_a_flexible_set_makes_as_many_as_wanted_and_is_not_charged():
    world = World.bundled("flexible")
    assert model_write.resize(world.web, 15).charge is None
    assert len(world.instances) == 15
    world.wait(300)
    assert Counter(instance.place.zone for instance in world.instances) == {"1": 5, "2": 5, "3": 5}


def test_a_newer_write_preempts_the_operation_but_not_the_scaling(world):
    first = model_write.resize(world.web, 22)
    world.wait(10)
    second = write_image(world, NEW)
    assert (first.operation.status, second.charge) == ("Canceled", 0)
    world.wait(600)
    assert len(world.instances) == 22


def test_scaling_in_while_scaling_out_ends_at_the_last_capacity(world):
    model_write.resize(world.web, 25)
    world.wait(10)
    model_write.resize(world.web, 21)
    world.wait(600)
    assert len(world.instances) == world.account()["instances"] == 21
    assert world.account()["in_service"] == 21
    assert world.web.spare == 0


def test_deleting_an_instance_that_is_just_being_made_leaves_the_rest_wanted(world):
    model_write.resize(world.web, 22)
    world.wait(5)
    instance_actions.delete_instances(world.web, {"instanceIds": [world.instances[-1].id]})
    world.wait(600)
    assert len(world.instances) == world.web.capacity == 21


def test_instances_that_fail_are_the_first_to_go():
    world = World.bundled("bad-image")
    write_image(world, "24.04.202511110")
    world.wait(2)
    accepted = model_write.resize(world.web, 22)
    world.wait(900)
    assert (accepted.operation.status, accepted.operation.failure.code) == ("Failed", "OSProvisioningTimedOut")
    assert [instance.provisioning for instance in world.instances[-2:]] == ["Failed"] * 2
    assert (len(world.instances), world.web.provisioning) == (22, "Failed")


def test_by_default_fault_domains_are_balanced_and_the_highest_ids_go_and_the_protected_stay(world):
    last = world.instances[-1]
    last.protect_from_scale_in = True
    accepted = model_write.resize(world.web, 15)
    doomed = [instance for instance in world.instances if instance.provisioning == "Deleting"]
    assert (accepted.charge, len(doomed), last in doomed) == (5, 5, False)
    assert Counter(instance.place.fault_domain for instance in world.web.active()) == dict.fromkeys(range(5), 3)
    assert accepted.operation.status == "InProgress"
    world.wait(600)
    assert accepted.operation.status == "Succeeded"
    assert world.account()["instances"] == 15


@pytest.mark.parametrize(("rule", "position"), [("NewestVM", -1), ("OldestVM", 0)])
def test_the_policy_says_which_instance_goes(world, rule, position):
    write(world, scaleInPolicy={"rules": [rule], "forceDeletion": True})
    ages = sorted(world.instances, key=lambda instance: instance.created)
    model_write.resize(world.web, 19)
    assert ages[position].provisioning == "Deleting"
    world.wait(world.web.world.timings.delete.min)
    assert len(world.instances) == 19


def test_zones_stay_in_balance_when_scaling_in():
    world = World.bundled("zonal")
    model_write.resize(world.web, 20)
    zones = Counter(instance.place.zone for instance in world.web.active())
    assert sorted(zones.values()) == [6, 7, 7]


def test_where_too_many_are_protected_fewer_go(world):
    for instance in world.instances[3:]:
        instance.protect_from_scale_in = True
    model_write.resize(world.web, 5)
    world.wait(600)
    assert len(world.instances) == 17


def test_a_single_placement_group_has_room_for_a_hundred(world):
    with pytest.raises(ArmError) as refused:
        model_write.resize(world.web, 101)
    assert (refused.value.status, refused.value.target) == (400, "sku.capacity")
    assert len(world.instances) == 20
    write(world, singlePlacementGroup=False)
    with pytest.raises(ArmError, match="PropertyChangeNotAllowed"):
        write(world, singlePlacementGroup=True)
    model_write.resize(world.web, 120)
    world.wait(600)
    groups = Counter(instance.place.placement_group for instance in world.instances)
    assert sum(groups.values()) == 120
    assert max(groups.values()) <= 100


def test_under_automatic_policy_a_write_of_the_capacity_restarts_what_lags():
    world = World.bundled("quickstart")
    write_image(world, NEW)
    world.wait(2)
    model_write.set_policy(world.web, "Automatic")
    protected = world.instances[0]
    protected.protect_from_scale_set_actions = True
    accepted = model_write.resize(world.web, 21)
    assert accepted.charge == 19 + 2
    world.wait(600)
    assert accepted.operation.status == "Succeeded"
    assert world.account()["instances_on_target"] == 20
    assert not protected.applies(world.web.model)
