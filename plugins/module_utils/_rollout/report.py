# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The report of a rollout, for programs and for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._image.change_text import journal_change
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image, same_image
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.marks import NO_MARKS, Marks
from ansible_collections.azroll.vmss.plugins.module_utils._model.progress import count
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import by_id
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import is_stale, obstacle
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.previous_run import describe_earlier
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.state import FAILED, SUCCEEDED, sent_ids
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import POLICY, kind_of

# What the report has as the journal has it: always, and where the rollout stopped.
_OF_JOURNAL = (
    "scale_set",
    "resource_group",
    "previous_image",
    "target_image",
    "rolls_back",
    "wanted_image",
    "left_image",
    "image_changed",
    "image_restored",
    "lease_acquired",
    "made_model",
    "still_held",
    "continues",
    "earlier_run",
    "findings",
    "batches",
    "started_at",
    "finished_at",
)
_OF_FAILURE = (
    "cause",
    "cause_kind",
    "failure",
    "quarantine",
    "quarantine_why",
    "decision",
    "image_kept_why",
    "rollback_image",
)


def build_report(
    journal: Mapping[str, Any],
    scale_set: ScaleSet | None,
    instances: Sequence[Instance],
    *,
    planned: bool,
    marks: Marks = NO_MARKS,
    as_of: str | None = None,
) -> dict[str, Any]:
    """The content of `report.json`.

    `result` is `failed` where nothing had been written when the rollout stopped, `halted` where something had,
    `rolled_back` or `rollback_failed` where the rollback was taken, `planned` in check mode, `waiting` for an operator,
    `partial` where a share was deferred, `nothing_to_do`, or `succeeded`. `scale_set` is None where it could not be
    read. `as_of` is when it was, on Azure's clock. `marks` keep instances out of the rollout, which is why
    those are not on the target.
    """
    target = Image.from_dict(journal["target_image"] or {})
    present = [one for one in instances if not one.leaving]
    by_model = bool(journal["by_model"]) and not journal["rollback"] and not journal["image_restored"]
    counts = count(present, target, scale_set.health_source if scale_set else None, by_model=by_model)
    report = {
        "result": _result(journal, planned),
        **{name: journal[name] for name in _OF_JOURNAL},
        "model_before": journal["model_image"],
        "model_image": scale_set.image.to_dict() if scale_set else {},
        "as_of": as_of,
        "as_of_outdated": journal["outdated"],
        "instances_total": counts["total"],
        "instances_on_target": counts["on_target"],
        "instances_in_service": counts["in_service"],
        "instances_by_image": by_image(present),
        "instances_excluded": excluded(present, target, by_model=by_model, marks=marks),
        "instances_deferred": journal["deferred"],
    }
    if not journal["cause"]:
        return report
    rolled_back = _on_rollback_image(journal, present)
    return {**report, **{name: journal[name] for name in _OF_FAILURE}, "instances_on_rollback_image": rolled_back}


def _on_rollback_image(journal: Mapping[str, Any], instances: Sequence[Instance]) -> int | None:
    if not journal["rollback_image"]:
        return None
    image = Image.from_dict(journal["rollback_image"])
    return sum(same_image(one.image, image) for one in instances)


def by_image(instances: Sequence[Instance]) -> dict[str, list[str]]:
    """Instance ids by the image they run."""
    found: dict[str, list[str]] = {}
    for one in _sorted(instances):
        found.setdefault(_running(one), []).append(one.instance_id)
    return found


def excluded(
    instances: Sequence[Instance], target: Image, *, by_model: bool = True, marks: Marks = NO_MARKS
) -> dict[str, str]:
    """The ids of those that cannot be moved to the target, or were not made from the model, with the reason."""
    stale = [one for one in instances if one.attached or is_stale(one, target, by_model=by_model)]
    return {one.instance_id: reason for one in _sorted(stale) if (reason := obstacle(one, marks))}


def describe_report(report: Mapping[str, Any]) -> list[str]:
    """The report as lines of text, the last with both images and what Azure makes new instances from.

    After a failure with the cause, who is on which image, and the two ways out.
    """
    return [*_lines(report), *_images(report)]


