# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Scale sets: model, list, instance view of the set, actions on instances."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from armsim.actions import model_write, orchestration_services
from armsim.actions.deletion import delete_scale_set
from armsim.images import catalogue
from armsim.images.catalogue import same_region
from armsim.model import document
from armsim.protocol import dialect, errors
from armsim.scale_sets.scale_set import Accepted, ScaleSet
from armsim.web.call import Call, Endpoint, Reply, page
from armsim.web.paths import COMPUTE, SCALE_SET, SCALE_SETS, TYPE, flag, scale_set_of


def get_scale_set(call: Call) -> Reply:
    user_data = call.query.get("$expand", "").lower() == "userdata"
    return Reply(call.simulation.views.scale_set(scale_set_of(call), call.api_version, user_data=user_data))


def _list(call: Call, sets: Iterable[ScaleSet]) -> Reply:
    return page(call, [call.simulation.views.scale_set(item, call.api_version) for item in sets])


def list_by_group(call: Call) -> Reply:
    return _list(call, call.simulation.scale_sets(call.params["group"]))


def list_by_location(call: Call) -> Reply:
    location = call.params["location"]
    return _list(call, (item for item in call.simulation.scale_sets() if same_region(item.location, location)))


def list_all(call: Call) -> Reply:
    return _list(call, call.simulation.scale_sets())


def list_skus(call: Call) -> Reply:
    """Sizes that the set could have, of which the simulator knows one: its own. The form is recorded."""
    scale_set = scale_set_of(call)
    sku = scale_set.document.get("sku") or {}
    single = scale_set.document["properties"].get("singlePlacementGroup", True)
    capacity = {"minimum": 0, "maximum": 100 if single else 1000, "defaultCapacity": 1, "scaleType": "Automatic"}
    entry = {"resourceType": TYPE, "sku": {"name": sku.get("name"), "tier": "Standard"}, "capacity": capacity}
    return page(call, [entry])


# Older versions know no condition, and write regardless of it (reported).
_CONDITIONS_SINCE = "2023-09-01"


def _conditions(call: Call) -> tuple[str | None, str | None]:
    """``If-Match`` and ``If-None-Match``."""
    if call.api_version < _CONDITIONS_SINCE:
        return None, None
    return call.headers.get("if-match"), call.headers.get("if-none-match")


def _image_id(body: object) -> object:
    """The id of the image that a model refers to; null where it names none, an empty text where it is another kind."""
    for name in ("properties", "virtualMachineProfile", "storageProfile", "imageReference"):
        body = body.get(name) if isinstance(body, dict) else None
    return body.get("id", "") if isinstance(body, dict) and body else None


def _check_linked(call: Call, before: object) -> None:
    """403 where the client may not read the image of the set, be it a new one or not, or brings no token of the other
    tenant that it is in (reported).
    """
    given = _image_id(call.json())
    linked = str(_image_id(before) if given is None else given)
    action = catalogue.read_action(linked)
    if action is not None and call.principal is not None:
        subscription = linked.split("/")[2]
        owner = call.host.directory.owner(subscription)
        brought = call.host.directory.auxiliary(call.headers.get("x-ms-authorization-auxiliary"), call.principal)
        if owner is not None and owner != call.tenant and owner not in brought:
            raise errors.linked_tenant_not_authorized(action, call.path, call.tenant, subscription)
        call.principal.authorize_linked(f"{TYPE}/write", call.path, action, linked)


def _check_terms(call: Call, given: object) -> None:
    """400 where the terms of the plan in a PUT were not accepted: Resource Manager checks before the provider does
    (reported of virtual machines).
    """
    plan = given.get("plan") if isinstance(given, dict) else None
    if not isinstance(plan, dict) or call.simulation.catalogue.terms_accepted(plan):
        return
    raise errors.purchase_not_allowed(
        call.subscription, *(str(plan.get(name)) for name in ("publisher", "product", "name"))
    )


def update(call: Call) -> Reply:
    scale_set = scale_set_of(call)
    _check_linked(call, scale_set.document)
    accepted = model_write.patch(scale_set, call.json(), *_conditions(call))
    return written(call, scale_set, accepted, 200)


