# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Instances, scale sets and their wire forms for tests: healthy and ordinary but for what a test says."""

from __future__ import annotations

from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"
GALLERY_IMAGE = f"{SUBSCRIPTION}/resourceGroups/images/providers/Microsoft.Compute/galleries/web/images/ubuntu"
EXTENSION = "application_health_extension"


def ubuntu(version: str, exact: str | None = None) -> Image:
    """A platform image."""
    return Image("Canonical", "ubuntu-24_04-lts", "server", version, exact_version=exact)


OLD = ubuntu("24.04.202601010")
NEW = ubuntu("24.04.202602020")


def instance(number: int | str = 0, **fields: Any) -> Instance:
    """An instance that is in service, by health report as well, and has the old image as the model wants it."""
    ordinary = {
        "instance_id": str(number),
        "name": f"web_{number}",
        "image": OLD,
        "provisioning_state": "Succeeded",
        "power": "running",
        "health": "healthy",
        "health_time": "2026-02-01T10:00:00+00:00",
        "agent_ready": True,
        "latest_model": True,
    }
    return Instance(**{**ordinary, **fields})


def scale_set(**fields: Any) -> ScaleSet:
    """A Uniform set with policy Manual and the health extension."""
    ordinary = {
        "id": f"{SUBSCRIPTION}/resourceGroups/web-rg/providers/Microsoft.Compute/virtualMachineScaleSets/web",
        "name": "web",
        "resource_group": "web-rg",
        "location": "westeurope",
        "image": OLD,
        "health_source": EXTENSION,
    }
    return ScaleSet(**{**ordinary, **fields})


def vmss_facts(instances: list[Instance], **fields: Any) -> dict[str, Any]:
    """What the facts module returns, as far as the filters read it."""
    return {**scale_set(**fields).to_dict(), "instances": [one.to_dict() for one in instances]}


def wire_instance(number: int = 3) -> dict[str, Any]:
    """An entry of the instance list with `$expand=instanceView`, as the service answers in api-version 2024-07-01."""
    return {
        "name": f"web_{number}",
        "id": f"{SUBSCRIPTION}/resourceGroups/WEB-RG/providers/Microsoft.Compute/virtualMachineScaleSets/web"
        f"/virtualMachines/{number}",
        "type": "Microsoft.Compute/virtualMachineScaleSets/virtualMachines",
        "location": "westeurope",
        "instanceId": str(number),
        "sku": {"name": "Standard_D2s_v5", "tier": "Standard"},
        "zones": ["2"],
        "etag": '"4"',
        "properties": {
            "latestModelApplied": False,
            "modelDefinitionApplied": "VirtualMachineScaleSet",
            "protectionPolicy": {"protectFromScaleIn": True, "protectFromScaleSetActions": False},
            "provisioningState": "Succeeded",
            "vmId": "4ab5a05b-7f0e-4b0a-8c3f-0d8f8f3c9b11",
            "timeCreated": "2026-01-24T06:05:45.6082561+00:00",
            "storageProfile": {
                "imageReference": {
                    "publisher": "Canonical",
                    "offer": "ubuntu-24_04-lts",
                    "sku": "server",
                    "version": "latest",
                    "exactVersion": "24.04.202601010",
                },
                "osDisk": {"osType": "Linux", "createOption": "FromImage", "diskSizeGB": 30},
                "dataDisks": [],
            },
            "instanceView": {
                "placementGroupId": "296144a8-2d9e-42bc-954f-d195d156a497",
                "platformUpdateDomain": 0,
                "platformFaultDomain": 4,
                "computerName": "web000003",
                "vmAgent": {
                    "vmAgentVersion": "2.14.0.1",
                    "statuses": [
                        {
                            "code": "ProvisioningState/succeeded",
                            "level": "Info",
                            "displayStatus": "Ready",
                            "message": "Guest Agent is running",
                            "time": "2026-01-24T06:10:04.307+00:00",
                        }
                    ],
                },
                "vmHealth": {
                    "status": {
                        "code": "HealthState/healthy",
                        "level": "Info",
                        "displayStatus": "The VM is reporting itself as healthy or is known to be healthy",
                        "time": "2026-01-24T06:10:09.1234567+00:00",
                    }
                },
                "statuses": [
                    {
                        "code": "ProvisioningState/succeeded",
                        "level": "Info",
                        "displayStatus": "Provisioning succeeded",
                        "time": "2026-01-24T06:10:08.6549205+00:00",
                    },
                    {"code": "PowerState/running", "level": "Info", "displayStatus": "VM running"},
                ],
            },
        },
    }
