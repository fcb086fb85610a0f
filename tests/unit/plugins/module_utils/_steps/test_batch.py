# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""One batch: what comes before it, its upgrade, the wait for it, and what is next at its end."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._steps.batch import (
    after_gate,
    answer_checkpoint,
    approach,
    check_room,
    end_batch,
    finish_batch,
    for_hooks,
    upgrade,
    verify,
)
from ansible_collections.azroll.vmss.plugins.module_utils._steps.failure import handle_failure
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import Failure, ModuleCall
from ansible_collections.azroll.vmss.plugins.module_utils._steps.retry import preconditions
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import (
    AFTER_BATCH,
    BATCH,
    BEFORE_BATCH,
    CHECKPOINT,
    GATE,
    SKIPPED,
    SOAKED,
    SWEEP,
    UPGRADE,
    Gate,
    State,
)
from ansible_collections.azroll.vmss.tests.unit.builders import NEW
from ansible_collections.azroll.vmss.tests.unit.playing import (
    AT,
    KILLED,
    Played,
    batch,
    batch_done,
    broken,
    facts,
    held,
    new,
    old,
    planned,
    play,
    sent,
    under_way,
    vmss,
)

HOOKS = {"before_batch": "drain.yml", "after_batch": "add.yml"}


def ready(**options: Any) -> State:
    """The canary is next, and there are two more batches."""
    state = planned(**options)
    state.pending = [batch("0", name="canary", canary=True), batch("1"), batch("2", "3")]
    state.next = UPGRADE
    return state


def after_canary(**options: Any) -> State:
    """The canary has succeeded, and two more batches are left."""
    state = batch_done(ready(**options), "0", canary=True)
    state.pending.pop(0)
    state.returned_at = AT
    return state


# What comes before a batch


def approached(state: State) -> str:
    approach(state)
    return state.next


def test_the_upgrade_comes_at_once_or_after_the_hook() -> None:
    assert approached(ready()) == UPGRADE
    assert approached(ready(before_batch="drain.yml")) == BEFORE_BATCH


def test_before_the_first_batch_there_is_nothing_to_soak_and_nothing_to_ask() -> None:
    assert approached(ready(soak=60, checkpoint="batch")) == UPGRADE


def test_the_batch_before_soaks_once_then_the_operator_is_asked_then_comes_the_hook() -> None:
    state = after_canary(soak=60, checkpoint="batch", before_batch="drain.yml")
    state.unhealthy_before = ["3"]
    assert approached(state) == GATE
    assert state.gate == Gate(SOAKED, ["0"], AT, ["3"], pause=60)
    assert approached(state) == CHECKPOINT
    assert approached(state) == CHECKPOINT, "until there is an answer"
    state.asked = True
    assert approached(state) == BEFORE_BATCH


@pytest.mark.parametrize(
    ("when", "canary", "asks"),
    [
        ("batch", True, True),
        ("batch", False, True),
        ("canary", True, True),
        ("canary", False, False),
        ("never", True, False),
    ],
)
def test_an_operator_is_asked_after_the_canary_or_after_every_batch(when: str, canary: bool, asks: bool) -> None:
    state = batch_done(ready(checkpoint=when), "0", canary=canary)
    assert (approached(state) == CHECKPOINT) is asks


def test_a_rollback_asks_nobody() -> None:
    state = after_canary(checkpoint="batch")
    state.note(rollback="running")
    assert approached(state) == UPGRADE


def test_a_batch_of_which_nothing_was_sent_needs_neither_soak_nor_question() -> None:
    assert approached(batch_done(ready(soak=60, checkpoint="batch"))) == UPGRADE


def test_without_a_next_batch_the_sweep_decides_and_the_soak_comes_before_its_batch() -> None:
    state = after_canary(soak=60)
    pending, state.pending = state.pending, []
    assert approached(state) == SWEEP
    state.pending = pending
    assert approached(state) == GATE


