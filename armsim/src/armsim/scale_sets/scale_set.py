# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A scale set: its model and its versions, its instances, its running operations."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from armsim.common.clock import Timeline
from armsim.common.wire import Json, guid
from armsim.images.catalogue import Catalogue, Image
from armsim.instances import flapping
from armsim.instances.instance import Instance, Model, Place
from armsim.instances.lifecycle import Disk, Lifecycle
from armsim.model.rules import check_purchase
from armsim.operations.failure import PREEMPTED, Failure
from armsim.operations.operation import Operation, Operations
from armsim.protocol.errors import ArmError, marked_for_deletion
from armsim.rolling.upgrade import OsUpgrade, RollingUpgrade
from armsim.scale_sets.events import EventBus
from armsim.scale_sets.ledger import Account
from armsim.scenario import HealthReport, Timings
from armsim.supply.quota import Lack, Machine, Quotas
from armsim.supply.sizes import Sizes

REPAIRS = "AutomaticRepairs"


@dataclass(frozen=True)
class World:
    """What all scale sets share."""

    timeline: Timeline
    timings: Timings
    catalogue: Catalogue
    operations: Operations
    events: EventBus
    sizes: Sizes
    quotas: Quotas
    # Zones in which no instance can be made.
    zones_down: set[str]
    seed: int
    tenant_id: str


@dataclass
class Accepted:
    """A change that was accepted: the operation to poll, and how many instances it was charged for, if at all."""

    operation: Operation
    charge: int | None


@dataclass
class ScaleOut:
    """A scale-out under way: with overprovisioning more instances are made than ``wanted``."""

    made: list[Instance]
    wanted: int
    # Called whenever an instance of the set has changed.
    check: Callable[[], None] = lambda: None

    @property
    def spare(self) -> int:
        """How many of the instances will be deleted again."""
        return max(0, self._alive - self.wanted)

    def keep_all(self) -> None:
        """Let all stay that are not being deleted already."""
        self.wanted = self._alive

    @property
    def _alive(self) -> int:
        return sum(instance.provisioning != "Deleting" for instance in self.made)


class Standby(Protocol):
    """A standby pool, as the set that it is attached to knows it."""

    def take(self, zone: str | None) -> Instance | None:
        """A machine that is ready, out of the pool; null where there is none in this zone."""

    def ready(self) -> int:
        """How many machines are ready to be taken."""

    def machines(self) -> list[Machine]:
        """Those in the pool, as quotas count them."""


