# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What a PUT of an instance changes and what it leaves, what an upgrade without a new image does, and late agents."""

from __future__ import annotations

import pytest

from armsim import scenario
from armsim.actions import model_write
from armsim.actions.instance_actions import upgrade_instances
from armsim.actions.instance_update import update_instance

from .conftest import World

VERSION = "2024-07-01"
DISK = "/subscriptions/s/resourceGroups/shop/providers/Microsoft.Compute/disks/logs"
CUSTOM = {"publisher": "Microsoft.Azure.Extensions", "type": "CustomScript", "typeHandlerVersion": "2.1"}


def shown(world, instance):
    return world.simulation.views.instance(world.web, instance, world.simulation.timeline.now, VERSION, view=True)


def put(world, properties):
    return update_instance(world.web, world.instances[0], {"properties": properties}, None, None)


def test_a_put_raises_the_etag_by_one_and_its_end_by_nothing(world):
    instance = world.instances[0]
    before = instance.etag
    accepted = put(world, {"protectionPolicy": {"protectFromScaleIn": True}})
    assert (accepted.charge, instance.etag) == (1, before + 1)
    world.wait(5)
    assert (instance.provisioning, instance.etag) == ("Succeeded", before + 1)


@pytest.mark.parametrize("body", [{}, {"userData": "bmV3"}, {"storageProfile": {"osDisk": {}}}])
def test_a_put_that_changes_nothing_costs_nothing_and_keeps_the_etag(world, body):
    instance = world.instances[0]
    before = (instance.etag, instance.tags)
    accepted = update_instance(world.web, instance, {"tags": {"a": "b"}, "properties": body}, None, None)
    assert (accepted.charge, instance.provisioning) == (0, "Updating")
    world.wait(5)
    assert (instance.provisioning, (instance.etag, instance.tags)) == ("Succeeded", before)


def test_a_put_attaches_disks_and_detaches_them(world):
    instance = world.instances[0]

    def disks():
        return shown(world, instance)["properties"]["storageProfile"]["dataDisks"]

    given = {"lun": 0, "caching": "ReadWrite", "createOption": "Attach", "managedDisk": {"id": DISK}}
    assert put(world, {"storageProfile": {"dataDisks": [given]}}).charge == 1
    world.wait(5)
    assert [(disk["name"], disk["lun"], disk["toBeDetached"]) for disk in disks()] == [("logs", 0, False)]
    # What is shown can be sent back.
    assert put(world, {"storageProfile": {"dataDisks": disks()}}).charge == 0
    world.wait(5)
    assert put(world, {"storageProfile": {"dataDisks": []}}).charge == 1
    assert [disk["toBeDetached"] for disk in disks()] == [True]
    etag = instance.etag
    world.wait(5)
    assert (disks(), instance.etag) == ([], etag + 1)


def test_an_upgrade_without_a_new_image_keeps_the_disk_and_the_instance_serves(world):
    before = [(instance.disk, instance.agent_since) for instance in world.instances]
    extensions = world.web.model.profile["extensionProfile"]["extensions"]
    profile = {"extensionProfile": {"extensions": [*extensions, {"name": "more", "properties": CUSTOM}]}}
    model_write.patch(world.web, {"properties": {"virtualMachineProfile": profile}}, None, None)
    world.wait(2)
    assert not any(instance.applies(world.web.model) for instance in world.instances)
    accepted = upgrade_instances(world.web, {"instanceIds": ["*"]})
    assert accepted.charge == 20
    assert {instance.provisioning for instance in world.instances} == {"Updating"}
    busy = [resource["properties"]["provisioningState"] for resource in shown(world, world.instances[0])["resources"]]
    assert set(busy) == {"Updating"}
    world.wait(100)
    assert accepted.operation.status == "Succeeded"
    assert all(instance.applies(world.web.model) for instance in world.instances)
    assert [(instance.disk, instance.agent_since) for instance in world.instances] == before
    assert world.account()["min_in_service"] == 20
    assert shown(world, world.instances[0])["resources"][-1]["name"] == "more"


@pytest.mark.parametrize(("system", "late"), [("Linux", False), ("Windows", True)])
def test_the_agent_of_a_new_windows_system_is_late(system, late):
    document = scenario.load(scenario.locate("quickstart")).model_dump()
    for image in document["images"]["platform"]:
        image["os_type"] = system
    world = World(scenario.Scenario.model_validate(document))
    old = set(world.web.instances)
    accepted = model_write.resize(world.web, 21)
    while accepted.operation.status == "InProgress":
        world.wait(1)
    made = next(instance for instance in world.instances if instance.id not in old and not instance.surplus)

    def agent():
        return shown(world, made)["properties"]["instanceView"]["vmAgent"]["statuses"][0]["code"].rpartition("/")[2]

    assert agent() == ("Unavailable" if late else "succeeded")
    world.wait(150)
    assert agent() == "succeeded"


def test_lists_do_not_show_what_is_made_in_excess_and_are_charged_for_it(client):
    client.call("PATCH", client.web, json={"sku": {"capacity": 22}})
    model = {}
    while model.get("provisioningState") != "Succeeded":
        model = client.call("GET", client.web).json()["properties"]
    listed = client.call("GET", f"{client.web}/virtualMachines")
    states = [entry["properties"]["provisioningState"] for entry in listed.json()["value"]]
    assert (len(states), states.count("Updating")) == (22, 1)
    assert listed.headers["x-ms-request-charge"] == "23"
