# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""How much of a scale set may be out of service at once: of the whole, of each zone and of each fault domain."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import NoRoom
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import by_id, listed
from ansible_collections.azroll.vmss.plugins.module_utils._plan.limit import Limit, smallest_percentage_for

OF_SET = "max_unavailable"
OF_ZONE = "max_unavailable_per_zone"
OF_FAULT_DOMAIN = "max_unavailable_per_fault_domain"


@dataclass(frozen=True)
class Budget:
    """The limits that hold at the same time; None for no limit of that kind.

    `ignore_missing`: only instances that are listed count, whatever the capacity of the set.
    """

    of_set: Limit
    of_zone: Limit | None = None
    of_fault_domain: Limit | None = None
    ignore_missing: bool = False


def read_budget(options: Mapping[str, Any], prefix: str = "") -> Budget:
    """From options of these names; `prefix` is put before them in errors. Raises BadInput."""

    def limit(name: str) -> Limit | None:
        given = options.get(name)
        return None if given in (None, "") else Limit.parse(given, prefix + name)

    of_set = Limit.parse(options[OF_SET], prefix + OF_SET)
    return Budget(of_set, limit(OF_ZONE), limit(OF_FAULT_DOMAIN), bool(options.get("ignore_missing")))


def missing_of(capacity: int | None, instances: Iterable[Instance]) -> int:
    """How many instances the capacity asks for and the list does not have.

    More may be listed than the capacity has: while Azure overprovisions (documented), and until a scale-in has begun.
    """
    return max((capacity or 0) - sum(not one.leaving for one in instances), 0)


@dataclass(frozen=True)
class Share:
    """A part of the scale set with a limit of its own; `option` is the option that sets it.

    `missing` instances should be there as well and are out of service.
    """

    option: str
    name: str
    limit: Limit
    members: frozenset[str]
    missing: int = 0

    @property
    def total(self) -> int:
        """What the limit is a share of: the members and those that are missing."""
        return len(self.members) + self.missing

    @property
    def allowed(self) -> int:
        """How many of all may be out of service at once.

        Of a zone or a fault domain that is at least one: a percentage of a small one would stop the rollout for good.
        """
        allowed = self.limit.of(self.total)
        return allowed if self.option == OF_SET else max(allowed, 1)

    def room(self, out: Collection[str]) -> int:
        """How many more may go where those of `out` are out of service; below 0 where too many are out."""
        return self.allowed - self.missing - len(self.members.intersection(out))


def shares(instances: Iterable[Instance], budget: Budget, capacity: int | None = None) -> tuple[Share, ...]:
    """Every part of the set that has a limit, the whole first. Instances being deleted belong to none.

    Neither do those that were not made from the model: they may do other work, and a percentage that counts them would
    allow too much. The whole is the larger one of the capacity and what is listed: what is missing is out of service. A
    zone and a fault domain are what is listed of them: it is not known where the missing ones will be.
    """
    listed_all = list(instances)
    present = [one for one in listed_all if not (one.leaving or one.attached)]
    missing = 0 if budget.ignore_missing else missing_of(capacity, listed_all)
    found = [Share(OF_SET, "", budget.of_set, frozenset(one.instance_id for one in present), missing)]
    if budget.of_zone:
        for zone in sorted({one.zone for one in present if one.zone}):
            members = frozenset(one.instance_id for one in present if one.zone == zone)
            found.append(Share(OF_ZONE, f"zone {zone}", budget.of_zone, members))
    if budget.of_fault_domain:
        # A number means something within one zone only (documented: domains are dealt out zone by zone).
        places = {(one.zone or "", one.fault_domain) for one in present if one.fault_domain is not None}
        for zone, domain in sorted(places, key=str):
            members = frozenset(
                one.instance_id for one in present if (one.zone or "", one.fault_domain) == (zone, domain)
            )
            name = f"zone {zone}, fault domain {domain}" if zone else f"fault domain {domain}"
            found.append(Share(OF_FAULT_DOMAIN, name, budget.of_fault_domain, members))
    return tuple(found)


def fitting(ids: Iterable[str], room: Mapping[Share, int]) -> list[str]:
    """Those of `ids`, in order, that may go together: as many as every part of the set has room for."""
    left = dict(room)
    going: list[str] = []
    for one in ids:
        mine = [part for part in left if one in part.members]
        if all(left[part] > 0 for part in mine):
            going.append(one)
            left |= {part: left[part] - 1 for part in mine}
    return going


def exceeded(
    parts: Iterable[Share], out: Collection[str], going: Collection[str], doubtful: Collection[str] = ()
) -> Share | None:
    """The first part that would have too many out of service when those of `going` are taken out.

    Instances that are out already take nothing more away: an unhealthy scale set must be able to receive its cure. But
    the `doubtful` of them may serve all the same, so the limit holds as well where all of these do.
    """
    certain = set(out).difference(doubtful)
    for part in parts:
        for gone in (set(out), certain):
            if (set(going) - gone) & part.members and part.room({*gone, *going}) < 0:
                return part
    return None


def too_many(part: Share, out: Collection[str], send: Collection[str], doing: str) -> NoRoom:
    """The refusal (`max_unavailable`) to send so many. `doing` is what they were to be sent for, as in `Upgrading`."""
    going = sorted(part.members.intersection(send), key=by_id)
    others_out = sorted(part.members.intersection(out) - set(going), key=by_id)
    needed, total = len(going) + len(others_out) + part.missing, part.total
    out_already = [f"those out of service already ({listed(others_out)})"] if others_out else []
    if part.missing:
        out_already.append(f"{part.missing} missing of a capacity of {part.total}")
    already = f" on top of {' and '.join(out_already)}" if out_already else ""
    place = f" of {part.name}" if part.name else ""
    return NoRoom(
        f"{doing} {len(going)} of {total} instances{place}{already} would take {needed} out of service at once, "
        f"and {part.option} ({part.limit}) allows {part.allowed}",
        advice=f"Send fewer at a time, bring the others back first, or set {part.option} to {needed} or "
        f'"{smallest_percentage_for(needed, total)}%".',
        instances=going,
    )