def create_or_update(call: Call) -> Reply:
    """PUT: 200 for an existing set, 201 for a new one (recorded)."""
    name, group = call.params["scale_set"], call.params["group"]
    if_match, if_none_match = _conditions(call)
    scale_set = call.simulation.scale_set(group, name)
    given = call.json()
    _check_linked(call, scale_set.document if scale_set is not None else {})
    _check_terms(call, given)
    if scale_set is not None:
        return written(call, scale_set, model_write.put(scale_set, given, if_match, if_none_match), 200)
    if if_match is not None:
        raise errors.resource_not_found(TYPE, name, group)
    body = document.check_types(given)
    capacity = (body.get("sku") or {}).get("capacity", 0)
    created = {**body, "sku": {**(body.get("sku") or {}), "capacity": 0}}
    scale_set = call.simulation.create_scale_set(group, name, created)
    try:
        accepted = model_write.furnish(scale_set, given, capacity)
    except errors.ArmError:
        call.simulation.remove_scale_set(scale_set)
        raise
    reply = written(call, scale_set, accepted, 201)
    reply.body["properties"]["provisioningState"] = "Creating"
    return reply


def written(call: Call, scale_set: ScaleSet, accepted: Accepted, status: int) -> Reply:
    """The whole new model before the operation has finished, with ``Azure-AsyncOperation`` and no ``Location``."""
    retry = call.simulation.spec.retry_after.write
    headers = call.operation_headers(accepted.operation, location=False, retry=retry)
    body = call.simulation.views.scale_set(scale_set, call.api_version)
    # Nothing is charged for Flexible sets (recorded).
    return Reply(body, status, headers, None if scale_set.flexible else accepted.charge)


def get_instance_view(call: Call) -> Reply:
    scale_set = scale_set_of(call)
    if scale_set.flexible:
        raise errors.not_allowed_on_flexible("VirtualMachineScaleSets.instanceView.GET", scale_set.name)
    view = call.simulation.views.scale_set_instance_view(scale_set)
    return Reply(dialect.scale_set_view(view, call.api_version))


def accepted_action(call: Call, accepted: Accepted) -> Reply:
    """The answer to an action: 202, no body, both headers."""
    retry = call.simulation.spec.retry_after
    # A deletion names a Retry-After, an action does not (recorded).
    seconds = retry.write if call.method == "DELETE" else retry.action
    headers = call.operation_headers(accepted.operation, location=True, retry=seconds)
    return Reply(None, 202, headers, accepted.charge)


def delete(call: Call) -> Reply:
    """202 with both headers; 204 when there is no such set (recorded)."""
    scale_set = call.simulation.scale_set(call.params["group"], call.params["scale_set"])
    if scale_set is None:
        return Reply(None, 204)
    gone = partial(call.simulation.remove_scale_set, scale_set)
    return accepted_action(call, delete_scale_set(scale_set, gone, force=flag(call, "forcedeletion")))


def set_orchestration_service_state(call: Call) -> Reply:
    return accepted_action(
        call, orchestration_services.set_orchestration_service_state(scale_set_of(call), call.json())
    )


ENDPOINTS = [
    Endpoint("GET", f"{COMPUTE}/virtualMachineScaleSets", "VirtualMachineScaleSets_ListAll", f"{TYPE}/read", list_all),
    Endpoint("GET", SCALE_SETS, "VirtualMachineScaleSets_List", f"{TYPE}/read", list_by_group),
    Endpoint(
        "GET",
        f"{COMPUTE}/locations/{{location}}/virtualMachineScaleSets",
        "VirtualMachineScaleSets_ListByLocation",
        f"{TYPE}/read",
        list_by_location,
    ),
    Endpoint("GET", f"{SCALE_SET}/skus", "VirtualMachineScaleSets_ListSkus", f"{TYPE}/skus/read", list_skus),
    Endpoint("GET", SCALE_SET, "VirtualMachineScaleSets_Get", f"{TYPE}/read", get_scale_set),
    Endpoint("PATCH", SCALE_SET, "VirtualMachineScaleSets_Update", f"{TYPE}/write", update),
    Endpoint("PUT", SCALE_SET, "VirtualMachineScaleSets_CreateOrUpdate", f"{TYPE}/write", create_or_update),
    Endpoint(
        "GET",
        f"{SCALE_SET}/instanceView",
        "VirtualMachineScaleSets_GetInstanceView",
        f"{TYPE}/instanceView/read",
        get_instance_view,
    ),
    Endpoint("DELETE", SCALE_SET, "VirtualMachineScaleSets_Delete", f"{TYPE}/delete", delete),
    Endpoint(
        "POST",
        f"{SCALE_SET}/setOrchestrationServiceState",
        "VirtualMachineScaleSets_SetOrchestrationServiceState",
        f"{TYPE}/setOrchestrationServiceState/action",
        set_orchestration_service_state,
    ),
]
