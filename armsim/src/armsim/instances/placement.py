# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Where a new instance goes, which ones go when a set shrinks, and how many are made: rules without state."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from armsim.instances.instance import Instance, Place

Rule = Literal["Default", "NewestVM", "OldestVM"]

# Instances made for so many wanted ones of a new set (recorded: two as four, three and five as seven).
_MADE = {1: 2, 2: 4, 3: 7, 4: 7, 5: 7}


def overprovisioned(wanted: int, present: int = 0) -> int:
    """How many instances are made for ``wanted`` ones with overprovisioning, beside ``present`` ones.

    A set that has instances gets one more (recorded: one as two, three as four); of many it is a fifth (a guess).
    """
    if present and wanted:
        return wanted + max(1, wanted // 5)
    return _MADE.get(wanted, wanted + max(2, wanted // 5) if wanted else 0)


def next_places(
    count: int,
    zones: Sequence[str | None],
    present: Iterable[Place],
    group_capacity: int,
    domains: tuple[int, int],
    new_group: Callable[[], str],
) -> list[Place]:
    """Places for ``count`` instances, each in the emptiest zone, in a group with room there, in its emptiest domains.

    ``domains`` is the number of update domains and of fault domains in each placement group.
    """
    in_zone, update, fault = Counter[str | None](), Counter[tuple[str, int]](), Counter[tuple[str, int]]()
    groups: dict[str | None, Counter[str]] = defaultdict(Counter)

    def count_in(place: Place) -> None:
        in_zone[place.zone] += 1
        if place.placement_group is not None:
            groups[place.zone][place.placement_group] += 1
            update[place.placement_group, place.update_domain or 0] += 1
            fault[place.placement_group, place.fault_domain or 0] += 1

    for place in present:
        count_in(place)
    places = []
    for _ in range(count):
        zone = min(zones, key=lambda item: in_zone[item])
        group = roomy_group(groups[zone], group_capacity) or new_group()
        places.append(
            Place(
                zone,
                group,
                min(range(domains[0]), key=lambda domain: update[group, domain]),
                min(range(domains[1]), key=lambda domain: fault[group, domain]),
            )
        )
        count_in(places[-1])
    return places


def is_balanced(zones: Sequence[str], places: Iterable[Place]) -> bool:
    """Whether each zone has as many instances as each other, give or take one (documented)."""
    in_zone = Counter(place.zone for place in places)
    counts = [in_zone[zone] for zone in zones]
    return not counts or max(counts) - min(counts) <= 1


def roomy_group(sizes: Mapping[str, int], capacity: int) -> str | None:
    """The first placement group that has room."""
    return next((group for group, size in sizes.items() if size < capacity), None)


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
