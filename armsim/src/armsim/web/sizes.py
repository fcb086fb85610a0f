# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Sizes of virtual machines in a location, and what is used of the quotas there."""

from __future__ import annotations

import re

from armsim.common.wire import COMPUTE as PROVIDER
from armsim.common.wire import Json
from armsim.images.catalogue import region_name, same_region
from armsim.protocol.errors import bad_request
from armsim.supply.sizes import Size
from armsim.web.call import Call, Endpoint, Reply, page
from armsim.web.paths import COMPUTE

# The list of sizes knows one filter (documented).
_LOCATION = re.compile(r"\s*location\s+eq\s+'([^']*)'\s*", re.IGNORECASE)
_NO_SPOT = "B"


def list_sizes(call: Call) -> Reply:
    """Some well-known sizes, and those of the scale sets here."""
    return Reply({"value": [_size(one) for one in call.simulation.sizes.listed(call.params["location"])]})


def _size(size: Size) -> Json:
    return {
        "name": size.name,
        "numberOfCores": size.cores,
        "osDiskSizeInMB": 1047552,
        "resourceDiskSizeInMB": 0,
        "memoryInMB": int(size.memory * 1024),
        "maxDataDiskCount": size.disks,
    }


def list_skus(call: Call) -> Reply:
    """Sizes by location, with what they can do and what keeps the subscription from them (documented form)."""
    condition = call.query.get("$filter")
    match = None if condition is None else _LOCATION.fullmatch(condition)
    if condition is not None and match is None:
        raise bad_request(f"The filter '{condition}' is not supported. Only 'location eq' is.")
    regions = {region_name(group.location): group.location for group in call.simulation.groups.values()}
    regions |= {region_name(one.location): one.location for one in call.simulation.scale_sets()}
    if match is not None:
        regions = {match[1]: match[1]}
    return page(call, [_sku(call, size, region) for region in regions.values() for size in _of(call, region)])


def _of(call: Call, location: str) -> list[Size]:
    return call.simulation.sizes.listed(location)


def _zones(call: Call, location: str) -> list[str]:
    """The zones that the scale sets of a region use, or the usual three."""
    used = {
        str(zone)
        for item in call.simulation.scale_sets()
        if same_region(item.location, location)
        for zone in item.document.get("zones") or []
    }
    return sorted(used | {"1", "2", "3"})


def _sku(call: Call, size: Size, location: str) -> Json:
    return {
        "resourceType": "virtualMachines",
        "name": size.name,
        "tier": size.name.partition("_")[0],
        "size": size.name.partition("_")[2],
        "family": size.family,
        "locations": [location],
        "locationInfo": [{"location": location, "zones": _zones(call, location), "zoneDetails": []}],
        "capabilities": [{"name": name, "value": value} for name, value in _capabilities(size).items()],
        "restrictions": call.simulation.sizes.restrictions(size.name, location),
    }


def _capabilities(size: Size) -> dict[str, str]:
    return {
        "MaxResourceVolumeMB": "0",
        "OSVhdSizeMB": "1047552",
        "vCPUs": str(size.cores),
        "MemoryPreservingMaintenanceSupported": "True",
        "HyperVGenerations": "V2" if size.version >= 6 else "V1,V2",
        "MemoryGB": f"{size.memory:g}",
        "MaxDataDiskCount": str(size.disks),
        "CpuArchitectureType": "Arm64" if "p" in size.features else "x64",
        "LowPriorityCapable": str(not size.name.partition("_")[2].startswith(_NO_SPOT)),
        "PremiumIO": str("s" in size.features),
        "VMDeploymentTypes": "IaaS",
        "vCPUsAvailable": str(size.cores),
        "EphemeralOSDiskSupported": "False",
        "EncryptionAtHostSupported": "True",
        "AcceleratedNetworkingEnabled": "True",
        "MaxNetworkInterfaces": "2",
    }


def list_usages(call: Call) -> Reply:
    """What is used of the quotas of a location."""
    return page(call, call.simulation.quotas.usages(call.params["location"]))


ENDPOINTS = [
    Endpoint(
        "GET",
        f"{COMPUTE}/locations/{{location}}/vmSizes",
        "VirtualMachineSizes_List",
        f"{PROVIDER}/locations/vmSizes/read",
        list_sizes,
    ),
    Endpoint("GET", f"{COMPUTE}/skus", "ResourceSkus_List", f"{PROVIDER}/skus/read", list_skus),
    Endpoint(
        "GET",
        f"{COMPUTE}/locations/{{location}}/usages",
        "Usage_List",
        f"{PROVIDER}/locations/usages/read",
        list_usages,
    ),
]
