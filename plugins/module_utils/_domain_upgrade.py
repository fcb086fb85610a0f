# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Bringing instances to the latest model: starting the upgrade past vanishing instances, and seeing it through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ansible_collections.azroll.vmss.plugins.module_utils._budget import Budget
from ansible_collections.azroll.vmss.plugins.module_utils._errors import (
    BadInput,
    OperationFailed,
    Rejected,
    ServiceError,
    WaitTimeout,
)
from ansible_collections.azroll.vmss.plugins.module_utils._fault import inactive_instance
from ansible_collections.azroll.vmss.plugins.module_utils._guards import guard_profile, guard_rolling_upgrade
from ansible_collections.azroll.vmss.plugins.module_utils._instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._progress import Progress, upgraded
from ansible_collections.azroll.vmss.plugins.module_utils._scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._select import Selection, select
from ansible_collections.azroll.vmss.plugins.module_utils._target import NO_MARKS, VANISHED, LeftOut, Marks
from ansible_collections.azroll.vmss.plugins.module_utils._terms import NO_TERMS, Terms
from ansible_collections.azroll.vmss.plugins.module_utils._upgrade import Upgrade, plan_upgrade
from ansible_collections.azroll.vmss.plugins.module_utils._wait import Deadline, not_seen, wait_until

if TYPE_CHECKING:
    from ansible_collections.azroll.vmss.plugins.module_utils._arm import Arm
    from ansible_collections.azroll.vmss.plugins.module_utils._arm_operations import Operation

# Instances that vanish between the list and the call are left out, and the call is made again; not for ever.
CALLS = 3
WAYS = ("update_domain", "fault_domain", "zone", "placement_group", "instance_ids")


@dataclass(frozen=True)
class Request:
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

    def left_out(self) -> list[dict[str, str]]:
        """The instances left out, as the result shows them."""
        return [asdict(one) for one in self.upgrade.left_out]

    def describe(self, *, check_mode: bool) -> str:
        """One sentence for people, before anything is waited for."""
        left_out = f"; {len(self.upgrade.left_out)} left out" if self.upgrade.left_out else ""
        if not self.instance_ids:
            return f"Nothing to upgrade in {self.scale_set.name}{left_out}."
        verb = "would be upgraded" if check_mode else "are being upgraded"
        return f"{len(self.instance_ids)} instances of {self.scale_set.name} {verb}{left_out}."

    def diff(self) -> dict[str, Any]:
        """The images before and after, by instance id, of those that are sent."""
        before = {one.instance_id: one.image.describe() for one in self.instances}
        target = self.scale_set.image.describe()
        return {
            "before": {one: before[one] for one in self.instance_ids},
            "after": dict.fromkeys(self.instance_ids, target),
        }


def read_selection(options: Mapping[str, Any]) -> Selection:
    """From the options of vmss_domain_upgrade. Raises BadInput where nothing, or all and something, is chosen."""
    named = [name for name in WAYS if options[name] is not None]
    if bool(named) == options["all_instances"]:
        both = f" and {', '.join(named)}" if named else ""
        raise BadInput(
            f"all_instances{both} contradict each other" if both else "No instances are chosen",
            advice=f"Give one or more of {', '.join(WAYS)}, or all_instances: true.",
        )
    if options["instance_ids"] is not None and not options["instance_ids"]:
        raise BadInput("instance_ids is an empty list", advice="Name the instances, or set all_instances: true.")

    def one(name: str) -> tuple[str, ...]:
        return () if options[name] is None else (str(options[name]),)

    return Selection(
        zones=one("zone"),
        placement_groups=one("placement_group"),
        update_domains=one("update_domain"),
        fault_domains=one("fault_domain"),
        instance_ids=tuple(options["instance_ids"] or ()),
    )


def plan(arm: Arm, scale_set: ScaleSet, request: Request) -> PlannedUpgrade:
    """List the instances and decide which to send.

    Raises BadInput for what does not exist, Refused where there is no model, by the budget, by a rolling upgrade that
    is running, and where somebody else changed what is to be as the request says.
    """
    guard_profile(scale_set)
    planned = _plan(arm, scale_set, request)
    if planned.instance_ids:
        guard_rolling_upgrade(scale_set, arm.rolling_upgrade(scale_set))
    return planned


