# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The scenario file: its schema (version 1), and reading it.

The classes are the schema; the README documents them for people. Unknown fields are errors, and every error names the
file, the field and what is allowed there.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from armsim.spread import Spread

BUNDLED = Path(__file__).parent / "scenarios"

Guid = Annotated[str, StringConstraints(pattern=r"(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Name = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^/?#]+$")]
HealthReport = Literal["healthy", "unhealthy", "unknown", "none"]


class ScenarioError(Exception):
    """A scenario that cannot be used; the text is one line and fit for people."""


class Part(BaseModel):
    """Base of all parts of the schema."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class Clock(Part):
    start: datetime | None = Field(default=None, description="simulated time at the start; default: the real time")


class Subscription(Part):
    id: Guid = "5e5e5e5e-0000-4000-8000-000000000001"
    name: Name = "armsim"


class Principal(Part):
    client_id: Guid = "c11e0000-0000-4000-8000-000000000001"
    client_secret: str = "armsim-secret"
    object_id: Guid = "0b1ec700-0000-4000-8000-000000000001"
    denied_actions: list[str] = Field(
        default=[], description="for example Microsoft.Compute/virtualMachineScaleSets/write"
    )
    token_lifetime: int = Field(default=3599, gt=0, description="real seconds")


class RetryAfter(Part):
    """Seconds named in ``Retry-After``, in simulated time; null leaves the header out."""

    write: float | None = Field(default=10, ge=0, description="first answer of PUT and PATCH")
    action: float | None = Field(default=None, ge=0, description="202 of an action")
    poll: float | None = Field(default=10, ge=0, description="poll of an operation in progress")


class Timings(Part):
    """How long things take, in simulated seconds."""

    upgrade: Spread = Spread(min=20, median=40, max=90)
    boot: Spread = Spread(min=30, median=42, max=60)
    agent: Spread = Spread(min=2, median=4, max=8)
    first_report: Spread = Spread(min=10, median=18, max=30)
    write: Spread = Spread(min=0.2, median=0.4, max=1.2)
    service_state: Spread = Spread(min=0.5, median=1, max=3)
    current: Spread = Spread(min=0.1, median=0.3, max=0.8)
    delete: Spread = Spread(min=15, median=25, max=60)


class UpgradeFailure(Part):
    code: Name = "VMExtensionProvisioningError"
    message: str = "VM has reported a failure when processing extensions after the upgrade."
    share: float = Field(default=1.0, ge=0, le=1, description="share of the instances it happens to")


class Behaviour(Part):
    """What becomes of an instance that is put on an image."""

    health: HealthReport = "healthy"
    health_share: float = Field(default=1.0, ge=0, le=1, description="share of the instances that `health` is true of")
    upgrade_fails: UpgradeFailure | None = None
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
    platform: list[PlatformImage] = []
    galleries: list[Gallery] = []
    shared_galleries: list[PublicGallery] = []
    community_galleries: list[PublicGallery] = []
    managed: list[ManagedImage] = []
    vhds: list[Vhd] = []


class ResourceGroup(Part):
    name: Name
    location: Name
    tags: dict[str, str] = {}
    managed_by: str | None = None


class ModelImage(Part):
    """The image of a scale set: exactly one kind."""

    publisher: Name | None = None
    offer: Name | None = None
    sku: Name | None = None
    version: Name | None = None
    id: str | None = None
    shared_gallery_image_id: str | None = None
    community_gallery_image_id: str | None = None
    uri: str | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> ModelImage:
        platform = [self.publisher, self.offer, self.sku, self.version]
        others = [self.id, self.shared_gallery_image_id, self.community_gallery_image_id, self.uri]
        given = sum(other is not None for other in others) + any(part is not None for part in platform)
        if given != 1 or (any(platform) and not all(platform)):
            raise ValueError(
                "give either publisher, offer, sku and version, or one of id, shared_gallery_image_id, "
                "community_gallery_image_id, uri"
            )
        return self


class Health(Part):
    source: Literal["extension", "probe", "none"] = "extension"
    protocol: Literal["http", "https", "tcp"] = "http"
    port: int = Field(default=8080, ge=1, le=65535)
    path: str = "/healthz"
    interval: int = Field(default=5, ge=5, le=60)
    rich: bool = Field(default=False, description="rich states: reports initializing before the first verdict")


class AutomaticRepairs(Part):
    enabled: bool = True
    grace_period: Annotated[str, StringConstraints(pattern=r"^PT\d+[MH]$")] = "PT10M"
    action: Literal["Replace", "Restart", "Reimage"] = "Replace"
    state: Literal["Running", "Suspended"] = "Running"


class UpgradePolicy(Part):
    mode: Literal["Manual", "Automatic", "Rolling"] = "Manual"
    automatic_os_upgrade: bool = False
    max_batch_percent: int = Field(default=20, ge=5, le=100)
    max_unhealthy_percent: int = Field(default=20, ge=5, le=100)
    max_unhealthy_upgraded_percent: int = Field(default=20, ge=0, le=100)
    pause: Annotated[str, StringConstraints(pattern=r"^PT\d+[SMH]$")] = "PT0S"


class Extension(Part):
    name: Name
    publisher: Name
    type: Name
    version: Name = "1.0"
    settings: dict[str, Any] = {}


class InstanceState(Part):
    """What is special about one instance at the start; what is left out is as the set has it."""

    state: Literal["running", "stopped", "deallocated", "failed"] = "running"
    health: HealthReport | None = None
    protect_from_scale_in: bool = False
    protect_from_scale_set_actions: bool = False
    image: ModelImage | None = Field(default=None, description="an older image than the model's")
    zone: Name | None = None
    placement_group: int | None = Field(default=None, ge=0)
    update_domain: int | None = Field(default=None, ge=0)
    fault_domain: int | None = Field(default=None, ge=0)


class ScaleSet(Part):
    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    resource_group: Name
    location: Name | None = Field(default=None, description="default: that of the resource group")
    orchestration_mode: Literal["Uniform", "Flexible"] = "Uniform"
    capacity: int | None = Field(default=None, ge=0, le=1000)
    vm_size: Name = "Standard_D2s_v5"
    image: ModelImage
    upgrade_policy: UpgradePolicy = UpgradePolicy()
    zones: list[Name] = []
    placement_groups: int = Field(default=1, ge=1)
    update_domains: int = Field(default=5, ge=1)
    fault_domains: int = Field(default=5, ge=1, le=5)
    health: Health = Health()
    automatic_repairs: AutomaticRepairs | None = None
    extensions: list[Extension] = []
    tags: dict[str, str] = {}
    overprovision: bool = True
    id_holes: float = Field(default=0.2, ge=0, lt=1, description="chance that an instance id is left out")
    instances: dict[str, InstanceState] = Field(
        default={}, description="by id; with `capacity` exceptions, without it all of them"
    )
    rolling_upgrade: Literal["RollingForward", "RollingBack", "Completed", "Cancelled", "Faulted"] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> ScaleSet:
        if self.capacity is None and not self.instances:
            raise ValueError("give capacity, or instances by id")
        if self.orchestration_mode == "Flexible" and self.health.source == "probe":
            raise ValueError("Flexible sets take health from the extension only: health.source extension or none")
        return self


class Scenario(Part):
    """A whole scenario file."""

    version: Literal[1]
    description: str = ""
    seed: int = 1
    clock: Clock = Clock()
    tenant_id: Guid = "7e4a0000-0000-4000-8000-000000000001"
    subscription: Subscription = Subscription()
    principal: Principal = Principal()
    retry_after: RetryAfter = RetryAfter()
    timings: Timings = Timings()
    images: Images
    resource_groups: list[ResourceGroup] = Field(min_length=1)
    scale_sets: list[ScaleSet] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_fit(self) -> Scenario:
        names = [item.name.lower() for item in self.scale_sets]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"scale_sets: the name {name} is given twice; the ledger tells sets apart by name")
        groups = {group.name.lower() for group in self.resource_groups}
        owners = [(f"scale set {item.name}", item.resource_group) for item in self.scale_sets]
        owners += [(f"gallery {item.name}", item.resource_group) for item in self.images.galleries]
        owners += [(f"managed image {item.name}", item.resource_group) for item in self.images.managed]
        for owner, group in owners:
            if group.lower() not in groups:
                raise ValueError(f"{owner}: resource_group {group} is not among {', '.join(sorted(groups))}")
        return self


def problems(error: ValidationError, whole: str) -> list[str]:
    """One line for each field that does not fit, with what is allowed there; ``whole`` names the document itself."""
    return [
        f"{'.'.join(str(step) for step in problem['loc']) or whole}: {problem['msg'].removeprefix('Value error, ')}"
        for problem in error.errors(include_url=False)
    ]


def locate(name: str) -> Path:
    """The scenario file for a path, or for the bare name of a bundled scenario."""
    path = Path(name)
    if path.is_file():
        return path
    bundled = BUNDLED / f"{name}.yaml"
    if "/" not in name and bundled.is_file():
        return bundled
    known = ", ".join(sorted(file.stem for file in BUNDLED.glob("*.yaml")))
    raise ScenarioError(f"no scenario file {name}; bundled scenarios are: {known}")


def load(path: Path) -> Scenario:
    """Read and check a scenario file; :class:`ScenarioError` names file, field and what is allowed."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise ScenarioError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    return parse(document, str(path))


def parse(document: object, source: str) -> Scenario:
    """Check a scenario document that came from ``source``."""
    try:
        return Scenario.model_validate(document)
    except ValidationError as error:
        raise ScenarioError(f"{source}: {'; '.join(problems(error, 'the file'))}") from error
