# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The capacity of a scale set: instances that are made and instances that are deleted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from armsim.common.wire import guid
from armsim.instances.instance import Instance, Place
from armsim.instances.placement import Rule, is_balanced, next_places, overprovisioned, scale_in
from armsim.operations.failure import Done, Failure
from armsim.operations.parts import Parts
from armsim.protocol.errors import ArmError
from armsim.scale_sets.scale_set import ScaleOut, ScaleSet

# Code and text of a zone without capacity are documented; that they stand for a balance that cannot be kept is guessed.
_NO_ROOM = Failure(
    "ZonalAllocationFailed",
    "Allocation failed. We do not have sufficient capacity for the requested VM size in this zone. Read more about "
    "improving likelihood of allocation success at http://aka.ms/allocation-guidance",
)
_OUT_OF_BALANCE = Failure(
    "OperationNotAllowed", "The Virtual Machine Scale Set cannot be scaled in without losing the balance of its zones."
)


def scale(scale_set: ScaleSet, capacity: int, done: Done) -> int:
    """Make or delete instances until there are ``capacity``; returns how many are touched.

    ``done`` is called when the wanted ones are there, or the others gone; it is not called where 0 is returned.
    """
    growth = scale_set.growth(capacity)
    if growth > 0:
        obstacle = _obstacle(scale_set, growth)
        if obstacle is not None:
            # Nothing is made of it (guessed).
            world = scale_set.world
            world.timeline.after(world.timings.write.draw(scale_set.rng), partial(done, obstacle))
            return growth
        return _scale_out(scale_set, growth, done)
    return _scale_in(scale_set, max(capacity - scale_set.missing, 0), done) if growth < 0 else 0


def _obstacle(scale_set: ScaleSet, growth: int) -> Failure | None:
    """Why so many more instances cannot be made, where that shows in the operation."""
    lack = scale_set.lack(scale_set.document, growth)
    if lack is not None:
        return lack.failure()
    try:
        scale_set.check_purchase()
    except ArmError as error:
        return Failure(error.code, error.message)
    return None if _room(scale_set, growth) else _NO_ROOM


def can_make(scale_set: ScaleSet, more: int, place: Place | None = None) -> bool:
    """Whether so many more instances than there are could be made now, or one in the stead of another, at its
    ``place``.
    """
    if place is not None:
        return scale_set.can_grow(0) and place.zone not in scale_set.world.zones_down
    return scale_set.can_grow(more) and _room(scale_set, more)


def _room(scale_set: ScaleSet, growth: int) -> bool:
    """Whether zones let so many more instances be made.

    One zone of several may be down, and the others take what it would have; with two down nothing is made. Where the
    set's balance is strict, nothing is made that would leave it out of balance (documented).
    """
    zones: list[str] = scale_set.document.get("zones") or []
    up = [zone for zone in zones if zone not in scale_set.world.zones_down]
    if zones and (not up or len(zones) - len(up) > 1):
        return False
    if not _strict(scale_set):
        return True
    present = [instance.place for instance in scale_set.active()]
    return is_balanced(zones, [*present, *_places(scale_set, growth)])


def _strict(scale_set: ScaleSet) -> bool:
    return bool(scale_set.document["properties"].get("zoneBalance"))


def create_instance(scale_set: ScaleSet, done: Done, place: Place | None = None) -> Instance:
    """Make one instance on the present model, at ``place`` or where there is most room; the capacity stays."""
    made = _enter(scale_set, place or _places(scale_set, 1)[0])
    scale_set.lifecycle.create(made, done)
    return made


def delete_instance(scale_set: ScaleSet, instance: Instance, done: Done, *, force: bool = False) -> None:
    """Delete one instance; the capacity stays."""

    def removed() -> None:
        del scale_set.instances[instance.id]
        scale_set.account.leave(instance, scale_set.world.timeline.now)

    scale_set.lifecycle.delete(instance, removed, done, force=force)


def place_again(scale_set: ScaleSet, instance: Instance) -> Place:
    """A place for an instance that starts after it was deallocated: in its zone, where a new one would go (recorded: 3
    of 3).
    """
    if scale_set.flexible:
        return instance.place
    return _places(scale_set, 1, instance)[0]


def _places(scale_set: ScaleSet, count: int, again: Instance | None = None) -> list[Place]:
    """Where ``count`` new instances go, or one that is there and is placed ``again``, in its zone."""
    named: list[str] = scale_set.document.get("zones") or []
    up = [zone for zone in named if zone not in scale_set.world.zones_down]
    zones: list[str | None] = [*(up or named)] or [None]
    if again is not None:
        zones = [again.place.zone]
    present = [
        instance.place
        for instance in scale_set.active()
        # What is deallocated has no host.
        if instance is not again and (again is None or instance.power != "deallocated")
    ]
    domains = (scale_set.update_domains, _fault_domains(scale_set))
    places = next_places(count, zones, present, scale_set.group_capacity, domains, lambda: guid(scale_set.rng))
    # Flexible sets show neither placement groups nor domains (documented).
    return [Place(place.zone) for place in places] if scale_set.flexible else places


def _fault_domains(scale_set: ScaleSet) -> int:
    return int(scale_set.document["properties"].get("platformFaultDomainCount") or 5)


