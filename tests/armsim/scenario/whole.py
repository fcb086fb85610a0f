# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A whole scenario."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, PrivateAttr

from armsim.scenario.actors import Actor
from armsim.scenario.images import Images
from armsim.scenario.part import Guid, Name, Part
from armsim.scenario.principals import READER, FurtherPrincipal, Principal
from armsim.scenario.problems import Problem, ScenarioError
from armsim.scenario.scale_sets import ScaleSet
from armsim.scenario.service import Clock, RetryAfter, Subscription, Timings
from armsim.scenario.text import Text
from armsim.scenario.throttling import Throttling

# Versions of the schema that this release reads.
VERSIONS = (1,)


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
    principals: list[FurtherPrincipal] = Field(default=[READER], description="more of them")
    retry_after: RetryAfter = RetryAfter()
    timings: Timings = Timings()
    throttling: Throttling = Throttling()
    images: Images = Images()
    resource_groups: list[ResourceGroup] = Field(default=[])
    scale_sets: list[ScaleSet] = Field(default=[])
    actors: list[Actor] = Field(default=[])
    _text: Text | None = PrivateAttr(default=None)

    def read_from(self, text: Text) -> Scenario:
        """Remember the text that the scenario was read from."""
        self._text = text
        return self

    def error(self, *wrong: Problem) -> ScenarioError:
        """The error for problems that show only when the scenario is put to use, with file and line."""
        error = ScenarioError(*wrong)
        return error if self._text is None else error.at(self._text.place)
