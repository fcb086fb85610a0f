# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Whether an answer of the service has the shape that it is read by: checked once, where it comes in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
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


# Where it is, as the end of a path, and what is wrong with it: {} stands for the whole path.
_Odd = tuple[str, str]


def odd_part(document: Any, *, bare_list: bool = False) -> str:
    """The first part of an answer that is not what it should be, in words; empty where all of them are.

    With `bare_list` the answer is a list of objects, else an object.
    """
    if bare_list:
        return _words(_entries(document, "value"), "the list") if isinstance(document, list) else "it is not a list"
    return _words(_object(document, ""), "") if isinstance(document, dict) else "it is not an object"


def _words(odd: _Odd | None, root: str) -> str:
    return odd[1].replace("{}", f"{root}{odd[0]}".lstrip(".")) if odd else ""


def _object(document: Mapping[str, Any], holder: str) -> _Odd | None:
    for name, value in document.items():
        if value is None:
            continue
        kind, words, of_objects = _expected(holder, name)
        # True is a number to Python, and not to anybody else.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            return f".{name}", f"{{}} is not {words}"
        odd = None
        if isinstance(value, dict) and name not in _FREE:
            odd = _object(value, name)
        elif of_objects and isinstance(value, list):
            odd = _entries(value, name)
        if odd:
            return f".{name}{odd[0]}", odd[1]
    return None


def _entries(entries: list[Any], name: str) -> _Odd | None:
    for number, entry in enumerate(entries):
        if not isinstance(entry, dict):
            return "", f"entry {number} of {{}} is not an object"
        odd = _object(entry, name)
        if odd:
            return f"[{number}]{odd[0]}", odd[1]
    return None


@cache
def _expected(holder: str, name: str) -> tuple[type, str, bool]:
    """Of what is so named in there: its type, that in words, and whether it is a list of objects."""
    both = (f"{holder}.{name}", name)
    kind, words = next((_KINDS[one] for one in both if one in _KINDS), (object, ""))
    return kind, words, name not in _FREE and any(one in _LISTS_OF_OBJECTS for one in both)
