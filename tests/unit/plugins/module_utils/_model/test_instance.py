# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""An instance as it is on the wire, whatever is missing there."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.tests.unit.builders import instance, ubuntu, wire_instance
from ansible_collections.azroll.vmss.tests.unit.strategies import fleets


def view(body):
    return body["properties"]["instanceView"]


def test_a_uniform_instance_is_read_from_the_list():
    assert Instance.from_wire(wire_instance()) == Instance(
        instance_id="3",
        name="web_3",
        image=ubuntu("latest", exact="24.04.202601010"),
        zone="2",
        placement_group="296144a8-2d9e-42bc-954f-d195d156a497",
        update_domain=0,
        fault_domain=4,
        provisioning_state="Succeeded",
        power="running",
        health="healthy",
        health_time="2026-01-24T06:10:09.1234567+00:00",
        agent_ready=True,
        latest_model=False,
        own_model=False,
        protected=False,
        protected_from_scale_in=True,
        vm_id="4ab5a05b-7f0e-4b0a-8c3f-0d8f8f3c9b11",
        state_since="2026-01-24T06:10:08.6549205+00:00",
        os_type="Linux",
    )
    assert Instance.from_wire(wire_instance()).image.exact_version == "24.04.202601010"


def test_since_when_an_instance_is_in_its_state_is_read_where_azure_tells():
    def since(state, **status):
        statuses = [{"code": f"ProvisioningState/{state}", **status}]
        properties = {"provisioningState": state, "timeCreated": "T1", "instanceView": {"statuses": statuses}}
        return Instance.from_wire({"instanceId": "1", "properties": properties}).state_since

    assert since("Updating", time="T2") == "T2"
    assert since("Updating") is None
    assert since("Creating") == "T1"


def test_a_flexible_instance_is_read_from_its_virtual_machine():
    body = {
        "name": "web_1a2b3c4d",
        "location": "westeurope",
        "properties": {
            "provisioningState": "Succeeded",
            "vmId": "0d8f",
            "virtualMachineScaleSet": {"id": "/subscriptions/s/.../web"},
            "storageProfile": {"imageReference": {"id": "/subscriptions/s/galleries/g/images/i/versions/1.0.0"}},
            "instanceView": {"statuses": [{"code": "PowerState/running"}]},
        },
    }
    one = Instance.from_wire(body)
    assert (one.instance_id, one.power, one.latest_model, one.update_domain) == ("web_1a2b3c4d", "running", None, None)


def test_an_entry_without_properties_is_an_instance_of_which_nothing_is_known():
    body = {"name": "web_1a2b3c4d", "instanceId": "web_1a2b3c4d", "location": "westeurope", "zones": [None]}
    assert Instance.from_wire(body) == Instance("web_1a2b3c4d", "web_1a2b3c4d", Image())


@given(st.sets(st.sampled_from(["instanceView", "storageProfile", "protectionPolicy", "provisioningState", "vmId"])))
def test_fields_that_are_missing_or_null_do_not_stop_the_reader(absent):
    missing, null = wire_instance(), wire_instance()
    for key in absent:
        del missing["properties"][key]
        null["properties"][key] = None
    assert Instance.from_wire(missing) == Instance.from_wire(null)


def test_a_view_without_domains_health_or_agent_says_nothing_of_them():
    body = wire_instance()
    for key in ("placementGroupId", "platformUpdateDomain", "platformFaultDomain", "vmAgent", "vmHealth"):
        del view(body)[key]
    one = Instance.from_wire(body)
    assert {one.placement_group, one.update_domain, one.fault_domain, one.agent_ready, one.health} == {None}


def test_a_stopped_instance():
    body = wire_instance()
    view(body)["statuses"][1]["code"] = "PowerState/deallocated"
    view(body)["vmAgent"]["statuses"][0]["code"] = "ProvisioningState/Unavailable"
    one = Instance.from_wire(body)
    assert (one.power, one.deallocated, one.agent_ready) == ("deallocated", True, False)


def test_a_failed_instance_keeps_azures_words():
    body = wire_instance()
    body["properties"]["provisioningState"] = "Failed"
    view(body)["statuses"][0] = {
        "code": "ProvisioningState/failed/OSProvisioningTimedOut",
        "level": "Error",
        "displayStatus": "Provisioning failed",
        "message": "OS Provisioning for VM 'web_3' did not finish in the allotted time.",
    }
    assert Instance.from_wire(body).failure == (
        "failed/OSProvisioningTimedOut: OS Provisioning for VM 'web_3' did not finish in the allotted time."
    )
    del view(body)["statuses"][0]["message"]
    assert Instance.from_wire(body).failure == "failed/OSProvisioningTimedOut"


@pytest.mark.parametrize(("policy", "expected"), [(True, True), (False, False), (None, False)])
def test_only_protection_from_scale_set_actions_protects(policy, expected):
    body = wire_instance()
    body["properties"]["protectionPolicy"] = {"protectFromScaleIn": True, "protectFromScaleSetActions": policy}
    assert Instance.from_wire(body).protected == expected


def test_a_model_of_its_own_is_seen():
    body = wire_instance()
    body["properties"]["modelDefinitionApplied"] = "VirtualMachine"
    assert Instance.from_wire(body).own_model


@pytest.mark.parametrize("state", ["Creating", "updating", "Migrating"])
def test_busy_states(state):
    one = instance(provisioning_state=state, power="stopped")
    assert (one.busy, one.leaving, one.deallocated) == (True, False, False)


@pytest.mark.parametrize("power", ["stopped", "stopping", "deallocated", "deallocating"])
def test_stopped_on_purpose(power):
    assert instance(power=power).deallocated
    assert not instance(power="starting").deallocated


@given(fleets(most=5))
def test_a_record_is_read_back_from_json(instances):
    for one in instances:
        assert Instance.from_dict(json.loads(json.dumps(one.to_dict()))) == one


def test_the_record_holds_every_field():
    one = replace(Instance.from_wire(wire_instance()), failure="why", own_model=True, protected=True)
    back = Instance.from_dict(json.loads(json.dumps(one.to_dict())))
    assert (back, back.image.exact_version) == (one, one.image.exact_version)


def test_keys_that_other_code_added_are_passed_over():
    assert Instance.from_dict({**instance().to_dict(), "stale": True, "trouble": None}) == instance()
