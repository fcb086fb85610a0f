# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What a scale set remembers of its images, in tags that outlast the lease.

Azure knows which image each instance runs, but not which of them the model had before, nor which of them failed. So
a run that writes the image notes both in the same request, under If-Match.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image, same_image, same_reference
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import Lease, read_lease, write_lease
from ansible_collections.azroll.vmss.plugins.module_utils._tags.tag_codec import (
    TAG_LIMIT,
    image_text,
    joined,
    read_image,
    split,
)

_ROLLOUT, _ROLLBACK = "azroll-rollout-image", "azroll-rollback-image"
_UNPROVEN, _BY_IMAGE = "azroll-unproven-images", "azroll-by-image"
_OWN = re.compile(
    r"azroll-(?:by-image|(?:rollout-image|rollback-image|unproven-images)(?:-\d+)?)\Z",
    re.IGNORECASE,
)
# How many unproven images are remembered; older ones are no longer run by anything.
UNPROVEN_LIMIT = 5
_FINGERPRINT_LENGTH = 16


@dataclass(frozen=True)
class ImageHistory:
    """What is remembered of the images of a scale set.

    `rollout_image` is the image that a run wrote last. Where the model has another one, another client has written it,
    and `rollback_image`, the last image before it whose rollout came to a good end, means nothing any more.
    `unproven_images`, the newest first, are those whose rollout failed, was rolled back, or has not ended yet: no
    rollback leads to one of them unless an operator names it. `by_image` is the fingerprint of the model that was given
    an image again which it had before: nobody knows whether `latestModelApplied` turns true again then, so that
    instances are judged by their image as long as the model has that fingerprint. So they are where writes of tags
    alone make a new model. `interrupted_from` and
    `interrupted_to` are the image before a run that has not released the scale set yet, and the target of that run.
    """

    rollout_image: Image | None = None
    rollback_image: Image | None = None
    unproven_images: tuple[Image, ...] = ()
    by_image: str = ""
    interrupted_from: Image | None = None
    interrupted_to: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ImageHistory:
        """From what `to_dict` made."""
        images = {
            name: Image.from_dict(data[name]) if data.get(name) else None
            for name in ("rollout_image", "rollback_image", "interrupted_from")
        }
        return cls(
            **images,
            unproven_images=tuple(Image.from_dict(one) for one in data.get("unproven_images") or ()),
            by_image=str(data.get("by_image") or ""),
            interrupted_to=str(data.get("interrupted_to") or ""),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for facts."""
        return {
            "rollout_image": _plain(self.rollout_image),
            "rollback_image": _plain(self.rollback_image),
            "unproven_images": [one.to_dict() for one in self.unproven_images],
            "by_image": self.by_image,
            "interrupted_from": _plain(self.interrupted_from),
            "interrupted_to": self.interrupted_to,
        }

    def previous(self, model: Image) -> Image | None:
        """The image before that of the model, where a run wrote that one and remembers it."""
        return self.rollback_image if self.knows(model) else None

    def knows(self, model: Image) -> bool:
        """Whether the image of the model is the one that a run wrote last."""
        return self.rollout_image is not None and same_reference(self.rollout_image, model)

    def unproven(self, image: Image) -> bool:
        """Whether the rollout of that image did not come to a good end."""
        return _among(image, self.unproven_images)

    def judged_by_image(self, target: Image, model: Image, profile: Mapping[str, str]) -> bool:
        """Whether instances on `target` may follow an older model and need not move all the same.

        So it is where the model had that image before, and gets it, or got it, again. A client that changes another
        section of the model after that wants all instances to follow: the fingerprint is another one then.
        """
        if same_reference(model, target):
            return self.by_image == _fingerprint(target, profile)
        return self._had(target)

    def written(
        self,
        model: Image,
        target: Image,
        profile: Mapping[str, str],
        *,
        previous: Image | None,
        back: bool,
        by_image: bool = False,
    ) -> ImageHistory:
        """The history when `target` is written over the image of the `model`.

        `previous` is the image that the caller knows the set to have had before, at a fixed version; without it the
        image of the model is, unless it floats or is unproven. `back`: the write takes the set back, so that the
        image it leaves counts as unproven, and what was before the one it returns to is not known. `by_image`: writes
        of tags make models, so that instances are judged by their image.
        """
        returns = back or self._had(target)
        if back:
            kept, unproven = None, _newest_first(model.pinned, self.unproven_images)
        else:
            kept = self._before(model, target, previous)
            unproven = _newest_first(target.pinned, self.unproven_images)
        return replace(
            self,
            rollout_image=replace(target, exact_version=None),
            rollback_image=kept,
            unproven_images=unproven,
            by_image=_fingerprint(target, profile) if returns or by_image else "",
        )

    def judging_by_image(self, model: Image, profile: Mapping[str, str]) -> ImageHistory:
        """The history where instances on the image of this model may not follow it, and need not move all the same."""
        return replace(self, by_image=_fingerprint(model, profile))

    def finished(self, target: Image) -> ImageHistory:
        """The history when the rollout of `target` has come to a good end."""
        return replace(self, unproven_images=tuple(one for one in self.unproven_images if not same_image(one, target)))

    def _had(self, image: Image) -> bool:
        return self.unproven(image) or (self.rollback_image is not None and same_image(self.rollback_image, image))

    def _before(self, model: Image, target: Image, previous: Image | None) -> Image | None:
        known = (previous, None if model.floating else model.pinned, self.previous(model))
        usable = (one for one in known if one is not None and one.kind != "none" and not one.floating)
        return next((one for one in usable if not same_image(one, target) and not self.unproven(one)), None)


def read_history(tags: Mapping[str, str]) -> ImageHistory:
    """What the tags remember; whatever stands in them, they can be read."""
    own = {name.lower(): str(value or "").strip() for name, value in tags.items() if _OWN.match(name)}
    lease = read_lease(tags) or Lease()
    return ImageHistory(
        rollout_image=read_image(joined(own, _ROLLOUT)),
        rollback_image=read_image(joined(own, _ROLLBACK)),
        unproven_images=tuple(
            image for text in joined(own, _UNPROVEN).split() if (image := read_image(text)) is not None
        ),
        by_image=own.get(_BY_IMAGE, ""),
        interrupted_from=lease.previous_image,
        interrupted_to=lease.target,
    )


def history_tags(history: ImageHistory) -> dict[str, str]:
    """The tags that hold a history."""
    return {
        **split(_ROLLOUT, image_text(history.rollout_image)),
        **split(_ROLLBACK, image_text(history.rollback_image)),
        **split(_UNPROVEN, " ".join(image_text(one) for one in history.unproven_images)),
        **({_BY_IMAGE: history.by_image} if history.by_image else {}),
    }


def write_history(tags: Mapping[str, str], history: ImageHistory) -> dict[str, str]:
    """All tags with this history. Where Azure takes no more tags there is none, rather than one of long ago."""
    others = {name: value for name, value in tags.items() if not _OWN.match(name)}
    every = {**others, **history_tags(history)}
    return every if len(every) <= TAG_LIMIT else others


def tags_needed(target: Image, previous: Image | None, lease: Lease, history: ImageHistory = ImageHistory()) -> int:
    """The most tags that a rollout takes at once: lease, history, and the mark of a rollback from `target`."""
    before = previous or Image()
    back = history.written(before, target, {}, previous=previous, back=False).written(
        target, before, {}, previous=None, back=True
    )
    fullest = replace(back, rollback_image=before if before.kind != "none" else None)
    mark = split("azroll-rolled-back-from", image_text(target))
    return len(write_lease({}, replace(lease, previous_image=previous))) + len(history_tags(fullest)) + len(mark)


def _newest_first(image: Image, others: tuple[Image, ...]) -> tuple[Image, ...]:
    if image.kind == "none" or image.floating:
        return others
    return (image, *(one for one in others if not same_image(one, image)))[:UNPROVEN_LIMIT]


def _among(image: Image, others: Iterable[Image]) -> bool:
    return any(same_image(image, one) for one in others)


def _fingerprint(image: Image, profile: Mapping[str, str]) -> str:
    text = json.dumps([image_text(replace(image, exact_version=None)).lower(), sorted(profile.items())])
    return hashlib.sha256(text.encode()).hexdigest()[:_FINGERPRINT_LENGTH]


def _plain(image: Image | None) -> dict[str, str]:
    return image.to_dict() if image else {}
