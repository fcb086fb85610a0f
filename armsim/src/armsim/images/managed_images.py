# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Managed images as clients make, change and delete them; those of the scenario are there from the start."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from armsim import scenario
from armsim.common.clock import Timeline
from armsim.common.wire import COMPUTE, Json
from armsim.images.catalogue import Catalogue, region_name
from armsim.operations.operation import Operation, Operations
from armsim.protocol.errors import bad_request

TYPE = f"{COMPUTE}/images"
# Recorded: more than a second, at most thirty.
_SECONDS = 25.0
_DISK_SIZE = 30
# What else a disk of an image may come from.
_SOURCES = {"snapshot", "blobUri", "managedDisk"}


@dataclass
class Written:
    """A write that was accepted: the image as it is now, and the operation to poll."""

    body: Json
    operation: Operation


class ManagedImages:
    """The managed images of one simulation."""

    def __init__(self, catalogue: Catalogue, operations: Operations, timeline: Timeline) -> None:
        self._catalogue = catalogue
        self._operations = operations
        self._timeline = timeline
        self._bodies = {self._key(image.resource_group, image.name): self._body(image) for image in catalogue.managed}

    def find(self, group: str, name: str) -> Json | None:
        return self._bodies.get(self._key(group, name))

    def all(self, group: str | None = None) -> list[Json]:
        """All images, or those of one resource group."""
        return [body for key, body in self._bodies.items() if group is None or key[0] == group.lower()]

    def put(self, group: scenario.ResourceGroup, name: str, given: object) -> Written:
        """Make an image, or change one. What it is made of is taken on trust: disks are not simulated."""
        document = _checked(given)
        before = self.find(group.name, name)
        image = scenario.ManagedImage(
            name=name, resource_group=group.name, location=region_name(document.get("location") or group.location)
        )
        body = self._body(image) if before is None else copy.deepcopy(before)
        if before is None:
            self._catalogue.managed.append(image)
            del body["properties"]["storageProfile"]["osDisk"]["diskSizeGB"]
            if (
                not (((document.get("properties") or {}).get("storageProfile") or {}).get("osDisk") or {}).keys()
                & _SOURCES
            ):
                self._source(body, image)
            del body["tags"]
        body.update({key: document[key] for key in ("tags", "extendedLocation") if key in document})
        _merge(body["properties"], document.get("properties") or {})
        body["properties"]["provisioningState"] = "Creating" if before is None else "Updating"
        self._bodies[self._key(group.name, name)] = body
        operation = self._operations.start(image.location)

        def done() -> None:
            body["properties"]["storageProfile"]["osDisk"].setdefault("diskSizeGB", _DISK_SIZE)
            body["properties"]["provisioningState"] = "Succeeded"
            self._operations.finish(operation)

        self._timeline.after(_SECONDS, done)
        return Written(copy.deepcopy(body), operation)

    def delete(self, group: str, name: str) -> Operation | None:
        """Delete an image; null when there is none."""
        body = self.find(group, name)
        if body is None:
            return None
        body["properties"]["provisioningState"] = "Deleting"
        operation = self._operations.start(body["location"])

        def gone() -> None:
            self._bodies.pop(self._key(group, name), None)
            image = self._catalogue.find_managed(group, name)
            if image is not None:
                self._catalogue.managed.remove(image)
            self._operations.finish(operation)

        self._timeline.after(_SECONDS, gone)
        return operation

    @staticmethod
    def _key(group: str, name: str) -> tuple[str, str]:
        return group.lower(), name.lower()

    def _body(self, image: scenario.ManagedImage) -> Json:
        disk = {"osType": image.os_type, "osState": "Generalized", "diskSizeGB": _DISK_SIZE, "caching": "ReadWrite"}
        return {
            "name": image.name,
            "id": self._catalogue.managed_id(image),
            "type": TYPE,
            "location": image.location,
            "tags": {},
            "properties": {
                "storageProfile": {"osDisk": {**disk, "storageAccountType": "Standard_LRS"}, "dataDisks": []},
                "provisioningState": "Succeeded",
                "hyperVGeneration": "V2",
            },
        }

    def _source(self, body: Json, image: scenario.ManagedImage) -> None:
        """The disk of the virtual machine that an image is made from: its name is not used elsewhere here."""
        group = body["id"].rpartition("/images/")[0]
        body["properties"]["storageProfile"]["osDisk"]["managedDisk"] = {"id": f"{group}/disks/{image.name}_OsDisk_1"}


def _checked(given: object) -> Json:
    """The body of a PUT, if what is read has the right types; else 400."""
    match given:
        case {"location": location} if not isinstance(location, str | None):
            pass
        case {"properties": {"storageProfile": {"osDisk": disk}}} if not isinstance(disk, dict | None):
            pass
        case {"properties": {"storageProfile": storage}} if not isinstance(storage, dict | None):
            pass
        case {"properties": properties} if not isinstance(properties, dict | None):
            pass
        case dict():
            return given
    raise bad_request("Error converting the request body to type 'Image'.")


def _merge(target: Json, given: Json) -> None:
    for name, value in given.items():
        if isinstance(value, dict) and isinstance(target.get(name), dict):
            _merge(target[name], value)
        elif value is not None:
            target[name] = copy.deepcopy(value)
