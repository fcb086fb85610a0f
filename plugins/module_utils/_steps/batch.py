# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""One batch: what comes before it, the upgrade, the wait for it, its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._filters.reporting import rollout_heatmap
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._rollout import state as journal
from ansible_collections.azroll.vmss.plugins.module_utils._steps.calls import until_there_is_room, wait_for
from ansible_collections.azroll.vmss.plugins.module_utils._steps.gate import pass_gate
from ansible_collections.azroll.vmss.plugins.module_utils._steps.lease import renew
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import Answer, Pause, StepFailed, Steps
from ansible_collections.azroll.vmss.plugins.module_utils._steps.retry import preconditions, retry_failed, skip_tags
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import (
    AFTER_BATCH,
    BATCH,
    BEFORE_BATCH,
    CHECKPOINT,
    GATE,
    SKIPPED,
    SOAKED,
    SWEEP,
    UPGRADE,
    Gate,
    State,
)


def approach(state: State) -> None:
    """Decide what comes before the next batch: soak and checkpoint of the previous one, and the hook.

    They come before the next batch and not after the previous one, so that they also come if the next one is the batch
    of a sweep. Without a next batch, or if no instance of the canary could be upgraded, the sweep plans again.
    """
    options, batches = state.options, state.journal["batches"]
    previous = batches[-1] if batches and batches[-1]["sent"] else None
    if state.waiting or state.unproven or not state.pending:
        state.next = SWEEP
    elif previous and state.soak > 0 and not state.soaked:
        state.soaked, state.next = True, GATE
        sent = list(previous["sent"])
        state.gate = Gate(SOAKED, sent, state.returned_at, state.unhealthy_before, pause=state.soak)
    elif previous and not state.asked and _asks_after(state, previous):
        state.next = CHECKPOINT
    else:
        state.next = BEFORE_BATCH if options["before_batch"] else UPGRADE


def _asks_after(state: State, batch: dict[str, Any]) -> bool:
    when = state.options["checkpoint"]
    return state.journal["rollback"] is None and (when == "batch" or (when == "canary" and batch["canary"]))


def answer_checkpoint(state: State, answer: str) -> Steps[Answer]:
    """Go on, or end this run here: only the answer "go" continues.

    Without a terminal the answer is empty, and an operator who interrupts the question ends the run as well.
    """
    yield from ()
    state.asked = True
    state.waiting = answer.strip().lower() != "go"
    state.note(waiting=state.waiting)
    approach(state)
    return {}


def check_room(state: State) -> Steps[Answer]:
    """Find out which instances of the batch can be upgraded now. Raises StepFailed.

    The hook must not drain the others. The upgrade itself decides that, in check mode with the same options.
    """
    _begin(state)
    state.room = dict((yield from _send(state, state.batch["instance_ids"], check_mode=True)))
    state.next = UPGRADE
    if not state.room["instance_ids"]:
        state.upgrade = state.room
        return end_batch(state)
    return {}


def for_hooks(state: State) -> dict[str, Any]:
    """What hooks read as rollout_batch: the instances that can be upgraded. Empty before the first batch."""
    if not state.batch:
        return {}
    going = _going(state)
    records = [one for one in state.vmss["instances"] if one["instance_id"] in going]
    return {**state.batch, "instance_ids": going, "instances": records}


def _going(state: State) -> list[str]:
    """Those of the batch that can be upgraded; all of them where that has not been checked for a hook."""
    return list(state.room.get("instance_ids", state.batch["instance_ids"]))


def _begin(state: State) -> None:
    state.batch = state.pending.pop(0)
    state.moved = journal.sent_ids(state.journal)
    state.may_retry = state.options["retry_failed"]
    state.room, state.upgrade, state.operations = {}, {"instance_ids": []}, []
    state.journal = journal.begin_batch(state.journal, state.batch, state.now())


def upgrade(state: State) -> Steps[Answer]:
    """Upgrade the instances of the batch that the budget allows; the sweep upgrades the others. Raises StepFailed.

    The module reads the instances again. If the budget allows none, or another operation conflicts, it is repeated
    until it succeeds or the time for that has ended.
    """
    if state.next != UPGRADE:
        return SKIPPED
    if not state.room:
        _begin(state)
    yield from renew(state)
    # As long as there is no answer, all of them may have been sent.
    state.upgrade = {}
    try:
        state.upgrade = dict((yield from _send(state, _going(state))))
    except StepFailed as failure:
        state.upgrade = dict(failure.result)
        raise
    if not state.upgrade["instance_ids"]:
        return after_gate(state)
    _note_unhealthy(state)
    state.operations = [one for one in [state.upgrade["operation_id"]] if one]
    state.returned_at = ""
    # From here on the batch is in progress in Azure, even if this run is interrupted.
    state.gate = Gate(BATCH, list(state.upgrade["instance_ids"]), unhealthy=state.unhealthy_before)
    state.next = GATE
    return {"changed": state.upgrade["changed"]}


