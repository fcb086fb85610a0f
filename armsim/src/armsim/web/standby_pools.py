# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Standby pools of virtual machines, what is in them, and their counts (documented forms)."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from armsim.actions.standby_pools import TYPE, Settings, StandbyPool
from armsim.common.wire import Json
from armsim.images.catalogue import same_region
from armsim.protocol import errors
from armsim.scale_sets.scale_set import ScaleSet
from armsim.web.call import Call, Endpoint, Reply, page

_SUBSCRIPTION = f"/subscriptions/{{subscription}}/providers/{TYPE}"
_GROUP = f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/providers/{TYPE}"
_POOL = f"{_GROUP}/{{pool}}"
_NAME = re.compile(r"[A-Za-z0-9-]{3,24}")
_STATES = ("Running", "Deallocated", "Hibernated")
_MOST = 2000


def _id(call: Call) -> str:
    group = call.simulation.groups[call.params["group"].lower()].name
    return f"/subscriptions/{call.subscription}/resourceGroups/{group}/providers/{TYPE}/{call.params['pool']}"


def _pool_of(call: Call) -> StandbyPool:
    found = call.simulation.standby_pools.find(_id(call))
    if found is None:
        raise errors.resource_not_found(TYPE, call.params["pool"], call.params["group"])
    return found


def get_pool(call: Call) -> Reply:
    return Reply(_pool_of(call).body())


def list_pools(call: Call) -> Reply:
    return page(call, [one.body() for one in call.simulation.standby_pools.all(call.params.get("group"))])


def _invalid(target: str, text: str) -> errors.ArmError:
    return errors.invalid_parameter(target, text)


def _number(elasticity: Json, name: str, default: int | None) -> int:
    value = elasticity.get(name, default)
    if type(value) is not int or not 0 <= value <= _MOST:
        raise _invalid(f"elasticityProfile.{name}", f"The value of parameter {name} must be from 0 to {_MOST}.")
    return value


def _settings(body: Json, before: Settings | None) -> Settings:
    """The settings of a body; what it leaves out is as ``before``. 400 for what is not valid (texts guessed)."""
    properties: Json = body.get("properties") or {}
    elasticity: Json = properties.get("elasticityProfile") or {}
    most = _number(elasticity, "maxReadyCapacity", before.max_ready if before else None)
    least = _number(elasticity, "minReadyCapacity", before.min_ready if before else 0)
    if least > most:
        raise _invalid("elasticityProfile.minReadyCapacity", "MinReadyCapacity cannot exceed MaxReadyCapacity.")
    state = properties.get("virtualMachineState", before.state if before else None)
    if state not in _STATES:
        raise _invalid("virtualMachineState", f"The value of parameter virtualMachineState must be one of {_STATES}.")
    if before is not None and (before.state, state) == ("Deallocated", "Hibernated"):
        # By way of running only (documented).
        raise _invalid("virtualMachineState", "A pool cannot go from state Deallocated to state Hibernated.")
    location = str(body.get("location") or (before.location if before else ""))
    tags = body.get("tags", before.tags if before else {}) or {}
    return Settings(most, least, str(state), location, dict(tags))


def _attached(call: Call, body: Json) -> ScaleSet:
    """The set that a new pool is for; 400 where it cannot have one (documented limits)."""
    name = "attachedVirtualMachineScaleSetId"
    wanted = str((body.get("properties") or {}).get(name) or "")
    found = next((one for one in call.simulation.scale_sets() if one.id.lower() == wanted.lower()), None)
    if found is None:
        raise _invalid(name, f"The Virtual Machine Scale Set '{wanted}' was not found.")
    if not found.flexible:
        raise _invalid(name, "Standby pools support Virtual Machine Scale Sets with Flexible orchestration only.")
    if int(found.document["properties"].get("platformFaultDomainCount") or 1) > 1:
        raise _invalid(name, "Standby pools do not support more than one fault domain.")
    if not same_region(found.location, str(body.get("location") or "")):
        raise _invalid("location", "A standby pool is in the region of its Virtual Machine Scale Set.")
    if found.standby is not None:
        raise _invalid(name, f"The Virtual Machine Scale Set '{found.name}' has a standby pool already.")
    return found


