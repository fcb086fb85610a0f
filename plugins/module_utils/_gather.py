# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Reading a scale set for its facts, once or until its instances have come as far as they shall."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from ansible_collections.azroll.vmss.plugins.module_utils._documents import Documents
from ansible_collections.azroll.vmss.plugins.module_utils._errors import (
    ArmFault,
    BadInput,
    OperationFailed,
    Preempted,
    VmssError,
)
from ansible_collections.azroll.vmss.plugins.module_utils._facts import Snapshot
from ansible_collections.azroll.vmss.plugins.module_utils._fault import preempted
from ansible_collections.azroll.vmss.plugins.module_utils._image import Image, merge
from ansible_collections.azroll.vmss.plugins.module_utils._origin import read_instances
from ansible_collections.azroll.vmss.plugins.module_utils._progress import Progress, healthy, settled, upgraded
from ansible_collections.azroll.vmss.plugins.module_utils._scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._target import obstacle
from ansible_collections.azroll.vmss.plugins.module_utils._time import parse_time
from ansible_collections.azroll.vmss.plugins.module_utils._wait import Deadline, Outcome, not_seen, wait_until
from ansible_collections.azroll.vmss.plugins.module_utils._witness import check_profile, check_target

if TYPE_CHECKING:
    from ansible_collections.azroll.vmss.plugins.module_utils._arm import Arm

# There is no such thing in this cloud or scale set.
_NOTHING = (400, 404, 409)
HEALTHY, SETTLED = "healthy", "settled"

T = TypeVar("T")


@dataclass(frozen=True)
class Wait:
    """What is waited for. Without `instance_ids`, all instances that an upgrade may move (`obstacle`): what is
    protected or switched off may never come that far. Those of `sick` are no failure.
    Those of `failed_before` had failed when they were sent.

    With `same_model` the model must keep the image that is waited for, with `same_profile` the sections that have those
    fingerprints. `operation_id` is the upgrade that the instances were sent by.
    Those of `include` are part of the rollout although they were not made from the model.
    """

    phase: str
    instance_ids: tuple[str, ...] = ()
    interval: float = 10.0
    successes: int = 1
    since: datetime | None = None
    by_model: bool = True
    sick: tuple[str, ...] = ()
    failed_before: tuple[str, ...] = ()
    same_model: bool = False
    same_profile: Mapping[str, str] | None = None
    operation_id: str = ""
    include: tuple[str, ...] = ()

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Wait | None:
        """From the options of vmss_instance_facts; None where nothing is to be waited for."""
        since = parse_time(options["fresher_than"])
        if options["fresher_than"] and since is None:
            raise BadInput(
                f"fresher_than is {options['fresher_than'][:40]!r}, which is no time",
                advice="Give a time like 2026-11-22T10:15:00Z, for example started_at of vmss_domain_upgrade.",
            )
        for name in ("wait_interval", "wait_successes"):
            if options[name] < 1:
                raise BadInput(f"{name} is {options[name]}", advice="Give at least 1.")
        if options["wait_for"] is None:
            return None
        return cls(
            phase=options["wait_for"],
            instance_ids=tuple(options["instance_ids"] or ()),
            interval=options["wait_interval"],
            successes=options["wait_successes"],
            since=since,
            by_model=options["by_model"],
            sick=tuple(options["sick_ids"]),
            failed_before=tuple(options["failed_before"]),
            same_model=options["same_model"],
            same_profile=options["same_profile"],
            operation_id=options["operation_id"],
            include=tuple(options["include_instances"]),
        )


def gather(
    arm: Arm, resource_group: str, name: str, optional: OptionalReads | None = None, *, include: Collection[str] = ()
) -> Snapshot:
    """Read the set once: model, instances, and by `optional` what can be read of rolling upgrades and repairs.

    Raises BadInput where `include` names an instance that must never be rolled.
    """
    read = optional or readable
    model = arm.scale_set_document(resource_group, name)
    scale_set = ScaleSet.from_wire(model, resource_group=resource_group)
    entries = arm.instance_documents(scale_set)
    at = arm.server_time
    return Snapshot(
        scale_set,
        tuple(read_instances(scale_set, entries, include)),
        at,
        documents=Documents(model, tuple(entries)),
        rolling_upgrade=read(lambda: arm.rolling_upgrade(scale_set)),
        repairs_state=read(lambda: arm.repairs_state(scale_set)),
    )


