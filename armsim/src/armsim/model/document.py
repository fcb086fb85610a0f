# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The model as a JSON document: first version from the scenario, merging of a PATCH, checks of what a client sends."""

from __future__ import annotations

import copy
from typing import Any

from armsim import scenario
from armsim.common.wire import COMPUTE, Json
from armsim.images.catalogue import PLATFORM_FIELDS
from armsim.model.secret_fields import NAMES as SECRETS
from armsim.model.tags import check_tags
from armsim.protocol.errors import bad_request, invalid_parameter

# A set has at most so many instances (documented).
MAX_CAPACITY = 1000
HEALTH_EXTENSIONS = ("ApplicationHealthLinux", "ApplicationHealthWindows")

_NAMED: dict[str, Any] = {"name": str, "properties": {}}
_EXTENSION: dict[str, Any] = {
    "name": str,
    "properties": {"publisher": str, "type": str, "typeHandlerVersion": str, "settings": {"intervalInSeconds": int}},
}
_ROLLING: dict[str, Any] = {
    "maxBatchInstancePercent": int,
    "maxUnhealthyInstancePercent": int,
    "maxUnhealthyUpgradedInstancePercent": int,
    "pauseTimeBetweenBatches": str,
}
_REFERENCE = dict.fromkeys((*PLATFORM_FIELDS, "id", "sharedGalleryImageId", "communityGalleryImageId"), str)
_DISK: dict[str, Any] = {
    "image": {"uri": str},
    "vhdContainers": [str],
    "managedDisk": {"storageAccountType": str},
    "caching": str,
    "diskSizeGB": int,
}
# The types that the service insists on, as far as its answers depend on them: a type, an object with fields, or a list.
_TYPES: dict[str, Any] = {
    "location": str,
    "tags": {},
    "zones": [str],
    "sku": {"name": str, "tier": str, "capacity": int},
    "properties": {
        "orchestrationMode": str,
        "upgradePolicy": {"mode": str, "automaticOSUpgradePolicy": {}, "rollingUpgradePolicy": _ROLLING},
        "automaticRepairsPolicy": {"enabled": bool, "gracePeriod": str, "repairAction": str},
        "overprovision": bool,
        "singlePlacementGroup": bool,
        "platformFaultDomainCount": int,
        "virtualMachineProfile": {
            "storageProfile": {"imageReference": _REFERENCE, "osDisk": _DISK, "dataDisks": [{}]},
            "networkProfile": {"healthProbe": {"id": str}, "networkInterfaceConfigurations": [_NAMED]},
            "extensionProfile": {"extensions": [_EXTENSION]},
            "osProfile": {"computerNamePrefix": str},
        },
    },
}
_REQUIRED = {"networkInterfaceConfigurations": ("name",), "extensions": ("name", "properties")}
_WORDS = {str: "String", int: "Int32", bool: "Boolean", dict: "Dictionary", list: "List"}
_READ_ONLY = ("id", "name", "type", "etag")
_READ_ONLY_PROPERTIES = ("provisioningState", "uniqueId", "timeCreated")
_FIRMWARE = {"secureBootEnabled": True, "vTpmEnabled": True}


def check_types(body: object) -> Json:
    """The body without secrets and nulls (a null is not named), if its known fields have the right types; else 400."""
    if not isinstance(body, dict):
        raise bad_request("Error converting the request body to type 'VirtualMachineScaleSet'.")
    given: Json = _kept(body)
    _check(given, _TYPES, "")
    check_tags(given.get("tags") or {})
    policy: Json = (given.get("properties") or {}).get("upgradePolicy") or {}
    if "mode" in policy:
        # Words of a list are taken in any case, and returned as the list has them (recorded).
        policy["mode"] = policy["mode"].capitalize()
    if policy.get("mode") not in (None, "Manual", "Automatic", "Rolling"):
        raise invalid_parameter("upgradePolicy.mode", "The value of parameter upgradePolicy.mode is invalid.")
    if not 0 <= (given.get("sku") or {}).get("capacity", 0) <= MAX_CAPACITY:
        raise invalid_parameter("sku.capacity", "The value of parameter sku.capacity is invalid.")
    return given


def as_object(body: object) -> Json:
    """The body, if it is an object; else 400."""
    if not isinstance(body, dict):
        raise bad_request("Error converting the request body to an object.")
    return body


