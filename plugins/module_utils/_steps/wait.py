# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The wait at a health gate with the custom checks after it, and what follows it."""

from __future__ import annotations

from ansible_collections.azroll.vmss.plugins.module_utils._rollout.state import OTHER_HOST
from ansible_collections.azroll.vmss.plugins.module_utils._steps.apply import verify_upgraded_before
from ansible_collections.azroll.vmss.plugins.module_utils._steps.batch import after_gate, approach, verify
from ansible_collections.azroll.vmss.plugins.module_utils._steps.gate import count_check, pass_gate, wait_idle
from ansible_collections.azroll.vmss.plugins.module_utils._steps.lease import renew_if_held
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import (
    Answer,
    Failure,
    Pause,
    StepFailed,
    Steps,
)
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import (
    BATCH,
    CHECK,
    FINISH,
    GATE,
    IN_PROGRESS,
    SET_IMAGE,
    SKIPPED,
    SOAKED,
    UPGRADED_BEFORE,
    Gate,
    State,
)


def wait(state: State) -> Steps[Answer]:
    """Wait for the instances of the gate that is next; nothing to do where none is. Raises StepFailed."""
    gate = state.gate
    if state.next != GATE or gate is None:
        return SKIPPED
    if gate.pause:
        # A run that only waited for instances in progress from an earlier run has no lease, and needs none to read.
        yield from renew_if_held(state)
        yield Pause(gate.pause)
    shown: Answer = {}
    if gate.kind == IN_PROGRESS:
        # An upgrade takes longer than a health check, even more so if instances are notified of it 15 minutes ahead.
        yield from wait_idle(state, gate.instance_ids)
        yield from renew_if_held(state)
    if gate.kind == BATCH:
        shown = yield from verify(state, gate)
    else:
        yield from pass_gate(state, gate)
    if state.custom_checks:
        state.next = CHECK
        return shown
    return _joined(shown, _proceed(state, gate))


def check_passed(state: State) -> Steps[Answer]:
    """Count a custom health check that succeeded, and go on after enough of them. Raises StepFailed."""
    state.check_said, state.check_error = "", {}
    return (yield from _counted(state, good=True))


def check_failed(state: State, failure: Failure) -> Steps[Answer]:
    """Count a custom health check that failed. Raises StepFailed.

    A check that Azure throttled or did not answer has neither succeeded nor failed, and does not lead to a rollback.
    That another host of the play has failed is no result of a check.
    """
    if failure.other_host:
        raise StepFailed(failure.said, {"error": {"kind": OTHER_HOST}})
    state.check_said, state.check_error = failure.said, dict(failure.error) if failure.error.get("unseen") else {}
    return (yield from _counted(state, good=False))


def _counted(state: State, *, good: bool) -> Steps[Answer]:
    done = yield from count_check(state, good)
    if done and state.gate is not None:
        return _proceed(state, state.gate)
    return {}


def _proceed(state: State, gate: Gate) -> Answer:
    """What follows a gate that was passed."""
    if gate.kind == BATCH:
        return after_gate(state)
    state.gate = None
    if gate.kind == IN_PROGRESS:
        verify_upgraded_before(state)
    elif gate.kind == UPGRADED_BEFORE:
        state.next = SET_IMAGE
    elif gate.kind == SOAKED:
        approach(state)
    else:
        state.next = FINISH
    return {}


def _joined(one: Answer, other: Answer) -> Answer:
    lines = [*one.get("lines", []), *other.get("lines", [])]
    return {**one, **other, **({"lines": lines} if lines else {})}
