# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""How a rollout is to go, and what its plan consists of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.marks import NO_MARKS, Marks
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import Selection, listed, select
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import OUTSIDE, Exclusion, obstacle
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import Budget
from ansible_collections.azroll.vmss.plugins.module_utils._plan.limit import Limit

GROUPINGS = ("update_domain", "fault_domain", "zone", "batch")


@dataclass(frozen=True)
class Order:
    """The grouping, the budget and the canary of a rollout, and which instances it is confined to.

    `sizes` are the sizes of the batches one after the other, the last for all further ones; without them each domain
    takes as few batches as the budget allows, after a canary. `domains` and `zones` come first, in this order.
    `until` is the share of the set that is to be on the target; the rest is deferred.
    """

    by: str
    budget: Budget
    canary: int = 1
    only: Selection = Selection()
    marks: Marks = NO_MARKS
    sizes: tuple[Limit, ...] = ()
    zones: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    unhealthy_first: bool = False
    until: Limit | None = None

    def __post_init__(self) -> None:
        if self.by not in GROUPINGS:
            raise BadInput(f"Unknown grouping {self.by[:40]!r}", advice=f"Roll by {', '.join(GROUPINGS)}.")
        if self.canary < 0:
            raise BadInput("The canary cannot be negative", advice="Give 0 to go without one.")

    def excluded(self, instances: Iterable[Instance], *, missing_ids: bool = False) -> dict[str, str]:
        """Which instances the rollout leaves as they are, by id with the reason: nothing of it ever waits for them.

        They count as out of service like any other. Raises BadInput as `select` does.
        """
        every = list(instances)
        inside = {one.instance_id for one in select(every, self.only, missing_ids=missing_ids)}
        reasons = {
            one.instance_id: obstacle(one, self.marks) or ("" if one.instance_id in inside else OUTSIDE)
            for one in every
        }
        return {instance_id: reason for instance_id, reason in reasons.items() if reason}


@dataclass(frozen=True)
class Batch:
    """The instances that one `manualupgrade` call carries: of one zone and one domain number.

    A `proving` one shows whether the image works: each of its instances must become healthy, even if it was not before.
    """

    name: str
    instance_ids: tuple[str, ...]
    canary: bool = False


@dataclass(frozen=True)
class Plan:
    """Batches in order. `allowed` instances may be out of service at once, so `min_in_service` never are.

    Before the first batch the `in_progress` instances must be back in service: the plan counts on it. `deferred` are
    those beyond the share that is to be moved. `excluded_ids` are those that the rollout neither moves nor waits for.
    `upgraded_by_others` show the target image while an operation runs on them: they may yet come up on the old one.
    Beside the `total` that are listed, `missing` are out of service.
    """

    batches: tuple[Batch, ...]
    excluded: tuple[Exclusion, ...]
    in_progress: tuple[str, ...]
    total: int
    allowed: int
    deferred: tuple[str, ...] = ()
    excluded_ids: tuple[str, ...] = ()
    missing: int = 0
    upgraded_by_others: tuple[str, ...] = ()

    @property
    def min_in_service(self) -> int:
        """The least number of instances in service."""
        return self.total + self.missing - self.allowed


def plan_to_dict(plan: Plan) -> dict[str, Any]:
    """The plan as plain data, for the role."""
    return {
        "batches": [
            {"name": batch.name, "instance_ids": list(batch.instance_ids), "canary": batch.canary}
            for batch in plan.batches
        ],
        "excluded": [{"instance_id": one.instance_id, "reason": one.reason} for one in plan.excluded],
        "in_progress": list(plan.in_progress),
        "in_progress_advice": in_progress_advice(plan.in_progress),
        "deferred": list(plan.deferred),
        "upgraded_by_others": list(plan.upgraded_by_others),
        "excluded_ids": list(plan.excluded_ids),
        "total": plan.total,
        "missing": plan.missing,
        "allowed": plan.allowed,
        "min_in_service": plan.min_in_service,
    }


def in_progress_advice(instance_ids: Sequence[str]) -> str:
    """What to do where the wait for those `in_progress` ends without them; empty where there are none."""
    if not instance_ids:
        return ""
    return (
        f"The rollout waits for {listed(instance_ids)} before anything else: they were in progress, or out of service "
        "on the image, before it began. Bring them back (reimage or redeploy them; a support case where that does not "
        "help), or exclude those that never come to rest: name them in rollout_skip, or protect them from scale set "
        "actions (azroll.vmss.vmss_instance_protection). Then run again: excluded instances count as out of service, "
        "and nothing waits for them."
    )


def describe_plan(plan: Plan, max_unavailable: str) -> list[str]:
    """The plan as lines of text: the budget, who is waited for, each batch with its ids, each that is excluded."""
    moving = sum(len(batch.instance_ids) for batch in plan.batches)
    if plan.batches:
        least = f"at least {plan.min_in_service} in service"
        budget = f"at most {plan.allowed} ({max_unavailable}) out of service at once, {least}"
        if plan.missing:
            budget += f"; {plan.missing} more are missing and count as out of service"
        lines = [f"{moving} of {plan.total} instances to move in {len(plan.batches)} batches; {budget}"]
    else:
        lines = [f"None of {plan.total} instances to move"]
    if plan.batches and plan.in_progress:
        lines.append(f"  first wait for those in progress: {' '.join(plan.in_progress)}")
    width = max((len(batch.name) for batch in plan.batches), default=0)
    for batch in plan.batches:
        ids = batch.instance_ids
        lines.append(f"  {batch.name:<{width}}  {len(ids):>3}  {' '.join(ids)}")
    if plan.deferred:
        lines.append(f"  deferred to a later run: {' '.join(plan.deferred)}")
    lines += [f"  excluded: {one.instance_id} ({one.reason})" for one in plan.excluded]
    return lines
