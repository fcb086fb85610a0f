# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Network interfaces of instances, and the private addresses that they get one after the other."""

from __future__ import annotations

import random
from ipaddress import IPv4Network

from armsim.common.wire import Json, guid
from armsim.images.catalogue import region_name
from armsim.instances.instance import Instance
from armsim.scale_sets.scale_set import ScaleSet
from armsim.scale_sets.views import Views

NETWORK = "Microsoft.Network"
# Azure keeps the first four addresses of a subnet, and the last one (documented).
_FIRST = 4
# Public addresses come from a network that is kept for documentation (RFC 2544): nothing answers there.
_PUBLIC = IPv4Network("198.18.0.0/15")


def _configurations(instance: Instance) -> list[Json]:
    network = instance.model.profile.get("networkProfile") or {}
    return list(network.get("networkInterfaceConfigurations") or [])


def _addresses(configuration: Json) -> list[Json]:
    """The address configurations of an interface that are shown: its first one."""
    return list((configuration.get("properties") or {}).get("ipConfigurations") or [])[:1]


class Interfaces:
    """What the network knows of instances. All sets share one space; no address is given twice while it lasts."""

    def __init__(self, views: Views, space: str) -> None:
        self._views = views
        self._space = IPv4Network(space)
        self._given: dict[tuple[str, str], int] = {}
        self._public_given: dict[tuple[str, str], int] = {}

    def of(self, scale_set: ScaleSet) -> list[Json]:
        """The interfaces of a set as the service returns them."""
        return [body for instance in scale_set.instances.values() for body in self.of_instance(scale_set, instance)]

    def of_instance(self, scale_set: ScaleSet, instance: Instance) -> list[Json]:
        """The interfaces of one instance."""
        return [
            self._body(scale_set, instance, configuration, number)
            for number, configuration in enumerate(_configurations(instance))
        ]

    def public_addresses(self, scale_set: ScaleSet, instance: Instance) -> list[Json]:
        """The public addresses of one instance: of each address whose configuration wants one."""
        return [
            self._public(scale_set, instance, interface, one, wanted)
            for interface, configuration in zip(
                self.of_instance(scale_set, instance), _configurations(instance), strict=True
            )
            for one in _addresses(configuration)
            if (wanted := (one.get("properties") or {}).get("publicIPAddressConfiguration"))
        ]

    def _public(self, scale_set: ScaleSet, instance: Instance, interface: Json, address: Json, wanted: Json) -> Json:
        """A public address (recorded form); it stays as long as the instance is there."""
        properties = wanted.get("properties") or {}
        owner = f"{interface['id']}/ipConfigurations/{address['name']}"
        name = str(wanted.get("name") or "pub1")
        path = f"{owner}/publicIPAddresses/{name}"
        if scale_set.flexible:
            # There it is a resource of its group, like the interface (documented).
            name = f"{name}-{instance.disk[:8]}"
            path = f"{scale_set.id.split('/providers/')[0]}/providers/{NETWORK}/publicIPAddresses/{name}"
        body: Json = {
            "provisioningState": "Succeeded",
            "resourceGuid": guid(random.Random(path)),
            "publicIPAddressVersion": properties.get("publicIPAddressVersion", "IPv4"),
            "publicIPAllocationMethod": "Dynamic",
            "idleTimeoutInMinutes": properties.get("idleTimeoutInMinutes", 4),
            "ipConfiguration": {"id": owner},
        }
        if instance.power != "deallocated":
            key = (scale_set.id, f"{instance.id}/{interface['name']}/{address['name']}/public")
            offset = self._public_given.setdefault(key, len(self._public_given))
            body["ipAddress"] = str(_PUBLIC[offset % _PUBLIC.num_addresses])
        label = (properties.get("dnsSettings") or {}).get("domainNameLabel")
        if label:
            host = f"vm{instance.id}.{label}"
            domain = f"{host}.{region_name(scale_set.location)}.cloudapp.azure.com"
            body["dnsSettings"] = {"domainNameLabel": host, "fqdn": domain}
        result: Json = {
            "name": name,
            "id": path,
            "etag": f'W/"{guid(random.Random(f"{path}/{instance.etag}"))}"',
            "properties": body,
        }
        return {**result, "location": scale_set.location} if scale_set.flexible else result

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
                    for position, one in enumerate(_addresses(configuration))
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
