# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What was there before a recording began, as far as its answers show: subscription, groups, images, scale sets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from armsim import scenario
from armsim.common.wire import Json
from armsim.dump import Dump
from armsim.dump.images import UNKNOWN_VERSION, with_images
from armsim.images.catalogue import PLATFORM_FIELDS
from armsim.model.defaults import new_model
from armsim.model.document import check_types
from armsim.protocol.errors import ArmError
from armsim.scenario import Scenario
from conformance.mirror.recordings import Exchange, Recording

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
# Where no answer names a region.
REGION = "westus"
# Where a deployment leads to a set that does not report accelerated networking if no request named it. Elsewhere, and
# where a PUT made the set, it reports that it is off (recorded: 60 of 60).
_UNREPORTED = ("westus", "westcentralus", "eastus2euap")
# Fields of a resource in a template that are fields of the model.
_OF_TEMPLATE = ("location", "tags", "sku", "zones", "identity", "plan", "extendedLocation", "properties")


def scenario_of(recording: Recording) -> Scenario:
    """A scenario without scale sets, with everything that they and the requests of the recording refer to."""
    models = [model for exchange in recording.exchanges for model in models_in(exchange)]
    models += [model for exchange in recording.exchanges for model in _models_in_template(exchange)]
    dumps = [Dump(recording.name, model, tuple(_instances(recording.exchanges, model["id"]))) for model in models]
    images = _with_listed(with_images(_galleries(recording), dumps), recording)
    made = {exchange.path.lower() for exchange in recording.exchanges if exchange.answer.status == 201}
    managed = [image for image in images.managed if _managed_path(recording, image).lower() not in made]
    images = images.model_copy(update={"managed": managed})
    places = {model["id"].split("/")[4].lower(): model["location"] for model in models}
    groups = {exchange.group.lower(): exchange.group for exchange in recording.exchanges if exchange.group}
    groups.update({gallery.resource_group.lower(): gallery.resource_group for gallery in images.galleries})
    groups.update({image.resource_group.lower(): image.resource_group for image in images.managed})
    return Scenario(
        version=1,
        subscription=scenario.Subscription(id=_subscription(recording)),
        images=images,
        resource_groups=[
            scenario.ResourceGroup(name=name, location=places.get(key, REGION)) for key, name in groups.items()
        ],
    )


def seed_of(recording: Recording, exchange: Exchange, set_id: str) -> Dump | None:
    """The scale set as it was when ``exchange`` was recorded: by the first answer from then on that shows its model."""
    for later in recording.since(exchange):
        for model in models_in(later):
            if model["id"].lower() == set_id.lower():
                return Dump(recording.name, model, tuple(_seeds(recording, exchange, model)))
    for earlier in recording.exchanges:
        for model in _models_in_template(earlier):
            if model["id"].lower() == set_id.lower():
                return Dump(recording.name, model, tuple(_seeds(recording, exchange, model)))
    return None


def deployed_before(recording: Recording, exchange: Exchange, set_id: str) -> bool:
    """Whether a deployment made the set earlier in the same recording."""
    made = (name.lower() for earlier in recording.before(exchange) for name, _ in _sets_in_template(earlier))
    return set_id.lower() in made


def _sets_in_template(exchange: Exchange) -> Iterator[tuple[str, Json]]:
    """The scale sets in the template of a deployment, by id."""
    body = exchange.body if isinstance(exchange.body, dict) else {}
    template = (body.get("properties") or {}).get("template") or {}
    for resource in template.get("resources") or []:
        if str(resource.get("type")).lower() == "microsoft.compute/virtualmachinescalesets":
            yield f"/{'/'.join(exchange.segments[:4])}/providers/{resource['type']}/{resource['name']}", resource


def _models_in_template(exchange: Exchange) -> Iterator[Json]:
    """The scale sets that a deployment makes, as the service completes them; its expressions stay as they are."""
    for set_id, resource in _sets_in_template(exchange):
        kept = _evaluated({name: resource[name] for name in _OF_TEMPLATE if name in resource})
        windows = "windows" in json.dumps(resource).lower()
        try:
            model = new_model(check_types(kept), "Windows" if windows else "Linux")
        except ArmError:
            # An expression stands in the place of a list.
            continue
        flexible = model["properties"].get("orchestrationMode") == "Flexible"
        for interface in _interfaces(model) if flexible or model["location"] in _UNREPORTED else ():
            if "enableAcceleratedNetworking" not in json.dumps(kept):
                interface["properties"].pop("enableAcceleratedNetworking", None)
        yield {**model, "id": set_id, "name": resource["name"], "type": resource["type"]}


def _interfaces(model: Json) -> list[Json]:
    network = ((model["properties"].get("virtualMachineProfile") or {}).get("networkProfile")) or {}
    return list(network.get("networkInterfaceConfigurations") or [])


def models_in(exchange: Exchange) -> Iterator[Json]:
    """The models of scale sets that an answer shows."""
    for item in _items(exchange.answer.body):
        parts = str(item.get("id", "")).split("/")
        if len(parts) == 9 and parts[7].lower() == "virtualmachinescalesets" and "location" in item:
            yield item


def _evaluated(value: Any) -> Any:
    """A template's value with its truth values as such: in templates they may be words."""
    match value:
        case dict():
            return {name: _evaluated(item) for name, item in value.items()}
        case list():
            return [_evaluated(item) for item in value]
        case "true" | "false":
            return value == "true"
        case _:
            return value


