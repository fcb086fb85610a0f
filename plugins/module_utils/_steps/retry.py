# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The retry of instances that failed in a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._filters.planning import rollout_baseline
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._options.filter_values import read_set
from ansible_collections.azroll.vmss.plugins.module_utils._rollout import state as journal
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.retry import Retry, already_retried, decide_retry
from ansible_collections.azroll.vmss.plugins.module_utils._steps.calls import read_facts, until_there_is_room
from ansible_collections.azroll.vmss.plugins.module_utils._steps.lease import renew
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import StepFailed, Steps
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import State


def preconditions(state: State, ours: Sequence[str]) -> dict[str, Any]:
    """What must still hold right before each write that takes instances out of service; `ours` were sent before it."""
    options = state.options
    return {
        "max_unavailable": options["max_unavailable"],
        "ignore_missing": state.accepts("instances_missing"),
        "max_unavailable_per_zone": options["max_unavailable_per_zone"],
        "max_unavailable_per_fault_domain": options["max_unavailable_per_fault_domain"],
        "by_model": state.by_model,
        "allow_managed": state.accepts("managed"),
        "target_image": state.target,
        "baseline": rollout_baseline(
            state.first_read,
            state.target,
            any_capacity=state.any_capacity,
            scaled_by_others=options["capacity_changes"] == "accept",
            by_model=state.by_model,
            ours=ours,
        ),
        "run_id": state.leased_run_id,
    }


def retry_failed(state: State, operation_code: str) -> Steps[str]:
    """Retry instances of the batch that failed, or whose operation Azure ended before it started them; returns why.

    Each is retried once if Azure's error is known to be transient. None is retried if one of them failed for another
    reason or for the second time. `operation_code` is the code with which the operation ended. Raises StepFailed.
    """
    ids = state.upgrade["instance_ids"]
    read = yield from read_facts(
        state, instance_ids=ids, details=True, target_image=state.target, by_model=state.by_model
    )
    vmss = read["ansible_facts"]["vmss"]
    state.keep(vmss)
    chosen = decide_retry(
        read_set(vmss)[1],
        read["vmss_details"]["groups"],
        Image.from_dict(state.target),
        sent=tuple(ids),
        unhealthy=tuple(state.unhealthy_before),
        retried=already_retried(state.journal["batches"]),
        failed_before=tuple(state.failed_before),
        by_model=state.by_model,
        operation=operation_code,
    )
    going = [*chosen.upgrade, *chosen.reimage]
    state.may_retry = bool(going)
    state.journal = journal.retry(state.journal, chosen=going)
    if going:
        yield from renew(state)
        yield from _send_again(state, chosen)
    return chosen.why


def _send_again(state: State, chosen: Retry) -> Steps[None]:
    """Both repeat the checks of the first attempt right before the write: concurrent changes, the lease, the budget."""
    checks = preconditions(state, [*state.moved, *state.upgrade["instance_ids"]])
    state.failed_before, state.operations = [], []
    if chosen.upgrade:
        try:
            sent = yield from until_there_is_room(
                state,
                "vmss_domain_upgrade",
                instance_ids=list(chosen.upgrade),
                missing_instances="skip",
                skip_tags=skip_tags(state),
                wait=False,
                **checks,
            )
        except StepFailed as failure:
            state.journal = journal.retry(state.journal, instance_ids=failure.result.get("instance_ids") or [])
            raise
        state.failed_before = sent["failed_before"]
        _note_sent(state, sent)
    if chosen.reimage:
        # These have the latest model already, so an upgrade would do nothing. If Azure denies the reimage itself, the
        # failure of the instances stands.
        try:
            sent = yield from until_there_is_room(
                state, "vmss_instance_reimage", instance_ids=list(chosen.reimage), **checks
            )
        except StepFailed as failure:
            if not failure.error.get("denied"):
                raise
        else:
            _note_sent(state, sent)


def _note_sent(state: State, sent: Mapping[str, Any]) -> None:
    state.operations += [sent["operation_id"]] if sent["operation_id"] else []
    state.journal = journal.retry(state.journal, instance_ids=sent["instance_ids"])


def skip_tags(state: State) -> list[str]:
    """The tags of instances that the rollout excludes."""
    return list(state.options["skip"].get("tags") or [])
