# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Setting the image of a scale set's model, as vmss_image_update does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._calls.call import (
    Call,
    DiffResult,
    Options,
    Request,
    Work,
    image_if_given,
)
from ansible_collections.azroll.vmss.plugins.module_utils._guards.image_change import Overrides
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._operations.set_image import (
    Writing,
    finish_update,
    plan_update,
)
from ansible_collections.azroll.vmss.plugins.module_utils._plan.image_write import Expected, ImageUpdate
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import Claim


@dataclass(frozen=True, kw_only=True)
class ImageRequest(Request):
    """The image to write, and what must be true for it. The rest is as `plan_update` takes it."""

    wanted: Image
    pin_latest: bool
    overrides: Overrides
    claim: Claim | None
    back: bool
    expected: Expected
    previous: Image | None
    by_image: bool

    @classmethod
    def from_options(cls, options: Options) -> ImageRequest:
        """Raises BadInput."""
        run_id, minutes = options["run_id"], options["lease_minutes"]
        return cls(
            resource_group=options["resource_group"],
            name=options["name"],
            wanted=Image.from_options(options["image"]),
            pin_latest=options["pin_latest"],
            overrides=Overrides(
                set_manual=options["upgrade_policy"] == "set_manual",
                automatic_os_upgrade=options["allow_automatic_os_upgrade"],
                managed=options["allow_managed"],
                image_kind_change=options["allow_image_kind_change"],
            ),
            claim=Claim(run_id, options["holder"], minutes=minutes) if run_id is not None and minutes else None,
            back=options["rollback"],
            expected=Expected(image_if_given(options["replaces"]), options["same_profile"] or None),
            previous=image_if_given(options["rollback_image"]),
            by_image=options["by_image"],
        )


@dataclass
class ImageResult(DiffResult):
    """The model's image afterwards and before."""

    image: dict[str, Any] = field(default_factory=dict)
    previous_image: dict[str, Any] = field(default_factory=dict)
    etag: str | None = None
    upgrade_policy: str | None = None

    def report_model(self, scale_set: ScaleSet) -> None:
        """The model as it was found first."""
        self.image = self.previous_image = scale_set.image.to_dict()
        self.etag, self.upgrade_policy = scale_set.etag, scale_set.upgrade_policy


def update_image(call: Call, request: ImageRequest, result: ImageResult) -> None:
    """Write the image, if the model has another one. Raises as `Writing.start` and `finish_update` do."""

    def plan(scale_set: ScaleSet) -> ImageUpdate:
        if writing.first is None:
            result.report_model(scale_set)
        return plan_update(
            call.arm,
            scale_set,
            request.wanted,
            pin_latest=request.pin_latest,
            overrides=request.overrides,
            claim=request.claim,
            back=request.back,
            expected=request.expected,
            resolved=writing.first.target if writing.first else None,
            previous=request.previous,
            by_image=request.by_image,
        )

    writing = Writing(call.arm, call.deadline, plan, check_mode=call.check_mode)
    try:
        written, operation = writing.start(*request.address)
    finally:
        result.changed = writing.written
        if writing.first is not None:
            result.diff = writing.first.diff()
    update = writing.first or written
    if update.changes and not call.check_mode:
        result.etag = finish_update(call.arm, written, operation, call.deadline).etag
    result.changed, result.image = update.changes, update.target.to_dict()
    result.upgrade_policy, result.msg = update.upgrade_policy, say(update, check_mode=call.check_mode)


def say(update: ImageUpdate, *, check_mode: bool) -> str:
    """One sentence for people."""
    name, image = update.scale_set.name, update.target.describe()
    if not update.changes:
        return f"The image of {name} is {image} already."
    return f"The image of {name} would become {image}." if check_mode else f"The image of {name} is {image} now."


IMAGE_UPDATE = Work(ImageRequest.from_options, update_image, ImageResult)
