# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What is asked of the simulator: every operation that the description has for what a scenario holds.

Each chapter takes a scenario's first scale set from its start to some other state. Reads are repeated while things
change, because transient states have shapes of their own.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from armsim.launch import Simulator
from conformance.traffic.recorder import Recorder

Json = dict[str, Any]
_GREETER: Json = {
    "publisher": "Microsoft.Azure.Extensions",
    "type": "CustomScript",
    "typeHandlerVersion": "2.1",
    "autoUpgradeMinorVersion": True,
    "settings": {"commandToExecute": "true"},
    "protectedSettings": {"token": "not-a-secret"},
}

LARGE = 100
_SET_ACTIONS = ("restart", "redeploy", "reimage", "reimageall", "poweroff", "start", "deallocate", "start", "reapply")
_SELF_ACTIONS = ("restart", "redeploy", "reimage", "reimageall", "poweroff", "start", "deallocate", "start")
_RARE_ACTIONS = ("performMaintenance", "approveRollingUpgrade", "retrieveBootDiagnosticsData", "simulateEviction")
_MACHINE_ACTIONS = ("restart", "redeploy", "reapply", "powerOff", "start", "deallocate", "start")
# What a client sends back of a model it has read would do, too; this is what it may send by the description.
_READ_ONLY = ("etag", "provisioningState", "uniqueId", "timeCreated")


