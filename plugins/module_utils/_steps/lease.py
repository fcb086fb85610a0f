# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The lease and the holds: acquired before the first write, renewed on the way, released at the end."""

from __future__ import annotations

from ansible_collections.azroll.vmss.plugins.module_utils._rollout import state as journal
from ansible_collections.azroll.vmss.plugins.module_utils._steps.calls import attempt, check, failed
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import Answer, Steps
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import State
from ansible_collections.azroll.vmss.plugins.module_utils._steps.waits import lease_due

HOLD = "vmss_hold"


def acquire(state: State) -> Steps[None]:
    """Acquire the lease and the holds, or renew them. Raises StepFailed.

    Each hold is recorded in tags of the scale set before it is acquired, so that the next run can release the holds of
    an interrupted run.
    """
    state.note(lease_acquired=True)
    known, options = state.journal, state.options
    result = yield from attempt(
        state,
        HOLD,
        state="held",
        run_id=state.run_id,
        holder=state.holder,
        target=" ".join(str(part) for part in known["target_image"].values() if part),
        minutes=options["lease"],
        take_over=options["lease_take_over"],
        repairs=options["suspend_repairs"],
        autoscale=options["hold_autoscale"],
        upgrade_policy=options["upgrade_policy"],
        previous_image=known["previous_image"],
        held=known["held"],
        # Shows whether a write of tags alone creates a new model, which would make all instances look stale. A run that
        # continues this one after an interruption has to know.
        by_image=known["made_model"],
        current_instance=current_instance(state),
        wait_timeout=state.waits["call"]["timeout"],
    )
    return _acquired(state, result)


def _acquired(state: State, result: Answer) -> None:
    # A hold that failed may have taken effect in part.
    state.held = list(result.get("held") or [])
    check(result, HOLD)
    state.lease = result["lease"]
    state.journal = journal.hold(state.journal, result, state.plan["in_progress"])
    if result["made_model"]:
        state.by_model = False
        state.note(by_model=False, made_model=True)


def renew(state: State) -> Steps[None]:
    """Renew the lease if less than half of its time is left. Raises StepFailed where it belongs to another run by now.

    A run that only waited for instances in progress from an earlier run has not acquired it yet. Only Azure's own clock
    shows how long the hook before a batch took, so with such a hook the lease is read in any case.
    """
    due = not state.journal["lease_acquired"] or bool(state.options["before_batch"])
    minutes, gathered_at = state.options["lease"], state.vmss["gathered_at"]
    if due or lease_due(state.lease, minutes, gathered_at, state.read_at, state.now()):
        yield from acquire(state)


def renew_if_held(state: State) -> Steps[None]:
    """As `renew`, in a run that may not have needed a lease so far."""
    if state.journal["lease_acquired"]:
        yield from renew(state)


def release(state: State) -> Steps[None]:
    """Release what this run may hold. A failure becomes part of the cause.

    The holds of an interrupted run stay in its lease, for the run that takes it over.
    """
    known = state.journal
    # A later rollback may only use an image whose rollout succeeded.
    succeeded = known["cause"] is None and not state.waiting and not known["deferred"]
    result = yield from attempt(
        state,
        HOLD,
        state="released",
        run_id=state.run_id,
        minutes=state.options["lease"],
        held=state.held or known["held"],
        restore_policy=state.options["restore_policy"],
        by_image=known["made_model"],
        # If all instances were stale when the lease was acquired, only this last write shows whether tags create a new
        # model.
        current_instance="" if known["model_judged"] else current_instance(state),
        finished_image=state.target if succeeded else None,
    )
    state.journal = journal.release(known, result)


def prove(state: State) -> Steps[bool]:
    """Record that the image has succeeded, in a run with nothing to do; whether that was recorded.

    Nothing depends on it, and the next run tries it again.
    """
    result = yield from attempt(
        state,
        HOLD,
        state="released",
        run_id=state.run_id,
        minutes=state.options["lease"],
        restore_policy=False,
        current_instance=current_instance(state),
        finished_image=state.target,
    )
    return not failed(result)


def current_instance(state: State) -> str:
    """An instance that follows the latest model: it shows whether a write of tags creates a new model.

    Empty if none is known.
    """
    instances = state.vmss.get("instances", []) if state.by_model else []
    return next((str(one["instance_id"]) for one in instances if one["latest_model"]), "")
