# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Actions, deletions and PUTs of instances on the wire: addresses in any case, statuses, headers, charges, bodies."""

from __future__ import annotations

import pytest

ACTIONS = ["reimage", "reimageall", "restart", "START", "powerOff", "deallocate", "redeploy"]


def assert_accepted(answer, charge):
    assert (answer.status_code, answer.content, answer.headers["Content-Length"]) == (202, b"", "0")
    asynchronous, location = answer.headers["Azure-AsyncOperation"], answer.headers["Location"]
    assert location.split("?")[0] == asynchronous.split("?")[0]
    assert "monitor=true" in location
    assert answer.headers.get("x-ms-request-charge") == charge


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_is_202_with_both_headers_and_without_a_body(client, action):
    first, second = (entry["instanceId"] for entry in client.instances()[:2])
    answer = client.call("POST", f"{client.web}/{action}", json={"instanceIds": [first, second]})
    assert_accepted(answer, "2")
    assert "Retry-After" not in answer.headers
    one = client.call("POST", f"{client.web}/virtualmachines/{first}/{action}", query="skipShutdown=true")
    assert_accepted(one, "1")


def test_an_action_without_a_body_is_for_all_instances(client):
    answer = client.call("POST", f"{client.web}/start")
    assert_accepted(answer, "20")
    assert client.poll(answer)["status"] == "Succeeded"


def test_the_ledger_knows_actions_by_the_names_of_the_description(client):
    instance = f"{client.web}/virtualMachines/{client.instances()[0]['instanceId']}"
    for path in (f"{client.web}/restart", f"{client.web}/reimageAll", f"{instance}/powerOff", f"{instance}/redeploy"):
        client.call("POST", path)
    client.call("DELETE", instance)
    client.call("DELETE", client.web)
    names = client.simulator.ledger()["requests"]["by_operation"]
    assert {
        "VirtualMachineScaleSets_Restart",
        "VirtualMachineScaleSets_ReimageAll",
        "VirtualMachineScaleSetVMs_PowerOff",
        "VirtualMachineScaleSetVMs_Redeploy",
        "VirtualMachineScaleSetVMs_Delete",
        "VirtualMachineScaleSets_Delete",
    } <= names.keys()


def test_an_instance_that_is_not_there_is_not_found(client):
    answer = client.call("POST", f"{client.web}/virtualMachines/999/restart")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NotFound")


def test_deleting_an_instance_names_a_retry_after(client):
    instance = client.instances()[0]["instanceId"]
    answer = client.call("DELETE", f"{client.web}/virtualMachines/{instance}", query="forceDeletion=true")
    assert_accepted(answer, "1")
    assert answer.headers["Retry-After"] == "1"
    client.poll(answer)
    assert client.get(f"{client.web}/virtualMachines/{instance}").status_code == 404
    assert client.get(client.web).json()["sku"]["capacity"] == 19


def test_a_set_is_deleted_with_all_that_belongs_to_it(client):
    answer = client.call("DELETE", client.web)
    assert_accepted(answer, "20")
    meanwhile = client.get(client.web)
    assert (meanwhile.status_code, meanwhile.json()["properties"]["provisioningState"]) == (200, "Deleting")
    assert client.patch_image({"version": "latest"}).status_code == 409
    assert client.poll(answer)["status"] == "Succeeded"
    gone = client.get(client.web)
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "ResourceNotFound")
    below = client.get(f"{client.web}/virtualMachines")
    assert (below.status_code, below.json()["error"]["code"]) == (404, "ParentResourceNotFound")
    assert client.call("DELETE", client.web).status_code == 204
    elsewhere = client.web.replace("rg-shop", "rg-nowhere")
    assert client.call("DELETE", elsewhere).json()["error"]["code"] == "ResourceGroupNotFound"


def test_a_put_of_an_instance_is_200_with_the_instance_and_no_location(client):
    instance = client.instances()[0]["instanceId"]
    path = f"{client.web}/virtualmachines/{instance}"
    body = {"location": "westeurope", "properties": {"protectionPolicy": {"protectFromScaleIn": True}}}
    stale = client.call("PUT", path, json=body, headers={"If-Match": '"99"'})
    assert (stale.status_code, stale.json()["error"]["code"]) == (412, "PreconditionFailed")
    answer = client.call("PUT", path, json=body)
    assert (answer.status_code, answer.headers["x-ms-request-charge"]) == (200, "1")
    assert "Location" not in answer.headers
    properties = answer.json()["properties"]
    assert (answer.json()["instanceId"], properties["provisioningState"]) == (instance, "Updating")
    assert client.poll(answer)["status"] == "Succeeded"
    shown = client.get(path).json()["properties"]
    assert shown["protectionPolicy"] == {"protectFromScaleIn": True, "protectFromScaleSetActions": False}
    assert (shown["latestModelApplied"], shown["provisioningState"]) == (True, "Succeeded")


def test_maintenance_and_eviction_are_refused_as_recorded(client):
    instance = client.instances()[0]
    path = f"{client.web}/virtualmachines/{instance['instanceId']}"
    for address in (f"{path}/performMaintenance", f"{client.web}/performMaintenance"):
        answer = client.call("POST", address)
        assert (answer.status_code, answer.json()["error"]) == (
            409,
            {
                "code": "OperationNotAllowed",
                "message": f"Operation 'performMaintenance' is not allowed on VM '{instance['name']}' since the "
                "Subscription of this VM is not eligible.",
            },
        )
    answer = client.call("POST", f"{path}/simulateEviction")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "OperationNotAllowed")


def test_a_forced_walk_answers_at_once(client_of):
    client = client_of("service-fabric")
    path = f"{client.web}/forceRecoveryServiceFabricPlatformUpdateDomainWalk"
    answer = client.call("POST", path, query="platformUpdateDomain=0")
    assert (answer.status_code, answer.json()) == (200, {"walkPerformed": True, "nextPlatformUpdateDomain": 1})


def test_machines_of_flexible_sets_take_actions_of_their_own_without_a_charge(client_of):
    client = client_of("flexible")
    entries = client.instances()
    machines = client.web.rpartition("/virtualMachineScaleSets/")[0] + "/virtualMachines"
    for action, entry in zip(
        ("reimage", "restart", "start", "poweroff", "deallocate", "redeploy"), entries, strict=False
    ):
        assert_accepted(client.call("POST", f"{machines}/{entry['name']}/{action}"), None)
    for refused in ("performMaintenance", "simulateEviction"):
        assert client.call("POST", f"{machines}/{entries[7]['name']}/{refused}").status_code == 409
    assert_accepted(client.call("DELETE", f"{machines}/{entries[-1]['name']}"), None)
    assert client.call("DELETE", f"{machines}/nobody").status_code == 204
    assert client.get(client.web).json()["sku"]["capacity"] == 11
    answer = client.call("POST", f"{client.web}/deallocate", json={"instanceIds": [entries[0]["instanceId"]]})
    assert_accepted(answer, None)
    assert client.poll(answer)["status"] == "Succeeded"
    view = client.get(f"{machines}/{entries[0]['name']}/instanceView").json()
    assert view["statuses"][1]["code"] == "PowerState/deallocated"


def test_a_set_for_which_there_is_no_room_is_not_made(client):
    body = client.get(client.web).json()
    body["sku"]["capacity"] = 101
    answer = client.call("PUT", f"{client.web}2", json=body)
    assert (answer.status_code, answer.json()["error"]["target"]) == (400, "sku.capacity")
    assert client.get(f"{client.web}2").status_code == 404
