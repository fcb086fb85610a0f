# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Rolling a new image, and all that one reads and does around it."""

from __future__ import annotations

import json
from collections import defaultdict

import pytest
from azure.core.exceptions import HttpResponseError

GROUP = "rg-shop"
OLD, FAILS, NEW = "24.04.202510010", "24.04.202511110", "24.04.202511180"
JSON = "application/json"


def image(version: str) -> bytes:
    profile = {"storageProfile": {"imageReference": {"version": version}}}
    return json.dumps({"properties": {"virtualMachineProfile": profile}}).encode()


def ids(*names: str) -> bytes:
    return json.dumps({"instanceIds": names}).encode()


def account(simulator, name="web"):
    return simulator.admin("ledger")["scale_sets"][name]


def test_a_roll_by_update_domains(simulator, client):
    sets = client.virtual_machine_scale_sets
    model = sets.begin_update(GROUP, "web", image(NEW), content_type=JSON).result()
    assert model.virtual_machine_profile.storage_profile.image_reference.version == NEW
    assert model.provisioning_state == "Succeeded"
    domains = defaultdict(list)
    for machine in client.virtual_machine_scale_set_vms.list(GROUP, "web", expand="instanceView"):
        assert not machine.latest_model_applied
        domains[machine.instance_view.platform_update_domain].append(machine.instance_id)
    assert [len(domains[number]) for number in range(5)] == [2, 2, 2, 2, 2]
    for number in (0, 1):
        sets.begin_update_instances(GROUP, "web", ids(*domains[number]), content_type=JSON).result()
    machine = client.virtual_machine_scale_set_vms.get(GROUP, "web", domains[1][0], expand="instanceView")
    assert machine.latest_model_applied
    assert machine.storage_profile.image_reference.exact_version == NEW
    assert machine.instance_view.statuses[0].code.startswith("ProvisioningState/")
    assert account(simulator)["instances_on_target"] == 4
    # Two domains of two: nothing here waits until an upgraded instance is healthy again.
    assert account(simulator)["min_in_service"] >= 6


def test_a_list_is_followed_from_page_to_page(simulator, client):
    machines = list(client.virtual_machine_scale_set_vms.list(GROUP, "large", expand="instanceView"))
    assert len({machine.instance_id for machine in machines}) == 130
    assert all(machine.instance_view is not None for machine in machines)
    assert simulator.admin("ledger")["requests"]["by_operation"] == {"VirtualMachineScaleSetVMs_List": 2}


def test_a_failed_operation_is_an_exception_with_its_code(client):
    sets = client.virtual_machine_scale_sets
    sets.begin_update(GROUP, "web", image(FAILS), content_type=JSON).result()
    machine = next(iter(client.virtual_machine_scale_set_vms.list(GROUP, "web")))
    poller = sets.begin_update_instances(GROUP, "web", ids(machine.instance_id), content_type=JSON)
    with pytest.raises(HttpResponseError) as failed:
        poller.result()
    assert failed.value.error.code == "OSProvisioningTimedOut"


def test_an_instance_is_stopped_and_started(client):
    machines = client.virtual_machine_scale_set_vms
    name = next(iter(machines.list(GROUP, "web"))).instance_id
    machines.begin_deallocate(GROUP, "web", name).result()
    view = machines.get_instance_view(GROUP, "web", name)
    assert "PowerState/deallocated" in [status.code for status in view.statuses]
    machines.begin_start(GROUP, "web", name).result()
    view = machines.get_instance_view(GROUP, "web", name)
    assert "PowerState/running" in [status.code for status in view.statuses]


def test_an_instance_is_restarted_and_reimaged(client):
    sets, machines = client.virtual_machine_scale_sets, client.virtual_machine_scale_set_vms
    name = next(iter(machines.list(GROUP, "web"))).instance_id
    sets.begin_restart(GROUP, "web", ids(name), content_type=JSON).result()
    sets.begin_update(GROUP, "web", image(NEW), content_type=JSON).result()
    machines.begin_reimage(GROUP, "web", name).result()
    machine = machines.get(GROUP, "web", name)
    assert machine.provisioning_state == "Succeeded"


def test_a_rolling_upgrade_is_started_and_looked_at(simulator, client):
    upgrades = client.virtual_machine_scale_set_rolling_upgrades
    assert account(simulator, "floating")["instances_on_target"] == 2
    upgrades.begin_start_os_upgrade(GROUP, "floating").result()
    assert upgrades.get_latest(GROUP, "floating").running_status.code == "Completed"
    assert account(simulator, "floating")["instances_on_target"] == 4


def test_a_rolling_upgrade_that_does_not_run_cannot_be_cancelled(client):
    with pytest.raises(HttpResponseError) as nothing:
        client.virtual_machine_scale_set_rolling_upgrades.begin_cancel(GROUP, "web")
    assert (nothing.value.status_code, nothing.value.error.code) == (409, "OperationNotAllowed")


def test_images_of_the_platform_and_of_galleries_are_listed(client):
    versions = client.virtual_machine_images.list("westeurope", "Canonical", "ubuntu-24_04-lts", "server")
    assert [version.name for version in versions] == [OLD, FAILS, NEW]
    image = client.virtual_machine_images.get("westeurope", "Canonical", "ubuntu-24_04-lts", "server", NEW)
    assert image.os_disk_image.operating_system == "Linux"
    found = client.gallery_image_versions.list_by_gallery_image(GROUP, "shop_gallery", "web")
    assert [version.name for version in found] == ["1.0.0", "1.1.0"]


def test_virtual_machines_of_a_flexible_set_are_found_and_upgraded(simulator, client):
    sets = client.virtual_machine_scale_sets
    sets.begin_update(GROUP, "flexible", image(NEW), content_type=JSON).result()
    wanted = f"'virtualMachineScaleSet/id' eq '{sets.get(GROUP, 'flexible').id}'"
    machines = list(client.virtual_machines.list(GROUP, filter=wanted))
    assert len(machines) == 3
    sets.begin_update_instances(GROUP, "flexible", ids(machines[0].name), content_type=JSON).result()
    after = client.virtual_machines.get(GROUP, machines[0].name, expand="instanceView")
    assert after.storage_profile.image_reference.exact_version == NEW
    assert account(simulator, "flexible")["instances_on_target"] == 1
