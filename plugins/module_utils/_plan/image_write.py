# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The change of a model's image: what is written, in which tags it is remembered, and what it looks like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image, same_reference
from ansible_collections.azroll.vmss.plugins.module_utils._model.rollback_tag import write_mark
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import MANUAL, ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._tags.image_history import write_history
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import POLICY, Lease, write_lease


@dataclass(frozen=True)
class Expected:
    """The model when the change was decided: its image, and the fingerprints of its other sections. None: anything."""

    image: Image | None = None
    profile: Mapping[str, str] | None = None


ANYTHING = Expected()


@dataclass(frozen=True)
class ImageUpdate:
    """The change of a model: from what it is to what it shall be.

    `set_manual` has the policy written as well. `lease` is that of the run that makes the change, None without one.
    `back`: it takes the set back, so that the image it leaves is noted. `previous`: the image that the set is known to
    have had before, to be remembered for a rollback. `by_image`: that writes of tags make models is to be remembered.
    """

    scale_set: ScaleSet
    target: Image
    set_manual: bool = False
    lease: Lease | None = None
    back: bool = False
    expected: Expected = ANYTHING
    previous: Image | None = None
    by_image: bool = False

    @property
    def image_changes(self) -> bool:
        """Whether the model's reference is another one."""
        return not same_reference(self.scale_set.image, self.target)

    @property
    def policy_changes(self) -> bool:
        """Whether the upgrade policy is to be set to Manual, and is not."""
        return self.set_manual and not self.scale_set.manual

    @property
    def changes(self) -> bool:
        """Whether there is anything to write."""
        return self.image_changes or self.policy_changes

    @property
    def upgrade_policy(self) -> str:
        """The policy afterwards."""
        return MANUAL if self.policy_changes else self.scale_set.upgrade_policy

    def body(self) -> dict[str, Any]:
        """The PATCH: the image's reference, the policy where it changes, tags of ours; nothing else of the model."""
        properties: dict[str, Any] = {}
        if self.image_changes:
            storage = self.target.to_storage_profile(replacing=self.scale_set.image)
            properties["virtualMachineProfile"] = {"storageProfile": storage}
        if self.policy_changes:
            properties["upgradePolicy"] = {"mode": MANUAL}
        return {"properties": properties, **({"tags": self._tags(self.lease)} if self.lease else {})}

    def _tags(self, lease: Lease) -> dict[str, str]:
        """All tags afterwards. A caller without a lease writes none: a policy may forbid it."""
        scale_set = self.scale_set
        tags = write_lease(scale_set.tags, self._noted(lease))
        if not self.image_changes:
            return tags
        history = scale_set.image_history.written(
            scale_set.image,
            self.target,
            scale_set.profile,
            previous=self.previous,
            back=self.back,
            by_image=self.by_image,
        )
        return write_history(write_mark(tags, scale_set.image.pinned if self.back else None), history)

    def _noted(self, lease: Lease) -> Lease:
        """The lease with what this change does to the set, for the run that has to undo it."""
        held = (f"{POLICY}={self.scale_set.upgrade_policy}",) if self.policy_changes else ()
        return replace(
            lease.holding(*held),
            target=lease.target or self.target.describe(),
            previous_image=lease.previous_image or self.scale_set.image,
        )

    def diff(self) -> dict[str, Any]:
        """Before and after, as Ansible shows them."""
        image = self.target if self.image_changes else self.scale_set.image
        return {
            "before": {"image": self.scale_set.image.to_dict(), "upgrade_policy": self.scale_set.upgrade_policy},
            "after": {"image": image.to_dict(), "upgrade_policy": self.upgrade_policy},
        }
