# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Waiting: a deadline on the monotonic clock, looking again and again until it has passed, and decisions to write."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from ansible_collections.azroll.vmss.plugins.module_utils._errors import (
    ConnectionFailed,
    Outdated,
    Throttled,
    Untrusted,
    VmssError,
)
from ansible_collections.azroll.vmss.plugins.module_utils._progress import Progress

# Azure's buckets give a token back every 15 seconds (4 a minute); used where a 429 does not say how long to wait.
THROTTLE_WAIT = 15.0
# A decision takes several reads. Where it is throttled again, so many tokens are awaited; not for longer than this.
LONGEST_THROTTLE_WAIT = 120.0
# Transient faults are tried again this often, after 0.8, 1.6, 3.2 and 6.4 seconds.
RETRIES = 4
BACKOFF = 0.8
# The first read that a write rests on began at most so many seconds before it: model, list and rolling upgrade take two
# or three, but an instance may become unhealthy at any moment.
FRESH = 10.0
# A list of 1,000 instances has nine pages, each of which takes a second or two.
FRESH_PER_PAGE = 2.0

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
        self._fresh_until: float | None = None

    @contextmanager
    def decision(self) -> Iterator[None]:
        """What is read in here is what a write in here rests on. Without one open, nothing may be written."""
        self._fresh_until = self._monotonic() + FRESH
        try:
            yield
        finally:
            self._fresh_until = None

    @property
    def deciding(self) -> bool:
        """Whether a decision is open: then nothing is waited out, because what was read before would be old."""
        return self._fresh_until is not None

    def fresh(self) -> float:
        """For how many seconds what the decision rests on may still be acted upon."""
        return float("inf") if self._fresh_until is None else max(self._fresh_until - self._monotonic(), 0.0)

    def read_page(self) -> None:
        """Note that the decision rests on one more page of a list."""
        if self._fresh_until is not None:
            self._fresh_until += FRESH_PER_PAGE

    def check_fresh(self, attempted: str, *, write: bool = False) -> None:
        """Raise Outdated where the open decision is too old for one more request.

        A write outside of a decision is an error of the program.
        """
        if write and not self.deciding:
            raise RuntimeError(f"A write without a decision: {attempted}")
        if self.fresh() <= 0:
            raise Outdated(
                f"Could not {attempted}: Azure answers so slowly that what was read of the scale set was more than "
                f"{FRESH:.0f} seconds old. Nothing was sent",
                advice="Run again later.",
                attempted=attempted,
            )

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


def decide(act: Callable[[], T], deadline: Deadline) -> T:
    """What `act` gives back, which reads, decides and writes at most once: nothing of it is waited for in between.

    As a whole it is done again after a wait that Azure asks for, where its reads have become too old before the write,
    and where a read or the write has had no answer: whether that write was received, `act` sees by what it reads.
    Raises the last error where the next wait would end after the deadline, or after `RETRIES` tries without an answer.
    """
    throttled = failures = 0
    while True:
        try:
            with deadline.decision():
                return act()
        except Throttled as error:
            # So many tokens as all reads of the decision take are there later than the one that Azure speaks of.
            growing = THROTTLE_WAIT * 2 ** (throttled - 1) if throttled else 0.0
            pause = max(error.retry_after or THROTTLE_WAIT, min(growing, LONGEST_THROTTLE_WAIT))
            throttled += 1
            if pause > deadline.remaining():
                raise
        except VmssError as error:
            pause = BACKOFF * 2**failures
            failures += 1
            transient = error.unanswered or isinstance(error, Outdated) or _passing(error)
            if not transient or failures > RETRIES or pause > deadline.remaining():
                raise
        deadline.sleep(pause)


def not_seen(phase: str, instance_ids: Sequence[str]) -> Progress:
    """What is known before the first look."""
    return Progress(phase, len(instance_ids), waiting=dict.fromkeys(instance_ids, "not seen yet: throttled by Azure"))


def _passing(error: VmssError) -> bool:
    if isinstance(error, Untrusted):
        return False
    return isinstance(error, ConnectionFailed) or error.fault.status == 408 or (error.fault.status or 0) >= 500


def _ticks(deadline: Deadline, interval: float) -> Iterator[None]:
    yield
    while deadline.remaining() > 0:
        deadline.sleep(interval)
        yield
