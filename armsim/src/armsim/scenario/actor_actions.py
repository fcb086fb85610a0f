# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Actions of actors: what autoscale, an operator, a second writer or the weather do to the simulation."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from armsim.scenario.faults import Fault
from armsim.scenario.images import Flapping
from armsim.scenario.part import HealthReport, ImageFields, Name, Part

# Absolute, or relative such as +2, -3, +25%.
Capacity = Annotated[str, StringConstraints(pattern=r"^(\d+|[+-]\d+%?)$")]
RollingCode = Literal["RollingForward", "RollingBack", "Completed", "Cancelled", "Faulted"]


class Pick(Part):
    """Which instances: all of them, given ids, those of the event, or so many or such a share of those that run.

    Short forms: `all`, `event`, one id, a list of ids.
    """

    of: Literal["all", "event"] = Field(default="all", description="all of the set, or those the event was about")
    ids: list[Name] | None = Field(default=None, description="just these instances")
    count: int | None = Field(default=None, ge=1, description="so many of those that run, drawn by the seed")
    share: float | None = Field(default=None, gt=0, le=1, description="such a share of those that run, at least one")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        if value in ("all", "event"):
            return {"of": value}
        if isinstance(value, str | int):
            return {"ids": [value]}
        return {"ids": value} if isinstance(value, list) else value

    @model_validator(mode="after")
    def _one_way(self) -> Pick:
        if sum(item is not None for item in (self.ids, self.count, self.share)) > 1:
            raise ValueError("give one of ids, count and share")
        return self


class Alert(Part):
    rule: Name = Field(description="name of the alert rule")
    severity: Literal["Sev0", "Sev1", "Sev2", "Sev3", "Sev4"] = Field(default="Sev3", description="of the alert")
    condition: Literal["Fired", "Resolved"] = Field(default="Fired", description="what becomes of it")
    resource: str | None = Field(
        default=None, pattern="^/", description="id of what the alert is about; default: the scale set"
    )


class ImageChange(ImageFields):
    """Fields of the model's image reference to change; what is left out stays."""


# Fields of an action that are done to instances.
ON_INSTANCES = (
    "protect",
    "protect_from_scale_in",
    "tags",
    "health",
    "flap",
    "boot_factor",
    "never_returns",
    "hang",
    "upgrade",
    "power",
    "evict",
    "delete",
)
# Fields of an action that are done to a scale set.
ON_SET = ("capacity", "patch", "image", "policy", "repairs", "rolling_upgrade", "cancel_rolling_upgrade", "preempt")
# Fields of an action that Azure Monitor does for a scale set.
OF_MONITOR = ("autoscale", "alert")
# Fields of an action that are done to the whole service.
ON_SERVICE = ("read_only", "faults", "publish", "withdraw", "zones_down")


class ActorAction(Part):
    """Something done at once: any of these, in this order."""

    scale_set: Name | None = Field(default=None, description="default: that of the event, else the only one")
    read_only: bool | None = Field(default=None, description="a read-only lock on the subscription: set or removed")
    faults: list[Fault] | None = Field(default=None, description="faults to order")
    publish: Name | None = Field(default=None, description="a withheld version of an image comes out")
    withdraw: Name | None = Field(
        default=None, description="a version of an image is taken away; instances that run it stay"
    )
    zones_down: list[Name] | None = Field(
        default=None, description="in these zones no more instances can be made from now on, in all others again"
    )
    autoscale: Capacity | None = Field(
        default=None, description="a capacity that autoscale wants: within its setting, and not while that is disabled"
    )
    alert: Alert | None = Field(default=None, description="an alert of Azure Monitor fires, or is resolved")
    capacity: Capacity | None = Field(
        default=None, description="as an operator would: absolute, or relative such as +2, -3, +25%"
    )
    patch: dict[str, Any] | None = Field(default=None, description="a PATCH of the model by another client")
    image: ImageChange | None = Field(default=None, description="a PATCH of the model's image by another client")
    policy: Literal["Manual", "Automatic", "Rolling"] | None = Field(
        default=None, description="mode of the upgrade policy, without upgrading anything"
    )
    repairs: Literal["Running", "Suspended"] | None = Field(default=None, description="state of automatic repairs")
    rolling_upgrade: RollingCode | None = Field(
        default=None, description="the record of a rolling upgrade in this state, which does nothing by itself"
    )
    cancel_rolling_upgrade: Literal[True] | None = Field(default=None, description="as an operator would")
    preempt: Literal[True] | None = Field(
        default=None, description="end the operations in progress as Canceled; what instances have begun goes on"
    )
    instances: Pick | None = Field(default=None, description="for the fields below")
    protect: bool | None = Field(default=None, description="protection from actions of the scale set")
    protect_from_scale_in: bool | None = Field(default=None, description="protection from scale-in")
    tags: dict[str, str | None] | None = Field(
        default=None, description="tags of instances; without a value: taken off"
    )
    health: HealthReport | None = Field(default=None, description="what is reported from now on")
    flap: Flapping | None = Field(default=None, description="a health report that changes to and fro")
    boot_factor: float | None = Field(default=None, gt=0, description="boots take so much longer from now on")
    never_returns: bool | None = Field(default=None, description="the agent never reports after the next boot")
    hang: Literal[True] | None = Field(
        default=None, description="an operation that never ends: `Updating` until something else is done to it"
    )
    upgrade: Literal[True] | None = Field(default=None, description="a manualupgrade by another client")
    power: Literal["running", "stopped", "deallocated"] | None = Field(default=None, description="by hand")
    evict: Literal["Deallocate", "Delete"] | None = Field(default=None, description="an eviction of Spot instances")
    delete: Literal[True] | None = Field(default=None, description="deletion by hand; the capacity shrinks")

    @model_validator(mode="after")
    def _whole(self) -> ActorAction:
        known = (*ON_SERVICE, *OF_MONITOR, *ON_SET, *ON_INSTANCES)
        given = [name for name in known if getattr(self, name) is not None]
        if not given:
            raise ValueError(f"name what to do: one or more of {', '.join(known)}")
        lonely = [name for name in given if name in ON_INSTANCES]
        if lonely and self.instances is None:
            raise ValueError(f"{lonely[0]} goes with instances: all, event, ids, a count or a share")
        if self.instances is not None and not lonely:
            raise ValueError(f"instances goes with one or more of {', '.join(ON_INSTANCES)}")
        return self
