# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""From the plan to the first batch, and from the last one to the end: lease, earlier runs, image, sweep, bake."""

from __future__ import annotations

from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._rollout.state import OTHER_HOST
from ansible_collections.azroll.vmss.plugins.module_utils._steps.batch import (
    after_gate,
    approach,
    for_hooks,
    verify,
)
from ansible_collections.azroll.vmss.plugins.module_utils._steps.calls import call
from ansible_collections.azroll.vmss.plugins.module_utils._steps.gate import count_check, pass_gate, wait_idle
from ansible_collections.azroll.vmss.plugins.module_utils._steps.lease import acquire, renew, renew_if_held
from ansible_collections.azroll.vmss.plugins.module_utils._steps.plan import read_and_plan
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import (
    Answer,
    Failure,
    ModuleCall,
    Pause,
    StepFailed,
    Steps,
)
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import (
    BAKED,
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

_MAY_BE_ALLOWED = ("automatic_os_upgrade", "managed", "image_kind_change")


def begin(state: State) -> Steps[Answer]:
    """Acquire the lease and the holds, and find out what an earlier run left. Raises StepFailed."""
    folder = yield ModuleCall("ansible.builtin.tempfile", {"state": "directory", "prefix": "azroll-"})
    if folder.get("failed"):
        raise StepFailed(str(folder.get("msg")), folder)
    state.folder = folder["path"]
    if state.needs_lease:
        yield from acquire(state)
    # It applies until the image is set: instances in progress to another image, for example that of a failed rollout,
    # will be upgraded anyway, and need only become idle.
    state.way_out = state.plan["in_progress_advice"]
    in_progress = state.plan["in_progress"]
    if in_progress:
        write = state.preflight["write_image"]
        stale = [one["instance_id"] for one in state.vmss["instances"] if one["stale"]]
        gate = Gate(IN_PROGRESS, in_progress, unhealthy=stale if write else [], same_model=not write)
        state.gate, state.next = gate, GATE
    else:
        _verify_upgraded_before(state)
    return {"changed": state.needs_lease}


def _verify_upgraded_before(state: State) -> None:
    """An earlier run may have ended right after instances came up: their last report may be from the old system."""
    here = [one["instance_id"] for one in state.vmss["instances"] if one["in_service"] and not one["stale"]]
    here = [one for one in here if one not in state.plan["excluded_ids"]]
    state.next = SET_IMAGE
    if state.journal["begun_before"] and state.plan["batches"] and here:
        same_model = not state.preflight["write_image"]
        state.gate = Gate(UPGRADED_BEFORE, here, state.vmss["gathered_at"], state.unhealthy_before, same_model)
        state.next = GATE


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
        return {**shown, "batch": for_hooks(state)}
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
    return {"batch": for_hooks(state)}


def _proceed(state: State, gate: Gate) -> Answer:
    """What follows a gate that was passed."""
    if gate.kind == BATCH:
        return after_gate(state)
    state.gate = None
    if gate.kind == IN_PROGRESS:
        _verify_upgraded_before(state)
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


def set_image(state: State) -> Steps[Answer]:
    """Write the image into the model, and plan the batches. Raises StepFailed."""
    state.way_out = ""
    written: Answer = {}
    if state.needs_lease:
        written = yield from write_image(
            state,
            state.target,
            replaces=state.journal["model_image"],
            same_profile=state.preflight["profile"],
            upgrade_policy=state.options["upgrade_policy"],
            rollback=not state.forward,
            rollback_image=state.journal["previous_image"],
            by_image=state.journal["made_model"],
        )
    changed = bool(written.get("changed"))
    state.note(image_changed=changed)
    yield from begin_batches(state)
    return {"changed": changed, **({"diff": written["diff"]} if written.get("diff") else {})}


def write_image(state: State, image: Answer, **options: Any) -> Steps[Answer]:
    """Write an image into the model, if this run has the lease and nobody else has changed it. Raises StepFailed."""
    allowed = {f"allow_{code}": state.accepts(code) for code in _MAY_BE_ALLOWED}
    lease = {"run_id": state.leased_run_id, "lease_minutes": state.options["lease"]}
    return (yield from call(state, "vmss_image_update", image=image, **options, **lease, **allowed))


def begin_batches(state: State) -> Steps[None]:
    """Read the instances and plan the batches. Raises StepFailed.

    Concurrent changes by other clients are compared with this read before each write.
    """
    state.under_way, state.unproven = True, False
    yield from read_and_plan(state)
    state.first_read = state.vmss
    # Autoscale may change the capacity unless this run holds it; any other client only with rollout_capacity_changes.
    enabled = any(one["enabled"] for one in state.preflight["autoscale"])
    state.any_capacity = enabled and not state.options["hold_autoscale"]
    state.pending = list(state.plan["batches"])
    approach(state)


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
    """After a while, verify the health of all upgraded instances once more."""
    seconds, baked = state.options["bake"], to_bake(state)
    state.next = GATE if seconds > 0 and baked else FINISH
    state.gate = Gate(BAKED, baked, state.returned_at, state.unhealthy_before, pause=seconds)


def to_bake(state: State) -> list[str]:
    """All instances in service that this rollout upgraded, those of its earlier runs included.

    One that this run upgraded counts even if it has failed since, unless an operator has stopped or excluded it.
    """
    known = state.journal
    before = set() if known["begun_before"] else set(known["on_target_before"])
    sent = {one for batch in known["batches"] for one in batch["sent"]}
    current = [one for one in state.vmss["instances"] if not one["stale"]]
    good = [one["instance_id"] for one in current if one["in_service"] and one["instance_id"] not in before]
    ours = [one["instance_id"] for one in current if one["power"] == "running" and one["instance_id"] in sent]
    return [one for one in dict.fromkeys([*good, *ours]) if one not in state.plan["excluded_ids"]]
