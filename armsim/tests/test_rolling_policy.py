# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The decisions of rolling upgrades, for sets of any shape."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armsim.instances.instance import Place
from armsim.rolling.policy import DEFAULTS, Candidate, breach_after, breach_before, next_batch, seconds

candidates = st.lists(
    st.tuples(st.sampled_from([None, "1", "2"]), st.sampled_from(["a", "b"]), st.integers(0, 4), st.booleans()),
    min_size=1,
    max_size=60,
).map(lambda rows: [Candidate(str(n), Place(zone, group, ud), ok) for n, (zone, group, ud, ok) in enumerate(rows)])
policies = st.fixed_dictionaries(
    {"maxBatchInstancePercent": st.integers(5, 100)},
    optional={"enableCrossZoneUpgrade": st.booleans(), "prioritizeUnhealthyInstances": st.booleans()},
).map(lambda given_: {**DEFAULTS, **given_})


@given(candidates, policies)
def test_a_batch_is_small_and_stays_in_one_domain(members, policy):
    batch = next_batch(policy, members, members)
    assert batch
    assert len(batch) <= max(1, len(members) * policy["maxBatchInstancePercent"] // 100)
    assert len({one.place.update_domain for one in batch}) == 1
    if not policy.get("enableCrossZoneUpgrade"):
        assert len({(one.place.zone, one.place.placement_group) for one in batch}) == 1


@given(candidates, policies)
def test_batch_by_batch_everything_is_upgraded_once(members, policy):
    waiting, done = list(members), []
    while waiting:
        batch = next_batch(policy, waiting, members)
        done += batch
        waiting = [one for one in waiting if one not in batch]
    assert sorted(one.id for one in done) == sorted(one.id for one in members)


@given(candidates, policies)
def test_what_is_out_of_service_elsewhere_makes_a_batch_smaller(members, policy):
    limit = max(1, len(members) * policy["maxBatchInstancePercent"] // 100)
    batch = next_batch(policy, members, members)
    elsewhere = [one for one in members if not one.serving and one not in batch]
    assert len(batch) == 1 or len(batch) + len(elsewhere) <= limit


def test_the_unhealthy_come_first_where_the_policy_says_so():
    members = [Candidate(str(n), Place(None, "g", n % 5), n != 13) for n in range(20)]
    assert next_batch(DEFAULTS, members, members)[0].id == "0"
    assert next_batch({**DEFAULTS, "prioritizeUnhealthyInstances": True}, members, members)[0].id == "13"


@pytest.mark.parametrize(("unhealthy", "code"), [(4, None), (5, "MaxUnhealthyInstancePercentExceeded")])
def test_too_many_unhealthy_instances_let_no_batch_start(unhealthy, code):
    members = [Candidate(str(n), Place(), n >= unhealthy) for n in range(20)]
    for first, moment in ((True, "BeforeRollingUpgrade"), (False, "InRollingUpgrade")):
        breach = breach_before(DEFAULTS, members, first=first)
        assert (breach.code if breach else None) == (code and code + moment)


def test_the_breach_after_a_batch_says_what_was_recorded():
    breach = breach_after(DEFAULTS, [Candidate("0", Place(), serving=False)])
    assert breach is not None
    assert breach.code == "MaxUnhealthyUpgradedInstancePercentExceededInRollingUpgrade"
    assert "100% of instances" in breach.message
    assert breach.message.endswith("First failed instance ID is: 0.")


@pytest.mark.parametrize(
    ("text", "value"), [("PT0S", 0), ("PT30S", 30), ("PT1H30M", 5400), ("P1DT1S", 86_401), ("soon", 0)]
)
def test_durations_are_read(text, value):
    assert seconds(text) == value
