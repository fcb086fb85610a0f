# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What clients ask of Azure Resource Manager itself: which resources there are, what a provider serves, tags.

The forms are those of Azure's documentation of its REST API; none of them is in the recordings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from armsim.actions import model_write
from armsim.common.wire import COMPUTE, Json
from armsim.protocol import errors
from armsim.web.call import Call, Endpoint, Reply, page
from armsim.web.paths import SCALE_SET, scale_set_of

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


# --- tags of a scale set, written and read beside it ------------------------------------------------------------------


def _tags(call: Call) -> Json:
    scale_set = scale_set_of(call)
    return {
        "id": f"{scale_set.id}/providers/Microsoft.Resources/tags/default",
        "name": "default",
        "type": "Microsoft.Resources/tags",
        "properties": {"tags": scale_set.document.get("tags") or {}},
    }


def get_tags(call: Call) -> Reply:
    return Reply(_tags(call))


def _given(call: Call) -> tuple[str, dict[str, str]]:
    """Operation (of a PATCH) and tags of the body; 400 where there are none."""
    match call.json():
        case {"properties": {"tags": dict(tags)}, **rest}:
            return str(rest.get("operation", "Replace")).capitalize(), tags
    raise errors.gateway(400, "InvalidRequestContent", "The request content has no 'properties.tags'.")


def write_tags(call: Call) -> Reply:
    """PUT replaces the tags, PATCH merges, replaces or deletes them, DELETE takes all away: each a write of the set."""
    scale_set = scale_set_of(call)
    operation, tags = ("Replace", {}) if call.method == "DELETE" else _given(call)
    before = scale_set.document.get("tags") or {}
    changed = {
        "Merge": {**before, **tags},
        "Replace": tags,
        "Delete": {name: text for name, text in before.items() if name not in tags},
    }
    if operation not in changed:
        raise errors.gateway(400, "InvalidRequestContent", f"The operation '{operation}' is not supported.")
    model_write.patch(scale_set, {"tags": changed[operation]}, None, None)
    return Reply(None if call.method == "DELETE" else _tags(call))


# --- what else is looked at first ------------------------------------------------------------------------------------


def list_role_assignments(call: Call) -> Reply:
    """That of the caller, on the subscription."""
    assert call.principal is not None
    scope = f"/subscriptions/{call.subscription}"
    kind = "Microsoft.Authorization/roleAssignments"
    name = call.principal.spec.object_id
    properties = {"scope": scope, "principalId": name, "principalType": "ServicePrincipal"}
    entry = {"id": f"{scope}/providers/{kind}/{name}", "name": name, "type": kind, "properties": properties}
    return page(call, [entry])


_READ = "Microsoft.Resources/subscriptions/resources/read"
_TAGS = f"{SCALE_SET}/providers/Microsoft.Resources/tags/default"
_ROLES = "Microsoft.Authorization/roleAssignments"

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
    Endpoint("GET", _TAGS, "Tags_GetAtScope", "Microsoft.Resources/tags/read", get_tags),
    Endpoint("PUT", _TAGS, "Tags_CreateOrUpdateAtScope", "Microsoft.Resources/tags/write", write_tags),
    Endpoint("PATCH", _TAGS, "Tags_UpdateAtScope", "Microsoft.Resources/tags/write", write_tags),
    Endpoint("DELETE", _TAGS, "Tags_DeleteAtScope", "Microsoft.Resources/tags/delete", write_tags),
    *(
        Endpoint(
            "GET",
            f"{scope}/providers/{_ROLES}",
            f"RoleAssignments_ListFor{word}",
            f"{_ROLES}/read",
            list_role_assignments,
        )
        for scope, word in ((_SUBSCRIPTION, "Subscription"), (_GROUP, "ResourceGroup"), (SCALE_SET, "Resource"))
    ),
]
