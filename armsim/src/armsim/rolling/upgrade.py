# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A rolling upgrade that the platform runs, from its start to its end: what ``rollingUpgrades/latest`` reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, Protocol

from armsim.common.clock import Timeline
from armsim.common.wire import Calendar, Json
from armsim.instances.instance import Instance
from armsim.operations.failure import PREEMPTED, Done, Failure
from armsim.operations.operation import Operation
from armsim.operations.parts import Parts
from armsim.rolling.policy import Candidate, breach_after, breach_before, next_batch, seconds

Code = Literal["RollingForward", "RollingBack", "Completed", "Cancelled", "Faulted"]
StartedBy = Literal["User", "Platform"]

# When failed instances get their old disks back: when a threshold is crossed, or after each batch.
Rollback = Literal["never", "on breach", "each batch"]

# How long a batch may take to become healthy, once all of it is upgraded, before it counts as failed: five minutes, as
# documented for automatic OS upgrades.
PATIENCE = 300.0


class Work(Protocol):
    """What the upgrade does to instances."""

    rollback: Rollback

    def members(self) -> list[Instance]:
        """All instances of the set that are not being deleted."""

    def begin_batch(self, batch: Sequence[Instance]) -> list[Instance]:
        """Start to upgrade a batch; returns the instances to watch, which with MaxSurge are new ones."""

    def end_batch(self, batch: Sequence[Instance], *, good: bool) -> None:
        """The instances to watch have come up, or have not."""

    def restorable(self, failed: Sequence[Instance]) -> list[Instance]:
        """Those of the failed instances that have an old disk to roll back to."""

    def restore(self, instance: Instance, done: Done) -> None:
        """Give a restorable instance its old disk back."""


@dataclass
class Record:
    """The state of a rolling upgrade, as it is read. Times are simulated seconds."""

    started: float
    policy: Json
    code: Code = "RollingForward"
    started_by: StartedBy = "User"
    ended: float | None = None
    failure: Failure | None = None
    last_action: Literal["Start", "Cancel"] = "Start"
    last_action_time: float = 0.0
    rolled_back: int = 0
    rollbacks_failed: int = 0

    @property
    def active(self) -> bool:
        return self.code in ("RollingForward", "RollingBack")


