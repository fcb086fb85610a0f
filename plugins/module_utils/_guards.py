# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Reasons not to write the model: each guard has its own name, its own words and, where one is safe, its override."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.azroll.vmss.plugins.module_utils._errors import Refused
from ansible_collections.azroll.vmss.plugins.module_utils._image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._scale_set import ScaleSet

RUNNING_UPGRADES = ("rollingforward", "rollingback")


@dataclass(frozen=True)
class Overrides:
    """What the user takes upon himself. `set_manual` writes the policy Manual together with the image."""

    set_manual: bool = False
    automatic_os_upgrade: bool = False
    managed: bool = False
    image_kind_change: bool = False


def guard_ownership(scale_set: ScaleSet, overrides: Overrides) -> None:
    """Refuse sets that another system rolls, whatever is to be done to them."""
    if scale_set.service_fabric:
        raise Refused(
            "service_fabric",
            f"{scale_set.name} carries Service Fabric nodes: upgrading instances by hand can lose data or the cluster",
            advice="Use automatic OS image upgrades (durability Silver or higher), or move to a new node type. "
            "There is no override.",
        )
    if scale_set.managed_by and not overrides.managed:
        raise Refused(
            "managed",
            f"{scale_set.name} belongs to {scale_set.managed_by}, which overwrites changes made from outside",
            advice=f"Upgrade the node image through {scale_set.managed_by}, or set allow_managed: true.",
        )


def guard_rolling_upgrade(scale_set: ScaleSet, rolling_upgrade: str | None) -> None:
    """Refuse to work beside a rolling upgrade of Azure's own (what becomes of both is not documented).

    `rolling_upgrade` is the running status code of `rollingUpgrades/latest`, None where there never was one.
    """
    if (rolling_upgrade or "").lower() in RUNNING_UPGRADES:
        raise Refused(
            "rolling_upgrade",
            f"A rolling upgrade is running on {scale_set.name} ({rolling_upgrade})",
            advice="Wait until it has ended, or cancel it with 'az vmss rolling-upgrade cancel'.",
        )


def guard_image_change(
    scale_set: ScaleSet, target: Image, *, rolling_upgrade: str | None, overrides: Overrides
) -> None:
    """Refuse a change of the model's image that would restart instances by itself, or that Azure will not take.

    `rolling_upgrade` is the running status code of `rollingUpgrades/latest`, None where there never was one.
    """
    policy = scale_set.upgrade_policy
    if policy.lower() != "manual" and not overrides.set_manual:
        effect = "restarts every instance at once" if policy.lower() == "automatic" else "starts a rolling upgrade"
        raise Refused(
            "upgrade_policy",
            f"The upgrade policy of {scale_set.name} is {policy}: writing the model {effect}",
            advice="Set upgrade_policy: set_manual to write the policy Manual in the same request as the image, "
            "or change the policy first.",
        )
    if scale_set.automatic_os_upgrade and not overrides.automatic_os_upgrade:
        raise Refused(
            "automatic_os_upgrade",
            f"Automatic OS upgrades are on for {scale_set.name}: Azure would roll the set at the same time",
            advice="Switch upgradePolicy.automaticOSUpgradePolicy.enableAutomaticOSUpgrade off, or set "
            "allow_automatic_os_upgrade: true.",
        )
    guard_rolling_upgrade(scale_set, rolling_upgrade)
    kinds = {scale_set.image.kind, target.kind} - {"none"}
    if len(kinds) > 1 and not overrides.image_kind_change:
        raise Refused(
            "image_kind_change",
            f"The model's image is a {scale_set.image.kind} image and the new one a {target.kind} image; "
            "Azure refuses to change the image type of most scale sets",
            advice="Stay with the same kind of image, make a new scale set, or set allow_image_kind_change: true "
            "to let Azure decide.",
        )
