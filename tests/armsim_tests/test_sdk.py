# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The real Azure SDK, with its default settings, against a simulator."""

from __future__ import annotations

import json

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.mgmt.compute import ComputeManagementClient

from armsim.launch import Simulator

NEW = "24.04.202511180"


def compute(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> ComputeManagementClient:
    """A client made from the ready object and the launcher's environment."""
    for name, value in simulator.env().items():
        monkeypatch.setenv(name, value)
    ready = simulator.ready
    credential = ClientSecretCredential(
        ready["tenant_id"],
        ready["client_id"],
        ready["client_secret"],
        authority=ready["authority"],
        disable_instance_discovery=True,
    )
    scopes = [f"{ready['base_url']}/.default"]
    return ComputeManagementClient(
        credential, ready["subscription_id"], base_url=ready["base_url"], credential_scopes=scopes
    )


def image(version: str) -> bytes:
    reference = {"version": version}
    profile = {"storageProfile": {"imageReference": reference}}
    return json.dumps({"properties": {"virtualMachineProfile": profile}}).encode()


def ids(*names: str) -> bytes:
    return json.dumps({"instanceIds": names}).encode()


def test_the_sdk_drives_a_whole_update(simulator_of, monkeypatch):
    simulator = simulator_of("quickstart")
    client = compute(simulator, monkeypatch)
    sets = client.virtual_machine_scale_sets
    etag = sets.get("rg-shop", "web", api_version="2024-07-01").etag
    headers = {"If-Match": etag}
    updated = sets.begin_update("rg-shop", "web", image(NEW), headers=headers, content_type="application/json").result()
    assert updated.virtual_machine_profile.storage_profile.image_reference.version == NEW
    with pytest.raises(HttpResponseError) as stale:
        sets.begin_update("rg-shop", "web", image(NEW), headers=headers, content_type="application/json")
    assert (stale.value.status_code, stale.value.error.code) == (412, "PreconditionFailed")

    domains: dict[int, list[str]] = {}
    for machine in client.virtual_machine_scale_set_vms.list("rg-shop", "web", expand="instanceView"):
        domains.setdefault(machine.instance_view.platform_update_domain, []).append(machine.instance_id)
    for members in domains.values():
        sets.begin_update_instances("rg-shop", "web", ids(*members), content_type="application/json").result()
    account = simulator.ledger()["scale_sets"]["web"]
    assert account["instances_on_target"] == 20
    assert account["min_in_service"] <= 16


def test_the_sdk_reads_a_thousand_instances_page_by_page(simulator_of, monkeypatch):
    simulator = simulator_of("thousand")
    client = compute(simulator, monkeypatch)
    machines = list(client.virtual_machine_scale_set_vms.list("rg-shop", "web", expand="instanceView"))
    assert len({machine.instance_id for machine in machines}) == 1000
    assert simulator.ledger()["requests"]["by_operation"] == {"VirtualMachineScaleSetVMs_List": 9}


def test_the_sdk_upgrades_virtual_machines_of_a_flexible_set(simulator_of, monkeypatch):
    simulator = simulator_of("flexible")
    client = compute(simulator, monkeypatch)
    sets = client.virtual_machine_scale_sets
    sets.begin_update("rg-shop", "web", image(NEW), content_type="application/json").result()
    resource_id = simulator.ready["scale_sets"][0]["id"]
    wanted = f"'virtualMachineScaleSet/id' eq '{resource_id}'"
    machines = list(client.virtual_machines.list("rg-shop", filter=wanted))
    assert len(machines) == 12
    names = ids(*(machine.name for machine in machines[:4]))
    sets.begin_update_instances("rg-shop", "web", names, content_type="application/json").result()
    after = client.virtual_machines.get("rg-shop", machines[0].name, expand="instanceView")
    assert after.storage_profile.image_reference.exact_version == NEW
    assert after.instance_view.vm_health is not None or after.provisioning_state == "Succeeded"
    assert simulator.ledger()["scale_sets"]["web"]["instances_on_target"] == 4


def test_the_sdk_raises_what_it_raises_for_the_real_service(simulator_of, monkeypatch):
    simulator = simulator_of("quickstart")
    client = compute(simulator, monkeypatch)
    with pytest.raises(ResourceNotFoundError) as missing:
        client.virtual_machine_scale_sets.get("rg-shop", "nope")
    assert missing.value.error.code == "ResourceNotFound"
    with pytest.raises(ResourceNotFoundError) as group:
        client.virtual_machine_scale_sets.get("rg-nope", "web")
    assert group.value.error.code == "ResourceGroupNotFound"
    with pytest.raises(HttpResponseError) as unknown:
        client.virtual_machine_scale_sets.begin_update_instances(
            "rg-shop", "web", ids("999"), content_type="application/json"
        )
    assert (unknown.value.status_code, unknown.value.error.code) == (400, "InvalidParameter")


def test_the_sdk_waits_out_throttling(simulator_of, monkeypatch):
    simulator = simulator_of("quickstart")
    client = compute(simulator, monkeypatch)
    simulator.faults({"kind": "status", "status": 429, "retry_after": 1, "times": 1})
    assert client.virtual_machine_scale_sets.get("rg-shop", "web").name == "web"
    assert simulator.ledger()["requests"]["throttled"] == 1


def test_a_failed_operation_is_an_exception_with_its_code(simulator_of, monkeypatch):
    simulator = simulator_of("bad-image")
    client = compute(simulator, monkeypatch)
    sets = client.virtual_machine_scale_sets
    sets.begin_update("rg-shop", "web", image("24.04.202511110"), content_type="application/json").result()
    machine = next(iter(client.virtual_machine_scale_set_vms.list("rg-shop", "web")))
    poller = sets.begin_update_instances("rg-shop", "web", ids(machine.instance_id), content_type="application/json")
    with pytest.raises(HttpResponseError) as failed:
        poller.result()
    assert failed.value.error.code == "OSProvisioningTimedOut"
