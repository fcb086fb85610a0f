# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The scale sets of a scenario, and what is special about some of their instances."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from armsim.scenario.autoscale import Autoscale
from armsim.scenario.part import HealthReport, ImageFields, Name, Part


class StandbyPool(Part):
    """A standby pool of a Flexible set, full and ready at the start."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{3,24}$")] = Field(
        default="standby", description="of the pool, in the resource group of the set"
    )
    max_ready: int = Field(ge=0, le=1000, description="so many machines in the set and the pool together")
    min_ready: int = Field(default=0, ge=0, description="so many in the pool at least")
    state: Literal["Running", "Deallocated", "Hibernated"] = Field(
        default="Deallocated", description="how machines wait in the pool"
    )

    @model_validator(mode="after")
    def _in_order(self) -> StandbyPool:
        if self.min_ready > self.max_ready:
            raise ValueError("min_ready cannot exceed max_ready")
        return self


class ModelImage(ImageFields):
    """The image of a scale set: exactly one kind."""

    uri: str | None = Field(default=None, description="of a disk image")

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
    source: Literal["extension", "probe", "none"] = Field(default="extension", description="who reports")
    protocol: Literal["http", "https", "tcp"] = Field(default="http", description="of the check")
    port: int = Field(default=8080, ge=1, le=65535, description="of the check")
    path: str = Field(default="/healthz", description="of the check; none with tcp")
    interval: int = Field(default=5, ge=5, le=60, description="seconds between reports of the extension")
    rich: bool = Field(default=False, description="rich states: reports initializing before the first verdict")
    grace_period: int = Field(
        default=600, ge=5, le=14400, description="seconds that it may report initializing; of rich states only"
    )
    report_time: Literal["refreshed", "on_change"] = Field(
        default="refreshed", description="the time of a report moves with each report, or only with another state"
    )


class AutomaticRepairs(Part):
    enabled: bool = Field(default=True, description="the policy of the model")
    grace_period: Annotated[str, StringConstraints(pattern=r"^PT\d+[MH]$")] = Field(
        default="PT10M", description="after a change of an instance"
    )
    action: Literal["Replace", "Restart", "Reimage"] = Field(default="Replace", description="what a repair does")
    state: Literal["Running", "Suspended"] = Field(default="Running", description="of the service at the start")


class UpgradePolicy(Part):
    mode: Literal["Manual", "Automatic", "Rolling"] = Field(
        default="Manual", description="who brings instances to a new model"
    )
    automatic_os_upgrade: bool = Field(default=False, description="the platform writes newer images itself")
    max_batch_percent: int = Field(
        default=20, ge=5, le=100, description="of the instances, in one batch of a rolling upgrade"
    )
    max_unhealthy_percent: int = Field(
        default=20, ge=5, le=100, description="of the instances, or a rolling upgrade stops"
    )
    max_unhealthy_upgraded_percent: int = Field(
        default=20, ge=0, le=100, description="of those upgraded, or a rolling upgrade stops"
    )
    pause: Annotated[str, StringConstraints(pattern=r"^PT\d+[SMH]$")] = Field(
        default="PT0S", description="between batches of a rolling upgrade"
    )


class Extension(Part):
    name: Name = Field(description="of the extension")
    publisher: Name = Field(description="such as Microsoft.Azure.Extensions")
    type: Name = Field(description="such as CustomScript")
    version: Name = Field(default="1.0", description="of its handler")
    settings: dict[str, Any] = Field(default={}, description="public ones")


class InstanceState(Part):
    """What is special about one instance at the start; what is left out is as the set has it."""

    state: Literal["running", "stopped", "deallocated", "failed", "updating"] = Field(
        default="running", description="running, off, failed in provisioning, or in an operation that never ends"
    )
    health: HealthReport | None = Field(
        default=None, description="what is reported; default: as its image has it, and nothing of a failed one"
    )
    protect_from_scale_in: bool = Field(default=False, description="instance protection")
    protect_from_scale_set_actions: bool = Field(default=False, description="instance protection")
    tags: dict[str, str] = Field(default={}, description="of the instance, beside those of the set")
    image: ModelImage | None = Field(
        default=None, description="an older image than the model's, or that of an attached virtual machine"
    )
    attached: Literal["image", "disk"] | None = Field(
        default=None,
        description="a virtual machine that was not made from the model of its Flexible set: from an image, or from a "
        "disk that was there before; it has neither the model's extensions nor the mark",
    )
    os_type: Literal["Linux", "Windows"] = Field(default="Linux", description="of a disk that was there before")
    zone: Name | None = Field(default=None, description="default: drawn in turn")
    placement_group: int | None = Field(
        default=None, ge=0, description="number of one of the groups of the set; default: in turn"
    )
    update_domain: int | None = Field(default=None, ge=0, description="default: in turn")
    fault_domain: int | None = Field(default=None, ge=0, description="default: in turn")


class ScaleSet(Part):
    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")] = Field(
        description="no other set has it"
    )
    resource_group: Name = Field(description="one of the resource groups")
    location: Name | None = Field(default=None, description="default: that of the resource group")
    spot: Literal["Deallocate", "Delete"] | None = Field(
        default=None, description="eviction policy of Spot instances; default: regular ones"
    )
    orchestration_mode: Literal["Uniform", "Flexible"] = Field(default="Uniform", description="of the set")
    capacity: int | None = Field(default=None, ge=0, le=1000, description="default: as many as `instances` has")
    missing: int = Field(default=0, ge=0, description="so many instances of the capacity are not there, and never come")
    vm_size: Name = Field(default="Standard_D2s_v5", description="SKU of the model")
    image: ModelImage = Field(description="of the model")
    profile: bool = Field(
        default=True,
        description="false: a Flexible set without a model; `image` is then what its virtual machines were made from",
    )
    security_type: Literal["Standard", "TrustedLaunch", "ConfidentialVM"] | None = Field(
        default=None, description="of the model; default: it has none"
    )
    upgrade_policy: UpgradePolicy = Field(default=UpgradePolicy(), description="of the model")
    zones: list[Name] = Field(default=[], description="of the model; instances take them in turn")
    placement_groups: int = Field(default=1, ge=1, description="in each zone")
    update_domains: int = Field(default=5, ge=1, description="in each placement group")
    fault_domains: int = Field(default=5, ge=1, le=5, description="in each placement group")
    health: Health = Field(default=Health(), description="where health comes from")
    automatic_repairs: AutomaticRepairs | None = Field(default=None, description="default: no policy")
    standby_pool: StandbyPool | None = Field(default=None, description="default: no standby pool")
    autoscale: Autoscale | None = Field(default=None, description="default: no autoscale setting")
    extensions: list[Extension] = Field(default=[], description="of the model, beside the health extension")
    tags: dict[str, str] = Field(default={}, description="of the set")
    os_image_notification: bool = Field(
        default=False, description="of the model: an upgrade or a reimage is announced (`timings.os_image_notice`)"
    )
    overprovision: bool = Field(default=True, description="of the model")
    id_holes: float = Field(default=0.2, ge=0, lt=1, description="chance that an instance id is left out")
    instances: dict[str, InstanceState] = Field(
        default={}, description="by id; with `capacity` exceptions, without it all of them"
    )
    protection_detaches: bool = Field(
        default=False,
        description="a PUT that sets the protection of an instance makes its definition its own, as some users saw",
    )
    tags_are_model: bool = Field(
        default=False, description="a change of the tags makes a new model, which leaves the instances behind"
    )
    model_shown_ahead: float = Field(
        default=0,
        ge=0,
        description="an instance that is upgraded shows the new model for so many seconds before its disk is replaced, "
        "and serves from the old one meanwhile",
    )
    rolling_upgrade: Literal["RollingForward", "RollingBack", "Completed", "Cancelled", "Faulted"] | None = Field(
        default=None, description="`rollingUpgrades/latest` shows one in this state"
    )

    @model_validator(mode="after")
    def _consistent(self) -> ScaleSet:
        if self.capacity is None and not self.instances:
            raise ValueError("give capacity, or instances by id")
        if self.missing and self.missing >= (self.capacity or 0):
            raise ValueError("missing is less than capacity, and needs it")
        if self.orchestration_mode == "Flexible" and self.health.source == "probe":
            raise ValueError("Flexible sets take health from the extension only: health.source extension or none")
        if self.standby_pool is not None and (self.orchestration_mode == "Uniform" or self.fault_domains > 1):
            raise ValueError("only Flexible sets with fault_domains: 1 take a standby_pool")
        attached = [name for name, state in self.instances.items() if state.attached]
        if self.orchestration_mode == "Uniform" and (attached or not self.profile):
            raise ValueError("only Flexible sets take virtual machines that were not made from their model")
        return self
