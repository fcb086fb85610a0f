# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A scale set that is held for one run: processes that start at once, die, expire and clean up after each other."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from armsim.launch import Simulator, running
from armsim.scenario import locate

from .conftest import ROOT, SET
from .test_modules import NEW, OLD, Modules

pytestmark = pytest.mark.newest

EVERYTHING = {"repairs": True, "autoscale": True, "upgrade_policy": "set_manual"}
HELD = ["repairs", "autoscale=rg-ops/web-autoscale", "upgrade_policy=Automatic"]
FREE = {"run": None, "policy": "Automatic", "repairs": "Running", "autoscale": [True]}
LEASE_PROCESS = "ansible_collections.azroll.vmss.plugins.module_utils._operations.lease_process"
DEAD = f"import {LEASE_PROCESS} as process; print(process.holder_name())"


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    """A set that everybody works on: policy Automatic, repairs, and an autoscale setting elsewhere, slow to be seen."""
    document = yaml.safe_load(locate("quickstart").read_text(encoding="utf-8"))
    document["scale_sets"][0] |= {
        "upgrade_policy": {"mode": "Automatic"},
        "autoscale": {"min": 2, "max": 8, "lag": 60, "resource_group": "rg-ops"},
        "capacity": 4,
    }
    document["resource_groups"].append({"name": "rg-ops", "location": "westeurope"})
    scenario = tmp_path / "busy.yaml"
    scenario.write_text(yaml.safe_dump(document))
    with running(scenario, speed=240) as simulator:
        yield simulator


def look(modules: Modules) -> dict[str, Any]:
    """The lease and what a run may hold."""
    seen = modules.run("vmss_preflight", image={"version": "latest"})
    vmss = seen["ansible_facts"]["vmss"]
    return {
        "run": seen["lease"] and seen["lease"]["run_id"],
        "policy": vmss["upgrade_policy"],
        "repairs": vmss["repairs_state"],
        "autoscale": [one["enabled"] for one in seen["autoscale"]],
    }


def dead_holder() -> str:
    """The name of a process of this host that has ended."""
    environment = {"PYTHONPATH": str(ROOT / "build" / "collections")}
    done = subprocess.run([sys.executable, "-c", DEAD], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_one_run_at_a_time_and_nothing_stays_held(simulator):
    modules = Modules(simulator)
    simulator.read_only(True)
    foreseen = modules.run("vmss_hold", state="held", run_id="a", check=True, **EVERYTHING)
    assert simulator.ledger()["requests"]["refused"] == 0
    simulator.read_only(False)
    assert foreseen["held"] == HELD

    # Two that start at once: one gets it, and the other is told who.
    with ThreadPoolExecutor(2) as pool:
        starts = [pool.submit(modules.run, "vmss_hold", state="held", run_id=one, **EVERYTHING) for one in ("a", "b")]
        won, lost = sorted((start.result() for start in starts), key=lambda end: end.get("failed", False))
    winner = won["lease"]["run_id"]
    assert won["held"] == HELD
    assert lost["error"]["kind"] == "lease"
    assert f"run {winner}" in lost["msg"]
    assert look(modules) == {"run": winner, "policy": "Manual", "repairs": "Suspended", "autoscale": [False]}
    assert modules.run("vmss_hold", state="released", run_id=winner)["changed"]
    assert look(modules) == FREE

    # A run that dies: the next one on this host goes on without being asked, and nobody else gets in between.
    modules.run("vmss_hold", state="held", run_id="dies", holder=dead_holder(), **EVERYTHING)
    assert modules.run("vmss_hold", state="held", run_id="next", **EVERYTHING)["continues"] == "dies"
    image = {"image": {"version": NEW}}
    assert modules.run("vmss_image_update", run_id="other", **image)["error"]["kind"] == "lease"
    assert modules.run("vmss_image_update", run_id="next", **image)["changed"]

    # Under Automatic the instances that lag now would restart at once: the policy waits for whoever brings them along.
    released = modules.run("vmss_hold", state="released", run_id="next")
    assert released["held"] == ["upgrade_policy=Automatic"]
    assert released["image_before"]["version"] == OLD
    assert look(modules) == {**FREE, "run": "next", "policy": "Manual"}
    last = modules.run("vmss_hold", state="held", run_id="last")
    assert (last["continues"], last["held"]) == ("next", ["upgrade_policy=Automatic"])
    assert simulator.ledger()["scale_sets"][SET]["min_in_service"] == 4
    modules.run("vmss_domain_upgrade", all_instances=True, max_unavailable="100%", wait_interval=1)
    assert modules.run("vmss_hold", state="released", run_id="last")["held"] == []
    assert look(modules) == FREE
    tags = modules.run("vmss_instance_facts", raw=True)["resources"]["scale_set"]["tags"]
    # What outlasts the lease: which image was written, and which one was there before.
    remembered = {name for name in tags if name.startswith("azroll-")}
    assert remembered == {"azroll-rollout-image", "azroll-rollback-image", "azroll-unproven-images"}
    assert {name: text for name, text in tags.items() if name not in remembered} == {"service": "shop"}
