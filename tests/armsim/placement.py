# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Where a new instance is put."""

from __future__ import annotations

import random
from dataclasses import replace

from armsim.instance import Instance, Place
from armsim.scale_set import ScaleSet
from armsim.wire import guid


def next_place(scale_set: ScaleSet, in_zone: str | None = None) -> Place:
    """A place in the emptiest zone (or ``in_zone``), placement group with room, update domain and fault domain."""
    zones: list[str | None] = list(scale_set.document.get("zones") or [None])
    places = [instance.place for instance in scale_set.active()]
    zone = in_zone or min(zones, key=lambda item: sum(place.zone == item for place in places))
    if scale_set.flexible:
        return Place(zone=zone)
    here = [place for place in places if place.zone == zone]
    groups = list(dict.fromkeys(place.placement_group for place in here))
    roomy = [
        group for group in groups if sum(item.placement_group == group for item in here) < scale_set.group_capacity
    ]
    group = roomy[0] if roomy else guid(scale_set.rng)
    mates = [place for place in here if place.placement_group == group]
    faults = int(scale_set.document["properties"].get("platformFaultDomainCount") or 5)
    return Place(
        zone,
        group,
        min(range(scale_set.update_domains), key=lambda domain: sum(item.update_domain == domain for item in mates)),
        min(range(faults), key=lambda domain: sum(item.fault_domain == domain for item in mates)),
    )


def place_again(scale_set: ScaleSet, instance: Instance) -> Place:
    """A place for an instance that is started after it was deallocated: the same zone, any domain (documented)."""
    found = next_place(scale_set, instance.place.zone)
    if scale_set.flexible:
        return found
    draws = random.Random(f"{scale_set.world.seed}/{scale_set.id.lower()}/{instance.id}/{instance.attempts}/place")
    return replace(found, update_domain=draws.randrange(scale_set.update_domains))