@pytest.mark.parametrize(
    ("answer", "goes"), [("go", True), (" GO\n", True), ("", False), ("no", False), ("goo", False)]
)
def test_only_go_goes_on(answer: str, goes: bool) -> None:
    state = after_canary(checkpoint="batch")
    approach(state)
    play(answer_checkpoint(state, answer))
    assert (state.waiting, state.journal["waiting"]) == (not goes, not goes)
    assert state.next == (UPGRADE if goes else SWEEP)


# Room


def room(state: State, *answers: Any) -> Played[Any]:
    return play(check_room(state), answers)


def test_the_hook_gets_the_instances_that_can_be_upgraded_now() -> None:
    state = after_canary(before_batch="drain.yml")
    state.pending.pop(0)
    played = room(state, sent("3"))
    (asked,) = played.calls
    assert (asked.module, asked.check_mode) == ("vmss_domain_upgrade", True)
    assert (asked.options["instance_ids"], asked.options["partial"], asked.options["wait"]) == (["2", "3"], True, False)
    shown = for_hooks(state)
    assert (shown["instance_ids"], [one["instance_id"] for one in shown["instances"]]) == (["3"], ["3"])
    assert state.next == UPGRADE


def test_only_those_are_upgraded_then() -> None:
    state = after_canary(before_batch="drain.yml")
    state.pending.pop(0)
    room(state, sent("3"))
    played = play(upgrade(state), [held(), sent("3")])
    assert played.calls[1].options["instance_ids"] == ["3"]
    assert len(state.journal["batches"]) == 2, "the batch has begun only once"


def test_without_any_the_batch_has_ended_and_no_hook_runs() -> None:
    state = after_canary(before_batch="drain.yml")
    played = room(state, sent())
    assert not played.value.get("batch")
    assert [one["name"] for one in state.pending] == ["update domain 0"]
    assert state.journal["batches"][-1]["result"] == "succeeded"
    assert state.next == BEFORE_BATCH
    # The role's next task is the upgrade of this batch: it does nothing.
    assert play(upgrade(state)).value == SKIPPED


def test_what_nobody_can_drain_leaves_nothing_sent() -> None:
    state = after_canary(before_batch="drain.yml")
    assert room(state, broken("Another client has changed it.", "concurrent_change")).failure
    assert state.upgrade["instance_ids"] == []


# The upgrade


def upgraded(state: State, *answers: Any) -> Played[Any]:
    return play(upgrade(state), answers)


def test_the_batch_is_sent_and_its_gate_is_next() -> None:
    state = ready()
    played = upgraded(state, sent("0"))
    assert (played.value, state.next) == ({"changed": True}, GATE)
    assert state.gate == Gate(BATCH, ["0"])
    assert (state.operations, state.may_retry) == (["op-1"], True)
    assert [one["name"] for one in state.pending] == ["update domain 0", "update domain 0"]
    assert state.journal["batches"][-1]["result"] == "running"


def test_what_must_still_hold_is_said_with_the_write() -> None:
    state = after_canary(busy_tags=["busy"], skip={"tags": ["never"]}, accept=["managed", "instances_missing"])
    (asked,) = upgraded(state, sent("1")).calls
    expected = {
        "instance_ids": ["1"],
        "partial": True,
        "missing_instances": "skip",
        "wait": False,
        "max_unavailable": "50%",
        "busy_tags": ["busy"],
        "skip_tags": ["never"],
        "allow_managed": True,
        "ignore_missing": True,
        "target_image": NEW.to_dict(),
        "run_id": "run-a",
    }
    assert {name: asked.options[name] for name in expected} == expected
    # What this run moved is no change by others.
    assert asked.options["baseline"] == preconditions(state, ["0"])["baseline"]


def test_a_run_without_a_lease_names_none() -> None:
    assert "run_id" not in upgraded(ready(lease=0), sent("0")).calls[0].options
    # Before the first write there is none yet.
    state = ready(before_batch="drain.yml")
    state.note(lease_acquired=False)
    assert "run_id" not in room(state, sent("0")).calls[0].options
    assert upgraded(state, held(), sent("0")).calls[1].options["run_id"] == "run-a"


def test_the_lease_is_renewed_before_the_write() -> None:
    assert upgraded(ready(before_batch="drain.yml"), held(), sent("0")).modules == ["vmss_hold", "vmss_domain_upgrade"]


