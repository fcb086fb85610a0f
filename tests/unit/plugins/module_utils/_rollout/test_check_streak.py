# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Enough good checks in a row, not for ever, and waits that last about as long as asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.check_streak import (
    LONGEST_CALL,
    Probe,
    Slow,
    between_renewals,
    describe_waits,
    step,
    waits,
)

checks = st.lists(st.booleans(), max_size=60)


@given(checks, st.integers(1, 5), st.integers(0, 20))
def test_it_is_done_at_the_first_streak_and_exhausted_after_the_last_check(outcomes, successes, retries):
    probe = Probe()
    for number, good in enumerate(outcomes, start=1):
        probe = step(probe, good, successes=successes, retries=retries)
        assert probe.attempts == number
        assert probe.done == (number >= successes and all(outcomes[number - successes : number]))
        if probe.done:
            assert not probe.exhausted
            return
        assert probe.exhausted == (number >= successes + retries and not good)
        if probe.exhausted:
            return


def test_a_bad_check_starts_the_streak_again():
    probe = step(Probe(), True, successes=2, retries=9)
    probe = step(probe, False, successes=2, retries=9)
    probe = step(probe, True, successes=2, retries=9)
    assert probe == Probe(streak=1, attempts=3)
    assert step(probe, True, successes=2, retries=9).done


@given(st.lists(st.sampled_from([True, False, None]), max_size=60), st.integers(1, 5), st.integers(0, 20))
def test_checks_that_came_to_no_answer_change_nothing_but_their_own_number(outcomes, successes, retries):
    probe = answered = Probe()
    for good in outcomes:
        if good is not None:
            answered = step(answered, good, successes=successes, retries=retries)
        probe = step(
            probe, bool(good), successes=successes, retries=retries, answered=good is not None, most_unanswered=60
        )
        assert (probe.streak, probe.attempts) == (answered.streak, answered.attempts)
        if answered.done or answered.exhausted:
            break
    assert not probe.exhausted or answered.exhausted
    assert probe.unanswered == sum(good is None for good in outcomes[: probe.attempts + probe.unanswered])


def test_too_many_checks_that_came_to_no_answer_end_it():
    probe = Probe(streak=1, attempts=1)
    for number in range(1, 5):
        probe = step(probe, False, successes=2, retries=9, answered=False, most_unanswered=3)
        assert probe.exhausted == (number == 4)


@given(st.integers(1, 100_000), st.integers(0, 5_000))
def test_time_without_an_answer_comes_on_top(timeout, unanswered):
    options = {"health_retries": 30, "health_delay": 10, "health_successes": 2}
    made = waits(upgrade_timeout=timeout, unanswered_timeout=unanswered, **options)
    plain = waits(upgrade_timeout=timeout, **options)
    assert made["upgrade"]["answered"] == timeout
    assert made["health"]["answered"] == 320
    assert made["call"]["timeout"] >= max(unanswered, 600)
    for name in ("upgrade", "health"):
        assert made[name]["timeout"] == plain[name]["timeout"]
        spare = (made[name]["retries"] + 1) * made[name]["timeout"] - made[name]["answered"]
        assert spare >= unanswered


@given(st.integers(1, 100_000), st.integers(0, 500), st.integers(0, 300), st.integers(1, 10))
def test_the_calls_together_take_what_was_asked_and_a_streak_fits_into_one(timeout, retries, delay, successes):
    made = waits(upgrade_timeout=timeout, health_retries=retries, health_delay=delay, health_successes=successes)
    health = (retries + successes) * max(delay, 1)
    for wait, asked, streak in ((made["upgrade"], timeout, 1), (made["health"], health, successes * max(delay, 1))):
        calls = wait["retries"] + 1
        assert wait["retries"] >= 1, "Ansible would not look at until"
        assert wait["timeout"] >= streak
        assert wait["timeout"] <= max(LONGEST_CALL, streak)
        assert calls * wait["timeout"] >= asked
        assert (calls - 1) * wait["timeout"] < asked + calls


def test_what_the_set_needs_comes_on_top_of_the_options():
    asked = {"upgrade_timeout": 1800, "health_retries": 28, "health_delay": 10, "health_successes": 2}
    made = waits(**asked, slow=Slow(notice=900, grace=900, settling=120))

    def total(name: str) -> int:
        return made[name]["timeout"] * (made[name]["retries"] + 1)

    assert (total("upgrade"), total("reported"), total("health")) == (2700, 1035, 420)
    assert made["room"]["retries"] == 28 + 90
    lines = describe_waits(**asked, slow=Slow(notice=900, grace=900))
    assert lines == [
        "each batch may take 2700 s to come up (1800 s by rollout_upgrade_timeout, "
        "900 s because the OS image notification is on)",
        "and then 1200 s to become healthy (300 s by rollout_health_retries and rollout_health_delay, "
        "900 s grace period of the health extension)",
    ]


def test_a_short_grace_period_needs_no_wait_of_its_own():
    made = waits(upgrade_timeout=60, health_retries=28, health_delay=10, health_successes=2, slow=Slow(grace=5))
    assert made["reported"]["retries"] == 0
    assert made["health"]["timeout"] * (made["health"]["retries"] + 1) >= 305


@pytest.mark.parametrize(("seconds", "wait"), [(1, (1, 1)), (45, (23, 1)), (50, (25, 1)), (1800, (45, 39))])
def test_long_waits_are_divided_evenly(seconds, wait):
    made = waits(upgrade_timeout=seconds, health_retries=0, health_delay=0, health_successes=1)["upgrade"]
    assert (made["timeout"], made["retries"]) == wait


@pytest.mark.parametrize(
    ("option", "value", "least"),
    [("upgrade_timeout", 0, 1), ("health_retries", -1, 0), ("health_delay", -1, 0), ("health_successes", 0, 1)],
)
def test_options_that_leave_no_time_are_refused_by_name(option, value, least):
    options = {"upgrade_timeout": 60, "health_retries": 1, "health_delay": 1, "health_successes": 1}
    with pytest.raises(BadInput, match=rf"^rollout_{option} is {value}\. Give at least {least}\.$"):
        waits(**{**options, option: value})


def test_the_longest_stretch_without_a_renewal_is_room_and_upgrade_or_all_gates():
    short = {"health_retries": 30, "health_delay": 10, "health_successes": 2, "warm_up": 0, "sweep_delay": 60}
    assert between_renewals(upgrade_timeout=1800, **short) == 300 + 1800
    assert between_renewals(upgrade_timeout=60, **{**short, "warm_up": 100}) == 100 + 4 * 320 + 60
