# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""From the plan to the first batch, and from the last one to the end."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._rollout.state import OTHER_HOST
from ansible_collections.azroll.vmss.plugins.module_utils._steps.apply import (
    begin,
    begin_batches,
    check_failed,
    check_passed,
    set_image,
    sweep,
    to_bake,
    wait,
)
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
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD, instance
from ansible_collections.azroll.vmss.tests.unit.playing import (
    AT,
    EMPTY_PLAN,
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
    written,
)

FOLDER = {"path": "/tmp/azroll-y", "changed": True}
COMING = instance(3, image=NEW, update_domain=3, provisioning_state="Updating", health=None)


def beginning(state: State, *answers: Any) -> Played[Any]:
    state.folder, state.next = "", "apply"
    return play(begin(state), [FOLDER, *answers])


# Begin


def test_a_rollout_begins_with_its_lease() -> None:
    state = planned()
    played = beginning(state, held())
    assert played.modules == ["ansible.builtin.tempfile", "vmss_hold"]
    assert (state.folder, state.next, played.value) == ("/tmp/azroll-y", SET_IMAGE, {"changed": True})


def test_without_a_folder_for_waits_nothing_is_begun() -> None:
    error = play(begin(planned()), [{"failed": True, "msg": "No space left on device."}]).error
    assert str(error) == "No space left on device."


def test_a_run_that_only_waits_holds_nothing() -> None:
    state = planned([*new(0, 1, 2), COMING])
    state.needs_lease, state.plan = False, {**EMPTY_PLAN, "in_progress": ["3"], "in_progress_advice": "Wait."}
    played = beginning(state)
    assert (played.modules, played.value) == (["ansible.builtin.tempfile"], {"changed": False})
    assert (state.next, state.way_out) == (GATE, "Wait.")
    assert state.gate
    assert (state.gate.kind, state.gate.instance_ids) == (IN_PROGRESS, ["3"])


@pytest.mark.parametrize(("write", "unhealthy", "same_model"), [(True, ["2"], False), (False, [], True)])
def test_instances_in_progress_to_another_image_need_only_be_idle(
    write: bool, unhealthy: list[str], same_model: bool
) -> None:
    state = planned([*old(2), COMING])
    state.preflight["write_image"] = write
    state.plan = {**EMPTY_PLAN, "in_progress": ["3"]}
    beginning(state, held())
    assert state.gate == Gate(IN_PROGRESS, ["3"], unhealthy=unhealthy, same_model=same_model)


def test_what_an_earlier_run_upgraded_is_verified_before_anything_more_is_upgraded() -> None:
    state = planned([*new(0, 1), *old(2, 3)])
    state.note(begun_before=True)
    state.plan = {**EMPTY_PLAN, "batches": [batch("2", "3")], "excluded_ids": ["1"]}
    beginning(state, held())
    assert (state.next, state.gate) == (GATE, Gate(UPGRADED_BEFORE, ["0"], AT, [], same_model=False))


@pytest.mark.parametrize(
    ("begun", "batches"), [(False, [batch("2")]), (True, [])], ids=["a rollout of its own", "nothing more to upgrade"]
)
def test_else_there_is_nothing_to_verify(begun: bool, batches: list[Any]) -> None:
    state = planned([*new(0, 1), *old(2, 3)])
    state.note(begun_before=begun)
    state.plan = {**EMPTY_PLAN, "batches": batches}
    beginning(state, held())
    assert (state.next, state.gate) == (SET_IMAGE, None)


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
    assert (state.next, played.value["batch"]["instance_ids"]) == (CHECK, ["0"])
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
    assert (state.next, played.value["batch"]["instance_ids"]) == (CHECK, ["0"])
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


# The image


def test_the_image_is_written_once_and_the_batches_are_planned_from_what_is_read_then() -> None:
    state = planned(upgrade_policy="manual", accept=["managed"], lease=60)
    state.note(image_changed=False)
    state.way_out = "Wait."
    played = play(set_image(state), [written(), facts(old(0, 1, 2, 3))])
    assert played.modules == ["vmss_image_update", "vmss_instance_facts"]
    expected = {
        "image": NEW.to_dict(),
        "replaces": OLD.to_dict(),
        "same_profile": state.preflight["profile"],
        "upgrade_policy": "manual",
        "rollback": False,
        "rollback_image": OLD.to_dict(),
        "run_id": "run-a",
        "lease_minutes": 60,
        "allow_managed": True,
        "allow_automatic_os_upgrade": False,
        "allow_image_kind_change": False,
    }
    assert {name: played.calls[0].options[name] for name in expected} == expected
    assert played.value["changed"]
    assert (state.journal["image_changed"], state.way_out, state.next) == (True, "", UPGRADE)
    assert state.pending[0]["name"] == "canary"
    assert state.first_read == state.vmss


def test_a_model_that_has_the_image_is_no_change() -> None:
    state = planned()
    assert not play(set_image(state), [written(changed=False), facts(old(0, 1, 2, 3))]).value["changed"]
    assert not state.journal["image_changed"]


def test_a_run_that_only_waited_writes_no_image() -> None:
    state = planned()
    state.needs_lease = False
    assert play(set_image(state), [facts(new(0, 1))]).modules == ["vmss_instance_facts"]
    assert state.next == SWEEP


def test_an_image_that_could_not_be_written_is_a_failure_before_the_first_batch() -> None:
    state = planned()
    assert play(set_image(state), [broken("Denied.", "denied")]).error.kind == "denied"
    assert state.pending == []


