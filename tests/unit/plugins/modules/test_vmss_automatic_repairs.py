# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

import pytest

from ansible_collections.azroll.vmss.tests.unit.plugins.modules.conftest import Run
from ansible_collections.azroll.vmss.tests.unit.wire import (
    WEB,
    Clock,
    Exchange,
    action,
    error,
    get,
    get_model,
    poll_action,
)

MODULE = "vmss_automatic_repairs"
KEYS = {"changed", "msg", "error", "state", "previous_state", "diff"}


def get_view(state: str | None) -> Exchange:
    other = {"serviceName": "AutomaticZoneRebalancing", "serviceState": "Running"}
    services = [other, {"serviceName": "AutomaticRepairs", "serviceState": state}] if state else [other]
    return get(f"{WEB}/instanceView", {"orchestrationServices": services})


def set_state(what: str) -> Exchange:
    return action("setOrchestrationServiceState", {"serviceName": "AutomaticRepairs", "action": what})


@pytest.mark.parametrize(
    ("reported", "wanted", "what"), [("Running", "suspended", "Suspend"), ("Suspended", "running", "Resume")]
)
def test_changed(run: Run, reported: str, wanted: str, what: str) -> None:
    script = [get_model(), get_view(reported), set_state(what), poll_action(), get_view(wanted.capitalize())]
    result = run(MODULE, script, state=wanted)
    assert set(result) == KEYS
    assert result["changed"]
    assert (result["previous_state"], result["state"]) == (reported.lower(), wanted)
    assert result["diff"] == {"before": {"state": reported.lower()}, "after": {"state": wanted}}


@pytest.mark.parametrize("received", [True, False])
def test_a_write_without_an_answer_is_looked_for_before_it_is_made_again(run: Run, received: bool) -> None:
    lost = set_state("Suspend")
    lost.status = 504
    anew = [get_view("Running"), set_state("Suspend"), poll_action(), get_view("Suspended")]
    again = [get_view("Suspended")] if received else anew
    result = run(MODULE, [get_model(), get_view("Running"), lost, get_model(), *again], state="suspended")
    assert (result["changed"], result["previous_state"], result["state"]) == (True, "running", "suspended")


def test_check_mode_only_reads(run: Run) -> None:
    result = run(MODULE, [get_model(), get_view("Running")], state="suspended", check_mode=True)
    assert result["changed"]
    assert result["state"] == "suspended"
    assert "would be" in result["msg"]


@pytest.mark.parametrize(("reported", "wanted"), [("Running", "running"), ("Suspended", "suspended")])
def test_unchanged(run: Run, reported: str, wanted: str) -> None:
    result = run(MODULE, [get_model(), get_view(reported)], state=wanted)
    assert not result["changed"]
    assert result["state"] == wanted


@pytest.mark.parametrize("reported", ["NotRunning", None])
def test_repairs_that_are_not_enabled(run: Run, reported: str | None) -> None:
    result = run(MODULE, [get_model(), get_view(reported)], state="suspended")
    assert not result["changed"]
    assert result["state"] == "not_running"
    assert "not enabled" in result["msg"]

    result = run(MODULE, [get_model(), get_view(reported)], state="running")
    assert result["error"]["kind"] == "bad_input"
    assert not result["changed"]


def test_a_failed_operation(run: Run) -> None:
    failed = poll_action("Failed", error={"code": "InternalExecutionError", "message": "no"})
    result = run(MODULE, [get_model(), get_view("Running"), set_state("Suspend"), failed], state="suspended")
    assert result["error"]["kind"] == "operation_failed"
    assert result["changed"], "the request was accepted"
    assert result["state"] == "running"


def test_a_success_without_effect_is_noticed_after_one_more_read(run: Run, clock: Clock) -> None:
    script = [get_model(), get_view("Running"), set_state("Suspend"), poll_action()]
    result = run(MODULE, [*script, get_view("Running"), get_view("Running")], state="suspended")
    assert (result["error"]["kind"], result["state"], result["changed"]) == ("no_effect", "running", True)
    assert "those of web are running as before" in result["msg"]
    assert clock.sleeps == [10]
    assert run(MODULE, [*script, get_view("Running"), get_view("Suspended")], state="suspended")["error"] is None


def test_flexible_sets_do_not_tell(run: Run) -> None:
    refusal = error("OperationNotAllowed", "'VirtualMachineScaleSets.instanceView.GET' is not allowed")
    script = [get_model(), get(f"{WEB}/instanceView", refusal, status=400)]
    result = run(MODULE, script, state="suspended")
    assert result["error"]["kind"] == "service_error"