def without_nulls(body: object) -> Json:
    """The body without secrets and nulls; 400 where it is not an object."""
    given: Json = _kept(as_object(body))
    return given


def _kept(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _kept(item) for name, item in value.items() if item is not None and name not in SECRETS}
    if isinstance(value, list):
        return [_kept(item) for item in value if item is not None]
    return value


def _check(value: Any, expected: Any, path: str) -> None:
    match expected:
        case dict() if isinstance(value, str) and path.endswith(".settings"):
            # The settings of an extension may be a text that holds the object (recorded).
            return
        case dict():
            _check_type(value, dict, path)
            for name, inner in expected.items():
                if name in value:
                    _check(value[name], inner, f"{path}.{name}".lstrip("."))
        case list():
            _check_type(value, list, path)
            for index, item in enumerate(value):
                _check(item, expected[0], f"{path}[{index}]")
                for name in _REQUIRED.get(path.rpartition(".")[2], ()):
                    if name not in item:
                        target = f"{path}[{index}].{name}"
                        raise invalid_parameter(target, f"Required parameter '{target}' is missing (null).")
        case _:
            _check_type(value, expected, path)


def _check_type(value: Any, kind: type, path: str) -> None:
    # Exactly the type: a boolean is not a number.
    if type(value) is not kind:
        raise bad_request(f"Error converting value to type '{_WORDS[kind]}'. Path '{path}'.")


def merge_patch(document: Json, patch: Json) -> Json:
    """The document after a PATCH: objects below ``properties`` are merged, all else is replaced (tags: reported)."""
    result = copy.deepcopy(document)
    patch = without_read_only(patch)
    for name, value in patch.items():
        if name in _READ_ONLY or name == "location":
            continue
        if name == "properties":
            _merge(result["properties"], value)
        elif name == "sku":
            result["sku"] = {**result.get("sku", {}), **value}
        else:
            result[name] = value
    patched = (patch.get("properties") or {}).get("virtualMachineProfile") or {}
    _drop_other_kinds(result, patched.get("storageProfile") or {})
    return result


def without_read_only(body: Json) -> Json:
    """A copy without the read-only properties that clients send back with what they read."""
    result = copy.deepcopy(body)
    properties: Json = result.get("properties") or {}
    for name in _READ_ONLY_PROPERTIES:
        properties.pop(name, None)
    profile: Json = properties.get("virtualMachineProfile") or {}
    profile.pop("timeCreated", None)
    ((profile.get("storageProfile") or {}).get("imageReference") or {}).pop("exactVersion", None)
    return result


def _merge(target: Json, patch: Json) -> None:
    for name, value in patch.items():
        if isinstance(value, dict) and isinstance(target.get(name), dict):
            _merge(target[name], value)
        else:
            target[name] = copy.deepcopy(value)


def _drop_other_kinds(document: Json, patched: Json) -> None:
    """A patched image of one kind leaves no fields of another kind behind."""
    storage: Json = (document["properties"].get("virtualMachineProfile") or {}).get("storageProfile") or {}
    given = patched.get("imageReference") or {}
    for kind in (("id",), ("sharedGalleryImageId",), ("communityGalleryImageId",), PLATFORM_FIELDS):
        if any(name in given for name in kind):
            storage["imageReference"] = {
                name: value for name, value in storage["imageReference"].items() if name in kind
            }
            (storage.get("osDisk") or {}).pop("image", None)
            return
    if ((patched.get("osDisk") or {}).get("image") or {}).get("uri"):
        storage.pop("imageReference", None)


def replace(document: Json, body: Json) -> Json:
    """The document after a PUT: what it leaves out, at the top or of the properties, stays (recorded; tags guessed)."""
    result = without_read_only(body)
    for name in _READ_ONLY:
        result.pop(name, None)
    properties: Json = {name: value for name, value in (result.get("properties") or {}).items() if value is not None}
    before: Json = document.get("properties") or {}
    given = {name: value for name, value in result.items() if value is not None}
    profile: Json = properties.get("virtualMachineProfile") or {}
    _complete_image(
        profile.get("storageProfile"), (before.get("virtualMachineProfile") or {}).get("storageProfile") or {}
    )
    merged = {**copy.deepcopy(before), **properties}
    if "scheduledEventsPolicy" in before and "scheduledEventsPolicy" in properties:
        merged["scheduledEventsPolicy"] = copy.deepcopy(before["scheduledEventsPolicy"])
        _merge(merged["scheduledEventsPolicy"], properties["scheduledEventsPolicy"])
    if profile and before.get("virtualMachineProfile"):
        merged["virtualMachineProfile"] = _merged_profile(before["virtualMachineProfile"], profile)
    return {**copy.deepcopy(document), **given, "properties": merged}


