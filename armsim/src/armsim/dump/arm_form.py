# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""From the form that the Azure CLI prints to the one on the wire.

The CLI lifts the fields of ``properties`` one level up and adds ``resourceGroup`` beside every id; releases whose
commands were made from the SDK print nulls, too, and turn names such as ``diskSizeGB`` into ``diskSizeGb``. Documents
that already are as on the wire stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from armsim.common.wire import Json

_MODEL = {"id", "name", "type", "location", "tags", "sku", "zones", "identity", "plan", "extendedLocation", "etag"}
_MODEL |= {"placement", "systemData"}
_INSTANCE = _MODEL | {"instanceId", "resources", "managedBy"}
_EXTENSION = {"id", "name"}
_EXTENSION_RESOURCE = {"id", "name", "location", "tags"}
_INTERFACE = {"id", "name", "tags"}
_ADDRESS = {"name", "sku", "tags"}

# What belongs to the user in there is none of ours.
_FREE = ("tags", "settings", "protectedSettings")
# Names that the CLI's own way of capitals changes (from the API description, 2024-07-01).
_CAPITALS = {
    name.lower(): name
    for name in (
        "automaticOSUpgradePolicy",
        "diskIOPSReadWrite",
        "diskSizeGB",
        "enableAutomaticOSUpgrade",
        "enableIPForwarding",
        "enableVMAgentPlatformUpdates",
        "privateIPAddressVersion",
        "provisionVMAgent",
        "publicIPAddressConfiguration",
        "publicIPAddressVersion",
        "publicIPPrefix",
        "resilientVMCreationPolicy",
        "resilientVMDeletionPolicy",
        "ultraSSDEnabled",
        "vCPUsAvailable",
        "vCPUsPerCore",
        "winRM",
    )
}


def model(document: Json) -> Json:
    """A scale set as on the wire."""
    result = _nested(_tidy(document), _MODEL)
    _profile(result["properties"].get("virtualMachineProfile") or {})
    return result


def instance(document: Json) -> Json:
    """An instance of a scale set, or a virtual machine of a Flexible one, as on the wire."""
    result = _nested(_tidy(document), _INSTANCE)
    _network(result["properties"].get("networkProfileConfiguration") or {})
    _each(result, "resources", lambda item: _typed(item, _EXTENSION_RESOURCE))
    return result


def _tidy(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            _CAPITALS.get(name.lower(), name): item if name in _FREE else _tidy(item)
            for name, item in value.items()
            if item is not None and not (name == "resourceGroup" and "id" in value)
        }
    if isinstance(value, list):
        return [_tidy(item) for item in value if item is not None]
    return value


def _nested(item: Json, outside: set[str]) -> Json:
    """The item with all fields but those of ``outside`` below ``properties``."""
    if isinstance(item.get("properties"), dict):
        return item
    result = {name: value for name, value in item.items() if name in outside}
    return {**result, "properties": {name: value for name, value in item.items() if name not in outside}}


def _typed(item: Json, outside: set[str]) -> Json:
    """As ``_nested`` for what has a type of its own and a type as a resource: the CLI keeps the former's name free."""
    own = item.pop("typePropertiesType", None)
    if own is None:
        return _nested(item, outside)
    resource_type = item.pop("type", None)
    result = _nested(item, outside)
    result["properties"]["type"] = own
    return {**result, "type": resource_type} if resource_type else result


def _profile(profile: Json) -> None:
    _each(profile.get("extensionProfile") or {}, "extensions", lambda item: _typed(item, _EXTENSION))
    _network(profile.get("networkProfile") or {})


def _network(network: Json) -> None:
    def interface(item: Json) -> Json:
        result = _nested(item, _INTERFACE)
        _each(result["properties"], "ipConfigurations", configuration)
        return result

    def configuration(item: Json) -> Json:
        result = _nested(item, _INTERFACE)
        address = result["properties"].get("publicIPAddressConfiguration")
        if address:
            result["properties"]["publicIPAddressConfiguration"] = _nested(address, _ADDRESS)
        return result

    _each(network, "networkInterfaceConfigurations", interface)


def _each(owner: Json, name: str, change: Callable[[Json], Json]) -> None:
    if owner.get(name):
        owner[name] = [change(item) for item in owner[name]]
