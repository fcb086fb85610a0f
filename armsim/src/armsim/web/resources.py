# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What clients request of Azure Resource Manager itself: which resources there are, what a provider serves.

The forms are those of Azure's documentation of its REST API; none of them is in the recordings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from armsim.common.wire import COMPUTE, Json
from armsim.protocol import errors
from armsim.web.call import Call, Endpoint, Reply, page

_SUBSCRIPTION = "/subscriptions/{subscription}"
_GROUP = f"{_SUBSCRIPTION}/resourceGroups/{{group}}"
_MACHINES = f"{COMPUTE}/virtualMachines"
_VERSIONS = ("2025-04-01", "2024-11-01", "2024-07-01", "2024-03-01", "2023-09-01", "2022-11-01", "2020-12-01")
_SHOWN = ("id", "name", "type", "location", "tags", "sku", "zones", "identity", "plan")
# Of the filters of the list, those on one field; what else there is selects nothing here.
_CONDITION = re.compile(r"(resourceType|name|resourceGroup|location)\s+eq\s+'([^']*)'", re.IGNORECASE)
_TAG = re.compile(r"tagName\s+eq\s+'([^']*)'(?:\s+and\s+tagValue\s+eq\s+'([^']*)')?", re.IGNORECASE)


def _resources(call: Call) -> Iterator[Json]:
    """The resources there are, as lists show them: without what only their provider knows."""
    views = call.simulation.views
    for scale_set in call.simulation.scale_sets():
        yield views.scale_set(scale_set, _VERSIONS[0])
        for instance in scale_set.active() if scale_set.flexible else ():
            yield {
                "id": views.virtual_machine_id(scale_set, instance),
                "name": instance.name,
                "type": _MACHINES,
                "location": scale_set.location,
                "tags": instance.tags,
            }
    yield from call.simulation.managed_images.all()
    yield from (pool.body() for pool in call.simulation.standby_pools.all())
    catalogue = call.simulation.catalogue
    for gallery in catalogue.galleries:
        if gallery.subscription in (None, call.subscription):
            resource_id = catalogue.gallery_id(gallery)
            kind = f"{COMPUTE}/galleries"
            yield {"id": resource_id, "name": gallery.name, "type": kind, "location": gallery.location}


def _fits(resource: Json, condition: str) -> bool:
    """Whether a resource is meant by a ``$filter``."""
    facts = {**resource, "resourcetype": resource["type"], "resourcegroup": resource["id"].split("/")[4]}
    tags = resource.get("tags") or {}
    for name, value in _TAG.findall(condition):
        if name not in tags or (value and tags[name] != value):
            return False
    conditions = _CONDITION.findall(_TAG.sub("", condition))
    return all(str(facts.get(name.lower())).lower() == value.lower() for name, value in conditions)


def list_resources(call: Call) -> Reply:
    condition, group = call.query.get("$filter", ""), call.params.get("group")
    found = [one for one in _resources(call) if group is None or _in(one, group)]
    shown = [{name: one[name] for name in _SHOWN if one.get(name) is not None} for one in found]
    return page(call, [one for one in shown if _fits(one, condition)])


def _in(resource: Json, group: str) -> bool:
    return str(resource["id"].split("/")[4]).lower() == group.lower()


def _provider(call: Call) -> Json:
    locations = sorted({group.location for group in call.simulation.groups.values()})
    kinds = ("virtualMachineScaleSets", "virtualMachineScaleSets/virtualMachines", "virtualMachines", "images")
    return {
        "id": f"/subscriptions/{call.subscription}/providers/{COMPUTE}",
        "namespace": COMPUTE,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": "Registered",
        "resourceTypes": [
            {"resourceType": kind, "locations": locations, "apiVersions": list(_VERSIONS), "capabilities": "None"}
            for kind in (*kinds, "galleries", "galleries/images", "galleries/images/versions", "locations/operations")
        ],
    }


def get_provider(call: Call) -> Reply:
    if call.params["namespace"].lower() != COMPUTE.lower():
        raise errors.gateway(
            404, "InvalidResourceNamespace", f"The resource namespace '{call.params['namespace']}' is invalid."
        )
    return Reply(_provider(call))


def list_providers(call: Call) -> Reply:
    return page(call, [_provider(call)])


_READ = "Microsoft.Resources/subscriptions/resources/read"

ENDPOINTS = [
    Endpoint("GET", f"{_SUBSCRIPTION}/resources", "Resources_List", _READ, list_resources),
    Endpoint("GET", f"{_GROUP}/resources", "Resources_ListByResourceGroup", _READ, list_resources),
    Endpoint(
        "GET", f"{_SUBSCRIPTION}/providers", "Providers_List", "Microsoft.Resources/providers/read", list_providers
    ),
    Endpoint(
        "GET",
        f"{_SUBSCRIPTION}/providers/{{namespace}}",
        "Providers_Get",
        "Microsoft.Resources/providers/read",
        get_provider,
    ),
]
