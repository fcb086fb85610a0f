# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Managed images."""

from __future__ import annotations

from armsim import errors
from armsim.web.gateway import Call, Endpoint, Reply
from armsim.web.paths import GROUP_COMPUTE

_TYPE = "Microsoft.Compute/images"


def get_image(call: Call) -> Reply:
    group, name = call.params["group"], call.params["name"]
    image = call.simulation.catalogue.find_managed(group, name)
    if image is None:
        raise errors.resource_not_found(_TYPE, name, group)
    disk = {"osType": image.os_type, "osState": "Generalized", "diskSizeGB": 30, "caching": "ReadWrite"}
    return Reply(
        {
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
    )


ENDPOINTS = [Endpoint("GET", f"{GROUP_COMPUTE}/images/{{name}}", "Images_Get", f"{_TYPE}/read", get_image)]
