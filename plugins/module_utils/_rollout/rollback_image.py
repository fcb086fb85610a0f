# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The image that a rollback leads to: known or remembered, and never the choice of a majority."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image, newest, same_image
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.marks import NO_MARKS, Marks
from ansible_collections.azroll.vmss.plugins.module_utils._model.rollback_tag import rolling_back, was_rolled_back
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import Selection, select
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import obstacle
from ansible_collections.azroll.vmss.plugins.module_utils._tags.image_history import ImageHistory


@dataclass(frozen=True)
class Previous:
    """The image before, None where it is not known for certain; then `candidates` are those that instances run."""

    image: Image | None
    candidates: tuple[Image, ...] = ()
    why: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for the role."""
        return {
            "image": self.image.to_dict() if self.image else {},
            "candidates": [one.describe() for one in self.candidates],
            "why": self.why,
        }


def followers(instances: Sequence[Instance], marks: Marks = NO_MARKS, only: Selection = Selection()) -> list[Image]:
    """The images of the instances that belong to the rollout.

    What is excluded from it (protected, deallocated, skipped, leaving, outside of `only`) or was given a model of its
    own runs an image of some other time, and shows nothing about the one before.
    """
    return [
        one.image
        for one in select(instances, only, missing_ids=True)
        if one.image.kind != "none" and not one.own_model and obstacle(one, marks) is None
    ]


def previous_image(
    target: Image, images: Iterable[Image], known: Iterable[Image | None], history: ImageHistory
) -> Previous:
    """The image before `target`, at a fixed version, by the `images` of the instances that belong to the rollout.

    It is the first of the `known` ones that is another, and not unproven. A floating one may lead to the target by
    now, so that means the newest version that instances got by it: what the model made last. Where none is known, it
    is the one other image that instances run, if they agree.
    """
    others = [one for one in images if not same_image(one.pinned, target) and not history.unproven(one.pinned)]
    for before in known:
        if before is None or before.kind == "none":
            continue
        fixed = _fixed(before, others) if before.floating else before.pinned
        if fixed is not None and not same_image(fixed, target) and not history.unproven(fixed):
            return Previous(fixed)
    candidates = tuple(sorted({one.pinned for one in others if not one.pinned.floating}, key=Image.describe))
    return Previous(candidates[0] if len(candidates) == 1 else None, candidates)


def rollback_target(
    scale_set: ScaleSet,
    instances: Sequence[Instance],
    *,
    marks: Marks = NO_MARKS,
    only: Selection = Selection(),
    remembers: bool = True,
) -> Previous:
    """The image that a rollback leads to where nobody names one, or in words why one must be named.

    A rollback that was interrupted goes on, and a run that was interrupted before it wrote the image leaves nothing
    to roll back. `remembers`: whether runs of this scale set write tags at all; without these, what instances run may
    be the image that a rollback left.
    """
    model, history, mark = scale_set.image, scale_set.image_history, scale_set.rolled_back_from
    # A mark of a time before this model's image shows nothing about it.
    marked = (history.rollout_image is None or history.knows(model)) and was_rolled_back(mark, model)
    if marked and rolling_back(mark, model, instances):
        return Previous(_of_model(model, instances))
    suspects = history if mark is None else replace(history, unproven_images=(mark, *history.unproven_images))
    images = followers(instances, marks, only)
    if not remembers and not history.knows(model):
        found = Previous(None, _others(model, images, suspects))
    else:
        known = [history.previous(model), _written(history, model)]
        found = previous_image(model, images if not history.knows(model) else (), known, suspects)
    # All are back, and yet the mark is there: a run was interrupted before its release.
    if (marked and found.image is None and not found.candidates) or _unwritten(history, model, found.image):
        return Previous(_of_model(model, instances))
    return found if found.image else replace(found, why=_unknown(scale_set, found.candidates))


def _others(model: Image, images: Iterable[Image], history: ImageHistory) -> tuple[Image, ...]:
    return previous_image(model, images, (), history).candidates


def _written(history: ImageHistory, model: Image) -> Image | None:
    before = history.interrupted_from
    return before if before is not None and not same_image(before, model) else None


def _unwritten(history: ImageHistory, model: Image, found: Image | None) -> bool:
    before = history.interrupted_from
    if before is None or not same_image(before.pinned, model.pinned):
        return False
    return found is None or history.interrupted_to not in (_lease_target(found), found.describe())


def _lease_target(image: Image) -> str:
    return " ".join(image.to_dict().values())


def _of_model(model: Image, instances: Sequence[Instance]) -> Image:
    if not model.floating:
        return model.pinned
    return _fixed(model, [one.image for one in instances if not one.leaving]) or model.pinned


def _unknown(scale_set: ScaleSet, candidates: Sequence[Image]) -> str:
    if not candidates:
        runs = "no instance that belongs to the rollout runs another one that may be used"
    else:
        runs = f"instances run {', '.join(one.describe() for one in candidates)}"
    suspects = scale_set.image_history.unproven_images
    names = ", ".join(one.describe() for one in suspects)
    avoided = f" Rollouts of these failed, were rolled back or have not ended: {names}." if suspects else ""
    return (
        f"It is not known for certain which image {scale_set.name} had before {scale_set.image.describe()}: it is not "
        f"remembered in its tags, and {runs}. Give the image to roll back to as rollout_image.{avoided}"
    )


def _fixed(floating: Image, images: Iterable[Image]) -> Image | None:
    """The newest version that instances got by a floating reference."""
    by_it = [one.pinned for one in images if one.floating and one.exact_version]
    meant = [one for one in by_it if same_image(replace(floating, exact_version=one.effective_version), one)]
    version = newest(one.effective_version or "" for one in meant)
    return next((one for one in meant if one.effective_version == version), None)
