# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The wait at a health gate, and what follows it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._rollout.state import OTHER_HOST
from ansible_collections.azroll.vmss.plugins.module_utils._steps.batch import upgrade
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import Failure
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import (
    AFTER_BATCH,
    BAKED,
    BATCH,
    BEFORE_BATCH,
    CHECK,
    CHECKPOINT,
    FINISH,
    GATE,
    IN_PROGRESS,
    SET_IMAGE,
    SKIPPED,
    SOAKED,
    SWEEP,
    UPGRADE,
    UPGRADED_BEFORE,
    Gate,
    State,
)
from ansible_collections.azroll.vmss.plugins.module_utils._steps.steps import outcome
from ansible_collections.azroll.vmss.plugins.module_utils._steps.wait import check_failed, check_passed, wait
from ansible_collections.azroll.vmss.tests.unit.playing import (
    AT,
    EMPTY_PLAN,
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
)

# Gates


def waited(state: State, gate: Gate | None, *answers: Any) -> Played[Any]:
    state.gate, state.next = gate, GATE
    return play(wait(state), answers)


@pytest.mark.parametrize("next_", [SET_IMAGE, UPGRADE, SWEEP, CHECKPOINT, BEFORE_BATCH, CHECK, FINISH])
def test_where_no_gate_is_next_nothing_happens(next_: str) -> None:
    state = planned()
    state.gate, state.next = Gate(BATCH, ["0"]), next_
    before = state.to_dict()
    assert play(wait(state)).value == SKIPPED
    assert state.to_dict() == before


def test_a_batch_that_is_healthy_ends() -> None:
    state = under_way("0")
    played = waited(state, Gate(BATCH, ["0"]), facts(new(0)), facts(new(0)))
    assert state.next == SWEEP
    assert played.value["lines"][0] == "UD 0  #  1 of 1 in service"


def test_why_instances_were_retried_is_shown_with_the_scale_set() -> None:
    failed = broken("1 instance failed.", "operation_failed", retry_instances=True)
    group = {"code": "OSProvisioningTimedOut", "instance_ids": ["0"], "unhealthy_before": False}
    read = {**facts(old(0, provisioning_state="Failed")), "vmss_details": {"groups": [group], "instances": []}}
    played = waited(under_way("0"), Gate(BATCH, ["0"]), failed, read, sent("0"), facts(new(0)), facts(new(0)))
    assert played.value["lines"][0].startswith("Retried, because")
    assert len(played.value["lines"]) > 1


def test_custom_checks_come_before_the_end_of_a_batch() -> None:
    state = under_way("0", health_tasks="check.yml")
    played = waited(state, Gate(BATCH, ["0"]), facts(new(0)), facts(new(0)))
    assert (state.next, outcome(state, played.value)["batch"]["instance_ids"]) == (CHECK, ["0"])
    assert state.journal["batches"][-1]["result"] == "running"


def test_a_soak_begins_after_its_time_and_renews_the_lease_before_it() -> None:
    state = batch_done(planned(before_batch="drain.yml"), "0")
    state.pending, state.soaked = [batch("1")], True
    played = waited(state, Gate(SOAKED, ["0"], AT, pause=600), held(), facts(new(0)))
    assert (played.modules, played.pauses) == (["vmss_hold", "vmss_instance_facts"], [600])
    assert (state.next, state.gate) == (BEFORE_BATCH, None)


def test_instances_in_progress_become_idle_first_and_healthy_then() -> None:
    state = planned([*old(0, 1)])
    state.note(begun_before=True)
    state.plan = {**EMPTY_PLAN, "batches": [batch("0")]}
    played = waited(state, Gate(IN_PROGRESS, ["3"]), facts([*old(0), *new(3)]), facts([*old(0), *new(3)]))
    assert [one.options["wait_for"] for one in played.calls] == ["idle", "healthy"]
    assert state.gate
    assert (state.next, state.gate.kind, state.gate.instance_ids) == (GATE, UPGRADED_BEFORE, ["3"])
    waited(state, state.gate, facts(new(3)))
    assert (state.next, state.gate) == (SET_IMAGE, None)


def test_after_the_bake_the_rollout_is_finished() -> None:
    state = planned()
    waited(state, Gate(BAKED, ["0"]), facts(new(0)))
    assert state.next == FINISH


def test_a_gate_that_is_not_passed_is_a_failure() -> None:
    late = {**broken("Not in time.", "timeout"), "expired": True}
    assert waited(planned(), Gate(SOAKED, ["0"]), late).error.kind == "timeout"


def test_a_hook_after_a_batch_of_which_nothing_was_sent_never_runs_without_a_batch() -> None:
    state = planned(after_batch="add.yml")
    state.pending, state.next = [batch("0")], UPGRADE
    play(upgrade(state), [sent()])
    # The role's next task is the wait, and what that returns is what the hook gets.
    shown = outcome(state, play(wait(state)).value)
    assert shown["next"] != AFTER_BATCH or shown["batch"] != {}


# Custom health checks


def checking(**options: Any) -> State:
    state = under_way("0", **{"health_tasks": "check.yml", "health_successes": 2, "health_retries": 1, **options})
    state.gate, state.next = Gate(BATCH, ["0"]), CHECK
    return state


def test_checks_go_on_until_enough_in_a_row_have_passed() -> None:
    state = checking()
    played = play(check_passed(state))
    assert (state.next, outcome(state, played.value)["batch"]["instance_ids"]) == (CHECK, ["0"])
    play(check_passed(state))
    assert (state.next, state.journal["batches"][-1]["result"]) == (SWEEP, "succeeded")


def test_a_failed_check_begins_the_row_again_and_too_many_fail() -> None:
    state = checking()
    assert play(check_failed(state, Failure("HTTP 503."))).failure is None
    assert (state.next, state.check_said) == (CHECK, "HTTP 503.")
    play(check_passed(state))
    assert state.check_said == "", "it is of no interest any more"
    assert "HTTP 500" in str(play(check_failed(state, Failure("HTTP 500."))).error)


def test_what_azure_did_not_show_is_kept_for_the_decision() -> None:
    state = checking()
    unseen = {"kind": "connection", "unseen": True, "no_answer": True, "blocks_rollback": "Azure cannot be reached"}
    play(check_failed(state, Failure("No answer.", unseen)))
    assert state.check_error == unseen
    play(check_failed(state, Failure("HTTP 503.", {"kind": "probe"})))
    assert state.check_error == {}


def test_that_another_host_has_failed_is_no_result_of_a_check() -> None:
    state = checking()
    error = play(check_failed(state, Failure("Another host has failed.", other_host=True))).error
    assert error.kind == OTHER_HOST
    assert state.gate
    assert (state.gate.probe, state.check_said) == ({}, "")