def _send(state: State, instance_ids: Sequence[str], *, check_mode: bool = False) -> Steps[Answer]:
    checks = preconditions(state, state.moved)
    if not state.journal["lease_acquired"]:
        checks["run_id"] = None
    return (
        yield from until_there_is_room(
            state,
            "vmss_domain_upgrade",
            check_mode=check_mode,
            instance_ids=list(instance_ids),
            missing_instances="skip",
            partial=True,
            skip_tags=skip_tags(state),
            busy_tags=state.options["busy_tags"],
            wait=False,
            **checks,
        )
    )


def _note_unhealthy(state: State) -> None:
    """Keep which instances were out of service before their upgrade: they are no failure of the image.

    But they count in the canary, which has to prove the image, and in a rollback, which has to recover them.
    """
    sent = state.upgrade
    strict = state.batch["canary"] or state.journal["rollback"] is not None
    state.failed_before = sent["failed_before"]
    state.unhealthy_before = [
        *(one for one in state.unhealthy_before if one not in sent["instance_ids"]),
        *([] if strict else sent["unhealthy_before"]),
    ]


def verify(state: State, gate: Gate) -> Steps[Answer]:
    """Wait until the batch is upgraded, and healthy. Raises StepFailed."""
    decisions = yield from _await_upgrade(state)
    # By this time, on Azure's own clock, all of them were running the target image. A newer health report cannot be
    # from the old system, which reports until it is shut down, long after the upgrade was started.
    gate.since = state.returned_at = state.seen_at
    yield from renew(state)
    if state.options["warm_up"]:
        yield Pause(state.options["warm_up"])
    yield from pass_gate(state, gate)
    return {"lines": decisions} if decisions else {}


def _await_upgrade(state: State) -> Steps[list[str]]:
    """Wait for the upgrade, and again after a retry; returns why instances were retried. Raises StepFailed.

    The wait for instances that were out of service before the batch ends with their operation: they are no failure of
    the image, and do not reduce the number in service.
    """
    decisions: list[str] = []
    while True:
        try:
            yield from wait_for(
                state,
                "upgraded",
                state.waits["upgrade"],
                target_image=state.target,
                by_model=state.by_model,
                instance_ids=state.upgrade["instance_ids"],
                unhealthy_before=state.unhealthy_before,
                failed_before=state.failed_before,
                same_model=True,
                same_profile=state.first_read["profile"],
                operation_id=state.operations,
                sent_at=state.upgrade["started_at"],
                # Without an operation, because Azure did not answer the call, one read would not be enough.
                wait_successes=1 if state.operations else 2,
                wait_interval=state.options["poll_interval"],
            )
        except StepFailed as failure:
            if not (state.may_retry and failure.error.get("retry_instances")):
                raise StepFailed(" ".join([str(failure), *decisions]), failure.result, kind=failure.kind) from failure
            code = (failure.error.get("arm") or {}).get("code") or ""
            decisions.append((yield from retry_failed(state, str(code))))
        else:
            return decisions


def after_gate(state: State) -> Answer:
    """What follows when the batch is healthy: the hook after it, or its end."""
    if state.options["after_batch"]:
        state.next = AFTER_BATCH
        return {}
    return end_batch(state)


def finish_batch(state: State) -> Steps[Answer]:
    """End the batch after its hook."""
    yield from ()
    return end_batch(state)


def end_batch(state: State) -> Answer:
    """The batch has succeeded; `lines` draw the scale set.

    A canary of which nothing was sent, or nothing is left, has not proved the image: then the next batch is the canary.
    """
    here = [one for one in state.vmss["instances"] if not Instance.from_dict(one).leaving]
    left = {one["instance_id"] for one in here}.intersection(state.upgrade["instance_ids"])
    state.unproven = bool(state.batch["canary"]) and not left
    if state.batch["canary"] and left:
        state.canary = 0
    state.journal = journal.end_batch(state.journal, journal.SUCCEEDED, state.now(), state.upgrade)
    state.room, state.gate = {}, None
    state.soaked = state.asked = False
    approach(state)
    return {"lines": rollout_heatmap(state.vmss, state.target)}
