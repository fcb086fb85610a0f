# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Durations as the scenario gives them: a number, or the spread of a random draw."""

from __future__ import annotations

import random

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Spread(BaseModel):
    """Simulated seconds between ``min`` and ``max`` with a given median; a bare number is a fixed duration."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min: float = Field(ge=0, description="the least")
    median: float = Field(ge=0, description="half of the draws are below")
    max: float = Field(ge=0, description="the most")

    @model_validator(mode="before")
    @classmethod
    def _number(cls, value: object) -> object:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return {"min": value, "median": value, "max": value}
        return value

    @model_validator(mode="after")
    def _ordered(self) -> Spread:
        if not self.min <= self.median <= self.max:
            raise ValueError("min, median and max must be in this order")
        return self

    def draw(self, rng: random.Random) -> float:
        """A duration. Half the draws lie below the median; above it they thin out towards the maximum."""
        side = rng.random() * 2 - 1
        if side < 0:
            return self.median + (self.median - self.min) * side
        return self.median + (self.max - self.median) * side * side
