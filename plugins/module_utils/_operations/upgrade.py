# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Bringing instances to the latest model: starting the upgrade past vanishing instances, and seeing it through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ansible_collections.azroll.vmss.plugins.module_utils._azure.error_map import inactive_instance
from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    BadInput,
    OperationFailed,
    ServiceError,
    VmssError,
    WaitTimeout,
)
from ansible_collections.azroll.vmss.plugins.module_utils._common.time import parse_time
from ansible_collections.azroll.vmss.plugins.module_utils._guards.image_change import (
    Overrides,
    guard_ownership,
    guard_profile,
    guard_rolling_upgrade,
)
from ansible_collections.azroll.vmss.plugins.module_utils._guards.preconditions import NO_TERMS, Terms
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.marks import NO_MARKS, Marks
from ansible_collections.azroll.vmss.plugins.module_utils._model.progress import Progress, upgraded
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import Selection, select
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import VANISHED, Exclusion, is_stale
from ansible_collections.azroll.vmss.plugins.module_utils._operations.waiter import decide, not_seen, wait_until
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import Budget
from ansible_collections.azroll.vmss.plugins.module_utils._plan.upgrade_call import Upgrade, plan_upgrade

if TYPE_CHECKING:
    from ansible_collections.azroll.vmss.plugins.module_utils._azure.client import Arm
    from ansible_collections.azroll.vmss.plugins.module_utils._azure.operations import Operation

# Instances that vanish between the list and the call are excluded, and the call is made again; not for ever.
CALLS = 3


@dataclass(frozen=True)
class Wanted:
    """What is asked for: which instances, within which budget, and how staleness is judged.

    `skip_missing`: instances named by id that are gone are passed over. Those of a domain always are: nobody named
    them. `partial`: send what there is room for. `terms`: what must be true of the set for anything to be sent.
    `include`: ids of those that are sent although they were not made from the model.
    """

    selection: Selection
    budget: Budget
    by_model: bool = True
    skip_missing: bool = False
    partial: bool = False
    marks: Marks = NO_MARKS
    terms: Terms = NO_TERMS
    include: tuple[str, ...] = ()

    @property
    def tolerant(self) -> bool:
        """Whether a vanished instance is passed over."""
        return self.skip_missing or not self.selection.instance_ids


@dataclass(frozen=True)
class PlannedUpgrade:
    """The call that is to be made, on the set and its instances as they were read right before."""

    scale_set: ScaleSet
    instances: tuple[Instance, ...]
    upgrade: Upgrade

    @property
    def instance_ids(self) -> tuple[str, ...]:
        """The ids to send."""
        return self.upgrade.instance_ids

    def leaving_out(self, more: Sequence[Exclusion]) -> PlannedUpgrade:
        """The same, with instances that were excluded before."""
        return replace(self, upgrade=replace(self.upgrade, excluded=(*more, *self.upgrade.excluded)))

    def excluded(self) -> list[dict[str, str]]:
        """The instances excluded, as the result shows them."""
        return [asdict(one) for one in self.upgrade.excluded]

    def describe(self, *, check_mode: bool) -> str:
        """One sentence for people, before anything is waited for."""
        excluded = f"; {len(self.upgrade.excluded)} excluded" if self.upgrade.excluded else ""
        if not self.instance_ids:
            return f"Nothing to upgrade in {self.scale_set.name}{excluded}."
        verb = "would be upgraded" if check_mode else "are being upgraded"
        return f"{len(self.instance_ids)} instances of {self.scale_set.name} {verb}{excluded}."

    def diff(self) -> dict[str, Any]:
        """The images before and after, by instance id, of those that are sent."""
        before = {one.instance_id: one.image.describe() for one in self.instances}
        target = self.scale_set.image.describe()
        return {
            "before": {one: before[one] for one in self.instance_ids},
            "after": dict.fromkeys(self.instance_ids, target),
        }


