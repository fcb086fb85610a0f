# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What is known of the run that another one continues."""

from __future__ import annotations

from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._rollout.previous_run import describe_earlier, earlier_run

LEASE = {
    "holder": "ops@ctl",
    "target": "x",
    "since": "10:00",
    "expires": "12:00",
    "held": ["repairs"],
    "run_id": "run-a",
}


def hold(**fields: Any) -> dict[str, Any]:
    return {"continues": "run-a", "lease_before": LEASE, **fields}


def test_the_lease_and_how_far_the_instances_had_come() -> None:
    run = earlier_run(hold(), ["0", "1"])
    assert run == {**LEASE, "on_target": ["0", "1"]}


def test_a_lease_whose_tags_are_damaged() -> None:
    run = earlier_run(hold(lease_before=None), [])
    assert run["holder"] is None
    first, second = describe_earlier(run)
    assert "run-a" in first
    assert "None" not in first + second


def test_all_that_is_known_is_said() -> None:
    text = " ".join(describe_earlier(earlier_run(hold(), ["0", "1"])))
    for known in ("run-a", "ops@ctl", "10:00", "12:00", "repairs", "2 instances", "0, 1"):
        assert known in text


def test_a_run_that_continues_none_says_nothing() -> None:
    assert describe_earlier(None) == []
