# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""What follows a failure: never a write where another client is at work, and always the image that was there before."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    BadInput,
    ConcurrentChange,
    Conflict,
    ConnectionFailed,
    Forbidden,
    OperationFailed,
    Refused,
    ServiceError,
    Throttled,
    Unavailable,
    WaitTimeout,
)
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import same_image
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import Selection
from ansible_collections.azroll.vmss.plugins.module_utils._rollout import state
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.failure_policy import WAYS, react
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import LeaseLost
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD, instance, scale_set
from ansible_collections.azroll.vmss.tests.unit.strategies import fleets

SET = scale_set(image=NEW)


def journal(*batches, **facts):
    made = state.start("web", "web-rg", "10:00")
    for ids in batches:
        made = state.begin_batch(made, {"name": f"batch {ids}", "instance_ids": ids}, "10:01")
        made = state.end_batch(made, "failed" if ids is batches[-1] else "succeeded", "10:02")
    ordinary = {"previous_image": OLD.to_dict(), "target_image": NEW.to_dict(), "image_changed": True, "cause": "x"}
    ordinary["lease_acquired"] = True
    return state.note(made, **{**ordinary, **facts})


def world():
    """0 had the image before, 1 to 3 were moved (3 is unhealthy), 4 and 5 were not, 6 is new."""
    moved = [instance(n, image=NEW, health="unhealthy" if n == 3 else "healthy") for n in (0, 1, 2, 3)]
    return [*moved, instance(4), instance(5), instance(6, image=NEW)]


@pytest.mark.parametrize(
    ("way", "ids"),
    [("rollback_instances", ("3",)), ("rollback_batch", ("2", "3")), ("rollback", ("1", "2", "3", "6"))],
)
def test_each_rollback_takes_its_own_instances(way, ids):
    decided = react(journal(["1"], ["2", "3"], on_target_before=["0"]), SET, world(), way)
    assert decided.roll_back
    assert decided.image == OLD
    assert decided.instance_ids == ids


@pytest.mark.parametrize(("way", "ids"), [("rollback_instances", ("3",)), ("rollback_batch", ("1", "2"))])
def test_what_shows_after_the_batches_have_ended_well_goes_back_as_well(way, ids):
    made = journal(["3"], ["1", "2"])
    made["batches"] = [{**batch, "result": "succeeded"} for batch in made["batches"]]
    assert react(made, SET, world(), way).instance_ids == ids


@pytest.mark.parametrize("way", [way for way in WAYS if way != "halt"])
def test_an_image_that_somebody_else_has_set_meanwhile_is_not_replaced(way):
    other = replace(OLD, version="9.9.9")
    decided = react(journal(["1"]), scale_set(image=other), world(), way)
    assert (decided.roll_back, decided.why) == (
        False,
        "Halted without a rollback: another client has set the image Canonical:ubuntu-24_04-lts:server:9.9.9.",
    )


@pytest.mark.parametrize("model", [NEW, OLD])
def test_the_image_that_may_be_replaced_goes_with_the_decision(model):
    assert react(journal(["1"]), scale_set(image=model), world(), "rollback").to_dict()["replaces"] == model.to_dict()


def short(*batches, **facts):
    """The journal of a rollout that found no room above the minimum in service for its last batch, of which nothing
    was sent.
    """
    made = journal(*batches, ["5"], cause_kind="max_unavailable", **facts)
    made["batches"][-1]["sent"] = []
    return made


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("facts", [{"unhealthy_before": ["3"]}, {"on_target_before": ["3"]}])
def test_where_others_take_the_room_above_the_floor_nothing_that_is_well_goes_back(way, facts):
    beside = [instance(1, image=NEW), instance(3, image=NEW, health="unhealthy"), instance(4, power="stopped")]
    decided = react(short(["1"], **facts), SET, [*beside, instance(5)], way)
    assert (decided.roll_back, decided.restore) == (False, False)
    assert way == "halt" or "which is not the image's fault" in decided.why


@pytest.mark.parametrize("broken", ["1", "6"])
def test_where_what_has_the_image_takes_the_room_it_goes_back(broken):
    moved = [instance(n, image=NEW, health="unhealthy" if n == broken else "healthy") for n in ("1", "6")]
    assert react(short(["1"]), SET, [*moved, instance(5)], "rollback").instance_ids == ("1", "6")


def test_what_became_healthy_too_late_is_not_taken_back():
    moved = [instance(n, image=NEW) for n in (1, 2)]
    late = react(journal(["1"], ["2"]), SET, [*moved, instance(4)], "rollback", recovered=True)
    assert (late.roll_back, late.why.partition(":")[0]) == (False, "Halted, with the image left as it is")
    behind = [moved[0], instance(2)]
    assert react(journal(["1"], ["2"]), SET, behind, "rollback", recovered=True).roll_back
    broken = [moved[0], replace(moved[1], provisioning_state="Failed")]
    assert react(journal(["1"], ["2"]), SET, broken, "rollback", recovered=True).roll_back


def test_before_the_write_the_model_may_have_the_image_of_an_earlier_run():
    other = replace(OLD, version="9.9.9")
    facts = {"continues": "run-1", "image_changed": False, "model_image": other.to_dict()}
    assert react(journal(**facts), scale_set(image=other), world(), "rollback").replaces == other
    assert not react(journal(**{**facts, "image_changed": True}), scale_set(image=other), world(), "rollback").roll_back


BLOCKING = [
    ConcurrentChange("x", advice="y"),
    LeaseLost("x"),
    ConnectionFailed("x"),
    Unavailable("x"),
    ServiceError("x"),
    Conflict("x"),
    Throttled("x"),
    Forbidden("x"),
    Refused("managed", "x", advice="y"),
]


