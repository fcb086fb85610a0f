# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Each scenario rolled through the role: planned, carried out, and run again."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Site

LATEST = {"rollout_image": {"version": "latest"}}
# Few and large batches where it is not the batches that are looked at.
HALVES = {"rollout_by": "batch", "rollout_max_unavailable": "50%"}
# Two hours of the simulator's clock are half a minute here, and less than a loaded machine takes for so many instances.
LONG_LEASE = {"rollout_lease": 1440}
# scenario, options, instances, floor
# Each version rolls the two orchestration modes; the fault matrix rolls the other scenarios.
ROLLS = [
    pytest.param("quickstart", LATEST, 20, 16, id="quickstart"),
    pytest.param("flexible", {**LATEST, "rollout_max_unavailable": 4}, 12, 8, id="flexible"),
    pytest.param("thousand", {**LATEST, **HALVES, **LONG_LEASE}, 1000, 500, id="thousand", marks=pytest.mark.newest),
]


def roll(site: Site, options: dict[str, Any], instances: int, floor: int) -> None:
    """Roll, and let report and ledger be the judges."""
    rolled = site.upgrade(**options)
    assert rolled.rc == 0
    assert rolled.report["result"] == "succeeded"
    assert rolled.report["instances_on_target"] == rolled.report["instances_total"] == instances
    assert [batch["result"] for batch in rolled.report["batches"]] == ["succeeded"] * len(rolled.report["batches"])
    assert rolled.report["batches"][0]["name"] == "canary"
    assert len(rolled.report["batches"][0]["instance_ids"]) == 1
    ledger = site.ledger()
    assert ledger["instances_on_target"] == instances
    assert ledger["min_in_service"] >= floor


@pytest.mark.parametrize(("scenario", "options", "instances", "floor"), ROLLS)
def test_a_scenario_is_planned_rolled_and_left_alone(site, scenario, options, instances, floor):
    site.simulator.read_only(True)
    planned = site.upgrade("--check", **options)
    assert planned.rc == 0
    assert planned.report["result"] == "planned"
    assert site.ledger()["requests"]["refused"] == 0, "a dry run tried to write"
    site.simulator.read_only(False)

    roll(site, options, instances, floor)
    writes = site.ledger()["requests"]["writes"]

    again = site.upgrade(**options)
    assert again.rc == 0
    assert again.report["result"] == "nothing_to_do"
    assert "changed=0" in again.play_recap()
    assert site.ledger()["requests"]["writes"] == writes


@pytest.mark.parametrize(
    ("scenario", "words"),
    [("automatic", "upgrade policy of web is Automatic"), ("service-fabric", "Service Fabric")],
)
def test_a_set_that_must_not_be_rolled_by_hand_is_refused_before_anything_is_written(site, scenario, words):
    refused = site.upgrade(**LATEST)
    assert refused.rc != 0
    assert refused.report["result"] == "failed"
    assert words in refused.report["cause"]
    assert words in refused.output
    assert "Nothing was written" in refused.output
    assert site.ledger()["requests"]["writes"] == 0


def test_a_budget_that_moves_nothing_is_refused_with_one_that_would(site):
    refused = site.upgrade(**LATEST, rollout_max_unavailable="3%")
    assert refused.rc != 0
    assert refused.report["result"] == "failed"
    assert (
        'max_unavailable (3%) of 20 instances is less than one instance: nothing could ever move. Set it to 1 or "5%".'
    ) in refused.report["cause"]
    assert site.ledger()["requests"]["writes"] == 0
