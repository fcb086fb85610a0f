# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The images there are, and what a reference to one of them stands for.

Reference kinds: ``platform`` (publisher, offer, sku, version), ``id`` (managed image, gallery definition or version),
``shared``, ``community`` and ``vhd`` (an unmanaged image by URI).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

from armsim import scenario
from armsim.common.wire import COMPUTE, Json
from armsim.protocol.errors import ArmError, invalid_parameter

Kind = Literal["platform", "id", "shared", "community", "vhd"]
PLATFORM_FIELDS = ("publisher", "offer", "sku", "version")

_GALLERY_ID = re.compile(
    r"/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/Microsoft\.Compute/galleries/([^/]+)"
    r"/images/([^/]+)(?:/versions/([^/]+))?",
    re.IGNORECASE,
)
_MANAGED_ID = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/([^/]+)/providers/Microsoft\.Compute/images/([^/]+)", re.IGNORECASE
)
_PUBLIC_ID = re.compile(r"/(?:shared|community)Galleries/([^/]+)/images/([^/]+)/versions/([^/]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Image:
    """One image that an instance can be made from.

    ``key`` distinguishes images and is readable; ``exact_version`` is null where images have no versions;
    ``trusted``: fit for Trusted Launch. ``plan`` is what it is bought by; without one ``free`` means that none is
    needed.
    """

    key: str
    exact_version: str | None
    os_type: str
    os_name: str
    os_version: str
    behaviour: scenario.Behaviour
    generation: str = "V2"
    specialized: bool = False
    trusted: bool = True
    plan: scenario.Plan | None = None
    free: bool = False


def disk_image(os_type: str) -> Image:
    """What runs on an instance whose OS disk was made from no image that anybody knows."""
    return Image("no image", None, os_type, os_type.lower(), "", scenario.Behaviour())


def plan_of(image: scenario.PlatformImage) -> scenario.Plan | None:
    """The plan of a platform image that has one: its product is the offer (documented)."""
    if image.plan is None:
        return None
    return scenario.Plan(name=image.plan, publisher=image.publisher, product=image.offer)


def _check_size(storage_profile: Json, gigabytes: int) -> None:
    """Refuse an OS disk that is smaller than its image (reported)."""
    size = (storage_profile.get("osDisk") or {}).get("diskSizeGB")
    if isinstance(size, int) and size < gigabytes:
        raise ArmError(
            409,
            "OperationNotAllowed",
            f"The specified disk size {size} GB is smaller than the size of the corresponding disk in the VM image: "
            f"{gigabytes} GB. This is not allowed. Please choose equal or greater size or do not specify an explicit "
            "size.",
            target="osDisk.diskSizeGB",
        )


def same_plan(given: Json, plan: scenario.Plan) -> bool:
    """Whether a set's plan is this one; names compare in any case."""
    return all(str(given.get(name)).lower() == value.lower() for name, value in plan.model_dump().items())


class GalleryPath(NamedTuple):
    """What the id of a gallery image names; ``version`` is null where it names the definition."""

    subscription: str
    group: str
    gallery: str
    image: str
    version: str | None


class ManagedPath(NamedTuple):
    """What the id of a managed image names."""

    group: str
    image: str


class PublicPath(NamedTuple):
    """What the id of an image of a shared or community gallery names; ``version`` may be ``latest``."""

    gallery: str
    image: str
    version: str


def gallery_path(resource_id: str) -> GalleryPath | None:
    match = _GALLERY_ID.fullmatch(resource_id)
    return GalleryPath(*match.groups()) if match else None


def managed_path(resource_id: str) -> ManagedPath | None:
    match = _MANAGED_ID.fullmatch(resource_id)
    return ManagedPath(*match.groups()) if match else None


def public_path(resource_id: str) -> PublicPath | None:
    match = _PUBLIC_ID.fullmatch(resource_id)
    return PublicPath(*match.groups()) if match else None


def read_action(resource_id: str) -> str | None:
    """The permission to read an image by its id; null where it is not an image."""
    if path := gallery_path(resource_id):
        return f"{COMPUTE}/galleries/images/{'versions/' if path.version else ''}read"
    return f"{COMPUTE}/images/read" if managed_path(resource_id) else None


def reference_kind(storage_profile: Json) -> Kind | None:
    """The kind of image a storage profile names, or None when it names none."""
    reference = storage_profile.get("imageReference") or {}
    if reference.get("id"):
        return "id"
    if reference.get("sharedGalleryImageId"):
        return "shared"
    if reference.get("communityGalleryImageId"):
        return "community"
    if any(reference.get(name) for name in PLATFORM_FIELDS):
        return "platform"
    if ((storage_profile.get("osDisk") or {}).get("image") or {}).get("uri"):
        return "vhd"
    return None


def version_key(version: str) -> tuple[tuple[int, str], ...]:
    """Sorts versions by number, part by part."""
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in re.split(r"[.-]", version))


