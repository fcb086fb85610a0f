# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Waiting: a deadline on the monotonic clock, and looking again and again until it has passed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ansible_collections.azroll.vmss.plugins.module_utils._errors import ConnectionFailed, Throttled, VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._progress import Progress

# Azure's buckets give a token back every 15 seconds (4 a minute); used where a 429 does not say how long to wait.
THROTTLE_WAIT = 15.0

T = TypeVar("T")


class Deadline:
    """How long a module may take altogether; every wait in it, for Azure or for instances, draws on the same time."""

    def __init__(
        self,
        seconds: float,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.seconds = seconds
        self._monotonic = monotonic
        self._sleep = sleep
        self._end = monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left, never less than 0."""
        return max(self._end - self._monotonic(), 0.0)

    def sleep(self, seconds: float) -> None:
        """Sleep, but not past the deadline."""
        self._sleep(min(seconds, self.remaining()))


@dataclass(frozen=True)
class Outcome:
    """The last look, and whether it settles the matter: `done`, `failed`, or neither when time ran out."""

    progress: Progress
    done: bool = False
    failed: bool = False


def wait_until(
    look: Callable[[], Progress], deadline: Deadline, interval: float, *, unseen: Progress, successes: int = 1
) -> Outcome:
    """Look at once and then every `interval` seconds, the last time at the deadline.

    Done after `successes` good looks in a row. Failed when two looks in a row see failed instances: a single one may
    catch an instance that failed earlier and has not begun to move yet. Being throttled past the deadline is nobody's
    failure: the time is waited out, and the last look stands (`unseen` where there was none). Nor is a service that
    does not answer for a while, once it has answered: then the next look tells.
    """
    progress = unseen
    answered = False
    good = bad = 0
    for _tick in _ticks(deadline, interval):
        try:
            progress = look()
        except Throttled:
            deadline.sleep(deadline.remaining())
            break
        except VmssError as error:
            if not (answered and _passing(error)):
                raise
            good = bad = 0
            continue
        answered = True
        good = good + 1 if progress.done else 0
        bad = bad + 1 if progress.failed else 0
        if good >= successes:
            return Outcome(progress, done=True)
        if bad >= 2:
            return Outcome(progress, failed=True)
    return Outcome(progress)


def wait_out_throttling(act: Callable[[], T], deadline: Deadline) -> T:
    """What `act` gives back, which looks, decides and writes: as a whole it is done again after each wait.

    Raises Throttled where the next wait would end after the deadline.
    """
    while True:
        try:
            return act()
        except Throttled as error:
            pause = error.retry_after or THROTTLE_WAIT
            if pause > deadline.remaining():
                raise
            deadline.sleep(pause)


def not_seen(phase: str, instance_ids: Sequence[str]) -> Progress:
    """What is known before the first look."""
    return Progress(phase, len(instance_ids), waiting=dict.fromkeys(instance_ids, "not seen yet: throttled by Azure"))


def _passing(error: VmssError) -> bool:
    return isinstance(error, ConnectionFailed) or (error.fault.status or 0) >= 500


def _ticks(deadline: Deadline, interval: float) -> Iterator[None]:
    yield
    while deadline.remaining() > 0:
        deadline.sleep(interval)
        yield
