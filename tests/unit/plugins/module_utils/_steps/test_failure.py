# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""After a failure: the cause, whether the rollout is rolled back, and what is quarantined."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._steps.failure import (
    handle_failure,
    roll_back,
    rollback_failed,
)
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import Failure
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import FINISH, ROLLBACK, UPGRADE, Gate, State
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD
from ansible_collections.azroll.vmss.tests.unit.playing import (
    HERE,
    KILLED,
    Played,
    batch_done,
    broken,
    facts,
    first,
    held,
    new,
    old,
    planned,
    play,
    sent,
    under_way,
    written,
)

UNHEALTHY = [*new(0, health="unhealthy"), *old(1, 2, 3)]
# All that was sent has come to a rest, and then the scale set is read.
AFTER = (facts(UNHEALTHY), facts(UNHEALTHY))
TIMEOUT = Failure("0 is not healthy in time.", {"kind": "timeout"})


def failing(**options: Any) -> State:
    """The canary was sent, and is not healthy."""
    state = under_way("0", canary=True, **options)
    state.gate = Gate("batch", ["0"])
    return state


def handled(state: State, failure: Failure, *answers: Any) -> Played[Any]:
    return play(handle_failure(state, failure), answers)


def test_a_rollout_that_halts_writes_nothing_but_the_image_of_before() -> None:
    state = failing()
    played = handled(state, TIMEOUT, *AFTER, written(OLD))
    assert played.modules == ["vmss_instance_facts", "vmss_instance_facts", "vmss_image_update"]
    expected = {"image": OLD.to_dict(), "rollback": True, "same_profile": state.first_read["profile"]}
    assert {name: played.calls[2].options[name] for name in expected} == expected
    assert (state.next, state.journal["image_restored"]) == (FINISH, True)
    assert state.vmss["image"] == OLD.to_dict()


def test_where_a_failed_image_is_kept_nothing_is_written() -> None:
    state = failing(failed_image="keep")
    assert handled(state, TIMEOUT, facts(UNHEALTHY)).modules == ["vmss_instance_facts"]
    assert (state.next, state.journal["decision"]) == (FINISH, "Halted: nothing more was started.")
    assert "rollout_failed_image" in state.journal["image_kept_why"]


def test_a_rollout_that_is_to_be_rolled_back_is() -> None:
    state = failing(on_failure="rollback")
    played = handled(state, TIMEOUT, *AFTER)
    assert [one.options.get("wait_for") for one in played.calls] == ["idle", None]
    assert played.calls[0].options["instance_ids"] == ["0"]
    assert state.next == ROLLBACK
    assert (state.reaction["image"], state.reaction["instance_ids"]) == (OLD.to_dict(), ["0"])


def test_the_cause_ends_the_batch_and_says_what_to_do() -> None:
    state = failing(failed_image="keep")
    state.way_out = "Delete 0."
    handled(state, TIMEOUT, facts(UNHEALTHY))
    known = state.journal
    assert (known["cause"], known["cause_kind"]) == ("0 is not healthy in time. Delete 0.", "timeout")
    assert (known["batches"][-1]["result"], known["batches"][-1]["sent"]) == ("failed", ["0"])
    assert known["batches"][-1]["finished_at"] == HERE


def test_a_module_that_was_killed_may_have_sent_the_whole_batch() -> None:
    state = failing(failed_image="keep")
    state.batch = {}
    state.upgrade = dict(KILLED)
    handled(state, Failure("MODULE FAILURE"), facts(UNHEALTHY))
    assert state.journal["batches"][-1]["sent"] == ["0"]


def test_a_dry_run_asks_nothing_more() -> None:
    state = first()
    state.dry_run = True
    assert handled(state, Failure("It broke.")).modules == []
    assert (state.next, state.journal["cause"], state.journal["decision"]) == (FINISH, "It broke.", None)


def test_the_failure_of_another_host_rolls_nothing_back() -> None:
    state = failing(on_failure="rollback")
    handled(state, Failure("Another host has failed.", other_host=True), facts(UNHEALTHY))
    assert (state.next, state.journal["batches"][-1]["result"]) == (FINISH, "interrupted")


