# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Which limits an operation draws on: the policies of Azure Resource Manager and of its compute provider.

Names, their order and sizes are recorded (2024-25), refills documented; the recordings show that names do not depend
on the api-version. What is not recorded follows its nearest relative.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from functools import cache
from typing import Literal

# What one bucket is for: a resource, or the whole subscription.
Reach = Literal["resource", "subscription"]
# What a request costs: a token, or as many as it was charged for (`x-ms-request-charge`).
Cost = Literal["request", "charge"]


@dataclass(frozen=True)
class Limit:
    """A token bucket: ``refill`` tokens come back in a minute, until there are ``size``."""

    refill: float
    size: int


@dataclass(frozen=True)
class Policy:
    """A limit with its name, as ``x-ms-ratelimit-remaining-resource`` gives it."""

    name: str
    limit: Limit
    reach: Reach = "subscription"
    cost: Cost = "request"


def _resource(group: str, refill: float, size: int) -> Policy:
    return Policy(f"{group}Resource", Limit(refill, size), "resource")


def _subscription(group: str, refill: float, size: int, cost: Cost = "request") -> Policy:
    return Policy(f"{group}SubscriptionMaximum", Limit(refill, size), "subscription", cost)


def _windows(group: str, three_minutes: int, half_hour: int) -> tuple[Policy, ...]:
    """The older pair of limits, which images and galleries still have."""
    return (
        Policy(f"{group}3Min", Limit(three_minutes / 3, three_minutes)),
        Policy(f"{group}30Min", Limit(half_hour / 30, half_hour)),
    )


_VIEWS = _subscription("VMScaleSetVMViews", 10_000, 30_000, "charge")
_BATCHED = _subscription("VMScaleSetBatchedVMRequests", 2_000, 6_000, "charge")
_LISTS = _subscription("HighCostGetVMScaleSet", 360, 1080)
_LISTS_OF_SET = _resource("HighCostGetVMScaleSet", 10, 30)
_GET = (_subscription("GetVMScaleSet", 800, 2400), _resource("GetVMScaleSet", 12, 36))
_GET_INSTANCE = (_subscription("GetVMScaleSetVM", 2000, 6000), _resource("GetVMScaleSetVM", 12, 36), _VIEWS)
_CREATE = (_subscription("CreateVMScaleSet", 125, 375), _resource("CreateVMScaleSet", 4, 12), _BATCHED)
_ACTIONS = _subscription("VMScaleSetActions", 500, 1500)
_ACTIONS_ON_SET = (_ACTIONS, _resource("VMScaleSetActions", 4, 12), _BATCHED)
# Of actions on many instances no limit for the single set was recorded.
_ACTIONS_ON_MANY = (_ACTIONS, _BATCHED)
_DELETE = _subscription("DeleteVMScaleSet", 175, 525)
_DELETE_SET = (_DELETE, _resource("DeleteVMScaleSet", 4, 12), _BATCHED)
_DELETE_MANY = (_DELETE, _BATCHED)
_ACTIONS_ON_ONE = (_subscription("VMScaleSetVMActions", 500, 2000), _resource("VMScaleSetVMActions", 4, 12), _BATCHED)
_DELETE_ONE = (_subscription("DeleteVMScaleSetVM", 500, 2000), _resource("DeleteVMScaleSetVM", 4, 12), _BATCHED)
_GET_MACHINE = (_subscription("LowCostGet", 8000, 24_000), _resource("LowCostGet", 12, 36))
_PUT_MACHINE = (_subscription("PutVM", 500, 1500), _resource("PutVM", 4, 12))
_DELETE_MACHINE = (_subscription("DeleteVM", 500, 1500), _resource("DeleteVM", 4, 12))
_UPDATE_MACHINE = (_subscription("UpdateVM", 500, 1500), _resource("UpdateVM", 4, 12))

