# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Galleries of the subscription, galleries shared with it, and community galleries."""

from __future__ import annotations

from armsim import scenario
from armsim.common.wire import Json, stamp
from armsim.images.catalogue import same_region
from armsim.protocol import errors
from armsim.web.call import Call, Endpoint, Reply, page
from armsim.web.paths import COMPUTE, GROUP_COMPUTE

_GALLERY = f"{GROUP_COMPUTE}/galleries/{{gallery}}"
_TYPE = "Microsoft.Compute/galleries"


def _gallery_of(call: Call) -> scenario.Gallery:
    subscription, group, name = call.params["subscription"], call.params["group"], call.params["gallery"]
    found = call.simulation.catalogue.find_gallery(subscription, group, name)
    if found is None:
        if "image" in call.params:
            parent = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{_TYPE}/{name}"
            raise errors.parent_resource_not_found("galleries/images", parent)
        raise errors.resource_not_found(_TYPE, name, group)
    return found


def _image_of(call: Call, images: list[scenario.GalleryImage]) -> scenario.GalleryImage:
    wanted = call.params["image"]
    for image in images:
        if image.name.lower() == wanted.lower():
            return image
    if "group" not in call.params:
        raise errors.entity_not_found()
    if "version" in call.params or call.path.lower().endswith("/versions"):
        parent = f"{call.simulation.catalogue.gallery_id(_gallery_of(call))}/images/{wanted}"
        raise errors.parent_resource_not_found("galleries/images/versions", parent)
    raise errors.resource_not_found(f"{_TYPE}/images", f"{call.params['gallery']}/{wanted}", call.params["group"])


def _version_of(call: Call, image: scenario.GalleryImage) -> scenario.GalleryVersion:
    for version in image.versions:
        if version.version == call.params["version"]:
            return version
    if "group" not in call.params:
        raise errors.entity_not_found()
    name = f"{call.params['gallery']}/{image.name}/{call.params['version']}"
    raise errors.resource_not_found(f"{_TYPE}/images/versions", name, call.params["group"])


def _published(call: Call, version: scenario.GalleryVersion) -> str:
    return stamp(version.published or call.simulation.calendar.start, 0.0)


def _end_of_life(version: scenario.GalleryVersion) -> Json:
    return {} if version.end_of_life is None else {"endOfLifeDate": stamp(version.end_of_life, 0.0)}


def get_gallery(call: Call) -> Reply:
    gallery = _gallery_of(call)
    return Reply(
        {
            "name": gallery.name,
            "id": call.simulation.catalogue.gallery_id(gallery),
            "type": _TYPE,
            "location": gallery.location,
            # Not returned where none were ever given (recorded).
            **({} if gallery.tags is None else {"tags": gallery.tags}),
            "properties": {
                "identifier": {"uniqueName": f"{call.subscription}-{gallery.name.upper()}"},
                "sharingProfile": {"permissions": "Private"},
                "provisioningState": "Succeeded",
            },
        }
    )


def _image(call: Call, gallery: scenario.Gallery, image: scenario.GalleryImage) -> Json:
    return {
        "name": image.name,
        "id": f"{call.simulation.catalogue.gallery_id(gallery)}/images/{image.name}",
        "type": f"{_TYPE}/images",
        "location": gallery.location,
        "tags": {},
        "properties": {
            "hyperVGeneration": image.generation,
            "architecture": "x64",
            **_features(image),
            "osType": image.os_type,
            "osState": image.os_state,
            "identifier": {"publisher": image.publisher, "offer": image.offer, "sku": image.sku},
            **({} if image.purchase_plan is None else {"purchasePlan": image.purchase_plan.model_dump()}),
            "provisioningState": "Succeeded",
        },
    }


def _features(image: scenario.GalleryImage) -> Json:
    features = [{"name": name, "value": value} for name, value in image.features.items()]
    return {"features": features} if features else {}