def _lines(report: Mapping[str, Any]) -> list[str]:
    lines = [f"Rollout of {report['scale_set']}: {report['result'].replace('_', ' ')}. {_standing(report)}"]
    if report["as_of_outdated"]:
        when = f"as of {report['as_of']}" if report["as_of"] else "as they were planned"
        lines.append(f"The instances could not be read at the end: they are {when}, and may have changed since.")
    lines += [f"Excluded: {number} ({reason})" for number, reason in report["instances_excluded"].items()]
    lines += [
        f"Retried in {batch['name']}: {' '.join(batch['retried'])}" for batch in report["batches"] if batch["retried"]
    ]
    lines += describe_earlier(report["earlier_run"])
    if report["made_model"]:
        lines.append(
            "A write of tags made a new model here, so instances are judged by their image: those on it need not move."
        )
    if report["instances_deferred"]:
        lines.append(f"Deferred to a later run: {' '.join(report['instances_deferred'])}")
    if report["still_held"]:
        lines.append(f"Still held: {', '.join(report['still_held'])}{_why_held(report['still_held'])}")
    if report["result"] == "waiting":
        lines.append("It waits for an operator: run the same play again to go on.")
    if not report.get("cause"):
        return lines
    where = ", ".join(batch["name"] for batch in report["batches"] if batch["result"] == FAILED)
    lines.append(f"Cause{', in ' + where if where else ''}: {report['cause']}")
    lines += [group["line"] for group in (report["failure"] or {}).get("groups", [])]
    lines += [f"On {image}: {len(ids)} ({' '.join(ids)})" for image, ids in report["instances_by_image"].items()]
    if report["result"] == "failed":
        return [*lines, "No instance was sent to the image." if report["lease_acquired"] else "Nothing was written."]
    lines += _quarantined(report)
    lines += [text for text in (report["decision"], _restored(report), report["image_kept_why"]) if text]
    return lines if report["result"] == "rolled_back" else [*lines, *_ways_out(report)]


def _images(report: Mapping[str, Any]) -> list[str]:
    model = Image.from_dict(report["model_image"])
    change = journal_change({**report, "model_image": report["model_before"]})
    from_it = "" if model.kind == "none" else f" Azure makes new instances from {model.describe()}."
    return [f"{change}.{from_it}"] if change else []


def _restored(report: Mapping[str, Any]) -> str:
    if not report["image_restored"]:
        return ""
    image, model = (Image.from_dict(report[name] or {}).describe() for name in ("target_image", "model_image"))
    return f"{image} has not proved itself, so the model was given {model} again; no instance was touched by that."


def _standing(report: Mapping[str, Any]) -> str:
    total, serving = f"{report['instances_total']} instances", f"{report['instances_in_service']} in service"
    if report.get("rollback_image"):
        back, image = report["instances_on_rollback_image"], Image.from_dict(report["rollback_image"]).describe()
        left = f"{report['instances_on_target']} on the one that was taken back"
        return f"{back} of {total} on the rollback image {image}, {left}, {serving}."
    if report["target_image"]:
        return f"{report['instances_on_target']} of {total} on the target image, {serving}."
    return f"It has {total}, {serving}." if report["instances_total"] else "Nothing was read of the scale set."


def _why_held(held: Sequence[str]) -> str:
    if any(kind_of(item) != POLICY for item in held):
        return ""
    return ". Instances lag behind the model, and under that policy Azure would upgrade them by itself."


def _quarantined(report: Mapping[str, Any]) -> list[str]:
    ids = report["quarantine"]
    lines = [
        f"Quarantined for study, and protected from scale set actions: {' '.join(ids)}. To release them: remove the "
        "protection with azroll.vmss.vmss_instance_protection; then a run with another image upgrades them again."
    ]
    return [*(lines if ids else []), *([report["quarantine_why"]] if report["quarantine_why"] else [])]


def _ways_out(report: Mapping[str, Any]) -> list[str]:
    on = "To continue: fix the cause and run the same play again; it continues with what is left."
    if report["rolls_back"]:
        # The image that it leaves is the one that nobody wants again.
        return [on]
    previous = Image.from_options(report["previous_image"] or {})
    if previous.kind == "none":
        return [
            on,
            "To roll back: run azroll.vmss.rollback with the same options and the image as rollout_image; it is not "
            "known for certain which one was there before.",
        ]
    if previous == Image.from_options(report["target_image"] or {}):
        return [on]
    back = json.dumps({"rollout_image": previous.to_dict()})
    return [on, f"To roll back: run azroll.vmss.rollback with the same options and -e '{back}'."]


def _result(journal: Mapping[str, Any], planned: bool) -> str:
    # A run that only saw through what another one had begun did so, too.
    wrote = journal["image_changed"] or bool(sent_ids(journal) or journal["continues"])
    if journal["rollback"]:
        return "rolled_back" if journal["rollback"] == SUCCEEDED else "rollback_failed"
    if journal["cause"]:
        return "halted" if wrote else "failed"
    if planned:
        return "planned"
    if journal["waiting"]:
        return "waiting"
    if not wrote:
        return "nothing_to_do"
    return "partial" if journal["deferred"] else "succeeded"


def _sorted(instances: Sequence[Instance]) -> list[Instance]:
    return sorted(instances, key=lambda one: by_id(one.instance_id))


def _running(instance: Instance) -> str:
    image = instance.image
    version = image.effective_version
    has_versions = image.kind == "platform" or image.definition
    return image.with_version(version).describe() if version and has_versions else image.describe()