class ScaleSet:
    """One virtual machine scale set."""

    def __init__(self, world: World, document: Json, created: float, group_capacity: int = 100) -> None:
        self.world = world
        self.document = document
        self.name: str = document["name"]
        self.id: str = document["id"]
        self.location: str = document["location"]
        self.resource_group: str = self.id.split("/")[4]
        self.rng = random.Random(f"{world.seed}/{self.id.lower()}")
        self.created = created
        self.profile_created = created
        self.unique_id = guid(self.rng)
        self.etag = 1
        self.model = Model.of(1, document, created)
        # Whether its model was written since it is there.
        self.written = False
        # Digests of the secrets that were written last, as far as known, by their paths.
        self.secrets: dict[str, str] = {}
        self.instances: dict[str, Instance] = {}
        self.account = Account()
        self.repairs_suspended = False
        self.rolling: RollingUpgrade | None = None
        self.os_upgrades: list[OsUpgrade] = []
        self.update_domains = 5
        # Whether any PUT of an instance makes its definition its own (reported).
        self.protection_detaches = False
        # Whether a change of the tags makes a new model (not known).
        self.tags_are_model = False
        # So many of the capacity never come.
        self.missing = 0
        # New instances report so (`Instance.reports_on_change`).
        self.reports_on_change = False
        # For how long an instance shows the new model before an upgrade begins with it (not known).
        self.model_shown_ahead = 0.0
        self.group_capacity = group_capacity
        self._running: list[Operation] = []
        self.failed = False
        # When an operation last began or ended.
        self.settled = created
        self.current_write: Operation | None = None
        self.deletion: Accepted | None = None
        self.highest_id = -1
        self.standby: Standby | None = None
        self.scale_outs: list[ScaleOut] = []
        seed = f"{world.seed}/{self.id.lower()}"
        self.lifecycle = Lifecycle(world.timeline, world.timings, seed, self.changed)

    # --- what it is -------------------------------------------------------------------------------------------------

    @property
    def flexible(self) -> bool:
        return bool(self.document["properties"].get("orchestrationMode") == "Flexible")

    @property
    def capacity(self) -> int:
        return int((self.document.get("sku") or {}).get("capacity") or 0)

    @property
    def policy(self) -> str:
        return str((self.document["properties"].get("upgradePolicy") or {}).get("mode") or "Manual")

    @property
    def provisioning(self) -> str:
        """The set's own state: `Updating` while anything runs, afterwards as the last operation ended."""
        if self.deletion is not None:
            return "Deleting"
        if self._running:
            return "Updating"
        return "Failed" if self.failed else "Succeeded"

    @property
    def repairs_configured(self) -> bool:
        """Whether the set has a policy of automatic repairs, be they on or off."""
        return bool(self.document["properties"].get("automaticRepairsPolicy"))

    @property
    def repairs_state(self) -> str:
        """State of the automatic repairs service, as the set's instance view shows it."""
        policy = self.document["properties"].get("automaticRepairsPolicy") or {}
        if not policy.get("enabled"):
            return "NotRunning"
        return "Suspended" if self.repairs_suspended else "Running"

    def check_purchase(self) -> None:
        """400 where what an instance made now would get cannot be bought by the set's plan."""
        check_purchase(self.document, self.image())

    def image(self) -> Image:
        """The image that an instance made now would get."""
        return self.disk().image

    def disk(self, model: Model | None = None) -> Disk:
        """The disk that an instance on ``model`` (the present one) would get now: a floating reference is resolved.

        Its reference is the model's, and the exact version where there is one (recorded). :class:`ArmError` when
        there is no such image any more.
        """
        model = model or self.model
        storage: Json = model.profile.get("storageProfile") or {}
        image = self.world.catalogue.resolve(storage, self.location)
        reference = storage.get("imageReference") or None
        if reference and image.exact_version:
            reference = {**reference, "exactVersion": image.exact_version}
        return Disk(model, image, reference)

    def can_grow(self, more: int) -> bool:
        """Whether there are an image for new instances (it may have been deleted, or be deprecated), and a size and a
        quota for so many ``more`` than there are.
        """
        try:
            self.world.catalogue.admit(self.model.profile.get("storageProfile") or {}, self.location)
            self.world.sizes.check_available(self.document)
            self.check_purchase()
        except ArmError:
            return False
        return self.lack(self.document, more) is None

    def growth(self, capacity: int) -> int:
        """How many instances a capacity adds to those that are to stay; negative where it removes some."""
        return max(capacity - self.missing, 0) - (len(self.active()) - self.spare)

    def lack(self, document: Json, more: int) -> Lack | None:
        """The quota that so many ``more`` instances of the model in ``document`` would exceed."""
        size = str((document.get("sku") or {}).get("name") or "")
        profile: Json = document["properties"].get("virtualMachineProfile") or {}
        # What comes from a pool has its cores already (documented).
        pooled = self.standby.ready() if self.standby is not None else 0
        return self.world.quotas.lack(Machine(self.location, size, _is_spot(profile)), more - pooled)

    def check_resize(self, instance: Instance) -> None:
        """4xx where an upgrade would give an instance another size, of which there is none or no quota."""
        before = self.machine(instance)
        after = before._replace(size=self.model.sku)
        if after.size.lower() == before.size.lower():
            return
        self.world.sizes.check_available(self.document)
        lack = self.world.quotas.lack(after, 1, before)
        if lack is not None:
            raise lack.error()

    def machines(self) -> list[Machine]:
        """Its instances as quotas count them: what was made in excess does not count (documented)."""
        counted = self.active()[: len(self.active()) - self.spare]
        pooled = self.standby.machines() if self.standby is not None else []
        return [*(self.machine(one) for one in counted), *pooled]

    def machine(self, instance: Instance) -> Machine:
        """One instance as quotas count it."""
        return Machine(self.location, instance.model.sku, _is_spot(instance.model.profile))

    def target(self) -> str | None:
        """The key of that image; null when it is gone."""
        try:
            return self.image().key
        except ArmError:
            return None

    def active(self) -> list[Instance]:
        """Instances that are not being deleted."""
        return [instance for instance in self.instances.values() if instance.provisioning != "Deleting"]

    @property
    def spare(self) -> int:
        """How many active instances are there only because of overprovisioning."""
        return sum(scaling_out.spare for scaling_out in self.scale_outs)

    def lagging(self, instances: Iterable[Instance]) -> list[Instance]:
        """Those of ``instances`` that an upgrade would act upon: behind the model and not protected."""
        return [
            instance
            for instance in instances
            if not instance.applies(self.model) and not instance.protect_from_scale_set_actions
        ]

    def refuse_if_deleting(self, operation: str) -> None:
        """409 for any change of a set that is being deleted (reported)."""
        if self.deletion is not None:
            raise marked_for_deletion(operation, "Virtual Machine Scale Set", self.name)

    # --- instances --------------------------------------------------------------------------------------------------

    def add(self, instance: Instance) -> None:
        """Take in an instance."""
        if instance.id.isdigit():
            self.highest_id = max(self.highest_id, int(instance.id))
        self.instances[instance.id] = instance
        self.account.enter(instance)
        self.changed(instance)

    def new_instance(self, instance_id: str, place: Place, created: float) -> Instance:
        """An instance on the present model; it is not yet in the set."""
        disk = self.disk()
        return Instance(
            id=instance_id,
            name=instance_id if self.flexible else f"{self.name}_{instance_id}",
            place=place,
            vm_id=guid(self.rng),
            disk=guid(self.rng).replace("-", ""),
            created=created,
            changed=created,
            model=disk.model,
            image=disk.image,
            reference=disk.reference,
            verdict=disk.image.behaviour.health,
            reports_on_change=self.reports_on_change,
        )

    def changed(self, instance: Instance) -> None:
        now = self.world.timeline.now
        self.account.record(instance, serving=instance.in_service(now), now=now)
        self.world.events.watch(self.name, instance, now)
        for scaling_out in list(self.scale_outs):
            scaling_out.check()
        if self.rolling is not None:
            self.rolling.check()

    def set_health(self, instance: Instance, verdict: HealthReport) -> None:
        """Let an instance report another state from now on."""
        flapping.stop(instance)
        instance.pronounce(verdict, self.world.timeline.now)
        self.changed(instance)

    # --- operations -------------------------------------------------------------------------------------------------

    def charge(self, instances: int) -> int | None:
        """What a request costs that acts on so many instances; nothing of a Flexible set is charged (recorded)."""
        return None if self.flexible else instances

    def start(self) -> Operation:
        """Start an operation; the set is `Updating` until it ends."""
        operation = self.world.operations.start(self.location)
        self.settled = self.world.timeline.now
        self._running.append(operation)
        return operation

    def preempt_write(self) -> None:
        """Let the running write of the model give way to a newer one."""
        if self.current_write is None:
            return
        operation, self.current_write = self.current_write, None
        self.end(operation, PREEMPTED)

    def end(self, operation: Operation, failure: Failure | None = None) -> None:
        """End an operation: well, or with ``failure``."""
        self.world.operations.finish(operation, failure)
        if failure is not None and self.rolling is not None:
            self.rolling.fail(operation, failure)
        if operation in self._running and operation.status != "InProgress":
            self._running.remove(operation)
            self.settled = self.world.timeline.now
            self.failed = operation.status == "Failed"

    def preempt(self) -> None:
        """End all operations in progress for a more recent one; what instances have begun goes on."""
        for operation in list(self._running):
            self.end(operation, PREEMPTED)


def _is_spot(profile: Json) -> bool:
    return str(profile.get("priority", "Regular")).lower() in ("spot", "low")


def storage_profile(document: Json) -> Json:
    """The storage profile of a model; empty where it has none."""
    profile = document["properties"].get("virtualMachineProfile") or {}
    return profile.get("storageProfile") or {}
