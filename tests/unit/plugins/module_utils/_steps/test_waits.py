# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""How long the role waits, and when its lease is due."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._steps.waits import divide, lease_due
from ansible_collections.azroll.vmss.tests.unit.builders import instance, vmss_facts
from ansible_collections.azroll.vmss.tests.unit.playing import DEFAULTS

OPTIONS = {**DEFAULTS, "unanswered_timeout": 0}


def due(expires: str | None, now: str) -> bool:
    """Read at 10:05:00 of Azure's clock, when this host's was at 09:00:00."""
    return lease_due({"expires": expires}, 120, "2026-11-22T10:05:00Z", "2026-11-22T09:00:00Z", f"2026-11-22T{now}Z")


def test_a_lease_is_renewed_when_half_of_it_is_over_by_azures_clock() -> None:
    assert not due("2026-11-22T12:05:00Z", "10:00:00")
    assert due("2026-11-22T12:05:00Z", "10:00:01")
    assert due(None, "09:00:00")


def test_whoever_has_no_lease_renews_none() -> None:
    assert lease_due(None, 120, "2026-11-22T10:05:00Z", "2026-11-22T09:00:00Z", "2026-11-22T23:00:00Z") is False


def test_the_waits_of_the_default_options() -> None:
    assert divide(OPTIONS) == {
        "upgrade": {"timeout": 45, "retries": 39, "answered": 1800},
        "health": {"timeout": 40, "retries": 7, "answered": 320, "unanswered": 0},
        "call": {"timeout": 600},
        "reported": {"timeout": 1, "retries": 0, "answered": 1},
        "room": {"retries": 30, "delay": 10},
        "report_time": "refreshed",
        "lines": [
            "each batch may take 1800 s to come up (1800 s by rollout_upgrade_timeout)",
            "and then 320 s to become healthy (320 s by rollout_health_retries and rollout_health_delay)",
        ],
    }


def test_a_wrong_number_is_refused_by_the_name_of_the_option() -> None:
    with pytest.raises(BadInput, match=r"^rollout_upgrade_timeout is 0\. Give at least 1\."):
        divide({**OPTIONS, "upgrade_timeout": 0})


@pytest.mark.parametrize(
    ("asked", "of_set", "kind"),
    [
        ("auto", "on_change", "on_change"),
        ("auto", None, "refreshed"),
        ("refreshed", "on_change", "refreshed"),
        ("on_change", "refreshed", "on_change"),
    ],
)
def test_what_moves_the_time_of_reports_is_seen_or_said(asked: str, of_set: str | None, kind: str) -> None:
    vmss = {**vmss_facts([instance(0)]), "health_report_time": of_set}
    assert divide({**OPTIONS, "health_report_time": asked}, vmss)["report_time"] == kind


def health(**fields: Any) -> int:
    """How many seconds a batch may take to become healthy."""
    seconds: int = divide({**OPTIONS, "health_report_settling": 600}, fields)["health"]["answered"]
    return seconds


def test_reports_whose_time_does_not_move_are_waited_for_longer() -> None:
    vmss = vmss_facts([instance(0)])
    assert health(**vmss, health_report_time="on_change") == 320 + 600
    assert health(**vmss, health_report_time="refreshed") == 320
    # Without a health source there is no report to settle.
    assert health(**vmss_facts([], health_source=None), health_report_time="on_change") == 320


def test_the_notification_and_the_grace_period_of_the_set_come_on_top() -> None:
    waits = divide(OPTIONS, vmss_facts([instance(0)], os_image_notification=900, health_grace_period=600))
    assert waits["upgrade"]["answered"] == 1800 + 900
    assert waits["reported"]["answered"] == 600
    assert divide(OPTIONS)["reported"]["retries"] == 0
