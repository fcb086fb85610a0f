# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Waiting until instances have come as far as they shall: what is read how often, and what it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

from ansible_collections.azroll.vmss.plugins.module_utils._azure.error_map import preempted
from ansible_collections.azroll.vmss.plugins.module_utils._azure.pace import FEW, SHORTEST_SINGLE, pages_of
from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import LIST_GRACE, Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    ArmFault,
    NoEffect,
    OperationFailed,
    Preempted,
    Throttled,
)
from ansible_collections.azroll.vmss.plugins.module_utils._common.time import parse_time
from ansible_collections.azroll.vmss.plugins.module_utils._guards.baseline import check_profile, check_target
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image, merge
from ansible_collections.azroll.vmss.plugins.module_utils._model.facts import Snapshot
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.progress import (
    SEEN_ONCE,
    STILL_OLD,
    UNDER_WAY,
    Progress,
    healthy,
    idle,
    reported,
    upgraded,
)
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import by_id, listed
from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import demanded
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import obstacle
from ansible_collections.azroll.vmss.plugins.module_utils._operations.effect import NO_EFFECT_AFTER
from ansible_collections.azroll.vmss.plugins.module_utils._operations.read_facts import readable
from ansible_collections.azroll.vmss.plugins.module_utils._operations.wait_state import WaitState, load, save
from ansible_collections.azroll.vmss.plugins.module_utils._operations.waiter import (
    Limits,
    Outcome,
    not_seen,
    wait_until,
)

if TYPE_CHECKING:
    from ansible_collections.azroll.vmss.plugins.module_utils._azure.client import Arm
    from ansible_collections.azroll.vmss.plugins.module_utils._azure.operations import OperationEnd

HEALTHY, REPORTED, IDLE = "healthy", "reported", "idle"
# While the operation of the instances runs, one read in so many is a list: none can end the wait before the operation.
LIST_EVERY = 3


@dataclass(frozen=True)
class Wait:
    """What is waited for. Without `instance_ids`, all instances that an upgrade may move (`obstacle`): what is
    protected or switched off may never come that far. Those of `unhealthy` are no failure.
    Those of `failed_before` had failed when they were sent.

    With `same_model` the model must keep the image that is waited for, with `same_profile` the sections that have those
    fingerprints. `operations` are the ids of those that the instances were sent by.
    Those of `include` are part of the rollout although they were not made from the model.
    """

    phase: str
    instance_ids: tuple[str, ...] = ()
    interval: float = 10.0
    successes: int = 1
    since: datetime | None = None
    settling: float | None = None
    by_model: bool = True
    unhealthy: tuple[str, ...] = ()
    failed_before: tuple[str, ...] = ()
    same_model: bool = False
    same_profile: Mapping[str, str] | None = None
    operations: tuple[str, ...] = ()
    sent_at: datetime | None = None
    include: tuple[str, ...] = ()
    # The file in which a wait of several calls remembers what it has seen, and how long it may take in all.
    state_file: str = ""
    limits: Limits | None = None

    @property
    def key(self) -> str:
        """What distinguishes this wait from another one."""
        key = (
            self.phase,
            self.instance_ids,
            self.since,
            self.successes,
            self.unhealthy,
            self.operations,
            self.failed_before,
        )
        return sha256(repr(key).encode()).hexdigest()


