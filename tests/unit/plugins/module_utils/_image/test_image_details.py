# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What Azure tells of images, in the words of each of its kinds."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._image.image_details import (
    ImageDetails,
    of_gallery,
    of_managed,
    of_platform,
    plan_of,
)

FEATURES = [
    {"name": "SecurityType", "value": "TrustedLaunchSupported"},
    {"name": "diskControllerTypes", "value": "SCSI, NVMe"},
]


def test_a_version_of_a_platform_image() -> None:
    version = {
        "properties": {
            "osDiskImage": {"operatingSystem": "Linux", "sizeInGb": 30},
            "hyperVGeneration": "V2",
            "features": FEATURES,
            "imageDeprecationStatus": {
                "imageState": "Deprecated",
                "scheduledDeprecationTime": "2027-01-01",
            },
            "plan": {"publisher": "Bitnami", "product": "Nginx", "name": "1-9"},
        }
    }
    assert of_platform(version) == ImageDetails(
        os_type="Linux",
        os_state="Generalized",
        generation="V2",
        security="TrustedLaunchSupported",
        deprecation="Deprecated",
        end_of_life="2027-01-01",
        disk_gb=30,
        disk_controllers=("scsi", "nvme"),
        plan=("bitnami", "nginx", "1-9"),
    )


def test_the_size_of_a_disk_in_bytes_has_those_of_its_footer() -> None:
    disk = {"sizeInBytes": 30 * 2**30 + 512}
    assert of_platform({"properties": {"osDiskImage": disk}}).disk_gb == 30


def test_a_managed_image() -> None:
    disk = {"osType": "Windows", "osState": "Generalized", "diskSizeGB": 127}
    image = {"properties": {"storageProfile": {"osDisk": disk}, "hyperVGeneration": "V1"}}
    assert of_managed(image) == ImageDetails("Windows", "Generalized", "V1", disk_gb=127)


@pytest.mark.parametrize("size", ["sizeInGB", "diskSizeGB"])
def test_an_image_of_a_gallery(size: str) -> None:
    definition = {"properties": {"osType": "Linux", "osState": "Specialized", "features": FEATURES}}
    version = {"properties": {"storageProfile": {"osDiskImage": {size: 64}}}}
    found = of_gallery(definition, version, excluded=True)
    assert (found.os_type, found.os_state, found.disk_gb, found.excluded) == ("Linux", "Specialized", 64, True)
    assert found.disk_controllers == ("scsi", "nvme")


@pytest.mark.parametrize(
    ("common", "own", "end"),
    [
        ({"endOfLifeDate": "2030"}, {}, "2030"),
        ({"endOfLifeDate": "2030"}, {"publishingProfile": {"endOfLifeDate": "2028"}}, "2028"),
        ({}, {"endOfLifeDate": "2029"}, "2029"),
        ({}, {}, None),
    ],
)
def test_a_version_may_end_before_its_image(common: dict[str, Any], own: dict[str, Any], end: str | None) -> None:
    assert of_gallery({"properties": common}, {"properties": own}, excluded=False).end_of_life == end


def test_answers_that_tell_nothing_are_read_as_well() -> None:
    nothing = ("", "", "")
    assert of_platform({}) == ImageDetails(os_state="Generalized", plan=nothing)
    assert of_managed({}) == ImageDetails()
    assert of_gallery({}, {"properties": None}, excluded=False) == ImageDetails(plan=nothing)
    assert plan_of(None) == nothing
