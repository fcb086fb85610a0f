# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The autoscale setting of a scale set."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from armsim.scenario.part import Name, Part

Day = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class AutoscaleLimits(Part):
    """Within what the capacity is kept."""

    min: int = Field(ge=0, le=1000, description="instances at least")
    max: int = Field(ge=0, le=1000, description="instances at most")
    default: int | None = Field(default=None, ge=0, le=1000, description="where metrics are missing; default: `min`")

    @model_validator(mode="after")
    def _in_order(self) -> AutoscaleLimits:
        if not self.min <= (self.min if self.default is None else self.default) <= self.max:
            raise ValueError("must be min <= default <= max")
        return self


class AutoscaleProfile(AutoscaleLimits):
    """A further profile for some days; it is shown, and never comes into force."""

    name: Name = Field(description="of the profile")
    days: list[Day] = Field(min_length=1, description="on which it begins")
    hour: int = Field(default=0, ge=0, le=23, description="at which it begins, in UTC")


class Autoscale(AutoscaleLimits):
    """A setting without rules: actions decide what autoscale does."""

    name: Name | None = Field(default=None, description="of the setting; default: that of the set and `-autoscale`")
    resource_group: Name | None = Field(default=None, description="of the setting; default: that of the set")
    enabled: bool = Field(default=True, description="whether autoscale acts upon it")
    lag: float = Field(default=0, ge=0, description="simulated seconds for which reads show the setting before a write")
    profiles: list[AutoscaleProfile] = Field(default=[], max_length=19, description="beside the profile `default`")
