# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Network interfaces and public addresses: below a Uniform set, and in a resource group for Flexible ones."""

from __future__ import annotations

from collections.abc import Callable

from armsim.common.wire import Json
from armsim.instances.instance import Instance
from armsim.protocol import errors
from armsim.protocol.odata import page_of
from armsim.scale_sets.interfaces import NETWORK
from armsim.scale_sets.scale_set import ScaleSet
from armsim.web.call import Call, Endpoint, Handler, Reply, page
from armsim.web.instances import INSTANCE, instance_of
from armsim.web.paths import SCALE_SET, TYPE, parent_of

_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}/providers/" + NETWORK
_INTERFACE = f"{INSTANCE}/networkInterfaces/{{interface}}"
_PUBLIC = f"{_INTERFACE}/ipConfigurations/{{configuration}}/publicIPAddresses"


def _instances(call: Call, child: str) -> list[tuple[ScaleSet, Instance]]:
    """The instances of a Uniform set; 400 for another one."""
    scale_set = parent_of(call, child)
    if scale_set.flexible:
        raise errors.not_allowed_on_flexible(f"VirtualMachineScaleSets.{child}.GET", scale_set.name)
    return [(scale_set, instance) for instance in scale_set.instances.values()]


def list_of_scale_set(call: Call) -> Reply:
    known = call.simulation.interfaces
    return _page(call, [body for one in _instances(call, "networkInterfaces") for body in known.of_instance(*one)])


def list_addresses_of_scale_set(call: Call) -> Reply:
    known = call.simulation.interfaces
    return _page(call, [body for one in _instances(call, "publicIPAddresses") for body in known.public_addresses(*one)])


def list_of_instance(call: Call) -> Reply:
    return _page(call, call.simulation.interfaces.of_instance(*instance_of(call)))


def _interface(call: Call) -> Json:
    return _named(call.simulation.interfaces.of_instance(*instance_of(call)), call, "interface")


def get_of_instance(call: Call) -> Reply:
    return Reply(_interface(call))


def _addresses(call: Call) -> list[Json]:
    """The public addresses of an interface's configuration."""
    configurations = _interface(call)["properties"]["ipConfigurations"]
    owner = _named(configurations, call, "configuration")["id"].lower()
    found = call.simulation.interfaces.public_addresses(*instance_of(call))
    return [one for one in found if one["properties"]["ipConfiguration"]["id"].lower() == owner]


def list_addresses_of_instance(call: Call) -> Reply:
    return _page(call, _addresses(call))


def get_address_of_instance(call: Call) -> Reply:
    return Reply(_named(_addresses(call), call, "address"))


def _named(bodies: list[Json], call: Call, parameter: str) -> Json:
    """That of the name in the path; 404 in the words of the network provider (guessed)."""
    wanted = call.params[parameter]
    for body in bodies:
        if body["name"].lower() == wanted.lower():
            return body
    raise errors.ArmError(404, "NotFound", f"Resource {call.path} not found.", details=[])


def _of_group(find: Callable[[Call], list[Json]], kind: str) -> tuple[Handler, Handler]:
    """Handlers of a list in a resource group, and of one of its entries.

    What Uniform sets have is not a resource of its own, and so not among them (documented).
    """

    def every(call: Call) -> Reply:
        return _page(call, find(call))

    def one(call: Call) -> Reply:
        name, group = call.params["name"], call.params["group"]
        for body in find(call):
            if body["name"].lower() == name.lower():
                return Reply(body)
        raise errors.resource_not_found(f"{NETWORK}/{kind}", name, group)

    return every, one


def _flexible_interfaces(call: Call) -> list[Json]:
    flexible = [one for one in call.simulation.scale_sets(call.params["group"]) if one.flexible]
    return [body for one in flexible for body in call.simulation.interfaces.of(one)]


def _flexible_addresses(call: Call) -> list[Json]:
    return [
        body
        for item in call.simulation.scale_sets(call.params["group"])
        if item.flexible
        for one in item.instances.values()
        for body in call.simulation.interfaces.public_addresses(item, one)
    ]


def _page(call: Call, bodies: list[Json]) -> Reply:
    chosen, following = page_of(bodies, lambda body: str(body["id"]), call.query.get("$skiptoken"))
    return page(call, chosen, following)


_INTERFACES_OF_GROUP = _of_group(_flexible_interfaces, "networkInterfaces")
_ADDRESSES_OF_GROUP = _of_group(_flexible_addresses, "publicIPAddresses")
_READ = f"{TYPE}/virtualMachines/networkInterfaces/read"
_READ_PUBLIC = f"{TYPE}/virtualMachines/networkInterfaces/ipConfigurations/publicIPAddresses/read"

ENDPOINTS = [
    Endpoint(
        "GET",
        f"{SCALE_SET}/networkInterfaces",
        "NetworkInterfaces_ListVirtualMachineScaleSetNetworkInterfaces",
        f"{TYPE}/networkInterfaces/read",
        list_of_scale_set,
    ),
    Endpoint(
        "GET",
        f"{SCALE_SET}/publicIPAddresses",
        "PublicIPAddresses_ListVirtualMachineScaleSetPublicIPAddresses",
        f"{TYPE}/publicIPAddresses/read",
        list_addresses_of_scale_set,
    ),
    Endpoint(
        "GET",
        f"{INSTANCE}/networkInterfaces",
        "NetworkInterfaces_ListVirtualMachineScaleSetVMNetworkInterfaces",
        _READ,
        list_of_instance,
    ),
    Endpoint("GET", _INTERFACE, "NetworkInterfaces_GetVirtualMachineScaleSetNetworkInterface", _READ, get_of_instance),
    Endpoint(
        "GET",
        _PUBLIC,
        "PublicIPAddresses_ListVirtualMachineScaleSetVMPublicIPAddresses",
        _READ_PUBLIC,
        list_addresses_of_instance,
    ),
    Endpoint(
        "GET",
        f"{_PUBLIC}/{{address}}",
        "PublicIPAddresses_GetVirtualMachineScaleSetPublicIPAddress",
        _READ_PUBLIC,
        get_address_of_instance,
    ),
    *(
        Endpoint("GET", f"{_GROUP}/{kind}{tail}", f"{word}_{operation}", f"{NETWORK}/{kind}/read", handlers[position])
        for kind, word, handlers in (
            ("networkInterfaces", "NetworkInterfaces", _INTERFACES_OF_GROUP),
            ("publicIPAddresses", "PublicIPAddresses", _ADDRESSES_OF_GROUP),
        )
        for position, (tail, operation) in enumerate((("", "List"), ("/{name}", "Get")))
    ),
]
