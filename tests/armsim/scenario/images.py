# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The images of a scenario, and how instances behave on them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from armsim.scenario.part import HealthReport, Name, Part


class UpgradeFailure(Part):
    code: Name = "VMExtensionProvisioningError"
    message: str = "VM has reported a failure when processing extensions after the upgrade."
    share: float = Field(default=1.0, ge=0, le=1, description="share of the instances it happens to")


class Flapping(Part):
    """A health report that changes to and fro: unhealthy at first, then healthy, and so on."""

    period: float = Field(default=60, gt=0, description="simulated seconds from one unhealthy report to the next")
    unhealthy: float = Field(default=0.5, gt=0, lt=1, description="share of the period")
    lasts: float | None = Field(default=None, gt=0, description="simulated seconds; default: without end")


class Behaviour(Part):
    """What becomes of an instance that is put on an image."""

    health: HealthReport = "healthy"
    health_share: float = Field(default=1.0, ge=0, le=1, description="share of the instances that `health` is true of")
    flap: Flapping | None = Field(default=None, description="the health report changes to and fro")
    flap_share: float = Field(default=1.0, ge=0, le=1, description="share of the instances that `flap` is true of")
    upgrade_fails: UpgradeFailure | None = None
    never_returns_share: float = Field(
        default=0.0, ge=0, le=1, description="share of the instances whose agent never reports"
    )
    boot_factor: float = Field(default=1.0, gt=0)


class PlatformVersion(Behaviour):
    version: Name
    deprecation: Literal["Active", "ScheduledForDeprecation", "Deprecated"] = "Active"
    regions: list[Name] | None = Field(default=None, description="default: everywhere")


class PlatformImage(Part):
    publisher: Name
    offer: Name
    sku: Name
    os_type: Literal["Linux", "Windows"] = "Linux"
    os_name: str = "ubuntu"
    os_version: str = "24.04"
    versions: list[PlatformVersion] = Field(min_length=1)


class GalleryVersion(Behaviour):
    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]
    regions: list[Name] = Field(min_length=1)
    exclude_from_latest: bool = False
    published: datetime | None = None


class GalleryImage(Part):
    name: Name
    publisher: Name = "shop"
    offer: Name = "web"
    sku: Name = "server"
    os_type: Literal["Linux", "Windows"] = "Linux"
    os_name: str = "ubuntu"
    os_version: str = "24.04"
    os_state: Literal["Generalized", "Specialized"] = "Generalized"
    versions: list[GalleryVersion]


class Gallery(Part):
    name: Name
    resource_group: Name
    location: Name
    images: list[GalleryImage]


class PublicGallery(Part):
    """A direct-shared gallery (by its unique name) or a community gallery (by its public name)."""

    name: Name
    images: list[GalleryImage]


class ManagedImage(Behaviour):
    name: Name
    resource_group: Name
    location: Name
    os_type: Literal["Linux", "Windows"] = "Linux"
    os_name: str = "ubuntu"
    os_version: str = "24.04"


class Vhd(Behaviour):
    uri: Annotated[str, StringConstraints(pattern=r"^https?://")]
    os_type: Literal["Linux", "Windows"] = "Linux"
    os_name: str = "ubuntu"
    os_version: str = "24.04"


class Images(Part):
    platform: list[PlatformImage] = Field(default=[])
    galleries: list[Gallery] = Field(default=[])
    shared_galleries: list[PublicGallery] = Field(default=[])
    community_galleries: list[PublicGallery] = Field(default=[])
    managed: list[ManagedImage] = Field(default=[])
    vhds: list[Vhd] = Field(default=[])