def _merged_profile(before: Json, given: Json) -> Json:
    """The profile after a PUT: what it leaves out stays, at any depth (recorded); lists and images are replaced."""
    result = copy.deepcopy(before)
    storage = given.get("storageProfile") or {}
    if storage:
        result.get("storageProfile", {}).pop("imageReference", None)
        (result.get("storageProfile", {}).get("osDisk") or {}).pop("image", None)
    _merge(result, given)
    if (storage.get("osDisk") or {}).get("diffDiskSettings") == {}:
        # The one that is emptied by being empty (recorded).
        result["storageProfile"]["osDisk"].pop("diffDiskSettings")
    diagnostics = (given.get("diagnosticsProfile") or {}).get("bootDiagnostics")
    if diagnostics and diagnostics.get("enabled") and "storageUri" not in diagnostics:
        # Switched on without an account of one's own they use the service's (recorded).
        result["diagnosticsProfile"]["bootDiagnostics"].pop("storageUri", None)
    return result


def _complete_image(storage: Json | None, before: Json) -> None:
    """What a PUT leaves out of the image stays: all of it (recorded), or what is not the version (documented).

    The Azure CLI takes the image out of the model that it writes back, "to avoid unnecessary permission check", and
    ``--set ...imageReference.version=`` then sends the version alone.
    """
    old = before.get("imageReference")
    if not storage or not old or ((storage.get("osDisk") or {}).get("image") or {}).get("uri"):
        return
    given = storage.get("imageReference") or {}
    if not given or (set(given) <= set(PLATFORM_FIELDS) and set(old) <= set(PLATFORM_FIELDS)):
        storage["imageReference"] = {**old, **given}


def image_fields(image: scenario.ModelImage) -> Json:
    """The ``imageReference`` for a scenario's image; empty for a VHD."""
    fields = {
        "publisher": image.publisher,
        "offer": image.offer,
        "sku": image.sku,
        "version": image.version,
        "id": image.id,
        "sharedGalleryImageId": image.shared_gallery_image_id,
        "communityGalleryImageId": image.community_gallery_image_id,
    }
    return {name: value for name, value in fields.items() if value is not None}


def storage_profile(image: scenario.ModelImage, os_type: str, name: str) -> Json:
    """The storage profile of a set or an instance on ``image``."""
    disk: Json = {"osType": os_type, "createOption": "FromImage", "caching": "ReadWrite"}
    if image.uri is not None:
        account = image.uri.split("/")[2]
        disk = {**disk, "name": name, "image": {"uri": image.uri}, "vhdContainers": [f"https://{account}/vhds"]}
        return {"osDisk": disk}
    disk = {**disk, "managedDisk": {"storageAccountType": "Premium_LRS"}, "diskSizeGB": 30}
    return {"osDisk": disk, "imageReference": image_fields(image)}


