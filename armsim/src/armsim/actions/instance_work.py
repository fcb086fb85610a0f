# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What is done to one instance, without an operation of its own: by actions, and by the platform itself.

Each takes ``done``, which is called once with the failure, or None, when the instance is finished.
"""

from __future__ import annotations

from armsim.actions.scaling import place_again
from armsim.instances.instance import Instance
from armsim.operations.failure import PREEMPTED, Done, Failure
from armsim.protocol.errors import ArmError
from armsim.scale_sets.scale_set import ScaleSet


def upgrade_instance(scale_set: ScaleSet, instance: Instance, done: Done) -> None:
    """Bring an instance to the present model, on a new disk. Fails when the image has been withdrawn, or cannot
    be bought by the set's plan, and where there is no quota for another size.
    """
    try:
        scale_set.check_purchase()
        scale_set.check_resize(instance)
        disk = scale_set.disk()
    except ArmError as error:
        done(Failure(error.code, error.message))
        return
    if not scale_set.model_shown_ahead:
        scale_set.lifecycle.upgrade(instance, disk, done)
        return
    instance.shown_model = (disk.model, disk.image, disk.reference)

    def begin() -> None:
        instance.shown_model = None
        if scale_set.instances.get(instance.id) is not instance or instance.provisioning == "Deleting":
            done(PREEMPTED)
        else:
            scale_set.lifecycle.upgrade(instance, disk, done)

    scale_set.world.timeline.after(scale_set.model_shown_ahead, begin)


def reimage_instance(scale_set: ScaleSet, instance: Instance, done: Done) -> None:
    """Give an instance a new disk from the image of its *own* model: the same one where that is pinned, the newest
    where it floats (reported). Fails when the image has been withdrawn.
    """
    try:
        disk = scale_set.disk(instance.model)
    except ArmError as error:
        done(Failure(error.code, error.message))
        return
    scale_set.lifecycle.reimage(instance, disk, done)


def restart_instance(scale_set: ScaleSet, instance: Instance, done: Done) -> None:
    """Restart an instance from the disk it has."""
    scale_set.lifecycle.restart(instance, done)


def redeploy_instance(scale_set: ScaleSet, instance: Instance, done: Done) -> None:
    """Move an instance to another host; it keeps its disk and its domains."""
    scale_set.lifecycle.redeploy(instance, done)


def reapply_instance(scale_set: ScaleSet, instance: Instance, done: Done) -> None:
    """Write an instance's definition again: nothing changes, but a failed one is `Succeeded` (documented)."""
    scale_set.lifecycle.touch(instance, done)


def start_instance(scale_set: ScaleSet, instance: Instance, done: Done) -> None:
    """Start an instance; one that was deallocated may come up in another update domain (documented)."""
    if instance.power == "deallocated":
        scale_set.account.move(instance, place_again(scale_set, instance))
    scale_set.lifecycle.start(instance, done)


def power_off_instance(scale_set: ScaleSet, instance: Instance, done: Done, *, skip_shutdown: bool = False) -> None:
    """Stop an instance; it keeps its host and its domains."""
    scale_set.lifecycle.power_off(instance, done, skip_shutdown=skip_shutdown)


def deallocate_instance(scale_set: ScaleSet, instance: Instance, done: Done, *, hibernate: bool = False) -> None:
    """Stop an instance and release its host. It shows its placement group and domains on (recorded: 24 of 24), and may
    come up in other ones (documented).

    With ``hibernate`` its memory is kept; the next start is shown no differently.
    """

    def released() -> None:
        instance.hibernated = hibernate

    scale_set.lifecycle.deallocate(instance, released, done)
