# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A simulation: everything that a scenario makes, at one moment of simulated time."""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

from armsim import scenario
from armsim.actions.os_upgrades import AutomaticOsUpgrades
from armsim.actions.rolling_upgrades import set_record
from armsim.actions.standby_pools import StandbyPools
from armsim.actors.alerts import Alerts
from armsim.actors.autoscale import AutoscaleSettings
from armsim.actors.repairs import AutomaticRepairs
from armsim.actors.scripted import Actors
from armsim.common.clock import Clock, Timeline
from armsim.common.wire import Calendar, Json, guid
from armsim.dump import Dump, restore
from armsim.identity.locks import Locks
from armsim.images.catalogue import Catalogue, Image, disk_image, region_name
from armsim.images.managed_images import ManagedImages
from armsim.images.publishing import Shelf
from armsim.instances.instance import Instance, Model, Place
from armsim.model import document
from armsim.model.defaults import complete, identified, new_model
from armsim.model.rules import check_image, check_values
from armsim.operations.failure import Failure
from armsim.operations.faults import Faults
from armsim.operations.operation import Operations
from armsim.protocol.errors import ArmError
from armsim.scale_sets.events import EventBus
from armsim.scale_sets.interfaces import Interfaces
from armsim.scale_sets.ledger import Requests
from armsim.scale_sets.scale_set import ScaleSet, World
from armsim.scale_sets.views import Views
from armsim.scenario import Problem, Scenario
from armsim.supply.quota import Machine, Quotas
from armsim.supply.sizes import Sizes
from armsim.throttling import Throttle

DAY = 86_400.0
# Instances and their first health report are older than the simulation.
AGE = 30 * DAY


