# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._preflight.check_rights import right_findings
from ansible_collections.azroll.vmss.tests.unit.preflight import (
    EVERYTHING,
    SCALING,
    Case,
    assert_found_alone,
    held,
    order,
    prepared,
)

SET = "Microsoft.Compute/virtualMachineScaleSets"
SERVICE_STATE = f"{SET}/setOrchestrationServiceState/action"
AUTOSCALE_WRITE = "Microsoft.Insights/autoscaleSettings/write"
ASSIGN = "Assign a role that holds the action"
RUNNING: dict[str, Any] = {"repairs_state": "Running"}


def all_but(*actions: str) -> list[dict[str, Any]]:
    return [{"actions": ["*"], "notActions": list(actions)}]


CASES: dict[str, Case] = {
    "what the rollout cannot do without": Case(
        "permission_missing", "needs_acceptance", ASSIGN, {"permissions": all_but(f"{SET}/manualUpgrade/action")}
    ),
    "what it can do without": Case(
        "permission_missing", "warning", ASSIGN, {"permissions": all_but(f"{SET}/rollingUpgrades/read")}
    ),
    "unknown permissions": Case(
        "permissions_unreadable", "warning", "Microsoft.Authorization/permissions/read", {"permissions": None}
    ),
}


def lacking(*actions: str, **given: Any) -> list[tuple[str, str]]:
    """What is missing for a principal who may do everything but `actions`: how serious each is, and the sentence."""
    on_settings = {one.label: all_but(*actions) for one in given.get("autoscale", ())}
    found = right_findings(*prepared(permissions=all_but(*actions), autoscale_permissions=on_settings, **given))
    return [(one.severity, one.message) for one in found]


@pytest.mark.parametrize("case", CASES)
def test_each_case_is_found_alone_with_a_way_out(case: str) -> None:
    assert_found_alone(CASES[case])


def test_who_may_do_everything_lacks_nothing() -> None:
    every: dict[str, Any] = {
        "autoscale": (SCALING,),
        "autoscale_permissions": {SCALING.label: EVERYTHING},
        "intent": {"hold_autoscale": True, "quarantine": True, "retry_failed": True, "probe_instances": True},
    }
    assert list(right_findings(*prepared(**every, **RUNNING))) == []


@pytest.mark.parametrize(
    ("action", "step", "severity", "given"),
    [
        (f"{SET}/write", "write the image and the lease", "needs_acceptance", {}),
        (f"{SET}/manualUpgrade/action", "upgrade instances", "needs_acceptance", {}),
        ("Microsoft.Compute/locations/operations/read", "follow what a write begins", "needs_acceptance", {}),
        (SERVICE_STATE, "suspend and resume automatic repairs", "needs_acceptance", RUNNING),
        (f"{SET}/rollingUpgrades/read", "see whether a rolling upgrade runs", "warning", {}),
        (f"{SET}/instanceView/read", "see whether automatic repairs run", "warning", {}),
        ("Microsoft.Authorization/locks/read", "see whether a lock forbids the writes", "warning", {}),
        (f"{SET}/virtualMachines/write", "quarantine failed instances", "warning", {"intent": {"quarantine": True}}),
        (f"{SET}/reimage/action", "retry failed instances", "warning", {"intent": {"retry_failed": True}}),
    ],
)
def test_each_right_is_named_with_the_step_that_needs_it(
    action: str, step: str, severity: str, given: dict[str, Any]
) -> None:
    ((found, message),) = lacking(action, **given)
    assert found == severity
    assert message.startswith(f"The principal lacks {action} on web, which it takes to {step}")


def test_every_right_that_is_missing_is_found_at_once_the_needed_ones_first() -> None:
    found = lacking("*", **RUNNING)
    assert [severity for severity, _message in found] == ["needs_acceptance"] * 4 + ["warning"] * 3


@pytest.mark.parametrize(
    ("action", "given"),
    [
        (SERVICE_STATE, {"repairs_state": "Suspended"}),
        (SERVICE_STATE, {"repairs_state": "NotRunning"}),
        (SERVICE_STATE, {**RUNNING, "intent": {"suspend_repairs": False}}),
        (f"{SET}/virtualMachines/write", {}),
        (f"{SET}/reimage/action", {}),
        ("*/networkInterfaces/read", {}),
        (AUTOSCALE_WRITE, {"autoscale": (SCALING,)}),
        (AUTOSCALE_WRITE, {"autoscale": (replace(SCALING, enabled=False),), "intent": {"hold_autoscale": True}}),
        (AUTOSCALE_WRITE, {"autoscale": (), "intent": {"hold_autoscale": True}}),
    ],
)
def test_what_the_rollout_does_not_do_takes_no_right(action: str, given: dict[str, Any]) -> None:
    assert lacking(action, **given) == []


