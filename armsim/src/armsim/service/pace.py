# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""How time passes with ``--speed max``: the clock stands while requests are served and jumps when every client waits.

A client waits when it polls an operation that is still in progress, or when it repeats a read although nothing has
happened since that read was last answered. For a poll the clock then jumps to the end of the operation; for a read to
the next event, but at least :data:`PAUSE` and at most :data:`PATIENCE` simulated seconds on: a client that reads again
has slept meanwhile, and none sleeps until tomorrow.

With several clients, none is overtaken: a client with an open connection and a request within the last :data:`BUSY`
real seconds without waiting is at work, and so, for as long, is one that waited when the clock jumped for another.
Meanwhile waiting requests are answered as things stand. One client alone meets no such clock: what it sees depends on
its requests only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from armsim.common.clock import Timeline
from armsim.operations.operation import Operation

PAUSE = 10.0
PATIENCE = 60.0
# No operation is waited for longer in one jump: one that never ends must not run the clock away.
LONGEST = 3_600.0
# Real seconds.
BUSY = 0.25


@dataclass(frozen=True)
class PacedRequest:
    """A request as far as time is concerned: its client, what it reads (null: it writes), which operation it polls."""

    client: Hashable
    read: str | None
    operation: Operation | None = None


class Pace:
    """Lets simulated time pass. ``connected`` shows which clients still have a connection open."""

    def __init__(
        self,
        connected: Callable[[Hashable], bool] = lambda _client: True,
        real: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connected = connected
        self._real = real
        self._read: set[str] = set()
        self._at_work: dict[Hashable, float] = {}
        self._waiting: set[Hashable] = set()

    def disturb(self) -> None:
        """Something happened: reads made before may be answered differently now."""
        self._read.clear()

    def before(self, request: PacedRequest, timeline: Timeline) -> None:
        """Let time pass before a request is answered, if every client waits."""
        operation = request.operation
        waits = request.read in self._read if operation is None else operation.status == "InProgress"
        now = self._real()
        self._at_work = {
            client: since
            for client, since in self._at_work.items()
            if client != request.client and now - since < BUSY and self._connected(client)
        }
        self._waiting.discard(request.client)
        if not waits:
            self._at_work[request.client] = now
        elif self._at_work:
            self._waiting.add(request.client)
        else:
            # The others may have waited for what happens now: they get the time to read it.
            self._at_work = dict.fromkeys(filter(self._connected, self._waiting), now)
            self._waiting.clear()
            if operation is not None:
                self._until_ended(operation, timeline)
            else:
                self._pause(timeline)
            self.disturb()
        if request.read is None:
            self.disturb()
        else:
            self._read.add(request.read)

    def wait(self, seconds: float, timeline: Timeline) -> None:
        """A client is to come back after so many simulated seconds: let them pass, if every client waits."""
        now = self._real()
        if sum(now - since < BUSY and self._connected(client) for client, since in self._at_work.items()) <= 1:
            timeline.leap(timeline.now + seconds)
            self.disturb()

    @staticmethod
    def _until_ended(operation: Operation, timeline: Timeline) -> None:
        limit = timeline.now + LONGEST
        while operation.status == "InProgress":
            due = timeline.next_due()
            if due is None or due > limit:
                timeline.leap(timeline.now + PAUSE)
                return
            timeline.leap(due)

    @staticmethod
    def _pause(timeline: Timeline) -> None:
        due = timeline.next_due()
        earliest, latest = timeline.now + PAUSE, timeline.now + PATIENCE
        timeline.leap(latest if due is None else min(max(due, earliest), latest))
