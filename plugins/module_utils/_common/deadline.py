# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The time that a module has, and how old what a write rests on may be."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import Outdated

# Azure's buckets give a token back every 15 seconds (4 a minute); used where a 429 does not say how long to wait.
THROTTLE_WAIT = 15.0
# A decision takes several reads. Where it is throttled again, so many tokens are awaited; not for longer than this.
LONGEST_THROTTLE_WAIT = 120.0
# Transient faults are tried again this often, after 0.8, 1.6, 3.2 and 6.4 seconds.
RETRIES = 4
BACKOFF = 0.8
# So often is a write begun anew after another client's; with each the other one has got something done.
WRITE_ATTEMPTS = 5
# The first read that a write rests on began at most so many seconds before it: model, list and rolling upgrade take two
# or three, but an instance may become unhealthy at any moment.
FRESH = 10.0
# A list of 1,000 instances has nine pages, each of which takes a second or two.
FRESH_PER_PAGE = 2.0
# The pages of a list may take this much longer than the deadline: a list that starts over costs all of them again.
LIST_GRACE = 300.0


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
        # Seconds that requests were held back for, because Azure throttled them or did not answer.
        self.unanswered = 0.0
        # How much longer a list that was begun may take; a module that writes by its lists allows nothing.
        self.list_grace = 0.0
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

    def now(self) -> float:
        """The time of the monotonic clock, which all processes of a host share."""
        return self._monotonic()

    def remaining(self) -> float:
        """Seconds left, never less than 0."""
        return max(self._end - self._monotonic(), 0.0)

    def sleep(self, seconds: float) -> None:
        """Sleep, but not past the deadline."""
        self._sleep(min(seconds, self.remaining()))

    @contextmanager
    def finishing_list(self) -> Iterator[None]:
        """The time for the further pages of a list."""
        self._end += self.list_grace
        try:
            yield
        finally:
            self._end -= self.list_grace