def test_another_client_at_work_rolls_nothing_back() -> None:
    error = {"kind": "concurrent_change", "blocks_rollback": "another client is changing the scale set"}
    state = failing(on_failure="rollback")
    assert handled(state, Failure("It changed.", error), facts(UNHEALTHY)).modules == ["vmss_instance_facts"]
    assert (state.next, state.journal["image_restored"]) == (FINISH, False)
    assert "another client" in state.journal["decision"]


def test_what_the_last_check_could_not_see_decides_where_the_failure_has_no_error() -> None:
    state = failing(on_failure="rollback")
    state.check_error = {"kind": "connection", "blocks_rollback": "Azure cannot be reached", "unseen": True}
    handled(state, Failure("Too many checks."), facts(UNHEALTHY))
    assert (state.journal["cause_kind"], state.next) == ("connection", FINISH)


# Instances that were only slow


@pytest.mark.parametrize("phase", ["upgraded", "healthy"])
def test_an_image_whose_instances_have_become_healthy_meanwhile_stays(phase: str) -> None:
    state = failing(on_failure="rollback")
    well = facts([*new(0), *old(1, 2, 3)])
    played = handled(state, Failure("Not in time.", {"kind": "timeout"}, {"phase": phase}), well, well, well)
    assert [one.options.get("wait_for") for one in played.calls] == ["idle", "healthy", None]
    assert played.calls[1].options["fresher_than"], "reports of the old system do not count"
    assert state.next == FINISH
    assert "became healthy after the time" in state.journal["decision"]


def test_where_they_have_not_it_is_rolled_back() -> None:
    state = failing(on_failure="rollback")
    late = {**broken("Not in time.", "timeout"), "expired": True}
    failure = Failure("Not in time.", {"kind": "timeout"}, {"phase": "healthy"})
    handled(state, failure, facts(UNHEALTHY), late, facts(UNHEALTHY))
    assert state.next == ROLLBACK


# What is read afterwards


def test_no_rollback_starts_from_what_was_read_before() -> None:
    state = failing(on_failure="rollback")
    retries = state.waits["upgrade"]["retries"]
    played = handled(state, TIMEOUT, facts(UNHEALTHY), *[KILLED] * (retries + 1))
    assert len(played.progress) == retries
    assert (state.next, state.journal["decision"]) == (FINISH, "Halted: the scale set could not be read.")
    assert state.vmss, "the report has what was read last"


def test_without_a_write_to_come_azure_is_asked_but_twice() -> None:
    played = handled(failing(failed_image="keep"), TIMEOUT, KILLED, KILLED)
    assert played.pauses == [1]


def test_why_instances_failed_is_in_the_journal() -> None:
    state = failing(failed_image="keep")
    state.check_said = "HTTP 503."
    group = {"code": "X", "message": "y", "instance_ids": ["0"], "line": "0: X", "unhealthy_before": False}
    read = {**facts(UNHEALTHY), "vmss_details": {"groups": [group], "instances": [{"instance_id": "0"}]}}
    handled(state, Failure("It broke.", {"kind": "operation_failed", "arm": {"code": "X"}}), read)
    failure = state.journal["failure"]
    assert failure["groups"][0]["instance_ids"] == ["0"]
    assert (failure["probe"], failure["operation"]["code"]) == ("HTTP 503.", "X")


def test_a_rollout_that_never_read_its_scale_set_halts() -> None:
    state = first(on_failure="rollback")
    handled(state, Failure("No credentials."), KILLED, KILLED)
    assert (state.next, state.vmss) == (FINISH, {})


# Quarantine


def test_quarantined_instances_are_not_rolled_back() -> None:
    state = failing(on_failure="rollback", quarantine=1)
    played = handled(state, TIMEOUT, *AFTER, {"instances": [{"instance_id": "0"}], "error": None})
    (asked,) = [one for one in played.calls if one.module == "vmss_instance_protection"]
    assert (asked.options["instance_ids"], asked.options["scale_set_actions"]) == (["0"], True)
    assert asked.options["run_id"] == "run-a"
    assert (state.journal["quarantine"], state.reaction["instance_ids"]) == (["0"], [])


