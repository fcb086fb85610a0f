# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Protecting instances from scale-in and from actions of the scale set: what is to be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput, Refused
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import Selection, by_id, select
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import LEAVING, VANISHED, Exclusion


@dataclass(frozen=True)
class Protection:
    """What an instance is protected from. The second takes in the first, and automatic repairs (documented)."""

    scale_in: bool
    scale_set_actions: bool

    @classmethod
    def of(cls, instance: Instance) -> Protection:
        """As the instance has it."""
        return cls(instance.protected_from_scale_in, instance.protected)

    def to_dict(self) -> dict[str, bool]:
        """Plain data, under the names of the options."""
        return asdict(self)


@dataclass(frozen=True)
class Change:
    """The protection of one instance, before and after."""

    instance_id: str
    before: Protection
    after: Protection

    @property
    def needed(self) -> bool:
        """Whether anything is to be written."""
        return self.before != self.after

    def to_dict(self) -> dict[str, Any]:
        """How the instance is protected afterwards."""
        return {"instance_id": self.instance_id, **self.after.to_dict()}


@dataclass(frozen=True)
class ProtectionPlan:
    """The named instances that are there, in the order of their ids, and those that were excluded."""

    changes: tuple[Change, ...]
    excluded: tuple[Exclusion, ...]

    def describe(self, name: str, *, check_mode: bool) -> str:
        """One sentence for people."""
        needed = sum(change.needed for change in self.changes)
        excluded = f"; {len(self.excluded)} excluded" if self.excluded else ""
        if not needed:
            return f"The instances of {name} are protected as requested already{excluded}."
        verb = "would be" if check_mode else "was"
        return f"The protection of {needed} instances of {name} {verb} changed{excluded}."


def plan_protection(
    scale_set: ScaleSet,
    instances: Sequence[Instance],
    instance_ids: Sequence[str],
    *,
    scale_in: bool | None,
    scale_set_actions: bool | None,
) -> ProtectionPlan:
    """Hold the named instances against what is wished; None keeps what an instance has.

    Instances that are gone or going are excluded. Raises BadInput without ids, and Refused (`flexible`): Flexible sets
    have no protection of instances (documented).
    """
    if scale_set.flexible:
        raise Refused(
            "flexible",
            f"{scale_set.name} is a Flexible scale set, and Azure protects instances of Uniform ones only",
            advice="Put a resource lock on the virtual machine instead, or detach it from the scale set.",
        )
    if not instance_ids:
        raise BadInput("instance_ids is an empty list", advice="Name the instances.")
    known = {one.instance_id.lower() for one in instances}
    excluded = [Exclusion(one, VANISHED) for one in instance_ids if one.lower() not in known]
    chosen = select(instances, Selection(instance_ids=tuple(instance_ids)), missing_ids=True)
    excluded += [Exclusion(one.instance_id, LEAVING) for one in chosen if one.leaving]
    changes = [
        Change(one.instance_id, before, _wished(before, scale_in, scale_set_actions))
        for one in sorted(chosen, key=lambda each: by_id(each.instance_id))
        if not one.leaving
        for before in (Protection.of(one),)
    ]
    return ProtectionPlan(tuple(changes), tuple(excluded))


def _wished(before: Protection, scale_in: bool | None, scale_set_actions: bool | None) -> Protection:
    return Protection(
        before.scale_in if scale_in is None else scale_in,
        before.scale_set_actions if scale_set_actions is None else scale_set_actions,
    )
