# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Making sure of an image before it is written: it exists, the region has it, and `latest` becomes a number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    BadInput,
    ImageNotFound,
    ImageNotReplicated,
    NotFound,
)
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image, newest
from ansible_collections.azroll.vmss.plugins.module_utils._image.image_details import (
    ImageDetails,
    of_gallery,
    of_managed,
    of_platform,
)

if TYPE_CHECKING:
    from ansible_collections.azroll.vmss.plugins.module_utils._azure.client import Arm

_RESOURCE = r"^/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)/providers/Microsoft\.Compute"
_GALLERY_ID = re.compile(_RESOURCE + r"/galleries/(?P<gallery>[^/]+)/images/(?P<definition>[^/]+)", re.IGNORECASE)
_MANAGED_ID = re.compile(_RESOURCE + r"/images/(?P<name>[^/]+)/?$", re.IGNORECASE)
_SHARED_ID = re.compile(
    r"^/(?:shared|community)galleries/(?P<gallery>[^/]+)/images/(?P<definition>[^/]+)", re.IGNORECASE
)
# States in which a gallery version cannot be used; while it is replicated to further regions it is `Updating` and can.
_UNUSABLE = ("creating", "failed", "deleting")


def resolve_image(arm: Arm, image: Image, location: str, *, pin_latest: bool) -> Image:
    """The image to write: checked to exist in `location`, and with `pin_latest` at a fixed version.

    Raises ImageNotFound where the region does not have it, BadInput for an id or address of a wrong form.
    """
    if image.kind == "vhd":
        return image
    try:
        if image.kind == "managed_image":
            return _managed(arm, image, location)
        if image.kind == "gallery":
            return _gallery(arm, image, location, pin_latest)
        return _versioned(image, _versions(arm, image, location), location, pin_latest)
    except NotFound as error:
        if (error.fault.code or "").lower() in ("subscriptionnotfound", "invalidsubscriptionid"):
            # The image's own subscription, which the login cannot see: that shows nothing about the image.
            raise
        raise ImageNotFound(
            f"There is no image {image.describe()} in {location}",
            advice="Check the spelling, and that the image is offered or replicated there.",
            attempted=error.attempted,
            fault=error.fault,
        ) from error


def read_details(arm: Arm, image: Image, location: str) -> ImageDetails | None:
    """What Azure reports of an image whose version is known; None of a VHD, and of an image without a version."""
    version = str(image.effective_version)
    if image.kind == "platform" and not image.floating:
        names = (str(image.publisher), str(image.offer), str(image.sku))
        return of_platform(arm.platform_version(location, *names, version))
    if image.kind == "managed_image" and (match := _MANAGED_ID.match(image.id or "")):
        return of_managed(arm.managed_image(match["subscription"], match["group"], match["name"]))
    if image.kind == "gallery" and image.effective_version and (match := _GALLERY_ID.match(image.id or "")):
        path = (match["group"], match["gallery"], match["definition"])
        entry = arm.gallery_version(match["subscription"], path, version)
        excluded = _excluded(entry.get("properties") or {}, location)
        return of_gallery(arm.gallery_definition(match["subscription"], path), entry, excluded=excluded)
    if image.effective_version and (match := _SHARED_ID.match(image.gallery_reference or "")):
        gallery = (location, image.kind.removesuffix("_gallery"), match["gallery"], match["definition"])
        entries = arm.public_gallery_versions(*gallery)
        entry = next((one for one in entries if one.get("name") == version), {})
        excluded = _excluded(entry.get("properties") or {}, location)
        return of_gallery(arm.public_gallery_definition(*gallery), entry, excluded=excluded)
    return None


def _versions(arm: Arm, image: Image, location: str) -> list[str]:
    if image.kind == "platform":
        return arm.platform_versions(location, str(image.publisher), str(image.offer), str(image.sku))
    match = _SHARED_ID.match(image.gallery_reference or "")
    if match is None:
        raise _wrong_id(image, "/SharedGalleries/{unique name}/Images/{definition}/Versions/{version}")
    kind = image.kind.removesuffix("_gallery")
    entries = arm.public_gallery_versions(location, kind, match["gallery"], match["definition"])
    # Versions kept out of "latest" may be named, but are never taken for the newest.
    wanted = [one for one in entries if not (image.floating and _excluded(one.get("properties") or {}, location))]
    return [str(one["name"]) for one in wanted if one.get("name")]


