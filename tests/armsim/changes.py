# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Changes that a test or a demonstrator makes from outside the service: what autoscale or an operator would do."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from armsim import model_write, scaling
from armsim.errors import ArmError, bad_request
from armsim.instance import Instance
from armsim.rolling import RollingUpgrade
from armsim.scale_set import ScaleSet
from armsim.scenario import HealthReport
from armsim.simulation import Simulation


class Change(BaseModel):
    """One change: of a scale set, or with ``instance`` of one of its instances."""

    model_config = ConfigDict(extra="forbid")

    scale_set: str
    capacity: int | None = Field(default=None, ge=0, le=1000)
    patch: dict[str, Any] | None = Field(default=None, description="a PATCH by somebody else")
    policy: Literal["Manual", "Automatic", "Rolling"] | None = None
    repairs: Literal["Running", "Suspended"] | None = None
    rolling_upgrade: Literal["RollingForward", "RollingBack", "Completed", "Cancelled", "Faulted"] | None = None
    instance: str | None = None
    protect: bool | None = None
    health: HealthReport | None = None
    delete: bool = False


def apply(simulation: Simulation, change: Change) -> None:
    """Make a change at the present moment; 400 or 404 when it cannot be made."""
    simulation.timeline.catch_up()
    scale_set = next((item for item in simulation.scale_sets() if item.name.lower() == change.scale_set.lower()), None)
    if scale_set is None:
        known = ", ".join(item.name for item in simulation.scale_sets())
        raise ArmError(404, "NotFound", f"no scale set {change.scale_set}; there are: {known}")
    if change.instance is not None:
        instance = scale_set.instances.get(change.instance)
        if instance is None:
            known = ", ".join(scale_set.instances)
            raise ArmError(404, "NotFound", f"no instance {change.instance}; there are: {known}")
        _change_instance(scale_set, instance, change)
        return
    if change.protect is not None or change.health is not None or change.delete:
        raise bad_request("protect, health and delete go with instance")
    _change_scale_set(simulation, scale_set, change)


def _change_scale_set(simulation: Simulation, scale_set: ScaleSet, change: Change) -> None:
    if change.patch is not None:
        model_write.patch(scale_set, change.patch, None, None)
    if change.policy is not None:
        model_write.set_policy(scale_set, change.policy)
    if change.repairs is not None:
        scale_set.repairs_suspended = change.repairs == "Suspended"
    if change.rolling_upgrade is not None:
        scale_set.rolling = RollingUpgrade.record(simulation.timeline, change.rolling_upgrade)
    if change.capacity is not None:
        model_write.resize(scale_set, change.capacity)


def _change_instance(scale_set: ScaleSet, instance: Instance, change: Change) -> None:
    if change.protect is not None:
        instance.protect_from_scale_set_actions = change.protect
        instance.etag += 1
    if change.health is not None:
        scale_set.set_health(instance, change.health)
    if change.delete:
        scaling.delete_instance(scale_set, instance, lambda _failure: None)
        scale_set.document["sku"]["capacity"] -= 1
        scale_set.etag += 1
