# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The plan of a rollout: which stale instances go together, and when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import NoRoom
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image, same_image
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import by_id, listed, select
from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import (
    doubtful,
    in_service,
    out_of_service,
    trouble,
)
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import (
    Exclusion,
    is_stale,
    obstacle,
    on_target,
)
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import Share, fitting, shares
from ansible_collections.azroll.vmss.plugins.module_utils._plan.limit import Limit, smallest_percentage_for
from ansible_collections.azroll.vmss.plugins.module_utils._plan.types import Batch, Order, Plan

CANARY = "canary"


@dataclass(frozen=True)
class _Group:
    label: str
    members: tuple[Instance, ...]


def make_plan(
    instances: Sequence[Instance],
    target: Image,
    order: Order,
    *,
    health_source: str | None,
    capacity: int | None = None,
    by_model: bool = True,
    missing_ids: bool = False,
) -> Plan:
    """Put every stale instance that can be moved into exactly one batch.

    No batch mixes zones or domain numbers; the same domain number of several placement groups goes together (the
    number is a key within one placement group only, and each group keeps its other domains). No batch takes more than
    the budget together with what is out of service by then: the `in_progress` have come back, and so have the batches
    before; excluded instances (`Order.excluded`) are waited for by nobody. The canary, `order.canary` instances of the
    first domain, goes first; where as many are in service on the target already, the image has been shown to work. No
    batch that holds an instance in service is larger than the canary before one has shown what the image does to such
    an instance; until then, one that is unhealthy on the target image was not unhealthy before, but may be the canary
    of an interrupted run: it goes first, and has to recover before any other is touched.

    What was not made from the model is excluded, too, and counts neither for the budget nor against it: the minimum in
    service is one of the instances that are rolled.

    Raises NoRoom where the budget lets no instance move, and before a rollout is under way also
    where it lets none move of a zone or fault domain; BadInput where `order.only` names what does not exist.
    """
    all_present = [one for one in instances if not one.leaving]
    chosen = select(all_present, order.only, missing_ids=missing_ids)
    stale = [one for one in chosen if one.attached or is_stale(one, target, by_model=by_model)]
    present = [one for one in all_present if not one.attached]
    movable, excluded = _movable(stale, order)
    parts = shares(all_present, order.budget, capacity)
    whole, sizes = parts[0], (len(present), parts[0].allowed)
    excluded_ids = tuple(sorted(order.excluded(all_present, missing_ids=missing_ids), key=by_id))
    on_their_way = in_progress(present, target, health_source, by_model=by_model, excluded=excluded_ids)
    others = _coming(chosen, target, excluded_ids, by_model)
    plan = Plan((), excluded, on_their_way, *sizes, (), excluded_ids, whole.missing, others)
    if not movable:
        return plan

    out = set(out_of_service(present, health_source)) - set(on_their_way)
    doubt = doubtful(present, health_source) & out
    serving = [one for one in movable if one.instance_id not in out - doubt]
    # What is in progress may come back of itself. Once the rollout is under way, so may all that is on the target: it
    # must not end for that, least of all a rollback.
    passing = [one.instance_id for one in present if one.busy]
    passing += in_progress(present, target, health_source, by_model=by_model) if missing_ids else ()
    lost = out.difference(passing, (one.instance_id for one in movable))
    # Beside a part that others use up, the rest of a rollout that is under way goes on: each write is held against it.
    _check_room(parts[:1] if missing_ids else parts, serving, lost)

    there = [one for one in present if on_target(one, target, by_model=by_model)]
    # One whose upgrade failed may serve all the same, but proves nothing.
    proofs = sum(in_service(one, health_source) and not one.failed for one in there)
    proven = proofs >= max(order.canary, 1 if order.sizes else 0)
    tried = [] if proven else [one for one in movable if one.instance_id in out and same_image(one.image, target)]
    if proofs >= order.canary:
        order = replace(order, canary=0)
    # Missing ones may come while the rollout is on, so the plan is made all the same; each write is held against them.
    draft = _Draft(order, parts, out, doubt, max(whole.allowed - whole.missing, 1))
    _fill(draft, tried, [one for one in movable if one not in tried], order)
    return _cut(replace(plan, batches=tuple(draft.batches)), order.until, len(there))


