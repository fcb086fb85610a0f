# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Setting the image in a scale set's model: what to write, and writing it past other writers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import WRITE_ATTEMPTS, Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    Conflict,
    NoEffect,
    OperationFailed,
    Preempted,
    ServiceError,
    VmssError,
)
from ansible_collections.azroll.vmss.plugins.module_utils._guards.baseline import check_profile, check_target
from ansible_collections.azroll.vmss.plugins.module_utils._guards.image_change import (
    Overrides,
    guard_image_change,
    guard_ownership,
    guard_profile,
)
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image, merge, same_reference
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._operations.acquire_lease import claim_lease
from ansible_collections.azroll.vmss.plugins.module_utils._operations.effect import (
    WRITTEN_BACK,
    until_shown,
    with_verb,
    write_without_effect,
)
from ansible_collections.azroll.vmss.plugins.module_utils._operations.resolve_image import resolve_image
from ansible_collections.azroll.vmss.plugins.module_utils._operations.waiter import decide
from ansible_collections.azroll.vmss.plugins.module_utils._plan.image_write import ANYTHING, Expected, ImageUpdate
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import (
    Claim,
    require_own,
)

if TYPE_CHECKING:
    from ansible_collections.azroll.vmss.plugins.module_utils._azure.client import Arm
    from ansible_collections.azroll.vmss.plugins.module_utils._azure.operations import Operation


def plan_update(
    arm: Arm,
    scale_set: ScaleSet,
    wanted: Image,
    *,
    pin_latest: bool,
    overrides: Overrides,
    claim: Claim | None = None,
    back: bool = False,
    expected: Expected = ANYTHING,
    resolved: Image | None = None,
    previous: Image | None = None,
    by_image: bool = False,
) -> ImageUpdate:
    """Work out the change, by a run with a `claim` under its lease, and perhaps on its way `back`.

    `resolved` is what `wanted` became before: another version of `latest` may be published at any time.
    Only reads; raises what forbids it (Refused, ImageNotFound, BadInput).
    """
    guard_ownership(scale_set, overrides)
    guard_profile(scale_set)
    lease = claim_lease(arm, scale_set, claim) if claim else None
    target = resolved or resolve_image(arm, merge(scale_set.image, wanted), scale_set.location, pin_latest=pin_latest)
    update = ImageUpdate(scale_set, target, overrides.set_manual, lease, back, expected, previous, by_image)
    _check(arm, update)
    if update.changes:
        _guard(arm, update, overrides)
    return update


class Writing:
    """Writes the image: each try rests on a model, with all that guards it, that was read for it.

    `first` is the change as it was found at first. `written`: whether a write was received, or may have been.
    """

    def __init__(self, arm: Arm, deadline: Deadline, plan: Callable[[ScaleSet], ImageUpdate], *, check_mode: bool):
        self._arm = arm
        self._deadline = deadline
        self._plan = plan
        self._check_mode = check_mode
        self.first: ImageUpdate | None = None
        self.written = False

    def start(self, resource_group: str, name: str) -> tuple[ImageUpdate, Operation | None]:
        """Write the change; the operation is None where nothing is to be written any more.

        Another client's write in between (412) does no harm as long as it left the image alone: then the change is
        worked out and guarded again, and written again. Raises Conflict where the image was changed, or one writer
        after the other came, and Refused (`lease`) where the writer was another run.
        """
        attempts = 0
        while True:
            attempts += 1
            try:
                return decide(lambda: self._attempt(resource_group, name), self._deadline)
            except Conflict as conflict:
                if conflict.fault.status != 412 or attempts == WRITE_ATTEMPTS:
                    raise

    def _attempt(self, resource_group: str, name: str) -> tuple[ImageUpdate, Operation | None]:
        scale_set = self._arm.get_scale_set(resource_group, name)
        if self.first is not None:
            self._check_first(scale_set, self.first)
        update = self._plan(scale_set)
        self.first = self.first or update
        if not update.changes or self._check_mode:
            return update, None
        try:
            operation = self._arm.patch_scale_set(scale_set, update.body())
        except VmssError as error:
            self.written |= error.unanswered
            raise
        self.written = True
        return update, operation

    def _check_first(self, now: ScaleSet, first: ImageUpdate) -> None:
        """Raise Conflict where another client has changed the image since the change was worked out first."""
        before = first.scale_set
        if same_reference(now.image, before.image) or same_reference(now.image, first.target):
            return
        raise Conflict(
            f"Another client changed the image of {now.name} at the same time: it was {before.image.describe()}, "
            f"should become {first.target.describe()}, and is {now.image.describe()} now",
            advice="Find out who sets the image, then run again.",
            attempted=f"write the model of scale set {now.name}",
        )


def finish_update(arm: Arm, update: ImageUpdate, operation: Operation | None, deadline: Deadline) -> ScaleSet:
    """Wait for the operation and return the model as it is then.

    The result is judged by reading the model again, not by the operation: an update may report an old failure of an
    instance as its own (Azure/azure-cli 33307), and has been seen to succeed without any effect
    (Azure/azure-powershell 22195).
    """
    trouble: VmssError | None = None
    try:
        if operation is not None:
            operation.wait()
    except (OperationFailed, Preempted) as error:
        trouble = error
    after, shown = until_shown(
        lambda: _read(arm, update.scale_set), lambda now: not replace(update, scale_set=now).changes, deadline
    )
    if not shown:
        raise (
            trouble
            or _without_effect(update, after)
            or ServiceError(
                f"Azure accepted the change, but the model of {after.name} has the image {after.image.describe()} and "
                f"the upgrade policy {after.upgrade_policy}",
                advice="See who else writes the scale set (activity log), then run again.",
                attempted=f"write the model of scale set {after.name}",
            )
        )
    if update.lease and operation is not None:
        require_own(after.name, after.tags, update.lease.run_id, arm.server_time)
    return after


def _without_effect(update: ImageUpdate, after: ScaleSet) -> NoEffect | None:
    """The error where what is not as it was to be is as it was before; None where it is something else by now."""
    before, open_still = update.scale_set, replace(update, scale_set=after)
    image = before.image.describe() if open_still.image_changes else ""
    policy = after.upgrade_policy if open_still.policy_changes else ""
    if (image and not same_reference(before.image, after.image)) or (policy and policy != before.upgrade_policy):
        return None
    left = [f"the image ({image})"] if image else []
    left += [f"the upgrade policy ({policy})"] if policy else []
    return write_without_effect(
        f"the write of the model of {after.name}",
        with_verb(left),
        attempted=f"write the model of scale set {after.name}",
        reasons=f"Known are images that Azure does not change to in silence, {WRITTEN_BACK}. ",
    )


def _check(arm: Arm, update: ImageUpdate) -> None:
    """Raise Refused (`concurrent_change`) where another client has changed the model since the change was decided.

    That it has the wanted image already is fine, whichever client set it.
    """
    scale_set, expected = update.scale_set, update.expected
    if update.image_changes and expected.image is not None:
        check_target(scale_set, expected.image, now=arm.server_time)
    if expected.profile is not None:
        check_profile(expected.profile, scale_set, now=arm.server_time)


def _guard(arm: Arm, update: ImageUpdate, overrides: Overrides) -> None:
    rolling = arm.rolling_upgrade(update.scale_set)
    guard_image_change(update.scale_set, update.target, rolling_upgrade=rolling, overrides=overrides)


def _read(arm: Arm, scale_set: ScaleSet) -> ScaleSet:
    return arm.get_scale_set(scale_set.resource_group, scale_set.name)