def region_name(text: str) -> str:
    """A region's name as the service writes it (recorded: ``East US 2`` comes back as ``eastus2``)."""
    return text.replace(" ", "").lower()


def same_region(one: str, other: str) -> bool:
    """Region names compare without regard to case and spaces (``West Europe`` is ``westeurope``)."""
    return region_name(one) == region_name(other)


class Catalogue:
    """All images of the scenario."""

    def __init__(self, images: scenario.Images, subscription: str) -> None:
        self._subscription = subscription
        self.platform = images.platform
        self.galleries = images.galleries
        self.shared_galleries = images.shared_galleries
        self.community_galleries = images.community_galleries
        # Clients add to these, and take from them.
        self.managed = list(images.managed)
        self.vhds = images.vhds

    def resolve(self, storage_profile: Json, location: str) -> Image:
        """The image a storage profile stands for now, at ``location``; ``latest`` becomes a number.

        Raises ArmError as the service refuses a model with that reference.
        """
        reference: Json = storage_profile.get("imageReference") or {}
        match reference_kind(storage_profile):
            case "platform":
                return self._platform(reference, location)
            case "id":
                return self._by_id(reference["id"], location)
            case "shared":
                return self._public(self.shared_galleries, reference["sharedGalleryImageId"], location)
            case "community":
                return self._public(self.community_galleries, reference["communityGalleryImageId"], location)
            case "vhd":
                return self._vhd(storage_profile["osDisk"]["image"]["uri"])
            case _:
                raise invalid_parameter("imageReference", "Required parameter 'imageReference' is missing (null).")

    def admit(self, storage_profile: Json, location: str) -> Image:
        """The image for new instances: as :meth:`resolve`, but a deprecated version is refused.

        The refusal is reported for virtual machines; that it holds for new instances of scale sets is documented.
        """
        image = self.resolve(storage_profile, location)
        if isinstance(image.behaviour, scenario.PlatformVersion) and image.behaviour.deprecation == "Deprecated":
            raise ArmError(
                404,
                "ImageVersionDeprecated",
                f"The platform image '{image.key}' is deprecated.",
                target="imageReference",
            )
        _check_size(storage_profile, image.behaviour.os_disk_gb)
        return image

    def terms_accepted(self, plan: Json) -> bool:
        """Whether the subscription has accepted the terms of a plan; an unknown plan counts as accepted."""
        return all(
            image.terms_accepted or not same_plan(plan, known)
            for image in self.platform
            if (known := plan_of(image)) is not None
        )

    def find_platform(self, publisher: str, offer: str, sku: str) -> scenario.PlatformImage | None:
        wanted = (publisher.lower(), offer.lower(), sku.lower())
        for image in self.platform:
            if (image.publisher.lower(), image.offer.lower(), image.sku.lower()) == wanted:
                return image
        return None

    def find_gallery(self, subscription: str, group: str, name: str) -> scenario.Gallery | None:
        wanted = (subscription.lower(), group.lower(), name.lower())
        for gallery in self.galleries:
            owner = gallery.subscription or self._subscription
            if (owner.lower(), gallery.resource_group.lower(), gallery.name.lower()) == wanted:
                return gallery
        return None

    def has_galleries_in(self, subscription: str) -> bool:
        """Whether galleries are in a subscription other than the scenario's own."""
        return any((gallery.subscription or "").lower() == subscription.lower() for gallery in self.galleries)

    def find_managed(self, group: str, name: str) -> scenario.ManagedImage | None:
        for image in self.managed:
            if (image.resource_group.lower(), image.name.lower()) == (group.lower(), name.lower()):
                return image
        return None

    def _platform(self, reference: Json, location: str) -> Image:
        parts = {name: str(reference.get(name) or "") for name in PLATFORM_FIELDS}
        for name, value in parts.items():
            if not value:
                target = f"imageReference.{name}"
                raise invalid_parameter(target, f"Required parameter '{target}' is missing (null).")
        if not any(image.publisher.lower() == parts["publisher"].lower() for image in self.platform):
            raise invalid_parameter(
                "imageReference.publisher",
                f"The value of parameter imageReference.publisher is invalid: {parts['publisher']}.",
            )
        image = self.find_platform(parts["publisher"], parts["offer"], parts["sku"])
        versions = [
            version
            for version in (image.versions if image else [])
            if version.regions is None or any(same_region(region, location) for region in version.regions)
        ]
        wanted = parts["version"].lower()
        if wanted == "latest":
            offered = [version for version in versions if version.deprecation != "Deprecated"]
            chosen = max(offered, key=lambda version: version_key(version.version), default=None)
        else:
            chosen = next((version for version in versions if version.version.lower() == wanted), None)
        if image is None or chosen is None:
            raise ArmError(
                404,
                "PlatformImageNotFound",
                f"The platform image '{':'.join(parts.values())}' is not available. Verify that all fields in the "
                "storage profile are correct. For more details about storage profile information, please refer to "
                "https://aka.ms/storageprofile",
                target="imageReference",
            )
        key = f"{image.publisher}:{image.offer}:{image.sku}:{chosen.version}"
        system = (image.os_type, image.os_name, image.os_version)
        second, plan = image.generation == "V2", plan_of(image)
        return Image(
            key, chosen.version, *system, chosen, image.generation, trusted=second, plan=plan, free=plan is None
        )

    def _by_id(self, resource_id: str, location: str) -> Image:
        if path := gallery_path(resource_id):
            gallery = self.find_gallery(path.subscription, path.group, path.gallery)
            images = gallery.images if gallery else []
            prefix = self.gallery_id(gallery) if gallery else ""
            return self._gallery_image(images, path.image, path.version, location, resource_id, prefix)
        if managed_id := managed_path(resource_id):
            managed = self.find_managed(managed_id.group, managed_id.image)
            if managed is None or not same_region(managed.location, location):
                raise ArmError(404, "NotFound", f"The Image '{resource_id}' cannot be found in '{location}' region.")
            key = self.managed_id(managed)
            system = (managed.os_type, managed.os_name, managed.os_version)
            return Image(key, None, *system, managed, trusted=False)
        raise ArmError(
            400,
            "InvalidParameter",
            f"Id {resource_id} is not a valid resource reference.",
            target="imageReference.id",
        )

    def _public(self, galleries: list[scenario.PublicGallery], resource_id: str, location: str) -> Image:
        path = public_path(resource_id)
        if path is None:
            raise invalid_parameter("imageReference", f"The image reference {resource_id} is not valid.")
        name, definition, version = path
        gallery = next((item for item in galleries if item.name.lower() == name.lower()), None)
        kind = "SharedGalleries" if galleries is self.shared_galleries else "CommunityGalleries"
        wanted = None if version.lower() == "latest" else version
        images = gallery.images if gallery else []
        return self._gallery_image(images, definition, wanted, location, resource_id, f"/{kind}/{name}")

    def _gallery_image(
        self,
        images: list[scenario.GalleryImage],
        definition: str,
        version: str | None,
        location: str,
        resource_id: str,
        prefix: str,
    ) -> Image:
        image = next((item for item in images if item.name.lower() == definition.lower()), None)
        versions = [
            item
            for item in (image.versions if image else [])
            if any(same_region(region, location) for region in item.regions)
        ]
        if version is None:
            candidates = [item for item in versions if not item.exclude_from_latest]
            chosen = max(candidates, key=lambda item: version_key(item.version), default=None)
        else:
            chosen = next((item for item in versions if item.version == version), None)
        if image is None or chosen is None:
            raise ArmError(
                404,
                "GalleryImageNotFound",
                f"The gallery image {resource_id} is not available in {location} region. Please contact image owner to "
                "replicate to this region, or change your requested region.",
                target="imageReference",
            )
        key = f"{prefix}/images/{image.name}/versions/{chosen.version}"
        system = (image.os_type, image.os_name, image.os_version)
        second, specialized = image.generation == "V2", image.os_state == "Specialized"
        return Image(
            key,
            chosen.version,
            *system,
            chosen,
            image.generation,
            specialized,
            trusted=second,
            plan=image.purchase_plan,
        )

    def _vhd(self, uri: str) -> Image:
        known = next((vhd for vhd in self.vhds if vhd.uri == uri), None)
        if known is None:
            raise ArmError(
                400,
                "InvalidParameter",
                f"The source blob {uri} does not exist or cannot be read.",
                target="osDisk.image.uri",
            )
        return Image(uri, None, known.os_type, known.os_name, known.os_version, known, trusted=False)

    def gallery_id(self, gallery: scenario.Gallery) -> str:
        return (
            f"/subscriptions/{gallery.subscription or self._subscription}/resourceGroups/{gallery.resource_group}"
            f"/providers/{COMPUTE}/galleries/{gallery.name}"
        )

    def managed_id(self, image: scenario.ManagedImage) -> str:
        group = f"/subscriptions/{self._subscription}/resourceGroups/{image.resource_group}"
        return f"{group}/providers/{COMPUTE}/images/{image.name}"
