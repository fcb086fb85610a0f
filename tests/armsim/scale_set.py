# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A scale set: its model and its versions, its instances, and what the service does with them."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from armsim.catalogue import Catalogue, Image, reference_kind
from armsim.clock import Event, Timeline
from armsim.document import check_types, merge_patch, replace
from armsim.errors import ArmError, bad_request, invalid_parameter, operation_not_allowed, precondition_failed
from armsim.happenings import Happenings
from armsim.instance import PREEMPTED, Failure, Instance, Model, Place
from armsim.ledger import Account
from armsim.lifecycle import Lifecycle
from armsim.operations import Operation, Operations
from armsim.rolling import RollingUpgrade
from armsim.scenario import HealthReport, Timings
from armsim.wire import Json, etag, guid

# A Uniform set refuses a further model while its instances refer to ten (reported).
MODEL_LIMIT = 10
REPAIRS = "AutomaticRepairs"


@dataclass(frozen=True)
class World:
    """What all scale sets share."""

    timeline: Timeline
    timings: Timings
    catalogue: Catalogue
    operations: Operations
    happenings: Happenings
    seed: int


@dataclass
class Accepted:
    """A change that was accepted: the operation to poll, and how many instances it was charged for."""

    operation: Operation
    charge: int


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
        self.model = Model.of(1, document)
        self.instances: dict[str, Instance] = {}
        self.account = Account()
        self.repairs_suspended = False
        self.rolling: RollingUpgrade | None = None
        self.update_domains = 5
        self._group_capacity = group_capacity
        self._running: list[Operation] = []
        self.failed = False
        self._write: tuple[Operation, Event | None] | None = None
        seed = f"{world.seed}/{self.id.lower()}"
        self.lifecycle = Lifecycle(world.timeline, world.timings, seed, self._changed)

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
        if self._running:
            return "Updating"
        return "Failed" if self.failed else "Succeeded"

    @property
    def repairs_state(self) -> str:
        """State of the automatic repairs service, as the set's instance view shows it."""
        policy = self.document["properties"].get("automaticRepairsPolicy") or {}
        if not policy.get("enabled"):
            return "NotRunning"
        return "Suspended" if self.repairs_suspended else "Running"

    def image(self) -> Image:
        """The image that an instance made now would get."""
        return self.world.catalogue.resolve(self._storage(self.document), self.location)

    def active(self) -> list[Instance]:
        """Instances that are not being deleted."""
        return [instance for instance in self.instances.values() if instance.provisioning != "Deleting"]

    def lagging(self, instances: Iterable[Instance]) -> list[Instance]:
        """Those of ``instances`` that an upgrade would act upon: behind the model and not protected."""
        return [
            instance
            for instance in instances
            if instance.model is not self.model and not instance.protect_from_scale_set_actions
        ]

    # --- instances --------------------------------------------------------------------------------------------------

    def add(self, instance: Instance) -> None:
        """Take in an instance that exists already: at the start."""
        self.instances[instance.id] = instance
        self.account.enter(instance)
        self._changed(instance)

    def new_instance(self, instance_id: str, place: Place, created: float) -> Instance:
        """An instance on the present model; it is not yet in the set."""
        image = self.image()
        return Instance(
            id=instance_id,
            name=instance_id if self.flexible else f"{self.name}_{instance_id}",
            place=place,
            vm_id=guid(self.rng),
            disk=guid(self.rng).replace("-", ""),
            created=created,
            changed=created,
            model=self.model,
            image=image,
            reference=self.reference(image),
            verdict=image.behaviour.health,
        )

    def reference(self, image: Image) -> Json | None:
        """The ``imageReference`` of an instance: the model's, and the exact version where there is one (recorded)."""
        given = self._storage(self.document).get("imageReference")
        if not given:
            return None
        exact = {"exactVersion": image.exact_version} if image.exact_version else {}
        return {**given, **exact}

    def _changed(self, instance: Instance) -> None:
        now = self.world.timeline.now
        self.account.record(instance, serving=instance.in_service(now), now=now)
        self.world.happenings.look_at(self.name, instance, now)
        if self.rolling is not None:
            self.rolling.look()

    # --- changing the model -----------------------------------------------------------------------------------------

    def patch(self, body: object, if_match: str | None, if_none_match: str | None) -> Accepted:
        """PATCH of the model."""
        self._check_etag(if_match, if_none_match)
        return self._write_model(merge_patch(self.document, check_types(body)))

    def put(self, body: object, if_match: str | None, if_none_match: str | None) -> Accepted:
        """PUT of the whole model of an existing set."""
        self._check_etag(if_match, if_none_match)
        return self._write_model(replace(self.document, check_types(body)))

    def _check_etag(self, if_match: str | None, if_none_match: str | None) -> None:
        if if_match is not None and if_match not in ("*", etag(self.etag)):
            raise precondition_failed("if-match", if_match, etag(self.etag))
        if if_none_match == "*":
            raise precondition_failed("if-none-match", if_none_match, etag(self.etag))

    def _write_model(self, document: Json) -> Accepted:
        self._check_kind(document)
        if self._storage(document) != self._storage(self.document):
            self.world.catalogue.resolve(self._storage(document), self.location)
        capacity = int((document.get("sku") or {}).get("capacity") or 0)
        model = Model.of(self.model.version + 1, document)
        is_new = (model.profile, model.sku) != (self.model.profile, self.model.sku)
        if is_new and not self.flexible:
            self._check_model_limit()
        if document["properties"].get("upgradePolicy", {}).get("mode") == "Rolling" and model.health_source is None:
            raise bad_request(
                "Rolling Upgrade mode is not supported for this Virtual Machine Scale Set because a health probe or "
                "health extension was not provided."
            )
        if document["properties"].get("orchestrationMode", "Uniform") != self.document["properties"].get(
            "orchestrationMode", "Uniform"
        ):
            raise _property_change_not_allowed("orchestrationMode")
        self._preempt_write()
        if self.rolling is not None:
            self.rolling.preempt()
        self.document = document
        if is_new:
            self.model = model
            self.profile_created = self.world.timeline.now
        self.etag += 1
        self.world.happenings.tell("model_written", self.name)
        operation = self._start()
        affected = self._scale(capacity)
        if self.policy == "Automatic":
            affected += [instance for instance in self.lagging(self.active()) if instance not in affected]
        elif self.policy == "Rolling" and self.lagging(self.active()):
            self._roll(operation)
            return Accepted(operation, 0)
        self._finish_after(operation, affected)
        return Accepted(operation, len(affected))

    def _check_kind(self, document: Json) -> None:
        before, after = reference_kind(self._storage(self.document)), reference_kind(self._storage(document))
        # Reported for platform and id; that VHDs are no different is a guess. Galleries may follow one another.
        fixed = ("platform", "vhd")
        if before != after and (before in fixed or after in fixed):
            raise operation_not_allowed("The Image type for a Virtual Machine Scale Set may not be changed.")

    def _check_model_limit(self) -> None:
        versions = {instance.model.version for instance in self.active()} | {self.model.version}
        if len(versions) >= MODEL_LIMIT:
            raise operation_not_allowed(
                f"Virtual Machine Scale Set '{self.name}' has reached its limit of {MODEL_LIMIT} models that may be "
                "referenced by one or more VMs belonging to the Virtual Machine Scale Set. Upgrade the VMs to the "
                "latest model of the Virtual Machine Scale Set before trying again."
            )

    def _preempt_write(self) -> None:
        if self._write is None:
            return
        operation, event = self._write
        self._write = None
        if event is not None:
            event.cancel()
        self._end(operation, PREEMPTED)

    def _finish_after(self, operation: Operation, affected: list[Instance]) -> None:
        """End a model write: soon when it touches no instance, else when the instances are done."""
        if affected:
            self._write = (operation, None)
            self._upgrade(operation, affected)
            return
        delay = self.world.timings.write.draw(self.rng)

        def written() -> None:
            self._write = None
            self._end(operation)

        self._write = (operation, self.world.timeline.after(delay, written))

    # --- actions ----------------------------------------------------------------------------------------------------

    def upgrade_instances(self, body: object) -> Accepted:
        """``manualupgrade``: unknown ids refuse the whole call; protected and current instances are passed over."""
        lagging = self.lagging(self._chosen(body))
        operation = self._start()
        if lagging:
            self.etag += 1
            self.world.happenings.tell("batch_started", self.name, *lagging)
            self._upgrade(operation, lagging, lambda: self.world.happenings.tell("batch_ended", self.name, *lagging))
        else:
            delay = self.world.timings.current.draw(self.rng)
            self.world.timeline.after(delay, lambda: self._end(operation))
        return Accepted(operation, len(lagging))

    def _chosen(self, body: object) -> list[Instance]:
        ids = body.get("instanceIds") if isinstance(body, dict) else None
        if not isinstance(ids, list) or not ids or not all(isinstance(item, str) for item in ids):
            raise invalid_parameter("instanceIds", "Required parameter 'instanceIds' is missing (null).")
        if "*" in ids:
            return self.active()
        by_id = {instance.id.lower(): instance for instance in self.active()}
        for item in ids:
            if item.lower() not in by_id:
                raise invalid_parameter(
                    "instanceIds",
                    f"The provided instanceId {item} is not an active Virtual Machine Scale Set VM instanceId.",
                )
        return [by_id[item] for item in dict.fromkeys(item.lower() for item in ids)]

    def set_orchestration_service_state(self, body: object) -> Accepted:
        """Suspend or resume automatic repairs."""
        body = body if isinstance(body, dict) else {}
        if body.get("serviceName") != REPAIRS:
            raise invalid_parameter("serviceName", "The value of parameter serviceName is invalid.")
        if body.get("action") not in ("Suspend", "Resume"):
            raise invalid_parameter("action", "The value of parameter action is invalid.")
        if self.repairs_state == "NotRunning":
            raise operation_not_allowed(
                f"Orchestration service '{REPAIRS}' is not enabled on Virtual Machine Scale Set '{self.name}'."
            )
        operation = self._start()
        self.etag += 1

        def done() -> None:
            self.repairs_suspended = body["action"] == "Suspend"
            self._end(operation)

        self.world.timeline.after(self.world.timings.service_state.draw(self.rng), done)
        return Accepted(operation, 0)

    def cancel_rolling_upgrade(self) -> Accepted:
        """Stop a rolling upgrade after the batch in progress."""
        if self.rolling is None or not self.rolling.active:
            raise operation_not_allowed("There is no ongoing Rolling Upgrade to cancel.")
        self.rolling.cancel()
        operation = self._start()
        self.world.timeline.after(self.world.timings.write.draw(self.rng), lambda: self._end(operation))
        return Accepted(operation, 0)

    def upgrade_batch(self, instances: list[Instance]) -> None:
        """Bring instances to the present model without an operation of their own: for rolling upgrades."""
        self.world.happenings.tell("rolling_batch_started", self.name, *instances)
        image = self.image()
        for instance in instances:
            self.lifecycle.upgrade(instance, self.model, image, self.reference(image), lambda _failure: None)

    def _upgrade(
        self, operation: Operation, instances: list[Instance], ended: Callable[[], None] = lambda: None
    ) -> None:
        """Let ``operation`` last until ``instances`` are on the present model; one failure fails it."""
        operation.pending = {instance.id for instance in instances}
        failures: list[Failure] = []
        image = self.image()

        def done(instance: Instance, failure: Failure | None) -> None:
            if failure is not None:
                failures.append(failure)
            operation.pending.discard(instance.id)
            if not operation.pending:
                self.etag += 1
                if self._write is not None and self._write[0] is operation:
                    self._write = None
                self._end(operation, failures[0] if failures else None)
                ended()

        for instance in instances:
            self.lifecycle.upgrade(instance, self.model, image, self.reference(image), partial(done, instance))

    def _roll(self, operation: Operation) -> None:
        policy = (self.document["properties"].get("upgradePolicy") or {}).get("rollingUpgradePolicy") or {}

        def ended(failure: Failure | None) -> None:
            self._end(operation, failure)
            self.world.happenings.tell("rolling_upgrade_ended", self.name)

        self.world.happenings.tell("rolling_upgrade_started", self.name)
        self.rolling = RollingUpgrade(self.world.timeline, policy, self.lagging(self.active()), self.active, ended)
        self.rolling.begin(self.upgrade_batch)

    def _start(self) -> Operation:
        operation = self.world.operations.start(self.location)
        self._running.append(operation)
        return operation

    def _end(self, operation: Operation, failure: Failure | None = None) -> None:
        self.world.operations.finish(operation, failure)
        if operation in self._running:
            self._running.remove(operation)
            self.failed = failure is not None and failure is not PREEMPTED

    # --- changes from outside ---------------------------------------------------------------------------------------

    def set_policy(self, mode: str) -> None:
        """Change the upgrade policy as an operator would, without upgrading anything."""
        self.document = copy.deepcopy(self.document)
        self.document["properties"].setdefault("upgradePolicy", {})["mode"] = mode
        self.etag += 1

    def set_health(self, instance: Instance, verdict: HealthReport) -> None:
        """Let an instance report another state from now on."""
        instance.verdict = verdict
        self._changed(instance)

    # --- capacity ---------------------------------------------------------------------------------------------------

    def resize(self, capacity: int) -> Accepted:
        """Change the capacity, as autoscale would: a model write of its own."""
        document = copy.deepcopy(self.document)
        document.setdefault("sku", {})["capacity"] = capacity
        return self._write_model(document)

    def _scale(self, capacity: int) -> list[Instance]:
        """Make or delete instances until there are ``capacity``; returns the new ones.

        Instances are deleted from the highest id down, protected ones never (the documented default, without its
        balancing of zones); the extra instances of overprovisioning are not made.
        """
        present = self.active()
        created = []
        for _ in range(capacity - len(present)):
            instance = self.new_instance(self._next_id(), self._next_place(), self.world.timeline.now)
            self.instances[instance.id] = instance
            self.account.enter(instance)
            created.append(instance)
            self.lifecycle.create(instance, lambda _failure: None)
        surplus = len(present) - capacity
        candidates = [instance for instance in present if not instance.protect_from_scale_in]
        for instance in candidates[::-1][: max(surplus, 0)]:
            self.delete(instance)
        if created:
            self.world.happenings.tell("scaled_out", self.name, *created)
        if surplus > 0:
            self.world.happenings.tell("scaled_in", self.name)
        return created

    def delete(self, instance: Instance) -> None:
        """Delete one instance."""

        def gone() -> None:
            del self.instances[instance.id]
            self.account.leave(instance, self.world.timeline.now)

        self.lifecycle.delete(instance, gone)

    def _next_id(self) -> str:
        if self.flexible:
            return f"{self.name}_{self.rng.getrandbits(32):08x}"
        return str(max((int(instance_id) for instance_id in self.instances), default=-1) + 1)

    def _next_place(self) -> Place:
        """A place in the emptiest zone, placement group with room, update domain and fault domain."""
        zones: list[str | None] = list(self.document.get("zones") or [None])
        places = [instance.place for instance in self.active()]
        zone = min(zones, key=lambda item: sum(place.zone == item for place in places))
        if self.flexible:
            return Place(zone=zone)
        here = [place for place in places if place.zone == zone]
        groups = list(dict.fromkeys(place.placement_group for place in here))
        roomy = [
            group for group in groups if sum(item.placement_group == group for item in here) < self._group_capacity
        ]
        group = roomy[0] if roomy else guid(self.rng)
        mates = [place for place in here if place.placement_group == group]
        faults = int(self.document["properties"].get("platformFaultDomainCount") or 5)
        return Place(
            zone,
            group,
            min(range(self.update_domains), key=lambda domain: sum(item.update_domain == domain for item in mates)),
            min(range(faults), key=lambda domain: sum(item.fault_domain == domain for item in mates)),
        )

    @staticmethod
    def _storage(document: Json) -> Json:
        profile = document["properties"].get("virtualMachineProfile") or {}
        return profile.get("storageProfile") or {}


def _property_change_not_allowed(name: str) -> ArmError:
    return ArmError(409, "PropertyChangeNotAllowed", f"Changing property '{name}' is not allowed.", target=name)
