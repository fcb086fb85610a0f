# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What follows a failure: nothing more, or the way back for some of the instances or for all that the rollout moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._health import in_service
from ansible_collections.azroll.vmss.plugins.module_utils._image import Image, same_image, same_reference
from ansible_collections.azroll.vmss.plugins.module_utils._instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._journal import FAILED, not_ours, sent_ids
from ansible_collections.azroll.vmss.plugins.module_utils._previous import previous_image
from ansible_collections.azroll.vmss.plugins.module_utils._scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._select import Selection, by_id, select

HALT = "halt"
ROLLBACK_INSTANCES = "rollback_instances"
ROLLBACK_BATCH = "rollback_batch"
ROLLBACK = "rollback"
WAYS = (HALT, ROLLBACK_INSTANCES, ROLLBACK_BATCH, ROLLBACK)

# After these nothing is written any more, whatever was asked for: somebody else is at work, or Azure cannot be worked
# with.
_HANDS_OFF = {
    "foreign_change": "another client is changing the scale set",
    "lease": "another rollout holds the scale set",
    "lease_lost": "the lease of this rollout is gone: another one has taken it over, or somebody has removed its tags",
    "lease_expired": "the lease of this rollout has run out, so that any other may have begun",
    "rolling_upgrade": "a rolling upgrade of Azure's own is running",
    "conflict": "another client is changing the scale set",
    "preempted": "another client is changing the scale set",
    "credentials": "Azure cannot be logged in to",
    "connection": "Azure cannot be reached",
    "unavailable": "Azure does not do anything at the moment",
    "service_error": "Azure refused a request",
    "forbidden": "a permission is missing",
    "throttled": "Azure throttles the requests",
    "locked": "a lock forbids writes",
    "subscription": "the subscription takes no writes",
    "managed": "another service owns the scale set",
    "service_fabric": "the scale set carries Service Fabric nodes",
}


@dataclass(frozen=True)
class Reaction:
    """What is to be done, and why; with `roll_back`, to which image and with which instances."""

    roll_back: bool
    why: str
    image: Image | None = None
    instance_ids: tuple[str, ...] = ()
    # What the model has, and the image to go back to may replace.
    replaces: Image | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for the role."""
        return {
            "roll_back": self.roll_back,
            "why": self.why,
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
) -> Reaction:
    """Decide by the journal of the rollout that failed, and the set as it is now.

    Back go the instances that this rollout moved and that have the target image, or may still get it: those of the
    failed batch that are not in service, that batch, or all, with those that Azure made from the new model meanwhile.
    What is set aside for study stays as it is, and so does what is outside of `only`, to which the rollout is confined.
    """
    if on_failure == HALT:
        return Reaction(False, "Halted: nothing more was started.")
    if not (journal["image_changed"] or sent_ids(journal) or journal["continues"]):
        return Reaction(False, "Nothing had been written, so there is nothing to take back.")
    hands = hands_off(journal)
    if hands:
        return Reaction(False, f"Halted without a rollback: {hands}.")
    target = Image.from_dict(journal["target_image"] or {})
    image = previous_image(target, instances, [Image.from_dict(journal["previous_image"] or {})])
    if image is None:
        return Reaction(False, "Halted without a rollback: no other image is known to go back to.")
    # Before this run has written its image, the model may have that of an earlier one.
    ours = [target, image, *([] if journal["image_changed"] else [Image.from_dict(journal["model_image"])])]
    model = Image.from_options(scale_set.image.to_dict())
    if not any(same_reference(model, one) for one in ours):
        return Reaction(False, f"Halted without a rollback: somebody else has set the image {model.describe()}.")
    within = select(instances, only, missing_ids=True, option="only")
    ids = _scope(journal, scale_set, within, on_failure, target)
    going = f"{len(ids)} instances go" if len(ids) != 1 else "1 instance goes"
    return Reaction(True, f"Rolled back: {going} back to {image.describe()}.", image, ids, model)


def hands_off(journal: Mapping[str, Any]) -> str | None:
    """Why nothing more is to be written after this failure, whatever was asked for; None where it may be."""
    return _HANDS_OFF.get(journal["cause_kind"])


def _scope(
    journal: Mapping[str, Any], scale_set: ScaleSet, instances: Sequence[Instance], on_failure: str, target: Image
) -> tuple[str, ...]:
    kept, sent = journal["set_aside"], sent_ids(journal)
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
        # Nobody knows the batches of a run that was killed: what it left out of service is what failed.
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
