# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""The model of a scale set: what a rollout depends on, and the defaults that the wire leaves out."""

from __future__ import annotations

import copy
import json

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.model_fingerprint import fingerprints
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.tests.unit.builders import SUBSCRIPTION, ubuntu

WIRE = {
    "name": "web",
    "id": f"{SUBSCRIPTION}/resourceGroups/WEB-RG/providers/Microsoft.Compute/virtualMachineScaleSets/web",
    "type": "Microsoft.Compute/virtualMachineScaleSets",
    "location": "westeurope",
    "tags": {"owner": "platform"},
    "zones": ["1", "2"],
    "sku": {"name": "Standard_D2s_v5", "tier": "Standard", "capacity": 12},
    "etag": '"7"',
    "properties": {
        "singlePlacementGroup": False,
        "orchestrationMode": "Uniform",
        "upgradePolicy": {
            "mode": "Rolling",
            "automaticOSUpgradePolicy": {"enableAutomaticOSUpgrade": True, "disableAutomaticRollback": False},
        },
        "automaticRepairsPolicy": {"enabled": True, "gracePeriod": "PT30M", "repairAction": "Replace"},
        "virtualMachineProfile": {
            "storageProfile": {
                "osDisk": {"createOption": "FromImage"},
                "imageReference": {
                    "publisher": "Canonical",
                    "offer": "ubuntu-24_04-lts",
                    "sku": "server",
                    "version": "latest",
                },
            },
            "networkProfile": {"networkInterfaceConfigurations": []},
            "extensionProfile": {"extensions": []},
        },
        "provisioningState": "Succeeded",
        "overprovision": True,
        "uniqueId": "f3c6",
    },
}


def read(body):
    return ScaleSet.from_wire(body, resource_group="web-rg")


def with_extension(publisher, kind):
    body = copy.deepcopy(WIRE)
    extension = {"name": "x", "properties": {"publisher": publisher, "type": kind, "typeHandlerVersion": "2.0"}}
    body["properties"]["virtualMachineProfile"]["extensionProfile"]["extensions"] = [extension]
    return read(body)


def test_a_model_is_read():
    assert read(WIRE) == ScaleSet(
        id=WIRE["id"],
        name="web",
        resource_group="web-rg",
        location="westeurope",
        image=ubuntu("latest"),
        etag='"7"',
        capacity=12,
        zones=("1", "2"),
        orchestration_mode="Uniform",
        upgrade_policy="Rolling",
        automatic_os_upgrade=True,
        automatic_repairs=True,
        health_source=None,
        service_fabric=False,
        managed_by=None,
        provisioning_state="Succeeded",
        profile=fingerprints(WIRE),
    )


def test_a_flexible_set_without_a_profile_has_the_documented_defaults():
    body = {"name": "web", "id": "/x", "location": "westeurope", "properties": {"orchestrationMode": "Flexible"}}
    one = read(body)
    assert one.flexible
    assert (one.image, one.capacity, one.etag) == (Image(), None, None)
    assert (one.upgrade_policy, one.automatic_os_upgrade, one.automatic_repairs) == ("Manual", False, False)


def test_a_set_from_before_there_were_modes_is_uniform():
    body = copy.deepcopy(WIRE)
    del body["properties"]["orchestrationMode"]
    assert not read(body).flexible


@pytest.mark.parametrize("kind", ["ApplicationHealthLinux", "ApplicationHealthWindows", "applicationhealthlinux"])
def test_the_health_extension_is_a_source(kind):
    assert with_extension("Microsoft.ManagedServices", kind).health_source == "application_health_extension"


def test_a_probe_of_the_load_balancer_is_a_source():
    body = copy.deepcopy(WIRE)
    body["properties"]["virtualMachineProfile"]["networkProfile"]["healthProbe"] = {"id": "/subscriptions/s/probes/p"}
    assert read(body).health_source == "load_balancer_probe"
    body["properties"]["virtualMachineProfile"]["networkProfile"]["healthProbe"] = None
    assert read(body).health_source is None


def test_another_extension_is_no_source():
    assert with_extension("Microsoft.Azure.Monitor", "AzureMonitorLinuxAgent").health_source is None


@pytest.mark.parametrize("kind", ["ServiceFabricNode", "ServiceFabricLinuxNode"])
def test_service_fabric_is_known_by_its_extension(kind):
    assert with_extension("Microsoft.Azure.ServiceFabric", kind).service_fabric
    assert not with_extension("Contoso.Azure.ServiceFabric", kind).service_fabric
    assert not with_extension("Microsoft.Azure.ServiceFabric", "Diagnostics").service_fabric


@pytest.mark.parametrize(
    ("tags", "owner"), [({"aks-managed-poolName": "n1"}, "AKS"), ({"akS-Managed-x": ""}, "AKS"), ({"aks": "1"}, None)]
)
def test_a_set_of_aks_is_known_by_its_tags(tags, owner):
    assert read({**WIRE, "tags": tags}).managed_by == owner


@pytest.mark.parametrize("body", [{}, {"properties": None, "zones": None, "sku": None, "tags": None}])
def test_an_answer_without_anything_is_read(body):
    assert read(body).image == Image()


def test_a_record_is_read_back_from_json_even_with_more_keys():
    one = read(WIRE)
    record = json.loads(json.dumps({**one.to_dict(), "instances": [], "counts": {}}))
    assert ScaleSet.from_dict(record) == one


def extension(version: str, **settings):
    properties = {"type": "ApplicationHealthLinux", "typeHandlerVersion": version, "settings": settings}
    profile = {"extensionProfile": {"extensions": [{"properties": properties}]}}
    return read({"properties": {"virtualMachineProfile": profile}}).health_grace_period


def test_the_model_says_how_long_a_first_verdict_may_take():
    assert extension("2.0", gracePeriod=900, intervalInSeconds=5) == 900
    assert extension("2.0", gracePeriod="900") == 900
    assert extension("2.0", intervalInSeconds=60, numberOfProbes=24) == 1440
    assert extension("1.0", gracePeriod=900, intervalInSeconds=10, numberOfProbes=3) == 30
    assert extension("1.0") == 5
    assert extension("2.0", gracePeriod=-1, intervalInSeconds="often") == 5
    assert read({}).health_grace_period == 0


@pytest.mark.parametrize(("enable", "seconds"), [(True, 900), (False, 0), (None, 0)])
def test_an_announced_upgrade_takes_a_quarter_of_an_hour_more(enable, seconds):
    profile = {"scheduledEventsProfile": {"osImageNotificationProfile": {"enable": enable}}}
    assert read({"properties": {"virtualMachineProfile": profile}}).os_image_notification == seconds
