# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The steps by their names, as the role calls them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._steps import (
    apply,
    batch,
    failure,
    finish,
    gate,
    plan,
    sweep,
    wait,
)
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import Answer, Failure, Steps
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import State

STEPS: Mapping[str, Callable[[State], Steps[Answer]]] = {
    "plan": plan.plan,
    "check_ready": plan.check_ready,
    "begin": apply.begin,
    "wait": wait.wait,
    "run_checks": gate.run_checks,
    "check_passed": wait.check_passed,
    "set_image": apply.set_image,
    "check_room": batch.check_room,
    "upgrade": batch.upgrade,
    "finish_batch": batch.finish_batch,
    "sweep": sweep.sweep,
    "roll_back": failure.roll_back,
    "finish": finish.finish,
}
# Those that follow the failure of a task.
AFTER_FAILURE: Mapping[str, Callable[[State, Failure], Steps[Answer]]] = {
    "check_failed": wait.check_failed,
    "handle_failure": failure.handle_failure,
    "rollback_failed": failure.rollback_failed,
    "report_failed": finish.report_failed,
}
CHECKPOINT = "answer_checkpoint"
NAMES = (*STEPS, *AFTER_FAILURE, CHECKPOINT)


def enter(name: str, state: State, *, failure: Failure | None = None, answer: str = "") -> Steps[Answer]:
    """The step of that name. `failure` is the one that it follows, `answer` that of the operator at a checkpoint."""
    if name == CHECKPOINT:
        return batch.answer_checkpoint(state, answer)
    if name in AFTER_FAILURE:
        return AFTER_FAILURE[name](state, failure or Failure("The rollout was interrupted."))
    return STEPS[name](state)


def outcome(state: State, answer: Answer) -> dict[str, Any]:
    """What the role gets to know of a step: what comes next, with what it needs for that, and what is to be shown."""
    return {
        "changed": False,
        "lines": [],
        **answer,
        "batch": batch.for_hooks(state),
        "next": state.next,
        "batches": [one["name"] for one in state.pending],
        "attempts": state.attempts,
    }
