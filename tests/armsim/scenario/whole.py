# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A whole scenario."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from armsim.scenario.images import Images
from armsim.scenario.part import Guid, Name, Part
from armsim.scenario.scale_sets import ScaleSet
from armsim.scenario.service import Clock, Principal, RetryAfter, Subscription, Timings


class ResourceGroup(Part):
    name: Name
    location: Name
    tags: dict[str, str] = Field(default={})
    managed_by: str | None = None


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
    images: Images = Images()
    resource_groups: list[ResourceGroup] = Field(default=[])
    scale_sets: list[ScaleSet] = Field(default=[])

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
            # Without scale sets it goes over a dump, which brings the resource groups.
            if self.scale_sets and group.lower() not in groups:
                raise ValueError(f"{owner}: resource_group {group} is not among {', '.join(sorted(groups))}")
        return self
