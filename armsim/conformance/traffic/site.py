# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The first scale set of a running simulator: where it is, and all that can be read of it."""

from __future__ import annotations

from typing import Any

import requests

from armsim.launch import Simulator
from conformance.traffic.recorder import Recorder

Json = dict[str, Any]
# At each operation: its start, and the first events after it.
GLANCES = 4


class Site:
    """Addresses of the set and its surroundings, the recorder, and the simulator behind it."""

    def __init__(self, simulator: Simulator, recorder: Recorder) -> None:
        self.simulator = simulator
        self.recorder = recorder
        first = simulator.ready["scale_sets"][0]
        self.set: str = first["id"]
        self.name: str = first["name"]
        self.location: str = first["location"]
        self.subscription = f"/subscriptions/{simulator.ready['subscription_id']}"
        self.group, _, _ = self.set.partition("/providers/")
        self.compute = f"{self.subscription}/providers/Microsoft.Compute"
        self.group_compute = f"{self.group}/providers/Microsoft.Compute"
        self.machines = f"{self.group_compute}/virtualMachines"
        self._met: set[str] = set()
        self.flexible = self.model()["properties"].get("orchestrationMode") == "Flexible"

    def model(self) -> Json:
        body: Json = self.recorder.get(self.set).json()
        return body

    def ids(self) -> list[str]:
        """Instance ids, as the list has them."""
        return [entry["instanceId"] for entry in self.recorder.pages(f"{self.set}/virtualMachines")]

    def read(self) -> None:
        """All reads of the set and of two of its instances."""
        get = self.recorder.get
        get(self.set)
        get(self.set, _expand="userData")
        for name in ("instanceView", "skus", "osUpgradeHistory", "extensions", "rollingUpgrades/latest"):
            get(f"{self.set}/{name}")
        for extension in self.recorder.pages(f"{self.set}/extensions"):
            get(f"{self.set}/extensions/{extension['name']}")
        self.read_instances()
        if self.flexible:
            self.read_machines()

    def glance(self) -> None:
        """One instance in each state that was not met before: whole lists, read so often, were much of the same."""
        path, query = f"{self.set}/virtualMachines", {"_expand": "instanceView"}
        if self.flexible:
            path = self.machines
            query["_filter"] = f"'virtualMachineScaleSet/id' eq '{self.set}'"
        for entry in self.recorder.peek(path, **query):
            state = _state(entry)
            if state not in self._met:
                self._met.add(state)
                self.recorder.get(f"{path}/{entry['id'].rpartition('/')[2]}", _expand="instanceView")

    def watch(self, answer: requests.Response) -> None:
        """See what an operation does, and follow it to its end. A read that is repeated takes the clock to an event."""
        for _ in range(GLANCES):
            self.glance()
        self.recorder.finish(answer)

    def read_instances(self) -> None:
        get, instances = self.recorder.get, f"{self.set}/virtualMachines"
        self.recorder.pages(instances, _expand="instanceView")
        get(instances, _select="instanceView", _expand="instanceView")
        get(instances, _select="instanceView")
        get(instances, _filter="properties/latestModelApplied eq true")
        get(instances, _filter="startswith(instanceView/statuses/code, 'PowerState') eq true", _expand="instanceView")
        ids = self.ids()
        for name in dict.fromkeys((*ids[:1], *ids[-1:])):
            get(f"{instances}/{name}")
            get(f"{instances}/{name}", _expand="instanceView")
            get(f"{instances}/{name}/instanceView")
            for extension in self.recorder.pages(f"{instances}/{name}/extensions"):
                get(f"{instances}/{name}/extensions/{extension['name']}")

    def read_machines(self) -> None:
        """The virtual machines of a Flexible set, as resources of their own."""
        get, machines = self.recorder.get, self.machines
        get(machines)
        get(machines, _filter=f"'virtualMachineScaleSet/id' eq '{self.set}'")
        get(machines, _filter=f"'virtualMachineScaleSet/id' eq '{self.set}'", _expand="instanceView")
        get(f"{self.compute}/virtualMachines")
        get(f"{self.compute}/locations/{self.location}/virtualMachines")
        for name in self.ids()[:2]:
            get(f"{machines}/{name}")
            get(f"{machines}/{name}", _expand="instanceView")
            get(f"{machines}/{name}/instanceView")
            for extension in self.recorder.pages(f"{machines}/{name}/extensions"):
                get(f"{machines}/{name}/extensions/{extension['name']}")


def _state(entry: Json) -> str:
    """What an instance's list entry shows of its state: which fields it has, and the codes in its view."""
    properties = entry["properties"]
    view = properties.get("instanceView") or {}
    parts = [view, view.get("vmAgent") or {}, *(view.get("extensions") or [])]
    codes = [status["code"] for part in parts for status in part.get("statuses") or []]
    health = ((view.get("vmHealth") or {}).get("status") or {}).get("code")
    words = [properties["provisioningState"], properties.get("latestModelApplied"), health, *codes]
    return " ".join(map(str, [*words, *sorted(properties), *sorted(view), *sorted(entry)]))
