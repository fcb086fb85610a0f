# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What a rollout saw of a scale set when it began to move it, so that it notices what others do meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput, ConcurrentChange
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image, same_reference
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.model_fingerprint import describe_change
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import by_id, listed
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import is_stale, on_target

# Enough of a machine's id to distinguish it from one that has taken over its number.
_ID_LENGTH = 8
_ADVICE = (
    "Find out who changes the scale set (its activity log shows it), then run the same play again. Where only its "
    "capacity changes, because a service scales it, of the role set rollout_capacity_changes: accept."
)


@dataclass(frozen=True)
class Baseline:
    """The model at Azure's time `at`, and the instances that lagged then, with the beginnings of their machines' ids.

    `capacity` is None where it may change, because autoscale is at work, or others may scale the set: then
    `least_capacity` is how far down, None for any. `profile` has the fingerprints of the model.
    """

    at: str | None
    upgrade_policy: str
    automatic_os_upgrade: bool
    capacity: int | None
    least_capacity: int | None = None
    profile: Mapping[str, str] = field(default_factory=dict)
    behind: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        scale_set: ScaleSet,
        instances: Iterable[Instance],
        target: Image,
        *,
        at: str | None,
        any_capacity: bool,
        scaled_by_others: bool = False,
        by_model: bool = True,
    ) -> Baseline:
        """What is to be remembered of a read of the set.

        `any_capacity` knows its own bounds, those of the autoscale setting. Where the set is `scaled_by_others`, half
        of its capacity is the least: what is lost beyond that was not due to less load, and the budget of the instances
        that are left shows nothing about those that the service needs.
        """
        others = scaled_by_others and not any_capacity
        return cls(
            at,
            scale_set.upgrade_policy,
            scale_set.automatic_os_upgrade,
            None if any_capacity or others else scale_set.capacity,
            -(-(scale_set.capacity or 0) // 2) if others else None,
            scale_set.profile,
            {
                one.instance_id: _machine(one)
                for one in instances
                if not one.leaving and is_stale(one, target, by_model=by_model)
            },
        )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Baseline:
        """From what `to_dict` made. Raises BadInput for anything else."""
        names = {one.name for one in fields(cls)}
        # Records of earlier releases have no least capacity.
        whole = names - {"least_capacity"} <= set(data) <= names
        if not whole or not isinstance(data["profile"], Mapping) or not isinstance(data["behind"], Mapping):
            raise BadInput(
                "This is not a baseline of a scale set",
                advice="Give what the filter azroll.vmss.rollout_baseline returned.",
            )
        return cls(**data)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for the role."""
        return asdict(self)

    def without(self, instance_ids: Collection[str]) -> Baseline:
        """The same without instances that this rollout moved itself."""
        return replace(self, behind={one: machine for one, machine in self.behind.items() if one not in instance_ids})


def check_baseline(
    baseline: Baseline,
    scale_set: ScaleSet,
    instances: Iterable[Instance],
    target: Image,
    *,
    now: str | None,
    by_model: bool = True,
) -> None:
    """Raise ConcurrentChange where another client changed the set since: its model, or its instances.

    Instances that were replaced, vanished or are new are nobody's intervention: the number may be the same, the machine
    is another one.
    """
    found = [
        *_model_changes(baseline, scale_set),
        *_upgrades(baseline, instances, target, by_model),
    ]
    if found:
        raise ConcurrentChange(
            f"Another client changed {scale_set.name} between {baseline.at} and {now}: {'; '.join(found)}",
            advice=_ADVICE,
        )


def check_target(scale_set: ScaleSet, target: Image, *, now: str | None) -> None:
    """Raise ConcurrentChange where the model no longer has the image that instances are to be moved to."""
    if not same_reference(scale_set.image, target):
        raise ConcurrentChange(
            f"Another client changed the image of {scale_set.name} before {now}: it is {scale_set.image.describe()} "
            f"and should be {target.describe()}",
            advice="Find out who sets the image (the activity log of the scale set shows it), then run the same play "
            "again.",
        )


def check_profile(seen: Mapping[str, str], scale_set: ScaleSet, *, now: str | None) -> None:
    """Raise ConcurrentChange where the sections of the model no longer have the fingerprints `seen`.

    An instance that was sent before such a change never catches up with the model, so waiting for it is in vain.
    """
    found = _profile_changes(seen, scale_set)
    if found:
        raise ConcurrentChange(
            f"Another client changed {scale_set.name} before {now}: {'; '.join(found)}",
            advice=_ADVICE,
        )


def _model_changes(baseline: Baseline, scale_set: ScaleSet) -> list[str]:
    found = []
    if scale_set.upgrade_policy.lower() != baseline.upgrade_policy.lower():
        found.append(f"the upgrade policy was {baseline.upgrade_policy} and is {scale_set.upgrade_policy}")
    if scale_set.automatic_os_upgrade and not baseline.automatic_os_upgrade:
        found.append("automatic OS upgrades were switched on")
    if baseline.capacity is not None and scale_set.capacity != baseline.capacity and not _evicted(baseline, scale_set):
        found.append(f"the capacity was {baseline.capacity} and is {scale_set.capacity}")
    least = baseline.least_capacity
    if least is not None and (scale_set.capacity or 0) < least and not scale_set.spot:
        found.append(
            f"the capacity is {scale_set.capacity}, less than half of what it was (at least {least} instances had to "
            "be left)"
        )
    return [*found, *_profile_changes(baseline.profile, scale_set)]


def _evicted(baseline: Baseline, scale_set: ScaleSet) -> bool:
    """A Spot set grows smaller by itself: its eviction policy may be to delete (documented)."""
    return scale_set.spot and (scale_set.capacity or 0) < (baseline.capacity or 0)


def _profile_changes(seen: Mapping[str, str], scale_set: ScaleSet) -> list[str]:
    sections = sorted(seen.keys() | scale_set.profile.keys())
    return [describe_change(name) for name in sections if seen.get(name) != scale_set.profile.get(name)]


def _upgrades(baseline: Baseline, instances: Iterable[Instance], target: Image, by_model: bool) -> list[str]:
    moved = [
        one.instance_id
        for one in instances
        if baseline.behind.get(one.instance_id) == _machine(one) and on_target(one, target, by_model=by_model)
    ]
    if not moved:
        return []
    return [f"instances were upgraded that this rollout had not begun ({listed(sorted(moved, key=by_id))})"]


def _machine(instance: Instance) -> str:
    return (instance.vm_id or "")[:_ID_LENGTH]
