# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What a rollout did, as it goes: plain data that the role carries along and the report is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._bundle import complete
from ansible_collections.azroll.vmss.plugins.module_utils._earlier import earlier_run
from ansible_collections.azroll.vmss.plugins.module_utils._errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._secrets import masked

RUNNING = "running"
FAILED = "failed"
SUCCEEDED = "succeeded"


def start(scale_set: str, resource_group: str, at: str) -> dict[str, Any]:
    """A new journal; `at` is a time in ISO form."""
    return {
        "scale_set": scale_set,
        "resource_group": resource_group,
        "started_at": at,
        "finished_at": None,
        "previous_image": None,
        "target_image": None,
        "by_model": True,
        "image_changed": False,
        "findings": [],
        "held": [],
        "continues": None,
        "earlier_run": None,
        "cause": None,
        "cause_kind": "",
        "failure": None,
        "decision": None,
        "rollback": None,
        "rollback_image": None,
        "waiting": False,
        "kept_back": [],
        "on_target_before": [],
        "sick_before": [],
        "set_aside": [],
        "set_aside_why": "",
        "batches": [],
    }


def note(journal: Mapping[str, Any], **facts: Any) -> dict[str, Any]:
    """The journal with some of its entries set. Raises BadInput for an entry that a journal does not have."""
    unknown = sorted(set(facts) - set(start("", "", "")))
    if unknown:
        raise BadInput(f"A rollout's journal has no {', '.join(unknown)}")
    if facts.get("cause"):
        # The words of any task, hooks of the user's own among them; the report may be kept for long.
        facts["cause"] = masked(str(facts["cause"]))
    return {**journal, **facts}


def hold(journal: Mapping[str, Any], result: Mapping[str, Any], unsettled: Sequence[str] = ()) -> dict[str, Any]:
    """The journal with the `result` of vmss_hold.

    Where an unfinished run is continued, its lease tells who it was, and what is on the target by now what it did. What
    it moved and what it left `unsettled` is this run's as well: nothing of that counts as on the target, or as sick,
    before the rollout.
    """
    told = {
        **journal,
        "held": list(result["held"]),
        "continues": journal["continues"] or result["continues"],
        "previous_image": result["image_before"] or journal["previous_image"],
    }
    if not result["continues"]:
        return told
    ours = {*journal["on_target_before"], *unsettled}
    return {
        **told,
        "earlier_run": earlier_run(result, journal["on_target_before"]),
        "on_target_before": [],
        "sick_before": [one for one in journal["sick_before"] if one not in ours],
    }


def explain(
    journal: Mapping[str, Any],
    details: Mapping[str, Any] | None = None,
    operation: Mapping[str, Any] | None = None,
    probe: str = "",
    sick: Sequence[str] = (),
) -> dict[str, Any]:
    """The journal with what is known of a failure: see `_bundle.complete`. `sick` were so before their batch."""
    before = list(dict.fromkeys([*journal["sick_before"], *sick]))
    return {**journal, "sick_before": before, "failure": complete(details, operation, probe, before)}


def set_aside(
    journal: Mapping[str, Any], aside: Mapping[str, Any], protection: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The journal with the choice of `_aside.choose_aside` and the result of vmss_instance_protection for it.

    Only what is protected now is set aside, whatever was chosen; where that failed, the error says why.
    """
    told = protection or {}
    why = f"Not all could be set aside: {told.get('msg')}" if told.get("error") else aside["why"]
    return {**journal, "set_aside": [one["instance_id"] for one in told.get("instances") or []], "set_aside_why": why}


def begin_batch(journal: Mapping[str, Any], batch: Mapping[str, Any], at: str) -> dict[str, Any]:
    """The journal with a batch under way."""
    entry = {
        "name": batch["name"],
        "instance_ids": list(batch["instance_ids"]),
        "left_out": [],
        "retried": [],
        "started_at": at,
        "finished_at": None,
        "result": RUNNING,
    }
    return {**journal, "batches": [*journal["batches"], entry]}


def retry(journal: Mapping[str, Any], instance_ids: list[str]) -> dict[str, Any]:
    """The journal with instances of the batch under way that are sent once more."""
    *before, batch = journal["batches"]
    return {**journal, "batches": [*before, {**batch, "retried": [*batch["retried"], *instance_ids]}]}


def end_batch(
    journal: Mapping[str, Any], result: str, at: str, left_out: list[Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """The journal with its last batch ended; nothing to do where no batch is under way."""
    batches = list(journal["batches"])
    if batches and batches[-1]["result"] == RUNNING:
        batches[-1] = {**batches[-1], "result": result, "finished_at": at, "left_out": left_out or []}
    return {**journal, "batches": batches}
