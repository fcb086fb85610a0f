# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    ArmFault,
    Forbidden,
    Rejected,
    Unavailable,
)
from ansible_collections.azroll.vmss.plugins.module_utils._model.alerts import READ_ACTION, Alert
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.check_alerts import alert_findings
from ansible_collections.azroll.vmss.tests.unit.preflight import Case, assert_found_alone, held, prepared

FORBIDDEN = Forbidden("Could not read the alerts", advice="Assign a role.", fault=ArmFault(403, "AuthorizationFailed"))
CASES: dict[str, Case] = {
    "alerts before the rollout": Case(
        "alerts_fired",
        "warning",
        "not held against the rollout",
        {"alerts": (Alert("/x/1", "cpu", "Sev1", "/x/web", None),)},
    ),
    "alerts since an interrupted run began": Case(
        "alerts_fired",
        "needs_acceptance",
        "Find out whether the image is the cause",
        {
            **held(run_id="mine", since="2026-11-22T09:00:00Z"),
            "alerts": (Alert("/x/1", "cpu", "Sev1", "/x/web", "2026-11-22T09:30:00Z"),),
        },
    ),
    "alerts that must not be read": Case("alerts_unreadable", "refusal", READ_ACTION, {"alerts_error": FORBIDDEN}),
    "an id that Azure does not take": Case(
        "alerts_unreadable",
        "refusal",
        "Correct the ids in O(health_alerts)",
        {"alerts_error": Rejected("No", advice="Ask again.", fault=ArmFault(400, "BadRequest"))},
    ),
    "a resource that is not there": Case(
        "alerts_unreadable",
        "refusal",
        "Correct the ids in O(health_alerts)",
        {"alerts_error": Rejected("No", advice="Ask again.", fault=ArmFault(404))},
    ),
    "a service that does not answer": Case(
        "alerts_unreadable",
        "refusal",
        "Try later. Or watch no alerts",
        {"alerts_error": Unavailable("No", advice="Try later.", fault=ArmFault(503))},
    ),
}


def alert(rule: str, fired_at: str | None) -> Alert:
    return Alert(f"/alerts/{rule}", rule, "Sev1", "/resources/web", fired_at)


def found(**given: Any) -> list[tuple[str, str]]:
    return [(one.severity, one.message) for one in alert_findings(prepared(**given)[0])]


@pytest.mark.parametrize("case", CASES)
def test_each_case_is_found_alone_with_a_way_out(case: str) -> None:
    assert_found_alone(CASES[case])


def test_nothing_is_made_up() -> None:
    assert found() == []
    assert found(**held(since="2026-11-22T09:00:00Z")) == []


def test_alerts_are_divided_by_the_begin_of_the_run_that_did_not_end() -> None:
    alerts = (
        alert("disk", "2026-11-22T08:59:59Z"),
        alert("cpu", "2026-11-22T09:00:01Z"),
        alert("net", "2026-11-22T09:00:00Z"),
        alert("unknown", None),
    )
    during, before = found(**held(since="2026-11-22T09:00:00Z"), alerts=alerts)
    assert during[0] == "needs_acceptance"
    assert [rule for rule in ("disk", "cpu", "net", "unknown") if f"{rule} (Sev1)" in during[1]] == ["cpu", "unknown"]
    assert before[0] == "warning"
    assert [rule for rule in ("disk", "cpu", "net", "unknown") if f"{rule} (Sev1)" in before[1]] == ["disk", "net"]


@pytest.mark.parametrize("since", [None, "yesterday"])
def test_where_no_lease_tells_when_its_run_began_no_alert_is_laid_to_it(since: str | None) -> None:
    ((severity, _message),) = found(**held(since=since), alerts=(alert("cpu", "2026-11-22T09:00:00Z"),))
    assert severity == "warning"


def test_the_code_of_azure_stands_in_the_message_where_there_is_one() -> None:
    assert found(alerts_error=FORBIDDEN) == [("refusal", "Could not read the alerts (AuthorizationFailed)")]
    assert found(alerts_error=Forbidden("Could not read the alerts")) == [("refusal", "Could not read the alerts")]
