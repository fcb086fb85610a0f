# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Waits for instances, and custom health checks that count in a row."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._steps.gate import (
    count_check,
    pass_gate,
    run_checks,
    wait_idle,
)
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import StepFailed
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import BAKED, BATCH, Gate, State
from ansible_collections.azroll.vmss.tests.unit.builders import instance
from ansible_collections.azroll.vmss.tests.unit.playing import (
    AT,
    KILLED,
    Played,
    broken,
    facts,
    held,
    new,
    planned,
    play,
    vmss,
)


def gated(**options: Any) -> State:
    state = planned(**options)
    state.gate = Gate(BATCH, ["0", "1"], AT, ["1"])
    return state


def test_a_wait_until_nothing_runs_does_not_fail() -> None:
    state = planned(poll_interval=7)
    state.operations = ["op-1"]
    (asked,) = play(wait_idle(state, ["0"]), [facts(new(0))]).calls
    expected = {
        "wait_for": "idle",
        "instance_ids": ["0"],
        "operation_id": ["op-1"],
        "wait_successes": 2,
        "wait_interval": 7,
    }
    assert {name: asked.options[name] for name in expected} == expected
    for result in (broken("Not in time.", "timeout"), KILLED):
        assert play(wait_idle(state, ["0"]), [result]).failure is None


# Health


def test_a_gate_is_passed_when_its_instances_are_healthy_often_enough() -> None:
    state = gated(health_successes=3, health_delay=7)
    assert state.gate
    state.gate.probe = {"streak": 1}
    (asked,) = play(pass_gate(state, state.gate), [facts(new(0, 1))]).calls
    expected = {
        "wait_for": "healthy",
        "instance_ids": ["0", "1"],
        "unhealthy_before": ["1"],
        "fresher_than": AT,
        "same_model": True,
        "wait_successes": 3,
        "wait_interval": 7,
        "report_time": "refreshed",
    }
    assert {name: asked.options[name] for name in expected} == expected
    assert (state.gate.probe, len(state.vmss["instances"])) == ({}, 2), "it begins anew, and with what was read"


def test_without_a_time_any_report_counts() -> None:
    state = planned()
    (asked,) = play(pass_gate(state, Gate(BAKED, ["0"])), [facts(new(0))]).calls
    assert "fresher_than" not in asked.options


def test_instances_that_are_not_healthy_in_time_fail_the_gate() -> None:
    state = gated()
    assert state.gate
    late = {**broken("1 of 2 healthy.", "timeout"), "expired": True}
    assert play(pass_gate(state, state.gate), [late]).error.kind == "timeout"


def test_a_verdict_is_waited_for_during_the_grace_period_and_the_next_wait_decides() -> None:
    state = gated()
    assert state.gate
    state.divide_waits(vmss(new(0, 1), health_grace_period=900))
    late = {**broken("No verdict.", "timeout"), "expired": True}
    played = play(pass_gate(state, state.gate), [late, facts(new(0, 1))])
    assert [one.options["wait_for"] for one in played.calls] == ["reported", "healthy"]
    assert played.failure is None


def test_the_lease_is_renewed_between_both_waits_where_it_is_due() -> None:
    state = gated()
    assert state.gate
    state.divide_waits(vmss(new(0, 1), health_grace_period=900))
    state.now = lambda: "2026-02-01T11:00:00+00:00"
    played = play(pass_gate(state, state.gate), [facts(new(0)), held(), facts(new(0, 1))])
    assert played.modules == ["vmss_instance_facts", "vmss_hold", "vmss_instance_facts"]


# Custom health checks


def test_without_modules_to_check_by_nothing_is_run() -> None:
    assert play(run_checks(gated())).modules == []


def test_each_instance_of_the_gate_is_probed() -> None:
    state = gated(health_instance_url="http://{address}/", health_url_status=[200, 204])
    (asked,) = play(run_checks(state), [{"error": None}]).calls
    expected = {
        "url": "http://{address}/",
        "status_code": [200, 204],
        "instance_ids": ["0", "1"],
        "unhealthy_before": ["1"],
    }
    assert {name: asked.options[name] for name in expected} == expected
    assert play(run_checks(state), [broken("503.", "probe")]).error.kind == "probe"


def test_an_alert_that_has_fired_since_preflight_is_a_failed_check() -> None:
    state = gated(health_alerts=["lb"], health_alert_severity="Sev2")
    played = play(run_checks(state), [{"alerts": [], "error": None}])
    assert played.failure is None
    options = played.calls[0].options
    assert (options["resources"], options["severity"], options["since"]) == (["lb"], "Sev2", AT)
    fired = {"alerts": [{"name": "x"}], "msg": "1 alert has fired.", "error": None}
    assert str(play(run_checks(state), [fired]).error) == "1 alert has fired."


def count(state: State, *outcomes: bool) -> Played[bool]:
    played: Played[bool] = Played()
    for good in outcomes:
        played = play(count_check(state, good))
    return played


def test_checks_are_good_enough_after_a_row_of_them() -> None:
    state = gated(health_successes=2, health_delay=7)
    played = count(state, True)
    assert (played.value, played.pauses) == (False, [7])
    assert not count(state, False).value
    assert not count(state, True).value
    played = count(state, True)
    assert (played.value, played.pauses) == (True, [])


def test_too_many_checks_that_were_not_good_enough_fail_with_the_last_one() -> None:
    state = gated(health_successes=2, health_retries=1)
    state.check_said = "HTTP 503."
    error = count(state, False, True, False).error
    assert str(error).startswith("3 custom health checks ran, and never enough")
    assert str(error).endswith("The last one reported: HTTP 503.")


def test_a_check_that_azure_did_not_answer_counts_as_neither() -> None:
    state = gated(health_successes=1, health_retries=0, health_delay=10, unanswered_timeout=20)
    state.check_error = {"kind": "connection", "unseen": True, "no_answer": True}
    assert not count(state, False, False).value
    error = count(state, False).error
    assert "Azure did not answer 3 of them" in str(error)
    # Another error of Azure's is an answer.
    other = gated(health_successes=1, health_retries=0)
    other.check_error = {"kind": "credentials", "unseen": True}
    assert count(other, False).failure


@pytest.mark.parametrize("steps", [run_checks, lambda state: count_check(state, True)])
def test_without_a_gate_there_is_nothing_to_check(steps: Any) -> None:
    assert isinstance(play(steps(planned([instance(0)]))).failure, StepFailed)
