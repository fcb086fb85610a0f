# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The timeline on a clock that the test moves."""

from __future__ import annotations

import random

import pytest

from armsim.common.clock import ManualClock, Timeline
from armsim.common.spread import Spread


def test_events_run_in_order_at_the_moment_they_were_due():
    clock = ManualClock()
    timeline = Timeline(clock)
    seen = []
    timeline.after(5, lambda: seen.append(("second", timeline.now)))
    timeline.after(2, lambda: seen.append(("first", timeline.now)))
    clock.advance(10)
    assert timeline.catch_up() == 10
    assert seen == [("first", 2), ("second", 5)]


def test_an_event_may_schedule_another_that_is_already_due():
    clock = ManualClock()
    timeline = Timeline(clock)
    seen = []
    timeline.after(1, lambda: timeline.after(1, lambda: seen.append(timeline.now)))
    clock.advance(3)
    timeline.catch_up()
    assert seen == [2]


def test_nothing_happens_before_its_time_or_after_it_was_cancelled():
    clock = ManualClock()
    timeline = Timeline(clock)
    seen = []
    cancelled = timeline.after(1, lambda: seen.append("cancelled"))
    timeline.after(4, lambda: seen.append("early"))
    cancelled.cancel()
    clock.advance(3.9)
    timeline.catch_up()
    assert seen == []


def test_the_present_stands_still_between_two_catch_ups():
    clock = ManualClock()
    timeline = Timeline(clock)
    clock.advance(7)
    assert timeline.now == 0


def test_the_beginning_is_when_it_is_said_to_be():
    clock = ManualClock()
    timeline = Timeline(clock)
    clock.advance(7)
    timeline.begin()
    clock.advance(1)
    assert timeline.catch_up() == 1


def test_draws_stay_within_the_spread_and_half_of_them_below_the_median():
    spread = Spread(min=10, median=40, max=300)
    rng = random.Random(1)
    draws = [spread.draw(rng) for _ in range(2000)]
    assert min(draws) >= 10
    assert max(draws) <= 300
    assert sum(draw < 40 for draw in draws) == pytest.approx(1000, abs=100)


def test_a_number_is_a_fixed_duration():
    assert Spread.model_validate(12).draw(random.Random(1)) == 12


def test_a_spread_out_of_order_is_refused():
    with pytest.raises(ValueError, match="in this order"):
        Spread(min=3, median=2, max=5)
