# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Suspending and resuming automatic repairs, as vmss_automatic_repairs does."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.azroll.vmss.plugins.module_utils._azure.operations import Operation
from ansible_collections.azroll.vmss.plugins.module_utils._calls.call import Call, DiffResult, Options, Request, Work
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._operations.repairs_and_autoscale import check_repairs
from ansible_collections.azroll.vmss.plugins.module_utils._operations.waiter import decide
from ansible_collections.azroll.vmss.plugins.module_utils._plan.repairs import RepairsChange, plan_repairs


@dataclass(frozen=True, kw_only=True)
class RepairsRequest(Request):
    """The state that automatic repairs shall have: `running` or `suspended`."""

    state: str

    @classmethod
    def from_options(cls, options: Options) -> RepairsRequest:
        """There is nothing that could be wrong."""
        return cls(resource_group=options["resource_group"], name=options["name"], state=options["state"])


@dataclass
class RepairsResult(DiffResult):
    """The state afterwards and before."""

    state: str | None = None
    previous_state: str | None = None


def set_repairs(call: Call, request: RepairsRequest, result: RepairsResult) -> None:
    """Ask Azure for the state, unless it is there already. Raises BadInput and NoEffect."""
    first: RepairsChange | None = None

    def write() -> tuple[ScaleSet, RepairsChange, Operation | None]:
        nonlocal first
        scale_set = call.arm.get_scale_set(*request.address)
        change = plan_repairs(scale_set, call.arm.repairs_state(scale_set), request.state)
        # A write that had no answer may have taken effect all the same: the state before it is reported.
        first = first or change
        result.state = result.previous_state = first.before
        result.diff = first.diff()
        write_needed = change.action is not None and not call.check_mode
        return scale_set, first, call.arm.set_repairs(scale_set, str(change.action)) if write_needed else None

    scale_set, change, operation = decide(write, call.deadline)
    if operation is not None:
        result.changed = True
        operation.wait()
        check_repairs(call.arm, scale_set, str(change.action), change.before, call.deadline)
    result.changed = change.action is not None
    result.state, result.msg = change.after, change.describe(call.check_mode)


AUTOMATIC_REPAIRS = Work(RepairsRequest.from_options, set_repairs, RepairsResult)
