# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Which alerts speak of the health of what is watched."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._common.time import parse_time
from ansible_collections.azroll.vmss.plugins.module_utils._model.alerts import (
    MOST_RESOURCES,
    SCALE_SET,
    SEVERITIES,
    check_resources,
    describe_alerts,
    ids_of,
    outcome,
    read_since,
    subscription_of,
)
from ansible_collections.azroll.vmss.tests.unit.builders import scale_set

SET = scale_set()
SUBSCRIPTION = "72f988bf-86f1-41af-91ab-2d7cd011db47"
RESOURCE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Network/loadBalancers/lb"


def alert(**essentials: Any) -> dict[str, Any]:
    ordinary = {
        "targetResource": RESOURCE,
        "severity": "Sev2",
        "monitorCondition": "Fired",
        "alertState": "New",
        "alertRule": "/subscriptions/s/providers/Microsoft.Insights/metricAlerts/cpu-high",
        "startDateTime": "2026-11-22T10:15:00Z",
    }
    return {"id": "/alerts/1", "properties": {"essentials": {**ordinary, **essentials}}}


def test_an_alert_that_stands() -> None:
    (found,) = outcome([alert()], [RESOURCE], "Sev4")
    assert found.describe() == "cpu-high (Sev2) on lb since 2026-11-22T10:15:00Z"


@pytest.mark.parametrize(
    "essentials",
    [
        {"monitorCondition": "Resolved"},
        {"alertState": "Closed"},
        {"targetResource": f"{RESOURCE}2"},
        {"severity": "Sev3"},
    ],
)
def test_alerts_that_do_not_count(essentials: dict[str, Any]) -> None:
    assert outcome([alert(**essentials)], [RESOURCE], "Sev2") == []


@pytest.mark.parametrize("severity", SEVERITIES)
def test_an_alert_without_a_severity_counts_as_the_worst(severity: str) -> None:
    assert len(outcome([alert(severity=None)], [RESOURCE], severity)) == 1


def test_resources_are_compared_without_regard_to_case() -> None:
    assert len(outcome([alert(targetResource=RESOURCE.upper())], [RESOURCE], "Sev4")) == 1


@pytest.mark.parametrize(
    ("fired", "since", "new"),
    [
        ("2026-11-22T10:15:00Z", "2026-11-22T10:14:59Z", True),
        ("2026-11-22T10:15:00Z", "2026-11-22T10:15:00Z", False),
        (None, "2026-11-22T10:15:00Z", True),
        ("2026-11-22T10:15:00Z", None, True),
    ],
)
def test_what_is_new(fired: str | None, since: str | None, new: bool) -> None:
    (found,) = outcome([alert(startDateTime=fired)], [RESOURCE], "Sev4")
    assert found.fired_after(parse_time(since)) is new


def test_the_word_for_the_scale_set_stands_for_its_id() -> None:
    assert ids_of([SCALE_SET, RESOURCE, RESOURCE.lower(), SET.id.upper()], SET) == [SET.id, RESOURCE]


def test_resources_are_given_whole() -> None:
    check_resources([SCALE_SET, RESOURCE], "x")
    assert subscription_of(RESOURCE) == SUBSCRIPTION
    for wrong in ("lb", RESOURCE.replace("/lb", "/.."), RESOURCE.replace(SUBSCRIPTION, "s"), f"{RESOURCE}?x=1"):
        with pytest.raises(BadInput, match="health_alerts"):
            check_resources([wrong], "health_alerts")


def test_there_is_a_limit_of_resources() -> None:
    check_resources([RESOURCE] * MOST_RESOURCES, "x")
    with pytest.raises(BadInput):
        check_resources([RESOURCE] * (MOST_RESOURCES + 1), "x")


def test_a_time_that_is_none_is_refused() -> None:
    assert read_since(None) is None
    with pytest.raises(BadInput, match="since"):
        read_since("yesterday")


def test_what_was_found_is_said() -> None:
    (found,) = outcome([alert()], [RESOURCE], "Sev4")
    assert "cpu-high" in describe_alerts([found], 0)
    assert "2 had fired before" in describe_alerts([], 2)