def _movable(stale: Sequence[Instance], order: Order) -> tuple[list[Instance], tuple[Exclusion, ...]]:
    """Those that nothing keeps from being moved, and the others with the reasons."""
    reasons = {one.instance_id: obstacle(one, order.marks) for one in _sorted(stale)}
    excluded = tuple(Exclusion(instance_id, reason) for instance_id, reason in reasons.items() if reason)
    return [one for one in stale if reasons[one.instance_id] is None], excluded


def _coming(
    chosen: Sequence[Instance], target: Image, excluded_ids: Collection[str], by_model: bool
) -> tuple[str, ...]:
    """The ids of those that are on the target, and that something is being done to."""
    return tuple(
        one.instance_id
        for one in _sorted(chosen)
        if one.busy
        and not (one.attached or one.instance_id in excluded_ids or is_stale(one, target, by_model=by_model))
    )


def _check_room(parts: Sequence[Share], serving: Sequence[Instance], lost: set[str]) -> None:
    """Refuse a plan for which one of the parts has no room, because what is `lost` to it stays out of service."""
    for part in parts:
        staying = lost & part.members if part.members.intersection(one.instance_id for one in serving) else set()
        needed = 1 + len(staying)
        if part.allowed < needed:
            raise _no_room(part, needed, sorted(staying, key=by_id))


def _fill(draft: _Draft, tried: Sequence[Instance], others: Sequence[Instance], order: Order) -> None:
    """Put what an interrupted run tried into batches, and after that all others."""
    for group in _groups(tried, order):
        draft.again(group)
    for members, suffix in _stages(others, draft, order):
        for group in _groups(members, order):
            draft.add(group, suffix)


def in_progress(
    instances: Iterable[Instance],
    target: Image,
    health_source: str | None,
    *,
    by_model: bool = True,
    excluded: Collection[str] = (),
) -> tuple[str, ...]:
    """The ids that an earlier, interrupted run may have left on their way: busy, or on the target but not in service.

    They must be back before anything else is touched, but for those `excluded`, which may never come to rest. What is
    protected was quarantined: nothing brings it back.
    """
    return tuple(
        one.instance_id
        for one in _sorted(instances)
        if not (one.leaving or one.deallocated or one.attached or one.instance_id in excluded)
        and (one.busy or not (one.protected or is_stale(one, target, by_model=by_model)))
        and trouble(one, health_source)
    )


