# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What a rollout did, as it goes: plain data that the role carries along and the report is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._common.masking import masked
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image, same_image, same_reference
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import listed
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.failure_details import complete
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.previous_run import earlier_run

KILLED = "killed"
RUNNING = "running"
FAILED = "failed"
INTERRUPTED = "interrupted"
SUCCEEDED = "succeeded"
# What ends a run without an error of its own: Ansible ends all hosts of a play when one has failed.
OTHER_HOST = "other_host"
_OTHER_HOST_FAILED = "another host of the play has failed, and nothing of this scale set"
# The kinds of error with which a wait for instances or a check of them ends that are not what they should be.
INSTANCES_FAILED = ("", "operation_failed", "timeout")


def start(scale_set: str, resource_group: str, at: str) -> dict[str, Any]:
    """A new journal; `at` is a time in ISO form."""
    begun = {"scale_set": scale_set, "resource_group": resource_group, "started_at": at, "finished_at": None}
    return {**begun, **_images(), **_hold(), **_failure(), **_instances(), "waiting": False, "batches": []}


def _images() -> dict[str, Any]:
    """Which image is to come, and which was there."""
    return {
        "previous_image": None,
        "target_image": None,
        "by_model": True,
        "made_model": False,
        "model_judged": False,
        "rolls_back": False,
        "wanted_image": {},
        "model_image": {},
        "left_image": {},
        "image_changed": False,
        "image_restored": False,
        "image_kept_why": "",
    }


def _hold() -> dict[str, Any]:
    """What preflight found, and what is held."""
    return {
        "findings": [],
        "lease_acquired": False,
        "holds": False,
        "held": [],
        "still_held": [],
        "continues": None,
        "earlier_run": None,
    }


def _failure() -> dict[str, Any]:
    """Why the rollout stops, and what follows."""
    return {
        "cause": None,
        "cause_kind": "",
        "blocks_rollback": "",
        "failure": None,
        "decision": None,
        "outdated": False,
        "rollback": None,
        "rollback_image": None,
    }


def _instances() -> dict[str, Any]:
    """What is known of single instances, by their ids."""
    return {
        "stayed_behind": [],
        "deferred": [],
        "begun_before": False,
        "on_target_before": [],
        "unhealthy_before": [],
        "failed_before": [],
        "quarantine": [],
        "quarantine_why": "",
    }


def note(journal: Mapping[str, Any], **facts: Any) -> dict[str, Any]:
    """The journal with some of its entries set. Raises BadInput for an entry that a journal does not have."""
    unknown = sorted(set(facts) - set(start("", "", "")))
    if unknown:
        raise BadInput(f"A rollout's journal has no {', '.join(unknown)}")
    return {**journal, **facts}


def stop(
    journal: Mapping[str, Any],
    said: str,
    error: object = None,
    check: object = None,
    way_out: str = "",
    other_host: bool = False,
    upgrade: Mapping[str, Any] | None = None,
    at: str = "",
) -> dict[str, Any]:
    """The journal of a rollout that stops because a task has failed, for the reason `said`; it ends the batch under
    way.

    `error` is that of a module, `check` that of the health check before it, where the task has none of its own.
    `way_out` is what to do where instances do not become what they should be. With `other_host` the failure is that of
    another host of the play. `upgrade` and `at` as for `end_batch`.
    """
    # A hook's own module may call anything "error".
    found = next((one for one in (error, check) if isinstance(one, Mapping) and one.get("kind")), {})
    other_host = other_host or found.get("kind") == OTHER_HOST
    kind = OTHER_HOST if other_host else str(found.get("kind", ""))
    cause = f"{said.removesuffix('.')}. {way_out}" if way_out and kind in INSTANCES_FAILED else said
    return {
        **end_batch(journal, INTERRUPTED if other_host else FAILED, at, upgrade),
        # The words of any task, hooks of the user's own among them; the report may be kept for long.
        "cause": masked(cause),
        "cause_kind": kind,
        "blocks_rollback": _OTHER_HOST_FAILED if other_host else str(found.get("blocks_rollback", "")),
    }


def record_read(journal: Mapping[str, Any], vmss: Mapping[str, Any], deferred: Sequence[str]) -> dict[str, Any]:
    """The journal with the set as it was before the first write (the facts record).

    Where the model has the target image already, or was rolled back from it, an earlier run began this rollout, to its
    end or to where it stopped: what that one moved is part of it.
    """
    model, target = Image.from_dict(vmss["image"]), Image.from_dict(journal["target_image"] or {})
    instances = vmss["instances"]
    return {
        **journal,
        # Without the number that Azure may report beside the reference, as options of the modules take it.
        "model_image": Image.from_options(vmss["image"]).to_dict(),
        "deferred": list(deferred),
        # The image that the set was rolled back from.
        "left_image": dict(vmss.get("rolled_back_from") or {}),
        # An image that failed its proof is not left in the model: then the set was rolled back from it.
        "begun_before": same_reference(model, target) or _left(vmss, target),
        "on_target_before": [one["instance_id"] for one in instances if not (one["stale"] or one.get("attached"))],
        "unhealthy_before": [one["instance_id"] for one in instances if not one["in_service"]],
        "failed_before": [
            one["instance_id"] for one in instances if str(one.get("provisioning_state")).lower() == "failed"
        ],
    }


def _left(vmss: Mapping[str, Any], target: Image) -> bool:
    return same_image(Image.from_dict(vmss.get("rolled_back_from") or {}), target)


def not_ours(journal: Mapping[str, Any]) -> list[str]:
    """The ids that were on the target image before this rollout began, in whatever run."""
    return [] if journal["begun_before"] else list(journal["on_target_before"])