def test_a_lease_that_is_lost_sends_nothing() -> None:
    state = ready(before_batch="drain.yml")
    assert upgraded(state, broken("It belongs to run-b.", "lease")).error.kind == "lease"
    assert state.upgrade["instance_ids"] == []


def test_a_step_out_of_its_turn_does_nothing() -> None:
    for other in (SWEEP, GATE, BEFORE_BATCH, CHECKPOINT, AFTER_BATCH):
        state = ready()
        state.next = other
        before = state.to_dict()
        assert upgraded(state).value == SKIPPED
        assert state.to_dict() == before


def test_a_module_that_was_killed_may_have_sent_all() -> None:
    state = ready()
    assert upgraded(state, KILLED).failure
    assert "instance_ids" not in state.upgrade
    state = ready()
    assert upgraded(state, {**broken("It broke."), "instance_ids": ["0"]}).failure
    assert state.upgrade["instance_ids"] == ["0"], "one that failed says what it has sent"


def test_as_long_as_there_is_no_answer_all_may_have_been_sent() -> None:
    """Ansible may end the task then, by its time limit for example."""
    state = ready()
    assert isinstance(next(upgrade(state)), ModuleCall)
    handled = handle_failure(state, Failure("The task took too long."))
    assert isinstance(next(handled), ModuleCall)
    assert state.journal["batches"][-1]["sent"] == ["0"]


def test_an_upgrade_whose_answer_was_lost_has_no_operation() -> None:
    state = ready()
    upgraded(state, sent("0", operation_id=None))
    assert (state.operations, state.next) == ([], GATE)


def test_of_a_batch_that_is_gone_nothing_is_sent_and_it_has_ended() -> None:
    state = after_canary()
    assert upgraded(state, sent()).value["lines"]
    assert (state.next, state.journal["batches"][-1]["sent"]) == (UPGRADE, [])


@pytest.mark.parametrize(
    ("canary", "rollback", "kept"), [(False, None, ["1", "9"]), (True, None, ["9"]), (False, "running", ["9"])]
)
def test_what_was_out_of_service_before_is_no_failure_but_in_the_canary_and_a_rollback(
    canary: bool, rollback: str | None, kept: list[str]
) -> None:
    state = planned()
    state.note(rollback=rollback)
    state.pending, state.next, state.unhealthy_before = [batch("1", canary=canary)], UPGRADE, ["1", "9"]
    upgraded(state, sent("1", unhealthy_before=["1"], failed_before=["1"]))
    assert sorted(state.unhealthy_before) == kept
    assert (state.gate and sorted(state.gate.unhealthy), state.failed_before) == (kept, ["1"])


# The wait for it


def verified(state: State, *answers: Any) -> Played[Any]:
    gate = Gate(BATCH, list(state.upgrade["instance_ids"]))
    state.gate = gate
    return play(verify(state, gate), answers)


def test_an_upgraded_batch_must_be_healthy_by_newer_reports() -> None:
    state = under_way("0", warm_up=30)
    played = verified(state, facts(new(0)), facts(new(0)))
    upgrading, healthy = (one.options for one in played.calls)
    assert (upgrading["wait_for"], upgrading["operation_id"], upgrading["sent_at"]) == ("upgraded", ["op-1"], AT)
    assert (healthy["wait_for"], healthy["fresher_than"]) == ("healthy", AT)
    assert (state.returned_at, played.pauses, played.value) == (AT, [30], {})


@pytest.mark.parametrize(("operations", "reads"), [(["op-1"], 1), ([], 2)])
def test_without_an_operation_one_read_is_not_enough(operations: list[str], reads: int) -> None:
    state = under_way("0")
    state.operations = operations
    assert verified(state, facts(new(0)), facts(new(0))).calls[0].options["wait_successes"] == reads


FAILED = {**broken("1 instance failed.", "operation_failed", retry_instances=True), "done": False}


