# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Image references: what a scale set's model points at and what an instance was made from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._common.validation import shown

LATEST = "latest"

# option name -> key on the wire, below storageProfile.imageReference
PLATFORM_FIELDS = {"publisher": "publisher", "offer": "offer", "sku": "sku", "version": "version"}
ID_FIELDS = {
    "id": "id",
    "shared_gallery_image_id": "sharedGalleryImageId",
    "community_gallery_image_id": "communityGalleryImageId",
}
OPTION_FIELDS = (*PLATFORM_FIELDS, *ID_FIELDS, "uri")

_VERSIONED_ID = re.compile(r"^(?P<definition>.+/images/[^/]+)(?:/versions/(?P<version>[^/]+))?/?$", re.IGNORECASE)
# No part of an address may lead to another one.
_PART = re.compile(r"(?!\.+\Z)[\w.+-]{1,128}", re.ASCII)
_ID = re.compile(r"(?:/(?!\.+(?:/|\Z))[-\w.()]{1,128})+/?")
_BLOB = re.compile(r"https://[\w.-]+(?::\d{1,5})?(?:/[^\s/?#]+)+")
_GALLERY_ID = re.compile(r"/galleries/[^/]+/images/[^/]+", re.IGNORECASE)


@dataclass(frozen=True)
class Image:
    """One image reference.

    Either `publisher`, `offer`, `sku` and `version`, or one of `id` (managed image, gallery definition or version),
    `shared_gallery_image_id`, `community_gallery_image_id`, or `uri` (unmanaged VHD). `exact_version` is what Azure
    adds on instances: the real version behind `latest` (recorded: the instance repeats the model's reference and adds
    `exactVersion`).
    """

    publisher: str | None = None
    offer: str | None = None
    sku: str | None = None
    version: str | None = None
    id: str | None = None
    shared_gallery_image_id: str | None = None
    community_gallery_image_id: str | None = None
    uri: str | None = None
    exact_version: str | None = field(default=None, compare=False)

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Image:
        """From a module's O(image): unset and empty fields count as not given."""
        return cls(**{name: str(options[name]) for name in OPTION_FIELDS if options.get(name)})

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Image:
        """From what `to_dict` made, for instance out of facts."""
        exact = data.get("exact_version")
        return replace(cls.from_options(data), exact_version=str(exact) if exact else None)

    @classmethod
    def from_storage_profile(cls, profile: Mapping[str, Any]) -> Image:
        """From `storageProfile` of a model or an instance, as it is on the wire."""
        reference = profile.get("imageReference") or {}
        fields = {name: reference.get(key) or None for name, key in {**PLATFORM_FIELDS, **ID_FIELDS}.items()}
        vhd = ((profile.get("osDisk") or {}).get("image") or {}).get("uri")
        # What follows a question mark would be a signature.
        return cls(
            **fields,
            uri=str(vhd).partition("?")[0] if vhd else None,
            exact_version=reference.get("exactVersion") or None,
        )

    def to_dict(self) -> dict[str, str]:
        """The fields that are set, under their option names."""
        names = (*OPTION_FIELDS, "exact_version")
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    def to_storage_profile(self, replacing: Image | None = None) -> dict[str, Any]:
        """The part of `storageProfile` to PATCH: the reference alone, or the VHD of the OS disk.

        The whole reference goes, because publisher, offer and sku may only change in one call (documented). Where
        `replacing` is of another kind, what only that kind has goes as null: a PATCH keeps what it does not name.
        """
        wire = {**PLATFORM_FIELDS, **ID_FIELDS}
        reference: dict[str, Any] = {key: value for name, key in wire.items() if (value := getattr(self, name))}
        if replacing is None or replacing.kind in (self.kind, "none"):
            return {"osDisk": {"image": {"uri": self.uri}}} if self.uri else {"imageReference": reference}
        if self.uri:
            return {"imageReference": None, "osDisk": {"image": {"uri": self.uri}}}
        cleared = {key: None for name, key in wire.items() if getattr(replacing, name) and key not in reference}
        disk = {"osDisk": {"image": None}} if replacing.uri else {}
        return {"imageReference": {**reference, **cleared}, **disk}

    @property
    def kind(self) -> str:
        """platform, managed_image, gallery, shared_gallery, community_gallery, vhd or none."""
        if self.uri:
            return "vhd"
        if self.shared_gallery_image_id:
            return "shared_gallery"
        if self.community_gallery_image_id:
            return "community_gallery"
        if self.id:
            return "gallery" if _GALLERY_ID.search(self.id) else "managed_image"
        return "platform" if self.publisher or self.offer or self.sku else "none"

    @property
    def gallery_reference(self) -> str | None:
        """The id of whatever kind, where the image is known by one."""
        return self.id or self.shared_gallery_image_id or self.community_gallery_image_id

    @property
    def definition(self) -> str | None:
        """A gallery image's id without its version."""
        match = self._versioned_id()
        return match["definition"] if match else None

    @property
    def effective_version(self) -> str | None:
        """The version that is really meant: the exact one where Azure reports it, else the one in the reference."""
        if self.exact_version:
            return self.exact_version
        match = self._versioned_id()
        return match["version"] if match else self.version

    @cached_property
    def identity(self) -> tuple[str, ...] | None:
        """What references to the same image have in common, whatever their versions; None where there is no image.

        Computed once: a rollout compares each instance's image with the target many times.
        """
        kind = self.kind
        if kind == "none":
            return None
        if kind == "platform":
            return (kind, _fold(self.publisher), _fold(self.offer), _fold(self.sku))
        return (kind, _fold(self.definition or self.gallery_reference or self.uri))

    @cached_property
    def folded_version(self) -> str:
        """The effective version in the form in which versions are compared; empty where an image has no versions."""
        return _fold(self.effective_version) if self.definition or self.kind == "platform" else ""

    @cached_property
    def floating(self) -> bool:
        """True where the reference names no fixed version: `latest`, or a gallery definition."""
        if self.kind == "platform":
            return (self.version or "").lower() == LATEST
        match = self._versioned_id()
        return match is not None and (match["version"] is None or match["version"].lower() == LATEST)

    @property
    def pinned(self) -> Image:
        """The reference that leads to this very image: at the number behind `latest`, where Azure reports it."""
        if self.floating and self.exact_version:
            return self.with_version(self.exact_version)
        return replace(self, exact_version=None)

    def with_version(self, version: str) -> Image:
        """The same image at another version; for gallery images the version is the last part of the id.

        The newest version of a gallery is its definition's id (documented); shared and community galleries write
        `latest` as the version.
        """
        if self.kind == "platform":
            return replace(self, version=version, exact_version=None)
        match = self._versioned_id()
        if match is None:
            raise BadInput(
                f"The model's image ({self.describe()}) has no versions, so 'version' alone cannot replace it",
                advice="Name the new image by 'id' or 'uri'.",
            )
        versioned = f"{match['definition']}/versions/{version}"
        if self.kind == "gallery":
            return replace(self, id=match["definition"] if version.lower() == LATEST else versioned, exact_version=None)
        if self.kind == "shared_gallery":
            return replace(self, shared_gallery_image_id=versioned, exact_version=None)
        return replace(self, community_gallery_image_id=versioned, exact_version=None)

    def describe(self) -> str:
        """One line for people: the urn of a platform image, else the id or address."""
        if self.kind == "platform":
            urn = ":".join(str(part or "?") for part in (self.publisher, self.offer, self.sku, self.version))
            exact = self.exact_version
            return f"{urn} ({exact})" if exact and exact != self.version else urn
        return self.gallery_reference or self.uri or "no image"

    def _versioned_id(self) -> re.Match[str] | None:
        if self.kind not in ("gallery", "shared_gallery", "community_gallery"):
            return None
        return _VERSIONED_ID.match(self.gallery_reference or "")


