# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What each api-version shows: the service keeps one model, and leaves out of an answer what the version does not know.

Many fields are shown at all versions since the service has them (recorded: in 2022 and later at versions of 2017); only
what old versions lack to this day is left out. The versions are the documented ones where the API description names
one, else the first that was recorded with the field; between that one and the last that was recorded without it nothing
is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from armsim.common.wire import Json

# Unknown to 2018-04-01, known to 2020-06-01 (recorded).
_BEFORE_2020 = "2018-06-01"
_OS_PROFILE = {
    "allowExtensionOperations": _BEFORE_2020,
    "requireGuestProvisionSignal": _BEFORE_2020,
    "linuxConfiguration.provisionVMAgent": _BEFORE_2020,
}
_INTERFACES = {
    "networkInterfaceConfigurations.properties.dnsSettings": "2017-03-30",
    # Unknown to 2017-03-30 as late as 2023 (recorded).
    "networkInterfaceConfigurations.properties.enableIPForwarding": "2017-12-01",
    "networkInterfaceConfigurations.properties.enableAcceleratedNetworking": "2017-03-30",
    "networkInterfaceConfigurations.properties.ipConfigurations.properties.privateIPAddressVersion": "2017-03-30",
}
_ROLLING = {"maxSurge": "2022-11-01", "rollbackFailedInstancesOnPolicyBreach": "2022-11-01"}


def _below(path: str, fields: Mapping[str, str]) -> dict[str, str]:
    return {f"{path}.{name}": since for name, since in fields.items()}


# Fields by path (lists are passed through), and the first version that shows them.
_SCALE_SET = {
    "etag": "2024-07-01",
    "properties.timeCreated": "2021-11-01",
    "properties.orchestrationMode": "2020-06-01",
    "properties.platformFaultDomainCount": _BEFORE_2020,
    "properties.singlePlacementGroup": "2016-04-30-preview",
    "properties.uniqueId": "2016-03-30",
    "properties.overprovision": "2016-03-30",
    "properties.doNotRunExtensionsOnOverprovisionedVMs": "2019-03-01",
    **_below("properties.upgradePolicy.rollingUpgradePolicy", _ROLLING),
    "properties.virtualMachineProfile.timeCreated": "2023-09-01",
    **_below("properties.virtualMachineProfile.osProfile", _OS_PROFILE),
    **_below("properties.virtualMachineProfile.networkProfile", _INTERFACES),
}
_INSTANCE = {
    "etag": "2023-09-01",
    "properties.timeCreated": "2021-11-01",
    "properties.modelDefinitionApplied": _BEFORE_2020,
    "properties.networkProfileConfiguration": _BEFORE_2020,
    "properties.resilientVMDeletionStatus": "2024-07-01",
    "properties.storageProfile.dataDisks.toBeDetached": _BEFORE_2020,
    "properties.storageProfile.imageReference.exactVersion": _BEFORE_2020,
    **_below("properties.osProfile", _OS_PROFILE),
    **_below("properties.networkProfileConfiguration", _INTERFACES),
}
# Shown without entries from this version on; with entries always.
_EMPTY_LISTS = {"applicationGatewayBackendAddressPools": "2017-03-30"}
_INSTANCE_VIEW = {
    "hyperVGeneration": _BEFORE_2020,
    "placementGroupId": "2017-03-30",
    # Unknown to 2017-03-30 as late as 2023 (recorded).
    **dict.fromkeys(("computerName", "osName", "osVersion"), "2017-12-01"),
}
_INSTANCE.update(_below("properties.instanceView", _INSTANCE_VIEW))
# Older ones report the encryption of the system's disk alone (recorded).
_DATA_DISKS_ENCRYPTED = "2017-12-01"
# Until the policy of that name took its place, the upgrade policy had a flag.
_FLAG_OF_OS_UPGRADES = ("2017-03-30", "2018-10-01")
# Versions of 2015 call an operation's id `operationId`; 2016-03-30 and 2016-04-30-preview call it `name` (recorded).
_OPERATION_NAME_SINCE = "2016-03-30"


