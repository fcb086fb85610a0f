# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Throttling in a scenario: whether it is enforced, and limits of its own."""

from __future__ import annotations

from pydantic import Field, field_validator

from armsim.scenario.part import Part
from armsim.throttling.policies import Limit, names


class OwnLimit(Part):
    """A token bucket."""

    refill: float = Field(gt=0, description="tokens that come back in a simulated minute")
    size: int = Field(ge=1, description="tokens it holds")


class Throttling(Part):
    enabled: bool = Field(default=False, description="refuse requests beyond the limits; they are counted anyway")
    limits: dict[str, OwnLimit] = Field(default={}, description="by policy, such as HighCostGetVMScaleSetResource")

    @field_validator("limits")
    @classmethod
    def _known(cls, limits: dict[str, OwnLimit]) -> dict[str, OwnLimit]:
        known = names()
        unknown = [name for name in limits if name not in known]
        if unknown:
            raise ValueError(f"no policy {', '.join(unknown)}; they are: {', '.join(known)}")
        return limits

    def own(self) -> dict[str, Limit]:
        """The limits that replace Azure's."""
        return {name: Limit(item.refill, item.size) for name, item in self.limits.items()}
