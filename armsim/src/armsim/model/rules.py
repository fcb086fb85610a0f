# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What a model may not contain, and what of it cannot be changed: rules without state, each raising ArmError."""

from __future__ import annotations

import re
from collections.abc import Iterator

from armsim.common.wire import Json
from armsim.images.catalogue import Image, same_plan
from armsim.protocol.errors import ArmError, bad_request, gateway, invalid_parameter

# The least and the greatest percentage (from the validation of an older SDK; the service's text is not known).
_PERCENTAGES = {
    "maxBatchInstancePercent": (5, 100),
    "maxUnhealthyInstancePercent": (5, 100),
    "maxUnhealthyUpgradedInstancePercent": (0, 100),
}
_DURATION = re.compile(r"P(?!$)(\d+D)?(T(?!$)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?")
# Sizes of these versions boot no image of the first generation (reported).
_SECOND_GENERATION_ONLY = re.compile(r"\w+_v[67]", re.IGNORECASE)
_TRUSTED = ("TrustedLaunch", "ConfidentialVM")


def property_change_not_allowed(name: str) -> ArmError:
    return ArmError(409, "PropertyChangeNotAllowed", f"Changing property '{name}' is not allowed.", target=name)


def check_values(document: Json) -> None:
    """400 for a rolling upgrade policy out of its range, and for a word about the balance of less than two zones."""
    if "zoneBalance" in document["properties"] and len(document.get("zones") or []) < 2:
        # Whatever its value (reported).
        raise invalid_parameter("zoneBalance", "The value of parameter zoneBalance is invalid.")
    policy = (document["properties"].get("upgradePolicy") or {}).get("rollingUpgradePolicy") or {}
    for name, (least, greatest) in _PERCENTAGES.items():
        if not least <= int(policy.get(name, least)) <= greatest:
            target = f"upgradePolicy.rollingUpgradePolicy.{name}"
            raise invalid_parameter(target, f"The value of parameter {target} must be from {least} to {greatest}.")
    if not _DURATION.fullmatch(str(policy.get("pauseTimeBetweenBatches", "PT0S"))):
        target = "upgradePolicy.rollingUpgradePolicy.pauseTimeBetweenBatches"
        raise invalid_parameter(target, f"The value of parameter {target} is invalid.")


def check_changes(before: Json, after: Json) -> None:
    """409 for another value of what is decided once, when the set is made (recorded and reported)."""
    for name in _changed(before, after):
        raise property_change_not_allowed(name)
    zones, more = (set(document.get("zones") or []) for document in (before, after))
    if zones and not zones <= more:
        # Zones can be added to those that there are (documented).
        raise property_change_not_allowed("zones")


def _changed(before: Json, after: Json) -> Iterator[str]:
    old, new = before["properties"], after["properties"]
    if old.get("orchestrationMode", "Uniform") != new.get("orchestrationMode", "Uniform"):
        yield "orchestrationMode"
    profiles = [one.get("virtualMachineProfile") or {} for one in (old, new)]
    if all(profiles):
        priorities = {str(profile.get("priority", "Regular")).lower() for profile in profiles}
        if len(priorities) > 1:
            yield "priority"
    # What is not reported is not known.
    if old.get("platformFaultDomainCount", count := new.get("platformFaultDomainCount")) != count:
        yield "platformFaultDomainCount"


def check_purchase(document: Json, image: Image) -> None:
    """400 where an instance of ``image`` cannot be bought by the set's plan (texts documented; for scale sets it was
    reported from operations).
    """
    given = document.get("plan")
    disk = (
        ((document["properties"].get("virtualMachineProfile") or {}).get("storageProfile") or {}).get("osDisk")
    ) or {}
    disk_name = str(disk.get("name") or f"{document.get('name')}_OsDisk")
    if image.plan is not None and not given:
        text = (
            "Creating a virtual machine from Marketplace image or a custom image sourced from a Marketplace image "
            f"requires Plan information in the request. VM: '{document.get('id')}'."
        )
    elif image.plan is not None and not same_plan(given or {}, image.plan):
        text = (
            "The purchase information does not match. Unable to deploy from the Marketplace image. OS disk name is "
            f"'{disk_name}'."
        )
    elif given and image.free:
        text = (
            "Creating a virtual machine from a non Marketplace image does not need Plan information, please remove the "
            f"Plan information in the request. OS disk name is '{disk_name}'."
        )
    else:
        return
    raise ArmError(400, "VMMarketplaceInvalidInput", text)


def check_plan_stays(before: Json, after: Json) -> None:
    """400 for another plan than the set was made with (code and text reported of virtual machines)."""
    plans = [
        {name: str(text).lower() for name, text in (one.get("plan") or {}).items() if text} for one in (before, after)
    ]
    if plans[0] != plans[1]:
        raise gateway(
            400, "CannotUpdatePlan", f"Resource plan can not be changed for Resource id: '{before.get('id')}'"
        )


def check_image(document: Json, image: Image, before: Image | None) -> None:
    """400 where the image does not fit the model: ``before``, the one that is replaced, where it is known."""
    profile: Json = document["properties"].get("virtualMachineProfile") or {}
    security = (profile.get("securityProfile") or {}).get("securityType")
    if security in _TRUSTED and not image.trusted:
        # For managed images recorded, for others reported.
        raise bad_request(
            f"Use of {security} setting is not supported for the provided image. Please select Trusted Launch "
            "Supported Gen2 OS Image. For more information, see https://aka.ms/TrustedLaunch-FAQ."
        )
    size = str((document.get("sku") or {}).get("name"))
    if image.generation == "V1" and _SECOND_GENERATION_ONLY.fullmatch(size):
        raise bad_request(
            f"The selected VM size '{size}' cannot boot Hypervisor Generation '1'. If this was a Create operation "
            "please check that the Hypervisor Generation of the Image matches the Hypervisor Generation of the "
            "selected VM Size. If this was an Update operation please select a Hypervisor Generation '1' VM Size. For "
            "more information, see https://aka.ms/azuregen2vm"
        )
    if before is None or before.specialized == image.specialized:
        return
    # An image that is specialized has its users already (reported).
    if image.specialized and "osProfile" in profile:
        raise invalid_parameter("osProfile", "Parameter 'osProfile' is not allowed.")
    if not image.specialized and "osProfile" not in profile:
        raise invalid_parameter("osProfile", "Required parameter 'osProfile' is missing (null).")