def scale_set(body: Json, version: str) -> Json:
    """A scale set as ``version`` shows it."""
    shown = _without(body, _newer(tuple(_SCALE_SET.items()), version))
    policy = shown["properties"].get("upgradePolicy")
    first, end = _FLAG_OF_OS_UPGRADES
    if policy is not None and version < end:
        automatic = policy.pop("automaticOSUpgradePolicy", None) or {}
        if version >= first:
            policy.setdefault("automaticOSUpgrade", bool(automatic.get("enableAutomaticOSUpgrade")))
    elif policy is not None:
        policy.pop("automaticOSUpgrade", None)
    _shown_system(shown["properties"].get("virtualMachineProfile") or {}, version)
    return shown


def _shown_system(profile: Json, version: str) -> None:
    system = profile.get("osProfile") or {}
    if version >= _BEFORE_2020:
        # Once returned like any other field, now a secret.
        system.pop("customData", None)


def extension(body: Json, version: str) -> Json:
    """An extension as ``version`` shows it: at 2017-12-01 without an id, at 2020-12-01 with one (recorded)."""
    return _shown(body, {"id": _BEFORE_2020}, version)


def rolling_upgrade(body: Json, version: str) -> Json:
    """The latest rolling upgrade as ``version`` shows it."""
    return _shown(body, _below("properties.policy", _ROLLING), version)


def scale_set_view(body: Json, version: str) -> Json:
    """The instance view of a scale set as ``version`` shows it."""
    return _shown(body, {"orchestrationServices": _BEFORE_2020}, version)


def instance_view(body: Json, version: str) -> Json:
    """The instance view of an instance as ``version`` shows it."""
    if version < _DATA_DISKS_ENCRYPTED:
        body = {**body, "disks": _without_data_disk_encryption(body["disks"])}
    return _shown(body, _INSTANCE_VIEW, version)


def _without_data_disk_encryption(disks: list[Json]) -> list[Json]:
    system, *others = disks
    return [system, *({**disk, "statuses": disk["statuses"][:1]} for disk in others)]


def instance(body: Json, version: str) -> Json:
    """An instance of a Uniform set as ``version`` shows it."""
    return _shown(body, _INSTANCE, version)


def selected_instance(body: Json, version: str) -> Json:
    """An entry of a list with ``$select``: older versions show the default of a state, too, as a number (recorded)."""
    if version >= _BEFORE_2020:
        return body
    return {**body, "properties": {**body["properties"], "provisioningState": 0}}


def virtual_machine(body: Json, version: str) -> Json:
    """A virtual machine of a Flexible set as ``version`` shows it."""
    return _shown(body, {"etag": "2024-07-01", "properties.timeCreated": "2021-11-01"}, version)


def operation_name(version: str) -> str:
    """What an operation calls its id."""
    return "name" if version >= _OPERATION_NAME_SINCE else "operationId"


def _shown(body: Json, since: Mapping[str, str], version: str) -> Json:
    """The body without what is newer than ``version``; nothing is copied where that is nothing."""
    newer = _newer(tuple(since.items()), version)
    return _without(body, newer) if newer else body


# The same few tables and versions for every instance of a list.
@lru_cache(maxsize=256)
def _newer(since: tuple[tuple[str, str], ...], version: str) -> frozenset[str]:
    """Paths of what is newer than ``version``."""
    return frozenset(path for path, first in (*since, *_EMPTY_LISTS.items()) if version < first)


def _without(body: Json, newer: frozenset[str]) -> Json:
    """A deep copy without the fields at these paths."""
    result: Json = _copy(body, "", newer)
    return result


def _copy(value: Any, path: str, newer: frozenset[str]) -> Any:
    match value:
        case dict():
            return dict(_fields(value, path, newer))
        case list():
            return [_copy(item, path, newer) for item in value]
        case _:
            return value


def _fields(value: Json, path: str, newer: frozenset[str]) -> Iterator[tuple[str, Any]]:
    for name, item in value.items():
        inner = f"{path}.{name}" if path else name
        if inner not in newer and not (item == [] and name in newer):
            yield name, _copy(item, inner, newer)
