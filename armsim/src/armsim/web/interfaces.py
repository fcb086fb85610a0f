# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The lists of network interfaces: below a Uniform set, and in a resource group for Flexible ones."""

from __future__ import annotations

from armsim.common.wire import Json
from armsim.protocol import errors
from armsim.protocol.odata import page_of
from armsim.scale_sets.interfaces import NETWORK
from armsim.web.call import Call, Endpoint, Reply, page
from armsim.web.paths import SCALE_SET, TYPE, parent_of

_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}/providers/" + NETWORK + "/networkInterfaces"


def list_of_scale_set(call: Call) -> Reply:
    scale_set = parent_of(call, "networkInterfaces")
    if scale_set.flexible:
        raise errors.not_allowed_on_flexible("VirtualMachineScaleSets.networkInterfaces.GET", scale_set.name)
    return _page(call, call.simulation.interfaces.of(scale_set))


def list_of_group(call: Call) -> Reply:
    """Interfaces of Uniform sets are no resources of their own, so that they are not among them (documented)."""
    flexible = [one for one in call.simulation.scale_sets(call.params["group"]) if one.flexible]
    return _page(call, [body for one in flexible for body in call.simulation.interfaces.of(one)])


def _page(call: Call, bodies: list[Json]) -> Reply:
    chosen, following = page_of(bodies, lambda body: str(body["id"]), call.query.get("$skiptoken"))
    return page(call, chosen, following)


ENDPOINTS = [
    Endpoint(
        "GET",
        f"{SCALE_SET}/networkInterfaces",
        "NetworkInterfaces_ListVirtualMachineScaleSetNetworkInterfaces",
        f"{TYPE}/networkInterfaces/read",
        list_of_scale_set,
    ),
    Endpoint("GET", _GROUP, "NetworkInterfaces_List", f"{NETWORK}/networkInterfaces/read", list_of_group),
]