def get_image(call: Call) -> Reply:
    gallery = _gallery_of(call)
    return Reply(_image(call, gallery, _image_of(call, gallery.images)))


def list_images(call: Call) -> Reply:
    gallery = _gallery_of(call)
    return page(call, [_image(call, gallery, image) for image in gallery.images])


def _version(
    call: Call, gallery: scenario.Gallery, image: scenario.GalleryImage, version: scenario.GalleryVersion
) -> Json:
    body: Json = {
        "name": version.version,
        "id": f"{call.simulation.catalogue.gallery_id(gallery)}/images/{image.name}/versions/{version.version}",
        "type": f"{_TYPE}/images/versions",
        "location": gallery.location,
        "tags": {},
        "properties": {
            "publishingProfile": {
                "targetRegions": [
                    {"name": region, "regionalReplicaCount": 1, "storageAccountType": "Standard_LRS"}
                    for region in version.regions
                ],
                "replicaCount": 1,
                "excludeFromLatest": version.exclude_from_latest,
                "publishedDate": _published(call, version),
                **_end_of_life(version),
                "storageAccountType": "Standard_LRS",
            },
            "storageProfile": {
                **({} if version.source is None else {"source": {"id": version.source}}),
                "osDiskImage": {"sizeInGB": version.os_disk_gb, "hostCaching": "ReadWrite", "source": {}},
                "dataDiskImages": [],
            },
            "safetyProfile": {"reportedForPolicyViolation": False, "allowDeletionOfReplicatedLocations": False},
            "provisioningState": "Succeeded",
        },
    }
    if call.query.get("$expand", "").lower() == "replicationstatus":
        body["properties"]["replicationStatus"] = {
            "aggregatedState": "Completed",
            "summary": [
                {"region": region, "state": "Completed", "details": "", "progress": 100} for region in version.regions
            ],
        }
    return body


def list_versions(call: Call) -> Reply:
    gallery = _gallery_of(call)
    image = _image_of(call, gallery.images)
    return page(call, [_version(call, gallery, image, version) for version in image.versions])


def get_version(call: Call) -> Reply:
    gallery = _gallery_of(call)
    image = _image_of(call, gallery.images)
    return Reply(_version(call, gallery, image, _version_of(call, image)))


# --- galleries of others, seen from a location ----------------------------------------------------------------------


def _public_images(call: Call, galleries: list[scenario.PublicGallery]) -> list[scenario.GalleryImage]:
    for gallery in galleries:
        if gallery.name.lower() == call.params["gallery"].lower():
            return gallery.images
    raise errors.entity_not_found()


def _public_version(call: Call, kind: str, image: scenario.GalleryImage, version: scenario.GalleryVersion) -> Json:
    return {
        "name": version.version,
        "location": call.params["location"],
        "identifier": {"uniqueId": f"/{kind}/{call.params['gallery']}/Images/{image.name}/Versions/{version.version}"},
        "properties": {
            "publishedDate": _published(call, version),
            **_end_of_life(version),
            "excludeFromLatest": version.exclude_from_latest,
            "storageProfile": {
                "osDiskImage": {"diskSizeGB": version.os_disk_gb, "hostCaching": "ReadWrite"},
                "dataDiskImages": [],
            },
        },
    }