class RollingUpgrade:
    """Runs one rolling upgrade: ``ended`` gets its failure, or None, when the operation behind it ends."""

    def __init__(self, timeline: Timeline, record: Record, waiting: list[Instance], work: Work, ended: Done) -> None:
        self.record = record
        # What a client polls, where there is one.
        self.operation: Operation | None = None
        record.last_action_time = timeline.now
        self._timeline = timeline
        self._waiting = waiting
        self._work = work
        self._ended = ended
        self._batch: list[Instance] = []
        self._watched: list[Instance] = []
        # When the last instance of the batch was upgraded, and whether patience with their health has ended.
        self._upgraded: float | None = None
        self._impatient = False
        self._finished: list[Instance] = []
        # Machines that were upgraded in vain: healthy again on their old disks, or deleted for it (MaxSurge).
        self._in_vain: set[str] = set()
        self._paused = True
        self._first = True

    def begin(self) -> None:
        """Start with the first batch."""
        self._next_batch()

    def cancel(self) -> None:
        """Start no further batch. The operation of a cancelled upgrade ends Succeeded (recorded)."""
        self._end("Cancelled", None)
        self.record.last_action = "Cancel"
        self.record.last_action_time = self._timeline.now

    def preempt(self) -> None:
        """Give way to a newer write of the model."""
        if self.record.active:
            self._end("Cancelled", PREEMPTED)

    def fail(self, operation: Operation, failure: Failure) -> None:
        """Stop if the operation that has failed is the one behind it; one that is pre-empted leaves it going."""
        if operation is self.operation and failure is not PREEMPTED:
            self._end("Faulted", failure)

    def check(self) -> None:
        """See whether the batch is done; called whenever an instance changes, and when patience ends."""
        if self.record.code != "RollingForward" or self._paused:
            return
        # What has been deleted meanwhile does not count as a failure.
        self._watched = [instance for instance in self._watched if instance.provisioning != "Deleting"]
        if any(instance.work is not None for instance in self._watched):
            return
        now = self._timeline.now
        if all(instance.in_service(now) for instance in self._watched):
            self._end_batch()
            return
        upgraded = max(instance.changed for instance in self._watched)
        if upgraded != self._upgraded:
            self._upgraded, self._impatient = upgraded, False
            self._timeline.after(max(0.0, upgraded + PATIENCE - now), partial(self._lose_patience, upgraded))
        elif self._impatient and not any(instance.initializing(now) for instance in self._watched):
            self._end_batch()

    def progress(self) -> Json:
        """Counts of instances: done well, failed, in progress, pending."""
        now = self._timeline.now
        # The batch that a cancelled upgrade leaves behind is done when its instances are.
        left = [] if self.record.active else [one for one in self._watched if one.work is None]
        done = [*self._finished, *left]
        failed = sum(not self._came_well(instance, now) for instance in done)
        return {
            "successfulInstanceCount": len(done) - failed,
            "failedInstanceCount": failed,
            "inProgressInstanceCount": len(self._batch) - len(left),
            "pendingInstanceCount": len(self._waiting),
        }

    def body(self, location: str, calendar: Calendar) -> Json:
        """What ``rollingUpgrades/latest`` answers (recorded shape)."""
        record = self.record
        properties: Json = {
            "policy": record.policy,
            "runningStatus": {
                "code": record.code,
                "lastAction": record.last_action,
                "lastActionTime": calendar.stamp(record.last_action_time),
                "startTime": calendar.stamp(record.started),
            },
            "progress": self.progress(),
        }
        if record.failure is not None:
            properties["error"] = {"code": record.failure.code, "message": record.failure.message}
        return {
            "type": "Microsoft.Compute/virtualMachineScaleSets/rollingUpgrades",
            "location": location,
            "properties": properties,
        }

    def _next_batch(self) -> None:
        if self.record.code != "RollingForward":
            return
        members = self._work.members()
        self._waiting = [instance for instance in self._waiting if instance in members]
        if not self._waiting:
            self._end("Completed", None)
            return
        candidates = self._candidates(members)
        breach = breach_before(self.record.policy, candidates, first=self._first)
        if breach is not None:
            self._end("Faulted", breach)
            return
        chosen = {
            candidate.id for candidate in next_batch(self.record.policy, self._candidates(self._waiting), candidates)
        }
        self._batch = [instance for instance in self._waiting if instance.id in chosen]
        self._waiting = [instance for instance in self._waiting if instance.id not in chosen]
        self._first = False
        self._upgraded, self._impatient = None, False
        self._watched = self._work.begin_batch(self._batch)
        self._paused = False
        self.check()

    def _lose_patience(self, upgraded: float) -> None:
        if upgraded == self._upgraded:
            self._impatient = True
            self.check()

    def _end_batch(self) -> None:
        now = self._timeline.now
        batch, self._batch = self._batch, []
        watched, self._watched = self._watched, []
        self._finished += watched
        self._paused = True
        failed = [instance for instance in watched if not instance.in_service(now)]
        self._work.end_batch(batch, good=bool(watched) and not failed)
        self._in_vain |= {instance.vm_id for instance in failed if instance.provisioning == "Deleting"}
        if self._work.rollback == "each batch":
            self._roll_back(failed, self._judge)
        else:
            self._judge()

    def _judge(self) -> None:
        """Go on after a batch, or stop where too many of the upgraded are unhealthy."""
        if self.record.code != "RollingForward":
            return
        now = self._timeline.now
        breach = breach_after(
            self.record.policy,
            [Candidate(one.id, one.place, self._came_well(one, now)) for one in self._finished],
        )
        if breach is None:
            self._timeline.after(seconds(str(self.record.policy["pauseTimeBetweenBatches"])), self._next_batch)
        elif self._work.rollback == "on breach":
            self.record.code = "RollingBack"
            failed = [one for one in self._finished if not self._came_well(one, now)]
            self._roll_back(failed, partial(self._end, "Faulted", breach))
        else:
            self._end("Faulted", breach)

    def _came_well(self, instance: Instance, now: float) -> bool:
        """Whether an upgraded instance counts as a success; so does one that another client deleted later."""
        gone = instance.provisioning == "Deleting"
        return instance.vm_id not in self._in_vain and (gone or instance.in_service(now))

    def _roll_back(self, failed: Sequence[Instance], then: Callable[[], None]) -> None:
        """Restore what can be restored; ``then`` is called when that is over."""
        restorable = self._work.restorable(failed)
        if not restorable:
            then()
            return
        self._in_vain |= {instance.vm_id for instance in restorable}
        parts = Parts(len(restorable), lambda _failure: then())
        for instance in restorable:
            self._work.restore(instance, partial(self._rolled_back, parts))

    def _rolled_back(self, parts: Parts, failure: Failure | None) -> None:
        if failure is None:
            self.record.rolled_back += 1
        else:
            self.record.rollbacks_failed += 1
        parts.done(failure)

    def _end(self, code: Code, failure: Failure | None) -> None:
        """End once: a cancelled rollback is not faulted when its last instance is back."""
        if not self.record.active:
            return
        self.record.code = code
        self.record.failure = None if failure is PREEMPTED else failure
        self.record.ended = self._timeline.now
        self._ended(failure)

    def _candidates(self, instances: Sequence[Instance]) -> list[Candidate]:
        now = self._timeline.now
        return [Candidate(instance.id, instance.place, instance.in_service(now)) for instance in instances]