def first_model(spec: scenario.ScaleSet, location: str, subscription: str, os_type: str) -> Json:
    """The model of a scenario's scale set, without what the simulation keeps apart (etag, states, times)."""
    group = f"/subscriptions/{subscription}/resourceGroups/{spec.resource_group}"
    network = f"{group}/providers/Microsoft.Network"
    linux: Json = {"disablePasswordAuthentication": True, "provisionVMAgent": True}
    windows: Json = {"provisionVMAgent": True, "enableAutomaticUpdates": False}
    pool = f"{network}/loadBalancers/{spec.name}LB/backendAddressPools/{spec.name}LBBEPool"
    profile: Json = {
        "osProfile": {
            "computerNamePrefix": spec.name[:9],
            "adminUsername": "azureuser",
            **({"linuxConfiguration": linux} if os_type == "Linux" else {"windowsConfiguration": windows}),
            "secrets": [],
            "allowExtensionOperations": True,
            "requireGuestProvisionSignal": True,
        },
        "storageProfile": storage_profile(spec.image, os_type, spec.name),
        "networkProfile": {
            **(
                {"healthProbe": {"id": f"{network}/loadBalancers/{spec.name}LB/probes/health"}}
                if spec.health.source == "probe"
                else {}
            ),
            "networkInterfaceConfigurations": [
                {
                    "name": f"{spec.name}Nic",
                    "properties": {
                        "primary": True,
                        "enableIPForwarding": False,
                        "dnsSettings": {"dnsServers": []},
                        "ipConfigurations": [
                            {
                                "name": f"{spec.name}IPConfig",
                                "properties": {
                                    "subnet": {
                                        "id": f"{network}/virtualNetworks/{spec.name}VNET/subnets/{spec.name}Subnet"
                                    },
                                    "privateIPAddressVersion": "IPv4",
                                    "loadBalancerBackendAddressPools": [{"id": pool}],
                                },
                            }
                        ],
                    },
                }
            ],
        },
    }
    extensions = [_extension(item) for item in spec.extensions]
    if spec.health.source == "extension":
        extensions.append(_health_extension(spec.health, os_type))
    if extensions:
        profile["extensionProfile"] = {"extensions": extensions}
    if spec.security_type is not None:
        firmware = {} if spec.security_type == "Standard" else {"uefiSettings": _FIRMWARE}
        profile["securityProfile"] = {**firmware, "securityType": spec.security_type}
    if spec.os_image_notification:
        notification = {"enable": True, "notBeforeTimeout": "PT15M"}
        profile["scheduledEventsProfile"] = {"osImageNotificationProfile": notification}
    if spec.spot is not None:
        profile |= {"priority": "Spot", "evictionPolicy": spec.spot, "billingProfile": {"maxPrice": -1.0}}
    policy: Json = {"mode": spec.upgrade_policy.mode}
    if spec.upgrade_policy.mode == "Rolling" or spec.upgrade_policy.automatic_os_upgrade:
        policy["rollingUpgradePolicy"] = {
            "maxBatchInstancePercent": spec.upgrade_policy.max_batch_percent,
            "maxUnhealthyInstancePercent": spec.upgrade_policy.max_unhealthy_percent,
            "maxUnhealthyUpgradedInstancePercent": spec.upgrade_policy.max_unhealthy_upgraded_percent,
            "pauseTimeBetweenBatches": spec.upgrade_policy.pause,
        }
    if spec.upgrade_policy.automatic_os_upgrade:
        policy["automaticOSUpgradePolicy"] = {"enableAutomaticOSUpgrade": True, "disableAutomaticRollback": False}
    properties: Json = {
        "singlePlacementGroup": spec.placement_groups == 1 and not spec.zones and spec.orchestration_mode == "Uniform",
        "orchestrationMode": spec.orchestration_mode,
        "upgradePolicy": policy,
        "virtualMachineProfile": profile,
        "platformFaultDomainCount": spec.fault_domains,
    }
    if spec.orchestration_mode == "Uniform":
        properties["overprovision"] = spec.overprovision
        properties["doNotRunExtensionsOnOverprovisionedVMs"] = False
    if spec.automatic_repairs is not None:
        properties["automaticRepairsPolicy"] = {
            "enabled": spec.automatic_repairs.enabled,
            "gracePeriod": spec.automatic_repairs.grace_period,
            "repairAction": spec.automatic_repairs.action,
        }
    model: Json = {
        "name": spec.name,
        "id": f"{group}/providers/{COMPUTE}/virtualMachineScaleSets/{spec.name}",
        "type": f"{COMPUTE}/virtualMachineScaleSets",
        "location": location,
        "tags": dict(spec.tags),
        "sku": {"name": spec.vm_size, "tier": "Standard", "capacity": 0},
        "properties": properties,
    }
    if spec.zones:
        model["zones"] = list(spec.zones)
    return model


def _extension(spec: scenario.Extension) -> Json:
    return {
        "name": spec.name,
        "properties": {
            "autoUpgradeMinorVersion": True,
            "publisher": spec.publisher,
            "type": spec.type,
            "typeHandlerVersion": spec.version,
            "settings": spec.settings,
        },
    }


def _health_extension(health: scenario.Health, os_type: str) -> Json:
    settings: Json = {"protocol": health.protocol, "port": health.port, "intervalInSeconds": health.interval}
    if health.protocol != "tcp":
        settings["requestPath"] = health.path
    if health.rich:
        settings["gracePeriod"] = health.grace_period
    kind = f"ApplicationHealth{os_type}"
    return _extension(
        scenario.Extension(
            name=kind,
            publisher="Microsoft.ManagedServices",
            type=kind,
            version="2.0" if health.rich else "1.0",
            settings=settings,
        )
    )