class Simulation:
    """The state of one run. A reset makes a new one from the same scenario.

    ``dumps`` are scale sets beside those of the scenario; it must have what they refer to (``dump.with_dumps``).
    """

    def __init__(self, spec: Scenario, clock: Clock, seed: int, dumps: Sequence[Dump] = ()) -> None:
        self.spec = spec
        self.seed = seed
        self.timeline = Timeline(clock)
        self.calendar = Calendar(spec.clock.start or datetime.now(UTC))
        self.shelf = Shelf(spec.images)
        self.catalogue = Catalogue(self.shelf.images, spec.subscription.id)
        self.operations = Operations(self.timeline, self.calendar, random.Random(f"{seed}/operations"))
        self.managed_images = ManagedImages(self.catalogue, self.operations, self.timeline)
        self.views = Views(self.calendar)
        self.interfaces = Interfaces(self.views, spec.address_space)
        self.faults = Faults(seed)
        self.faults.order(spec.faults)
        self.throttle = Throttle(
            lambda: self.timeline.now, self.calendar.stamp, spec.throttling.enabled, spec.throttling.own()
        )
        self.requests = Requests()
        self.outside = random.Random(f"{seed}/outside")
        self.request_ids = random.Random(f"{seed}/requests")
        self.read_only = False
        self.locks = Locks()
        for lock in spec.locks:
            self.locks.put(f"{self.subscription_path}/{lock.scope}", lock.name, lock.level)
        self.subscription_tags = dict(spec.subscription.tags)
        self.groups = {group.name.lower(): group for group in spec.resource_groups}
        self.events = EventBus()
        self.sizes = Sizes(spec.sizes)
        self.quotas = Quotas(spec.quotas, self.sizes, spec.subscription.id, self._machines)
        self.zones_down = set(spec.zones_down)
        self.world = World(
            timeline=self.timeline,
            timings=spec.timings,
            catalogue=self.catalogue,
            operations=self.operations,
            events=self.events,
            sizes=self.sizes,
            quotas=self.quotas,
            zones_down=self.zones_down,
            seed=seed,
            tenant_id=spec.tenant_id,
        )
        self._scale_sets: dict[tuple[str, str], ScaleSet] = {}
        self.standby_pools = StandbyPools(self.scale_sets)
        self.alerts = Alerts(self.timeline, self.calendar, spec.subscription.id, seed)
        self.autoscale = AutoscaleSettings(self.timeline, spec.subscription.id, self.scale_sets)
        # What had to be made up or left out of the dumps.
        self.notes: list[str] = []
        for index, item in enumerate(spec.scale_sets):
            made = self._make(item, ("scale_sets", index))
            self._adopt(made)
            self.autoscale.enter(item, made)
            if item.standby_pool is not None:
                self.standby_pools.enter(item.standby_pool, made, -AGE)
        for dump in dumps:
            self.restore(dump)
        self.repairs = AutomaticRepairs(self.scale_sets)
        self.os_upgrades = AutomaticOsUpgrades(self.scale_sets, seed)
        self.events.subscribe(self.standby_pools.on_event)
        for service in (self.repairs, self.os_upgrades):
            self.events.subscribe(service.on_event)
            service.begin()
        self.actors = Actors(self)
        self.actors.enter(spec.actors, self.events, seed)

    @property
    def subscription_path(self) -> str:
        """The scope of the subscription."""
        return f"/subscriptions/{self.spec.subscription.id}"

    def scale_sets(self, group: str | None = None) -> list[ScaleSet]:
        """All scale sets, or those of one resource group."""
        return [item for key, item in self._scale_sets.items() if group is None or key[0] == group.lower()]

    def scale_set(self, group: str, name: str) -> ScaleSet | None:
        return self._scale_sets.get((group.lower(), name.lower()))

    def restore(self, dump: Dump) -> None:
        """Take in the scale set of a dump. Raises DumpError where its image is not known or not understood."""
        restored = restore(self.world, self.calendar, dump)
        self._adopt(restored.scale_set)
        self.notes += restored.notes

    def create_scale_set(self, group: str, name: str, body: Json) -> ScaleSet:
        """A new, empty scale set from the body of a PUT. Raises ArmError where its image cannot be used."""
        owner = self.groups[group.lower()]
        location = str(body.get("location") or owner.location)
        storage = ((body.get("properties") or {}).get("virtualMachineProfile") or {}).get("storageProfile") or {}
        image = self.catalogue.admit(storage, location)
        model = {**new_model(body, image.os_type), "location": region_name(location)}
        check_values(model)
        self.sizes.check_known(model)
        check_image(model, image, None)
        subscription = self.spec.subscription.id
        resource_id = (
            f"/subscriptions/{subscription}/resourceGroups/{owner.name}"
            f"/providers/Microsoft.Compute/virtualMachineScaleSets/{name}"
        )
        identity = {"name": name, "id": resource_id, "type": "Microsoft.Compute/virtualMachineScaleSets"}
        document = identified({**identity, **model, **identity}, self.spec.tenant_id)
        made = ScaleSet(self.world, document, self.timeline.now)
        made.account.open()
        self._adopt(made)
        return made

    def remove_scale_set(self, gone: ScaleSet) -> None:
        """Forget a set that has been deleted, and its standby pool (guessed)."""
        for pool in self.standby_pools.all():
            if pool.scale_set is gone:
                self.standby_pools.remove(pool)
        del self._scale_sets[gone.resource_group.lower(), gone.name.lower()]

    def _machines(self) -> list[Machine]:
        """All virtual machines, as quotas count them."""
        return [machine for item in self._scale_sets.values() for machine in item.machines()]

    def _adopt(self, made: ScaleSet) -> None:
        size = (made.document.get("sku") or {}).get("name")
        if size:
            self.sizes.use(str(size))
        self._scale_sets[made.resource_group.lower(), made.name.lower()] = made

    def ledger(self) -> Json:
        """What ``GET ledger`` answers."""
        now = self.timeline.now
        return {
            "clock": {
                "started_at": self.calendar.stamp(0.0),
                "now": self.calendar.stamp(now),
                "elapsed_seconds": round(now, 3),
                "seed": self.seed,
            },
            "requests": self.requests.report(),
            "scale_sets": {item.name: self._account(item) for item in self._scale_sets.values()},
            "actors": self.actors.record,
        }

    def state(self) -> Json:
        """What ``GET state`` answers: one readable record for each instance."""
        now = self.timeline.now
        return {
            "now": self.calendar.stamp(now),
            "read_only": self.read_only,
            "scale_sets": {
                item.name: {
                    "capacity": item.capacity,
                    "policy": item.policy,
                    "provisioning": item.provisioning,
                    "repairs": item.repairs_state,
                    "image": item.target(),
                    "model": item.model.version,
                    "etag": item.etag,
                    "rolling_upgrade": item.rolling.record.code if item.rolling else None,
                    "tags": item.document.get("tags") or {},
                    "autoscale": self.autoscale.switches(item),
                    "instances": {
                        instance.id: {
                            "image": instance.image.key,
                            "model": instance.model.version,
                            "provisioning": instance.provisioning,
                            "failure": instance.failure.code if instance.failure else None,
                            "power": instance.power,
                            "health": (instance.health(now) or (None,))[0],
                            "in_service": instance.in_service(now),
                            "zone": instance.place.zone,
                            "placement_group": instance.place.placement_group,
                            "update_domain": instance.place.update_domain,
                            "fault_domain": instance.place.fault_domain,
                            "protected": instance.protect_from_scale_set_actions,
                        }
                        for instance in item.instances.values()
                    },
                }
                for item in self._scale_sets.values()
            },
        }

    def _account(self, item: ScaleSet) -> Json:
        target = item.target()
        return {
            "resource_group": item.resource_group,
            "capacity": item.capacity,
            "target_image": target,
            "instances_on_target": sum(instance.image.key == target for instance in item.instances.values()),
            **item.account.report(),
        }

    # --- from the scenario ------------------------------------------------------------------------------------------

    def _make(self, spec: scenario.ScaleSet, loc: tuple[str, int]) -> ScaleSet:
        group = self.groups[spec.resource_group.lower()]
        location = spec.location or group.location
        probe = document.storage_profile(spec.image, "Linux", spec.name)
        image = self._resolve(probe, location, (*loc, "image"))
        model = complete(document.first_model(spec, location, self.spec.subscription.id, image.os_type), image.os_type)
        if image.plan is not None:
            model["plan"] = image.plan.model_dump()
        ids = self._ids(spec)
        model["sku"]["capacity"] = len(ids) + spec.missing
        capacity = max(1, -(-len(ids) // (spec.placement_groups * max(1, len(spec.zones)))))
        made = ScaleSet(self.world, model, -AGE, group_capacity=max(100, capacity))
        made.update_domains = spec.update_domains
        made.protection_detaches = spec.protection_detaches
        made.tags_are_model = spec.tags_are_model
        made.missing = spec.missing
        made.reports_on_change = spec.health.report_time == "on_change"
        made.model_shown_ahead = spec.model_shown_ahead
        made.repairs_suspended = spec.automatic_repairs is not None and spec.automatic_repairs.state == "Suspended"
        if spec.rolling_upgrade is not None:
            set_record(made, spec.rolling_upgrade)
        unknown = [instance_id for instance_id in spec.instances if instance_id not in ids]
        if unknown:
            known = ", ".join(ids)
            raise self.spec.error(
                *(
                    Problem((*loc, "instances", item), f"there is no such instance; the ids are {known}", of_name=True)
                    for item in unknown
                )
            )
        places = self._places(spec, made, len(ids))
        older: dict[str, Model] = {}
        for index, instance_id in enumerate(ids):
            exception = spec.instances.get(instance_id, scenario.InstanceState())
            instance = made.new_instance(instance_id, _place(places[index], exception, places), -AGE + index)
            instance.agent_since = -AGE
            instance.reporting_since = -AGE + index % 5 + made.rng.random()
            instance.etag = 2
            self._make_special(made, instance, exception, older, (*loc, "instances", instance_id))
            made.add(instance)
        if not spec.profile:
            _drop_profile(made)
        made.account.open()
        return made

    def _resolve(self, storage: Json, location: str, loc: tuple[str | int, ...]) -> Image:
        try:
            return self.catalogue.resolve(storage, location)
        except ArmError as error:
            raise self.spec.error(Problem(loc, error.message)) from error

    def _ids(self, spec: scenario.ScaleSet) -> list[str]:
        """Instance ids: those of the scenario, or numbers with holes, or Flexible names."""
        if spec.capacity is None:
            return list(spec.instances)
        listed = spec.capacity - spec.missing
        rng = random.Random(f"{self.seed}/{spec.resource_group}/{spec.name}/ids")
        if spec.orchestration_mode == "Flexible":
            given = list(spec.instances)
            return given + [f"{spec.name}_{rng.getrandbits(32):08x}" for _ in range(listed - len(given))]
        numbers = (number for number in count() if str(number) in spec.instances or rng.random() >= spec.id_holes)
        return [str(next(numbers)) for _ in range(listed)]

    @staticmethod
    def _places(spec: scenario.ScaleSet, made: ScaleSet, total: int) -> list[Place]:
        """Zones in turn; within a zone placement groups one after the other, domains in turn within a group."""
        zones: list[str | None] = list(spec.zones) or [None]
        if spec.orchestration_mode == "Flexible":
            return [Place(zone=zones[index % len(zones)]) for index in range(total)]
        per_zone = -(-total // len(zones))
        per_group = max(1, -(-per_zone // spec.placement_groups))
        groups = {(zone, number): guid(made.rng) for zone in zones for number in range(spec.placement_groups)}
        places = []
        for index in range(total):
            zone = zones[index % len(zones)]
            number, position = divmod(index // len(zones), per_group)
            update_domain = position % spec.update_domains
            fault_domain = (position + position // spec.update_domains) % spec.fault_domains
            places.append(Place(zone, groups[zone, number], update_domain, fault_domain))
        return places

    def _make_special(
        self,
        made: ScaleSet,
        instance: Instance,
        exception: scenario.InstanceState,
        older: dict[str, Model],
        loc: tuple[str | int, ...],
    ) -> None:
        instance.protect_from_scale_in = exception.protect_from_scale_in
        instance.protect_from_scale_set_actions = exception.protect_from_scale_set_actions
        instance.tags = dict(exception.tags)
        instance.attached = exception.attached is not None
        if exception.health is not None:
            instance.verdict = exception.health
        if exception.image is not None:
            storage = document.storage_profile(exception.image, instance.image.os_type, made.name)
            image = self._resolve(storage, made.location, (*loc, "image"))
            earlier = older.get(image.key)
            if earlier is None:
                past = copy.deepcopy(made.document)
                past["properties"]["virtualMachineProfile"]["storageProfile"] = storage
                earlier = older[image.key] = Model.of(-len(older), past)
            reference = storage.get("imageReference")
            exact = {"exactVersion": image.exact_version} if image.exact_version else {}
            instance.model, instance.image = earlier, image
            instance.reference = {**reference, **exact} if reference else None
        if exception.attached is not None:
            _detach(instance)
        if exception.attached == "disk":
            instance.image, instance.reference, instance.disk_attached = disk_image(exception.os_type), None, True
        if exception.state == "failed":
            instance.provisioning = "Failed"
            # One that serves nevertheless has its health in the scenario.
            instance.verdict = exception.health or "none"
            instance.failure = Failure(
                "VMExtensionProvisioningError", "VM has reported a failure when processing extensions."
            )
        elif exception.state == "updating":
            instance.provisioning = "Updating"
        elif exception.state != "running":
            instance.power = exception.state
            if exception.state == "deallocated":
                instance.place = replace(instance.place, placement_group=None)
            instance.agent_since = instance.reporting_since = None


def _detach(instance: Instance) -> None:
    """Take from an instance what it would have of the model: its extensions, and with them the health reports."""
    profile = {name: part for name, part in instance.model.profile.items() if name != "extensionProfile"}
    instance.model = replace(instance.model, version=-1_000, profile=profile, health_source=None)


def _drop_profile(made: ScaleSet) -> None:
    """Let the set have been made without a model: it has neither size, nor profile, nor policy (recorded)."""
    made.document.pop("sku", None)
    for name in ("virtualMachineProfile", "upgradePolicy"):
        made.document["properties"].pop(name, None)
    made.model = Model.of(1, made.document, made.created)
    for instance in made.instances.values():
        instance.attached = True


def _place(drawn: Place, exception: scenario.InstanceState, places: list[Place]) -> Place:
    """The place that an exception names, where it names one."""
    groups = list(dict.fromkeys(place.placement_group for place in places))
    return Place(
        zone=drawn.zone if exception.zone is None else exception.zone,
        placement_group=(
            drawn.placement_group
            if exception.placement_group is None
            else groups[exception.placement_group % len(groups)]
        ),
        update_domain=drawn.update_domain if exception.update_domain is None else exception.update_domain,
        fault_domain=drawn.fault_domain if exception.fault_domain is None else exception.fault_domain,
    )
