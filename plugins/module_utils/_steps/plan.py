# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Preflight, and the plan of the batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._common.wording import ROLE
from ansible_collections.azroll.vmss.plugins.module_utils._filters.planning import rollout_plan, rollout_previous_image
from ansible_collections.azroll.vmss.plugins.module_utils._filters.reporting import rollout_heatmap
from ansible_collections.azroll.vmss.plugins.module_utils._image.change_text import journal_change
from ansible_collections.azroll.vmss.plugins.module_utils._rollout import state as journal
from ansible_collections.azroll.vmss.plugins.module_utils._steps.calls import call, read_facts
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import Answer, StepFailed, Steps
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import APPLY, FINISH, SKIPPED, State


def plan(state: State) -> Steps[Answer]:
    """Find the image, run preflight and plan the batches; nothing is written. Raises StepFailed.

    What is to be shown is in `lines`. Where the rollout must not begin, `check_ready` says why.
    """
    wanted = state.options["image"]
    if not (state.forward or wanted):
        wanted = yield from _rollback_image(state)
    preflight = yield from _preflight(state, wanted)
    _record(state, preflight, wanted)
    if not preflight["ready"]:
        state.refused, state.next = str(preflight["msg"]), FINISH
        return {"lines": preflight["lines"]}
    plan_batches(state, preflight["ansible_facts"]["vmss"])
    return _decide(state, preflight)


def _rollback_image(state: State) -> Steps[dict[str, Any]]:
    facts = yield from read_facts(state)
    options = state.options
    try:
        found = rollout_previous_image(
            facts["ansible_facts"]["vmss"], skip=options["skip"], only=options["only"], remembers=options["lease"] > 0
        )
    except VmssError as refusal:
        # A zone that the rollback is confined to has lost its last instance, for example.
        raise StepFailed(refusal.describe(ROLE), kind="no_rollback_image") from refusal
    if not found["image"]:
        raise StepFailed(found["why"], kind="no_rollback_image")
    return dict(found["image"])


def _preflight(state: State, wanted: Mapping[str, Any]) -> Steps[Answer]:
    options = state.options
    given = {
        name: options[name]
        for name in (
            "by",
            "only",
            "skip",
            "max_unavailable",
            "upgrade_policy",
            "restore_policy",
            "suspend_repairs",
            "hold_autoscale",
            "capacity_changes",
            "retry_failed",
            "health_alert_severity",
            "accept",
        )
    }
    return (
        yield from call(
            state,
            "vmss_preflight",
            **given,
            image=wanted,
            max_unavailable_per_zone=options["max_unavailable_per_zone"] or None,
            max_unavailable_per_fault_domain=options["max_unavailable_per_fault_domain"] or None,
            quarantine=options["quarantine"] > 0,
            probe_instances=bool(options["health_instance_url"]),
            rollback=not state.forward,
            run_id=state.run_id,
            lease_minutes=options["lease"],
            take_over_lease=options["lease_take_over"],
            by_model=state.by_model,
            health_alerts=state.alerts,
        )
    )


def _record(state: State, preflight: Answer, wanted: Mapping[str, Any]) -> None:
    """Keep what later steps need of preflight."""
    vmss = preflight["ansible_facts"]["vmss"]
    state.target = preflight["image"]
    # A play or a block may set check mode as well as the command line.
    state.dry_run = preflight["check_mode"]
    # If the model already had this image, nothing shows which instances count as following the latest model.
    state.by_model = preflight["by_model"]
    kept = ("write_image", "lease", "autoscale", "ignore_health_source", "proves_image")
    state.preflight = {name: preflight[name] for name in kept}
    state.preflight |= {"profile": vmss["profile"], "gathered_at": vmss["gathered_at"]}
    state.note(
        previous_image=preflight["previous_image"],
        target_image=preflight["image"],
        wanted_image=wanted,
        rolls_back=not state.forward,
        by_model=preflight["by_model"],
        findings=preflight["findings"],
    )
    state.divide_waits(vmss)


def _decide(state: State, preflight: Answer) -> Answer:
    """Whether there is anything to roll out, and what is shown of it."""
    batches = state.plan["batches"]
    state.journal = journal.record_read(state.journal, state.vmss, state.plan["deferred"])
    # A lease that an interrupted run left is a reason to run, too: it is taken over, and its holds are released.
    # Without a planned write the run only waits for instances in progress.
    state.needs_lease = bool(preflight["write_image"] or batches or preflight["lease"] is not None)
    state.anything_to_do = state.needs_lease or bool(state.plan["in_progress"])
    change = journal_change(state.journal)
    lines = [*preflight["lines"], change, *state.plan["lines"]]
    lines += state.waits["lines"] if batches else []
    lines += rollout_heatmap(state.vmss, state.target)
    planned = state.dry_run and state.anything_to_do
    if planned:
        lines.append(f"{state.options['scale_set']} would be rolled. {change}")
    state.next = APPLY if state.anything_to_do and not state.dry_run else FINISH
    return {"lines": lines, "changed": planned and state.needs_lease}


def check_ready(state: State) -> Steps[Answer]:
    """Stop a rollout that preflight refuses; nothing was written. Raises StepFailed."""
    yield from ()
    if state.refused:
        raise StepFailed(state.refused, kind="preflight")
    return SKIPPED


def plan_batches(state: State, vmss: Mapping[str, Any]) -> None:
    """Plan the batches from a facts record. Raises StepFailed where they cannot be planned."""
    state.keep(vmss)
    options = state.options
    state.plan = rollout_plan(
        vmss,
        state.target,
        by=options["by"],
        max_unavailable=options["max_unavailable"],
        max_unavailable_per_zone=options["max_unavailable_per_zone"],
        max_unavailable_per_fault_domain=options["max_unavailable_per_fault_domain"],
        canary=state.canary,
        batches=options["batches"],
        zone_order=options["zone_order"],
        domain_order=options["domain_order"],
        unhealthy_first=options["unhealthy_first"],
        until=state.until,
        only=state.only,
        skip=options["skip"],
        busy_tags=options["busy_tags"],
        # Instances may disappear during the rollout: only the first plan treats an unknown id as an error.
        missing_ids=state.under_way,
        by_model=state.by_model,
        ignore_missing=state.accepts("instances_missing"),
    )
    if state.plan["refused"] is not None:
        raise StepFailed(state.plan["refused"], {"error": {"kind": "max_unavailable"}})


def read_and_plan(state: State) -> Steps[None]:
    """Read the instances, and plan the batches that are left. Raises StepFailed."""
    facts = yield from read_facts(state, target_image=state.target, by_model=state.by_model)
    plan_batches(state, facts["ansible_facts"]["vmss"])
