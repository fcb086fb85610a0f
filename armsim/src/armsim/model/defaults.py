# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What the service adds to the model of a scale set: values that a write leaves open (recorded).

A model is completed in full; what an api-version does not know is left out when it is shown (``dialect``).
"""

from __future__ import annotations

import copy
import random
from typing import Any

from armsim.common.wire import Json, guid

_WINDOWS = {"provisionVMAgent": True, "enableAutomaticUpdates": True}
_LINUX = {"disablePasswordAuthentication": False, "provisionVMAgent": True}
_ROLLING = {
    "maxBatchInstancePercent": 20,
    "maxUnhealthyInstancePercent": 20,
    "maxUnhealthyUpgradedInstancePercent": 20,
    "pauseTimeBetweenBatches": "PT0S",
    "maxSurge": False,
    "rollbackFailedInstancesOnPolicyBreach": False,
}
_AUTOMATIC_OS_UPGRADE = {"useRollingUpgradePolicy": False, "disableAutomaticRollback": False}
_REPAIRS = {"gracePeriod": "PT10M", "repairAction": "Replace"}
_INTERFACE: Json = {"disableTcpStateTracking": False, "dnsSettings": {"dnsServers": []}, "enableIPForwarding": False}
_POOLS = ("loadBalancerBackendAddressPools", "loadBalancerInboundNatPools")
_APPLICATION = {
    "manuallyManaged": False,
    "treatFailureAsDeploymentFailure": False,
    "enableAutomaticUpgrade": False,
}
_ULTRA = {"diskIOPSReadWrite": 800, "diskMBpsReadWrite": 102}
_USER_INITIATED = ("userInitiatedReboot", "userInitiatedRedeploy")
_INSTALLER = "VMAppExtension"
_DISK_SIZE = {"Linux": 30, "Windows": 127}


def new_model(body: Json, os_type: str) -> Json:
    """The model that a PUT makes: what is decided once, at the creation, and all that ``complete`` adds."""
    model = copy.deepcopy(body)
    properties: Json = model.setdefault("properties", {})
    if not model.get("zones"):
        # None is the same as no word about zones (recorded).
        model.pop("zones", None)
    flexible = properties.setdefault("orchestrationMode", "Uniform") == "Flexible"
    if "virtualMachineProfile" in properties or not flexible:
        properties.setdefault("upgradePolicy", {"mode": "Manual"})
    _add(properties, {"singlePlacementGroup": not flexible, "platformFaultDomainCount": 1 if flexible else 5})
    if not flexible:
        _add(properties, {"overprovision": True, "doNotRunExtensionsOnOverprovisionedVMs": False})
        if len(model.get("zones") or []) > 1:
            _add(properties, {"zoneBalance": False})
    for interface in _interfaces(model):
        interface.setdefault("properties", {}).setdefault("enableAcceleratedNetworking", False)
    return complete(model, os_type)


def complete(body: Json, os_type: str) -> Json:
    """A copy of a model with everything that a write may omit."""
    model = copy.deepcopy(body)
    # Of mixed sizes there is no tier.
    if model.get("sku") and model["sku"].get("name") != "Mix":
        _add(model["sku"], {"tier": "Standard"})
    properties = model["properties"]
    policy = properties.get("upgradePolicy") or {}
    if "rollingUpgradePolicy" in policy or policy.get("mode") == "Rolling":
        _add(policy.setdefault("rollingUpgradePolicy", {}), _ROLLING)
    if (policy.get("automaticOSUpgradePolicy") or {}).get("enableAutomaticOSUpgrade"):
        _add(policy["automaticOSUpgradePolicy"], _AUTOMATIC_OS_UPGRADE)
    if "automaticRepairsPolicy" in properties:
        _add(properties["automaticRepairsPolicy"], _REPAIRS)
    if "scheduledEventsPolicy" in properties:
        _complete_events(properties)
    profile = properties.get("virtualMachineProfile")
    if profile:
        _complete_profile(profile, os_type)
    for interface in _interfaces(model):
        _complete_interface(interface)
    return model


def identified(model: Json, tenant_id: str) -> Json:
    """A copy of a model whose identities have ids, the same for the same names; type ``None`` takes it away."""
    given: Json = model.get("identity") or {}
    if str(given.get("type")) == "None":
        return {name: value for name, value in model.items() if name != "identity"}
    identity = copy.deepcopy(given)
    if "SystemAssigned" in str(identity.get("type")):
        _add(identity, {"principalId": guid(random.Random(f"{model['id'].lower()}/principal")), "tenantId": tenant_id})
    for name, assigned in (identity.get("userAssignedIdentities") or {}).items():
        rng = random.Random(name.lower())
        _add(assigned, {"clientId": guid(rng), "principalId": guid(rng)})
    return {**model, "identity": identity} if identity else model


def _complete_profile(profile: Json, os_type: str) -> None:
    system = profile.setdefault("osProfile", {}) if "osProfile" in profile else {}
    kind, values = ("windowsConfiguration", _WINDOWS) if os_type == "Windows" else ("linuxConfiguration", _LINUX)
    _add(system.setdefault(kind, {}), values)
    _add(system, {"secrets": [], "allowExtensionOperations": True, "requireGuestProvisionSignal": True})
    disk = profile.setdefault("storageProfile", {}).setdefault("osDisk", {})
    _add(disk, {"osType": os_type, "createOption": "FromImage", "caching": "None"})
    if "diffDiskSettings" in disk:
        _add(disk["diffDiskSettings"], {"placement": "CacheDisk"})
    if "option" not in disk.get("diffDiskSettings", {"option": ""}):
        del disk["diffDiskSettings"]
    if profile.get("userData") == "":
        # An empty text takes it away (recorded).
        del profile["userData"]
    if not disk.get("vhdContainers"):
        _add(disk.setdefault("managedDisk", {}), {"storageAccountType": "Standard_LRS"})
        _add(disk, {"diskSizeGB": _DISK_SIZE[os_type]})
    for data_disk in profile["storageProfile"].get("dataDisks") or []:
        if not disk.get("vhdContainers"):
            _add(data_disk.setdefault("managedDisk", {}), {"storageAccountType": "Standard_LRS"})
        ultra = (data_disk.get("managedDisk") or {}).get("storageAccountType") == "UltraSSD_LRS"
        _add(data_disk, {"caching": "None", **(_ULTRA if ultra else {})})
    security: Json = profile.get("securityProfile") or {}
    if security.get("securityType") == "Standard":
        # The service reports it by leaving security out (recorded).
        profile["securityProfile"] = {}
    elif security.get("uefiSettings"):
        _add(security, {"securityType": "TrustedLaunch"})
    _complete_notification(profile.get("scheduledEventsProfile") or {})
    _complete_applications(profile, os_type)
    if "extensionProfile" in profile:
        for extension in profile["extensionProfile"].setdefault("extensions", []):
            _add(extension["properties"], {"autoUpgradeMinorVersion": False})


def _complete_events(properties: Json) -> None:
    """What is named of the policy of scheduled events is off by default; when all is off, it is gone (recorded)."""
    policy: Json = properties["scheduledEventsPolicy"]
    for name in _USER_INITIATED:
        if name in policy:
            _add(policy[name], {"automaticallyApprove": False})
    grid = (policy.get("scheduledEventsAdditionalPublishingTargets") or {}).get("eventGridAndResourceGraph")
    if grid is not None:
        _add(grid, {"enable": False})
    switches = [policy[name]["automaticallyApprove"] for name in _USER_INITIATED if name in policy]
    if not any((*switches, (grid or {}).get("enable"))):
        del properties["scheduledEventsPolicy"]


def _complete_notification(events: Json) -> None:
    """A notification is on where it is named, and gone when it is switched off."""
    for name in ("terminateNotificationProfile", "osImageNotificationProfile"):
        notification = events.get(name)
        if notification is None:
            continue
        if notification.get("enable") is False:
            del events[name]
        else:
            notification["enable"] = True


def _complete_applications(profile: Json, os_type: str) -> None:
    """Gallery applications come with an extension that installs them; an empty list of them takes it all away."""
    applications = (profile.get("applicationProfile") or {}).get("galleryApplications")
    if applications == []:
        del profile["applicationProfile"]
    for application in applications or []:
        _add(application, _APPLICATION)
    extensions = profile.setdefault("extensionProfile", {}).setdefault("extensions", []) if applications else []
    if applications and not any(extension["name"] == _INSTALLER for extension in extensions):
        kind = {"publisher": "Microsoft.CPlat.Core", "type": f"VMApplicationManager{os_type}"}
        added = {"autoUpgradeMinorVersion": True, **kind, "typeHandlerVersion": "1.0", "settings": {}}
        extensions.append({"name": _INSTALLER, "properties": added})


def _complete_interface(interface: Json) -> None:
    properties = interface.setdefault("properties", {})
    _add(properties, _INTERFACE)
    for address in properties.get("ipConfigurations") or []:
        _add(address.setdefault("properties", {}), {"privateIPAddressVersion": "IPv4"})
        for name in _POOLS:
            # No pools are the same as no word about them (recorded); of application gateways they are shown.
            if address["properties"].get(name) == []:
                del address["properties"][name]


def _interfaces(model: Json) -> list[Json]:
    network = (model["properties"].get("virtualMachineProfile") or {}).get("networkProfile") or {}
    return list(network.get("networkInterfaceConfigurations") or [])


def _add(target: Json, values: dict[str, Any]) -> None:
    for name, value in values.items():
        target.setdefault(name, copy.deepcopy(value))
