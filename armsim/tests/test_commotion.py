# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Whatever is done to a set, in whatever order: its books stay right, and it comes to rest as it was requested."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from armsim.actions import eviction, instance_actions, instance_work, model_write
from armsim.protocol.errors import ArmError

from .conftest import World

VERSIONS = ("24.04.202510010", "24.04.202511100", "24.04.202511110", "24.04.202511180")
WORK = (
    instance_work.reimage_instance,
    instance_work.restart_instance,
    instance_work.redeploy_instance,
    instance_work.power_off_instance,
    instance_work.deallocate_instance,
    instance_work.start_instance,
    instance_work.reapply_instance,
)


def write(world, version):
    reference = {"version": version}
    body = {"properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": reference}}}}
    model_write.patch(world.web, body, None, None)


def on_set(world, work):
    instance_actions.act_on_instances(world.web, "action", None, work)


def on_one(world, work, index):
    instance_actions.act_on_instance(world.web, "action", world.instances[index % len(world.instances)], work)


def upgrade(world):
    instance_actions.upgrade_instances(world.web, {"instanceIds": ["*"]})


def delete(world, index):
    instance_actions.delete_instances(world.web, {"instanceIds": [world.instances[index % len(world.instances)].id]})


def evict(world, index):
    eviction.evict(world.web, world.instances[index % len(world.instances)])


indexes = st.integers(0, 40)
actions = st.one_of(
    st.sampled_from(VERSIONS).map(lambda version: partial(write, version=version)),
    st.integers(1, 30).map(lambda capacity: lambda world: model_write.resize(world.web, capacity)),
    st.sampled_from(WORK).map(lambda work: partial(on_set, work=work)),
    st.tuples(st.sampled_from(WORK), indexes).map(lambda pair: partial(on_one, work=pair[0], index=pair[1])),
    st.just(upgrade),
    indexes.map(lambda index: partial(delete, index=index)),
    indexes.map(lambda index: partial(evict, index=index)),
)
pauses = st.sampled_from([0.0, 0.3, 5.0, 30.0, 60.0, 200.0])


def check_books(world):
    now = world.simulation.timeline.now
    account = world.account()
    assert account["instances"] == len(world.instances)
    assert account["in_service"] == sum(instance.in_service(now) for instance in world.instances)
    for kind in ("instances", "in_service"):
        assert sum(tally[kind] for tally in account["domains"].values()) == account[kind]


@settings(max_examples=60)
@given(st.lists(st.tuples(actions, pauses), min_size=1, max_size=8))
def test_the_books_stay_right_and_the_set_comes_to_rest(steps):
    world = World.bundled("bad-image")
    for action, pause in steps:
        if world.instances:
            with suppress(ArmError):
                action(world)
        check_books(world)
        world.wait(pause)
        check_books(world)
    world.wait(4000)
    check_books(world)
    assert world.web.provisioning in ("Succeeded", "Failed")
    assert (len(world.instances), world.web.spare) == (world.web.capacity, 0)
    assert all(instance.work is None and instance.provisioning != "Updating" for instance in world.instances)
