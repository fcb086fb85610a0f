# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Whether an answer of the service has the shape that it is read by: checked once, where it comes in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Kind = tuple[type, str]


def _of(kind: type, words: str, names: str) -> dict[str, Kind]:
    return dict.fromkeys(names.split(), (kind, words))


_LISTS_OF_OBJECTS = _of(
    list,
    "a list",
    "extensions features ipConfigurations orchestrationServices profiles statuses summary targetRegions .value",
)
# By name, or by the name of what holds it and its own, with nothing before the period at the top.
# Anything may be missing, and null is as good as missing.
_KINDS: dict[str, Kind] = {
    **_LISTS_OF_OBJECTS,
    **_of(list, "a list", "actions notActions zones"),
    **_of(
        dict,
        "an object",
        "automaticOSUpgradePolicy automaticRepairsPolicy essentials extensionProfile healthProbe "
        "imageDeprecationStatus imageReference instanceView networkProfile osDisk osDisk.image osDiskImage osProfile "
        "profiles.capacity properties protectionPolicy publishingProfile replicationStatus runningStatus "
        "securityProfile .sku value.sku storageProfile tags upgradePolicy virtualMachine virtualMachineProfile "
        "vmAgent vmHealth vmHealth.status linuxConfiguration windowsConfiguration",
    ),
    **_of(
        str,
        "a text",
        "code communityGalleryImageId createOption endOfLifeDate etag exactVersion hyperVGeneration id identifier.sku "
        "imageReference.sku imageState instanceId level location managedBy message "
        "mode modelDefinitionApplied name nextLink "
        "offer operatingSystem orchestrationMode osState osType placementGroupId provisioningState publisher region "
        "scheduledDeprecationTime securityType serviceName serviceState sharedGalleryImageId state "
        "targetResourceUri time timeCreated type uri version vmId",
    ),
    **_of(int, "a number", "platformFaultDomain platformUpdateDomain sku.capacity"),
    **_of(
        bool,
        "true or false",
        "enableAutomaticOSUpgrade enabled excludeFromLatest latestModelApplied protectFromScaleIn "
        "protectFromScaleSetActions",
    ),
}
# What users write there is theirs.
_FREE = frozenset({"tags", "settings", "protectedSettings"})


def odd_part(document: Any, *, bare_list: bool = False) -> str:
    """The first part of an answer that is not what it should be, in words; empty where all of them are.

    With `bare_list` the answer is a list of objects, else an object.
    """
    if bare_list:
        return _entries(document, "the list", "value") if isinstance(document, list) else "it is not a list"
    return _object(document, "the answer", "") if isinstance(document, dict) else "it is not an object"


def _object(document: Mapping[str, Any], path: str, holder: str) -> str:
    for name, value in document.items():
        kind = _KINDS.get(f"{holder}.{name}") or _KINDS.get(name)
        if value is None:
            continue
        where = f"{path}.{name}" if holder else name
        # True is a number to Python, and not to anybody else.
        if kind and (not isinstance(value, kind[0]) or (kind[0] is int and isinstance(value, bool))):
            return f"{where} is not {kind[1]}"
        if name in _FREE:
            continue
        found = ""
        if isinstance(value, dict):
            found = _object(value, where, name)
        elif isinstance(value, list) and {name, f"{holder}.{name}"} & set(_LISTS_OF_OBJECTS):
            found = _entries(value, where, name)
        if found:
            return found
    return ""


def _entries(entries: list[Any], path: str, name: str) -> str:
    for number, entry in enumerate(entries):
        if not isinstance(entry, dict):
            return f"entry {number} of {path} is not an object"
        found = _object(entry, f"{path}[{number}]", name)
        if found:
            return found
    return ""
