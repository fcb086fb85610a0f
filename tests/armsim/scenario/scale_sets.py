# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The scale sets of a scenario, and what is special about some of their instances."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from armsim.scenario.part import HealthReport, Name, Part


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
    settings: dict[str, Any] = Field(default={})


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
    zones: list[Name] = Field(default=[])
    placement_groups: int = Field(default=1, ge=1)
    update_domains: int = Field(default=5, ge=1)
    fault_domains: int = Field(default=5, ge=1, le=5)
    health: Health = Health()
    automatic_repairs: AutomaticRepairs | None = None
    extensions: list[Extension] = Field(default=[])
    tags: dict[str, str] = Field(default={})
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