def test_a_quarantine_that_fails_stops_no_rollback() -> None:
    state = failing(on_failure="rollback", quarantine=1)
    handled(state, TIMEOUT, *AFTER, broken("Denied."))
    assert state.next == ROLLBACK
    assert "Denied." in state.journal["quarantine_why"]


def test_before_the_lease_nothing_is_protected() -> None:
    state = failing(quarantine=1, failed_image="keep")
    state.note(lease_acquired=False)
    assert handled(state, TIMEOUT, facts(UNHEALTHY)).modules == ["vmss_instance_facts"]


# The image of before, back in the model


@pytest.mark.parametrize(
    "answers",
    [(broken("Denied."),), (KILLED,)],
)
def test_an_image_that_could_not_be_restored_is_said_and_the_cause_stays(answers: Any) -> None:
    state = failing()
    assert handled(state, TIMEOUT, *AFTER, *answers).failure is None
    assert (state.journal["image_restored"], state.journal["cause_kind"]) == (False, "timeout")
    assert "could not be restored" in state.journal["image_kept_why"]


def test_the_lease_is_renewed_before_it_where_it_is_due() -> None:
    state = failing(before_batch="drain.yml")
    assert handled(state, TIMEOUT, *AFTER, held(), written(OLD)).modules[-2:] == ["vmss_hold", "vmss_image_update"]


# The rollback


def rolling_back(**options: Any) -> State:
    options = {"on_failure": "rollback", "soak": 60, "until": "50%", "health_alerts": ["x"], **options}
    state = failing(**options)
    handled(state, TIMEOUT, *AFTER)
    return state


def test_a_rollback_restores_the_image_of_before_with_the_instances_that_were_chosen() -> None:
    state = rolling_back()
    played = play(roll_back(state), [written(OLD), facts(UNHEALTHY, image=OLD)])
    assert played.modules == ["vmss_image_update", "vmss_instance_facts"]
    options = played.calls[0].options
    assert (options["image"], options["replaces"], options["rollback"]) == (OLD.to_dict(), NEW.to_dict(), True)
    assert (state.target, state.by_model, state.next) == (OLD.to_dict(), False, UPGRADE)
    assert [one["instance_ids"] for one in state.pending] == [["0"]]
    assert (state.journal["rollback"], state.journal["rollback_image"]) == ("running", OLD.to_dict())


def test_it_has_no_canary_no_soak_no_alerts_and_no_share() -> None:
    state = rolling_back()
    state.round = 3
    play(roll_back(state), [written(OLD), facts(UNHEALTHY, image=OLD)])
    assert (state.canary, state.soak, state.alerts, state.until, state.round) == (0, 0, [], "", 1)
    assert not any(one["canary"] for one in state.pending)


def test_with_no_instance_to_roll_back_the_image_is_all() -> None:
    state = rolling_back()
    state.reaction["instance_ids"] = []
    assert play(roll_back(state), [written(OLD)]).modules == ["vmss_image_update"]
    assert (state.journal["rollback"], state.next) == ("succeeded", FINISH)


def test_an_image_that_cannot_be_written_ends_the_rollback() -> None:
    state = rolling_back()
    assert play(roll_back(state), [broken("Denied.")]).failure
    play(rollback_failed(state, Failure("Denied.")))
    assert (state.journal["rollback"], state.next) == ("failed", FINISH)
    assert state.journal["cause"] == "0 is not healthy in time.", "the cause is that of the rollout"
    assert "Denied." in state.journal["decision"]


@pytest.mark.parametrize(("other_host", "result"), [(False, "failed"), (True, "interrupted")])
def test_a_rollback_that_fails_ends_its_batch(other_host: bool, result: str) -> None:
    state = under_way("0")
    state.upgrade = sent("0")
    play(rollback_failed(state, Failure("It broke.", other_host=other_host)))
    assert (state.journal["batches"][-1]["result"], state.journal["batches"][-1]["sent"]) == (result, ["0"])


def test_a_batch_that_has_ended_stays_as_it_was() -> None:
    state = batch_done(planned(), "0")
    play(rollback_failed(state, Failure("It broke.")))
    assert state.journal["batches"][-1]["result"] == "succeeded"
