# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What a region can supply: which sizes of virtual machines it has, and how many cores the subscription may use."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from armsim.scenario.part import Name, Part


class Size(Part):
    """A size that differs from what its name stands for, or that cannot be had everywhere."""

    name: Name = Field(description="such as Standard_D2s_v5")
    cores: int | None = Field(default=None, ge=1, description="default: by the name")
    memory_gb: float | None = Field(default=None, gt=0, description="default: as usual for the series")
    family: Name | None = Field(default=None, description="whose quota it takes; default: by the name")
    locations: list[Name] | None = Field(default=None, description="regions that have it; default: all")
    restricted: Literal["subscription", "capacity"] | None = Field(
        default=None,
        description="no more instances of it can be made: it is not offered to the subscription, as the list of sizes "
        "shows, or there is none left, which no list shows",
    )
    restricted_zones: list[Name] = Field(default=[], description="`restricted` in these zones only")


class Quota(Part):
    """So many cores may be used in a region; what no quota is given for is not limited."""

    family: Name = Field(
        default="cores",
        description="cores (of all families), lowPriorityCores (of Spot), or one such as standardDSv5Family",
    )
    location: Name | None = Field(default=None, description="region; default: each")
    limit: int = Field(ge=0, description="cores that may be used")
    used: int = Field(default=0, ge=0, description="cores of machines that the scenario does not have")
    refusal: Literal["request", "operation"] = Field(
        default="request", description="a scale-out beyond it is refused at once, or fails in its operation"
    )
