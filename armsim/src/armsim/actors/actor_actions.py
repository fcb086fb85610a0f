# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Carries out actions of actors: of the scenario, and of clients of the admin interface."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Protocol

from armsim.actions import eviction, instance_actions, instance_work, model_write, rolling_upgrades
from armsim.actions.orchestration_services import set_repairs
from armsim.actions.os_upgrades import AutomaticOsUpgrades
from armsim.actors.alerts import Alerts
from armsim.actors.autoscale import AutoscaleSettings
from armsim.common.clock import Timeline
from armsim.common.wire import Calendar, Json
from armsim.identity.locks import READ_ONLY, Locks
from armsim.images.publishing import Shelf
from armsim.instances import flapping
from armsim.instances.instance import Instance
from armsim.operations.failure import Failure
from armsim.operations.faults import Faults
from armsim.protocol.errors import ArmError, bad_request
from armsim.scale_sets.events import SetEvent
from armsim.scale_sets.scale_set import ScaleSet
from armsim.scenario import ActorAction, Alert, Flapping, HealthReport, ImageChange, Pick
from armsim.scenario.actor_actions import OF_MONITOR, ON_INSTANCES, ON_SERVICE, ON_SET

MAX_CAPACITY = 1_000
_REFERENCE_FIELDS = {
    "shared_gallery_image_id": "sharedGalleryImageId",
    "community_gallery_image_id": "communityGalleryImageId",
}


class Stage(Protocol):
    """What an action can reach: the simulation."""

    timeline: Timeline
    faults: Faults
    locks: Locks
    shelf: Shelf
    autoscale: AutoscaleSettings
    alerts: Alerts
    os_upgrades: AutomaticOsUpgrades
    calendar: Calendar
    zones_down: set[str]

    @property
    def subscription_path(self) -> str: ...

    def scale_sets(self) -> list[ScaleSet]: ...


def apply(stage: Stage, action: ActorAction, rng: random.Random, cause: SetEvent | None = None) -> list[Instance]:
    """Carry out all of an action at the present moment; returns the instances it was done to.

    ``cause`` is the event that set it off. Raises ArmError when something cannot be done, as the service would, or 404
    for a scale set or an instance that is not there.
    """
    for name in ON_SERVICE:
        if (value := getattr(action, name)) is not None:
            _SERVICE[name](stage, value)
    of_set = [name for name in (*OF_MONITOR, *ON_SET, *ON_INSTANCES) if getattr(action, name) is not None]
    if not of_set:
        return []
    scale_set = _scale_set(stage, action.scale_set, cause)
    for name in OF_MONITOR:
        if (value := getattr(action, name)) is not None:
            _MONITOR[name](stage, scale_set, value)
    for name in ON_SET:
        if (value := getattr(action, name)) is not None:
            _SET[name](scale_set, value)
    chosen = [] if action.instances is None else _picked(scale_set, action.instances, rng, cause)
    if not chosen:
        return []
    for name in ON_INSTANCES:
        if (value := getattr(action, name)) is not None:
            _INSTANCES[name](scale_set, chosen, value)
    return chosen


def _scale_set(stage: Stage, name: str | None, cause: SetEvent | None) -> ScaleSet:
    wanted = name if name is not None or cause is None else cause.scale_set
    scale_sets = stage.scale_sets()
    if wanted is None and len(scale_sets) == 1:
        return scale_sets[0]
    known = ", ".join(item.name for item in scale_sets)
    if wanted is None:
        raise bad_request(f"name the scale_set; there are: {known}")
    for item in scale_sets:
        if item.name.lower() == wanted.lower():
            return item
    raise ArmError(404, "NotFound", f"no scale set {wanted}; there are: {known}")


def _picked(scale_set: ScaleSet, pick: Pick, rng: random.Random, cause: SetEvent | None) -> list[Instance]:
    active = {instance.id: instance for instance in scale_set.active()}
    if pick.ids is not None:
        missing = [item for item in pick.ids if item not in active]
        if missing:
            raise ArmError(404, "NotFound", f"no instance {', '.join(missing)}; there are: {', '.join(active)}")
        return [active[item] for item in pick.ids]
    concerned = list(active.values())
    if pick.of == "event":
        ids = cause.instances if cause is not None else ()
        concerned = [instance for instance in concerned if instance.id in ids]
    if pick.count is None and pick.share is None:
        return concerned
    running = [instance for instance in concerned if instance.power not in ("stopping", "stopped", "deallocated")]
    number = pick.count if pick.count is not None else max(1, round((pick.share or 0) * len(running)))
    drawn = rng.sample(range(len(running)), min(number, len(running)))
    return [running[index] for index in sorted(drawn)]


# --- of the service ---------------------------------------------------------------------------------------------------


def _read_only(stage: Stage, enabled: bool) -> None:
    if enabled:
        stage.locks.put(stage.subscription_path, "read-only", READ_ONLY)
    else:
        stage.locks.remove(stage.subscription_path, "read-only")


def _faults(stage: Stage, faults: list[Any]) -> None:
    stage.faults.order(faults)


def _publish(stage: Stage, version: str) -> None:
    stage.shelf.publish(version, stage.calendar.at(stage.timeline.now))
    stage.os_upgrades.begin()


def _withdraw(stage: Stage, version: str) -> None:
    stage.shelf.withdraw(version)


def _zones_down(stage: Stage, zones: list[str]) -> None:
    stage.zones_down.clear()
    stage.zones_down.update(zones)


# --- of Azure Monitor for a scale set ---------------------------------------------------------------------------------


def _autoscale(stage: Stage, scale_set: ScaleSet, text: str) -> None:
    stage.autoscale.scale(scale_set, _meant(scale_set, text))


