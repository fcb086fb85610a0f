# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""How much may be out of service at once: of the whole, of each zone and of each fault domain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import (
    OF_FAULT_DOMAIN,
    OF_SET,
    OF_ZONE,
    Budget,
    exceeded,
    fitting,
    missing_of,
    read_budget,
    shares,
    too_many,
)
from ansible_collections.azroll.vmss.plugins.module_utils._plan.limit import Limit
from ansible_collections.azroll.vmss.tests.unit.builders import instance

HALF = Limit(50, percent=True)
FLEETS = st.lists(st.tuples(st.sampled_from(["1", "2", "3", None]), st.integers(0, 4)), min_size=1, max_size=20).map(
    lambda places: [instance(n, zone=zone, fault_domain=domain) for n, (zone, domain) in enumerate(places)]
)
LIMITS = st.builds(Limit, st.integers(1, 100), percent=st.just(True)) | st.builds(
    Limit, st.integers(1, 9), percent=st.just(False)
)
BUDGETS = st.builds(Budget, LIMITS, st.none() | LIMITS, st.none() | LIMITS)


def test_options_name_the_limits() -> None:
    budget = read_budget({OF_SET: "20%", OF_ZONE: "", OF_FAULT_DOMAIN: 1})
    assert budget == Budget(Limit(20, percent=True), None, Limit(1, percent=False))
    with pytest.raises(BadInput, match="rollout_max_unavailable_per_zone"):
        read_budget({OF_SET: "20%", OF_ZONE: "many"}, "rollout_")


def test_instances_that_the_capacity_asks_for_and_nobody_lists_are_missing() -> None:
    fleet = [instance(0), instance(1, provisioning_state="Deleting")]
    assert missing_of(3, fleet) == 2
    assert missing_of(1, fleet) == 0
    assert missing_of(None, fleet) == 0
    (whole,) = shares(fleet, Budget(HALF), 3)
    assert (whole.total, whole.missing, whole.allowed) == (3, 2, 1)
    (listed,) = shares(fleet, Budget(HALF, ignore_missing=True), 3)
    assert listed.missing == 0


def test_a_small_zone_lets_one_go_and_a_small_set_does_not() -> None:
    tenth = Limit(10, percent=True)
    whole, zone = shares([instance(0, zone="1"), instance(1, zone="1")], Budget(tenth, tenth))
    assert (whole.allowed, zone.allowed) == (0, 1)


def test_a_number_of_a_fault_domain_means_something_within_its_zone_only() -> None:
    fleet = [instance(0, zone="1", fault_domain=0), instance(1, zone="2", fault_domain=0)]
    assert len(shares(fleet, Budget(HALF, None, HALF))) == 3


def test_what_was_not_made_from_the_model_has_no_share() -> None:
    (whole,) = shares([instance(0), instance(1, attached="x")], Budget(HALF))
    assert whole.members == {"0"}


@given(FLEETS, BUDGETS, st.data())
def test_those_that_fit_exceed_nothing_and_are_as_many_as_can_be(fleet, budget, data) -> None:
    parts = shares(fleet, budget)
    ids = [one.instance_id for one in fleet]
    out = set(data.draw(st.lists(st.sampled_from(ids), unique=True)))
    asked = [one for one in ids if one not in out]
    room = {part: part.room(out) for part in parts}
    going = fitting(asked, room)
    if all(left >= 0 for left in room.values()):
        assert exceeded(parts, out, going) is None
    for one in set(asked) - set(going):
        assert exceeded(parts, out, [*going, one]) is not None


@given(FLEETS, BUDGETS)
def test_what_is_out_already_may_always_be_treated(fleet, budget) -> None:
    ids = {one.instance_id for one in fleet}
    assert exceeded(shares(fleet, budget), ids, ids) is None


def test_the_doubtful_may_serve_all_the_same() -> None:
    parts = shares([instance(0), instance(1)], Budget(HALF))
    assert exceeded(parts, {"0"}, {"0"}) is None
    assert exceeded(parts, {"0"}, {"0", "1"}) is not None
    assert exceeded(parts, {"0", "1"}, {"0", "1"}, doubtful={"0", "1"}) is not None


def test_a_refusal_names_a_limit_that_would_do() -> None:
    parts = shares([instance(n, zone="1") for n in range(10)], Budget(HALF, Limit(20, percent=True)))
    tight = exceeded(parts, {"9"}, {"0", "1"})
    assert tight is not None
    error = too_many(tight, {"9"}, {"0", "1"}, "Upgrading")
    assert list(error.instances) == ["0", "1"]
    assert (OF_ZONE in str(error), "3" in str(error), '"30%"' in str(error)) == (True, True, True)