def _instances(exchanges: Iterable[Exchange], set_id: str) -> Iterator[Json]:
    """Every instance of a set that an answer shows, once, as it is first shown."""
    seen = set()
    for exchange in exchanges:
        for item in _items(exchange.answer.body):
            name = str(item.get("id", "")).lower()
            if name.startswith(f"{set_id.lower()}/virtualmachines/") and name.count("/") == 10 and name not in seen:
                seen.add(name)
                yield item


def _seeds(recording: Recording, exchange: Exchange, model: Json) -> Iterator[Json]:
    """As many instances as the model has: those that later answers name, and then any.

    What their views show is of later; at the start they are well.
    """
    capacity = int((model.get("sku") or {}).get("capacity") or 0)
    named = list(_instances(recording.since(exchange), model["id"]))[:capacity]
    taken = [str(item["id"]).rpartition("/")[2] for item in named]
    free = (str(number) for number in range(2 * capacity) if str(number) not in taken)
    for item in named:
        properties = {**(item.get("properties") or {}), "provisioningState": "Succeeded"}
        properties.pop("instanceView", None)
        yield {**item, "properties": properties}
    for name, _ in zip(free, range(capacity - len(named)), strict=False):
        yield {"id": f"{model['id']}/virtualMachines/{name}", "instanceId": name}


def _items(body: Any) -> list[Json]:
    """A resource, or the resources in a list."""
    if not isinstance(body, dict):
        return []
    entries = body.get("value")
    return [item for item in entries if isinstance(item, dict)] if isinstance(entries, list) else [body]


def _subscription(recording: Recording) -> str:
    paths = (exchange.segments for exchange in recording.exchanges)
    return next((path[1] for path in paths if path[0].lower() == "subscriptions"), SUBSCRIPTION)


def _managed_path(recording: Recording, image: scenario.ManagedImage) -> str:
    group = f"/subscriptions/{_subscription(recording)}/resourceGroups/{image.resource_group}"
    return f"{group}/providers/Microsoft.Compute/images/{image.name}"


def _galleries(recording: Recording) -> scenario.Images:
    """The galleries that answers show, with the images and versions that are requested."""
    galleries: list[Json] = []
    shared: list[Json] = []
    for exchange in recording.exchanges:
        names = dict(zip(*[iter(exchange.segments)] * 2, strict=False))
        low = [segment.lower() for segment in exchange.segments]
        if exchange.method != "GET" or exchange.answer.status != 200 or not {"galleries", "sharedgalleries"} & {*low}:
            continue
        if "galleries" in low:
            owner = _named(galleries, names["galleries"], {"resource_group": exchange.group, "location": REGION})
            region = exchange.answer.body.get("location", owner["location"])
            owner["location"] = region
            if "images" not in names:
                owner["tags"] = exchange.answer.body.get("tags")
        elif "sharedGalleries" in names:
            owner, region = _named(shared, names["sharedGalleries"], {}), names["locations"]
        else:
            continue
        if "images" in names:
            image = _named(owner["images"], names["images"], {}, "versions")
            if "versions" in names:
                _version(image["versions"], names["versions"], region, exchange.answer.body)
    return scenario.Images.model_validate({"galleries": galleries, "shared_galleries": shared})


def _named(entries: list[Json], name: str, more: Json, inner: str = "images") -> Json:
    """The entry of that name; a new one where there is none."""
    for entry in entries:
        if entry["name"].lower() == name.lower():
            return entry
    entries.append({"name": name, **more, inner: []})
    return entries[-1]


def _version(versions: list[Json], name: str, region: str, body: Json) -> None:
    if name not in [version["version"] for version in versions]:
        source = ((body.get("properties") or {}).get("storageProfile") or {}).get("source") or {}
        versions.append({"version": name, "regions": [region], "source": source.get("id")})


def _with_listed(images: scenario.Images, recording: Recording) -> scenario.Images:
    """The images, and the platform images that were requested, with the versions that were reported."""
    platform: list[Json] = images.model_dump()["platform"]
    for exchange in recording.exchanges:
        names, versions = _asked_image(exchange)
        if not names:
            continue
        named = dict(zip(PLATFORM_FIELDS, names, strict=False))
        found = next((image for image in platform if named.items() <= image.items()), None)
        if found is None:
            found = {**named, "versions": []}
            platform.append(found)
        for version in versions:
            if version["name"] not in [known["version"] for known in found["versions"]]:
                found["versions"].append({"version": version["name"]})
            found.update(_described(version["properties"]) if "properties" in version else {})
        found["versions"] = found["versions"] or [{"version": UNKNOWN_VERSION}]
    return scenario.Images.model_validate({**images.model_dump(), "platform": platform})


def _asked_image(exchange: Exchange) -> tuple[tuple[str, ...], Iterable[Json]]:
    """Publisher, offer and sku that a request names, and the versions in the answer.

    What a request for publishers, offers or skus leaves open is filled in with the first of the answer.
    """
    low = [segment.lower() for segment in exchange.segments]
    if "publishers" not in low or exchange.answer.status != 200:
        return (), ()
    below = exchange.segments[low.index("publishers") :]
    names = [*below[1::2]]
    # Of publisher, artifact type, offer, sku, version: all but the artifact type.
    names = [name for index, name in enumerate(names) if index != 1]
    body = exchange.answer.body
    entries = body if isinstance(body, list) else [body]
    if len(names) < 3:
        first = [entries[0]["name"]] if entries else []
        names = [*names, *first, *(["any"] * 3)][:3]
        return tuple(names), ()
    return tuple(names[:3]), entries


def _described(properties: Json) -> Json:
    """What a version of a platform image reports of its image."""
    return {
        "os_type": properties["osDiskImage"]["operatingSystem"],
        "generation": properties.get("hyperVGeneration", "V1"),
        "features": {item["name"]: item["value"] for item in properties.get("features", [])},
    }