def _alert(stage: Stage, scale_set: ScaleSet, alert: Alert) -> None:
    stage.alerts.change(alert, alert.resource or scale_set.id)


# --- of a scale set ---------------------------------------------------------------------------------------------------


def _meant(scale_set: ScaleSet, text: str) -> int:
    """The number of instances that a capacity, absolute or relative, means at present."""
    capacity = int(text.rstrip("%"))
    if text[0] in "+-":
        present = scale_set.capacity
        capacity = present + (capacity * present // 100 if text.endswith("%") else capacity)
    return capacity


def _capacity(scale_set: ScaleSet, text: str) -> None:
    capacity = _meant(scale_set, text)
    if not 0 <= capacity <= MAX_CAPACITY:
        raise bad_request(f"capacity {capacity} is not within 0 and {MAX_CAPACITY}")
    model_write.resize(scale_set, capacity)


def _patch(scale_set: ScaleSet, body: Json) -> None:
    model_write.patch(scale_set, body, None, None)


def _image(scale_set: ScaleSet, change: ImageChange) -> None:
    fields = change.model_dump(exclude_none=True)
    reference = {_REFERENCE_FIELDS.get(name, name): value for name, value in fields.items()}
    _patch(scale_set, {"properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": reference}}}})


def _repairs(scale_set: ScaleSet, state: str) -> None:
    set_repairs(scale_set, suspended=state == "Suspended")


def _rolling_upgrade(scale_set: ScaleSet, code: Any) -> None:
    rolling_upgrades.set_record(scale_set, code)


def _cancel_rolling_upgrade(scale_set: ScaleSet, _yes: bool) -> None:
    rolling_upgrades.cancel_rolling_upgrade(scale_set)


def _preempt(scale_set: ScaleSet, _yes: bool) -> None:
    scale_set.preempt()


# --- of instances -----------------------------------------------------------------------------------------------------


def _protect(scale_set: ScaleSet, instances: list[Instance], enabled: bool) -> None:
    for instance in instances:
        instance.protect_from_scale_set_actions = enabled
        instance.etag += 1
    scale_set.world.events.publish("protection_changed", scale_set.name, *instances)


def _tags(scale_set: ScaleSet, instances: list[Instance], tags: dict[str, str | None]) -> None:
    for instance in instances:
        changed = {**instance.tags, **tags}
        instance.tags = {name: value for name, value in changed.items() if value is not None}
        instance.etag += 1


def _protect_from_scale_in(scale_set: ScaleSet, instances: list[Instance], enabled: bool) -> None:
    for instance in instances:
        instance.protect_from_scale_in = enabled
        instance.etag += 1
    scale_set.world.events.publish("protection_changed", scale_set.name, *instances)


def _health(scale_set: ScaleSet, instances: list[Instance], verdict: HealthReport) -> None:
    for instance in instances:
        scale_set.set_health(instance, verdict)


def _flap(scale_set: ScaleSet, instances: list[Instance], spec: Flapping) -> None:
    for instance in instances:
        flapping.start(scale_set.world.timeline, instance, spec, scale_set.changed)


def _boot_factor(_scale_set: ScaleSet, instances: list[Instance], factor: float) -> None:
    for instance in instances:
        instance.boot_factor = factor


def _never_returns(_scale_set: ScaleSet, instances: list[Instance], lost: bool) -> None:
    for instance in instances:
        instance.never_returns = lost


def _hang(scale_set: ScaleSet, instances: list[Instance], _yes: bool) -> None:
    for instance in instances:
        scale_set.lifecycle.hang(instance)


def _upgrade(scale_set: ScaleSet, instances: list[Instance], _yes: bool) -> None:
    instance_actions.upgrade_instances(scale_set, {"instanceIds": [instance.id for instance in instances]})


def _evict(scale_set: ScaleSet, instances: list[Instance], policy: str) -> None:
    for instance in instances:
        eviction.evict(scale_set, instance, policy)


def _power(scale_set: ScaleSet, instances: list[Instance], power: str) -> None:
    for instance in instances:
        if power == "running":
            instance_work.start_instance(scale_set, instance, _nobody_waits)
        elif power == "stopped":
            instance_work.power_off_instance(scale_set, instance, _nobody_waits)
        else:
            instance_work.deallocate_instance(scale_set, instance, _nobody_waits)


def _delete(scale_set: ScaleSet, instances: list[Instance], _yes: bool) -> None:
    instance_actions.delete_chosen(scale_set, instances)


def _nobody_waits(_failure: Failure | None) -> None:
    """For what is done to an instance without an operation."""


_SERVICE: dict[str, Callable[[Stage, Any], None]] = {
    "read_only": _read_only,
    "faults": _faults,
    "publish": _publish,
    "withdraw": _withdraw,
    "zones_down": _zones_down,
}
_MONITOR: dict[str, Callable[[Stage, ScaleSet, Any], None]] = {
    "autoscale": _autoscale,
    "alert": _alert,
}
_SET: dict[str, Callable[[ScaleSet, Any], None]] = {
    "capacity": _capacity,
    "patch": _patch,
    "image": _image,
    "policy": model_write.set_policy,
    "repairs": _repairs,
    "rolling_upgrade": _rolling_upgrade,
    "cancel_rolling_upgrade": _cancel_rolling_upgrade,
    "preempt": _preempt,
}
_INSTANCES: dict[str, Callable[[ScaleSet, list[Instance], Any], None]] = {
    "protect": _protect,
    "protect_from_scale_in": _protect_from_scale_in,
    "tags": _tags,
    "health": _health,
    "flap": _flap,
    "boot_factor": _boot_factor,
    "never_returns": _never_returns,
    "hang": _hang,
    "upgrade": _upgrade,
    "power": _power,
    "evict": _evict,
    "delete": _delete,
}
