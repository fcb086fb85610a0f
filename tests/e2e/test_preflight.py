# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A scale set with nearly everything wrong: all is said at once, and nothing is written."""

from __future__ import annotations

from pathlib import Path

from armsim.launch import running

from .test_modules import Modules

SCENARIO = Path(__file__).with_name("preflight.yaml")
ROLLER = "c11e0000-0000-4000-8000-000000000003"
WINDOWS = {
    "publisher": "MicrosoftWindowsServer",
    "offer": "WindowsServer",
    "sku": "2025-datacenter",
    "version": "latest",
}
EXPECTED = {
    "service_fabric": ("refusal", []),
    "upgrade_policy": ("refusal", []),
    "rolling_upgrade": ("refusal", []),
    "image_os_type": ("refusal", []),
    "lease": ("refusal", []),
    "permission_missing": ("needs_acceptance", []),
    "health_source_missing": ("needs_acceptance", []),
    "image_generation": ("needs_acceptance", []),
    "rollback_impossible": ("needs_acceptance", []),
    "below_minimum": ("needs_acceptance", ["2", "3", "4"]),
    "managed": ("needs_acceptance", []),
    "image_deprecated": ("warning", []),
    "instances_protected": ("warning", ["1"]),
    "instances_deallocated": ("warning", ["2"]),
    "instances_failed": ("warning", ["3", "4"]),
    "autoscale": ("warning", []),
}


def test_everything_that_speaks_against_a_roll_is_said_at_once():
    with running(SCENARIO, speed=60) as simulator:
        simulator.read_only(True)
        login = {"client_id": ROLLER, "secret": "roller-secret"}
        modules = Modules(simulator)
        result = modules.run(
            "vmss_preflight", image=WINDOWS, max_unavailable="20%", accept=["managed", "service_fabric"], **login
        )
        owner = modules.run("vmss_preflight", image=WINDOWS, max_unavailable="30%", take_over_lease=True)
        assert simulator.ledger()["requests"]["refused"] == 0
    assert {one["code"]: (one["severity"], one["instances"]) for one in result["findings"]} == EXPECTED
    assert [one["code"] for one in result["findings"] if one["accepted"]] == ["managed"]
    assert not result["ready"]
    assert result["image"]["version"] == "26100.1.251101"
    assert result["lease"]["run_id"] == "thursday"
    assert len(result["ansible_facts"]["vmss"]["instances"]) == 10
    assert result["autoscale"][0]["profiles"][0]["maximum"] == "20"
    # The same set for somebody who may do everything, allows more, and takes the lease over.
    kept = {one["code"]: one["severity"] for one in owner["findings"]}
    expected = {code: severity for code, (severity, _ids) in EXPECTED.items()}
    del expected["permission_missing"], expected["below_minimum"]
    assert kept == {**expected, "lease": "warning"}