class Watch:
    """Reads instances until they have come as far as `wait` requires: the model once, and what changes each time.

    A read is a list of all instances, unless something cheaper shows that there is no need for one yet: the operation
    that is still running, or where a list is dear (it has several pages), the few instances that are waited for.
    """

    def __init__(self, arm: Arm, resource_group: str, name: str, wanted: Image | None, wait: Wait) -> None:
        self._arm = arm
        self._resource_group = resource_group
        self._name = name
        self._wanted = wanted
        self._wait = wait
        self._state = WaitState()
        self._now: Callable[[], float] = lambda: 0.0
        self._scale_set: ScaleSet | None = None
        # The last list; None where there was none in this call.
        self.snapshot: Snapshot | None = None
        # Why an operation failed or was cancelled, and whether one could not be read, in the last read.
        self.fault: ArmFault | None = None
        self.unread = False
        # Whether the last read of this call saw the instances done.
        self._seen = False

    def until(self, deadline: Deadline) -> Outcome:
        """Wait, at most until the deadline; with a state file, go on where the last call ended.

        Raises what a read raises, and StateUnwritable.
        """
        wait = self._wait
        unseen = not_seen(wait.phase, wait.instance_ids)
        self._now = deadline.now
        if not wait.state_file:
            return wait_until(self._read, deadline, lambda: wait.interval, unseen=unseen, successes=wait.successes)
        self._state = load(wait.state_file, wait.key)
        self._arm.pace = self._state.pace
        deadline.list_grace = LIST_GRACE
        over = True
        try:
            outcome = wait_until(
                self._read,
                deadline,
                lambda: self._interval(deadline.now()),
                unseen=unseen,
                successes=wait.successes,
                state=self._state,
                limits=wait.limits,
            )
            over = outcome.done or outcome.failed or outcome.error is not None
        finally:
            self._state.pace = self._arm.pace
            save(wait.state_file, self._state, over=over)
        return outcome

    def _read(self) -> Progress:
        scale_set = self._model()
        # Before the instances: what they show counts only where they were read after the end of the operation.
        runs = self._runs(scale_set)
        if runs and not self._list_is_due(scale_set):
            return self._as_before()
        self._state.unlisted = 0
        return self._without_list(scale_set, runs) or self._by_list(scale_set, runs)

    def _list_is_due(self, scale_set: ScaleSet) -> bool:
        """Whether the instances are to be read although their operation is running, so that people see how far it is.

        Where lists are dear, three must be left of the limit then: one to show that, two for what comes after.
        """
        if self._wait.phase in (HEALTHY, REPORTED):
            return True
        self._state.unlisted += 1
        # A wait of one call shows the instances at its first read.
        seldom = bool(self._wait.state_file) or self.snapshot is not None
        if seldom and self._state.unlisted < LIST_EVERY:
            return False
        pace = self._arm.pace
        return not self._lists_are_dear(scale_set) or pace.wait(3 * pace.pages, self._now()) == 0

    def _as_before(self) -> Progress:
        """What the last list showed, if there was one: the operation has not ended, so the wait has not."""
        last, ids = self._state.progress, self._wait.instance_ids
        if self._state.answered and last.waiting and not last.failed:
            return last
        return Progress(self._wait.phase, len(ids), waiting=dict.fromkeys(ids, UNDER_WAY))

    def _model(self) -> ScaleSet:
        """The model, read and checked once in a call."""
        if self._scale_set is None:
            scale_set = self._arm.get_scale_set(self._resource_group, self._name)
            if self._wait.same_model:
                check_target(scale_set, target_of(scale_set, self._wanted), now=self._arm.server_time)
            if self._wait.same_profile is not None:
                check_profile(self._wait.same_profile, scale_set, now=self._arm.server_time)
            self._scale_set = scale_set
        return self._scale_set

    def _by_list(self, scale_set: ScaleSet, runs: bool) -> Progress:
        self._spare_the_limit()
        instances = tuple(self._arm.list_instances(scale_set, self._wait.include))
        self.snapshot = Snapshot(scale_set, instances, self._arm.server_time)
        ids = self._wait.instance_ids or tuple(one.instance_id for one in instances if obstacle(one) is None)
        if self._wait.phase == IDLE:
            return idle(instances, ids, running=runs)
        return self._held(scale_set, self._judge(scale_set, instances, ids), runs)

    def _judge(self, scale_set: ScaleSet, instances: Sequence[Instance], ids: Sequence[str]) -> Progress:
        wait = self._wait
        if wait.phase in (HEALTHY, REPORTED):
            since = demanded(wait.since, parse_time(self._arm.server_time), wait.settling)
            judge = healthy if wait.phase == HEALTHY else reported
            return judge(instances, ids, scale_set.health_source, since=since, unhealthy=wait.unhealthy)
        return upgraded(
            instances,
            ids,
            target_of(scale_set, self._wanted),
            by_model=wait.by_model,
            unhealthy=wait.unhealthy,
            failed_before=wait.failed_before,
            # Where the operation is known to have succeeded, it has come to all of them.
            sent_at=None if self._succeeded else wait.sent_at,
        )

    def _without_list(self, scale_set: ScaleSet, runs: bool) -> Progress | None:
        """What shows that a list would show nothing new, or not enough; None where one is due."""
        if not self._lists_are_dear(scale_set):
            return None
        ids = self._wait.instance_ids
        few = self._few()
        if not few or self._wait.phase == IDLE:
            return None
        found = [self._arm.get_instance(scale_set, one, self._wait.include) for one in few]
        seen = self._held(scale_set, self._judge(scale_set, [one for one in found if one is not None], few), runs)
        # The last of the good reads is a list: what follows rests on all instances.
        if seen.done:
            return replace(seen, total=len(ids)) if few == ids and self._state.good + 1 < self._wait.successes else None
        return replace(seen, total=len(ids), vanished=())

    def _lists_are_dear(self, scale_set: ScaleSet) -> bool:
        if not self._wait.state_file or not self._wait.instance_ids:
            return False
        pages = max(pages_of(scale_set.capacity or 0), self._arm.pace.pages)
        self._arm.pace = replace(self._arm.pace, pages=pages)
        return pages > 1

    def _spare_the_limit(self) -> None:
        """Do not begin a list that Azure would refuse in the middle. Raises Throttled, without asking."""
        pace = self._arm.pace
        pause = pace.until_list(self._now()) if self._wait.state_file and pace.pages > 1 else 0.0
        if pause > 0:
            error = Throttled(
                f"Could not list the instances of {self._name}: Azure's limit of lists is used up",
                attempted=f"list the instances of scale set {self._name}",
            )
            error.retry_after = pause
            raise error

    def _few(self) -> tuple[str, ...]:
        """The instances that are still waited for, where they are few enough to be read one by one."""
        ids = self._wait.instance_ids
        if self._state.answered and not self._state.good:
            ids = tuple(one for one in ids if one in self._state.progress.waiting)
        return ids if len(ids) <= FEW else ()

    def _interval(self, now: float) -> float:
        wanted = self._wait.interval
        if self._arm.pace.pages > 1 and self._few():
            return max(wanted, SHORTEST_SINGLE)
        return self._arm.pace.interval(wanted, now)

    def _held(self, scale_set: ScaleSet, progress: Progress, runs: bool) -> Progress:
        """What was seen of the instances, in the light of their operation."""
        if self._wait.phase in (HEALTHY, REPORTED):
            return progress
        if self._succeeded and not runs and set(progress.waiting.values()) == {STILL_OLD}:
            self._check_effect(scale_set, progress)
        else:
            self._state.idle_since = None
        if runs:
            return progress.while_running()
        if self.fault:
            # It shows nothing about instances that it moved, but what it left alone will not move any more.
            return progress.without_operation()
        seen_before = self._seen or SEEN_ONCE in self._state.progress.waiting.values()
        self._seen = progress.done
        return progress if seen_before or not self.unread else progress.seen_once()

    @property
    def _succeeded(self) -> bool:
        """Whether the operations were read, and none that has ended did so badly."""
        return bool(self._wait.operations) and not (self.unread or self.fault)

    def _runs(self, scale_set: ScaleSet) -> bool:
        """Whether an operation that the instances were sent by is running.

        Where one cannot be read (its right is missing, or Azure has forgotten it), the instances alone are judged: by
        two reads, an interval apart.
        """
        self.fault, self.unread = None, False
        running = False
        for operation in self._wait.operations:
            # In a list, to distinguish an operation that has no end yet from one that cannot be read.
            read = readable(partial(self._read_end, scale_set, operation))
            self.unread |= read is None
            for end in read or []:
                running |= end is None
                self.fault = self.fault or (end.fault if end else None)
        return running

    def _read_end(self, scale_set: ScaleSet, operation: str) -> list[OperationEnd | None]:
        return [self._arm.operation_end(scale_set, operation)]

    def _check_effect(self, scale_set: ScaleSet, progress: Progress) -> None:
        """Raise NoEffect where instances stay as they were after their operation has succeeded.

        A list may be behind the operation, so it takes a second one, some seconds later, and reads of single instances.
        """
        now = self._now()
        if self._state.idle_since is None or self._state.idle_since > now:
            self._state.idle_since = now
        if now - self._state.idle_since < NO_EFFECT_AFTER:
            return
        waiting = sorted(progress.waiting, key=by_id)
        few = waiting[:FEW]
        found = [self._arm.get_instance(scale_set, one, self._wait.include) for one in few]
        instances = [one for one in found if one is not None]
        if self._judge(scale_set, instances, few).waiting == dict.fromkeys(few, STILL_OLD):
            raise no_effect(scale_set, instances, waiting)


