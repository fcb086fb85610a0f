# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Chapters that write models: of the set, of another one, of extensions; and the upgrades that follow."""

from __future__ import annotations

import copy

from conformance.traffic.site import Json, Site

_GREETER: Json = {
    "publisher": "Microsoft.Azure.Extensions",
    "type": "CustomScript",
    "typeHandlerVersion": "2.1",
    "autoUpgradeMinorVersion": True,
    "settings": {"commandToExecute": "true"},
    "protectedSettings": {"token": "not-a-secret"},
}
# What a client sends back of a model it has read would do, too; this is what it may send by the description.
_READ_ONLY = ("etag", "provisioningState", "uniqueId", "timeCreated")


def writes(site: Site) -> None:
    """PATCH and PUT of the existing set, with and without conditions."""
    do, call = site.recorder.do, site.recorder.call
    do("PATCH", site.set, {"tags": {"release": "next"}})
    body = _writable(site.model())
    call("PUT", site.set, body)
    site.glance()
    do("PUT", site.set, body, headers={"If-Match": '"0"'})
    do("PUT", site.set, body, headers={"If-None-Match": "*"})
    do("PATCH", site.set, {"tags": {"release": "next"}}, headers={"If-Match": site.model()["etag"]})
    capacity = body["sku"]["capacity"]
    for number in (capacity + 2, capacity):
        answer = call("PATCH", site.set, {"sku": {**body["sku"], "capacity": number}})
        site.watch(answer)
    do("PATCH", site.set, {"properties": {"upgradePolicy": {"mode": "Never"}}})
    site.recorder.get(site.set)


def another_set(site: Site) -> None:
    """A new set made from the model of the first, read while it is made, and deleted."""
    call = site.recorder.call
    other = f"{site.set}-2"
    body = _writable(site.model())
    body["sku"]["capacity"] = 3
    if "osProfile" in body["properties"]["virtualMachineProfile"]:
        body["properties"]["virtualMachineProfile"]["osProfile"]["adminPassword"] = "not-a-secret-1"
    made = call("PUT", other, body)
    first, site.set = site.set, other
    site.watch(made)
    site.read()
    site.set = first
    gone = call("DELETE", other)
    site.recorder.get(other)
    site.recorder.finish(gone)
    call("DELETE", other)
    site.recorder.get(other)


def extensions(site: Site) -> None:
    """An extension of the model, of an instance and of a virtual machine: made, changed and taken away."""
    do, get, name = site.recorder.do, site.recorder.get, site.ids()[0]
    owners = [site.set, f"{site.set}/virtualMachines/{name}"]
    if site.flexible:
        owners.append(f"{site.machines}/{name}")
    for owner in owners:
        path = f"{owner}/extensions/greeter"
        place = {"location": site.location} if owner.startswith(site.machines) else {}
        do("PUT", path, {**place, "properties": _GREETER})
        get(path)
        get(f"{owner}/extensions")
        do("PATCH", path, {"properties": {"settings": {"commandToExecute": "date"}}})
        site.glance()
        do("DELETE", path)
        get(path)


def upgrade(site: Site) -> None:
    """Another image, and instances brought to it."""
    for storage in _other_images(site):
        change = {"properties": {"virtualMachineProfile": {"storageProfile": storage}}}
        site.recorder.do("PATCH", site.set, change)
    ids = site.ids()
    for chosen in (ids[:2], ["4711"], ["*"], ids[:1]):
        answer = site.recorder.call("POST", f"{site.set}/manualupgrade", {"instanceIds": chosen})
        site.watch(answer)
    site.read()


def rolling_upgrades(site: Site) -> None:
    """Upgrades that the platform runs: cancelled, and to the end; and nothing to cancel."""
    do, call, get = site.recorder.do, site.recorder.call, site.recorder.get
    do("POST", f"{site.set}/rollingUpgrades/cancel")
    do("POST", f"{site.set}/osRollingUpgrade")
    do("PATCH", site.set, {"properties": {"upgradePolicy": {"mode": "Rolling"}}})
    for start in ("osRollingUpgrade", "extensionRollingUpgrade"):
        started = call("POST", f"{site.set}/{start}")
        get(f"{site.set}/rollingUpgrades/latest")
        do("POST", f"{site.set}/rollingUpgrades/cancel")
        get(f"{site.set}/rollingUpgrades/latest")
        site.recorder.finish(started)
    whole = call("POST", f"{site.set}/osRollingUpgrade")
    site.watch(whole)
    get(f"{site.set}/rollingUpgrades/latest")
    get(f"{site.set}/osUpgradeHistory")
    do("PATCH", site.set, {"properties": {"upgradePolicy": {"mode": "Manual"}}})
    get(site.set)


def _other_images(site: Site) -> list[Json]:
    """Storage profiles to change to: the newest of the kind of image that the model has, and one that there is not."""
    storage = site.model()["properties"]["virtualMachineProfile"]["storageProfile"]
    reference = storage.get("imageReference") or {}
    if "id" in reference:
        definition = reference["id"].partition("/versions/")[0]
        return [{"imageReference": {"id": name}} for name in (f"{definition}/versions/0.0.0", definition)]
    if "offer" in reference:
        image = {name: reference[name] for name in ("publisher", "offer", "sku")}
        return [{"imageReference": {**image, "version": version}} for version in ("0.0.0", "latest")]
    disk = storage["osDisk"]["image"]
    return [{"osDisk": {"image": {"uri": disk["uri"].replace("1.vhd", end)}}} for end in ("0.vhd", "2.vhd")]


def _writable(model: Json) -> Json:
    """A model as a client may send it: without what the description marks as read-only."""
    body = copy.deepcopy(model)
    for part in (body, body["properties"], body["properties"]["virtualMachineProfile"]):
        for name in _READ_ONLY:
            part.pop(name, None)
    for name in ("id", "name", "type"):
        body.pop(name, None)
    return body
