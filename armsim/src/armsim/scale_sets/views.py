# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What the service answers about scale sets and instances: JSON made from the state, in the recorded shapes."""

from __future__ import annotations

from collections import Counter

from armsim.common.wire import COMPUTE, PROFILE_TAG, Calendar, Json, computer_name, etag
from armsim.instances.instance import Instance
from armsim.protocol import dialect
from armsim.scale_sets import encryption
from armsim.scale_sets.disks import data_disk_names, disk_name, is_managed, storage_profile
from armsim.scale_sets.scale_set import REPAIRS, ScaleSet

_POWER_WORDS = {
    "creating": "VM creating",
    "starting": "VM starting",
    "running": "VM running",
    "stopping": "VM stopping",
    "stopped": "VM stopped",
    "deallocating": "VM deallocating",
    "deallocated": "VM deallocated",
}
_HEALTH = {
    "healthy": ("Info", "The VM is reporting itself as healthy"),
    "unhealthy": ("Error", "The VM is reporting itself as unhealthy or is unreachable"),
    "unknown": ("Warning", "The VM's health state is unknown"),
    "initializing": ("Info", "The VM is initializing"),
}
# An instance has these as its model has them (recorded).
_OF_PROFILE = ("priority", "evictionPolicy", "billingProfile", "securityProfile", "licenseType")


