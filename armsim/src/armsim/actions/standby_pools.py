# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Standby pools: machines that wait, fully made, until a scale-out moves them into their Flexible set.

The pool has as many as are wanted beyond those of the set (documented). Each keeps the model that it was made from, and
so its image, until it is taken (guessed: no documentation has a pool follow its set's model).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle

from armsim import scenario
from armsim.actions.scaling import next_id
from armsim.common.wire import Json
from armsim.instances.instance import Instance, Place, Power
from armsim.instances.lifecycle import Lifecycle
from armsim.operations.failure import Failure
from armsim.protocol.errors import ArmError
from armsim.scale_sets.events import SetEvent
from armsim.scale_sets.scale_set import ScaleSet
from armsim.supply.quota import Machine

TYPE = "Microsoft.StandbyPool/standbyVirtualMachinePools"
# How machines wait, by the word of the pool.
_WAITING: dict[str, Power] = {"Running": "running", "Deallocated": "deallocated", "Hibernated": "deallocated"}
# States that the counts of a pool are by, in their order, and the power that stands for each (documented).
_COUNTED: dict[str, tuple[Power, ...]] = {
    "Creating": ("creating",),
    "Running": ("running",),
    "Deallocating": ("deallocating", "stopping", "stopped"),
    "Deallocated": (),
    "Starting": ("starting",),
    "Deleting": (),
    "Hibernating": (),
    "Hibernated": (),
}


@dataclass
class Settings:
    """What a client wants of a pool."""

    max_ready: int
    min_ready: int
    state: str
    location: str
    tags: dict[str, str] = field(default_factory=dict)


class StandbyPool:
    """One pool, attached to ``scale_set``; it fills itself up."""

    def __init__(self, scale_set: ScaleSet, resource_id: str, settings: Settings) -> None:
        self.scale_set = scale_set
        self.id = resource_id
        self.name = resource_id.rpartition("/")[2]
        self.settings = settings
        self.instances: list[Instance] = []
        # Why it could not fill itself up last.
        self.trouble: str | None = None
        world = scale_set.world
        self._lifecycle = Lifecycle(world.timeline, world.timings, f"{world.seed}/{resource_id.lower()}", self._changed)

    # --- what it is -------------------------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """How many machines it shall have: the rest of the most beside those of the set, or the least (documented)."""
        return max(self.settings.max_ready - len(self.scale_set.active()), self.settings.min_ready)

    def ready(self) -> int:
        """How many machines wait as they should."""
        return sum(self._is_ready(instance) for instance in self.instances)

    def machines(self) -> list[Machine]:
        """Those in it, as quotas count them."""
        return [self.scale_set.machine(instance) for instance in self.instances]

    def body(self) -> Json:
        """The resource (documented form)."""
        settings = self.settings
        return {
            "id": self.id,
            "name": self.name,
            "type": TYPE,
            "location": settings.location,
            "tags": settings.tags,
            "properties": {
                "elasticityProfile": {
                    "maxReadyCapacity": settings.max_ready,
                    "minReadyCapacity": settings.min_ready,
                },
                "virtualMachineState": settings.state,
                "attachedVirtualMachineScaleSetId": self.scale_set.id,
                "provisioningState": "Succeeded",
            },
        }

    def view(self) -> Json:
        """`runtimeViews/latest`: counts by zone and state (documented form)."""
        zones: list[str | None] = list(self.scale_set.document.get("zones") or [None])
        healthy = self.trouble is None
        return {
            "id": f"{self.id}/runtimeViews/latest",
            "name": "latest",
            "type": f"{TYPE}/runtimeViews",
            "properties": {
                "instanceCountSummary": [self._counts(zone) for zone in zones],
                "provisioningState": "Succeeded",
                "status": {
                    "code": "HealthState/healthy" if healthy else "HealthState/degraded",
                    "message": "The pool is healthy." if healthy else self.trouble,
                },
            },
        }

    def _counts(self, zone: str | None) -> Json:
        counts = Counter(_state(one) for one in self.instances if one.place.zone == zone)
        entry: Json = {"instanceCountsByState": [{"state": state, "count": counts[state]} for state in _COUNTED]}
        return {"zone": int(zone), **entry} if zone is not None and zone.isdigit() else entry

    # --- what happens to it -----------------------------------------------------------------------------------------

    def take(self, zone: str | None) -> Instance | None:
        """A machine that waits as it should, out of the pool; null where there is none in this zone."""
        for instance in self.instances:
            if instance.place.zone == zone and self._is_ready(instance):
                self.instances.remove(instance)
                return instance
        return None

    def change(self, settings: Settings) -> None:
        """Let the pool be as a client wants it from now on."""
        self.settings = settings
        for instance in list(self.instances):
            if instance.provisioning == "Succeeded":
                self._put_away(instance)
        self.fill()

    def fill(self) -> None:
        """Make machines until there are enough, or delete the newest that are too many (guessed)."""
        self.trouble = None
        if self.scale_set.standby is not self:
            # The pool was deleted, or its set.
            return
        for place in self._places(self.size - len(self.instances)):
            try:
                instance = self._new(place)
            except ArmError as error:
                self.trouble = error.message
                return
            self.instances.append(instance)
            instance.provisioning, instance.power = "Updating", "creating"
            self._lifecycle.create(instance, partial(self._made, instance))
        for instance in self.instances[self.size :]:
            self._delete(instance)

    def start_full(self, created: float) -> None:
        """Have all machines ready, since the simulated second ``created``."""
        for place in self._places(self.size):
            instance = self.scale_set.new_instance(next_id(self.scale_set), place, created)
            instance.etag = 2
            instance.agent_since = instance.reporting_since = created
            if _WAITING[self.settings.state] != "running":
                instance.power = "deallocated"
                instance.hibernated = self.settings.state == "Hibernated"
                instance.agent_since = instance.reporting_since = None
            self.instances.append(instance)

    def drain(self) -> None:
        """Delete all machines, with the pool."""
        for instance in list(self.instances):
            self._delete(instance)

    def _is_ready(self, instance: Instance) -> bool:
        waits = instance.power == _WAITING[self.settings.state]
        hibernated = instance.hibernated == (self.settings.state == "Hibernated")
        return instance.provisioning == "Succeeded" and waits and hibernated

    def _new(self, place: Place) -> Instance:
        """A machine on the set's present model; ArmError where there is no image, no size or no quota for it."""
        scale_set = self.scale_set
        scale_set.world.catalogue.admit(scale_set.model.profile.get("storageProfile") or {}, scale_set.location)
        scale_set.world.sizes.check_available(scale_set.document)
        instance = scale_set.new_instance(next_id(scale_set), place, scale_set.world.timeline.now)
        lack = scale_set.world.quotas.lack(scale_set.machine(instance), 1)
        if lack is not None:
            raise lack.error()
        return instance

    def _places(self, count: int) -> list[Place]:
        """Zones in turn, the emptiest first: those of the set (documented)."""
        zones: list[str | None] = list(self.scale_set.document.get("zones") or [None])
        down = self.scale_set.world.zones_down
        zones = [zone for zone in zones if zone not in down] or zones
        held = Counter(instance.place.zone for instance in self.instances)
        order = cycle(sorted(zones, key=lambda zone: held[zone]))
        return [Place(next(order)) for _ in range(max(count, 0))]

    def _made(self, instance: Instance, failure: Failure | None) -> None:
        if failure is None and instance in self.instances:
            self._put_away(instance)

    def _put_away(self, instance: Instance) -> None:
        """Bring a machine that is ready into the state in which it shall wait."""
        wanted = _WAITING[self.settings.state]
        if instance.power == wanted:
            return
        if wanted == "running":
            self._lifecycle.start(instance, _nobody_waits)
            return

        def released() -> None:
            instance.hibernated = self.settings.state == "Hibernated"

        self._lifecycle.deallocate(instance, released, _nobody_waits)

    def _delete(self, instance: Instance) -> None:
        def removed() -> None:
            if instance in self.instances:
                self.instances.remove(instance)

        if instance.provisioning != "Deleting":
            self._lifecycle.delete(instance, removed, _nobody_waits)

    def _changed(self, instance: Instance) -> None:
        """What began in the pool may end in the set."""
        if self.scale_set.instances.get(instance.id) is instance:
            self.scale_set.changed(instance)


class StandbyPools:
    """All pools of the subscription; they follow the events of their sets."""

    def __init__(self, scale_sets: Callable[[], Sequence[ScaleSet]]) -> None:
        self._scale_sets = scale_sets
        self._pools: dict[str, StandbyPool] = {}

    def all(self, group: str | None = None) -> list[StandbyPool]:
        """All pools, or those of one resource group."""
        return [one for one in self._pools.values() if group is None or one.id.split("/")[4].lower() == group.lower()]

    def find(self, resource_id: str) -> StandbyPool | None:
        return self._pools.get(resource_id.lower())

    def enter(self, spec: scenario.StandbyPool, scale_set: ScaleSet, created: float) -> None:
        """Have the pool of a scenario, full and ready."""
        resource_id = f"{scale_set.id.partition('/providers/')[0]}/providers/{TYPE}/{spec.name}"
        settings = Settings(spec.max_ready, spec.min_ready, spec.state, scale_set.location)
        pool = self._attach(scale_set, resource_id, settings)
        pool.start_full(created)

    def put(self, resource_id: str, scale_set: ScaleSet, settings: Settings) -> StandbyPool:
        """Make a pool, or change it."""
        pool = self.find(resource_id)
        if pool is None:
            pool = self._attach(scale_set, resource_id, settings)
        pool.change(settings)
        return pool

    def remove(self, pool: StandbyPool) -> None:
        """Delete a pool and the machines in it."""
        del self._pools[pool.id.lower()]
        pool.scale_set.standby = None
        pool.drain()

    def on_event(self, event: SetEvent) -> None:
        """Fill pools up after their sets have changed their size."""
        if event.kind not in ("scaled_out", "scaled_in", "model_written"):
            return
        for pool in self.all():
            if pool.scale_set.name == event.scale_set:
                world = pool.scale_set.world
                world.timeline.after(world.timings.write.draw(pool.scale_set.rng), pool.fill)

    def _attach(self, scale_set: ScaleSet, resource_id: str, settings: Settings) -> StandbyPool:
        pool = StandbyPool(scale_set, resource_id, settings)
        self._pools[resource_id.lower()] = scale_set.standby = pool
        return pool


def _state(instance: Instance) -> str:
    """The state by which the pool counts a machine."""
    if instance.provisioning == "Deleting":
        return "Deleting"
    if instance.power == "deallocated":
        return "Hibernated" if instance.hibernated else "Deallocated"
    return next(state for state, powers in _COUNTED.items() if instance.power in powers)


def _nobody_waits(_failure: Failure | None) -> None:
    """The pool watches its machines itself."""
