# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The order of a rollout: which stale instances go together, and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._errors import BadInput, Refused
from ansible_collections.azroll.vmss.plugins.module_utils._health import out_of_service, trouble
from ansible_collections.azroll.vmss.plugins.module_utils._image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._limit import Limit, smallest_percentage_for
from ansible_collections.azroll.vmss.plugins.module_utils._select import Selection, by_id, listed, select
from ansible_collections.azroll.vmss.plugins.module_utils._target import LeftOut, is_stale, obstacle

CANARY = "canary"
GROUPINGS = ("update_domain", "fault_domain", "zone", "batch")


@dataclass(frozen=True)
class Order:
    """How a rollout is to go: the grouping, the budget, the size of the canary and what it is confined to."""

    by: str
    max_unavailable: Limit
    canary: int = 1
    only: Selection = Selection()

    def __post_init__(self) -> None:
        if self.by not in GROUPINGS:
            raise BadInput(f"Unknown grouping {self.by[:40]!r}", advice=f"Roll by {', '.join(GROUPINGS)}.")
        if self.canary < 0:
            raise BadInput("The canary cannot be negative", advice="Give 0 to go without one.")


@dataclass(frozen=True)
class Batch:
    """The instances that one `manualupgrade` call carries: of one zone and one domain number."""

    name: str
    instance_ids: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """Batches in order. `allowed` instances may be out of service at once, so `floor` never are.

    Before the first batch the `unsettled` instances must be back in service: the plan counts on it.
    """

    batches: tuple[Batch, ...]
    left_out: tuple[LeftOut, ...]
    unsettled: tuple[str, ...]
    total: int
    allowed: int

    @property
    def floor(self) -> int:
        """The least number of instances in service."""
        return self.total - self.allowed


@dataclass(frozen=True)
class _Group:
    zone: str | None
    domain: int | None
    members: tuple[Instance, ...]


def make_plan(
    instances: Sequence[Instance],
    target: Image,
    order: Order,
    *,
    health_source: str | None,
    by_model: bool = True,
    missing_ids: bool = False,
) -> Plan:
    """Put every stale instance that can be moved into exactly one batch.

    No batch mixes zones or domain numbers; the same domain number of several placement groups goes together (the
    number is a key within one placement group only, and each group keeps its other domains). No batch takes more than
    the budget together with what is out of service by then: the `unsettled` have come back, and so have the batches
    before. The canary, `order.canary` instances of the first domain, goes first.

    Raises Refused (`max_unavailable`) where the budget allows no instance at all to move, BadInput where `order.only`
    names what does not exist.
    """
    present = [one for one in instances if not one.leaving]
    stale = [
        one for one in select(present, order.only, missing_ids=missing_ids) if is_stale(one, target, by_model=by_model)
    ]
    left_out = tuple(LeftOut(one.instance_id, reason) for one in _sorted(stale) if (reason := obstacle(one)))
    movable = [one for one in stale if obstacle(one) is None]
    allowed = order.max_unavailable.of(len(present))
    on_their_way = unsettled(present, target, health_source, by_model=by_model)
    if not movable:
        return Plan((), left_out, on_their_way, len(present), allowed)

    out = set(out_of_service(present, health_source)) - set(on_their_way)
    sick = [one for one in movable if one.instance_id in out]
    serving = [one for one in movable if one.instance_id not in out]
    lost = out - {one.instance_id for one in sick}
    needed = 1 + (len(lost) if serving else 0)
    if allowed < needed:
        raise _no_room(order.max_unavailable, len(present), allowed, needed, sorted(lost, key=by_id))

    # Where too many are out for anything else to go, they go first: their own upgrade takes nothing more away and may
    # be the cure.
    stages = [movable] if len(out) < allowed or not serving else [sick, serving]
    batches: list[Batch] = []
    for number, stage in enumerate(stages):
        again = ", second pass" if number else ""
        for group in _groups(stage, order.by):
            back = {instance_id for batch in batches for instance_id in batch.instance_ids}
            room = max(allowed - len(out - back), 1)
            canary = 0 if batches else min(order.canary, room)
            batches += _batches(group, _label(group, order.by) + again, canary, out, room, allowed)
    return Plan(tuple(batches), left_out, on_their_way, len(present), allowed)


def unsettled(
    instances: Iterable[Instance], target: Image, health_source: str | None, *, by_model: bool = True
) -> tuple[str, ...]:
    """The ids that an earlier, interrupted run may have left on their way: busy, or on the target but not in service.

    They must be back before anything else is touched.
    """
    return tuple(
        one.instance_id
        for one in _sorted(instances)
        if not (one.leaving or one.deallocated)
        and (one.busy or not is_stale(one, target, by_model=by_model))
        and trouble(one, health_source)
    )


