# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Actors: who does what to the simulation, and when."""

from __future__ import annotations

from pydantic import Field, field_validator, model_validator

from armsim.scenario.actor_actions import ActorAction
from armsim.scenario.events import Event
from armsim.scenario.part import Name, Part


class When(Part):
    """A time, an event or a request: exactly one of them."""

    at: float | None = Field(default=None, ge=0, description="simulated seconds after the start")
    every: float | None = Field(default=None, gt=0, description="with `at`: again after so many seconds")
    event: Event | None = Field(default=None, description="something that happened")
    request: Name | None = Field(
        default=None,
        description="an operation that was answered: name or pattern, such as VirtualMachineScaleSets_*",
    )
    scale_set: Name | None = Field(default=None, description="with `event`: only of this scale set")
    count: int = Field(default=1, ge=1, description="with `event` and `request`: which one is the first to count")
    after: float = Field(default=0, ge=0, description="with `event` and `request`: so many seconds later")

    @model_validator(mode="after")
    def _one_trigger(self) -> When:
        if sum(item is not None for item in (self.at, self.event, self.request)) != 1:
            raise ValueError("give exactly one of at, event and request")
        if self.at is None and self.every is not None:
            raise ValueError("every goes with at")
        return self


class Actor(Part):
    name: Name = Field(description="as the ledger names it")
    when: When = Field(description="when it acts")
    times: int | None = Field(
        default=None, ge=1, description="how often in all; default: once, with `every` without end"
    )
    do: list[ActorAction] = Field(min_length=1, description="one action, or a list of them")

    @field_validator("do", mode="before")
    @classmethod
    def _one_action(cls, value: object) -> object:
        return [value] if isinstance(value, dict) else value