def _scale_out(scale_set: ScaleSet, wanted: int, done: Done) -> int:
    """With overprovisioning more are made than wanted; once enough are there, the last ones are deleted (recorded)."""
    places = _places(scale_set, wanted + excess(scale_set, wanted, len(scale_set.active())))
    pooled: list[Instance] = []
    made = [_from_pool(scale_set, place, pooled) or _enter(scale_set, place) for place in places]
    scaling_out = ScaleOut(made, wanted)
    scale_set.scale_outs.append(scaling_out)

    def check() -> None:
        good = [instance for instance in made if instance.provisioning == "Succeeded"]
        coming = [instance for instance in made if instance.provisioning == "Updating"]
        if scaling_out not in scale_set.scale_outs or (len(good) < scaling_out.wanted and coming):
            return
        scale_set.scale_outs.remove(scaling_out)
        # What failed goes first; it stays only where nothing better came of it.
        failed = [instance for instance in made if instance.provisioning == "Failed"]
        short = len(good) < scaling_out.wanted
        outcome = next((instance.failure for instance in failed if short), None)
        surplus = [*failed, *coming, *reversed(good)][: scaling_out.spare]
        delete_surplus(scale_set, surplus, [instance for instance in made if instance not in surplus])
        done(outcome)

    scaling_out.check = check
    for instance in made:
        if instance not in pooled:
            scale_set.lifecycle.create(instance, _nobody_waits)
        elif instance.power == "deallocated":
            scale_set.lifecycle.start(instance, _nobody_waits)
        else:
            scale_set.lifecycle.touch(instance, _nobody_waits)
    scale_set.world.events.publish("scaled_out", scale_set.name, *made)
    return len(made)


def _from_pool(scale_set: ScaleSet, place: Place, pooled: list[Instance]) -> Instance | None:
    """Move a machine of the zone from the standby pool into the set; it is added to ``pooled``."""
    taken = scale_set.standby.take(place.zone) if scale_set.standby is not None else None
    if taken is not None:
        pooled.append(taken)
        taken.provisioning = "Updating"
        scale_set.add(taken)
    return taken


def excess(scale_set: ScaleSet, wanted: int, present: int) -> int:
    """How many more than ``wanted`` are made, beside ``present`` ones."""
    generous = not scale_set.flexible and scale_set.document["properties"].get("overprovision", True)
    return overprovisioned(wanted, present) - wanted if generous else 0


def delete_surplus(scale_set: ScaleSet, surplus: Sequence[Instance], kept: Sequence[Instance]) -> None:
    """Delete what was made in excess: lists show it no more, and are charged for it until it is gone. Of those that
    are kept all but the last are `Updating` on, though the operation has succeeded (recorded: 15 of 21 lists).
    """
    for instance in surplus:
        instance.surplus = True
        delete_instance(scale_set, instance, _nobody_waits)
    settled = [instance for instance in kept if instance.provisioning == "Succeeded"]
    for instance in settled[:-1] if surplus else ():
        scale_set.lifecycle.settle(instance)


def _scale_in(scale_set: ScaleSet, capacity: int, done: Done) -> int:
    policy = scale_set.document["properties"].get("scaleInPolicy") or {}
    rules: list[Rule] = policy.get("rules") or ["Default"]
    present = scale_set.active()
    victims = _victims(scale_set, present, len(present) - capacity, rules[0])
    if not victims:
        return 0
    zones: list[str] = scale_set.document.get("zones") or []
    left = [instance.place for instance in present if instance not in victims]
    if _strict(scale_set) and not is_balanced(zones, left):
        world = scale_set.world
        world.timeline.after(world.timings.write.draw(scale_set.rng), partial(done, _OUT_OF_BALANCE))
        return len(victims)
    parts = Parts(len(victims), done)
    for victim in victims:
        delete_instance(scale_set, victim, parts.done, force=bool(policy.get("forceDeletion")))
    for scaling_out in scale_set.scale_outs:
        scaling_out.keep_all()
    scale_set.world.events.publish("scaled_in", scale_set.name)
    return len(victims)


def _victims(scale_set: ScaleSet, present: Sequence[Instance], count: int, rule: Rule) -> list[Instance]:
    """What goes: first those that are in no zone of a set with zones (documented), then as the rule orders."""
    outside = [one for one in present if one.place.zone is None] if scale_set.document.get("zones") else []
    first = scale_in(outside, count, rule)
    return [*first, *scale_in([one for one in present if one not in first], count - len(first), rule)]


def _enter(scale_set: ScaleSet, place: Place) -> Instance:
    made = scale_set.new_instance(next_id(scale_set), place, scale_set.world.timeline.now)
    made.provisioning = "Updating"
    made.power = "creating"
    scale_set.add(made)
    return made


def next_id(scale_set: ScaleSet) -> str:
    """Numbers go on from the highest that ever was, so those of surplus instances stay holes (recorded)."""
    if scale_set.flexible:
        return f"{scale_set.name}_{scale_set.rng.getrandbits(32):08x}"
    return str(scale_set.highest_id + 1)


def _nobody_waits(_failure: Failure | None) -> None:
    """For instances that the scale-out itself watches."""