def describe_plan(plan: Plan, max_unavailable: str) -> list[str]:
    """The plan as lines of text: the budget, who is waited for, each batch with its ids, each that is left out."""
    moving = sum(len(batch.instance_ids) for batch in plan.batches)
    if plan.batches:
        budget = f"at most {plan.allowed} ({max_unavailable}) out of service at once, a floor of {plan.floor}"
        lines = [f"{moving} of {plan.total} instances to move in {len(plan.batches)} batches; {budget}"]
    else:
        lines = [f"None of {plan.total} instances to move"]
    if plan.batches and plan.unsettled:
        lines.append(f"  first wait for those that are on their way: {' '.join(plan.unsettled)}")
    width = max((len(batch.name) for batch in plan.batches), default=0)
    for batch in plan.batches:
        ids = batch.instance_ids
        lines.append(f"  {batch.name:<{width}}  {len(ids):>3}  {' '.join(ids)}")
    lines += [f"  left out: {one.instance_id} ({one.reason})" for one in plan.left_out]
    return lines


def _sorted(instances: Iterable[Instance]) -> list[Instance]:
    return sorted(instances, key=lambda one: by_id(one.instance_id))


def _groups(instances: Sequence[Instance], by: str) -> list[_Group]:
    def key(one: Instance) -> tuple[str, int]:
        domain = {"update_domain": one.update_domain, "fault_domain": one.fault_domain}.get(by)
        return one.zone or "", -1 if domain is None else domain

    members: dict[tuple[str, int], list[Instance]] = {}
    for one in sorted(instances, key=lambda each: (each.placement_group or "", by_id(each.instance_id))):
        members.setdefault(key(one), []).append(one)
    return [
        _Group(zone or None, None if domain < 0 else domain, tuple(members[zone, domain]))
        for zone, domain in sorted(members)
    ]


def _batches(group: _Group, label: str, canary: int, out: set[str], room: int, allowed: int) -> list[Batch]:
    members = group.members
    batches: list[Batch] = []
    if canary:
        # An instance that is in service shows more than one that was sick before.
        chosen = sorted(members, key=lambda one: one.instance_id in out)[:canary]
        batches.append(Batch(CANARY, _ids(chosen)))
        members = tuple(one for one in members if one not in chosen)
    serving = [one for one in members if one.instance_id not in out]
    sick = [one for one in members if one.instance_id in out]
    parts = [list(part) for part in _split(serving, room)] or [[]]
    # Those that are out already cost nothing more, as long as the batch stays within the budget as a whole.
    parts[0], rest = parts[0] + sick[: allowed - len(parts[0])], sick[allowed - len(parts[0]) :]
    parts += [list(part) for part in _split(rest, allowed)]
    parts = [part for part in parts if part]
    for number, part in enumerate(parts, start=1):
        suffix = f" ({number} of {len(parts)})" if len(parts) > 1 else ""
        batches.append(Batch(label + suffix, _ids(part)))
    return batches


def _split(members: Sequence[Instance], most: int) -> list[Sequence[Instance]]:
    """As few parts as possible, as even as possible."""
    count = -(-len(members) // most)
    return [members[len(members) * n // count : len(members) * (n + 1) // count] for n in range(count)]


def _ids(members: Sequence[Instance]) -> tuple[str, ...]:
    return tuple(one.instance_id for one in _sorted(members))


def _label(group: _Group, by: str) -> str:
    zone = f"zone {group.zone}" if group.zone else ""
    domain = f"{by.replace('_', ' ')} {group.domain}" if group.domain is not None else ""
    return ", ".join(part for part in (zone, domain) if part) or "batch"


def _no_room(limit: Limit, total: int, allowed: int, needed: int, lost: Sequence[str]) -> Refused:
    enough = f'{needed} or "{smallest_percentage_for(needed, total)}%"'
    if needed == 1:
        return Refused(
            "max_unavailable",
            f"max_unavailable ({limit}) of {total} instances is less than one instance: nothing could ever move",
            advice=f"Set it to {enough}.",
        )
    return Refused(
        "max_unavailable",
        f"{len(lost)} of {total} instances are out of service without being part of this rollout ({listed(lost)}), "
        f"and max_unavailable ({limit}) allows {allowed}: no other instance may be taken out",
        advice=f"Bring them back first, or set max_unavailable to at least {enough}.",
        instances=lost,
    )


def plan_to_dict(plan: Plan) -> dict[str, Any]:
    """The plan as plain data, for the role."""
    return {
        "batches": [{"name": batch.name, "instance_ids": list(batch.instance_ids)} for batch in plan.batches],
        "left_out": [{"instance_id": one.instance_id, "reason": one.reason} for one in plan.left_out],
        "unsettled": list(plan.unsettled),
        "total": plan.total,
        "allowed": plan.allowed,
        "floor": plan.floor,
    }
