# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A scale set made from a dump: the same ids, places, images, states and model, at rest.

What was going on while the dump was made (an update, a deletion, a start) is taken as finished, because nothing in a
dump shows how it would go on.
"""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from armsim.common.wire import PROFILE_TAG, Calendar, Json, guid
from armsim.dump.files import Dump, DumpError
from armsim.dump.images import exact_storage, storage_of
from armsim.images.catalogue import Image, disk_image
from armsim.instances.instance import Instance, Model, Place, Power
from armsim.model.defaults import complete
from armsim.operations.failure import Failure
from armsim.protocol.errors import ArmError
from armsim.scale_sets.scale_set import ScaleSet, World
from armsim.scenario import HealthReport

# Instances and their first health report are at least so much older than the simulation, in seconds.
AGE = 3600.0
UPDATE_DOMAINS = 5
# Instances of one placement group at most (documented).
GROUP_CAPACITY = 100

_POWER: dict[str, Power] = {
    "stopping": "stopped",
    "stopped": "stopped",
    "deallocating": "deallocated",
    "deallocated": "deallocated",
}
_HEALTH: dict[str, HealthReport] = {"healthy": "healthy", "unhealthy": "unhealthy", "unknown": "unknown"}
_READ_ONLY = ("provisioningState", "uniqueId", "timeCreated")


@dataclass
class Restored:
    """The scale set, and what had to be made up or left out, in readable lines."""

    scale_set: ScaleSet
    notes: list[str] = field(default_factory=list)


def restore(world: World, calendar: Calendar, dump: Dump) -> Restored:
    """Make the scale set of a dump. Raises DumpError where its image reference cannot be understood."""
    try:
        return _Restoration(world, calendar, dump).run()
    except ArmError as error:
        raise DumpError(f"{dump.source}: its image cannot be used: {error.message}") from error


class _Restoration:
    def __init__(self, world: World, calendar: Calendar, dump: Dump) -> None:
        self._calendar = calendar
        self._dump = dump
        self._older: dict[tuple[str, str, str], Model] = {}
        # A source of its own: what is made up does not depend on what the simulation draws elsewhere.
        self._rng = random.Random(f"{world.seed}/{dump.id.lower()}/dump")
        self._made = self._scale_set(world)
        self._shows_extensions = not self._made.flexible and _shows_extensions(dump.instances)

    def run(self) -> Restored:
        staying = [item for item in self._dump.instances if _state(item) != "deleting"]
        places = self._places(staying)
        for index, (item, place) in enumerate(zip(staying, places, strict=True)):
            self._made.add(self._instance(item, place, index))
        domains = [place.update_domain for place in places if place.update_domain is not None]
        self._made.update_domains = max(UPDATE_DOMAINS, 1 + max(domains, default=0))
        notes = self._notes(staying)
        if self._made.capacity != len(staying) and "sku" in self._made.document:
            notes.append(f"the capacity is {len(staying)}, as many as there are instances, not {self._made.capacity}")
            self._made.document["sku"]["capacity"] = len(staying)
        self._made.account.open()
        return Restored(self._made, [f"{self._dump.name}: {note}" for note in notes])

    def _notes(self, staying: list[Json]) -> list[str]:
        """What had to be made up or left out."""
        unseen = sum(not _view(item) for item in staying)
        made_up = "power and health" if self._made.flexible else "domains, placement groups, power and health"
        busy = sum(_state(item) in ("creating", "updating", "migrating") for item in staying)
        references = [storage_of(item).get("imageReference") or {} for item in (*staying, self._dump.model)]
        unknown = references[-1].get("version") == "latest" and not any("exactVersion" in item for item in references)
        found = {
            "instances that were being deleted and are left out": len(self._dump.instances) - len(staying),
            "instances with a change in progress, taken as finished": busy,
            f"instances without an instance view, whose {made_up} are made up": unseen,
            "images of version latest, of which nothing shows what it stands for: it is made up": int(unknown),
        }
        return [f"{what}: {number}" for what, number in found.items() if number]

    def _scale_set(self, world: World) -> ScaleSet:
        document = copy.deepcopy(self._dump.model)
        counter = document.pop("etag", None)
        properties: Json = document["properties"]
        read_only = {name: properties.pop(name, None) for name in _READ_ONLY}
        profile_created = (properties.get("virtualMachineProfile") or {}).pop("timeCreated", None)
        storage = storage_of(document)
        if storage:
            # An older api-version shows less than the service knows.
            document = complete(document, world.catalogue.resolve(storage, document["location"]).os_type)
        made = ScaleSet(world, document, self._time(read_only["timeCreated"], -AGE))
        made.profile_created = self._time(profile_created, made.created)
        made.model = replace(made.model, created=made.profile_created)
        self._marks = made.flexible and profile_created is not None
        made.unique_id = read_only["uniqueId"] or made.unique_id
        made.failed = str(read_only["provisioningState"]).lower() == "failed"
        made.etag = _counter(counter, 1)
        return made

    def _instance(self, item: Json, place: Place, index: int) -> Instance:
        properties = item.get("properties") or {}
        view = _view(item)
        created = self._time(properties.get("timeCreated"), -AGE)
        model, image, reference = self._model(item)
        protection = properties.get("protectionPolicy") or {}
        disk = str((storage_of(item).get("osDisk") or {}).get("name") or "").partition("_OsDisk_1_")[2]
        instance_id = str(item["id"]).split("/")[-1]
        made = Instance(
            id=instance_id,
            name=str(item.get("name") or instance_id),
            place=place,
            vm_id=str(properties.get("vmId") or guid(self._rng)),
            disk=disk or guid(self._rng).replace("-", ""),
            created=created,
            changed=created,
            model=model,
            image=image,
            reference=reference,
            power=_power(view),
            protect_from_scale_in=bool(protection.get("protectFromScaleIn")),
            protect_from_scale_set_actions=bool(protection.get("protectFromScaleSetActions")),
            own_definition=properties.get("modelDefinitionApplied") == "VirtualMachine",
            attached=self._marks and not _marked(item),
            disk_attached=_disk_attached(item),
            etag=_counter(item.get("etag"), 2),
        )
        if _state(item) == "failed":
            made.provisioning = "Failed"
            made.failure = _failure(view)
        if made.power == "running":
            self._report(made, view, index)
        return made

    def _report(self, made: Instance, view: Json, index: int) -> None:
        """The agent and its health reports, as far as the view has them; without a view all is well."""
        agent = ((view.get("vmAgent") or {}).get("statuses") or [{}])[0].get("code", "")
        health = (view.get("vmHealth") or {}).get("status") or {}
        if not view or health or str(agent).lower() == "provisioningstate/succeeded":
            made.agent_since = -AGE
        if not view:
            made.verdict = "healthy"
        else:
            # A first report that is still awaited (initializing) is taken as come, like all that was going on.
            word = str(health.get("code") or "").rpartition("/")[2].lower()
            made.verdict = "healthy" if word == "initializing" else _HEALTH.get(word, "none")
        if made.verdict != "none":
            made.reporting_since = -AGE + index % 5 + self._rng.random()

    def _model(self, item: Json) -> tuple[Model, Image, Json | None]:
        """The version of the model that an instance follows, and the image it runs, both as the dump has them."""
        properties = item.get("properties") or {}
        storage = storage_of(item)
        if not storage:
            disk = self._made.disk()
            return disk.model, disk.image, disk.reference
        reference = storage.get("imageReference")
        if self._made.flexible and not reference and not ((storage.get("osDisk") or {}).get("image")):
            image = disk_image((storage.get("osDisk") or {}).get("osType") or "Linux")
            return replace(self._made.model, version=-len(self._older) - 1, health_source=None), image, None
        image = self._made.world.catalogue.resolve(exact_storage(storage), self._made.location)
        sku = (item.get("sku") or {}).get("name") or (properties.get("hardwareProfile") or {}).get("vmSize")
        current = properties.get("latestModelApplied", image.key == self._made.image().key)
        return (self._made.model if current else self._older_model(storage, image, sku, item)), image, reference

    def _older_model(self, storage: Json, image: Image, sku: str | None, item: Json) -> Model:
        """The model as it was when it had this image, and the extensions that the instance shows as its resources; all
        else is as it is now, since nothing shows how it was.
        """
        extensions = _extensions(item) if self._shows_extensions else None
        key = (image.key, sku or "", json.dumps(extensions, sort_keys=True))
        if key not in self._older:
            past = copy.deepcopy(self._made.document)
            kept: Json = past["properties"].setdefault("virtualMachineProfile", {}).setdefault("storageProfile", {})
            if storage.get("imageReference"):
                kept["imageReference"] = {**storage["imageReference"]}
                kept["imageReference"].pop("exactVersion", None)
            elif (storage.get("osDisk") or {}).get("image"):
                kept.setdefault("osDisk", {})["image"] = storage["osDisk"]["image"]
            if sku:
                past.setdefault("sku", {})["name"] = sku
            if extensions is not None:
                past["properties"]["virtualMachineProfile"]["extensionProfile"] = {"extensions": extensions}
            self._older[key] = Model.of(-len(self._older), past)
        return self._older[key]

    def _places(self, items: list[Json]) -> list[Place]:
        """The places that the views show; without a view, domains in turn within each zone, as the service does."""
        faults = int(self._made.document["properties"].get("platformFaultDomainCount") or 5)
        groups: dict[tuple[str | None, int], str] = {}
        counts: Counter[str | None] = Counter()
        places = []
        for item in items:
            zone = next((str(zone) for zone in item.get("zones") or [] if zone), None)
            if self._made.flexible or _view(item):
                places.append(_seen_place(zone, _view(item)))
                continue
            position = counts[zone]
            counts[zone] += 1
            group = groups.setdefault((zone, position // GROUP_CAPACITY), guid(self._rng))
            update_domain = position % UPDATE_DOMAINS
            places.append(Place(zone, group, update_domain, (position + position // UPDATE_DOMAINS) % faults))
        return places

    def _time(self, text: object, otherwise: float) -> float:
        """A time of the dump in seconds of the simulation; what is later than its start is taken as ``otherwise``."""
        try:
            when = datetime.fromisoformat(str(text)).astimezone(self._calendar.start.tzinfo)
        except ValueError:
            return otherwise
        seconds = (when - self._calendar.start).total_seconds()
        return seconds if seconds < 0 else otherwise


def _seen_place(zone: str | None, view: Json) -> Place:
    return Place(zone, view.get("placementGroupId"), view.get("platformUpdateDomain"), view.get("platformFaultDomain"))


def _view(item: Json) -> Json:
    view: Json = (item.get("properties") or {}).get("instanceView") or {}
    return view


def _marked(item: Json) -> bool:
    """Whether Azure marks a virtual machine as made from the set's model (recorded)."""
    return any(name.lower() == PROFILE_TAG.lower() for name in item.get("tags") or {})


