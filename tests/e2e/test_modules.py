# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Each module in a process of its own, as Ansible runs it, against the simulator: effects, and each error in words."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from armsim.launch import Simulator, running
from armsim.scenario import locate

from .conftest import GROUP, ROOT, SET

OLD, NEW = "24.04.202510010", "24.04.202511180"
VHD = "https://images.blob.core.windows.net/vhds/web.vhd"
GALLERY_ID = (
    "/subscriptions/5e5e5e5e-0000-4000-8000-000000000001/resourceGroups/rg-shop/providers/Microsoft.Compute"
    "/galleries/shop/images/web/versions/1.0.0"
)
MANAGED_ID = (
    "/subscriptions/5e5e5e5e-0000-4000-8000-000000000001/resourceGroups/rg-shop/providers/Microsoft.Compute"
    "/images/web-managed"
)


class Modules:
    """Runs modules against a simulator that is at its start."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    def run(
        self, module: str, *, check: bool = False, env: dict[str, str] | None = None, **options: Any
    ) -> dict[str, Any]:
        """The result of one run; whatever it prints besides is a failure."""
        arguments = {
            "resource_group": GROUP,
            "name": SET,
            "_ansible_check_mode": check,
            "_ansible_diff": True,
            **options,
        }
        done = subprocess.run(
            [sys.executable, "-m", f"ansible_collections.azroll.vmss.plugins.modules.{module}"],
            input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
            env={"PYTHONPATH": str(ROOT / "build" / "collections"), **self.simulator.env(), **(env or {})},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr + done.stdout, done.stderr
        result = json.loads(done.stdout)
        assert result.get("failed", False) == (done.returncode != 0)
        return result

    def writes(self) -> int:
        """The writes that the simulator has counted."""
        return self.simulator.ledger()["requests"]["writes"]


@pytest.fixture(scope="module")
def quickstart() -> Iterator[Simulator]:
    with running("quickstart", speed=600) as simulator:
        yield simulator


@pytest.fixture
def modules(quickstart: Simulator) -> Modules:
    quickstart.reset()
    return Modules(quickstart)


def test_vmss_image_update_is_foreseen_made_and_left_alone(modules):
    modules.simulator.read_only(True)
    foreseen = modules.run("vmss_image_update", image={"version": "latest"}, check=True)
    assert modules.simulator.ledger()["requests"]["refused"] == 0
    modules.simulator.read_only(False)
    made = modules.run("vmss_image_update", image={"version": "latest"})
    assert foreseen["changed"]
    assert made["changed"]
    assert foreseen["image"] == made["image"]
    assert made["image"]["version"] == NEW
    assert made["previous_image"]["version"] == OLD
    assert foreseen["diff"] == made["diff"]
    assert modules.writes() == 1
    again = modules.run("vmss_image_update", image={"version": "latest"})
    assert not again["changed"]
    assert set(again) == set(made)
    assert modules.writes() == 1


def test_vmss_domain_upgrade_is_foreseen_made_and_left_alone(modules):
    modules.run("vmss_image_update", image={"version": NEW})
    modules.simulator.read_only(True)
    foreseen = modules.run("vmss_domain_upgrade", update_domain=0, check=True)
    assert modules.simulator.ledger()["requests"]["refused"] == 0
    modules.simulator.read_only(False)
    made = modules.run("vmss_domain_upgrade", update_domain=0, wait_interval=1)
    assert foreseen["instance_ids"] == made["instance_ids"]
    assert foreseen["changed"]
    assert made["changed"]
    assert len(made["instance_ids"]) == 4
    assert made["vmss_progress"]["done"]
    assert made["started_at"]
    again = modules.run("vmss_domain_upgrade", update_domain=0)
    assert not again["changed"]
    assert {one["reason"] for one in again["excluded"]} == {"already on the target image"}
    assert set(again) == set(made) == set(foreseen)
    assert modules.writes() == 2
    account = modules.simulator.ledger()["scale_sets"][SET]
    assert account["instances_on_target"] == 4
    assert account["min_in_service"] == 16


def test_vmss_domain_upgrade_without_waiting_only_starts(modules):
    modules.run("vmss_image_update", image={"version": NEW})
    started = modules.run("vmss_domain_upgrade", instance_ids=["1"], wait=False)
    assert started["changed"]
    assert started["vmss_progress"] is None
    waited = modules.run(
        "vmss_instance_facts",
        instance_ids=["1"],
        wait_for="healthy",
        fresher_than=started["started_at"],
        wait_interval=1,
        wait_successes=2,
    )
    assert waited["done"]
    assert not waited["changed"]


def test_vmss_instance_facts_tells_what_there_is_and_never_fails_for_time(modules):
    facts = modules.run("vmss_instance_facts")
    vmss = facts["ansible_facts"]["vmss"]
    assert facts["done"]
    assert vmss["counts"]["total"] == len(vmss["instances"]) == 20
    assert [len(domain["instance_ids"]) for domain in vmss["domains"]] == [4] * 5
    assert vmss["repairs_state"] == "Running"
    waited = modules.run("vmss_instance_facts", wait_for="upgraded", target_image={"version": NEW}, wait_timeout=1)
    assert not waited["done"]
    assert "still on the old image" in waited["msg"]
    assert modules.writes() == 0


def test_vmss_instance_facts_reads_every_page():
    with running("thousand", speed=600) as simulator:
        facts = Modules(simulator).run("vmss_instance_facts")["ansible_facts"]["vmss"]
        requests = simulator.ledger()["requests"]["by_operation"]
    assert len({instance["instance_id"] for instance in facts["instances"]}) == 1000
    assert requests["VirtualMachineScaleSetVMs_List"] == 9


def test_vmss_automatic_repairs_is_foreseen_made_and_left_alone(modules):
    foreseen = modules.run("vmss_automatic_repairs", state="suspended", check=True)
    assert modules.writes() == 0
    made = modules.run("vmss_automatic_repairs", state="suspended")
    assert foreseen["changed"]
    assert made["changed"]
    assert (made["previous_state"], made["state"]) == ("running", "suspended")
    assert not modules.run("vmss_automatic_repairs", state="suspended")["changed"]
    assert modules.run("vmss_automatic_repairs", state="running")["changed"]
    assert modules.writes() == 2


WRONG = [
    (
        "no credentials",
        "vmss_instance_facts",
        {},
        {"AZURE_CLIENT_ID": "", "AZURE_SECRET": "", "AZURE_CLIENT_SECRET": ""},
        "credentials",
    ),
    (
        "wrong secret",
        "vmss_instance_facts",
        {},
        {"AZURE_SECRET": "wrong", "AZURE_CLIENT_SECRET": "wrong"},
        "credentials",
    ),
    (
        "untrusted certificate",
        "vmss_instance_facts",
        {},
        {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "", "SSL_CERT_FILE": ""},
        "connection",
    ),
    (
        "nobody there",
        "vmss_instance_facts",
        {},
        {"AZURE_CLOUD_ENVIRONMENT": "https://127.0.0.1:9/metadata/endpoints"},
        "connection",
    ),
    ("unknown set", "vmss_instance_facts", {"name": "wbe"}, {}, "not_found"),
    ("unknown group", "vmss_instance_facts", {"resource_group": "rg-shpo"}, {}, "not_found"),
    (
        "unknown subscription",
        "vmss_instance_facts",
        {"subscription_id": "5e5e5e5e-0000-4000-8000-00000000000f"},
        {},
        "not_found",
    ),
    ("unknown version", "vmss_image_update", {"image": {"version": "24.04.1"}}, {}, "image_not_found"),
    ("unknown gallery image", "vmss_image_update", {"image": {"id": GALLERY_ID}}, {}, "image_not_found"),
    ("kind change", "vmss_image_update", {"image": {"uri": VHD}}, {}, "image_kind_change"),
    ("two kinds", "vmss_image_update", {"image": {"id": GALLERY_ID, "version": "1"}}, {}, "bad_input"),
    ("unknown domain", "vmss_domain_upgrade", {"update_domain": 7}, {}, "bad_input"),
    ("unknown instance", "vmss_domain_upgrade", {"instance_ids": ["99"]}, {}, "bad_input"),
    ("nothing chosen", "vmss_domain_upgrade", {}, {}, "bad_input"),
    ("no limit", "vmss_domain_upgrade", {"update_domain": 0, "max_unavailable": "many"}, {}, "bad_input"),
]


@pytest.mark.parametrize(
    ("module", "options", "env", "kind"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG]
)
def test_an_error_says_what_to_do_next_and_writes_nothing(modules, module, options, env, kind):
    result = modules.run(module, env=env, **options)
    assert result["failed"]
    assert result["error"]["kind"] == kind
    assert result["error"]["advice"]
    assert result["error"]["advice"] in result["msg"]
    assert "armsim-secret" not in json.dumps(result)
    assert modules.writes() == 0


def test_a_domain_that_does_not_exist_is_answered_with_those_that_do(modules):
    assert "There are: 0, 1, 2, 3, 4." in modules.run("vmss_domain_upgrade", update_domain=7)["msg"]


def test_the_budget_is_kept_and_the_refusal_says_what_would_do(modules):
    modules.run("vmss_image_update", image={"version": NEW})
    refused = modules.run("vmss_domain_upgrade", all_instances=True)
    assert refused["error"]["kind"] == "max_unavailable"
    assert 'set max_unavailable to 20 or "100%"' in refused["msg"]
    assert modules.writes() == 1


def test_throttling_is_waited_out_within_the_timeout_and_told_beyond_it(modules):
    modules.simulator.faults({"kind": "status", "status": 429, "retry_after": 1, "times": 2})
    assert not modules.run("vmss_instance_facts").get("failed")
    modules.simulator.faults({"kind": "status", "status": 429, "retry_after": 60, "times": 20})
    throttled = modules.run("vmss_automatic_repairs", state="suspended", wait_timeout=5)
    assert throttled["error"]["kind"] == "throttled"
    assert throttled["error"]["arm"]["status"] == 429


def test_an_upgrade_that_takes_too_long_names_what_is_open(modules):
    modules.run("vmss_image_update", image={"version": NEW})
    with running("slow", speed=1) as slow:
        other = Modules(slow)
        other.run("vmss_image_update", image={"version": "latest"})
        late = other.run("vmss_domain_upgrade", update_domain=0, wait_timeout=3, wait_interval=1)
    assert late["error"]["kind"] == "timeout"
    assert late["changed"]
    assert len(late["instance_ids"]) == 4


def test_a_failed_operation_names_the_instances_and_azure_s_words():
    with running("bad-image", speed=600) as simulator:
        modules = Modules(simulator)
        modules.run("vmss_image_update", image={"version": "24.04.202511110"})
        failed = modules.run("vmss_domain_upgrade", instance_ids=["1"], wait_interval=1)
    assert failed["error"]["kind"] == "operation_failed"
    assert failed["error"]["instances"] == ["1"]
    assert "OSProvisioningTimedOut" in failed["msg"]


def test_a_missing_permission_is_named(tmp_path: Path):
    scenario = locate("quickstart").read_text()
    action = "Microsoft.Compute/virtualMachineScaleSets/write"
    file = tmp_path / "denied.yaml"
    file.write_text(f"{scenario}principal:\n  denied_actions: [{action}]\n")
    with running(file, speed=600) as simulator:
        denied = Modules(simulator).run("vmss_image_update", image={"version": NEW})
    assert denied["error"]["kind"] == "forbidden"
    assert action in denied["msg"]
    assert not denied["changed"]


@pytest.fixture(scope="module")
def gallery() -> Iterator[Modules]:
    with running("gallery", speed=600) as simulator:
        yield Modules(simulator)


@pytest.mark.parametrize(
    ("image", "field", "pinned"),
    [
        ({"version": "latest"}, "id", "/galleries/shop_gallery/images/web/versions/1.1.0"),
        ({"version": "1.2.0"}, "id", "/galleries/shop_gallery/images/web/versions/1.2.0"),
        (
            {"shared_gallery_image_id": "/SharedGalleries/shop-shared-gallery/Images/web/Versions/latest"},
            "shared_gallery_image_id",
            "/SharedGalleries/shop-shared-gallery/Images/web/Versions/1.1.0",
        ),
        (
            {"community_gallery_image_id": "/CommunityGalleries/shop-community-gallery/Images/web/Versions/latest"},
            "community_gallery_image_id",
            "/CommunityGalleries/shop-community-gallery/Images/web/Versions/1.1.0",
        ),
        ({"id": MANAGED_ID}, "id", MANAGED_ID),
    ],
)
def test_the_latest_of_a_gallery_is_the_newest_that_counts_in_the_region(gallery, image, field, pinned):
    foreseen = gallery.run("vmss_image_update", check=True, image=image, allow_image_kind_change=True)
    assert foreseen["changed"], foreseen["msg"]
    assert foreseen["image"][field].lower().endswith(pinned.lower())


@pytest.mark.parametrize("version", ["1.3.0", "9.9.9"])
def test_a_gallery_version_that_the_region_does_not_have_is_refused(gallery, version):
    refused = gallery.run("vmss_image_update", image={"version": version})
    assert refused["error"]["kind"] == "image_not_found"
    assert version in refused["msg"]
    assert gallery.writes() == 0
