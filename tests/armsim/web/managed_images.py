# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Managed images."""

from __future__ import annotations

from armsim import errors, scenario
from armsim.web.call import Call, Endpoint, Reply, page
from armsim.web.paths import COMPUTE, GROUP_COMPUTE
from armsim.wire import Json

_TYPE = "Microsoft.Compute/images"


def _body(call: Call, image: scenario.ManagedImage) -> Json:
    disk = {"osType": image.os_type, "osState": "Generalized", "diskSizeGB": 30, "caching": "ReadWrite"}
    return {
        "name": image.name,
        "id": call.simulation.catalogue.managed_id(image),
        "type": _TYPE,
        "location": image.location,
        "tags": {},
        "properties": {
            "storageProfile": {"osDisk": {**disk, "storageAccountType": "Standard_LRS"}, "dataDisks": []},
            "provisioningState": "Succeeded",
            "hyperVGeneration": "V2",
        },
    }


def get_image(call: Call) -> Reply:
    group, name = call.params["group"], call.params["name"]
    image = call.simulation.catalogue.find_managed(group, name)
    if image is None:
        raise errors.resource_not_found(_TYPE, name, group)
    return Reply(_body(call, image))


def list_by_group(call: Call) -> Reply:
    group = call.params["group"].lower()
    images = call.simulation.catalogue.managed
    return page(call, [_body(call, image) for image in images if image.resource_group.lower() == group])


def list_all(call: Call) -> Reply:
    return page(call, [_body(call, image) for image in call.simulation.catalogue.managed])


ENDPOINTS = [
    Endpoint("GET", f"{GROUP_COMPUTE}/images", "Images_ListByResourceGroup", f"{_TYPE}/read", list_by_group),
    Endpoint("GET", f"{COMPUTE}/images", "Images_List", f"{_TYPE}/read", list_all),
    Endpoint("GET", f"{GROUP_COMPUTE}/images/{{name}}", "Images_Get", f"{_TYPE}/read", get_image),
]
