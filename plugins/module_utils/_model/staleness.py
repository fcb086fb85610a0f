# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Which instances have to move to the target image, and which of them must be left alone."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image, same_image
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.marks import NO_MARKS, Marks

# The reasons for which an instance is excluded from an upgrade.
CURRENT = "already on the target image"
PROTECTED = "protected from scale set actions"
DEALLOCATED = "deallocated or stopped"
LEAVING = "being deleted"
BUSY = "another operation is running on it"
VANISHED = "no longer there"
SKIPPED = "marked to be skipped"
OUTSIDE = "outside of what the rollout is confined to"
IN_USE = "marked as busy"
NO_ROOM = "no room in the budget at the moment"


@dataclass(frozen=True)
class Exclusion:
    """An instance that was excluded, and why."""

    instance_id: str
    reason: str


def is_stale(instance: Instance, target: Image, *, by_model: bool = True) -> bool:
    """Whether the instance has to move: its own image differs, or it does not follow the latest model.

    Never judged by `latestModelApplied` alone, which shows nothing about the image under a floating reference
    (Azure/azure-cli 28008). `by_model=False` checks the image only, and so is an instance judged that was given a
    model of its own, as it may never follow the latest one (Azure/azure-cli 30708). What was not made from the
    model never has to move.
    """
    if instance.attached:
        return False
    behind = by_model and not instance.own_model and instance.latest_model is False
    return behind or not same_image(instance.image, target)


def on_target(instance: Instance, target: Image, *, by_model: bool = True) -> bool:
    """Whether the instance is part of the rollout, and where it leads to."""
    return not instance.attached and not is_stale(instance, target, by_model=by_model)


def obstacle(instance: Instance, marks: Marks = NO_MARKS) -> str | None:
    """Why an instance is not upgraded although it is stale, or excluded; None when it can be.

    What `manualupgrade` does to protected and deallocated instances is not documented, so they are never sent.
    """
    if instance.leaving:
        return LEAVING
    if instance.attached:
        return instance.attached
    if instance.protected:
        return PROTECTED
    if instance.deallocated:
        return DEALLOCATED
    if marks.skips(instance):
        return SKIPPED
    return None
