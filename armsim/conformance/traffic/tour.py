# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What is requested of a simulator: every operation that the description has for what its scenario holds.

Each chapter takes the scale set from one state to some other. Reads are repeated while things change, because transient
states have shapes of their own.
"""

from __future__ import annotations

from typing import Any

from conformance.traffic.actions import actions, instance_actions, machine_actions
from conformance.traffic.events import events
from conformance.traffic.models import another_set, extensions, rolling_upgrades, upgrade, writes
from conformance.traffic.site import Site

LARGE = 100


def surroundings(site: Site) -> None:
    """Lists above the set, platform images, managed images."""
    get = site.recorder.get
    get(f"{site.compute}/virtualMachineScaleSets")
    get(f"{site.group_compute}/virtualMachineScaleSets")
    get(f"{site.compute}/locations/{site.location}/virtualMachineScaleSets")
    get(f"{site.compute}/locations/{site.location}/vmSizes")
    get(f"{site.compute}/locations/{site.location}/usages")
    publishers = f"{site.compute}/locations/{site.location}/publishers"
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
    get(f"{site.compute}/images")
    images = f"{site.group_compute}/images"
    for image in site.recorder.pages(images):
        get(f"{images}/{image['name']}")
    get(f"{images}/none")


def refusals(site: Site) -> None:
    """What is not there, what is wrong, what is forbidden, and what the weather does."""
    get, call = site.recorder.get, site.recorder.call
    nowhere, missing = f"{site.group}-none/providers/Microsoft.Compute", f"{site.set}-none"
    get(f"{nowhere}/virtualMachineScaleSets/{site.name}")
    get(f"{nowhere}/virtualMachines/{site.name}")
    for path in ("", "/instanceView", "/virtualMachines", "/virtualMachines/0", "/rollingUpgrades/latest", "/skus"):
        get(f"{missing}{path}")
    for path in ("/virtualMachines/4711", "/virtualMachines/4711/instanceView", "/extensions/none"):
        get(f"{site.set}{path}")
    get(f"{site.set}/virtualMachines", _filter="properties/latestModelApplied is true")
    get(f"{site.set}/virtualMachines", _expand="everything")
    get(f"{site.machines}/none")
    wrong = {"publisher": "Nobody", "offer": "nothing", "sku": "none", "version": "latest"}
    call("PATCH", site.set, {"properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": wrong}}}})
    call("PATCH", site.set, {"sku": {"capacity": -1}})
    call("PATCH", site.set, {"properties": {"singlePlacementGroup": "perhaps"}})
    call("POST", f"{site.set}/manualupgrade", {})
    call("POST", f"{site.set}/restart", {"instanceIds": ["4711"]})
    call("DELETE", missing)
    call("DELETE", f"{site.set}/virtualMachines/4711")
    for status in (429, 500, 503):
        site.simulator.faults({"kind": "status", "status": status})
        get(site.set)
    site.simulator.faults({"kind": "status", "status": 429, "operation": "*_UpdateInstances"})
    call("POST", f"{site.set}/manualupgrade", {"instanceIds": ["*"]})
    site.simulator.read_only()
    call("PATCH", site.set, {"tags": {}})
    site.simulator.read_only(False)


def tour(site: Site) -> None:
    """All chapters, in an order in which an earlier one leaves enough for the later ones.

    Nothing in the shape of an answer depends on the size of a set but its pages, so a large one is only read.
    """
    surroundings(site)
    site.read()
    refusals(site)
    if len(site.ids()) > LARGE:
        return
    for chapter in (events, writes, extensions, upgrade, rolling_upgrades, actions):
        chapter(site)
    if site.flexible:
        machine_actions(site)
    else:
        instance_actions(site)
    another_set(site)


def _names(answer: Any) -> list[str]:
    """The names in a list of platform images, a bare array; none in a refusal."""
    return [entry["name"] for entry in answer.json()] if answer.ok else []
