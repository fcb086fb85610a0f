# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Changes of the capacity: instances that are made and instances that are deleted."""

from __future__ import annotations

from armsim.instance import Done, Instance, Place
from armsim.placement import next_place
from armsim.scale_set import ScaleSet


def scale(scale_set: ScaleSet, capacity: int) -> list[Instance]:
    """Make or delete instances until there are ``capacity``; returns the new ones.

    Instances are deleted from the highest id down, protected ones never (the documented default, without its
    balancing of zones); the extra instances of overprovisioning are not made.
    """
    present = scale_set.active()
    created = [create_instance(scale_set, lambda _failure: None) for _ in range(capacity - len(present))]
    surplus = len(present) - capacity
    candidates = [instance for instance in present if not instance.protect_from_scale_in]
    for instance in candidates[::-1][: max(surplus, 0)]:
        delete_instance(scale_set, instance, lambda _failure: None)
    if created:
        scale_set.world.happenings.tell("scaled_out", scale_set.name, *created)
    if surplus > 0:
        scale_set.world.happenings.tell("scaled_in", scale_set.name)
    return created


def create_instance(scale_set: ScaleSet, done: Done, place: Place | None = None) -> Instance:
    """Make one instance on the present model, at ``place`` or where there is most room; the capacity stays."""
    made = scale_set.new_instance(_next_id(scale_set), place or next_place(scale_set), scale_set.world.timeline.now)
    scale_set.instances[made.id] = made
    scale_set.account.enter(made)
    scale_set.lifecycle.create(made, done)
    return made


def delete_instance(scale_set: ScaleSet, instance: Instance, done: Done, *, force: bool = False) -> None:
    """Delete one instance; the capacity stays."""

    def removed() -> None:
        del scale_set.instances[instance.id]
        scale_set.account.leave(instance, scale_set.world.timeline.now)

    scale_set.lifecycle.delete(instance, removed, done, force=force)


def _next_id(scale_set: ScaleSet) -> str:
    if scale_set.flexible:
        return f"{scale_set.name}_{scale_set.rng.getrandbits(32):08x}"
    return str(max((int(instance_id) for instance_id in scale_set.instances), default=-1) + 1)
