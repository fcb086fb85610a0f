# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A whole scenario."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Literal

from pydantic import Field, PrivateAttr, field_validator

from armsim.scenario.actors import Actor
from armsim.scenario.faults import Fault
from armsim.scenario.images import Images
from armsim.scenario.part import Guid, Name, Part
from armsim.scenario.principals import READER, FurtherPrincipal, Principal
from armsim.scenario.problems import Problem, ScenarioError
from armsim.scenario.scale_sets import ScaleSet
from armsim.scenario.service import Clock, RetryAfter, Subscription, Timings
from armsim.scenario.supply import Quota, Size
from armsim.scenario.text import Text
from armsim.scenario.throttling import Throttling

# Versions of the schema that this release reads.
VERSIONS = (1,)


class ResourceGroup(Part):
    name: Name = Field(description="of the group")
    location: Name = Field(description="its region")
    tags: dict[str, str] = Field(default={}, description="of the group")
    managed_by: str | None = Field(default=None, description="id of the resource that manages it")


class Lock(Part):
    name: Name = Field(description="of the lock")
    level: Literal["ReadOnly", "CanNotDelete"] = Field(description="what it forbids: all but reads, or deletions")
    scope: str = Field(
        default="", description="where it is, below the subscription: resourceGroups/rg-shop, or the path of a resource"
    )


class Tenant(Part):
    """One more tenant: what it has besides galleries (`subscription` of a gallery) is not simulated."""

    id: Guid = Field(description="a GUID")
    name: Name = Field(default="other", description="as the list of tenants shows it")
    subscriptions: list[Guid] = Field(default=[], description="its subscriptions")


class Scenario(Part):
    """A whole scenario file."""

    version: Literal[1] = Field(description="version of this schema")
    description: str = Field(default="", description="what it is for")
    seed: int = Field(default=1, description="of all random draws")
    clock: Clock = Field(default=Clock(), description="simulated time")
    tenant_id: Guid = Field(default="7e4a0000-0000-4000-8000-000000000001", description="of the identity platform")
    tenants: list[Tenant] = Field(default=[], description="further tenants, with subscriptions of their own")
    subscription: Subscription = Field(default=Subscription(), description="the only one there is")
    principal: Principal = Field(default=Principal(), description="who logs in")
    principals: list[FurtherPrincipal] = Field(default=[READER], description="more of them")
    retry_after: RetryAfter = Field(default=RetryAfter(), description="how long clients are to wait")
    timings: Timings = Field(default=Timings(), description="how long things take")
    address_space: str = Field(
        default="10.0.0.0/16",
        description="where instances get their private addresses, one after the other: 127.0.1.0/24 can be probed",
    )
    sizes: list[Size] = Field(default=[], description="sizes of virtual machines that are not as others")
    zones_down: list[Name] = Field(default=[], description="zones in which no instance can be made, in every region")
    quotas: list[Quota] = Field(default=[], description="how many cores may be used")
    throttling: Throttling = Field(default=Throttling(), description="limits of the subscription")
    faults: list[Fault] = Field(default=[], description="what goes wrong with requests")
    images: Images = Field(default=Images(), description="what can be rolled to")
    resource_groups: list[ResourceGroup] = Field(default=[], description="there must be those that are referred to")
    locks: list[Lock] = Field(default=[], description="management locks")
    scale_sets: list[ScaleSet] = Field(default=[], description="none where they come from a dump")
    actors: list[Actor] = Field(default=[], description="who does what, and when")
    _text: Text | None = PrivateAttr(default=None)

    @field_validator("address_space")
    @classmethod
    def _is_a_network(cls, value: str) -> str:
        IPv4Network(value)  # its ValueError names what is wrong
        return value

    def read_from(self, text: Text) -> Scenario:
        """Remember the text that the scenario was read from."""
        self._text = text
        return self

    def error(self, *wrong: Problem) -> ScenarioError:
        """The error for problems that show only when the scenario is put to use, with file and line."""
        error = ScenarioError(*wrong)
        return error if self._text is None else error.at(self._text.place)