class Views:
    """Renders resources for one simulation's calendar."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar

    # --- the set ----------------------------------------------------------------------------------------------------

    def scale_set(self, scale_set: ScaleSet, api_version: str, *, user_data: bool = False) -> Json:
        """The set; the user data of its model is returned only where the request names it (documented)."""
        document = scale_set.document
        properties = dict(document["properties"])
        if properties.get("virtualMachineProfile") is not None:
            profile = properties["virtualMachineProfile"]
            properties["virtualMachineProfile"] = {
                **{name: value for name, value in profile.items() if user_data or name != "userData"},
                "timeCreated": self._calendar.stamp(scale_set.profile_created),
            }
        properties["provisioningState"] = scale_set.provisioning
        properties["uniqueId"] = scale_set.unique_id
        properties["timeCreated"] = self._calendar.stamp(scale_set.created)
        body = {name: value for name, value in document.items() if name != "properties"}
        body["etag"] = etag(scale_set.etag)
        body["properties"] = properties
        return dialect.scale_set(body, api_version)

    def scale_set_instance_view(self, scale_set: ScaleSet) -> Json:
        """Counts by provisioning state (recorded), the set's own state, and the orchestration services."""
        instances = scale_set.instances.values()
        counts = Counter(self._provisioning_code(instance) for instance in instances)
        extensions = (scale_set.model.profile.get("extensionProfile") or {}).get("extensions") or []
        state = scale_set.provisioning
        words = {"Succeeded": "Provisioning succeeded", "Failed": "Provisioning failed"}
        services = [{"serviceName": REPAIRS, "serviceState": scale_set.repairs_state}]
        return {
            "virtualMachine": {"statusesSummary": [{"code": code, "count": counts[code]} for code in sorted(counts)]},
            **(
                {
                    "extensions": [
                        {
                            "name": extension["name"],
                            "statusesSummary": [{"code": code, "count": counts[code]} for code in sorted(counts)],
                        }
                        for extension in extensions
                    ]
                }
                if extensions
                else {}
            ),
            "statuses": [
                {
                    "code": f"ProvisioningState/{state.lower()}",
                    "level": "Error" if state == "Failed" else "Info",
                    "displayStatus": words.get(state, state),
                    **({} if state == "Updating" else {"time": self._calendar.stamp(scale_set.settled)}),
                }
            ],
            # Only where repairs are configured (recorded: 3 of 81).
            **({"orchestrationServices": services} if scale_set.repairs_configured else {}),
        }

    # --- instances of a Uniform set ---------------------------------------------------------------------------------

    def instance_id(self, scale_set: ScaleSet, instance: Instance) -> str:
        """The resource group is in capitals, as in most recorded answers."""
        parts = scale_set.id.split("/")
        parts[4] = parts[4].upper()
        return f"{'/'.join(parts)}/virtualMachines/{instance.id}"

    def instance(
        self,
        scale_set: ScaleSet,
        instance: Instance,
        now: float,
        api_version: str,
        *,
        view: bool,
        user_data: bool = False,
    ) -> Json:
        """An instance; its user data is returned where the request names it, as that of the model is."""
        reports, instance = instance, instance.as_shown()
        profile = instance.model.profile
        resource_id = self.instance_id(scale_set, instance)
        protection = {
            "protectFromScaleIn": instance.protect_from_scale_in,
            "protectFromScaleSetActions": instance.protect_from_scale_set_actions,
        }
        interfaces = (profile.get("networkProfile") or {}).get("networkInterfaceConfigurations") or []
        properties: Json = {
            "latestModelApplied": instance.applies(scale_set.model),
            "modelDefinitionApplied": "VirtualMachine" if instance.own_definition else "VirtualMachineScaleSet",
            "networkProfileConfiguration": {"networkInterfaceConfigurations": interfaces},
            "provisioningState": instance.provisioning,
            **({"hardwareProfile": {"vmSize": instance.model.sku}} if is_managed(instance) else {}),
            # The instances of a set that does not delete them resiliently show that (recorded).
            "resilientVMDeletionStatus": "Disabled",
            "vmId": instance.vm_id,
            "storageProfile": storage_profile(scale_set, instance),
            **_price(profile),
            **{name: profile[name] for name in _OF_PROFILE if name in profile},
            "osProfile": {**(profile.get("osProfile") or {}), "computerName": self._computer_name(instance)},
            "networkProfile": {
                "networkInterfaces": [
                    {"id": f"{resource_id}/networkInterfaces/{interface['name']}"} for interface in interfaces
                ]
            },
            "timeCreated": self._calendar.stamp(instance.created),
        }
        properties["osProfile"].pop("computerNamePrefix", None)
        # Once a client has written it, an unprotected instance reports it, too (recorded).
        if any(protection.values()) or instance.protection_written:
            properties["protectionPolicy"] = protection
        if user_data and profile.get("userData"):
            properties["userData"] = profile["userData"]
        if view:
            properties["instanceView"] = self.instance_view(reports, now)
        body: Json = {
            "name": instance.name,
            "id": resource_id,
            "type": f"{COMPUTE}/virtualMachineScaleSets/virtualMachines",
            "location": scale_set.location,
            **_tags(scale_set, instance),
            "instanceId": instance.id,
            "sku": {"name": instance.model.sku, "tier": "Standard"},
        }
        if instance.place.zone is not None:
            body["zones"] = [instance.place.zone]
        body["properties"] = properties
        body["etag"] = etag(instance.etag)
        group = scale_set.id.split("/providers/")[0]
        owner = f"{group}/providers/{COMPUTE}/virtualMachines/{instance.name}"
        return dialect.instance({**body, **self._resources(scale_set, instance, owner)}, api_version)

    def selected_instance(self, scale_set: ScaleSet, instance: Instance, now: float, *, view: bool) -> Json:
        """An entry under ``$select=instanceView``: what was not selected is a default, so `latestModelApplied` lies."""
        properties: Json = {"latestModelApplied": False}
        if view:
            properties["instanceView"] = self.instance_view(instance, now)
        properties["provisioningState"] = instance.provisioning
        properties["hardwareProfile"] = {}
        return {
            "id": self.instance_id(scale_set, instance),
            "instanceId": instance.id,
            "properties": properties,
        }

    def bare_instance(self, scale_set: ScaleSet, instance: Instance) -> Json:
        """An entry of the list below a Flexible set: no ``properties`` (recorded)."""
        return {
            "name": instance.name,
            "id": f"{scale_set.id}/virtualMachines/{instance.id}",
            "type": f"{COMPUTE}/virtualMachineScaleSets/virtualMachines",
            "location": scale_set.location,
            "instanceId": instance.id,
            "zones": [None],
        }

    def instance_view(self, instance: Instance, now: float) -> Json:
        place = instance.place
        view: Json = {}
        if place.placement_group is not None:
            view["placementGroupId"] = place.placement_group
        if place.update_domain is not None:
            view["platformUpdateDomain"] = place.update_domain
        if place.fault_domain is not None:
            view["platformFaultDomain"] = place.fault_domain
        agent_time = instance.shown_agent_time(now)
        if agent_time is not None:
            view["computerName"] = self._computer_name(instance)
            view["osName"] = instance.image.os_name
            view["osVersion"] = instance.image.os_version
        if instance.power != "deallocated":
            view["vmAgent"] = self._agent(instance, agent_time, now)
        report = instance.shown_health(now)
        if report is not None:
            level, words = _HEALTH[report[0]]
            view["vmHealth"] = {
                "status": {
                    "code": f"HealthState/{report[0]}",
                    "level": level,
                    "displayStatus": words,
                    "time": self._calendar.stamp(report[1]),
                }
            }
        extensions = self._extensions(instance) if agent_time is not None else []
        disks: list[Json] = [
            {"name": name, "statuses": [self._succeeded(instance.changed)]}
            for name in (disk_name(instance), *data_disk_names(instance))
        ]
        view["disks"] = encryption.shown(disks, extensions)
        if extensions:
            view["extensions"] = [
                {
                    "name": extension["name"],
                    "type": f"{extension['properties']['publisher']}.{extension['properties']['type']}",
                    "typeHandlerVersion": extension["properties"].get("typeHandlerVersion", "1.0"),
                    "statuses": [self._extension_status(instance, extension)],
                }
                for extension in extensions
            ]
        diagnostics = instance.model.profile.get("diagnosticsProfile") or {}
        if (diagnostics.get("bootDiagnostics") or {}).get("enabled"):
            view["bootDiagnostics"] = _boot_diagnostics(instance, diagnostics["bootDiagnostics"])
        view["hyperVGeneration"] = "V2"
        view["statuses"] = [
            self._provisioning_status(instance),
            {"code": f"PowerState/{instance.power}", "level": "Info", "displayStatus": _POWER_WORDS[instance.power]},
        ]
        if instance.hibernated:
            # Documented; no recording shows it.
            view["statuses"].append(
                {"code": "HibernationState/Hibernated", "level": "Info", "displayStatus": "VM hibernated"}
            )
        return view

    # --- virtual machines of a Flexible set -------------------------------------------------------------------------

    def virtual_machine(
        self, scale_set: ScaleSet, instance: Instance, now: float, api_version: str, *, view: bool
    ) -> Json:
        reports, instance = instance, instance.as_shown()
        resource_id = self.virtual_machine_id(scale_set, instance)
        profile = instance.model.profile
        interfaces = (profile.get("networkProfile") or {}).get("networkInterfaceConfigurations") or []
        group = f"{scale_set.id.split('/providers/')[0]}/providers/Microsoft.Network"
        properties: Json = {
            "hardwareProfile": {"vmSize": instance.model.sku},
            "provisioningState": instance.provisioning,
            "vmId": instance.vm_id,
            "virtualMachineScaleSet": {"id": scale_set.id},
            "storageProfile": storage_profile(scale_set, instance),
            "osProfile": {**(profile.get("osProfile") or {}), "computerName": self._computer_name(instance)},
            "networkProfile": {
                "networkInterfaces": [
                    {
                        "id": f"{group}/networkInterfaces/{interface['name']}-{instance.disk[:8]}",
                        "properties": {"primary": True, "deleteOption": "Delete"},
                    }
                    for interface in interfaces
                ]
            },
        }
        properties["osProfile"].pop("computerNamePrefix", None)
        if view:
            properties["instanceView"] = self.instance_view(reports, now)
        properties["timeCreated"] = self._calendar.stamp(instance.created)
        body: Json = {
            "name": instance.name,
            "id": resource_id,
            "type": f"{COMPUTE}/virtualMachines",
            "location": scale_set.location,
            **self._marked_tags(scale_set, instance),
        }
        if instance.place.zone is not None:
            body["zones"] = [instance.place.zone]
        body["properties"] = properties
        body["etag"] = etag(instance.etag)
        return dialect.virtual_machine({**body, **self._resources(scale_set, instance, resource_id)}, api_version)

    def _marked_tags(self, scale_set: ScaleSet, instance: Instance) -> Json:
        """With the mark of what was made from the set's model: when that model was written (recorded)."""
        body = _tags(scale_set, instance)
        if instance.attached:
            return body
        written = instance.model.created
        mark = self._calendar.mark(scale_set.created if written is None else written)
        return {"tags": {**body.get("tags", {}), PROFILE_TAG: mark}}

    def virtual_machine_id(self, scale_set: ScaleSet, instance: Instance) -> str:
        return f"{scale_set.id.split('/providers/')[0]}/providers/{COMPUTE}/virtualMachines/{instance.name}"

    # --- parts ------------------------------------------------------------------------------------------------------

    def _resources(self, scale_set: ScaleSet, instance: Instance, owner: str) -> Json:
        """The extensions of an instance as resources below ``owner``; those of Uniform sets, too, are shown as those
        of a virtual machine, and are busy while it is (recorded: 3 of 3).
        """
        state = "Updating" if instance.provisioning == "Updating" else "Succeeded"
        resources = [
            {
                "name": extension["name"],
                "id": f"{owner}/extensions/{extension['name']}",
                "type": f"{COMPUTE}/virtualMachines/extensions",
                "location": scale_set.location,
                "properties": {**extension["properties"], "provisioningState": state},
            }
            for extension in self._extensions(instance)
        ]
        return {"resources": resources} if resources else {}

    def _agent(self, instance: Instance, agent_time: float | None, now: float) -> Json:
        if agent_time is None:
            return {
                "vmAgentVersion": "Unknown",
                "statuses": [
                    {
                        "code": "ProvisioningState/Unavailable",
                        "level": "Warning",
                        "displayStatus": "Not Ready",
                        "message": "VM status blob is found but not yet populated.",
                        "time": self._calendar.stamp(now),
                    }
                ],
            }
        handlers = [
            {
                "type": f"{extension['properties']['publisher']}.{extension['properties']['type']}",
                "typeHandlerVersion": extension["properties"].get("typeHandlerVersion", "1.0"),
                "status": {"code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Ready"},
            }
            for extension in self._extensions(instance)
        ]
        return {
            "vmAgentVersion": "2.11.1.12",
            "statuses": [
                {
                    "code": "ProvisioningState/succeeded",
                    "level": "Info",
                    "displayStatus": "Ready",
                    "message": "Guest Agent is running",
                    "time": self._calendar.stamp(agent_time),
                }
            ],
            "extensionHandlers": handlers,
        }

    def _provisioning_code(self, instance: Instance) -> str:
        if instance.failure is not None:
            return f"ProvisioningState/failed/{instance.failure.code}"
        return f"ProvisioningState/{instance.provisioning.lower()}"

    def _provisioning_status(self, instance: Instance) -> Json:
        code = self._provisioning_code(instance)
        if instance.failure is not None:
            return {
                "code": code,
                "level": "Error",
                "displayStatus": "Provisioning failed",
                "message": instance.failure.message,
                "time": self._calendar.stamp(instance.changed),
            }
        if instance.provisioning == "Succeeded":
            return self._succeeded(instance.changed)
        return {"code": code, "level": "Info", "displayStatus": instance.provisioning}

    def _extension_status(self, instance: Instance, extension: Json) -> Json:
        """That of the encryption of disks has a message and no time (recorded)."""
        status = self._succeeded(instance.changed)
        message = encryption.message(extension)
        if message is not None:
            del status["time"]
            status["message"] = message
        return status

    def _succeeded(self, when: float) -> Json:
        return {
            "code": "ProvisioningState/succeeded",
            "level": "Info",
            "displayStatus": "Provisioning succeeded",
            "time": self._calendar.stamp(when),
        }

    @staticmethod
    def _extensions(instance: Instance) -> list[Json]:
        profile = instance.model.profile.get("extensionProfile") or {}
        return list(profile.get("extensions") or [])

    @staticmethod
    def _computer_name(instance: Instance) -> str:
        prefix = (instance.model.profile.get("osProfile") or {}).get("computerNamePrefix", "vm")
        if instance.id.isdigit():
            return computer_name(prefix, int(instance.id))
        return f"{prefix}{instance.disk[:6].upper()}"


def _boot_diagnostics(instance: Instance, given: Json) -> Json:
    """Where the log and the screenshot are: in the storage account that the model names, else nowhere (recorded)."""
    if not given.get("storageUri"):
        return {}
    name = f"{instance.name}.{instance.vm_id}"
    base = f"{given['storageUri'].rstrip('/')}/bootdiagnostics-{instance.name[:9]}-{instance.vm_id}/{name}"
    return {
        "consoleScreenshotBlobUri": f"{base}.screenshot.bmp",
        "serialConsoleLogBlobUri": f"{base}.serialconsole.log",
    }


def _tags(scale_set: ScaleSet, instance: Instance) -> Json:
    """Those of the set, and the instance's own beside them; where there are none, not even an empty object."""
    tags = {**(scale_set.document.get("tags") or {}), **instance.tags}
    return {"tags": tags} if tags or "tags" in scale_set.document else {}


def _price(profile: Json) -> Json:
    """A Spot instance reports its price limit, even where none was given: no limit (recorded)."""
    return {"billingProfile": {"maxPrice": -1.0}} if profile.get("priority") in ("Spot", "Low") else {}
