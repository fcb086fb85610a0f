# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""One instance of a scale set, read from the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.masking import masked
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image

# Another operation is running on the instance: wait, then read again.
BUSY_STATES = frozenset({"creating", "updating", "migrating"})
GONE_STATE = "deleting"
# Azure gives it to the virtual machines that it makes from a Flexible set's model (documented, recorded).
PROFILE_TAG = "VirtualMachineProfileTimeCreated"


@dataclass(frozen=True)
class Instance:
    """What the collection needs to know of an instance.

    `power` is the last part of the power state (`running`, `stopped`, `deallocated`, ...), `health` that of the
    reported health state (`healthy`, `unhealthy`, `unknown`, `initializing`), both in lower case and None where Azure
    reports nothing. `health_time` is the time of that report as Azure wrote it. `latest_model` is None on Flexible
    sets, which do not know it. `protected` is from actions of the scale set. `failure` is the error status of a failed
    instance, in Azure's words. `state_since` is the time of the provisioning state, where Azure reports one (documented
    as optional; no recorded instance in progress has it), and of an instance that is being made the time of its
    creation; None where nothing shows it. `tags` are its own and those of the scale set.

    `os_type` is that of the OS disk, and `disk_attached` whether that disk existed before the instance. `profile_time`
    is the mark of what was made from a Flexible set's model. `attached` is why the instance counts as attached to
    the set, not made from its model, and so is not part of a rollout (`_model/origin.py`).
    """

    instance_id: str
    name: str
    image: Image
    zone: str | None = None
    placement_group: str | None = None
    update_domain: int | None = None
    fault_domain: int | None = None
    provisioning_state: str = ""
    power: str | None = None
    health: str | None = None
    health_time: str | None = None
    agent_ready: bool | None = None
    latest_model: bool | None = None
    own_model: bool = False
    protected: bool = False
    protected_from_scale_in: bool = False
    vm_id: str | None = None
    failure: str | None = None
    state_since: str | None = None
    os_type: str | None = None
    disk_attached: bool = False
    profile_time: str | None = None
    attached: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> Instance:
        """From an entry of a scale set's instance list, or from a virtual machine of a Flexible set."""
        properties = body.get("properties") or {}
        view = properties.get("instanceView") or {}
        codes = [str(status.get("code") or "") for status in view.get("statuses") or []]
        health = (view.get("vmHealth") or {}).get("status") or {}
        protection = properties.get("protectionPolicy") or {}
        zones = [str(zone) for zone in body.get("zones") or [] if zone]
        storage = properties.get("storageProfile") or {}
        disk = storage.get("osDisk") or {}
        tags = {str(name): str(value) for name, value in (body.get("tags") or {}).items()}
        return cls(
            instance_id=str(body.get("instanceId") or body.get("name") or ""),
            name=str(body.get("name") or ""),
            image=Image.from_storage_profile(storage),
            zone=zones[0] if zones else None,
            placement_group=view.get("placementGroupId"),
            update_domain=view.get("platformUpdateDomain"),
            fault_domain=view.get("platformFaultDomain"),
            provisioning_state=str(properties.get("provisioningState") or ""),
            power=next((_last(code) for code in codes if code.lower().startswith("powerstate/")), None),
            health=_last(str(health["code"])) if health.get("code") else None,
            health_time=health.get("time"),
            agent_ready=_agent_ready(view),
            latest_model=properties.get("latestModelApplied"),
            own_model=str(properties.get("modelDefinitionApplied") or "").lower() == "virtualmachine",
            protected=bool(protection.get("protectFromScaleSetActions")),
            protected_from_scale_in=bool(protection.get("protectFromScaleIn")),
            vm_id=properties.get("vmId"),
            failure=_failure(view),
            state_since=_state_since(properties, view),
            os_type=disk.get("osType"),
            disk_attached=str(disk.get("createOption") or "").lower() == "attach",
            profile_time=next((value for name, value in tags.items() if name.lower() == PROFILE_TAG.lower()), None),
            tags=tags,
        )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Instance:
        """From a record of RV(ansible_facts.vmss.instances); keys that other code added are passed over."""
        known = {one.name for one in fields(cls)} - {"image"}
        return cls(
            image=Image.from_dict(data.get("image") or {}),
            **{name: value for name, value in data.items() if name in known},
        )

    def to_dict(self) -> dict[str, Any]:
        """A plain record for facts and results."""
        return {**vars(self), "tags": dict(self.tags), "image": self.image.to_dict()}

    @property
    def busy(self) -> bool:
        """Whether another operation is running on it."""
        return self.provisioning_state.lower() in BUSY_STATES

    @property
    def failed(self) -> bool:
        """Whether the last operation on it failed; it may serve all the same."""
        return self.provisioning_state.lower() == "failed"

    @property
    def leaving(self) -> bool:
        """Whether it is being deleted: no longer part of the set's capacity."""
        return self.provisioning_state.lower() == GONE_STATE

    @property
    def deallocated(self) -> bool:
        """Whether it was stopped on purpose; what an upgrade does to it is not documented."""
        return self.power in ("deallocated", "deallocating", "stopped", "stopping") and not self.busy


def _last(code: str) -> str:
    return code.rsplit("/", 1)[-1].lower()


def _state_since(properties: Mapping[str, Any], view: Mapping[str, Any]) -> str | None:
    for status in view.get("statuses") or []:
        if str(status.get("code") or "").lower().startswith("provisioningstate/") and status.get("time"):
            return str(status["time"])
    creating = str(properties.get("provisioningState") or "").lower() == "creating"
    return str(properties["timeCreated"]) if creating and properties.get("timeCreated") else None


def _agent_ready(view: Mapping[str, Any]) -> bool | None:
    # The first status of the agent reads Ready or Not Ready (documented in the API description's examples).
    statuses = (view.get("vmAgent") or {}).get("statuses") or []
    return str(statuses[0].get("code") or "").lower() == "provisioningstate/succeeded" if statuses else None


def _failure(view: Mapping[str, Any]) -> str | None:
    for status in view.get("statuses") or []:
        code = str(status.get("code") or "")
        if code.lower().startswith("provisioningstate/failed"):
            words = (code.split("/", 1)[1], status.get("message"))
            return masked(": ".join(str(text) for text in words if text))
    return None
