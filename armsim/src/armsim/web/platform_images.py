# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Platform images. Their lists are bare arrays, and their ids have capitals (recorded)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from armsim import scenario
from armsim.common.wire import Json, stamp
from armsim.images.catalogue import plan_of, version_key
from armsim.protocol import errors
from armsim.web.call import Call, Endpoint, Reply
from armsim.web.paths import COMPUTE

_PUBLISHERS = f"{COMPUTE}/locations/{{location}}/publishers"
_OFFERS = _PUBLISHERS + "/{publisher}/artifacttypes/vmimage/offers"
_SKUS = _OFFERS + "/{offer}/skus"
_VERSIONS = _SKUS + "/{sku}/versions"
_TYPE = "Microsoft.Compute/locations/publishers"
_FEATURES_OF_BOTH = {
    "IsAcceleratedNetworkSupported": "True",
    "DiskControllerTypes": "SCSI, NVMe",
    "IsHibernateSupported": "True",
}
# As in 22.04.202410020, 0.20240430.1733 and 20348.2762.241006.
_DATED = re.compile(r"\.(\d{4}|\d{2})(\d{2})(\d{2})\d?(?:\.\d+)?$")
_DATED_SINCE = datetime(2024, 9, 1, tzinfo=UTC)
_FEATURES = {"V1": _FEATURES_OF_BOTH, "V2": {"SecurityType": "TrustedLaunchSupported", **_FEATURES_OF_BOTH}}


def _missing() -> errors.ArmError:
    return errors.ArmError(404, "NotFound", "Artifact: VMImage was not found.")


def _deprecated(image: scenario.PlatformImage, version: scenario.PlatformVersion) -> errors.ArmError:
    """Code and text are documented, the status is reported."""
    return errors.ArmError(
        404,
        "ImageVersionDeprecated",
        f"VM Image from publisher: {image.publisher} with - Offer: {image.offer}, Sku: {image.sku}, "
        f"Version: {version.version} is deprecated.",
    )


def _entry(call: Call, name: str, *parts: str) -> Json:
    location = call.params["location"]
    path = f"/Subscriptions/{call.subscription}/Providers/Microsoft.Compute/Locations/{location}/Publishers"
    return {"location": location, "name": name, "id": "/".join([path, *parts])}


def _matching(call: Call, *fields: str) -> list[scenario.PlatformImage]:
    """Images whose ``fields`` are those of the path; 404 if there are none."""
    images = [
        image
        for image in call.simulation.catalogue.platform
        if all(getattr(image, name).lower() == call.params[name].lower() for name in fields)
    ]
    if not images:
        raise _missing()
    return images


def _names(values: Iterable[str]) -> list[str]:
    return sorted(dict.fromkeys(values))


def list_publishers(call: Call) -> Reply:
    return Reply([_entry(call, name, name) for name in _names(image.publisher for image in _matching(call))])


def list_offers(call: Call) -> Reply:
    images = _matching(call, "publisher")
    prefix = (images[0].publisher, "ArtifactTypes", "VMImage", "Offers")
    return Reply([_entry(call, name, *prefix, name) for name in _names(image.offer for image in images)])


def list_skus(call: Call) -> Reply:
    images = _matching(call, "publisher", "offer")
    prefix = (images[0].publisher, "ArtifactTypes", "VMImage", "Offers", images[0].offer, "Skus")
    return Reply([_entry(call, name, *prefix, name) for name in _names(image.sku for image in images)])


def _version(call: Call, image: scenario.PlatformImage, version: str) -> Json:
    prefix = (image.publisher, "ArtifactTypes", "VMImage", "Offers", image.offer, "Skus", image.sku, "Versions")
    return _entry(call, version, *prefix, version)


