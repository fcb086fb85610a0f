# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Actions on instances: who is chosen, who is passed over, and the operation that lasts until they are done."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import partial

from armsim.actions.instance_work import upgrade_instance
from armsim.actions.scaling import delete_instance
from armsim.instances.instance import Instance
from armsim.operations.failure import PREEMPTED, Done, Failure
from armsim.operations.parts import Parts
from armsim.protocol.errors import bad_request, invalid_parameter, marked_for_deletion
from armsim.scale_sets.scale_set import Accepted, ScaleSet

# What an action does to one instance.
Work = Callable[[ScaleSet, Instance, Done], None]


def act_on_instances(scale_set: ScaleSet, name: str, body: object, work: Work) -> Accepted:
    """An action of the set, on the ``instanceIds`` of ``body`` or on all; protected instances are passed over.

    An unknown id, or one that is being deleted, refuses the whole call. What else is being done to an instance is
    pre-empted: that operation ends as `Canceled` with `OperationPreempted` (reported).
    """
    scale_set.refuse_if_deleting(name)
    instances = chosen(scale_set, name, body)
    return _perform(scale_set, [item for item in instances if not item.protect_from_scale_set_actions], work)


def act_on_instance(scale_set: ScaleSet, name: str, instance: Instance, work: Work) -> Accepted:
    """An action of one instance itself: protection does not hold it off (documented)."""
    scale_set.refuse_if_deleting(name)
    refuse_if_deleting(name, instance)
    return _perform(scale_set, [instance], work)


def act_on_machine(scale_set: ScaleSet, name: str, machine: Instance, work: Work) -> Accepted:
    """An action of a virtual machine of a Flexible set: no affair of the set, and not charged (recorded)."""
    refuse_if_deleting(name, machine)
    operations = scale_set.world.operations
    operation = operations.start(scale_set.location)
    work(scale_set, machine, partial(operations.finish, operation))
    return Accepted(operation, None)


def upgrade_instances(scale_set: ScaleSet, body: object) -> Accepted:
    """``manualupgrade``: protected and current instances are passed over."""
    scale_set.refuse_if_deleting("manualupgrade")
    lagging = scale_set.lagging(chosen(scale_set, "manualupgrade", body, required=True))
    if lagging:
        scale_set.world.events.publish("batch_started", scale_set.name, *lagging)
    ended = partial(scale_set.world.events.publish, "batch_ended", scale_set.name, *lagging) if lagging else None
    return _perform(scale_set, lagging, upgrade_instance, ended, counted=2 if lagging else 1)


def delete_instances(scale_set: ScaleSet, body: object, *, force: bool = False) -> Accepted:
    """``delete``: the named instances, protected or not, and the capacity with them."""
    scale_set.refuse_if_deleting("delete")
    return delete_chosen(scale_set, chosen(scale_set, "delete", body, required=True), force=force)


def delete_chosen(scale_set: ScaleSet, instances: Sequence[Instance], *, force: bool = False) -> Accepted:
    """Delete instances, and lower the capacity by as many."""
    alive = [instance for instance in instances if instance.provisioning != "Deleting"]
    scale_set.document = copy.deepcopy(scale_set.document)
    if "sku" in scale_set.document:
        scale_set.document["sku"]["capacity"] = max(0, scale_set.capacity - len(alive))
    for scaling_out in scale_set.scale_outs:
        scaling_out.wanted -= sum(instance in alive for instance in scaling_out.made)
    return _perform(scale_set, alive, partial(delete_instance, force=force))


def carry_out(scale_set: ScaleSet, instances: Sequence[Instance], work: Work, done: Done) -> None:
    """Do ``work`` on ``instances``, one at least; ``done`` gets the first failure when all are over.

    One that fails does not hold up the others, which may well succeed (reported).
    """
    parts = Parts(len(instances), done)
    for instance in instances:
        work(scale_set, instance, parts.done if scale_set.flexible else partial(_blamed, instance, parts.done))


def _blamed(instance: Instance, done: Done, failure: Failure | None) -> None:
    """The error of an operation names the instance as its target (recorded in 2025)."""
    # Being pre-empted is no failure of an instance.
    done(failure if failure is None or failure is PREEMPTED else failure._replace(target=instance.id))


def stillborn(scale_set: ScaleSet) -> Accepted:
    """An action that is accepted, does nothing, and is over soon."""
    return _perform(scale_set, [], lambda *_: None)


def refuse_if_deleting(name: str, instance: Instance) -> None:
    """409 for any change of an instance that is being deleted (reported)."""
    if instance.provisioning == "Deleting":
        raise marked_for_deletion(name, "Virtual Machine Scale Set VM", instance.name)


def _perform(
    scale_set: ScaleSet,
    instances: Sequence[Instance],
    work: Work,
    ended: Callable[[], None] | None = None,
    *,
    counted: int = 0,
) -> Accepted:
    """``counted``: by how much the etag is raised when all is done. Upgrades raise it by about two, by one where all
    instances are current, stops, starts and other actions not at all (recorded).
    """
    operation = scale_set.start()

    def done(failure: Failure | None) -> None:
        # Not of Flexible sets (recorded).
        scale_set.etag += 0 if scale_set.flexible else counted
        scale_set.end(operation, failure)
        if ended is not None:
            ended()

    if instances:
        carry_out(scale_set, instances, work, done)
    else:
        delay = scale_set.world.timings.current.draw(scale_set.rng)
        scale_set.world.timeline.after(delay, partial(done, None))
    return Accepted(operation, scale_set.charge(len(instances)))


def chosen(scale_set: ScaleSet, name: str, body: object, *, required: bool = False) -> list[Instance]:
    """The active instances that ``body`` names; all of them without ``instanceIds``, unless that is ``required``."""
    if not isinstance(body, dict | None):
        raise bad_request("Error converting the request body to type 'VirtualMachineScaleSetVMInstanceIDs'.")
    ids = (body or {}).get("instanceIds")
    if ids is None and not required:
        return scale_set.active()
    if not isinstance(ids, list) or not ids or not all(isinstance(item, str) for item in ids):
        raise invalid_parameter("instanceIds", "Required parameter 'instanceIds' is missing (null).")
    if "*" in ids:
        return scale_set.active()
    by_id = {instance.id.lower(): instance for instance in scale_set.instances.values()}
    for item in ids:
        if item.lower() not in by_id:
            raise invalid_parameter(
                "instanceIds",
                f"The provided instanceId {item} is not an active Virtual Machine Scale Set VM instanceId.",
            )
        refuse_if_deleting(name, by_id[item.lower()])
    return [by_id[item] for item in dict.fromkeys(item.lower() for item in ids)]
