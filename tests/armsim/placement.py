# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Where a new instance goes, which ones go when a set shrinks, and how many are made: rules without state."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Literal

from armsim.instance import Instance, Place

Rule = Literal["Default", "NewestVM", "OldestVM"]

# Instances made for so many wanted ones (recorded: two as four, three and five as seven).
_MADE = {1: 2, 2: 4, 3: 7, 4: 7, 5: 7}


def overprovisioned(wanted: int) -> int:
    """How many instances are made for ``wanted`` ones with overprovisioning; beyond five a fifth more (a guess)."""
    return _MADE.get(wanted, wanted + max(2, wanted // 5) if wanted else 0)


def next_place(
    zones: Sequence[str | None],
    present: Sequence[Place],
    group_capacity: int,
    domains: tuple[int, int],
    new_group: Callable[[], str],
) -> Place:
    """A place in the emptiest zone, a placement group with room there, its emptiest update and fault domain.

    ``domains`` is the number of update domains and of fault domains in each placement group.
    """
    in_zone = Counter(place.zone for place in present)
    zone = min(zones, key=lambda item: in_zone[item])
    here = [place for place in present if place.zone == zone]
    sizes = Counter(place.placement_group for place in here if place.placement_group is not None)
    group = next((group for group, size in sizes.items() if size < group_capacity), None) or new_group()
    mates = [place for place in here if place.placement_group == group]
    update = Counter(place.update_domain for place in mates)
    fault = Counter(place.fault_domain for place in mates)
    return Place(
        zone,
        group,
        min(range(domains[0]), key=lambda domain: update[domain]),
        min(range(domains[1]), key=lambda domain: fault[domain]),
    )


def scale_in(present: Sequence[Instance], count: int, rule: Rule) -> list[Instance]:
    """The instances to delete, in order (documented): every rule keeps the zones in balance first.

    Within the fullest zone `Default` balances the fault domains and takes the highest id; `NewestVM` and `OldestVM` go
    by the time of creation. Protected instances stay: where too many are, fewer than ``count`` come back.
    """
    groups = {instance.id: _group(instance, rule) for instance in present}
    zones = Counter(instance.place.zone for instance in present)
    sizes = Counter(groups.values())
    waiting: dict[tuple[str | None, int | None], list[Instance]] = defaultdict(list)
    for instance in sorted(present, key=lambda item: _preference(item, rule)):
        if not instance.protect_from_scale_in:
            waiting[groups[instance.id]].append(instance)
    chosen: list[Instance] = []
    while waiting and len(chosen) < count:
        group = max(waiting, key=lambda item: (zones[item[0]], sizes[item], _preference(waiting[item][-1], rule)))
        chosen.append(waiting[group].pop())
        zones[group[0]] -= 1
        sizes[group] -= 1
        if not waiting[group]:
            del waiting[group]
    return chosen


def _group(instance: Instance, rule: Rule) -> tuple[str | None, int | None]:
    return instance.place.zone, instance.place.fault_domain if rule == "Default" else None


def _preference(instance: Instance, rule: Rule) -> tuple[float, float]:
    """The greater, the sooner an instance goes. Ids of Flexible sets are drawn, so there age decides by default."""
    number = int(instance.id) if instance.id.isdigit() else 0
    match rule:
        case "NewestVM":
            return instance.created, number
        case "OldestVM":
            return -instance.created, number
        case _:
            return number, instance.created