class _Draft:
    """Batches as they are put together: each counts on those before it being back in service."""

    def __init__(
        self, order: Order, parts: Sequence[Share], out: set[str], doubt: Collection[str], allowed: int
    ) -> None:
        self.batches: list[Batch] = []
        self.out = out
        # Those of them that may serve all the same, and take room when they go.
        self.doubt = doubt
        self.allowed = allowed
        self._order = order
        self.parts = parts
        # How many batches hold instances in service: only these show what the image does to them.
        self._proven = 0

    def again(self, group: _Group) -> None:
        """Those that are unhealthy on the target image, before anything has proved it: it may be what made them
        unhealthy.
        """
        ids = _ids(group.members)
        for start in range(0, len(ids), max(self.allowed, 1)):
            self._append(
                Batch(
                    f"{group.label}, canary of an interrupted run",
                    ids[start : start + max(self.allowed, 1)],
                    canary=True,
                )
            )

    def canary(self, group: _Group) -> None:
        """A small batch out of a group: first those in service, which show more than unhealthy ones, and are not in
        use.
        """
        marks = self._order.marks
        best_first = sorted(self._left(group), key=lambda one: (one.instance_id in self.out, marks.busy(one)))
        chosen = self._take(best_first, self.out, self._order.canary)
        name = CANARY if not self.batches else f"{CANARY} in service"
        self._append(Batch(name, _ids(chosen), canary=True))

    def add(self, group: _Group, suffix: str) -> None:
        """The batches of one group, after a canary as long as none has shown what the image does to a healthy one."""
        serving = any(one.instance_id not in self.out for one in self._left(group))
        if self._order.canary and not self._order.sizes and (not self.batches or (serving and not self._proven)):
            self.canary(group)
        members = self._left(group)
        out = self.out.difference(*(batch.instance_ids for batch in self.batches))
        batches = self._divided(members, out)
        for number, part in enumerate(batches, start=1):
            count = f" ({number} of {len(batches)})" if len(batches) > 1 else ""
            first = bool(self._order.sizes) and not self._proven and self._proves(part)
            self._append(Batch(group.label + suffix + count, _ids(part), canary=first))

    def _divided(self, members: Sequence[Instance], out: set[str]) -> list[list[Instance]]:
        marks = self._order.marks
        serving = sorted((one for one in members if one.instance_id not in self.out), key=marks.busy)
        unhealthy = [one for one in members if one.instance_id in self.out]
        divided: list[list[Instance]] = []
        proven = self._proven
        while serving or unhealthy:
            most = self._size(proven) if self._order.sizes else self._even(serving, out)
            batch = self._take(serving, out, most)
            taken = set(_ids(batch))
            serving = [one for one in serving if one.instance_id not in taken]
            # Those that are out already cost nothing more, as long as the batch stays within the budget as a whole. The
            # first one of growing batches goes without: what it shows must be clear.
            proving = bool(self._order.sizes and batch and not proven)
            spare = max(min(self.allowed, most if self._order.sizes else self.allowed) - len(batch), 0)
            spare = 0 if proving else spare
            proven += bool(batch)
            along = self._along(batch, unhealthy, spare)
            batch, unhealthy = batch + along, [one for one in unhealthy if one not in along]
            divided.append(batch)
        return divided

    def _along(self, batch: Sequence[Instance], unhealthy: Sequence[Instance], most: int) -> list[Instance]:
        """The unhealthy that go with a batch or alone: at most so many, and of the doubtful what there is room for."""
        certain = self.out.difference(self.doubt, *(one.instance_ids for one in self.batches))
        taking = [*_ids(batch), *(one.instance_id for one in unhealthy if one.instance_id in self.doubt)]
        going = fitting(taking, {part: max(part.room(certain), 0 if batch else 1) for part in self.parts})
        return [one for one in unhealthy if one.instance_id not in self.doubt or one.instance_id in going][:most]

    def _append(self, batch: Batch) -> None:
        self.batches.append(batch)
        self._proven += any(one not in self.out for one in batch.instance_ids)

    def _proves(self, members: Iterable[Instance]) -> bool:
        return any(one.instance_id not in self.out for one in members)

    def _left(self, group: _Group) -> list[Instance]:
        gone = {instance_id for batch in self.batches for instance_id in batch.instance_ids}
        return [one for one in group.members if one.instance_id not in gone]

    def _take(self, serving: list[Instance], out: set[str], most: int) -> list[Instance]:
        """The next ones in order for which every part of the set has room; at least one, whatever is out by then."""
        room = {part: max(part.room(out), 1) for part in self.parts}
        taken = set(fitting((one.instance_id for one in serving), room)[:most])
        return [one for one in serving if one.instance_id in taken]

    def _even(self, serving: Sequence[Instance], out: set[str]) -> int:
        """The size at which as few batches as possible are as even as possible."""
        ids = {one.instance_id for one in serving}
        batches = max((-(-len(ids & part.members) // max(part.room(out), 1)) for part in self.parts), default=1)
        return max(len(serving) // max(batches, 1), 1)

    def _size(self, number: int) -> int:
        sizes = self._order.sizes
        limit = sizes[min(number, len(sizes) - 1)]
        return max(limit.of(len(self.parts[0].members)), 1)


def _stages(movable: Sequence[Instance], draft: _Draft, order: Order) -> list[tuple[Sequence[Instance], str]]:
    """What goes before what, with the suffix of the names."""
    unhealthy = [one for one in movable if one.instance_id in draft.out]
    serving = [one for one in movable if one.instance_id not in draft.out]
    if not unhealthy or not serving:
        return [(movable, "")]
    # Where too many are out for anything else to go, they go first: their own upgrade takes nothing more away and may
    # be the cure. That holds of each zone and fault domain, too.
    full = [part for part in draft.parts if len(draft.out & part.members) >= part.allowed - part.missing]
    full = [part for part in full if part.members.intersection(_ids(serving))]
    first = [one for one in unhealthy if any(one.instance_id in part.members for part in full)]
    if first:
        first = unhealthy if order.unhealthy_first else first
        # Those that may serve take room themselves, which the others have to free.
        doubted = [one for one in first if one.instance_id in draft.doubt]
        certain = [one for one in first if one not in doubted]
        rest = [one for one in movable if one not in first]
        return [(certain, ""), (doubted, ", reported healthy"), (rest, ", second pass")]
    if not order.unhealthy_first:
        return [(movable, "")]
    if order.canary and not order.sizes:
        draft.canary(_groups(serving, order)[0])
    return [(unhealthy, ", unhealthy"), (serving, "")]


def _cut(plan: Plan, until: Limit | None, on_target: int) -> Plan:
    """The plan without what goes beyond the share of the set that is to be on the target."""
    if until is None:
        return plan
    left = max(until.of(plan.total) - on_target, 0)
    kept: list[Batch] = []
    back: list[str] = []
    for batch in plan.batches:
        ids = batch.instance_ids[:left]
        left -= len(ids)
        back += batch.instance_ids[len(ids) :]
        kept += [replace(batch, instance_ids=ids)] if ids else []
    return replace(plan, batches=tuple(kept), deferred=tuple(sorted(back, key=by_id)))


def _sorted(instances: Iterable[Instance]) -> list[Instance]:
    return sorted(instances, key=lambda one: by_id(one.instance_id))


def _groups(instances: Sequence[Instance], order: Order) -> list[_Group]:
    def domain(one: Instance) -> int | None:
        return {"update_domain": one.update_domain, "fault_domain": one.fault_domain}.get(order.by)

    def rank(value: str, first: Sequence[str]) -> int:
        return first.index(value) if value in first else len(first)

    def key(one: Instance) -> tuple[int, str, int, int]:
        zone, number = one.zone or "", domain(one)
        return rank(zone, order.zones), zone, rank(str(number), order.domains), -1 if number is None else number

    members: dict[tuple[int, str, int, int], list[Instance]] = {}
    for one in sorted(instances, key=lambda each: (each.placement_group or "", by_id(each.instance_id))):
        members.setdefault(key(one), []).append(one)
    return [
        _Group(_label(found[0].zone, domain(found[0]), order.by), tuple(found))
        for _key, found in sorted(members.items())
    ]


def _ids(members: Sequence[Instance]) -> tuple[str, ...]:
    return tuple(one.instance_id for one in _sorted(members))


def _label(zone: str | None, number: int | None, by: str) -> str:
    named = f"zone {zone}" if zone else ""
    domain = f"{by.replace('_', ' ')} {number}" if number is not None else ""
    return ", ".join(part for part in (named, domain) if part) or "batch"


def _no_room(part: Share, needed: int, lost: Sequence[str]) -> NoRoom:
    enough = f'{needed} or "{smallest_percentage_for(needed, part.total)}%"'
    place = f" of {part.name}" if part.name else ""
    if needed == 1:
        return NoRoom(
            f"O({part.option}) ({part.limit}) of {part.total} instances is less than one instance: nothing could ever "
            "move",
            advice=f"Set it to {enough}.",
        )
    beside = f", or leave {part.name} out of this rollout (O(only), O(skip))" if place else ""
    return NoRoom(
        f"{len(lost)} of {part.total} instances{place} are out of service without being part of this rollout "
        f"({listed(lost)}), and O({part.option}) ({part.limit}) allows {part.allowed}: no other instance{place} may be "
        "taken out",
        advice=f"Bring them back first, or set O({part.option}) to at least {enough}{beside}.",
        instances=lost,
    )