def stopped(error, *batches, **facts):
    """The journal of a rollout that stopped for this error of a module."""
    return state.stop(journal(*batches, **facts), said="x", error=error.to_dict())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("error", BLOCKING, ids=lambda error: error.kind)
def test_nothing_is_written_where_another_client_is_at_work_or_azure_is_out_of_reach(way, error):
    decided = react(stopped(error, ["1"]), SET, world(), way)
    assert not decided.roll_back
    assert decided.why.startswith("Halted")


@given(
    fleets(),
    st.sampled_from(WAYS),
    st.sampled_from([BadInput("x"), OperationFailed("x"), WaitTimeout("x"), Refused("lease", "x", advice="y")]),
)
def test_only_instances_on_the_target_or_on_their_way_to_it_ever_go_back(instances, way, error):
    present = {one.instance_id: one for one in instances}
    decided = react(stopped(error, list(present)), SET, instances, way)
    assert all(same_image(present[number].image, NEW) or present[number].busy for number in decided.instance_ids)
    assert decided.roll_back == (way != "halt" and error.kind != "lease")
    assert not decided.roll_back or not same_image(decided.image, NEW)


@pytest.mark.parametrize(
    ("way", "ids"),
    [("rollback_instances", ("3",)), ("rollback_batch", ("3",)), ("rollback", ("0", "1", "2", "3", "6"))],
)
def test_what_a_killed_run_left_broken_goes_back_with_the_run_that_continues_it(way, ids):
    made = journal(image_changed=False, continues="run-a", on_target_before=[])
    assert react(made, SET, world(), way).instance_ids == ids


@pytest.mark.parametrize("way", ["rollback_instances", "rollback_batch", "rollback"])
def test_what_is_still_on_its_way_to_the_image_goes_back_as_well(way):
    moving, other = (instance(number, provisioning_state="Updating") for number in (1, 3))
    assert react(journal(["1", "2"]), SET, [moving, instance(2), other], way).instance_ids == ("1",)


def test_a_rollout_that_is_confined_goes_back_within_its_confines():
    there = [replace(one, zone="1" if one.instance_id in "12" else "2") for one in world()]
    confined = react(journal(["1"], ["2", "3"]), SET, there, "rollback", Selection(zones=("1",)))
    assert confined.instance_ids == ("1", "2")


def test_nothing_is_taken_back_where_nothing_was_written():
    assert not react(journal(image_changed=False), SET, world(), "rollback").roll_back


def test_a_model_that_was_written_before_the_first_batch_is_written_back():
    decided = react(journal(), SET, [instance(n) for n in range(3)], "rollback")
    assert (decided.roll_back, decided.instance_ids) == (True, ())


def restoring(made, model=NEW, instances=None, way="halt"):
    return react(made, scale_set(image=model), world() if instances is None else instances, way, failed_image="restore")


def ended_well(*batches, **facts):
    made = journal(*batches, **facts)
    return {**made, "batches": [{**batch, "result": "succeeded"} for batch in made["batches"]]}


def sent_nothing(made):
    *others, last = made["batches"]
    return {**made, "batches": [*others, {**last, "sent": []}]}


@pytest.mark.parametrize(
    "made",
    [
        journal(["1"], ["2", "3"]),
        ended_well(["1"], ["2", "3"]),
        # Nothing of the first batch was sent: nobody knows yet what the image does.
        sent_nothing(journal(["1"], on_target_before=["0", "1", "2", "3", "6"])),
        journal(cause_kind="timeout", begun_before=True),
    ],
    ids=["batch", "soak or bake", "nothing sent", "what an earlier run moved"],
)
def test_an_image_that_has_not_proved_itself_leaves_the_model_and_no_instance_moves(made):
    decided = restoring(made)
    assert (decided.restore, decided.roll_back, decided.instance_ids) == (True, False, ())
    assert (decided.image, decided.replaces, decided.kept) == (OLD, NEW, "")
    assert not react(made, SET, world(), "halt", failed_image="keep").restore


@pytest.mark.parametrize(
    "made",
    [
        sent_nothing(journal(["1"], ["2"])),
        ended_well(["1"], stayed_behind=["4"]),
        sent_nothing(journal(["4"], begun_before=True)),
    ],
    ids=["nothing of a later batch sent", "stayed behind", "an earlier run has proved it"],
)
def test_where_the_image_is_not_the_cause_the_model_keeps_it(made):
    decided = restoring(made)
    assert (decided.restore, decided.kept) == (False, "")


@pytest.mark.parametrize("error", BLOCKING, ids=lambda error: error.kind)
def test_where_nothing_may_be_written_the_model_keeps_it_and_that_is_said(error):
    decided = restoring(stopped(error, ["1"]))
    assert not decided.restore
    assert "has not proved itself, and stays in the model" in decided.kept


def test_where_the_image_before_is_not_known_nothing_goes_back():
    for way in WAYS:
        decided = restoring(journal(["1"], previous_image={}), way=way)
        assert (decided.restore, decided.roll_back) == (False, False)
        assert "it is not known for certain" in decided.kept


def test_what_somebody_else_has_set_is_not_replaced_by_the_image_before():
    assert not restoring(journal(["1"]), model=replace(OLD, version="9.9.9")).restore


def test_after_a_rollback_that_failed_the_model_is_another_question():
    decided = restoring(journal(["1"], rolls_back=True))
    assert (decided.restore, decided.kept) == (False, "")