class Sending:
    """Sends an upgrade: each call rests on a model, a list and a rolling upgrade that were read for it.

    `instance_ids` are those that a call may have reached, whatever came of it.
    """

    def __init__(
        self, arm: Arm, deadline: Deadline, wanted: Wanted, overrides: Overrides, *, follow: bool, check_mode: bool
    ) -> None:
        self._arm = arm
        self._deadline = deadline
        self._wanted = wanted
        self._overrides = overrides
        self._follow = follow
        self._check_mode = check_mode
        self._excluded: tuple[Exclusion, ...] = ()
        # Of a call that had no answer, and the service's time before it: what is done since may be its work.
        self._unanswered: tuple[str, ...] = ()
        self._unanswered_since: str | None = None
        self.instance_ids: tuple[str, ...] = ()
        self.scale_set: ScaleSet | None = None

    def start(self, resource_group: str, name: str) -> tuple[PlannedUpgrade, str | None, Operation | None]:
        """Make the call, without the instances that have vanished since the list was read (Azure refuses the whole
        call). Returns what was sent, the service's time of that, and the operation.

        The time is None where nothing was sent. The operation is None in that case, and where the call had no answer
        but instances show that it was received. Raises BadInput for what does not exist, and Refused where there is no
        model, by the budget, by a rolling upgrade that is running, and where another client changed what is to be as
        the request contains.
        """
        for _call in range(CALLS):
            try:
                return decide(lambda: self._attempt(resource_group, name), self._deadline)
            except _Vanished as vanished:
                self._leave_out(vanished)
                # An empty selection would mean all instances.
                if not self._wanted.selection.instance_ids:
                    return replace(vanished.planned, upgrade=Upgrade((), self._excluded)), None, None
        raise ServiceError(
            f"Instances of {name} vanish faster than they can be upgraded",
            advice="See what deletes them (autoscale, spot eviction), then run again.",
            attempted="upgrade the instances",
        )

    def _attempt(self, resource_group: str, name: str) -> tuple[PlannedUpgrade, str | None, Operation | None]:
        arm, wanted = self._arm, self._wanted
        scale_set = self.scale_set = arm.get_scale_set(resource_group, name)
        guard_ownership(scale_set, self._overrides)
        guard_profile(scale_set)
        instances = tuple(arm.list_instances(scale_set, wanted.include))
        if self._received(scale_set, instances):
            upgrade = Upgrade(self._unanswered, self._excluded)
            return PlannedUpgrade(scale_set, instances, upgrade), self._unanswered_since, None
        planned = plan(scale_set, instances, wanted, now=arm.server_time, unanswered=self._unanswered)
        planned = planned.leaving_out(self._excluded)
        self.instance_ids = self._unanswered
        if not planned.instance_ids:
            return planned, None, None
        guard_rolling_upgrade(scale_set, arm.rolling_upgrade(scale_set))
        if self._check_mode:
            return planned, None, None
        # Whatever comes of the call: these it may have reached.
        self.instance_ids = tuple(dict.fromkeys((*self._unanswered, *planned.instance_ids)))
        before = arm.server_time
        try:
            operation = arm.upgrade_instances(scale_set, planned.instance_ids, follow=self._follow)
        except VmssError as error:
            if error.unanswered:
                self._unanswered, self._unanswered_since = planned.instance_ids, self._unanswered_since or before
            else:
                self.instance_ids = self._unanswered
            gone = inactive_instance(error.fault)
            if gone is None:
                raise
            raise _Vanished(gone, planned, error) from error
        return planned, operation.started_at, operation

    def _received(self, scale_set: ScaleSet, instances: Sequence[Instance]) -> bool:
        """Whether Azure has begun the call that it did not answer: it takes all ids of a call, or none (recorded)."""
        sent = [one for one in instances if one.instance_id in self._unanswered]
        image, by_model = scale_set.image, self._wanted.by_model
        return any(one.busy or not is_stale(one, image, by_model=by_model) for one in sent)

    def _leave_out(self, vanished: _Vanished) -> None:
        """Ask for the same, without the one that is gone."""
        if not self._wanted.tolerant:
            raise BadInput(
                f"Instance {vanished.gone} is no longer there",
                advice="List the instances again, or set O(missing_instances=skip).",
                attempted=vanished.refusal.attempted,
                fault=vanished.refusal.fault,
                instances=[vanished.gone],
            ) from vanished.refusal
        self._excluded = (*vanished.planned.upgrade.excluded, Exclusion(vanished.gone, VANISHED))
        left = tuple(one for one in vanished.planned.instance_ids if one != vanished.gone)
        self._wanted = replace(self._wanted, selection=Selection(instance_ids=left), skip_missing=True)