def _properties(image: scenario.PlatformImage, version: scenario.PlatformVersion) -> Json:
    """The two generations differ in what they report (recorded: 26 and 122 images, all but three alike)."""
    second = image.generation == "V2"
    features = _FEATURES[image.generation] if image.features is None else image.features
    gigabytes = version.os_disk_gb
    size = {"sizeInGb": gigabytes} if second else {"sizeInBytes": gigabytes * 2**30 + 512}
    return {
        "hyperVGeneration": image.generation,
        "architecture": "x64",
        "replicaType": "Managed",
        **({"replicaCount": 10} if second else {}),
        "disallowed": {"vmDiskType": "Unmanaged" if second else "None"},
        "automaticOSUpgradeProperties": {"automaticOSUpgradeSupported": True},
        "imageDeprecationStatus": _deprecation(version),
        **({"features": [{"name": name, "value": value} for name, value in features.items()]} if features else {}),
        "osDiskImage": {"operatingSystem": image.os_type, **size},
        "dataDiskImages": [],
        **went_live(version.version),
        **({"plan": plan.model_dump()} if (plan := plan_of(image)) else {}),
    }


def went_live(version: str) -> Json:
    """Images of autumn 2024 and later have the date they went live (recorded): here the one in their number."""
    match = _DATED.search(version)
    if match is None:
        return {}
    year, month, day = (int(part) for part in match.groups())
    try:
        date = datetime(year % 100 + 2000, month, day, tzinfo=UTC)
    except ValueError:
        return {}
    return {"goLiveDate": stamp(date, 0.0)} if date >= _DATED_SINCE else {}


def _deprecation(version: scenario.PlatformVersion) -> Json:
    when = version.scheduled_deprecation
    dated = {} if when is None else {"scheduledDeprecationTime": stamp(when, 0.0)}
    return {"imageState": version.deprecation, **dated}


def list_versions(call: Call) -> Reply:
    """``$top``, ``$orderby=name desc`` and ``$expand=properties`` apply; versions sort by number.

    Deprecated ones are not listed any more (documented: the list is of the valid versions).
    """
    image = _matching(call, "publisher", "offer", "sku")[0]
    newest_first = call.query.get("$orderby", "").lower().split() == ["name", "desc"]
    offered = [version for version in image.versions if version.deprecation != "Deprecated"]
    versions = sorted(offered, key=lambda item: version_key(item.version), reverse=newest_first)
    top = call.query.get("$top")
    if top is not None:
        if not top.isdigit():
            raise errors.invalid_parameter("$top", "The value of parameter $top is invalid.")
        versions = versions[: int(top)]
    entries = [_version(call, image, item.version) for item in versions]
    if call.query.get("$expand", "").lower() == "properties":
        entries = [
            {"properties": _properties(image, item), **entry} for item, entry in zip(versions, entries, strict=True)
        ]
    return Reply(entries)


def get_version(call: Call) -> Reply:
    image = _matching(call, "publisher", "offer", "sku")[0]
    for item in image.versions:
        if item.version.lower() == call.params["version"].lower():
            if item.deprecation == "Deprecated":
                raise _deprecated(image, item)
            body = {"properties": _properties(image, item), **_version(call, image, item.version)}
            return Reply(body)
    raise _missing()


ENDPOINTS = [
    Endpoint("GET", _PUBLISHERS, "VirtualMachineImages_ListPublishers", f"{_TYPE}/read", list_publishers),
    Endpoint("GET", _OFFERS, "VirtualMachineImages_ListOffers", f"{_TYPE}/artifacttypes/offers/read", list_offers),
    Endpoint("GET", _SKUS, "VirtualMachineImages_ListSkus", f"{_TYPE}/artifacttypes/offers/skus/read", list_skus),
    Endpoint(
        "GET", _VERSIONS, "VirtualMachineImages_List", f"{_TYPE}/artifacttypes/offers/skus/versions/read", list_versions
    ),
    Endpoint(
        "GET",
        f"{_VERSIONS}/{{version}}",
        "VirtualMachineImages_Get",
        f"{_TYPE}/artifacttypes/offers/skus/versions/read",
        get_version,
    ),
]