def test_a_set_without_the_right_to_what_a_rollout_can_do_without_is_rolled() -> None:
    upgrader = [{"actions": ["*/read", "*/manualUpgrade/action", f"{SET}/write"]}]
    assert list(right_findings(*prepared(permissions=upgrader))) == []
    intent = {"order": order("40%"), "quarantine": True, "retry_failed": True}
    found = list(right_findings(*prepared(permissions=upgrader, intent=intent)))
    assert [one.severity for one in found] == ["warning", "warning"]


@pytest.mark.parametrize(
    ("item", "action", "state"),
    [
        ("repairs", SERVICE_STATE, "Suspended"),
        ("repairs", SERVICE_STATE, None),
        (f"autoscale={SCALING.label}", AUTOSCALE_WRITE, "Suspended"),
    ],
)
@pytest.mark.parametrize("holder", ["mine", "theirs"])
def test_what_an_interrupted_run_left_held_takes_the_right_to_release_it(
    item: str, action: str, state: str | None, holder: str
) -> None:
    given: dict[str, Any] = {
        "autoscale": (replace(SCALING, enabled=False),),
        "intent": {"suspend_repairs": False},
        "repairs_state": state,
    }
    left: dict[str, Any] = {**given, **held(run_id=holder, held=(item,)), "holder_dead": True}
    left["model"]["automatic_repairs"] = True
    ((severity, message),) = lacking(action, **left)
    assert severity == "needs_acceptance"
    assert action in message
    assert "earlier run" in message
    # What is not held, or has been released, takes no right.
    assert lacking(action, **given) == []
    if item == "repairs":
        assert lacking(action, **{**left, "repairs_state": "Running"}) == []
    else:
        assert lacking(action, **{**left, "autoscale": ()}) == []


def test_repairs_of_unknown_state_that_the_set_does_not_have_any_more_are_not_resumed() -> None:
    left = {**held(held=("repairs",)), "intent": {"suspend_repairs": False}}
    assert lacking(SERVICE_STATE, **left) == []


@pytest.mark.parametrize(
    ("model", "intent", "severity"),
    [
        ({"automatic_repairs": True}, {}, "needs_acceptance"),
        ({"automatic_repairs": True}, {"suspend_repairs": False}, "warning"),
        ({"automatic_repairs": False}, {}, "warning"),
        ({"automatic_repairs": True, "orchestration_mode": "Flexible"}, {}, "warning"),
        (
            {"automatic_repairs": True, **held(held=("repairs",))["model"]},
            {"suspend_repairs": False},
            "needs_acceptance",
        ),
    ],
)
def test_repairs_that_cannot_be_seen_cannot_be_held(
    model: dict[str, Any], intent: dict[str, Any], severity: str
) -> None:
    ((found, message),) = lacking("*/instanceView/read", model=model, intent=intent)
    assert found == severity
    assert "see whether automatic repairs run" in message


@pytest.mark.parametrize(
    ("mode", "action"),
    [
        ("Uniform", f"{SET}/networkInterfaces/read"),
        ("Flexible", "Microsoft.Network/networkInterfaces/read"),
    ],
)
def test_instances_are_asked_at_addresses_that_have_to_be_found(mode: str, action: str) -> None:
    ((severity, message),) = lacking(
        "*/networkInterfaces/read", model={"orchestration_mode": mode}, intent={"probe_instances": True}
    )
    assert severity == "needs_acceptance"
    assert message.startswith(f"The principal lacks {action} on web")


def test_autoscale_is_held_by_the_rights_on_each_of_its_settings() -> None:
    settings = [replace(SCALING, name=name, resource_group=group) for name, group in (("a", "One"), ("b", "Two"))]
    granted: dict[str, Any] = {settings[0].label: EVERYTHING, settings[1].label: all_but(AUTOSCALE_WRITE)}
    given: dict[str, Any] = {"autoscale": tuple(settings), "intent": {"hold_autoscale": True}}
    (found,) = right_findings(*prepared(**given, autoscale_permissions=granted, permissions=all_but(AUTOSCALE_WRITE)))
    assert found.severity == "needs_acceptance"
    assert found.message == (
        f"The principal lacks {AUTOSCALE_WRITE} on autoscale setting two/b, which it takes to hold autoscale"
    )
    # Where they cannot be read, a missing one shows when it is needed.
    assert list(right_findings(*prepared(**given, autoscale_permissions={**granted, settings[1].label: None}))) == []