class Tour:
    """One simulator's first scale set, and the chapters of the tour through it."""

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
        self.flexible = self.model()["properties"].get("orchestrationMode") == "Flexible"

    def model(self) -> Json:
        body: Json = self.recorder.get(self.set).json()
        return body

    def ids(self) -> list[str]:
        """Instance ids, as the list has them."""
        return [entry["instanceId"] for entry in self.recorder.pages(f"{self.set}/virtualMachines")]

    # --- reads --------------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """All reads of the set and of two of its instances."""
        get = self.recorder.get
        get(self.set)
        get(self.set, _expand="userData")
        for name in ("instanceView", "skus", "osUpgradeHistory", "extensions", "rollingUpgrades/latest"):
            get(f"{self.set}/{name}")
        for extension in self.recorder.pages(f"{self.set}/extensions"):
            get(f"{self.set}/extensions/{extension['name']}")
        self.look_at_instances()
        if self.flexible:
            self.look_at_machines()

    def glance(self) -> None:
        """What shows transient states: instances with their views, as one list."""
        path, query = f"{self.set}/virtualMachines", {"_expand": "instanceView"}
        if self.flexible:
            path = self.machines
            query["_filter"] = f"'virtualMachineScaleSet/id' eq '{self.set}'"
        self.recorder.get(path, **query)

    def look_at_instances(self) -> None:
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

    def look_at_machines(self) -> None:
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

    def surroundings(self) -> None:
        """Lists above the set, platform images, managed images."""
        get = self.recorder.get
        get(f"{self.compute}/virtualMachineScaleSets")
        get(f"{self.group_compute}/virtualMachineScaleSets")
        get(f"{self.compute}/locations/{self.location}/virtualMachineScaleSets")
        get(f"{self.compute}/locations/{self.location}/vmSizes")
        get(f"{self.compute}/locations/{self.location}/usages")
        publishers = f"{self.compute}/locations/{self.location}/publishers"
        for publisher in _names(get(publishers)):
            offers = f"{publishers}/{publisher}/artifacttypes/vmimage/offers"
            for offer in _names(get(offers)):
                for sku in _names(get(f"{offers}/{offer}/skus")):
                    versions = f"{offers}/{offer}/skus/{sku}/versions"
                    get(versions, _top="1", _orderby="name desc")
                    get(versions, _expand="properties")
                    get(versions, _expand="properties/imageDeprecationStatus")
                    for version in _names(get(versions)):
                        get(f"{versions}/{version}")
                    get(f"{versions}/0.0.0")
        get(f"{publishers}/Nobody/artifacttypes/vmimage/offers")
        get(f"{self.compute}/images")
        images = f"{self.group_compute}/images"
        for image in self.recorder.pages(images):
            get(f"{images}/{image['name']}")
        get(f"{images}/none")

    # --- writes of the model ------------------------------------------------------------------------------------------

    def writes(self) -> None:
        """PATCH and PUT of the existing set, with and without conditions."""
        do, call = self.recorder.do, self.recorder.call
        do("PATCH", self.set, {"tags": {"release": "next"}})
        body = _writable(self.model())
        call("PUT", self.set, body)
        self.glance()
        do("PUT", self.set, body, headers={"If-Match": '"0"'})
        do("PUT", self.set, body, headers={"If-None-Match": "*"})
        do("PATCH", self.set, {"tags": {"release": "next"}}, headers={"If-Match": self.model()["etag"]})
        capacity = body["sku"]["capacity"]
        for number in (capacity + 2, capacity):
            answer = call("PATCH", self.set, {"sku": {**body["sku"], "capacity": number}})
            self.glance()
            self.recorder.finish(answer)
        do("PATCH", self.set, {"properties": {"upgradePolicy": {"mode": "Never"}}})
        self.recorder.get(self.set)

    def another_set(self) -> None:
        """A new set made from the model of the first, looked at while it is made, and deleted."""
        call = self.recorder.call
        other = f"{self.set}-2"
        body = _writable(self.model())
        body["sku"]["capacity"] = 3
        if "osProfile" in body["properties"]["virtualMachineProfile"]:
            body["properties"]["virtualMachineProfile"]["osProfile"]["adminPassword"] = "not-a-secret-1"
        made = call("PUT", other, body)
        first, self.set = self.set, other
        self.glance()
        self.recorder.finish(made)
        self.look()
        self.set = first
        gone = call("DELETE", other)
        self.recorder.get(other)
        self.recorder.finish(gone)
        call("DELETE", other)
        self.recorder.get(other)

    def extensions(self) -> None:
        """An extension of the model, of an instance and of a virtual machine: made, changed and taken away."""
        do, get, name = self.recorder.do, self.recorder.get, self.ids()[0]
        owners = [self.set, f"{self.set}/virtualMachines/{name}"]
        if self.flexible:
            owners.append(f"{self.machines}/{name}")
        for owner in owners:
            path = f"{owner}/extensions/greeter"
            place = {"location": self.location} if owner.startswith(self.machines) else {}
            do("PUT", path, {**place, "properties": _GREETER})
            get(path)
            get(f"{owner}/extensions")
            do("PATCH", path, {"properties": {"settings": {"commandToExecute": "date"}}})
            self.glance()
            do("DELETE", path)
            get(path)

    def upgrade(self) -> None:
        """Another image, and instances brought to it."""
        profile = self.model()["properties"]["virtualMachineProfile"]
        reference = profile["storageProfile"].get("imageReference") or {}
        if "offer" not in reference:
            return
        sku = (
            f"{self.compute}/locations/{self.location}/publishers/{reference['publisher']}/artifacttypes/vmimage"
            f"/offers/{reference['offer']}/skus/{reference['sku']}/versions"
        )
        newest = self.recorder.get(sku, _top="1", _orderby="name desc").json()[0]["name"]
        image = {name: reference[name] for name in ("publisher", "offer", "sku")}
        for version in ("latest", "0.0.0", newest):
            storage = {"imageReference": {**image, "version": version}}
            change = {"properties": {"virtualMachineProfile": {"storageProfile": storage}}}
            self.recorder.do("PATCH", self.set, change)
        ids = self.ids()
        for chosen in (ids[:2], ["4711"], ["*"], ids[:1]):
            answer = self.recorder.call("POST", f"{self.set}/manualupgrade", {"instanceIds": chosen})
            self.glance()
            self.recorder.finish(answer)
        self.look()

    def rolling_upgrades(self) -> None:
        """Upgrades that the platform runs: cancelled, and to the end; and nothing to cancel."""
        do, call, get = self.recorder.do, self.recorder.call, self.recorder.get
        do("POST", f"{self.set}/rollingUpgrades/cancel")
        do("POST", f"{self.set}/osRollingUpgrade")
        do("PATCH", self.set, {"properties": {"upgradePolicy": {"mode": "Rolling"}}})
        for start in ("osRollingUpgrade", "extensionRollingUpgrade"):
            started = call("POST", f"{self.set}/{start}")
            get(f"{self.set}/rollingUpgrades/latest")
            do("POST", f"{self.set}/rollingUpgrades/cancel")
            get(f"{self.set}/rollingUpgrades/latest")
            self.recorder.finish(started)
        get(f"{self.set}/rollingUpgrades/latest")
        get(f"{self.set}/osUpgradeHistory")
        do("PATCH", self.set, {"properties": {"upgradePolicy": {"mode": "Manual"}}})
        get(self.set)

    # --- actions ------------------------------------------------------------------------------------------------------

    def actions(self) -> None:
        """Actions on the set with named instances, looked at on the way."""
        ids = self.ids()
        for number, action in enumerate(_SET_ACTIONS):
            # By the description "reapply" takes no body.
            chosen = {"instanceIds": ids[number % 3 : number % 3 + 2]}
            answer = self.recorder.call("POST", f"{self.set}/{action}", None if action == "reapply" else chosen)
            self.glance()
            self.recorder.finish(answer)
            self.recorder.get(f"{self.set}/instanceView")
        for action, body in (
            ("performMaintenance", {"instanceIds": ids[:1]}),
            ("setOrchestrationServiceState", {"serviceName": "AutomaticRepairs", "action": "Suspend"}),
            ("setOrchestrationServiceState", {"serviceName": "AutomaticRepairs", "action": "Resume"}),
            ("convertToSinglePlacementGroup", {}),
            ("approveRollingUpgrade", {"instanceIds": ids[:1]}),
            ("delete", {"instanceIds": ids[-1:]}),
        ):
            answer = self.recorder.call("POST", f"{self.set}/{action}", body)
            self.glance()
            self.recorder.finish(answer)
        path = f"{self.set}/forceRecoveryServiceFabricPlatformUpdateDomainWalk"
        self.recorder.do("POST", path, query={"platformUpdateDomain": "0"})
        self.look()

    def instance_actions(self) -> None:
        """Actions on one instance; protection; deletion."""
        ids = self.ids()
        one, last = (f"{self.set}/virtualMachines/{name}" for name in (ids[0], ids[-1]))
        for action in _SELF_ACTIONS:
            answer = self.recorder.call("POST", f"{one}/{action}")
            self.recorder.get(one, _expand="instanceView")
            self.recorder.finish(answer)
        for action in (
            "performMaintenance",
            "approveRollingUpgrade",
            "retrieveBootDiagnosticsData",
            "simulateEviction",
        ):
            self.recorder.do("POST", f"{one}/{action}")
        self.recorder.do("POST", f"{one}/attachDetachDataDisks", {"dataDisksToDetach": []})
        self.recorder.get(f"{one}/instanceView")
        instance = self.recorder.get(one).json()
        if "location" in instance:
            protection = {"protectFromScaleIn": True, "protectFromScaleSetActions": True}
            body = {"location": instance["location"], "properties": {"protectionPolicy": protection}}
            self.recorder.do("PUT", one, body)
            self.recorder.get(one)
        answer = self.recorder.call("DELETE", last)
        self.glance()
        self.recorder.finish(answer)
        self.recorder.do("DELETE", last)

    def machine_actions(self) -> None:
        """Actions on a virtual machine of a Flexible set."""
        names = self.ids()
        one, last = f"{self.machines}/{names[0]}", f"{self.machines}/{names[-1]}"
        for action in _MACHINE_ACTIONS:
            answer = self.recorder.call("POST", f"{one}/{action}")
            self.recorder.get(one, _expand="instanceView")
            self.recorder.finish(answer)
        self.recorder.do("DELETE", last)
        self.look()

    # --- refusals -----------------------------------------------------------------------------------------------------

    def refusals(self) -> None:
        """What is not there, what is wrong, what is forbidden, and what the weather does."""
        get, call = self.recorder.get, self.recorder.call
        nowhere, missing = f"{self.group}-none/providers/Microsoft.Compute", f"{self.set}-none"
        get(f"{nowhere}/virtualMachineScaleSets/{self.name}")
        get(f"{nowhere}/virtualMachines/{self.name}")
        for path in ("", "/instanceView", "/virtualMachines", "/virtualMachines/0", "/rollingUpgrades/latest", "/skus"):
            get(f"{missing}{path}")
        for path in ("/virtualMachines/4711", "/virtualMachines/4711/instanceView", "/extensions/none"):
            get(f"{self.set}{path}")
        get(f"{self.set}/virtualMachines", _filter="properties/latestModelApplied is true")
        get(f"{self.set}/virtualMachines", _expand="everything")
        get(f"{self.machines}/none")
        wrong = {"publisher": "Nobody", "offer": "nothing", "sku": "none", "version": "latest"}
        call(
            "PATCH", self.set, {"properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": wrong}}}}
        )
        call("PATCH", self.set, {"sku": {"capacity": -1}})
        call("PATCH", self.set, {"properties": {"singlePlacementGroup": "perhaps"}})
        call("POST", f"{self.set}/manualupgrade", {})
        call("POST", f"{self.set}/restart", {"instanceIds": ["4711"]})
        call("DELETE", missing)
        call("DELETE", f"{self.set}/virtualMachines/4711")
        for status in (429, 500, 503):
            self.simulator.faults({"kind": "status", "status": status})
            get(self.set)
        self.simulator.faults({"kind": "status", "status": 429, "operation": "*_UpdateInstances"})
        call("POST", f"{self.set}/manualupgrade", {"instanceIds": ["*"]})
        self.simulator.read_only()
        call("PATCH", self.set, {"tags": {}})
        self.simulator.read_only(False)

    # --- all of it ----------------------------------------------------------------------------------------------------

    def chapters(self) -> list[Callable[[], None]]:
        """In an order in which an earlier one leaves enough for the later ones.

        Nothing in the shape of an answer depends on the size of a set but its pages, so a large one is only looked at.
        """
        reading = [self.surroundings, self.look, self.refusals]
        if len(self.ids()) > LARGE:
            return reading
        acting = self.machine_actions if self.flexible else self.instance_actions
        return [
            *reading,
            self.writes,
            self.extensions,
            self.upgrade,
            self.rolling_upgrades,
            self.actions,
            acting,
            self.another_set,
        ]


def _names(answer: Any) -> list[str]:
    """The names in a list of platform images, a bare array; none in a refusal."""
    return [entry["name"] for entry in answer.json()] if answer.ok else []


def _writable(model: Json) -> Json:
    """A model as a client may send it: without what the description marks as read-only."""
    body = copy.deepcopy(model)
    for part in (body, body["properties"], body["properties"]["virtualMachineProfile"]):
        for name in _READ_ONLY:
            part.pop(name, None)
    for name in ("id", "name", "type"):
        body.pop(name, None)
    return body