def hold(journal: Mapping[str, Any], result: Mapping[str, Any], in_progress: Sequence[str] = ()) -> dict[str, Any]:
    """The journal with the `result` of vmss_hold.

    Where an unfinished run is continued, its lease names it, and what is on the target by now shows what it did. What
    it moved and what it left `in_progress` is this run's as well, if it had the same target: nothing of that counts as
    on the target, or as unhealthy, before the rollout.
    """
    held = {
        **journal,
        "holds": True,
        # Whether writes of tags make a new model is known from now on.
        "model_judged": journal["model_judged"] or result.get("made_model") is not None,
        "held": list(result["held"]),
        "continues": journal["continues"] or result["continues"],
        "previous_image": result["image_before"] or journal["previous_image"],
    }
    if not result["continues"]:
        return held
    held["earlier_run"] = earlier_run(result, journal["on_target_before"])
    wanted, had = ((result.get(name) or {}).get("target") for name in ("lease", "lease_before"))
    if had and wanted and had != wanted:
        return held
    ours = {*journal["on_target_before"], *in_progress}
    return {
        **held,
        "begun_before": True,
        "unhealthy_before": [one for one in journal["unhealthy_before"] if one not in ours],
    }


def release(journal: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    """The journal with the `result` of the release by vmss_hold; an interrupted module reports no `error`."""
    if result.get("error", KILLED) is None:
        return {**journal, "still_held": [] if result["lost"] else list(result["held"])}
    # At the limit of models, the next run would be refused as well, until its advice is followed.
    again = "" if (result.get("error") or {}).get("kind") == "model_limit" else "; run the same play again"
    said = f"What the rollout holds could not be released{again}."
    cause = " ".join(str(text) for text in (journal["cause"], said, result.get("msg")) if text)
    # Where it had read the lease, it knows what is still held; nothing may be.
    held = result["held"] if result.get("lease") else journal["held"]
    return note({**journal, "still_held": list(held)}, cause=cause)


def explain(
    journal: Mapping[str, Any],
    details: Mapping[str, Any] | None = None,
    operation: Mapping[str, Any] | None = None,
    probe: str = "",
    unhealthy: Sequence[str] = (),
    image: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The journal with what is known of a failure (`failure_details.complete`). `unhealthy` were so before their batch.

    `image` is what the model has by now: a write whose answer was lost may have taken effect.
    """
    before = list(dict.fromkeys([*journal["unhealthy_before"], *unhealthy]))
    # What had failed, and served all the same, shows nothing about this rollout unless it was sent.
    known = [*before, *(one for one in journal["failed_before"] if one not in sent_ids(journal))]
    now, target, had = (Image.from_dict(one or {}) for one in (image, journal["target_image"], journal["model_image"]))
    written = journal["holds"] and same_reference(now, target) and not same_reference(had, target)
    return {
        **journal,
        "unhealthy_before": before,
        "failure": complete(details, operation, probe, known),
        "image_changed": journal["image_changed"] or written,
    }


def quarantine(
    journal: Mapping[str, Any], choice: Mapping[str, Any], protection: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The journal with the choice of `quarantine.choose_quarantine` and the result of vmss_instance_protection for it.

    Only what is protected now is quarantined, whatever was chosen; where that failed, the error has the reason.
    """
    done = protection or {}
    why = choice["why"]
    if done.get("error"):
        why = f"Not all could be quarantined: {done.get('msg')}"
    elif choice["instance_ids"] and "error" not in done:
        # An interrupted module does not report what is protected by now.
        why = (
            f"Whether {listed(choice['instance_ids'])} are protected now is not known: {done.get('msg') or 'no answer'}"
        )
    return {**journal, "quarantine": [one["instance_id"] for one in done.get("instances") or []], "quarantine_why": why}


def begin_batch(journal: Mapping[str, Any], batch: Mapping[str, Any], at: str) -> dict[str, Any]:
    """The journal with a batch under way."""
    entry = {
        "name": batch["name"],
        "instance_ids": list(batch["instance_ids"]),
        "canary": bool(batch.get("canary")),
        "sent": [],
        "excluded": [],
        "chosen_for_retry": [],
        "retried": [],
        "started_at": at,
        "finished_at": None,
        "result": RUNNING,
    }
    return {**journal, "batches": [*journal["batches"], entry]}


def retry(journal: Mapping[str, Any], instance_ids: Sequence[str] = (), chosen: Sequence[str] = ()) -> dict[str, Any]:
    """The journal with instances of the batch under way that are `chosen` for a retry, or were sent again.

    Who was chosen and could not be sent has had his chance as well: otherwise he would be chosen for ever.
    """
    *before, batch = journal["batches"]
    added = {
        "chosen_for_retry": [*batch["chosen_for_retry"], *chosen],
        "retried": [*batch["retried"], *instance_ids],
    }
    return {**journal, "batches": [*before, {**batch, **added}]}


def end_batch(
    journal: Mapping[str, Any], result: str, at: str, upgrade: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The journal with its last batch ended; nothing to do where no batch is under way.

    `upgrade` is the result of vmss_domain_upgrade for it: what was sent, or after a failure may have been. A module
    that was interrupted reports nothing, so it may have sent the whole batch.
    """
    batches = list(journal["batches"])
    if batches and batches[-1]["result"] == RUNNING:
        sent = upgrade or {}
        ended = {"result": result, "finished_at": at, "excluded": list(sent.get("excluded") or [])}
        batches[-1] = {**batches[-1], **ended, "sent": list(sent.get("instance_ids", batches[-1]["instance_ids"]))}
    return {**journal, "batches": batches}


def sent_ids(journal: Mapping[str, Any]) -> list[str]:
    """The ids that the batches sent so far, or may have sent."""
    return list(dict.fromkeys(one for batch in journal["batches"] for one in batch["sent"]))