class Watch:
    """Looks at instances until they have come as far as `wait` says: one list each time, and the model once."""

    def __init__(self, arm: Arm, resource_group: str, name: str, wanted: Image | None, wait: Wait) -> None:
        self._arm = arm
        self._resource_group = resource_group
        self._name = name
        self._wanted = wanted
        self._wait = wait
        # The last look; None where Azure throttled even the first.
        self.snapshot: Snapshot | None = None
        # Why the operation ended, where it did so before it had begun all instances.
        self.fault: ArmFault | None = None

    def until(self, deadline: Deadline) -> Outcome:
        """Wait, at most until the deadline."""
        unseen = not_seen(self._wait.phase, self._wait.instance_ids)
        return wait_until(self._look, deadline, self._wait.interval, unseen=unseen, successes=self._wait.successes)

    def _look(self) -> Progress:
        scale_set = (
            self.snapshot.scale_set if self.snapshot else self._arm.get_scale_set(self._resource_group, self._name)
        )
        if self._wait.same_model:
            check_target(scale_set, target_of(scale_set, self._wanted), now=self._arm.server_time)
        if self._wait.same_profile is not None:
            check_profile(self._wait.same_profile, scale_set, now=self._arm.server_time)
        instances = tuple(self._arm.list_instances(scale_set, self._wait.include))
        self.snapshot = Snapshot(scale_set, instances, self._arm.server_time)
        ids = self._wait.instance_ids or tuple(one.instance_id for one in instances if obstacle(one) is None)
        if self._wait.phase == SETTLED:
            return settled(instances, ids, running=self._operation_runs(scale_set))
        if self._wait.phase == HEALTHY:
            return healthy(instances, ids, scale_set.health_source, since=self._wait.since, sick=self._wait.sick)
        progress = upgraded(
            instances,
            ids,
            target_of(scale_set, self._wanted),
            by_model=self._wait.by_model,
            sick=self._wait.sick,
            failed_before=self._wait.failed_before,
        )
        return self._held_against_operation(scale_set, progress)

    def _held_against_operation(self, scale_set: ScaleSet, progress: Progress) -> Progress:
        """A failed operation says nothing of instances that it moved, but what it left alone will not move any more.

        Where the operation cannot be read, the instances alone are judged.
        """
        abandoned = progress.without_operation()
        self.fault = None
        if self._wait.operation_id and abandoned != progress:
            self.fault = readable(lambda: self._arm.operation_fault(scale_set, self._wait.operation_id))
        return abandoned if self.fault else progress

    def _operation_runs(self, scale_set: ScaleSet) -> bool:
        """Whether the operation is on. Where it cannot be read, the instances alone are judged."""
        operation = self._wait.operation_id
        return bool(operation and readable(lambda: self._arm.operation_runs(scale_set, operation)))


def target_of(scale_set: ScaleSet, wanted: Image | None) -> Image:
    """The image that staleness is judged against: `wanted`, completed from the model, or the model's own."""
    return merge(scale_set.image, wanted) if wanted else scale_set.image


def failed_wait(name: str, progress: Progress, fault: ArmFault | None = None) -> OperationFailed | Preempted:
    """The error for instances that failed while they were waited for, or that an operation left behind (`fault`)."""
    return (Preempted if fault is not None and preempted(fault) else OperationFailed)(
        f"Instances of {name} failed: {progress.describe()}",
        advice="See the instances' own messages, mend the cause or set the image back, then run again: instances that "
        "are on the target image are left alone.",
        attempted=f"wait until the instances are {progress.phase}",
        fault=fault,
        instances=list(progress.failed),
    )


def readable(read: Callable[[], T], absent: T | None = None) -> T | None:
    """None where Azure refuses the read; `absent` where there is no such thing in this cloud or scale set.

    A login that works for the scale set may be refused (401) for what belongs to another tenant.
    """
    try:
        return read()
    except VmssError as error:
        if not error.fault.refused:
            raise
        return absent if error.fault.status in _NOTHING else None


def answered(error: VmssError) -> bool:
    """Whether Azure has answered at all: a login that fails, and silence, concern everything."""
    return error.fault.status is not None


class OptionalReads:
    """Reads that preflight can do without: none of them ends it. `trouble` is what kept it from reading."""

    def __init__(self) -> None:
        self.trouble: list[VmssError] = []

    def __call__(self, read: Callable[[], T], absent: T | None = None, *, tell: bool = False) -> T | None:
        """What was read, `absent` where there is no such thing, None where it cannot be read.

        A refusal is trouble only where it is to be told: most have findings of their own.
        """

        def reading() -> T:
            try:
                return read()
            except VmssError as error:
                if answered(error) and (not error.fault.refused or (tell and error.fault.status not in _NOTHING)):
                    self.trouble.append(error)
                raise

        try:
            return readable(reading, absent)
        except VmssError as error:
            if not answered(error):
                raise
            return None
