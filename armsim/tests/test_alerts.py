# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Alerts of Azure Monitor: who fires and resolves them, and how they are listed."""

from __future__ import annotations

import pytest

from .in_process import Site

HOUR = 3_600


@pytest.fixture
def site() -> Site:
    return Site.bundled(clock={"start": "2026-11-20T08:00:00Z"})


def address(site):
    return f"{site.web.partition('/resourceGroups/')[0]}/providers/Microsoft.AlertsManagement/alerts"


def listed(site, query=""):
    answer = site.get(address(site), query)
    assert answer.status == 200, answer.body
    return [item["name"] for item in answer.json()["value"]]


def alert(site, rule, **fields):
    return site.admin("POST", "change", {"alert": {"rule": rule, **fields}})


def test_an_alert_fires_and_is_resolved(site):
    site.wait(60)
    alert(site, "cpu", severity="Sev1")
    site.wait(30)
    alert(site, "cpu")
    (fired,) = site.get(address(site)).json()["value"]
    essentials = fired["properties"]["essentials"]
    assert essentials == {
        "severity": "Sev1",
        "signalType": "Metric",
        "alertState": "New",
        "monitorCondition": "Fired",
        "monitorService": "Platform",
        "targetResource": site.web.lower(),
        "targetResourceName": "web",
        "targetResourceGroup": "rg-shop",
        "targetResourceType": "virtualMachineScaleSets",
        "sourceCreatedId": essentials["sourceCreatedId"],
        "alertRule": f"{site.web.partition('/resourceG')[0]}/providers/microsoft.insights/metricalerts/cpu",
        "startDateTime": "2026-11-20T08:01:00Z",
        "lastModifiedDateTime": "2026-11-20T08:01:00Z",
        "lastModifiedUserName": "System",
        "actionStatus": {"isSuppressed": False},
        "description": "",
    }
    name = fired["id"].rpartition("/")[2]
    assert fired["id"] == f"{site.web}/providers/Microsoft.AlertsManagement/alerts/{name}"
    alert(site, "CPU", condition="Resolved")
    resolved = site.get(f"{address(site)}/{name}").json()["properties"]["essentials"]
    changed = {name: value for name, value in resolved.items() if essentials.get(name) != value}
    assert changed == {
        "monitorCondition": "Resolved",
        "monitorConditionResolvedDateTime": "2026-11-20T08:01:30Z",
        "lastModifiedDateTime": "2026-11-20T08:01:30Z",
    }
    assert alert(site, "cpu", condition="Resolved")["error"]["code"] == "NotFound"
    assert site.get(f"{address(site)}/none").json()["error"]["code"] == "AlertNotFound"
    alert(site, "cpu")
    assert listed(site) == ["cpu", "cpu"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["disk", "cpu"]),
        ("timeRange=7d", ["disk", "cpu", "old"]),
        ("timeRange=30D&monitorCondition=resolved", ["old"]),
        ("monitorCondition=Fired&severity=Sev0", ["disk"]),
        ("targetResource={web}", ["cpu"]),
        ("targetResource={web}&monitorCondition=Resolved", []),
        ("targetResourceGroup=RG-other", ["disk"]),
        ("targetResourceType=disks", ["disk"]),
        ("alertState=New&timeRange=1h", ["disk"]),
        ("alertState=Closed", []),
        ("pageCount=1", ["disk"]),
    ],
)
def test_the_list_is_narrowed(site, query, expected):
    alert(site, "old")
    alert(site, "old", condition="Resolved")
    site.wait(48 * HOUR)
    alert(site, "cpu")
    site.wait(2 * HOUR)
    other = (
        site.web.partition("/resourceGroups/")[0] + "/resourceGroups/rg-other/providers/Microsoft.Compute/disks/data"
    )
    alert(site, "disk", severity="Sev0", resource=other)
    assert listed(site, query.format(web=site.web.upper())) == expected


def test_the_list_has_pages(site):
    for number in range(30):
        alert(site, f"rule-{number}")
    first = site.get(address(site)).json()
    second = site.get(address(site), first["nextLink"].partition("?")[2]).json()
    assert (len(first["value"]), len(second["value"]), "nextLink" in second) == (25, 5, False)
    assert len(listed(site, "pageCount=250")) == 30


@pytest.mark.parametrize(
    "query", ["timeRange=2d", "monitorCondition=On", "alertState=Old", "severity=5", "pageCount=0", "pageCount=251"]
)
def test_words_that_no_filter_has_are_refused(site, query):
    refused = site.get(address(site), query)
    assert (refused.status, refused.json()["error"]["code"]) == (400, "BadRequest")
