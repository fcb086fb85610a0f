# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""PUT of one instance of a Uniform set: its protection, and the disks attached to it alone."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from armsim.actions.instance_actions import act_on_instance
from armsim.common.wire import Json, etag
from armsim.instances.instance import Instance
from armsim.operations.failure import Done, Failure
from armsim.protocol.errors import ArmError, bad_request, precondition_failed
from armsim.scale_sets.disks import attached
from armsim.scale_sets.scale_set import Accepted, ScaleSet


def update_instance(
    scale_set: ScaleSet, instance: Instance, body: object, if_match: str | None, if_none_match: str | None
) -> Accepted:
    """Set the protection of an instance, attach data disks to it, or detach them.

    A body that changes neither is taken, costs nothing and leaves the etag as it is; so is one with other tags or other
    user data, which stay what they were (recorded: 3 of 3).

    Its definition stays the set's, also where the body repeats it, and `latestModelApplied` is what it was (recorded,
    58 of 58). Where the set's ``protection_detaches``, protection makes the definition its own: `latestModelApplied`
    is false from then on, until it is upgraded (reported). A busy instance is refused with 409 `Conflict` (reported).
    """
    properties = _properties(body)
    if if_match is not None and if_match not in ("*", etag(instance.etag)):
        raise precondition_failed("if-match", if_match, etag(instance.etag))
    if if_none_match == "*":
        raise precondition_failed("if-none-match", if_none_match, etag(instance.etag))
    # One PUT right after another is taken (recorded).
    if instance.work is not None and not instance.work.gentle and instance.provisioning != "Deleting":
        raise ArmError(
            409,
            "Conflict",
            "The request failed due to conflict with a concurrent request. To resolve it, please refer to "
            "https://aka.ms/activitylog to get more details on the conflicting requests.",
        )
    before = instance.etag
    accepted = act_on_instance(
        scale_set, "Create or Update VM Scale Set VM", instance, partial(_write, properties=properties)
    )
    if instance.etag == before:
        accepted = replace(accepted, charge=scale_set.charge(0))
    scale_set.world.events.publish("protection_changed", scale_set.name, instance)
    instance.own_definition |= scale_set.protection_detaches and "protectionPolicy" in properties
    return accepted


def _write(scale_set: ScaleSet, instance: Instance, done: Done, *, properties: Json) -> None:
    before = _written(instance)
    protection = properties.get("protectionPolicy") or {}
    instance.protect_from_scale_in = bool(protection.get("protectFromScaleIn"))
    instance.protect_from_scale_set_actions = bool(protection.get("protectFromScaleSetActions"))
    instance.protection_written |= bool(protection)
    wanted = attached(properties.get("storageProfile") or {})
    if wanted is not None:
        # What is being detached is shown, marked, until it is off (recorded).
        leaving = [
            disk for disk in instance.attached_disks if disk.get("lun") not in {one.get("lun") for one in wanted}
        ]
        instance.attached_disks = [*wanted, *({**disk, "toBeDetached": True} for disk in leaving)]

    def over(failure: Failure | None) -> None:
        staying = [disk for disk in instance.attached_disks if not disk.get("toBeDetached")]
        instance.etag += len(staying) < len(instance.attached_disks)
        instance.attached_disks = staying
        done(failure)

    scale_set.lifecycle.touch(instance, over, changes=_written(instance) != before)


def _written(instance: Instance) -> tuple[object, ...]:
    """What a PUT can change."""
    protected = (instance.protect_from_scale_in, instance.protect_from_scale_set_actions, instance.protection_written)
    return (*protected, *((disk.get("lun"), bool(disk.get("toBeDetached"))) for disk in instance.attached_disks))


def _properties(body: object) -> Json:
    properties = body.get("properties", {}) if isinstance(body, dict) else None
    if not isinstance(properties, dict):
        raise bad_request("Error converting the request body to type 'VirtualMachineScaleSetVM'.")
    if not isinstance(properties.get("storageProfile") or {}, dict):
        raise bad_request("Error converting value to type 'StorageProfile'. Path 'properties.storageProfile'.")
    protection = properties.get("protectionPolicy") or {}
    flags = protection.values() if isinstance(protection, dict) else [protection]
    if not all(isinstance(flag, bool | None) for flag in flags):
        raise bad_request("Error converting value to type 'Boolean'. Path 'properties.protectionPolicy'.")
    return properties
