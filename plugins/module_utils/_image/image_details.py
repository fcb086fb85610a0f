# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What Azure reports of an image beyond its name: the system on it, how it boots, and whether it is still wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ImageDetails:
    """What is known of an image; None where Azure does not say.

    `os_type` is Linux or Windows, `os_state` Generalized or Specialized, `generation` V1 or V2. `security` is the value
    of the image's feature `SecurityType` (TrustedLaunchSupported, ConfidentialVM, ...). `deprecation` is the state of a
    platform image (Active, ScheduledForDeprecation, Deprecated), `end_of_life` the date that its publisher gives.
    `excluded`: the version is kept out of `latest`. `disk_gb` is the size of its OS disk. `disk_controllers` are the
    types of controllers in its feature `DiskControllerTypes`, in lower case; none where it has no such feature. `plan`
    are publisher, product and name of the plan that it is bought by, all empty for an image without one.
    """

    os_type: str | None = None
    os_state: str | None = None
    generation: str | None = None
    security: str | None = None
    deprecation: str | None = None
    end_of_life: str | None = None
    excluded: bool = False
    disk_gb: int | None = None
    disk_controllers: tuple[str, ...] = ()
    plan: tuple[str, str, str] | None = None


def plan_of(plan: Mapping[str, Any] | None) -> tuple[str, str, str]:
    """Publisher, product and name of a plan, in lower case, from a platform image or a scale set."""
    given = plan or {}
    publisher, product, name = (str(given.get(one) or "").lower() for one in ("publisher", "product", "name"))
    return publisher, product, name


def of_platform(version: Mapping[str, Any]) -> ImageDetails:
    """From a version of a platform image."""
    properties = version.get("properties") or {}
    status, disk = properties.get("imageDeprecationStatus") or {}, properties.get("osDiskImage") or {}
    return ImageDetails(
        os_type=disk.get("operatingSystem"),
        os_state="Generalized",
        generation=properties.get("hyperVGeneration"),
        security=_feature(properties, "SecurityType"),
        deprecation=status.get("imageState"),
        end_of_life=status.get("scheduledDeprecationTime"),
        disk_gb=_gigabytes(disk.get("sizeInGb"), disk.get("sizeInBytes")),
        disk_controllers=_controllers(properties),
        plan=plan_of(properties.get("plan")),
    )


def of_managed(image: Mapping[str, Any]) -> ImageDetails:
    """From a managed image."""
    properties = image.get("properties") or {}
    disk = (properties.get("storageProfile") or {}).get("osDisk") or {}
    return ImageDetails(
        disk.get("osType"), disk.get("osState"), properties.get("hyperVGeneration"), disk_gb=disk.get("diskSizeGB")
    )


def of_gallery(definition: Mapping[str, Any], version: Mapping[str, Any], *, excluded: bool) -> ImageDetails:
    """From an image of a gallery of any kind and the version of it that is meant."""
    common, own = definition.get("properties") or {}, version.get("properties") or {}
    profile = own.get("publishingProfile") or {}
    # Galleries that are shared write the size under the other name (documented).
    disk = (own.get("storageProfile") or {}).get("osDiskImage") or {}
    return ImageDetails(
        os_type=common.get("osType"),
        os_state=common.get("osState"),
        generation=common.get("hyperVGeneration"),
        security=_feature(common, "SecurityType"),
        end_of_life=profile.get("endOfLifeDate") or own.get("endOfLifeDate") or common.get("endOfLifeDate"),
        excluded=excluded,
        disk_gb=_gigabytes(disk.get("sizeInGB") or disk.get("diskSizeGB")),
        disk_controllers=_controllers(common),
        plan=plan_of(common.get("purchasePlan")),
    )


def _feature(properties: Mapping[str, Any], name: str) -> str | None:
    features = properties.get("features") or []
    return next((one.get("value") for one in features if str(one.get("name")).lower() == name.lower()), None)


def _controllers(properties: Mapping[str, Any]) -> tuple[str, ...]:
    text = _feature(properties, "DiskControllerTypes") or ""
    return tuple(one.strip().lower() for one in str(text).split(",") if one.strip())


def _gigabytes(size: Any, size_in_bytes: Any = None) -> int | None:
    """Older answers contain the bytes only, with those of the disk's footer (recorded)."""
    if isinstance(size, int):
        return size
    return size_in_bytes // 2**30 if isinstance(size_in_bytes, int) else None
