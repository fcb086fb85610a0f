# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Calls of modules: what each gets of the scale set, waits that go on, and room that is waited out."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._steps.calls import (
    attempt,
    call,
    read_facts,
    until_there_is_room,
    wait_for,
)
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import ModuleCall, Pause, Progress
from ansible_collections.azroll.vmss.tests.unit.playing import (
    AT,
    KILLED,
    Played,
    broken,
    facts,
    first,
    new,
    old,
    planned,
    play,
    sent,
)

NO_ROOM = broken("No instance may be out.", "max_unavailable", waited_out=True)
LIMITS = {"timeout": 45, "retries": 3, "answered": 120}
WAITING = facts(old(0), done=False)


def options_of(module: str, **options: Any) -> dict[str, Any]:
    state = planned(include_instances=["web_a"])
    (asked,) = play(attempt(state, module, **options), [facts(new(0))]).calls
    return dict(asked.options)


def test_every_module_gets_the_scale_set() -> None:
    assert options_of("vmss_hold", state="held") == {"resource_group": "web-rg", "name": "web", "state": "held"}


def test_an_option_without_a_value_is_omitted() -> None:
    assert "run_id" not in options_of("vmss_hold", run_id=None)
    assert options_of("vmss_hold", held=[], minutes=0)["held"] == []


def test_modules_share_a_token_where_that_is_wanted_and_the_run_has_a_folder() -> None:
    assert "token_cache" not in options_of("vmss_hold")
    state = planned(token_cache=True)
    for folder, path in ((state.folder, "/tmp/azroll-x/token.json"), ("", None)):
        state.folder = folder
        (asked,) = play(attempt(state, "vmss_hold"), [facts(new(0))]).calls
        assert asked.options.get("token_cache") == path


@pytest.mark.parametrize("module", ["vmss_instance_facts", "vmss_domain_upgrade", "vmss_instance_reimage"])
def test_modules_that_judge_instances_know_which_there_are_and_what_reports_them(module: str) -> None:
    options = options_of(module)
    assert (options["include_instances"], options["ignore_health_source"]) == (["web_a"], False)


def test_preflight_finds_out_by_itself_whether_health_is_reported() -> None:
    assert "include_instances" in options_of("vmss_preflight")
    assert "ignore_health_source" not in options_of("vmss_preflight")


def test_a_call_in_check_mode_is_asked_for_as_one() -> None:
    (asked,) = play(attempt(first(), "vmss_domain_upgrade", check_mode=True), [sent()]).calls
    assert asked.check_mode


def test_a_call_fails_with_what_the_module_says() -> None:
    error = play(call(first(), "vmss_hold"), [broken("The lease is lost.", "lease")]).error
    assert (str(error), error.kind) == ("The lease is lost.", "lease")


@pytest.mark.parametrize("result", [{"failed": True}, {"failed": True, "msg": ""}])
def test_a_module_that_was_killed_fails_with_its_name(result: dict[str, Any]) -> None:
    assert str(play(call(first(), "vmss_hold"), [result]).error) == "The module vmss_hold ended without a result."
    assert str(play(call(first(), "vmss_hold"), [KILLED]).error) == "MODULE FAILURE"


def test_a_failure_is_an_answer_of_an_attempt() -> None:
    assert play(attempt(first(), "vmss_hold"), [broken("It broke.")]).value["msg"] == "It broke."


def test_azures_time_is_that_of_the_last_read_that_came_to_its_end() -> None:
    state = planned()
    play(read_facts(state), [facts(new(0))])
    assert state.seen_at == AT
    assert play(read_facts(state), [KILLED]).failure
    assert state.seen_at == "", "or health reports of before would count"


# Waits


def wait(*answers: Any) -> Played[Any]:
    return play(wait_for(planned(), "healthy", LIMITS, instance_ids=["0"]), answers)


def test_a_wait_goes_on_with_progress_until_it_is_done() -> None:
    played = wait(WAITING, WAITING, facts(new(0)))
    assert played.value["done"]
    assert [type(one) for one in played.requests] == [*[ModuleCall, Progress, Pause] * 2, ModuleCall]
    assert played.progress[0].result == WAITING


def test_all_calls_of_a_wait_share_one_state() -> None:
    options = [one.options for one in wait(WAITING, facts(new(0))).calls]
    assert options[0] == options[1]
    assert (options[0]["wait_for"], options[0]["wait_timeout"], options[0]["answered_timeout"]) == ("healthy", 45, 120)
    assert options[0]["wait_state"] == "/tmp/azroll-x/wait.json"
    assert options[0]["unanswered_timeout"] == 1800


def test_a_wait_ends_with_its_time() -> None:
    late = {**broken("Not in time.", "timeout"), "expired": True}
    played = wait(WAITING, late)
    assert (str(played.error), played.error.kind) == ("Not in time.", "timeout")
    # One that has expired without an error is no success either.
    assert wait({**WAITING, "expired": True}).error.kind == "not healthy in time"


def test_a_wait_ends_with_its_calls() -> None:
    played = wait(*[WAITING] * 4)
    assert played.error.kind == "not healthy in time"
    assert len(played.progress) == LIMITS["retries"]


def test_a_wait_ends_at_once_with_an_error() -> None:
    assert wait(broken("An instance failed.", "operation_failed")).error.kind == "operation_failed"
    assert str(wait(KILLED).error) == "MODULE FAILURE"


def test_a_wait_outlasts_that_azure_does_not_answer_but_not_for_ever() -> None:
    silent = broken("Azure does not answer.", "connection", no_answer=True)
    assert wait(silent, silent, facts(new(0))).value["done"]
    assert wait(*[silent] * 4).error.kind == "connection"
    assert wait(silent, {**silent, "expired": True}).error.kind == "connection"


# Room


def send(*answers: Any, retries: int = 2) -> Played[Any]:
    state = planned(health_retries=retries, health_delay=7)
    return play(until_there_is_room(state, "vmss_domain_upgrade", instance_ids=["0"]), answers)


def test_room_is_waited_out() -> None:
    played = send(NO_ROOM, NO_ROOM, sent("0"))
    assert played.value["instance_ids"] == ["0"]
    assert played.pauses == [7, 7]
    assert len(played.progress) == 2


def test_without_room_in_time_it_fails_with_what_there_is_no_room_for() -> None:
    played = send(NO_ROOM, NO_ROOM, NO_ROOM)
    assert str(played.error) == "No instance may be out."
    assert len(played.progress) == 2


@pytest.mark.parametrize("result", [broken("Denied.", "denied"), KILLED])
def test_another_failure_is_not_waited_out(result: dict[str, Any]) -> None:
    played = send(result)
    assert played.error.result == result
    assert played.pauses == []