def _shows_extensions(items: Iterable[Json]) -> bool:
    """Whether instances show their extensions as resources, as they do (recorded): not where views report some that
    are missing there.
    """
    views = (_view(item) for item in items if not item.get("resources"))
    return not any(view.get("vmHealth") or view.get("extensions") for view in views)


def _extensions(item: Json) -> list[Json]:
    resources = item.get("resources") or []
    return [
        {
            "name": resource["name"],
            "properties": {key: value for key, value in resource["properties"].items() if key != "provisioningState"},
        }
        for resource in resources
        if {"name", "properties"} <= resource.keys() and {"publisher", "type"} <= resource["properties"].keys()
    ]


def _disk_attached(item: Json) -> bool:
    return str((storage_of(item).get("osDisk") or {}).get("createOption") or "").lower() == "attach"


def _state(item: Json) -> str:
    return str((item.get("properties") or {}).get("provisioningState")).lower()


def _codes(view: Json, family: str) -> list[tuple[str, Json]]:
    """What follows ``family/`` in the codes of the view's statuses, and the statuses."""
    found = []
    for status in view.get("statuses") or []:
        head, _, rest = str(status.get("code") or "").partition("/")
        if head.lower() == family:
            found.append((rest, status))
    return found


def _power(view: Json) -> Power:
    return next((_POWER.get(word.lower(), "running") for word, _status in _codes(view, "powerstate")), "running")


def _failure(view: Json) -> Failure:
    for words, status in _codes(view, "provisioningstate"):
        if words.lower().startswith("failed/"):
            return Failure(words.partition("/")[2], str(status.get("message") or "It failed before."))
    return Failure("VMExtensionProvisioningError", "VM has reported a failure when processing extensions.")


def _counter(text: object, otherwise: int) -> int:
    digits = str(text).strip('"')
    return int(digits) if digits.isdigit() else otherwise
