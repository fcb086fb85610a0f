# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Reasons not to write the model: each guard has its own name, its own words and, where one is safe, its override."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import Refused
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet

RUNNING_UPGRADES = ("rollingforward", "rollingback")


@dataclass(frozen=True)
class Overrides:
    """What the user takes upon himself. `set_manual` writes the policy Manual together with the image."""

    set_manual: bool = False
    automatic_os_upgrade: bool = False
    managed: bool = False
    image_kind_change: bool = False


@dataclass(frozen=True)
class Reason:
    """What speaks against a change: the guard's name, the trouble, the way out, and the override's name if it has one.

    `override` is a field of `Overrides`; those who ask know under which option it is set.
    """

    guard: str
    message: str
    way_out: str
    override: str | None = None


def profile_reasons(scale_set: ScaleSet) -> Iterator[Reason]:
    """A Flexible set that was made without a model: its virtual machines have nothing in common (recorded)."""
    if not scale_set.has_profile:
        yield Reason(
            "profile_missing",
            f"{scale_set.name} has no virtual machine profile, so there is no model that its virtual machines could "
            "follow: each was made on its own",
            "Renew its virtual machines by other means, or move the work to a scale set with a profile.",
        )


def ownership_reasons(scale_set: ScaleSet, owner: str | None = None) -> Iterator[Reason]:
    """Sets that another system rolls, whatever is to be done to them. `owner`: what else is known of it."""
    if scale_set.service_fabric:
        yield Reason(
            "service_fabric",
            f"{scale_set.name} carries Service Fabric nodes: upgrading instances by hand can lose data or the cluster",
            "Use automatic OS image upgrades (durability Silver or higher), or move to a new node type. "
            "There is no override.",
        )
    managed_by = scale_set.managed_by or owner
    if managed_by:
        yield Reason(
            "managed",
            f"{scale_set.name} belongs to {managed_by}, which overwrites changes made from outside",
            f"Upgrade the node image through {managed_by}",
            override="managed",
        )


def policy_reasons(scale_set: ScaleSet) -> Iterator[Reason]:
    """An upgrade policy under which a write of the model restarts instances by itself."""
    policy = scale_set.upgrade_policy
    if not scale_set.manual:
        effect = "restarts every instance at once" if policy.lower() == "automatic" else "starts a rolling upgrade"
        yield Reason(
            "upgrade_policy",
            f"The upgrade policy of {scale_set.name} is {policy}: writing the model {effect}",
            "Set O(upgrade_policy=set_manual) to write the policy Manual in the same request as the image, "
            "or change the policy first.",
            override="set_manual",
        )


def automatic_upgrade_reasons(scale_set: ScaleSet) -> Iterator[Reason]:
    """Automatic OS upgrades, which go their own way whatever the policy."""
    if scale_set.automatic_os_upgrade:
        yield Reason(
            "automatic_os_upgrade",
            f"Automatic OS upgrades are on for {scale_set.name}: Azure would roll the set at the same time",
            "Switch upgradePolicy.automaticOSUpgradePolicy.enableAutomaticOSUpgrade off",
            override="automatic_os_upgrade",
        )


def rolling_upgrade_reasons(scale_set: ScaleSet, rolling_upgrade: str | None) -> Iterator[Reason]:
    """A rolling upgrade of Azure's own (what becomes of both is not documented).

    `rolling_upgrade` is the running status code of `rollingUpgrades/latest`, None where there never was one.
    """
    if (rolling_upgrade or "").lower() in RUNNING_UPGRADES:
        yield Reason(
            "rolling_upgrade",
            f"A rolling upgrade is running on {scale_set.name} ({rolling_upgrade})",
            "Wait until it has ended, or cancel it with 'az vmss rolling-upgrade cancel'.",
        )


def image_kind_reasons(scale_set: ScaleSet, target: Image) -> Iterator[Reason]:
    """A change from one kind of image to another."""
    kinds = {scale_set.image.kind, target.kind} - {"none"}
    if len(kinds) > 1:
        yield Reason(
            "image_kind_change",
            f"The model's image is a {scale_set.image.kind} image and the new one a {target.kind} image; "
            "Azure refuses to change the image type of most scale sets",
            "Stay with the same kind of image or make a new scale set",
            override="image_kind_change",
        )


def guard_ownership(scale_set: ScaleSet, overrides: Overrides) -> None:
    """Refuse sets that another system rolls, whatever is to be done to them."""
    _refuse(ownership_reasons(scale_set), overrides)


def guard_profile(scale_set: ScaleSet) -> None:
    """Refuse sets without a model."""
    _refuse(profile_reasons(scale_set), Overrides())


def guard_rolling_upgrade(scale_set: ScaleSet, rolling_upgrade: str | None) -> None:
    """Refuse to work beside a rolling upgrade of Azure's own."""
    _refuse(rolling_upgrade_reasons(scale_set, rolling_upgrade), Overrides())


def guard_image_change(
    scale_set: ScaleSet, target: Image, *, rolling_upgrade: str | None, overrides: Overrides
) -> None:
    """Refuse a change of the model's image that would restart instances by itself, or that Azure will not take."""
    _refuse(policy_reasons(scale_set), overrides)
    _refuse(automatic_upgrade_reasons(scale_set), overrides)
    _refuse(rolling_upgrade_reasons(scale_set, rolling_upgrade), overrides)
    _refuse(image_kind_reasons(scale_set, target), overrides)


# How a guard's way out goes on in a module that has an option for the override.
_OPTIONS = {
    "managed": ", or set O(allow_managed=true).",
    "automatic_os_upgrade": ", or set O(allow_automatic_os_upgrade=true).",
    "image_kind_change": ", or set O(allow_image_kind_change=true) to let Azure decide.",
}


def _refuse(reasons: Iterable[Reason], overrides: Overrides) -> None:
    for reason in reasons:
        if reason.override is None or not getattr(overrides, reason.override):
            raise Refused(reason.guard, reason.message, advice=reason.way_out + _OPTIONS.get(reason.guard, ""))
