# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What Azure tells of an image beyond its name: the system on it, how it boots, and whether it is still wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ImageDetails:
    """What is known of an image; None where Azure does not say.

    `os_type` is Linux or Windows, `os_state` Generalized or Specialized, `generation` V1 or V2. `security` is the value
    of the image's feature `SecurityType` (TrustedLaunchSupported, ConfidentialVM, ...). `deprecation` is the state of a
    platform image (Active, ScheduledForDeprecation, Deprecated), `end_of_life` the date that its publisher gives.
    `excluded`: the version is kept out of `latest`.
    """

    os_type: str | None = None
    os_state: str | None = None
    generation: str | None = None
    security: str | None = None
    deprecation: str | None = None
    end_of_life: str | None = None
    excluded: bool = False


def of_platform(version: Mapping[str, Any]) -> ImageDetails:
    """From a version of a platform image."""
    properties = version.get("properties") or {}
    status = properties.get("imageDeprecationStatus") or {}
    return ImageDetails(
        os_type=(properties.get("osDiskImage") or {}).get("operatingSystem"),
        os_state="Generalized",
        generation=properties.get("hyperVGeneration"),
        security=_security(properties.get("features") or []),
        deprecation=status.get("imageState"),
        end_of_life=status.get("scheduledDeprecationTime"),
    )


def of_managed(image: Mapping[str, Any]) -> ImageDetails:
    """From a managed image."""
    properties = image.get("properties") or {}
    disk = (properties.get("storageProfile") or {}).get("osDisk") or {}
    return ImageDetails(disk.get("osType"), disk.get("osState"), properties.get("hyperVGeneration"))


def of_gallery(definition: Mapping[str, Any], version: Mapping[str, Any], *, excluded: bool) -> ImageDetails:
    """From an image of a gallery of any kind and the version of it that is meant."""
    common, own = definition.get("properties") or {}, version.get("properties") or {}
    profile = own.get("publishingProfile") or {}
    return ImageDetails(
        os_type=common.get("osType"),
        os_state=common.get("osState"),
        generation=common.get("hyperVGeneration"),
        security=_security(common.get("features") or []),
        end_of_life=profile.get("endOfLifeDate") or own.get("endOfLifeDate") or common.get("endOfLifeDate"),
        excluded=excluded,
    )


def _security(features: Iterable[Mapping[str, Any]]) -> str | None:
    return next((one.get("value") for one in features if str(one.get("name")).lower() == "securitytype"), None)
