# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Where instances go and which of them go: rules that hold for sets of any shape."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from armsim.instances.instance import Place
from armsim.instances.placement import next_places, overprovisioned, scale_in


@dataclass(frozen=True)
class Member:
    """As much of an instance as the rules read."""

    id: str
    created: float
    place: Place
    protect_from_scale_in: bool


members = st.lists(
    st.tuples(st.sampled_from(["1", "2", "3"]), st.integers(0, 4), st.booleans(), st.integers(0, 5)), max_size=40
).map(
    lambda rows: [
        Member(str(index), float(age), Place(zone=zone, placement_group="g", update_domain=0, fault_domain=fault), kept)
        for index, (zone, fault, kept, age) in enumerate(rows)
    ]
)


def spread(counts: Counter[str | None]) -> int:
    return max(counts.values()) - min(counts.values())


@given(members, st.integers(0, 40), st.sampled_from(["Default", "NewestVM", "OldestVM"]))
def test_scaling_in_takes_as_many_as_it_may_and_never_a_protected_one(present, count, rule):
    chosen = scale_in(present, count, rule)
    free = [member for member in present if not member.protect_from_scale_in]
    assert len(chosen) == len(set(chosen)) == min(count, len(free))
    assert not any(member.protect_from_scale_in for member in chosen)


@given(st.integers(1, 12), st.integers(0, 30), st.sampled_from(["Default", "NewestVM", "OldestVM"]))
def test_scaling_in_leaves_balanced_zones_balanced(per_zone, count, rule):
    present = [
        Member(
            str(index), float(index), Place(zone=str(index % 3), fault_domain=index % 5), protect_from_scale_in=False
        )
        for index in range(3 * per_zone)
    ]
    chosen = scale_in(present, count, rule)
    left = Counter({str(zone): 0 for zone in range(3)})
    left.update(member.place.zone for member in present if member not in chosen)
    assert spread(left) <= 1


def test_each_rule_takes_what_it_is_named_after():
    ages = {"0": 5.0, "1": 1.0, "2": 9.0, "3": 7.0}
    present = [Member(id_, age, Place(), protect_from_scale_in=False) for id_, age in ages.items()]
    assert [member.id for member in scale_in(present, 2, "Default")] == ["3", "2"]
    assert [member.id for member in scale_in(present, 2, "NewestVM")] == ["2", "3"]
    assert [member.id for member in scale_in(present, 2, "OldestVM")] == ["1", "0"]


@given(st.integers(1, 60), st.sampled_from([["1", "2", "3"], [None]]), st.integers(1, 20))
def test_new_places_fill_zones_domains_and_groups_evenly(total, zones, group_capacity):
    names = iter(f"g{number}" for number in range(100))
    early = next_places(total // 2, zones, [], group_capacity, (5, 3), lambda: next(names))
    places = early + next_places(total - len(early), zones, early, group_capacity, (5, 3), lambda: next(names))
    assert spread(Counter({zone: sum(place.zone == zone for place in places) for zone in zones})) <= 1
    groups = Counter((place.zone, place.placement_group) for place in places)
    assert max(groups.values()) <= group_capacity
    for zone, group in groups:
        mates = [place for place in places if (place.zone, place.placement_group) == (zone, group)]
        assert spread(Counter({d: sum(place.update_domain == d for place in mates) for d in range(5)})) <= 1


def test_overprovisioning_makes_what_was_recorded():
    assert [overprovisioned(wanted) for wanted in (0, 1, 2, 3, 5)] == [0, 2, 4, 7, 7]


@given(st.integers(0, 999))
def test_overprovisioning_grows_with_what_is_wanted(wanted):
    assert wanted < overprovisioned(wanted + 1) >= overprovisioned(wanted)
