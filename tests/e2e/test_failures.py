# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What happens when something goes wrong, and how the next run goes on."""

from __future__ import annotations

import time

import pytest

from .conftest import GROUP, SET, Site

LATEST = {"version": "latest"}


def instances(site: Site) -> dict[str, dict]:
    """The simulator's own view of the instances, by id."""
    return {one["instance_id"]: one for one in site.simulator.state()["scale_sets"][SET]["instances"]}


@pytest.mark.scenario("bad-image")
def test_a_bad_image_is_stopped_at_the_canary(site):
    before = instances(site)
    halted = site.upgrade(rollout_image={"version": site.simulator.images["bad"]}, rollout_health_retries=20)
    assert halted.rc != 0
    assert halted.report["result"] == "halted"
    assert [batch["name"] for batch in halted.report["batches"]] == ["canary"]
    assert halted.report["batches"][0]["result"] == "failed"
    (canary,) = halted.report["batches"][0]["instance_ids"]
    after = instances(site)
    assert {number for number in after if after[number]["image"] != before[number]["image"]} == {canary}
    assert site.ledger()["min_in_service"] == len(before) - 1
    # The message says which instances are on which image, and both ways out.
    assert "unhealthy" in halted.report["cause"]
    assert "To go on:" in halted.output
    assert "To go back:" in halted.output


def test_a_run_that_was_killed_is_finished_by_the_next_one(site, tmp_path):
    options = {"rollout_resource_group": GROUP, "rollout_scale_set": SET, "rollout_image": LATEST}
    with site.start("azroll.vmss.upgrade", options) as process:
        deadline = time.monotonic() + 120
        while site.ledger()["requests"]["by_operation"].get("manualupgrade", 0) < 3:
            assert process.poll() is None, "the run ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.2)
    finished = site.upgrade(rollout_image=LATEST)
    assert finished.rc == 0
    ledger = site.ledger()
    assert ledger["instances_on_target"] == ledger["capacity"]
    assert ledger["min_in_service"] >= 16
    assert all(one["upgrades"] == 1 for one in instances(site).values()), "an instance was upgraded twice"
