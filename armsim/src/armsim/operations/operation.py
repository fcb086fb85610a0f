# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Long-running operations: what a client polls."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal, NamedTuple

from armsim.common.clock import Timeline
from armsim.common.wire import Calendar, Json, guid
from armsim.operations.failure import PREEMPTED, Failure
from armsim.protocol.dialect import operation_name

Status = Literal["InProgress", "Succeeded", "Failed", "Canceled"]


class Fate(NamedTuple):
    """How an operation ends, or that it never does, whatever comes of what it does."""

    outcome: Literal["Failed", "Canceled", "never", "Succeeded"]
    failure: Failure | None


@dataclass
class Operation:
    """One long-running operation; ``signature`` is what its address ends in."""

    id: str
    location: str
    started: float
    signature: str
    status: Status = "InProgress"
    ended: float | None = None
    failure: Failure | None = None
    fate: Fate | None = None
    # Of a write, whose first poll contains when to come again.
    of_write: bool = False
    polled: bool = False


class Operations:
    """All operations of one subscription, by id."""

    def __init__(self, timeline: Timeline, calendar: Calendar, rng: random.Random) -> None:
        self._timeline = timeline
        self._calendar = calendar
        self._rng = rng
        self._by_id: dict[str, Operation] = {}

    def start(self, location: str) -> Operation:
        signature = "".join(f"{self._rng.getrandbits(64):016x}" for _ in range(12))
        operation = Operation(guid(self._rng), location, self._timeline.now, signature)
        self._by_id[operation.id] = operation
        return operation

    def find(self, operation_id: str) -> Operation | None:
        return self._by_id.get(operation_id.lower())

    def finish(self, operation: Operation, failure: Failure | None = None) -> None:
        """End an operation that is still in progress.

        A pre-empted one is `Canceled` (reported by many users; recordings show only Succeeded and Failed).
        """
        if operation.status != "InProgress":
            return
        # A newer operation pre-empts what would never have ended, too.
        fate = operation.fate if failure is not PREEMPTED else None
        if fate is not None and fate.outcome == "never":
            return
        operation.ended = self._timeline.now
        operation.failure = failure if fate is None else fate.failure
        if fate is not None and fate.outcome != "never":
            operation.status = fate.outcome
        elif failure is None:
            operation.status = "Succeeded"
        else:
            operation.status = "Canceled" if failure is PREEMPTED else "Failed"

    def body(self, operation: Operation, api_version: str) -> Json:
        """The poll's answer: startTime, endTime, status, error and name, each where it applies (recorded order)."""
        body: Json = {"startTime": self._calendar.stamp(operation.started)}
        if operation.ended is not None:
            body["endTime"] = self._calendar.stamp(operation.ended)
        body["status"] = operation.status
        if operation.failure is not None:
            body["error"] = {name: text for name, text in operation.failure._asdict().items() if text is not None}
        body[operation_name(api_version)] = operation.id
        return body