def _plan(arm: Arm, scale_set: ScaleSet, request: Request) -> PlannedUpgrade:
    instances = tuple(arm.list_instances(scale_set, request.include))
    request.terms.check(scale_set, instances, now=arm.server_time, by_model=request.by_model)
    chosen = select(instances, request.selection, missing_ids=request.skip_missing)
    upgrade = plan_upgrade(
        instances,
        chosen,
        scale_set.image,
        health_source=scale_set.health_source,
        budget=request.budget,
        by_model=request.by_model,
        marks=request.marks,
        partial=request.partial,
    )
    known = {one.instance_id.lower() for one in instances}
    gone = [LeftOut(one, VANISHED) for one in request.selection.instance_ids if one.lower() not in known]
    return PlannedUpgrade(scale_set, instances, replace(upgrade, left_out=(*upgrade.left_out, *gone)))


def start(
    arm: Arm, planned: PlannedUpgrade, request: Request, *, follow: bool
) -> tuple[PlannedUpgrade, Operation | None]:
    """Make the call, without the instances that have vanished since the list was read (Azure refuses the whole call).

    The operation is None where nothing was left to send. Without `follow` it is only started, not to be waited for.
    """
    for _call in range(CALLS):
        if not planned.instance_ids:
            return planned, None
        try:
            return planned, arm.upgrade_instances(planned.scale_set, planned.instance_ids, follow=follow)
        except Rejected as error:
            gone = inactive_instance(error.fault)
            if gone is None:
                raise
            if not request.tolerant:
                raise BadInput(
                    f"Instance {gone} is no longer there",
                    advice="List the instances again, or set missing_instances: skip.",
                    attempted=error.attempted,
                    fault=error.fault,
                    instances=[gone],
                ) from error
            planned = _again(arm, planned, request, gone)
    raise ServiceError(
        f"Instances of {planned.scale_set.name} vanish faster than they can be upgraded",
        advice="See what deletes them (autoscale, spot eviction), then run again.",
        attempted="upgrade the instances",
    )


def finish(
    arm: Arm, planned: PlannedUpgrade, operation: Operation, request: Request, *, deadline: Deadline, interval: float
) -> tuple[Progress, str | None]:
    """Wait for the operation, then until the instances are up on the new image.

    Returns the last look, and what Azure reported where the operation failed although every instance came up: the
    outcome is read from the instances, since a failed operation does not say which of them it means (documented).
    Raises OperationFailed or WaitTimeout naming the instances, and Preempted.
    """
    scale_set, ids = planned.scale_set, planned.instance_ids
    trouble: OperationFailed | None = None
    try:
        operation.wait()
    except OperationFailed as error:
        trouble = error

    def look() -> Progress:
        instances = arm.list_instances(scale_set, request.include)
        return upgraded(instances, ids, scale_set.image, by_model=request.by_model)

    if trouble is not None:
        progress = look()
        if progress.done:
            return progress, str(trouble)
        raise failed(scale_set, progress, trouble)
    outcome = wait_until(look, deadline, interval, unseen=not_seen("upgraded", ids))
    if outcome.failed:
        raise failed(scale_set, outcome.progress)
    if not outcome.done:
        raise timed_out(scale_set, outcome.progress, deadline)
    return outcome.progress, None


def failed(scale_set: ScaleSet, progress: Progress, trouble: OperationFailed | None = None) -> OperationFailed:
    """The error that names the instances concerned."""
    return OperationFailed(
        f"The upgrade of {scale_set.name} failed: {progress.describe()}",
        advice="See the instances' own messages, mend the cause or set the image back, then run again: instances that "
        "are on the target image are left alone.",
        attempted=trouble.attempted if trouble else f"upgrade instances of scale set {scale_set.name}",
        fault=trouble.fault if trouble else None,
        instances=[*progress.failed, *progress.waiting],
    )


def timed_out(scale_set: ScaleSet, progress: Progress, deadline: Deadline) -> WaitTimeout:
    """The error that names the instances that are still open."""
    return WaitTimeout(
        f"The upgrade of {scale_set.name} is not finished after {deadline.seconds:.0f} seconds: {progress.describe()}",
        advice="It goes on in Azure. Raise wait_timeout, or wait with azroll.vmss.vmss_instance_facts.",
        attempted=f"upgrade instances of scale set {scale_set.name}",
        instances=list(progress.waiting),
    )


def _again(arm: Arm, planned: PlannedUpgrade, request: Request, gone: str) -> PlannedUpgrade:
    """The same call, without `gone` and whatever else has vanished."""
    left_out = (*planned.upgrade.left_out, LeftOut(gone, VANISHED))
    left = tuple(one for one in planned.instance_ids if one != gone)
    # An empty selection would mean all instances.
    if not left:
        return replace(planned, upgrade=Upgrade((), left_out))
    again = _plan(arm, planned.scale_set, replace(request, selection=Selection(instance_ids=left), skip_missing=True))
    return replace(again, upgrade=replace(again.upgrade, left_out=(*left_out, *again.upgrade.left_out)))
