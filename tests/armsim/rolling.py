# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A rolling upgrade that the platform runs: batches within one update domain each, thresholds, pause, cancel."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from armsim.clock import Timeline
from armsim.instance import PREEMPTED, Done, Failure, Instance
from armsim.wire import Calendar, Json

Code = Literal["RollingForward", "RollingBack", "Completed", "Cancelled", "Faulted"]

# How long a batch may take to become healthy before it counts as failed: five minutes, as documented for automatic OS
# upgrades.
PATIENCE = 300.0
_DEFAULTS = {
    "maxBatchInstancePercent": 20,
    "maxUnhealthyInstancePercent": 20,
    "maxUnhealthyUpgradedInstancePercent": 20,
    "pauseTimeBetweenBatches": "PT0S",
}


class RollingUpgrade:
    """One rolling upgrade, or the record of one."""

    def __init__(
        self,
        timeline: Timeline,
        policy: Json,
        work: list[Instance],
        members: Callable[[], list[Instance]],
        ended: Done,
        batch_ended: Callable[[list[Instance]], None] = lambda _batch: None,
    ) -> None:
        self.code: Code = "RollingForward"
        self.policy: Json = {**_DEFAULTS, **policy}
        self.failure: Failure | None = None
        self.started = timeline.now
        self.last_action: Literal["Start", "Cancel"] = "Start"
        self.last_action_time = timeline.now
        self._timeline = timeline
        self._waiting = work
        self._batch: list[Instance] = []
        self._batch_since = timeline.now
        self._finished: list[Instance] = []
        self._members = members
        self._ended = ended
        self._batch_ended = batch_ended
        self._upgrade: Callable[[list[Instance]], None] | None = None
        self._paused = False

    @classmethod
    def record(cls, timeline: Timeline, code: Code) -> RollingUpgrade:
        """The record of an upgrade in state ``code`` that does nothing by itself."""
        upgrade = cls(timeline, {}, [], list, lambda _failure: None)
        upgrade.code = code
        return upgrade

    @property
    def active(self) -> bool:
        return self.code in ("RollingForward", "RollingBack")

    def begin(self, upgrade: Callable[[list[Instance]], None]) -> None:
        """Start with the first batch; ``upgrade`` brings instances to the latest model."""
        self._upgrade = upgrade
        self._next_batch()

    def cancel(self) -> None:
        self.code = "Cancelled"
        self.last_action = "Cancel"
        self.last_action_time = self._timeline.now
        # A cancelled upgrade's own operation ends Succeeded (recorded).
        self._ended(None)

    def preempt(self) -> None:
        """Give way to a newer write of the model."""
        if self.active:
            self.code = "Cancelled"
            self._ended(PREEMPTED)

    def look(self) -> None:
        """See whether the batch is done; called whenever an instance changes, and when patience ends."""
        if not self.active or self._upgrade is None or self._paused or not self._batch:
            return
        now = self._timeline.now
        if any(instance.work is not None for instance in self._batch):
            return
        patience_ended = now >= self._batch_since + PATIENCE
        if not patience_ended and not all(instance.in_service(now) for instance in self._batch):
            return
        self._finished += self._batch
        self._batch_ended(self._batch)
        self._batch = []
        unhealthy = sum(not instance.in_service(now) for instance in self._finished)
        if unhealthy * 100 > self.policy["maxUnhealthyUpgradedInstancePercent"] * len(self._finished):
            self._fault(
                "MaxUnhealthyUpgradedInstancePercentExceededInRollingUpgrade",
                f"Rolling Upgrade failed after exceeding the MaxUnhealthyUpgradedInstancePercent value: {unhealthy} of "
                f"{len(self._finished)} upgraded instances are unhealthy.",
            )
            return
        self._paused = True
        self._timeline.after(_seconds(self.policy["pauseTimeBetweenBatches"]), self._next_batch)

    def body(self, location: str, calendar: Calendar) -> Json:
        """What ``rollingUpgrades/latest`` answers (recorded shape)."""
        now = self._timeline.now
        failed = sum(not instance.in_service(now) for instance in self._finished)
        properties: Json = {
            "policy": self.policy,
            "runningStatus": {
                "code": self.code,
                "lastAction": self.last_action,
                "lastActionTime": calendar.stamp(self.last_action_time),
                "startTime": calendar.stamp(self.started),
            },
            "progress": {
                "successfulInstanceCount": len(self._finished) - failed,
                "failedInstanceCount": failed,
                "inProgressInstanceCount": len(self._batch),
                "pendingInstanceCount": len(self._waiting),
            },
        }
        if self.failure is not None:
            properties["error"] = {"code": self.failure.code, "message": self.failure.message}
        return {
            "type": "Microsoft.Compute/virtualMachineScaleSets/rollingUpgrades",
            "location": location,
            "properties": properties,
        }

    def _next_batch(self) -> None:
        self._paused = False
        if not self.active or self._upgrade is None:
            return
        members = self._members()
        self._waiting = [instance for instance in self._waiting if instance in members]
        if not self._waiting:
            self.code = "Completed"
            self._ended(None)
            return
        now = self._timeline.now
        unhealthy = sum(not instance.in_service(now) for instance in members)
        if unhealthy * 100 > self.policy["maxUnhealthyInstancePercent"] * len(members):
            self._fault(
                "MaxUnhealthyInstancePercentExceededInRollingUpgrade",
                f"Rolling Upgrade failed after exceeding the MaxUnhealthyInstancePercent value: {unhealthy} of "
                f"{len(members)} instances are unhealthy.",
            )
            return
        size = max(1, len(members) * int(self.policy["maxBatchInstancePercent"]) // 100)
        domain = self._waiting[0].place.domain()
        self._batch = [instance for instance in self._waiting if instance.place.domain() == domain][:size]
        self._waiting = [instance for instance in self._waiting if instance not in self._batch]
        self._batch_since = now
        self._timeline.after(PATIENCE, self.look)
        self._upgrade(self._batch)

    def _fault(self, code: str, message: str) -> None:
        self.code = "Faulted"
        self.failure = Failure(code, message)
        self._ended(self.failure)


def _seconds(duration: str) -> float:
    """Seconds of an ISO 8601 duration such as ``PT30S``, ``PT5M`` or ``PT1H30M``; 0 for anything else."""
    match = re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?", duration)
    if match is None:
        return 0.0
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600.0 + minutes * 60.0 + seconds