def _public_endpoints(kind: str, attribute: str, name: str) -> list[Endpoint]:
    """The endpoints of shared or community galleries: definition, versions, one version."""

    def image_of(call: Call) -> scenario.GalleryImage:
        """The image as the location sees it: with the versions that are replicated there (guessed)."""
        galleries: list[scenario.PublicGallery] = getattr(call.simulation.catalogue, attribute)
        image = _image_of(call, _public_images(call, galleries))
        location = call.params["location"]
        here = [one for one in image.versions if any(same_region(region, location) for region in one.regions)]
        return image.model_copy(update={"versions": here})

    def gallery(call: Call, gallery_name: str) -> Json:
        identifier = {"uniqueId": f"/{kind}/{gallery_name}"}
        return {"location": call.params["location"], "name": gallery_name, "identifier": identifier}

    def list_galleries(call: Call) -> Reply:
        return page(call, [gallery(call, item.name) for item in getattr(call.simulation.catalogue, attribute)])

    def get_public_gallery(call: Call) -> Reply:
        _public_images(call, getattr(call.simulation.catalogue, attribute))
        return Reply({"properties": {}, **gallery(call, call.params["gallery"])})

    def definition_of(call: Call, image: scenario.GalleryImage) -> Json:
        return {
            "name": image.name,
            "location": call.params["location"],
            "identifier": {"uniqueId": f"/{kind}/{call.params['gallery']}/Images/{image.name}"},
            "properties": {
                "osType": image.os_type,
                "osState": image.os_state,
                "recommended": {},
                "hyperVGeneration": image.generation,
                "architecture": "x64",
                **_features(image),
                "identifier": {"publisher": image.publisher, "offer": image.offer, "sku": image.sku},
            },
        }

    def get_definition(call: Call) -> Reply:
        return Reply(definition_of(call, image_of(call)))

    def list_definitions(call: Call) -> Reply:
        images = _public_images(call, getattr(call.simulation.catalogue, attribute))
        return page(call, [definition_of(call, image) for image in images])

    def list_public_versions(call: Call) -> Reply:
        image = image_of(call)
        return page(call, [_public_version(call, kind, image, version) for version in image.versions])

    def get_public_version(call: Call) -> Reply:
        image = image_of(call)
        return Reply(_public_version(call, kind, image, _version_of(call, image)))

    segment = kind[0].lower() + kind[1:]
    galleries = f"{COMPUTE}/locations/{{location}}/{segment}"
    definition = f"{galleries}/{{gallery}}/images/{{image}}"
    parent = f"Microsoft.Compute/locations/{segment}"
    action = f"{parent}/images"
    # Community galleries are too many to be listed.
    lists = [Endpoint("GET", galleries, f"{kind}_List", f"{parent}/read", list_galleries)] if kind[0] == "S" else []
    return [
        *lists,
        Endpoint("GET", f"{galleries}/{{gallery}}", f"{kind}_Get", f"{parent}/read", get_public_gallery),
        Endpoint("GET", f"{galleries}/{{gallery}}/images", f"{name}Images_List", f"{action}/read", list_definitions),
        Endpoint("GET", definition, f"{name}Images_Get", f"{action}/read", get_definition),
        Endpoint(
            "GET",
            f"{definition}/versions",
            f"{name}ImageVersions_List",
            f"{action}/versions/read",
            list_public_versions,
        ),
        Endpoint(
            "GET",
            f"{definition}/versions/{{version}}",
            f"{name}ImageVersions_Get",
            f"{action}/versions/read",
            get_public_version,
        ),
    ]


_VERSIONS = f"{_GALLERY}/images/{{image}}/versions"

ENDPOINTS = [
    Endpoint("GET", _GALLERY, "Galleries_Get", f"{_TYPE}/read", get_gallery),
    Endpoint("GET", f"{_GALLERY}/images", "GalleryImages_ListByGallery", f"{_TYPE}/images/read", list_images),
    Endpoint("GET", f"{_GALLERY}/images/{{image}}", "GalleryImages_Get", f"{_TYPE}/images/read", get_image),
    Endpoint(
        "GET", _VERSIONS, "GalleryImageVersions_ListByGalleryImage", f"{_TYPE}/images/versions/read", list_versions
    ),
    Endpoint(
        "GET", f"{_VERSIONS}/{{version}}", "GalleryImageVersions_Get", f"{_TYPE}/images/versions/read", get_version
    ),
    *_public_endpoints("SharedGalleries", "shared_galleries", "SharedGallery"),
    *_public_endpoints("CommunityGalleries", "community_galleries", "CommunityGallery"),
]