class _Vanished(Exception):
    """Azure refused the call that was planned, because one of its instances is gone."""

    def __init__(self, gone: str, planned: PlannedUpgrade, refusal: VmssError) -> None:
        super().__init__(gone)
        self.gone = gone
        self.planned = planned
        self.refusal = refusal


def plan(
    scale_set: ScaleSet,
    instances: tuple[Instance, ...],
    wanted: Wanted,
    *,
    now: str | None,
    unanswered: Sequence[str] = (),
) -> PlannedUpgrade:
    """Decide which instances to send, by the set and its instances as they were just read at the service's time `now`.

    `unanswered` were sent already, perhaps. Raises BadInput for what does not exist, and Refused.
    """
    terms = wanted.terms.without(unanswered)
    terms.check(scale_set, instances, now=now, by_model=wanted.by_model)
    chosen = select(instances, wanted.selection, missing_ids=wanted.skip_missing)
    upgrade = plan_upgrade(
        instances,
        chosen,
        scale_set.image,
        health_source=scale_set.health_source,
        budget=wanted.budget,
        capacity=scale_set.capacity,
        by_model=wanted.by_model,
        marks=wanted.marks,
        partial=wanted.partial,
    )
    known = {one.instance_id.lower() for one in instances}
    gone = [Exclusion(one, VANISHED) for one in wanted.selection.instance_ids if one.lower() not in known]
    return PlannedUpgrade(scale_set, instances, replace(upgrade, excluded=(*upgrade.excluded, *gone)))


def finish(
    arm: Arm,
    planned: PlannedUpgrade,
    operation: Operation | None,
    wanted: Wanted,
    *,
    started_at: str | None,
    deadline: Deadline,
    interval: float,
) -> tuple[Progress, str | None]:
    """Wait for the operation, then until the instances are up on the new image, by a list that began after its end.

    Without an operation, because the call had no answer, the instances alone show it: by two lists, an interval apart,
    and by the times of their states, which are younger than `started_at` then. Returns the last read, and what Azure
    reported where the operation failed although every instance came up: the outcome is read from the instances, since a
    failed operation does not say which of them it means (documented). Raises OperationFailed or WaitTimeout naming the
    instances, and Preempted.
    """
    scale_set, ids = planned.scale_set, planned.instance_ids
    trouble: OperationFailed | None = None
    try:
        if operation is not None:
            operation.wait()
    except OperationFailed as error:
        trouble = error

    # Where no operation has succeeded, what they show is not enough.
    sent_at = parse_time(started_at) if operation is None or trouble is not None else None

    def read() -> Progress:
        instances = arm.list_instances(scale_set, wanted.include)
        return upgraded(instances, ids, scale_set.image, by_model=wanted.by_model, sent_at=sent_at)

    if trouble is not None:
        progress = read()
        if progress.done:
            return progress, str(trouble)
        raise failed(scale_set, progress, trouble)
    outcome = wait_until(
        read,
        deadline,
        lambda: interval,
        unseen=not_seen("upgraded", ids),
        successes=1 if operation is not None else 2,
    )
    if outcome.failed:
        raise failed(scale_set, outcome.progress)
    if outcome.unseen is not None:
        # What Azure did not let be seen is no news of the instances.
        raise outcome.unseen
    if not outcome.done:
        raise timed_out(scale_set, outcome.progress, deadline)
    return outcome.progress, None


def failed(scale_set: ScaleSet, progress: Progress, trouble: OperationFailed | None = None) -> OperationFailed:
    """The error that names the instances concerned."""
    return OperationFailed(
        f"The upgrade of {scale_set.name} failed: {progress.describe()}",
        advice="See the instances' own messages, fix the cause or set the image back, then run again: instances that "
        "are on the target image are left alone.",
        attempted=trouble.attempted if trouble else f"upgrade instances of scale set {scale_set.name}",
        fault=trouble.fault if trouble else None,
        instances=[*progress.failed, *progress.waiting],
    )


def timed_out(scale_set: ScaleSet, progress: Progress, deadline: Deadline) -> WaitTimeout:
    """The error that names the instances that are still open."""
    return WaitTimeout(
        f"The upgrade of {scale_set.name} is not finished after {deadline.seconds:.0f} seconds: {progress.describe()}",
        advice="It goes on in Azure. Raise O(wait_timeout), or wait with azroll.vmss.vmss_instance_facts.",
        attempted=f"upgrade instances of scale set {scale_set.name}",
        instances=list(progress.waiting),
    )
