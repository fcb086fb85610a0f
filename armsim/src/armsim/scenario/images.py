# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The images of a scenario, and how instances behave on them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from armsim.scenario.part import Guid, HealthReport, Name, Part


class UpgradeFailure(Part):
    code: Name = Field(default="VMExtensionProvisioningError", description="of the error of operation and instance")
    message: str = Field(
        default="VM has reported a failure when processing extensions after the upgrade.", description="of the same"
    )
    share: float = Field(default=1.0, ge=0, le=1, description="share of the instances it happens to")
    times: int | None = Field(
        default=None, ge=1, description="so often to one instance, which comes up the next time; default: always"
    )


class Flapping(Part):
    """A health report that changes to and fro: unhealthy at first, then healthy, and so on."""

    period: float = Field(default=60, gt=0, description="simulated seconds from one unhealthy report to the next")
    unhealthy: float = Field(default=0.5, gt=0, lt=1, description="share of the period")
    lasts: float | None = Field(default=None, gt=0, description="simulated seconds; default: without end")


class Behaviour(Part):
    """What becomes of an instance that is put on an image."""

    health: HealthReport = Field(default="healthy", description="what is reported")
    health_share: float = Field(default=1.0, ge=0, le=1, description="share of the instances that `health` is true of")
    flap: Flapping | None = Field(default=None, description="the health report changes to and fro")
    flap_share: float = Field(default=1.0, ge=0, le=1, description="share of the instances that `flap` is true of")
    upgrade_fails: UpgradeFailure | None = Field(default=None, description="upgrades to the image end so")
    never_returns_share: float = Field(
        default=0.0, ge=0, le=1, description="share of the instances whose agent never reports"
    )
    boot_factor: float = Field(default=1.0, gt=0, description="boots take so much longer")
    os_disk_gb: int = Field(default=30, ge=1, description="size of the OS disk; that of the model must not be smaller")


class PlatformVersion(Behaviour):
    version: Name = Field(description="such as 24.04.202511100")
    deprecation: Literal["Active", "ScheduledForDeprecation", "Deprecated"] = Field(
        default="Active", description="state of the version; of a `Deprecated` one no new instances are made"
    )
    scheduled_deprecation: datetime | None = Field(
        default=None, description="when a version `ScheduledForDeprecation` will be deprecated, as reads report it"
    )
    regions: list[Name] | None = Field(default=None, description="default: everywhere")
    withheld: bool = Field(default=False, description="not there before an action publishes it")


class Plan(Part):
    """By what an image of the marketplace is bought."""

    name: Name = Field(description="of the plan")
    publisher: Name = Field(description="of the product")
    product: Name = Field(description="the offer")


class PlatformImage(Part):
    publisher: Name = Field(description="such as Canonical")
    offer: Name = Field(description="such as ubuntu-24_04-lts")
    sku: Name = Field(description="such as server")
    os_type: Literal["Linux", "Windows"] = Field(default="Linux", description="of its versions")
    os_name: str = Field(default="ubuntu", description="as instances report it")
    os_version: str = Field(default="24.04", description="as instances report it")
    generation: Literal["V1", "V2"] = Field(default="V2", description="of the virtual machine")
    features: dict[str, str] | None = Field(default=None, description="by name; default: those of the generation")
    plan: Name | None = Field(
        default=None, description="name of the plan that it is bought by; scale sets made of it have that plan"
    )
    terms_accepted: bool = Field(default=True, description="of the plan, in the subscription")
    versions: list[PlatformVersion] = Field(min_length=1, description="oldest first")


class GalleryVersion(Behaviour):
    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")] = Field(description="such as 1.0.0")
    regions: list[Name] = Field(min_length=1, description="where it is replicated to")
    exclude_from_latest: bool = Field(default=False, description="`latest` passes it over")
    published: datetime | None = Field(default=None, description="when it came out")
    end_of_life: datetime | None = Field(default=None, description="as reads report it; nothing happens then")
    source: str | None = Field(default=None, description="id of what it was made from, as reads report it")
    withheld: bool = Field(default=False, description="not there before an action publishes it")


class GalleryImage(Part):
    name: Name = Field(description="of the definition")
    publisher: Name = Field(default="shop", description="of its identifier")
    offer: Name = Field(default="web", description="of its identifier")
    sku: Name = Field(default="server", description="of its identifier")
    os_type: Literal["Linux", "Windows"] = Field(default="Linux", description="of its versions")
    os_name: str = Field(default="ubuntu", description="as instances report it")
    os_version: str = Field(default="24.04", description="as instances report it")
    os_state: Literal["Generalized", "Specialized"] = Field(default="Generalized", description="of its versions")
    generation: Literal["V1", "V2"] = Field(default="V2", description="of the virtual machine")
    features: dict[str, str] = Field(default={}, description="by name, such as SecurityType: TrustedLaunch")
    purchase_plan: Plan | None = Field(
        default=None, description="of the marketplace image that it was made from; default: not known"
    )
    versions: list[GalleryVersion] = Field(description="oldest first")


class Gallery(Part):
    name: Name = Field(description="of the gallery")
    resource_group: Name = Field(description="one of the resource groups")
    subscription: Guid | None = Field(default=None, description="default: the scenario's")
    location: Name = Field(description="its region")
    tags: dict[str, str] | None = Field(default=None, description="of the gallery; default: none were ever given")
    images: list[GalleryImage] = Field(description="its definitions")


class PublicGallery(Part):
    """A direct-shared gallery (by its unique name) or a community gallery (by its public name)."""

    name: Name = Field(description="unique name of a shared gallery, public name of a community gallery")
    images: list[GalleryImage] = Field(description="its definitions")


class ManagedImage(Behaviour):
    name: Name = Field(description="of the image")
    resource_group: Name = Field(description="one of the resource groups")
    location: Name = Field(description="its region")
    os_type: Literal["Linux", "Windows"] = Field(default="Linux", description="of the image")
    os_name: str = Field(default="ubuntu", description="as instances report it")
    os_version: str = Field(default="24.04", description="as instances report it")


class Vhd(Behaviour):
    uri: Annotated[str, StringConstraints(pattern=r"^https?://")] = Field(description="address of the disk image")
    os_type: Literal["Linux", "Windows"] = Field(default="Linux", description="of the image")
    os_name: str = Field(default="ubuntu", description="as instances report it")
    os_version: str = Field(default="24.04", description="as instances report it")


class Images(Part):
    platform: list[PlatformImage] = Field(default=[], description="of the marketplace")
    galleries: list[Gallery] = Field(default=[], description="Azure Compute Galleries")
    shared_galleries: list[PublicGallery] = Field(default=[], description="shared with the subscription")
    community_galleries: list[PublicGallery] = Field(default=[], description="shared with everybody")
    managed: list[ManagedImage] = Field(default=[], description="managed images")
    vhds: list[Vhd] = Field(default=[], description="disk images by address")
