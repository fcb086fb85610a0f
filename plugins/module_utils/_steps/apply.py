# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""From the plan to the first batch: the lease, what earlier runs left, the image."""

from __future__ import annotations

from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._steps.batch import approach
from ansible_collections.azroll.vmss.plugins.module_utils._steps.calls import call
from ansible_collections.azroll.vmss.plugins.module_utils._steps.lease import acquire
from ansible_collections.azroll.vmss.plugins.module_utils._steps.plan import read_and_plan
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import Answer, ModuleCall, StepFailed, Steps
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import (
    GATE,
    IN_PROGRESS,
    SET_IMAGE,
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
        verify_upgraded_before(state)
    return {"changed": state.needs_lease}


def verify_upgraded_before(state: State) -> None:
    """An earlier run may have ended right after instances came up: their last report may be from the old system."""
    here = [one["instance_id"] for one in state.vmss["instances"] if one["in_service"] and not one["stale"]]
    here = [one for one in here if one not in state.plan["excluded_ids"]]
    state.next = SET_IMAGE
    if state.journal["begun_before"] and state.plan["batches"] and here:
        same_model = not state.preflight["write_image"]
        state.gate = Gate(UPGRADED_BEFORE, here, state.vmss["gathered_at"], state.unhealthy_before, same_model)
        state.next = GATE


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
