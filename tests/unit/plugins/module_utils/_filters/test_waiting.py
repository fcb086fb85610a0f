# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""How long the role waits."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._filters.waiting import (
    rollout_lease_due,
    rollout_probe,
    rollout_waits,
)
from ansible_collections.azroll.vmss.tests.unit.builders import instance, vmss_facts

WAITS = {"upgrade_timeout": 1800, "health_retries": 30, "health_delay": 10, "health_successes": 2}
FRESH = {"streak": 0, "attempts": 0, "done": False, "exhausted": False}


def due(expires: str | None, now: str) -> bool:
    """Read at 10:05:00 of Azure's clock, when this host's was at 09:00:00."""
    return rollout_lease_due(
        {"expires": expires}, 120, "2026-11-22T10:05:00Z", "2026-11-22T09:00:00Z", f"2026-11-22T{now}Z"
    )


def test_a_lease_is_renewed_when_half_of_it_is_over_by_azures_clock() -> None:
    assert not due("2026-11-22T12:05:00Z", "10:00:00")
    assert due("2026-11-22T12:05:00Z", "10:00:01")
    assert due(None, "09:00:00")


def test_whoever_has_no_lease_renews_none() -> None:
    assert rollout_lease_due(None, 120, "2026-11-22T10:05:00Z", "2026-11-22T09:00:00Z", "2026-11-22T23:00:00Z") is False


def test_texts_are_numbers() -> None:
    assert rollout_waits(**{name: str(value) for name, value in WAITS.items()}) == rollout_waits(**WAITS)


def test_a_wrong_number_is_refused_by_the_name_of_the_option() -> None:
    with pytest.raises(BadInput, match="rollout_health_delay"):
        rollout_waits(**{**WAITS, "health_delay": "soon"})
    with pytest.raises(BadInput, match="rollout_health_report_time"):
        rollout_waits(**WAITS, report_time="never")


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
    assert rollout_waits(**WAITS, vmss=vmss, report_time=asked)["report_time"] == kind


def test_slow_reports_are_waited_for_longer() -> None:
    vmss = {**vmss_facts([instance(0)]), "health_report_time": "on_change"}
    slow = rollout_waits(**WAITS, vmss=vmss, report_settling=600)
    assert slow["health"] != rollout_waits(**WAITS)["health"]


def test_a_row_of_good_checks_is_done() -> None:
    probe: dict[str, Any] = FRESH
    for _check in range(2):
        assert not probe["done"]
        probe = rollout_probe(probe, "yes", "2", 30)
    assert probe["done"]
