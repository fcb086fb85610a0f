# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.tests.unit.plugins.modules.conftest import Run
from ansible_collections.azroll.vmss.tests.unit.wire import SUBSCRIPTION_ID, WEB, Exchange, error, get, get_model

MODULE = "vmss_alert_info"
OTHER = "5e5e5e5e-0000-4000-8000-000000000002"
BALANCER = f"/subscriptions/{OTHER}/resourceGroups/rg-net/providers/Microsoft.Network/loadBalancers/Edge"
NOON, LATER = "2026-11-22T12:00:00Z", "2026-11-22T12:30:00.1234567Z"


def alert(rule: str, resource: str = WEB, *, at: str | None = LATER, **essentials: Any) -> dict[str, Any]:
    """As Azure lists it: ids in lower case."""
    said = {
        "severity": "Sev2",
        "monitorCondition": "Fired",
        "alertState": "New",
        "targetResource": resource.lower(),
        "alertRule": f"/subscriptions/{OTHER}/providers/microsoft.insights/metricalerts/{rule}",
        "startDateTime": at,
        **essentials,
    }
    path = f"{resource}/providers/Microsoft.AlertsManagement/alerts/{rule}-1"
    return {"id": path, "name": rule, "properties": {"essentials": said}}


def get_alerts(
    *entries: dict[str, Any], resource: str = WEB, subscription: str = SUBSCRIPTION_ID, **more: Any
) -> Exchange:
    query = {"targetResource": resource, "monitorCondition": "Fired", "timeRange": "30d", "pageCount": "250"}
    path = f"/subscriptions/{subscription}/providers/Microsoft.AlertsManagement/alerts"
    return get(path, {"value": list(entries)}, **{"query": query, "api": "2019-03-01", **more})


def test_the_scale_set_is_watched_where_nothing_is_said(run: Run) -> None:
    result = run(MODULE, [get_model(), get_alerts()])
    assert set(result) == {"changed", "msg", "error", "alerts", "alerts_before"}
    assert (result["changed"], result["alerts"], result["msg"]) == (False, [], "No alert has fired.")


def test_alerts_of_several_resources_are_told_by_rule_severity_and_resource(run: Run) -> None:
    script = [
        get_model(),
        get_alerts(alert("cpu"), alert("disk", severity="Sev3")),
        get_alerts(alert("probes", BALANCER, severity="Sev0"), resource=BALANCER, subscription=OTHER),
    ]
    result = run(MODULE, script, resources=["scale_set", BALANCER, WEB.upper()], severity="Sev2", check_mode=True)
    assert result["alerts"] == [
        {
            "id": f"{WEB}/providers/Microsoft.AlertsManagement/alerts/cpu-1",
            "rule": "cpu",
            "severity": "Sev2",
            "resource": WEB,
            "fired_at": LATER,
        },
        {
            "id": f"{BALANCER}/providers/Microsoft.AlertsManagement/alerts/probes-1",
            "rule": "probes",
            "severity": "Sev0",
            "resource": BALANCER,
            "fired_at": LATER,
        },
    ]
    assert result["msg"] == f"Alerts have fired: cpu (Sev2) on web since {LATER}; probes (Sev0) on Edge since {LATER}."


def test_what_fired_before_is_told_apart_and_the_closed_and_others_not_at_all(run: Run) -> None:
    entries = [
        alert("new"),
        alert("timeless", at=None),
        alert("old", at=NOON),
        alert("closed", alertState="Closed"),
        alert("resolved", monitorCondition="Resolved"),
        alert("elsewhere", BALANCER),
        {"name": "empty"},
    ]
    result = run(MODULE, [get_model(), get_alerts(*entries)], since=NOON)
    assert [one["rule"] for one in result["alerts"]] == ["new", "timeless"]
    assert [one["rule"] for one in result["alerts_before"]] == ["old"]
    assert result["msg"].endswith("1 had fired before.")


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"resources": ["web"]}, "resources"),
        ({"resources": [f"/subscriptions/{OTHER}/resourceGroups/../providers/a/b/c"]}, "resources"),
        ({"resources": [WEB] * 21}, "resources"),
        ({"since": "yesterday"}, "since"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_request(run: Run, options: dict[str, Any], word: str) -> None:
    result = run(MODULE, [], **options)
    assert result["error"]["kind"] == "bad_input"
    assert word in result["msg"]


def test_a_missing_permission_is_named(run: Run) -> None:
    action = "Microsoft.AlertsManagement/alerts/read"
    words = f"The client 'c' does not have authorization to perform action '{action}' over scope '/subscriptions/x'."
    refused = get_alerts(status=403)
    refused.body = error("AuthorizationFailed", words)
    result = run(MODULE, [get_model(), refused])
    assert result["error"]["kind"] == "forbidden"
    assert action in result["error"]["message"]
