# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Giving instances a new disk of the image they have, as vmss_instance_reimage does."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._azure.operations import Operation
from ansible_collections.azroll.vmss.plugins.module_utils._calls.call import Call, DiffResult, Options, Request, Work
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._guards.image_change import (
    Overrides,
    guard_ownership,
    guard_profile,
    guard_rolling_upgrade,
)
from ansible_collections.azroll.vmss.plugins.module_utils._guards.preconditions import Terms
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._operations.waiter import decide
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import Budget, read_budget
from ansible_collections.azroll.vmss.plugins.module_utils._plan.reimage_call import Reimage, plan_reimage


@dataclass(frozen=True, kw_only=True)
class ReimageRequest(Request):
    """Who is to be reimaged, within which budget. `terms`: what must be true of the set for anything to be sent.

    `include`: ids of those that are sent although they were not made from the model.
    """

    instance_ids: tuple[str, ...]
    budget: Budget
    terms: Terms
    by_model: bool
    include: tuple[str, ...]
    overrides: Overrides

    @classmethod
    def from_options(cls, options: Options) -> ReimageRequest:
        """Raises BadInput."""
        return cls(
            resource_group=options["resource_group"],
            name=options["name"],
            instance_ids=tuple(options["instance_ids"]),
            budget=read_budget(options),
            terms=Terms.from_options(options),
            by_model=options["by_model"],
            include=tuple(options["include_instances"]),
            overrides=Overrides(managed=options["allow_managed"]),
        )


@dataclass
class ReimageResult(DiffResult):
    """Who was sent, or may have been, and who was excluded."""

    instance_ids: list[str] = field(default_factory=list)
    excluded: list[dict[str, Any]] = field(default_factory=list)
    started_at: str | None = None
    operation_id: str | None = None


def reimage_instances(call: Call, request: ReimageRequest, result: ReimageResult) -> None:
    """Start it, and do not wait. Raises BadInput, Refused and LeaseLost."""
    sending = _Sending(call, request, result)
    planned, started_at, operation = decide(sending.attempt, call.deadline)
    ids = list(planned.instance_ids)
    verb = "would be reimaged" if call.check_mode else "are being reimaged"
    result.changed, result.instance_ids = bool(ids), ids
    result.excluded = [asdict(one) for one in planned.excluded]
    result.started_at, result.operation_id = started_at, operation.id if operation else None
    # The image stays: what changes is the disk.
    result.diff = {"before": dict.fromkeys(ids, "old disk"), "after": dict.fromkeys(ids, "new disk")}
    result.msg = f"{len(ids)} instances of {request.name} {verb}; {len(planned.excluded)} excluded."


class _Sending:
    """Sends the ids: each call rests on a model, a list and a rolling upgrade that were read for it."""

    def __init__(self, call: Call, request: ReimageRequest, result: ReimageResult) -> None:
        self._call = call
        self._request = request
        self._result = result
        # Of a call that had no answer.
        self._unanswered: tuple[str, ...] = ()

    def attempt(self) -> tuple[Reimage, str | None, Operation | None]:
        """What was sent, the service's time of that, and the operation; None where nothing was sent."""
        arm, request = self._call.arm, self._request
        self._result.instance_ids = list(self._unanswered)
        scale_set = arm.get_scale_set(*request.address)
        guard_ownership(scale_set, request.overrides)
        guard_profile(scale_set)
        instances = arm.list_instances(scale_set, request.include)
        if any(one.busy for one in instances if one.instance_id in self._unanswered):
            # Azure has begun it all the same: it takes all ids of a call, or none.
            return Reimage(self._unanswered, ()), arm.server_time, None
        planned = self._plan(scale_set, instances)
        if not planned.instance_ids:
            return planned, None, None
        guard_rolling_upgrade(scale_set, arm.rolling_upgrade(scale_set))
        if self._call.check_mode:
            return planned, None, None
        operation = self._send(scale_set, planned)
        return planned, operation.started_at, operation

    def _plan(self, scale_set: ScaleSet, instances: list[Instance]) -> Reimage:
        request = self._request
        request.terms.check(scale_set, instances, now=self._call.arm.server_time, by_model=request.by_model)
        return plan_reimage(
            instances,
            request.instance_ids,
            scale_set.image,
            health_source=scale_set.health_source,
            budget=request.budget,
            capacity=scale_set.capacity,
        )

    def _send(self, scale_set: ScaleSet, planned: Reimage) -> Operation:
        # Whatever comes of the call: these it may have reached.
        self._result.instance_ids = list(dict.fromkeys((*self._unanswered, *planned.instance_ids)))
        try:
            return self._call.arm.reimage_instances(scale_set, planned.instance_ids)
        except VmssError as error:
            if error.unanswered:
                self._unanswered = planned.instance_ids
            else:
                self._result.instance_ids = list(self._unanswered)
            raise


INSTANCE_REIMAGE = Work(ReimageRequest.from_options, reimage_instances, ReimageResult)