def failing(*numbers: int, code: str = "OSProvisioningTimedOut") -> dict[str, Any]:
    """What is read after a failure: these instances have failed."""
    read = facts(old(*numbers, provisioning_state="Failed", failure=f"failed/{code}"))
    group = {"code": code, "instance_ids": [str(one) for one in numbers], "unhealthy_before": False}
    return {**read, "vmss_details": {"groups": [group], "instances": []}}


def test_instances_that_failed_are_retried_once_and_that_is_shown() -> None:
    state = under_way("0")
    played = verified(state, FAILED, failing(0), sent("0"), facts(new(0)), facts(new(0)))
    assert played.modules[1:3] == ["vmss_instance_facts", "vmss_domain_upgrade"]
    assert played.value["lines"][0].startswith("Retried, because")
    again = verified(state, FAILED, failing(0), FAILED)
    assert str(again.error).startswith("1 instance failed. Not tried again, because")
    assert again.modules == ["vmss_instance_facts"] * 3, "and nothing more is written"


def test_the_wait_goes_on_with_the_operation_of_the_retry() -> None:
    played = verified(under_way("0"), FAILED, failing(0), sent("0", operation_id="op-2"), facts(new(0)), facts(new(0)))
    assert played.calls[3].options["operation_id"] == ["op-2"]


@pytest.mark.parametrize(
    ("options", "result"),
    [
        ({"retry_failed": False}, FAILED),
        ({}, broken("Not in time.", "timeout")),
        ({}, KILLED),
    ],
)
def test_other_failures_and_without_retry_fail_the_batch(options: dict[str, Any], result: dict[str, Any]) -> None:
    played = verified(under_way("0", **options), result)
    assert played.modules == ["vmss_instance_facts"]
    assert played.failure


# The end


def test_the_hook_after_a_batch_gets_it_and_then_it_ends() -> None:
    state = under_way("0", after_batch="add.yml")
    after_gate(state)
    assert for_hooks(state)["instance_ids"] == ["0"]
    assert state.next == AFTER_BATCH
    assert play(finish_batch(state)).value["lines"]
    assert state.journal["batches"][-1]["result"] == "succeeded"


def test_without_a_hook_it_ends_at_once() -> None:
    state = under_way("0")
    assert after_gate(state)["lines"]
    assert (state.next, state.journal["batches"][-1]["sent"]) == (SWEEP, ["0"])


def test_a_canary_that_is_healthy_is_the_only_one() -> None:
    state = under_way("0", canary=True)
    state.pending = [batch("1")]
    end_batch(state)
    assert (state.canary, state.unproven, state.next) == (0, False, UPGRADE)


@pytest.mark.parametrize("gone", ["not sent", "deleted since", "being deleted"])
def test_a_canary_of_which_nothing_is_left_is_no_proof(gone: str) -> None:
    state = under_way("0", canary=True)
    state.pending = [batch("1")]
    if gone == "not sent":
        state.upgrade = sent()
    else:
        # Automatic repairs replace an unhealthy instance, which is still listed while it is deleted.
        leaving = new(0, provisioning_state="Deleting") if gone == "being deleted" else []
        state.keep(vmss([*leaving, *old(1, 2)]))
    end_batch(state)
    assert (state.canary, state.unproven) == (1, True)
    assert state.next == SWEEP, "which plans another canary"


def test_another_batch_proves_nothing() -> None:
    state = under_way("0")
    end_batch(state)
    assert (state.canary, state.unproven) == (1, False)


def test_the_end_of_a_batch_begins_the_next_one_anew() -> None:
    state = under_way("0", soak=60, checkpoint="batch")
    state.soaked = state.asked = True
    state.room, state.pending = sent("0"), [batch("1")]
    end_batch(state)
    assert (state.room, state.next) == ({}, GATE)
    assert state.gate
    assert state.gate.kind == SOAKED


def test_the_end_draws_the_scale_set() -> None:
    state = under_way("0")
    state.keep(vmss([*new(0), *old(1)], image=NEW))
    assert end_batch(state)["lines"][:2] == ["UD 0  #  1 of 1 in service", "UD 1  o  1 of 1 in service"]


def test_before_the_first_batch_hooks_get_none() -> None:
    assert for_hooks(planned()) == {}
