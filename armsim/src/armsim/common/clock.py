# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Simulated time: clocks that give the time, and the timeline that runs what falls due.

Times are seconds (float) since the simulator was ready. The present only moves when :meth:`Timeline.catch_up` or
:meth:`Timeline.leap` is called, so that one request sees one instant, and every event runs at the instant it was due,
however late the next request comes.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol


class Clock(Protocol):
    """A source of simulated seconds since the start."""

    def now(self) -> float: ...


class ScaledClock:
    """Real time, ``speed`` simulated seconds to the real second."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._started = time.monotonic()

    def now(self) -> float:
        return (time.monotonic() - self._started) * self.speed


class ManualClock:
    """A clock that moves on command: for tests."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds


class StandingClock:
    """A clock that stands still: time passes by :meth:`Timeline.leap` alone."""

    def now(self) -> float:
        return 0.0


@dataclass(order=True)
class Event:
    """Something that will happen; ``cancel`` keeps it from happening."""

    due: float
    order: int
    action: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        self.cancelled = True


class Timeline:
    """The present, and the events still to come, in the order in which they fall due."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._start = clock.now()
        self._events: list[Event] = []
        self._order = itertools.count()
        self.now = 0.0

    def begin(self) -> None:
        """Let the present be the start: nothing may have happened yet."""
        self._start = self._clock.now()
        self.now = 0.0

    def after(self, delay: float, action: Callable[[], None]) -> Event:
        """Let ``action`` happen ``delay`` simulated seconds from the present."""
        event = Event(self.now + max(delay, 0.0), next(self._order), action)
        heapq.heappush(self._events, event)
        return event

    def catch_up(self) -> float:
        """Bring the present up to the clock, running what fell due on the way; returns the new present."""
        return self.leap(self._clock.now() - self._start)

    def leap(self, moment: float) -> float:
        """Bring the present forward to ``moment``, as :meth:`catch_up` does; it never runs backwards."""
        target = max(moment, self.now)
        while self._events and self._events[0].due <= target:
            event = heapq.heappop(self._events)
            if not event.cancelled:
                self.now = event.due
                event.action()
        self.now = target
        return self.now

    def next_due(self) -> float | None:
        """When the next event is due; None when none is to come."""
        while self._events and self._events[0].cancelled:
            heapq.heappop(self._events)
        return self._events[0].due if self._events else None
