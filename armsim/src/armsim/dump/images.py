# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The images that dumps refer to, added to those of a scenario."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from armsim import scenario
from armsim.common.wire import Json
from armsim.dump.files import Dump
from armsim.images.catalogue import PLATFORM_FIELDS, gallery_path, managed_path, public_path, reference_kind

# Where nothing shows which version `latest` stands for.
UNKNOWN_VERSION = "1.0.0"


@dataclass(frozen=True)
class Mention:
    """An image that a model or an instance names: its storage profile, and what is known of the system in it."""

    storage: Json
    location: str
    system: dict[str, str]
    # Name of the plan that the set is bought by.
    plan: str | None = None


def with_images(images: scenario.Images, dumps: Iterable[Dump]) -> scenario.Images:
    """The images, and those that the dumps refer to; what is there already stays as it is."""
    lists: dict[str, list[Any]] = images.model_dump()
    mentions = [mention for dump in dumps for mention in _mentions(dump)]
    # Instances first: they know which version `latest` was.
    for mention in mentions:
        _add(lists, mention)
    return scenario.Images.model_validate(lists)


def exact_storage(storage: Json) -> Json:
    """The storage profile with the version that an instance really runs, where it reports one."""
    reference = storage.get("imageReference") or {}
    exact = reference.get("exactVersion")
    if not exact:
        return storage
    kind = reference_kind(storage)
    if kind == "platform":
        return {**storage, "imageReference": {**reference, "version": exact}}
    if kind == "id" and (path := gallery_path(reference["id"])) and path.version is None:
        return {**storage, "imageReference": {**reference, "id": f"{reference['id']}/versions/{exact}"}}
    for name in ("sharedGalleryImageId", "communityGalleryImageId"):
        if reference.get(name):
            base = reference[name].rpartition("/")[0]
            return {**storage, "imageReference": {**reference, name: f"{base}/{exact}"}}
    return storage


def storage_of(document: Json) -> Json:
    """The storage profile of a model or an instance; empty where it has none."""
    properties = document.get("properties") or {}
    owner = properties.get("virtualMachineProfile") or properties
    storage: Json = owner.get("storageProfile") or {}
    return storage


def _mentions(dump: Dump) -> Iterator[Mention]:
    location = str(dump.model["location"])
    plan = (dump.model.get("plan") or {}).get("name")
    for document in (*dump.instances, dump.model):
        storage = exact_storage(storage_of(document))
        if reference_kind(storage) is None:
            continue
        view = document["properties"].get("instanceView") or {}
        disk = storage.get("osDisk") or {}
        names = {
            "os_type": disk.get("osType") or _os_type(document),
            "os_name": view.get("osName"),
            "os_version": view.get("osVersion"),
        }
        yield Mention(storage, location, {name: str(value) for name, value in names.items() if value}, plan)


def _os_type(document: Json) -> str | None:
    """What the profile of the operating system shows: older api-versions do not show the disk's type."""
    owner = document["properties"].get("virtualMachineProfile") or document["properties"]
    system = owner.get("osProfile") or {}
    kinds = {"Windows": "windowsConfiguration", "Linux": "linuxConfiguration"}
    return next((kind for kind, name in kinds.items() if name in system), None)


def _add(lists: dict[str, list[Any]], mention: Mention) -> None:
    reference = mention.storage.get("imageReference") or {}
    match reference_kind(mention.storage):
        case "platform":
            _add_platform(lists["platform"], reference, mention)
        case "id" if path := gallery_path(reference["id"]):
            gallery = _entry(
                lists["galleries"],
                {"name": path.gallery, "resource_group": path.group},
                {"subscription": None, "location": mention.location, "images": []},
            )
            gallery["subscription"] = gallery["subscription"] or path.subscription
            _add_gallery_version(gallery["images"], path.image, path.version, mention)
        case "id" if managed := managed_path(reference["id"]):
            named = {"name": managed.image, "resource_group": managed.group}
            _entry(lists["managed"], named, {"location": mention.location, **mention.system})
        case "shared" | "community" as kind:
            public = public_path(reference[f"{kind}GalleryImageId"])
            if public is not None:
                gallery = _entry(lists[f"{kind}_galleries"], {"name": public.gallery}, {"images": []})
                version = None if public.version.lower() == "latest" else public.version
                _add_gallery_version(gallery["images"], public.image, version, mention)
        case "vhd":
            _entry(lists["vhds"], {"uri": mention.storage["osDisk"]["image"]["uri"]}, mention.system)


def _add_platform(images: list[Any], reference: Json, mention: Mention) -> None:
    if not all(reference.get(name) for name in PLATFORM_FIELDS):
        return
    named = {name: reference[name] for name in PLATFORM_FIELDS[:3]}
    image = _entry(images, named, {**mention.system, "versions": []})
    image["plan"] = image.get("plan") or mention.plan
    _add_version(image["versions"], None if reference["version"].lower() == "latest" else reference["version"], {})


def _add_gallery_version(images: list[Any], name: str, version: str | None, mention: Mention) -> None:
    image = _entry(images, {"name": name}, {**mention.system, "versions": []})
    _add_version(image["versions"], version, {"regions": [mention.location]})


def _add_version(versions: list[Any], version: str | None, more: Json) -> None:
    """A version by name; without one (``latest``) any will do, and one is made up where there is none."""
    if version is None and versions:
        return
    _entry(versions, {"version": version or UNKNOWN_VERSION}, more)


def _entry(entries: list[Any], named: dict[str, str], more: Json) -> Any:
    """The entry with these names, in any case; a new one at the end where there is none."""
    for entry in entries:
        if all(str(entry[name]).lower() == value.lower() for name, value in named.items()):
            return entry
    entries.append({**named, **more})
    return entries[-1]