# The first pattern that fits counts.
_BY_OPERATION: dict[str, tuple[Policy, ...]] = {
    "Operations_*": (_resource("GetOperation", 15, 45), _subscription("GetOperation", 5000, 15_000)),
    "VirtualMachineScaleSetVMs_List": (_LISTS, _LISTS_OF_SET, _VIEWS),
    "VirtualMachineScaleSetVMs_Get*": _GET_INSTANCE,
    "VirtualMachineScaleSetVMs_Delete": _DELETE_ONE,
    "VirtualMachineScaleSetVMs_Deallocate": _DELETE_ONE,
    "VirtualMachineScaleSetVMs_PowerOff": _DELETE_ONE,
    "VirtualMachineScaleSetVMs_*": _ACTIONS_ON_ONE,
    "VirtualMachineScaleSets_GetInstanceView": (_LISTS, _LISTS_OF_SET),
    "VirtualMachineScaleSets_Get*": _GET,
    "VirtualMachineScaleSets_ListSkus": _GET,
    "VirtualMachineScaleSets_List*": (_LISTS,),
    "VirtualMachineScaleSets_CreateOrUpdate": _CREATE,
    "VirtualMachineScaleSets_Delete": _DELETE_SET,
    # An action like others (recorded), unlike the deletion of one instance by its own address.
    "VirtualMachineScaleSets_DeleteInstances": _ACTIONS_ON_MANY,
    "VirtualMachineScaleSets_Deallocate": _DELETE_MANY,
    "VirtualMachineScaleSets_PowerOff": _DELETE_MANY,
    "VirtualMachineScaleSets_Update": _ACTIONS_ON_SET,
    "VirtualMachineScaleSets_SetOrchestrationServiceState": _ACTIONS_ON_SET,
    "VirtualMachineScaleSets_*": _ACTIONS_ON_MANY,
    "VirtualMachineScaleSetRollingUpgrades_GetLatest": _GET,
    "VirtualMachineScaleSetRollingUpgrades_*": _ACTIONS_ON_SET,
    "VirtualMachineScaleSetExtensions_Get": _GET,
    "VirtualMachineScaleSetExtensions_List": _GET,
    "VirtualMachineScaleSetExtensions_*": _ACTIONS_ON_SET,
    "VirtualMachines_List*": (_subscription("HighCostGet", 300, 900),),
    "VirtualMachines_Get": _GET_MACHINE,
    "VirtualMachines_InstanceView": _GET_MACHINE,
    "VirtualMachines_CreateOrUpdate": _PUT_MACHINE,
    "VirtualMachines_Delete": _DELETE_MACHINE,
    "VirtualMachines_Deallocate": _DELETE_MACHINE,
    "VirtualMachines_PowerOff": _DELETE_MACHINE,
    "VirtualMachines_*": _UPDATE_MACHINE,
    "VirtualMachineImages_ListOffers": _windows("ListVMImageOffersFromLocation", 200, 1000),
    # It names no limit (recorded).
    "VirtualMachineImages_ListPublishers": (),
    "VirtualMachineImages_ListSkus": _windows("ListVMImageSkusFromLocation", 200, 1000),
    "VirtualMachineImages_List": _windows("ListVMImagesVersionsFromLocation", 16_000, 44_000),
    "VirtualMachineImages_Get": _windows("GetVMImageFromLocation", 13_000, 74_000),
    "Images_Get": (_subscription("GetImages", 120, 360),),
    "Images_CreateOrUpdate": (_subscription("CreateImages", 20, 60),),
    "Images_Delete": (_subscription("DeleteImages", 40, 120),),
    "Images_*": (_subscription("HighCostGetImages", 30, 90),),
    "Galleries_*": _windows("GetGallery", 350, 2500),
    "GalleryImages_*": _windows("GetGalleryImage", 600, 3000),
    "GalleryImageVersions_*": _windows("GetGalleryImageVersion", 2000, 10_000),
    "*Galleries_List*": _windows("ListGallery", 150, 1000),
    "*Galleries_*": _windows("GetGallery", 350, 2500),
    "*GalleryImages_List*": _windows("ListGalleryArtifact", 200, 200),
    "*GalleryImages_*": _windows("GetGalleryArtifact", 600, 3000),
    "*GalleryImageVersions_List*": _windows("ListGalleryArtifactVersion", 800, 4000),
    "*GalleryImageVersions_*": _windows("GetGalleryArtifactVersion", 2000, 10_000),
}

# Azure Resource Manager's own limits (documented: a second's refill and the bucket's size, fifteen times as much for
# all principals together). Answers to reads name the second alone (recorded).
_OWN = {"reads": (25, 250), "writes": (10, 200), "deletes": (10, 200)}
FRONT_DOOR: dict[str, tuple[Policy, Policy]] = {
    kind: (
        Policy(f"subscription-{kind}", Limit(60 * refill, size)),
        Policy(f"subscription-global-{kind}", Limit(60 * 15 * refill, 15 * size)),
    )
    for kind, (refill, size) in _OWN.items()
}


@cache
def policies_of(operation: str) -> tuple[Policy, ...]:
    """The limits of the compute provider that an operation draws on; none for operations of other providers."""
    for pattern, policies in _BY_OPERATION.items():
        if fnmatch.fnmatchcase(operation, pattern):
            return policies
    return ()


def names() -> list[str]:
    """All policies by name, those of Azure Resource Manager too."""
    provider = {policy.name for policies in _BY_OPERATION.values() for policy in policies}
    own = {policy.name for policies in FRONT_DOOR.values() for policy in policies}
    return sorted(provider | own)
