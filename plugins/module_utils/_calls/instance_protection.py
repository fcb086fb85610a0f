# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Protecting instances, as vmss_instance_protection does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._azure.operations import Operation
from ansible_collections.azroll.vmss.plugins.module_utils._calls.call import Call, DiffResult, Options, Request, Work
from ansible_collections.azroll.vmss.plugins.module_utils._guards.image_change import Overrides, guard_ownership
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import Exclusion
from ansible_collections.azroll.vmss.plugins.module_utils._operations.effect import until_shown, write_without_effect
from ansible_collections.azroll.vmss.plugins.module_utils._operations.waiter import decide
from ansible_collections.azroll.vmss.plugins.module_utils._plan.protection import (
    Change,
    Protection,
    ProtectionPlan,
    plan_protection,
)
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import require_own


@dataclass(frozen=True, kw_only=True)
class ProtectionRequest(Request):
    """Who is to be protected from what; None keeps what an instance has.

    A run with a `run_id` must hold the lease.
    """

    instance_ids: tuple[str, ...]
    scale_in: bool | None
    scale_set_actions: bool | None
    run_id: str
    overrides: Overrides

    @classmethod
    def from_options(cls, options: Options) -> ProtectionRequest:
        """There is nothing that could be wrong."""
        return cls(
            resource_group=options["resource_group"],
            name=options["name"],
            instance_ids=tuple(options["instance_ids"]),
            scale_in=options["scale_in"],
            scale_set_actions=options["scale_set_actions"],
            run_id=options["run_id"],
            overrides=Overrides(managed=options["allow_managed"]),
        )


@dataclass
class ProtectionResult(DiffResult):
    """How each is protected afterwards, and who was excluded."""

    instances: list[dict[str, Any]] = field(default_factory=list)
    excluded: list[dict[str, Any]] = field(default_factory=list)

    def report(self, done: Sequence[Change]) -> None:
        """Those whose protection is as it was asked for by now."""
        written = [change for change in done if change.needed]
        self.changed = bool(written)
        self.instances = [change.to_dict() for change in done]
        self.diff = {
            "before": {change.instance_id: change.before.to_dict() for change in written},
            "after": {change.instance_id: change.after.to_dict() for change in written},
        }


def protect_instances(call: Call, request: ProtectionRequest, result: ProtectionResult) -> None:
    """Write the protection of one after the other. Raises BadInput, Refused, LeaseLost and NoEffect."""
    writing = _Writing(call, request)
    while True:
        scale_set, waiting, operation = decide(writing.step, call.deadline)
        result.excluded = [asdict(one) for one in writing.excluded]
        if operation is not None:
            operation.wait()
            check_effect(call, scale_set, writing.found[waiting[0]])
            writing.written.add(waiting.pop(0))
        result.report([one for one in writing.found.values() if one.instance_id not in waiting])
        if not waiting:
            break
    planned = ProtectionPlan(tuple(writing.found.values()), writing.excluded)
    result.msg = planned.describe(request.name, check_mode=call.check_mode)


class _Writing:
    """What is known between two writes."""

    def __init__(self, call: Call, request: ProtectionRequest) -> None:
        self._call = call
        self._request = request
        # Each as it was found first: a write that had no answer may have taken effect all the same.
        self.found: dict[str, Change] = {}
        self.excluded: tuple[Exclusion, ...] = ()
        self.written: set[str] = set()

    def step(self) -> tuple[ScaleSet, list[str], Operation | None]:
        """Write the protection of one instance, and return which are open. Each rests on reads of its own, because the
        write before it took its time.
        """
        arm, request = self._call.arm, self._request
        scale_set = arm.get_scale_set(*request.address)
        guard_ownership(scale_set, request.overrides)
        if request.run_id:
            require_own(scale_set.name, scale_set.tags, request.run_id, arm.server_time)
        planned = plan_protection(
            scale_set,
            arm.list_instances(scale_set),
            request.instance_ids,
            scale_in=request.scale_in,
            scale_set_actions=request.scale_set_actions,
        )
        self.excluded = planned.excluded
        self.found |= {one.instance_id: one for one in planned.changes if one.instance_id not in self.found}
        # A list may be older than the last write: none is written twice.
        needed = [one for one in planned.changes if one.needed and one.instance_id not in self.written]
        if not needed or self._call.check_mode:
            return scale_set, [], None
        operation = arm.protect_instance(scale_set, needed[0].instance_id, **needed[0].after.to_dict())
        return scale_set, [one.instance_id for one in needed], operation


def check_effect(call: Call, scale_set: ScaleSet, change: Change) -> None:
    """Raise NoEffect where an instance that is still there shows nothing of what was written of it."""
    one = change.instance_id
    shown = until_shown(
        lambda: call.arm.get_instance(scale_set, one),
        lambda instance: instance is None or Protection.of(instance) == change.after,
        call.deadline,
    )[1]
    if not shown:
        raise write_without_effect(
            "a write of instance protection",
            f"that of instance {one} is",
            attempted=f"write the protection of instance {one} of scale set {scale_set.name}",
            reasons="Known is an instance with a model of its own. ",
            instances=[one],
        )


INSTANCE_PROTECTION = Work(ProtectionRequest.from_options, protect_instances, ProtectionResult)
