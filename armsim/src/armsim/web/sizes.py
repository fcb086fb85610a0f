# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Sizes of virtual machines in a location: some clients look a size up there before they write a model."""

from __future__ import annotations

from armsim.common.wire import Json
from armsim.web.call import Call, Endpoint, Reply

# Cores, memory in MiB and data disks (documented).
_SIZES = {
    "Standard_B2s": (2, 4096, 4),
    "Standard_B2ms": (2, 8192, 4),
    "Standard_D2s_v3": (2, 8192, 4),
    "Standard_D2s_v5": (2, 8192, 4),
    "Standard_D4s_v5": (4, 16384, 8),
    "Standard_D8s_v5": (8, 32768, 16),
    "Standard_E2s_v5": (2, 16384, 4),
    "Standard_E4s_v5": (4, 32768, 8),
    "Standard_F2s_v2": (2, 4096, 4),
    "Standard_F4s_v2": (4, 8192, 8),
}
_ORDINARY = (2, 8192, 4)


def list_sizes(call: Call) -> Reply:
    """Some well-known sizes, and those of the scale sets here."""
    used = {str((item.document.get("sku") or {}).get("name")) for item in call.simulation.scale_sets()}
    return Reply({"value": [_size(name) for name in sorted(used | set(_SIZES))]})


def _size(name: str) -> Json:
    cores, memory, disks = _SIZES.get(name, _ORDINARY)
    return {
        "name": name,
        "numberOfCores": cores,
        "osDiskSizeInMB": 1047552,
        "resourceDiskSizeInMB": 0,
        "memoryInMB": memory,
        "maxDataDiskCount": disks,
    }


ENDPOINTS = [
    Endpoint(
        "GET",
        "/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{location}/vmSizes",
        "VirtualMachineSizes_List",
        "Microsoft.Compute/locations/vmSizes/read",
        list_sizes,
    ),
]