def check_wanted(wanted: Image) -> None:
    """Raise BadInput where no image can be meant, whatever the model has.

    Parts of a platform image and of an id become parts of addresses; an address of a blob may carry no query, because
    that is where signatures stand, and Azure reads the blob without one.
    """
    by_id = [name for name in (*ID_FIELDS, "uri") if getattr(wanted, name)]
    by_platform = [name for name in ("publisher", "offer", "sku") if getattr(wanted, name)]
    if len(by_id) > 1 or (by_id and (by_platform or wanted.version)):
        named = ", ".join([*by_id, *by_platform, *(["version"] if wanted.version else [])])
        raise BadInput(
            f"The image names several kinds of image at once: {named}",
            advice="Give one of: publisher, offer, sku and version; id; shared_gallery_image_id; "
            "community_gallery_image_id; uri. The version of a gallery image is part of its id.",
        )
    if not by_id and not by_platform and not wanted.version:
        raise BadInput(
            "The image names nothing to change to",
            advice="Give at least one field, for example {version: latest}.",
        )
    for name in PLATFORM_FIELDS:
        if not _PART.fullmatch(getattr(wanted, name) or "x"):
            raise BadInput(
                f"The image's {name} is {shown(getattr(wanted, name))}, and Azure has none of that form",
                advice="Give letters, digits, hyphens, underscores and periods, as 'az vm image list' shows them.",
            )
    for name in ID_FIELDS:
        if not _ID.fullmatch(getattr(wanted, name) or "/x"):
            raise BadInput(
                f"The image's {name} is {shown(getattr(wanted, name))}, which is not a valid id of a resource",
                advice="Give the whole id, for example /subscriptions/{id}/resourceGroups/{group}/providers/"
                "Microsoft.Compute/galleries/{gallery}/images/{definition}/versions/{version}.",
            )
    if wanted.uri and not _BLOB.fullmatch(wanted.uri):
        raise BadInput(
            f"The image's uri {shown(wanted.uri.partition('?')[0])} is not a valid https address of a "
            "blob, or it has a query",
            advice="Give it as https://{account}.blob.core.windows.net/{container}/{name}.vhd, without a signature.",
        )