@pytest.mark.parametrize(
    ("enabled", "held_", "any_"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_autoscale_may_change_the_capacity_unless_it_is_held(enabled: bool, held_: bool, any_: bool) -> None:
    state = planned(hold_autoscale=held_)
    state.preflight["autoscale"] = [{"enabled": enabled}]
    play(begin_batches(state), [facts(old(0, 1, 2, 3))])
    assert state.any_capacity is any_


# The sweep


def swept(state: State, *answers: Any) -> Played[Any]:
    state.next = SWEEP
    return play(sweep(state), answers)


def test_what_is_still_stale_is_upgraded_in_another_round() -> None:
    state = batch_done(planned(), "0")
    state.canary, state.unproven = 0, True
    swept(state, facts([*new(0), *old(1)]))
    assert [one["instance_ids"] for one in state.pending] == [["1"]]
    assert (state.round, state.next, state.unproven) == (2, UPGRADE, False)


def test_instances_that_were_tried_already_get_some_time_first() -> None:
    state = batch_done(planned(sweep_delay=60), "0")
    assert swept(state, facts(old(0, 1))).pauses == [60]
    assert swept(batch_done(planned(sweep_delay=60), "0"), facts([*new(0), *old(1)])).pauses == []
    assert swept(batch_done(planned(sweep_delay=0), "0"), facts(old(0, 1))).pauses == []


def test_with_none_left_the_rollout_is_finished() -> None:
    state = batch_done(planned(), "0")
    swept(state, facts(new(0, 1)))
    assert (state.next, state.pending) == (FINISH, [])


def test_with_none_left_it_bakes() -> None:
    state = batch_done(planned(bake=600), "0")
    state.returned_at = AT
    swept(state, facts(new(0, 1)))
    assert (state.next, state.gate) == (GATE, Gate(BAKED, ["0", "1"], AT, [], pause=600))


def test_without_any_upgraded_instance_there_is_nothing_to_bake() -> None:
    state = planned(bake=600)
    state.note(on_target_before=["0", "1"])
    swept(state, facts(new(0, 1)))
    assert state.next == FINISH


def test_after_the_last_round_those_that_stayed_behind_are_a_failure() -> None:
    state = batch_done(planned(sweep_rounds=1, sweep_delay=0), "0")
    state.round = 2
    error = swept(state, facts([*old(0), *new(1)])).error
    assert error.kind == "sweep"
    assert "(rollout_sweep_rounds=1): 0." in str(error)
    assert state.journal["stayed_behind"] == ["0"]


def test_after_the_last_round_none_may_stay_behind() -> None:
    state = batch_done(planned(sweep_rounds=1), "0")
    state.round = 2
    assert swept(state, facts(new(0))).failure is None
    assert state.next == FINISH


def test_an_operator_who_ends_the_run_ends_its_sweeps() -> None:
    state = batch_done(planned(), "0")
    state.waiting, state.pending = True, [batch("1")]
    assert swept(state).modules == []
    assert (state.next, state.pending) == (FINISH, [])


def test_what_is_deferred_at_the_end_is_known_but_not_by_a_rollback() -> None:
    state = batch_done(planned(until="50%"), "0", "1")
    state.canary = 0
    swept(state, facts([*new(0, 1), *old(2, 3)]))
    assert (state.next, state.journal["deferred"]) == (FINISH, ["2", "3"])
    back = batch_done(planned(until="50%"), "0", "1")
    back.canary = 0
    back.note(rollback="running")
    swept(back, facts([*new(0, 1), *old(2, 3)]))
    assert back.journal["deferred"] == []


def test_a_rollback_that_has_no_more_to_do_has_succeeded_and_does_not_bake() -> None:
    state = batch_done(planned(bake=600), "0")
    state.note(rollback="running")
    swept(state, facts(new(0, 1)))
    assert (state.journal["rollback"], state.next) == ("succeeded", FINISH)


def test_instances_that_another_client_upgrades_are_waited_for() -> None:
    coming = instance(1, image=NEW, update_domain=1, provisioning_state="Updating", health=None)
    state = batch_done(planned(), "0")
    played = swept(state, facts([*new(0), coming]), facts(new(0, 1)), facts([*new(0), *old(1)]))
    assert [one.options.get("wait_for") for one in played.calls] == [None, "idle", None]
    assert [one["instance_ids"] for one in state.pending] == [["1"]]


def test_a_sweep_that_cannot_read_fails() -> None:
    assert swept(planned(), KILLED).failure


# The bake


@pytest.mark.parametrize(
    ("begun", "ids"), [(False, ["1", "2"]), (True, ["0", "1", "2"])], ids=["of this run", "of an earlier one as well"]
)
def test_all_that_the_rollout_upgraded_are_baked(begun: bool, ids: list[str]) -> None:
    state = batch_done(planned([*new(0, 1), *new(2, health="unhealthy"), *old(3)]), "2", "3")
    state.note(begun_before=begun, on_target_before=["0"])
    assert sorted(to_bake(state)) == ids


def test_what_an_operator_has_stopped_or_excluded_is_not() -> None:
    stopped = new(0, power="deallocated", health=None)
    state = batch_done(planned(), "0", "1")
    state.keep(vmss([*stopped, *new(1)]))
    state.plan = {**EMPTY_PLAN, "excluded_ids": ["1"]}
    assert to_bake(state) == []
