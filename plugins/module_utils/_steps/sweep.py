# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The sweep after the batches, and the bake after the last one."""

from __future__ import annotations

from ansible_collections.azroll.vmss.plugins.module_utils._rollout.state import sent_ids
from ansible_collections.azroll.vmss.plugins.module_utils._steps.batch import approach
from ansible_collections.azroll.vmss.plugins.module_utils._steps.gate import wait_idle
from ansible_collections.azroll.vmss.plugins.module_utils._steps.lease import renew
from ansible_collections.azroll.vmss.plugins.module_utils._steps.plan import read_and_plan
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import Answer, Pause, StepFailed, Steps
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import BAKED, FINISH, GATE, Gate, State


def sweep(state: State) -> Steps[Answer]:
    """Find the instances that are still stale, and plan their batches. Raises StepFailed after the last round.

    Instances that were scaled out, replaced or moved are not in the plan that was made at the start, and deferred ones
    have not been upgraded yet: both are upgraded round by round, until a read finds none that is stale.
    """
    if state.round > 1:
        _note_deferred(state)
    if state.waiting:
        state.pending, state.next = [], FINISH
        return {}
    yield from read_and_plan(state)
    if state.plan["upgraded_by_others"] and not state.plan["batches"]:
        # An instance that shows the target image while an operation of another client runs may come up on the old image
        # after all, if that operation is preempted.
        yield from renew(state)
        yield from wait_idle(state, state.plan["upgraded_by_others"])
        yield from read_and_plan(state)
    left = [one for batch in state.plan["batches"] for one in batch["instance_ids"]]
    if state.round > state.options["sweep_rounds"]:
        state.note(stayed_behind=left)
        if left:
            raise StepFailed(
                "Instances are still not on the target image after the last sweep (rollout_sweep_rounds="
                f"{state.options['sweep_rounds']}): {' '.join(left)}. {state.plan['in_progress_advice']}",
                kind="sweep",
            )
    tried = {one for batch in state.journal["batches"] for one in batch["instance_ids"]}
    if state.options["sweep_delay"] > 0 and tried & set(left):
        yield Pause(state.options["sweep_delay"])
    state.unproven = False
    state.pending = list(state.plan["batches"])
    state.round += 1
    if left:
        approach(state)
    else:
        _note_deferred(state)
        _end_batches(state)
    return {}


def _note_deferred(state: State) -> None:
    if state.journal["rollback"] is None:
        state.note(deferred=state.plan["deferred"])


def _end_batches(state: State) -> None:
    if state.journal["rollback"] is not None:
        state.note(rollback="succeeded")
        state.next = FINISH
    else:
        _bake(state)


def _bake(state: State) -> None:
    """After a while, verify the health of all upgraded instances again."""
    seconds, baked = state.options["bake"], to_bake(state)
    state.next = GATE if seconds > 0 and baked else FINISH
    state.gate = Gate(BAKED, baked, state.returned_at, state.unhealthy_before, pause=seconds)


def to_bake(state: State) -> list[str]:
    """All instances in service that this rollout upgraded, those of its earlier runs included.

    One that this run upgraded counts even if it has failed since, unless an operator has stopped or excluded it.
    """
    known = state.journal
    before = set() if known["begun_before"] else set(known["on_target_before"])
    sent = sent_ids(known)
    current = [one for one in state.vmss["instances"] if not one["stale"]]
    good = [one["instance_id"] for one in current if one["in_service"] and one["instance_id"] not in before]
    ours = [one["instance_id"] for one in current if one["power"] == "running" and one["instance_id"] in sent]
    return [one for one in dict.fromkeys([*good, *ours]) if one not in state.plan["excluded_ids"]]