def _gallery(arm: Arm, image: Image, location: str, pin_latest: bool) -> Image:
    match = _GALLERY_ID.match(image.id or "")
    if match is None:
        raise _wrong_id(
            image,
            "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.Compute/galleries/{gallery}"
            "/images/{definition}/versions/{version}",
        )
    path = (match["group"], match["gallery"], match["definition"])
    if image.floating:
        entries = arm.gallery_versions(match["subscription"], path)
        usable = [
            str(one["name"]) for one in entries if one.get("name") and _usable(one.get("properties") or {}, location)
        ]
        chosen = _versioned(image, usable, location, True)
    else:
        chosen = image
    version = arm.gallery_version(match["subscription"], path, str(chosen.effective_version))
    _check_replication(chosen, version.get("properties") or {}, location)
    return chosen if pin_latest else image


def _managed(arm: Arm, image: Image, location: str) -> Image:
    match = _MANAGED_ID.match(image.id or "")
    if match is None:
        raise _wrong_id(image, "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.Compute/images/{name}")
    found = arm.managed_image(match["subscription"], match["group"], match["name"])
    region = str(found.get("location") or "")
    if _region(region) != _region(location):
        raise ImageNotReplicated(
            f"The managed image {match['name']} is in {region}, and the scale set in {location}",
            advice="A managed image works in its own region only: copy it, or use a gallery.",
        )
    return image


def _versioned(image: Image, versions: Sequence[str], location: str, pin_latest: bool) -> Image:
    """The image at a version out of `versions`: the newest for a floating reference, else its own."""
    if image.floating:
        top = newest(versions)
        if top is None:
            raise ImageNotFound(
                f"The image {image.describe()} has no version in {location}",
                advice="Check the spelling, and that a version is offered or replicated there.",
            )
        return image.with_version(top) if pin_latest else image
    if image.effective_version not in versions:
        latest = ", ".join(_newest_first(versions)[:5])
        raise ImageNotFound(
            f"The image {image.describe()} does not exist in {location}",
            advice=f"The newest versions there are: {latest}." if latest else f"It has no version in {location}.",
        )
    return image


def _newest_first(versions: Iterable[str]) -> list[str]:
    left, ordered = set(versions), []
    while left:
        top = str(newest(left))
        left.remove(top)
        ordered.append(top)
    return ordered


def _usable(properties: Mapping[str, Any], location: str) -> bool:
    """Whether a gallery version may be the newest in a region."""
    state = str(properties.get("provisioningState") or "").lower()
    return (
        state not in _UNUSABLE
        and _target_region(properties, location) is not None
        and not _excluded(properties, location)
    )


def _excluded(properties: Mapping[str, Any], location: str) -> bool:
    profile = properties.get("publishingProfile") or {}
    region = _target_region(properties, location) or {}
    return any(bool(one.get("excludeFromLatest")) for one in (properties, profile, region))


def _check_replication(image: Image, properties: Mapping[str, Any], location: str) -> None:
    summary = (properties.get("replicationStatus") or {}).get("summary") or []
    state = next((one.get("state") for one in summary if _region(one.get("region")) == _region(location)), None)
    if _target_region(properties, location) is None and state is None:
        regions = ", ".join(str(one.get("name")) for one in _target_regions(properties))
        raise ImageNotReplicated(
            f"The image {image.describe()} is not replicated to {location}",
            advice=f"Add the region to the version's target regions, which are: {regions or 'none'}.",
        )
    if str(state).lower() == "failed":
        raise ImageNotReplicated(
            f"The replication of the image {image.describe()} to {location} has failed",
            advice="The details of the version's replication status say why; update the version to start it again.",
        )
    if state is not None and str(state).lower() != "completed":
        raise ImageNotReplicated(
            f"The image {image.describe()} is not replicated to {location} yet: {state}",
            advice="Wait until its replication is completed.",
        )


def _target_regions(properties: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return (properties.get("publishingProfile") or {}).get("targetRegions") or []


def _target_region(properties: Mapping[str, Any], location: str) -> Mapping[str, Any] | None:
    return next((one for one in _target_regions(properties) if _region(one.get("name")) == _region(location)), None)


def _region(name: object) -> str:
    # "West Europe" and "westeurope" are the same region.
    return str(name or "").replace(" ", "").lower()


def _wrong_id(image: Image, form: str) -> BadInput:
    return BadInput(f"The image id {image.gallery_reference} is not of the form Azure uses", advice=f"Give {form}.")
