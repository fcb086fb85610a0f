# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What follows a failure: nothing more, or the rollback for some of the instances or for all that the rollout moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image, same_image, same_reference
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import Selection, by_id, select
from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import in_service
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.state import (
    FAILED,
    INSTANCES_FAILED,
    SUCCEEDED,
    not_ours,
    sent_ids,
)

HALT = "halt"
ROLLBACK_INSTANCES = "rollback_instances"
ROLLBACK_BATCH = "rollback_batch"
ROLLBACK = "rollback"
WAYS = (HALT, ROLLBACK_INSTANCES, ROLLBACK_BATCH, ROLLBACK)
# What becomes of an image in the model that has failed its proof, where instances stay as they are.
RESTORE = "restore"
KEEP = "keep"
# The kind of a refusal to take more instances out of service.
NO_ROOM = "max_unavailable"
_AFTERWARDS = "As soon as that is settled, run the same play again, or azroll.vmss.rollback."


@dataclass(frozen=True)
class Reaction:
    """What is to be done, and why; with `roll_back`, to which image and with which instances.

    `restore`: the instances stay as they are, but the model gets `image` back, so that Azure makes no more instances
    from the one that failed.
    """

    roll_back: bool
    why: str
    restore: bool = False
    # Why an image that has not proved itself stays in the model; empty where it does not.
    kept: str = ""
    image: Image | None = None
    instance_ids: tuple[str, ...] = ()
    # What the model has, and the rollback image may replace.
    replaces: Image | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for the role."""
        return {
            "roll_back": self.roll_back,
            "why": self.why,
            "restore": self.restore,
            "kept": self.kept,
            "image": self.image.to_dict() if self.image else {},
            "instance_ids": list(self.instance_ids),
            "replaces": self.replaces.to_dict() if self.replaces else {},
        }


def react(
    journal: Mapping[str, Any],
    scale_set: ScaleSet,
    instances: Sequence[Instance],
    on_failure: str,
    only: Selection = Selection(),
    failed_image: str = KEEP,
    *,
    recovered: bool = False,
) -> Reaction:
    """Decide by the journal of the rollout that failed, and the set as it is now.

    Rolled back are the instances that this rollout moved and that have the target image, or may still get it: those of
    the failed batch that are not in service, that batch, or all, with those that Azure made from the new model since.
    None are where the rollout only ran out of room for what it did not break. What is quarantined for study stays as it
    is, and so does what is outside of `only`, to which the rollout is confined.
    Where none are, the previous image is restored in the model as long as the new one has not proved itself, with
    `failed_image` RESTORE.
    With `recovered`, all that was sent became healthy after the time for it had ended: a good image is not taken back,
    unless another instance is out of service with it.
    """
    if (
        recovered
        and not journal["blocks_rollback"]
        and _all_on(journal, instances)
        and not _lost(journal, scale_set, instances)
    ):
        return Reaction(
            False,
            "Halted, with the image left as it is: the instances became healthy after the time for it had ended. Run "
            "again to go on, and where they need that long, raise rollout_health_retries or rollout_upgrade_timeout.",
        )
    decided = _decide(journal, scale_set, instances, on_failure, only)
    return decided if decided.roll_back else _with_model(decided, journal, scale_set, instances, failed_image)


def unproven(journal: Mapping[str, Any], instances: Sequence[Instance], health_source: str | None) -> bool:
    """Whether the image has failed its proof in this rollout, or has not been put to it yet.

    What was sent of a batch that failed has failed the proof, and so has what showed in a soak or a bake. Where nothing
    of the batch was sent, or instances merely stayed behind, the image is not the cause: then the batches before
    decide, or those instances that an earlier run of this rollout moved.
    """
    batches = journal["batches"]
    failed = bool(batches) and batches[-1]["result"] == FAILED
    if not batches and journal["cause_kind"] not in INSTANCES_FAILED:
        tried = False
    else:
        tried = bool(batches[-1]["sent"]) if failed else not journal["stayed_behind"]
    if tried or any(batch["result"] == SUCCEEDED and batch["sent"] for batch in batches):
        return tried
    target, before = Image.from_dict(journal["target_image"] or {}), not_ours(journal)
    return not any(
        in_service(one, health_source) and same_image(one.image, target) and one.instance_id not in before
        for one in instances
    )


def _with_model(
    decided: Reaction, journal: Mapping[str, Any], scale_set: ScaleSet, instances: Sequence[Instance], failed_image: str
) -> Reaction:
    """The decision, with what is to become of the image in the model, and why."""
    target, previous = (Image.from_dict(journal[name] or {}) for name in ("target_image", "previous_image"))
    model = Image.from_options(scale_set.image.to_dict())
    # One that has come to a good end before is not the cause when an instance falls unhealthy later.
    ours = journal["image_changed"] or sent_ids(journal) or journal["continues"]
    if (
        journal["rolls_back"]
        or target.kind == "none"
        or not (ours or scale_set.image_history.unproven(target))
        or not same_reference(model, target)
        or not unproven(journal, instances, scale_set.health_source)
    ):
        return decided
    kept = (
        f"{target.describe()} has not proved itself, and stays in the model, so that Azure makes new instances from it"
    )
    if journal["blocks_rollback"]:
        return replace(decided, kept=f"{kept}: {journal['blocks_rollback']}. {_AFTERWARDS}")
    if not journal["lease_acquired"]:
        return replace(decided, kept=f"{kept}: this run has ended before its first write. {_AFTERWARDS}")
    if failed_image != RESTORE:
        return replace(decided, kept=f"{kept}, as rollout_failed_image says.")
    if previous.kind == "none" or same_image(previous, target):
        return replace(decided, kept=f"{kept}: it is not known for certain which image was there before. {_AFTERWARDS}")
    return replace(decided, restore=True, image=previous, replaces=model)


def _decide(
    journal: Mapping[str, Any], scale_set: ScaleSet, instances: Sequence[Instance], on_failure: str, only: Selection
) -> Reaction:
    if on_failure == HALT:
        return Reaction(False, "Halted: nothing more was started.")
    if not (journal["image_changed"] or sent_ids(journal) or journal["continues"]):
        return Reaction(False, "Nothing had been written, so there is nothing to take back.")
    if journal["blocks_rollback"]:
        return Reaction(False, f"Halted without a rollback: {journal['blocks_rollback']}.")
    if journal["cause_kind"] == NO_ROOM and not _lost(journal, scale_set, instances):
        return Reaction(
            False,
            "Halted without a rollback: instances that this rollout has not broken are out of service, which is not "
            "the image's fault. Bring them back, then run again to go on.",
        )
    target = Image.from_dict(journal["target_image"] or {})
    # Known before the first write, or not at all: by now the instances that are left are no choice of anybody's.
    image = Image.from_dict(journal["previous_image"] or {})
    if image.kind == "none" or image.floating or same_image(image, target):
        return Reaction(
            False,
            "Halted without a rollback: it is not known for certain which image was there before. To roll back, name "
            "it as rollout_image of azroll.vmss.rollback.",
        )
    # Before this run has written its image, the model may have that of an earlier one.
    ours = [target, image, *([] if journal["image_changed"] else [Image.from_dict(journal["model_image"])])]
    model = Image.from_options(scale_set.image.to_dict())
    if not any(same_reference(model, one) for one in ours):
        return Reaction(False, f"Halted without a rollback: another client has set the image {model.describe()}.")
    within = select(instances, only, missing_ids=True, option="only")
    ids = _scope(journal, scale_set, within, on_failure, target)
    of = f"{len(ids)} instances" if len(ids) != 1 else "1 instance"
    return Reaction(True, f"Rollback of {of} to {image.describe()}.", image=image, instance_ids=ids, replaces=model)


def _lost(journal: Mapping[str, Any], scale_set: ScaleSet, instances: Sequence[Instance]) -> bool:
    """Whether any is out of service that this rollout sent, or Azure made from its image, and that served before."""
    target, sent = Image.from_dict(journal["target_image"] or {}), sent_ids(journal)
    before = {*not_ours(journal), *journal["unhealthy_before"]}
    return any(
        (one.instance_id in sent or same_image(one.image, target)) and one.instance_id not in before
        for one in instances
        if not (one.leaving or one.attached or in_service(one, scale_set.health_source))
    )


def _all_on(journal: Mapping[str, Any], instances: Sequence[Instance]) -> bool:
    target, ids = Image.from_dict(journal["target_image"] or {}), sent_ids(journal)
    sent = [one for one in instances if one.instance_id in ids and not one.leaving]
    return bool(sent) and all(same_image(one.image, target) and not (one.busy or one.failed) for one in sent)


def _scope(
    journal: Mapping[str, Any], scale_set: ScaleSet, instances: Sequence[Instance], on_failure: str, target: Image
) -> tuple[str, ...]:
    kept, sent = journal["quarantine"], sent_ids(journal)
    moved = [
        one
        for one in instances
        if not (one.leaving or one.attached)
        and one.instance_id not in kept
        and (same_image(one.image, target) or (one.busy and one.instance_id in sent))
    ]
    if on_failure == ROLLBACK:
        before = not_ours(journal)
        chosen = [one for one in moved if one.instance_id not in before]
    elif journal["continues"] and not journal["batches"]:
        # The batches of an interrupted run are not known: what it left out of service is what failed.
        chosen = [one for one in moved if not in_service(one, scale_set.health_source)]
    else:
        begun = [batch["sent"] for batch in journal["batches"]]
        failed = [batch["sent"] for batch in journal["batches"] if batch["result"] == FAILED]
        # What shows only in a soak or a bake shows when the batch has ended well, and may be in any of them.
        concerned = failed or (begun if on_failure == ROLLBACK_INSTANCES else begun[-1:])
        chosen = [one for one in moved if any(one.instance_id in ids for ids in concerned)]
    if on_failure == ROLLBACK_INSTANCES:
        chosen = [one for one in chosen if not in_service(one, scale_set.health_source)]
    return tuple(sorted((one.instance_id for one in chosen), key=by_id))