def put_pool(call: Call) -> Reply:
    """PUT: 201 for a new pool, 200 for one that is there."""
    if not _NAME.fullmatch(call.params["pool"]):
        raise _invalid("name", "The name of a standby pool has 3 to 24 letters, digits and hyphens.")
    body = _object(call.json())
    pools = call.simulation.standby_pools
    before = pools.find(_id(call))
    scale_set = before.scale_set if before is not None else _attached(call, body)
    settings = _settings(body, before.settings if before is not None else None)
    pool = pools.put(_id(call), scale_set, settings)
    return Reply(pool.body(), 200 if before is not None else 201, _headers(call, pool, location=False))


def patch_pool(call: Call) -> Reply:
    pool = _pool_of(call)
    pool.change(_settings(_object(call.json()), pool.settings))
    return Reply(pool.body())


def delete_pool(call: Call) -> Reply:
    """202 with both headers; 204 where there is no such pool."""
    pool = call.simulation.standby_pools.find(_id(call))
    if pool is None:
        return Reply(None, 204)
    call.simulation.standby_pools.remove(pool)
    return Reply(None, 202, _headers(call, pool, location=True))


def _object(body: Any) -> Json:
    if not isinstance(body, dict):
        raise errors.bad_request("Error converting the request body to an object.")
    return body


def _headers(call: Call, pool: StandbyPool, *, location: bool) -> dict[str, str]:
    """The operation of a write: it does not wait for the machines (guessed)."""
    world = pool.scale_set.world
    operation = world.operations.start(pool.settings.location)
    world.timeline.after(world.timings.write.draw(pool.scale_set.rng), partial(world.operations.finish, operation))
    return call.operation_headers(operation, location=location, retry=call.simulation.spec.retry_after.write)


def get_view(call: Call) -> Reply:
    if call.params["view"].lower() != "latest":
        raise errors.invalid_parameter("runtimeView", "The value of parameter runtimeView must be 'latest'.")
    return Reply(_pool_of(call).view())


def list_views(call: Call) -> Reply:
    return page(call, [_pool_of(call).view()])


def _machines(call: Call) -> list[Json]:
    pool = _pool_of(call)
    views = call.simulation.views
    return [
        {
            "id": f"{pool.id}/standbyVirtualMachines/{one.name}",
            "name": one.name,
            "type": f"{TYPE}/standbyVirtualMachines",
            "properties": {
                "virtualMachineResourceId": views.virtual_machine_id(pool.scale_set, one),
                "provisioningState": "Succeeded",
            },
        }
        for one in pool.instances
    ]


def list_machines(call: Call) -> Reply:
    return page(call, _machines(call))


def get_machine(call: Call) -> Reply:
    for one in _machines(call):
        if one["name"].lower() == call.params["machine"].lower():
            return Reply(one)
    name = f"{call.params['pool']}/{call.params['machine']}"
    raise errors.resource_not_found(f"{TYPE}/standbyVirtualMachines", name, call.params["group"])


_READ = f"{TYPE}/read"

ENDPOINTS = [
    Endpoint("GET", _SUBSCRIPTION, "StandbyVirtualMachinePools_ListBySubscription", _READ, list_pools),
    Endpoint("GET", _GROUP, "StandbyVirtualMachinePools_ListByResourceGroup", _READ, list_pools),
    Endpoint("GET", _POOL, "StandbyVirtualMachinePools_Get", _READ, get_pool),
    Endpoint("PUT", _POOL, "StandbyVirtualMachinePools_CreateOrUpdate", f"{TYPE}/write", put_pool),
    Endpoint("PATCH", _POOL, "StandbyVirtualMachinePools_Update", f"{TYPE}/write", patch_pool),
    Endpoint("DELETE", _POOL, "StandbyVirtualMachinePools_Delete", f"{TYPE}/delete", delete_pool),
    Endpoint(
        "GET",
        f"{_POOL}/runtimeViews",
        "StandbyVirtualMachinePoolRuntimeViews_ListByStandbyPool",
        f"{TYPE}/runtimeViews/read",
        list_views,
    ),
    Endpoint(
        "GET",
        f"{_POOL}/runtimeViews/{{view}}",
        "StandbyVirtualMachinePoolRuntimeViews_Get",
        f"{TYPE}/runtimeViews/read",
        get_view,
    ),
    Endpoint(
        "GET",
        f"{_POOL}/standbyVirtualMachines",
        "StandbyVirtualMachines_ListByStandbyVirtualMachinePoolResource",
        f"{TYPE}/standbyVirtualMachines/read",
        list_machines,
    ),
    Endpoint(
        "GET",
        f"{_POOL}/standbyVirtualMachines/{{machine}}",
        "StandbyVirtualMachines_Get",
        f"{TYPE}/standbyVirtualMachines/read",
        get_machine,
    ),
]