def target_of(scale_set: ScaleSet, wanted: Image | None) -> Image:
    """The image that staleness is judged against: `wanted`, completed from the model, or the model's own."""
    return merge(scale_set.image, wanted) if wanted else scale_set.image


def failed_wait(name: str, progress: Progress, fault: ArmFault | None = None) -> OperationFailed | Preempted:
    """The error for instances that failed while they were waited for, or that an operation left behind (`fault`)."""
    return (Preempted if fault is not None and preempted(fault) else OperationFailed)(
        f"Instances of {name} failed: {progress.describe()}",
        advice="See the instances' own messages, fix the cause or set the image back, then run again: instances that "
        "are on the target image are left alone.",
        attempted=f"wait until the instances are {progress.phase}",
        fault=fault,
        instances=list(progress.failed),
    )


def no_effect(scale_set: ScaleSet, instances: Sequence[Instance], instance_ids: Sequence[str]) -> NoEffect:
    """The error for instances that an operation left as they were, although it has succeeded.

    `instances` are some of them; by what they are, the advice names the likely reason first.
    """
    reasons = [
        "they are protected from scale set actions (instance protection)"
        if any(one.protected for one in instances)
        else "",
        "they have a model of their own (modelDefinitionApplied is VirtualMachine), and never follow the latest one"
        if any(one.own_model for one in instances)
        else "",
        "upgrades of Flexible scale sets need a feature that is not registered in this subscription (see "
        "'az feature list --namespace Microsoft.Compute')"
        if scale_set.flexible
        else "",
    ]
    likely = " or ".join(one for one in reasons if one)
    return NoEffect(
        f"Azure reports that the upgrade of {scale_set.name} has succeeded, but it changed nothing: "
        f"{len(instance_ids)} instances are as before ({listed(instance_ids)})",
        advice=(f"Likely {likely}. " if likely else "")
        + "This says nothing about the image. Known reasons are a preview feature of scale sets that is not "
        "registered, instance protection, and instances with a model of their own. The activity log of one of the "
        "instances shows what Azure did.",
        attempted=f"upgrade instances of scale set {scale_set.name}",
        instances=instance_ids,
    )
