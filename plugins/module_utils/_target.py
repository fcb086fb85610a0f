# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Which instances have to move to the target image, and which of them must be left alone."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.azroll.vmss.plugins.module_utils._image import Image, same_image
from ansible_collections.azroll.vmss.plugins.module_utils._instance import Instance

# The reasons for which an instance is left out of an upgrade.
CURRENT = "already on the target image"
PROTECTED = "protected from scale set actions"
DEALLOCATED = "deallocated or stopped"
LEAVING = "being deleted"
BUSY = "another operation is running on it"
VANISHED = "no longer there"


@dataclass(frozen=True)
class LeftOut:
    """An instance that was left out, and why."""

    instance_id: str
    reason: str


def is_stale(instance: Instance, target: Image, *, by_model: bool = True) -> bool:
    """Whether the instance has to move: its own image differs, or it does not follow the latest model.

    Never judged by `latestModelApplied` alone, which says nothing of the image under a floating reference
    (Azure/azure-cli 28008). `by_model=False` looks at the image only, and so is an instance judged that was given a
    model of its own, as it may never follow the latest one (Azure/azure-cli 30708).
    """
    behind = by_model and not instance.own_model and instance.latest_model is False
    return behind or not same_image(instance.image, target)


def obstacle(instance: Instance) -> str | None:
    """Why a stale instance cannot be upgraded whatever we do; None when it can.

    What `manualupgrade` does to protected and deallocated instances is not documented, so they are never sent.
    """
    if instance.leaving:
        return LEAVING
    if instance.protected:
        return PROTECTED
    if instance.deallocated:
        return DEALLOCATED
    return None