@dataclass(frozen=True)
class OsUpgrade:
    """One attempt, for the history."""

    upgrade: RollingUpgrade
    reference: Json

    def body(self, location: str, calendar: Calendar) -> Json:
        """An entry of ``osUpgradeHistory`` (the form is that of the API description)."""
        record = self.upgrade.record
        status: Json = {"code": record.code, "startTime": calendar.stamp(record.started)}
        if record.ended is not None:
            status["endTime"] = calendar.stamp(record.ended)
        properties: Json = {
            "runningStatus": status,
            "progress": self.upgrade.progress(),
            "startedBy": record.started_by,
            "targetImageReference": self.reference,
        }
        if record.failure is not None:
            properties["error"] = {"code": record.failure.code, "message": record.failure.message}
        if record.rolled_back or record.rollbacks_failed:
            properties["rollbackInfo"] = {
                "successfullyRolledbackInstanceCount": record.rolled_back,
                "failedRolledbackInstanceCount": record.rollbacks_failed,
            }
        return {
            "type": "Microsoft.Compute/virtualMachineScaleSets/osUpgradeHistory",
            "location": location,
            "properties": properties,
        }


class NoWork:
    """The work of an upgrade of which only the record is known."""

    rollback: Rollback = "never"

    def members(self) -> list[Instance]:
        return []

    def begin_batch(self, batch: Sequence[Instance]) -> list[Instance]:
        return list(batch)

    def end_batch(self, batch: Sequence[Instance], *, good: bool) -> None:
        """Nothing was begun."""

    def restorable(self, failed: Sequence[Instance]) -> list[Instance]:
        return []

    def restore(self, instance: Instance, done: Done) -> None:
        """Nothing is restorable."""


def recorded(timeline: Timeline, code: Code, policy: Json) -> RollingUpgrade:
    """An upgrade in state ``code`` that does nothing by itself."""
    return RollingUpgrade(timeline, Record(timeline.now, policy, code), [], NoWork(), lambda _failure: None)