def merge(current: Image, wanted: Image) -> Image:
    """The image that the model gets: `wanted`, with fields that are not given taken from `current`.

    `{version: X}` alone works for gallery images, too. Raises BadInput where `wanted` is empty, names more than one
    kind of image, or leaves out a field that `current` cannot give.
    """
    check_wanted(wanted)
    if any(getattr(wanted, name) for name in (*ID_FIELDS, "uri")):
        return wanted
    by_platform = wanted.publisher or wanted.offer or wanted.sku
    if not by_platform and current.kind != "platform":
        return current.with_version(wanted.version or LATEST)
    base = current if current.kind == "platform" else Image()
    merged = Image(**{name: getattr(wanted, name) or getattr(base, name) for name in PLATFORM_FIELDS})
    missing = [name for name in PLATFORM_FIELDS if not getattr(merged, name)]
    if missing:
        raise BadInput(
            f"The image lacks {', '.join(missing)}, and the model's own image ({current.describe()}) has none to keep",
            advice="A platform image needs publisher, offer, sku and version.",
        )
    return merged


def same_image(one: Image, other: Image) -> bool:
    """Whether two references mean the same image and the same version; ids are compared without regard to case.

    Where there is no image, nothing is the same: two disks without one have nothing in common.
    """
    return one.identity is not None and one.identity == other.identity and _same_version(one, other)


def same_reference(one: Image, other: Image) -> bool:
    """Whether two models' references are word for word the same but for case; `latest` is not the number behind it."""
    return all(_fold(getattr(one, name)) == _fold(getattr(other, name)) for name in OPTION_FIELDS)


def newest(versions: Iterable[str]) -> str | None:
    """The highest of dotted version numbers, compared as numbers: 9.10 comes after 9.9."""
    return max(versions, key=_version_key, default=None)


def _same_version(one: Image, other: Image) -> bool:
    # A floating reference is met by whatever version its instances got: the number is Azure's choice, not ours. They
    # repeat the reference (recorded), so one that names a number was made from an older model.
    if (one.floating and not one.exact_version) or (other.floating and not other.exact_version):
        return one.floating and other.floating
    return one.folded_version == other.folded_version


def _fold(text: str | None) -> str:
    return (text or "").rstrip("/").lower()


def _version_key(version: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in version.split("."))
