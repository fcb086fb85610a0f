# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What follows a failure: a halt, the previous image back in the model, or a rollback."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._options.filter_values import (
    read_limits,
    read_selection,
    read_set,
)
from ansible_collections.azroll.vmss.plugins.module_utils._rollout import state as journal
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.failure_policy import Reaction, react
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.quarantine import Quarantine, choose_quarantine
from ansible_collections.azroll.vmss.plugins.module_utils._steps.apply import begin_batches, write_image
from ansible_collections.azroll.vmss.plugins.module_utils._steps.calls import (
    FACTS,
    attempt,
    call,
    failed,
)
from ansible_collections.azroll.vmss.plugins.module_utils._steps.gate import wait_idle
from ansible_collections.azroll.vmss.plugins.module_utils._steps.lease import renew
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import (
    Answer,
    Failure,
    Pause,
    Progress,
    StepFailed,
    Steps,
)
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import FINISH, ROLLBACK, State


def handle_failure(state: State, failure: Failure) -> Steps[Answer]:
    """Record the cause, and decide what follows; `next` says whether that is a rollback."""
    state.journal = journal.stop(
        state.journal,
        said=failure.said,
        error=failure.error,
        check=state.check_error,
        way_out=state.way_out,
        other_host=failure.other_host,
        upgrade=state.upgrade,
        at=state.now(),
    )
    state.next = FINISH
    if not state.dry_run:
        yield from _react(state, failure)
    return {}


def _react(state: State, failure: Failure) -> Steps[None]:
    first = _reaction(state, state.vmss)
    writes = first.roll_back or first.restore
    batches = state.journal["batches"]
    recovered = False
    if writes and batches and batches[-1]["sent"]:
        # One failed instance ends a batch while the others are still in progress. A rollback that did not wait for them
        # would miss them when they come up on the new image.
        yield from wait_idle(state, batches[-1]["sent"])
        recovered = failure.progress.get("phase") in ("upgraded", "healthy") and (yield from _recovered(state))
    details, after = yield from _read_after(state, state.waits["upgrade"]["retries"] if writes else 1)
    if after:
        state.keep(after)
    state.journal = journal.explain(
        state.journal,
        details=details,
        operation=failure.error.get("arm") or {},
        probe=state.check_said,
        unhealthy=state.unhealthy_before,
        image=state.vmss.get("image") or {},
    )
    if state.options["quarantine"] > 0 and state.journal["lease_acquired"]:
        yield from _quarantine(state)
    reaction = _reaction(state, after, recovered=recovered)
    state.reaction = reaction.to_dict()
    state.note(decision=reaction.why, image_kept_why=reaction.kept)
    if reaction.roll_back:
        state.next = ROLLBACK
    elif reaction.restore:
        yield from _restore(state)


def _reaction(state: State, vmss: Mapping[str, Any], *, recovered: bool = False) -> Reaction:
    if not vmss:
        unread = "What the model has now is not known: see to it that it is not left with an image that failed."
        return Reaction(False, "Halted: the scale set could not be read.", kept=unread)
    only = read_selection(state.options["only"])
    known, on_failure = state.journal, state.on_failure
    return react(known, *read_set(vmss), on_failure, only, state.failed_image, recovered=recovered)


def _recovered(state: State) -> Steps[bool]:
    """Whether slow instances have become healthy meanwhile: a good image is not rolled back."""
    with suppress(StepFailed):
        result = yield from call(
            state,
            FACTS,
            target_image=state.target,
            instance_ids=journal.sent_ids(state.journal),
            unhealthy_before=state.unhealthy_before,
            fresher_than=state.returned_at or state.seen_at or state.upgrade.get("started_at"),
            report_time=state.waits["report_time"],
            report_settling=state.options["health_report_settling"],
            wait_for="healthy",
            wait_successes=state.options["health_successes"],
            wait_interval=state.options["health_delay"],
            wait_timeout=state.waits["health"]["timeout"],
        )
        return bool(result["done"])
    return False


