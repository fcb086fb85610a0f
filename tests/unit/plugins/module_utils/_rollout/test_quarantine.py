# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""What is quarantined: only what the rollout broke, and never so much that nothing else could move."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import out_of_service
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import Budget, shares
from ansible_collections.azroll.vmss.plugins.module_utils._plan.limit import Limit
from ansible_collections.azroll.vmss.plugins.module_utils._rollout import state
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.failure_policy import WAYS, react
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.quarantine import choose_quarantine, newly_broken
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD, instance, scale_set
from ansible_collections.azroll.vmss.tests.unit.strategies import fleets, tight_budgets

SET = scale_set(image=NEW)


def budget(allowed=2, **more):
    return Budget(Limit.parse(allowed, "x"), **more)


def journal(sent=("0",), **facts):
    made = state.begin_batch(
        state.start("web", "web-rg", "10:00"), {"name": "canary", "instance_ids": list(sent)}, "10:01"
    )
    ordinary = {"previous_image": OLD.to_dict(), "target_image": NEW.to_dict(), "image_changed": True, "cause": "x"}
    return state.note(made, **{**ordinary, **facts})


def world(*unhealthy, size=6, moved=3, **fields):
    """The first `moved` instances have the new image; those of `unhealthy` are unhealthy."""
    return [
        instance(
            number,
            image=NEW if number < moved else OLD,
            health="unhealthy" if number in unhealthy else "healthy",
            **(fields if number in unhealthy else {}),
        )
        for number in range(size)
    ]


def chosen(instances, made=None, *, most=1, allowed=2, known=SET):
    return choose_quarantine(made or journal(("0", "1", "2")), known, instances, most=most, budget=budget(allowed))


def test_the_first_of_the_newly_broken_are_chosen():
    assert chosen(world(0, 1), allowed=3).instance_ids == ("0",)
    assert chosen(world(0, 1), most=5, allowed=3).instance_ids == ("0", "1")
    assert chosen(world(0, 1), most=0).instance_ids == ()


@pytest.mark.parametrize(
    ("unhealthy", "allowed", "ids"),
    [
        ((0,), 1, ()),  # it would take the only place there is
        ((0,), 2, ("0",)),
        ((0, 1), 2, ("0",)),  # the minimum in service holds just so, and the other one comes back
        ((0, 1, 2), 2, ()),  # below the minimum in service each one is needed
        ((0, 4), 2, ()),  # the one that was unhealthy before may stay so
        ((0, 4), 3, ("0",)),
    ],
)
def test_room_for_one_more_must_be_left(unhealthy, allowed, ids):
    chosen_ones = chosen(world(*unhealthy), journal(("0", "1", "2"), unhealthy_before=["4"]), allowed=allowed)
    assert chosen_ones.instance_ids == ids
    assert bool(chosen_ones.why) == (not ids)


def test_each_part_with_a_limit_must_bear_it():
    instances = [replace(one, zone=str(int(one.instance_id) % 3)) for one in world(0, size=9)]
    made = choose_quarantine(journal(), SET, instances, most=1, budget=budget(4, of_zone=Limit.parse("1", "x")))
    assert made.instance_ids == ()
    made = choose_quarantine(journal(), SET, instances, most=1, budget=budget(4, of_zone=Limit.parse("2", "x")))
    assert made.instance_ids == ("0",)


def test_what_a_killed_run_set_aside_is_chosen_again_before_others():
    instances = [replace(one, protected=one.instance_id == "2") for one in world(0, 2)]
    assert chosen(instances, journal((), on_target_before=[]), allowed=3).instance_ids == ("2",)


@pytest.mark.parametrize(
    ("facts", "known"),
    [
        ({"unhealthy_before": ["0"]}, SET),
        ({"blocks_rollback": "another rollout holds the scale set"}, SET),
        ({}, scale_set(image=NEW, orchestration_mode="Flexible")),
    ],
)
def test_nothing_else_is_and_the_reason_is_told(facts, known):
    chosen_ones = chosen(world(0), journal(**facts), known=known)
    assert chosen_ones.instance_ids == ()
    assert chosen_ones.why.startswith("None was quarantined: ")


@pytest.mark.parametrize(
    "fields", [{"provisioning_state": "Updating"}, {"provisioning_state": "Deleting"}, {"power": "deallocated"}]
)
def test_what_is_on_its_way_or_was_stopped_is_not_broken(fields):
    assert newly_broken(journal(), SET, world(0, **fields)) == ()


def test_on_target_before_the_rollout_is_not_of_its_making():
    made = journal((), on_target_before=["1"])
    assert [one.instance_id for one in newly_broken(made, SET, world(0, 1, 4))] == ["0"]


@given(fleets(), tight_budgets, st.integers(0, 3), st.sets(st.integers(0, 40)), st.sampled_from(WAYS))
def test_the_floor_holds_and_the_rollback_leaves_what_is_set_aside(instances, limits, most, unhealthy, way):
    made = journal([one.instance_id for one in instances[::2]], unhealthy_before=[str(number) for number in unhealthy])
    chosen_ones = choose_quarantine(made, SET, instances, most=most, budget=limits)
    ids = set(chosen_ones.instance_ids)
    assert len(ids) <= most
    assert ids <= {one.instance_id for one in newly_broken(made, SET, instances)}
    out = set(out_of_service(instances, SET.health_source))
    old = out - {one.instance_id for one in newly_broken(made, SET, instances)}
    for part in shares(instances, limits):
        if part.members & ids:
            assert part.room(out) >= 0
            assert part.room(old | ids) >= 1
    assert not ids & set(react({**made, "quarantine": list(ids)}, SET, instances, way).instance_ids)
