# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Network interfaces of instances, and the private addresses that they get one after the other."""

from __future__ import annotations

import random
from ipaddress import IPv4Network

from armsim.common.wire import Json, guid
from armsim.instances.instance import Instance
from armsim.scale_sets.scale_set import ScaleSet
from armsim.scale_sets.views import Views

NETWORK = "Microsoft.Network"
# Azure keeps the first four addresses of a subnet, and the last one (documented).
_FIRST = 4


class Interfaces:
    """What the network knows of instances. All sets share one space; no address is given twice while it lasts."""

    def __init__(self, views: Views, space: str) -> None:
        self._views = views
        self._space = IPv4Network(space)
        self._given: dict[tuple[str, str], int] = {}

    def of(self, scale_set: ScaleSet) -> list[Json]:
        """The interfaces of a set as the service tells them."""
        return [
            self._body(scale_set, instance, configuration, number)
            for instance in scale_set.instances.values()
            for number, configuration in enumerate(
                (instance.model.profile.get("networkProfile") or {}).get("networkInterfaceConfigurations") or []
            )
        ]

    def address(self, scale_set: ScaleSet, instance: Instance, number: int) -> str:
        """The private address, which stays the same as long as the instance is there."""
        key = (scale_set.id, f"{instance.id}/{number}")
        offset = self._given.setdefault(key, _FIRST + len(self._given))
        return str(self._space[offset % self._space.num_addresses])

    def _body(self, scale_set: ScaleSet, instance: Instance, configuration: Json, number: int) -> Json:
        properties = configuration.get("properties") or {}
        if scale_set.flexible:
            machine = self._views.virtual_machine_id(scale_set, instance)
            name = f"{configuration['name']}-{instance.disk[:8]}"
            path = f"{scale_set.id.split('/providers/')[0]}/providers/{NETWORK}/networkInterfaces/{name}"
        else:
            machine = f"{scale_set.id}/virtualMachines/{instance.id}"
            name = configuration["name"]
            path = f"{machine}/networkInterfaces/{name}"
        primary = bool(properties.get("primary", number == 0))
        tag = f'W/"{guid(random.Random(f"{path}/{instance.etag}"))}"'
        return {
            "name": name,
            "id": path,
            "etag": tag,
            "properties": {
                "provisioningState": "Succeeded",
                "resourceGuid": guid(random.Random(path)),
                "ipConfigurations": [
                    {
                        "name": one["name"],
                        "id": f"{path}/ipConfigurations/{one['name']}",
                        "etag": tag,
                        "properties": {
                            "provisioningState": "Succeeded",
                            "privateIPAddress": self.address(scale_set, instance, number),
                            "privateIPAllocationMethod": "Dynamic",
                            "primary": bool((one.get("properties") or {}).get("primary", position == 0)),
                            **(one.get("properties") or {}),
                        },
                    }
                    for position, one in enumerate((properties.get("ipConfigurations") or [])[:1])
                ],
                "dnsSettings": {"dnsServers": [], "appliedDnsServers": []},
                "enableAcceleratedNetworking": False,
                "enableIPForwarding": False,
                "primary": primary,
                "virtualMachine": {"id": machine},
                "hostedWorkloads": [],
                "tapConfigurations": [],
                "nicType": "Standard",
            },
            "location": scale_set.location,
            "kind": "Regular",
        }