def _read_after(state: State, retries: int) -> Steps[tuple[dict[str, Any], dict[str, Any]]]:
    """The details of the failed instances, and the facts record; empty where Azure does not answer.

    Then the report contains what was read last, but no rollback starts from that.
    """
    for number in range(retries + 1):
        result = yield from attempt(
            state,
            FACTS,
            target_image=state.target or None,
            details=True,
            wait_timeout=state.waits["call"]["timeout"],
        )
        if not failed(result):
            return dict(result["vmss_details"] or {}), dict(result["ansible_facts"]["vmss"])
        if number < retries:
            yield Progress(result)
            yield Pause(1)
    return {}, {}


def _quarantine(state: State) -> Steps[None]:
    """Protect some of the failed instances, for analysis; the rollback matters more, so a failure is only recorded."""
    chosen = _choose(state)
    result: Answer = {}
    if chosen.instance_ids:
        result = yield from attempt(
            state,
            "vmss_instance_protection",
            instance_ids=list(chosen.instance_ids),
            scale_in=True,
            scale_set_actions=True,
            run_id=state.leased_run_id,
            allow_managed=state.accepts("managed"),
        )
    state.journal = journal.quarantine(state.journal, chosen.to_dict(), result)


def _choose(state: State) -> Quarantine:
    if not state.vmss:
        return Quarantine()
    options = state.options
    budget = read_limits(
        options["max_unavailable"],
        options["max_unavailable_per_zone"],
        options["max_unavailable_per_fault_domain"],
        state.accepts("instances_missing"),
    )
    return choose_quarantine(state.journal, *read_set(state.vmss), most=options["quarantine"], budget=budget)


def _profile(state: State) -> Any:
    return state.first_read.get("profile") or state.preflight["profile"]


def _restore(state: State) -> Steps[None]:
    """Write the previous image into the model; no instance changes.

    Automatic repairs, autoscale and scale-out create instances from it from then on. If that fails, the rollout still
    ends with its own cause, and the report contains the image of the model.
    """
    reaction = state.reaction
    try:
        yield from renew(state)
        written = yield from write_image(
            state, reaction["image"], replaces=reaction["replaces"], same_profile=_profile(state), rollback=True
        )
    except StepFailed as failure:
        state.note(
            image_kept_why="The previous image could not be restored in the model, so Azure may create new instances "
            f"from the failed image. Run azroll.vmss.rollback. {failure}"
        )
        return
    state.vmss = {**state.vmss, "image": written["image"]}
    state.note(image_restored=True)


def roll_back(state: State) -> Steps[Answer]:
    """Write the rollback image into the model, and plan the batches of the rollback. Raises StepFailed.

    They have the same health gates, hooks and budget, but no canary, soak, checkpoint, alerts and bake. Instances that
    were in service before this rollout must return to service.
    """
    reaction = state.reaction
    state.target, state.by_model = reaction["image"], False
    state.only = {"instance_ids": reaction["instance_ids"]}
    state.until, state.canary, state.soak, state.alerts = "", 0, 0, []
    state.round = 1
    state.note(rollback="running", rollback_image=reaction["image"])
    state.next = FINISH
    yield from write_image(
        state, state.target, replaces=reaction["replaces"], same_profile=_profile(state), rollback=True
    )
    if reaction["instance_ids"]:
        yield from begin_batches(state)
    else:
        state.note(rollback="succeeded")
    return {"changed": True}


def rollback_failed(state: State, failure: Failure) -> Steps[Answer]:
    """Record that the rollback has failed as well; nothing more is written."""
    yield from ()
    result = journal.INTERRUPTED if failure.other_host else journal.FAILED
    state.journal = journal.end_batch(state.journal, result, state.now(), state.upgrade)
    said = f"The rollback failed as well, and nothing more was written. {failure.said}"
    state.note(rollback="failed", decision=said)
    state.next = FINISH
    return {}
