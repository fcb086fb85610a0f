# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Actions on instances: of the set, with ``instanceIds``, and of one instance below its own address."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from armsim.actions import eviction, instance_actions, instance_update, instance_work
from armsim.actions.instance_actions import Work
from armsim.actions.service_fabric import force_update_domain_walk
from armsim.instances.instance import Instance
from armsim.protocol.errors import operation_not_allowed
from armsim.scale_sets.scale_set import Accepted
from armsim.web.call import Call, Endpoint, Handler, Reply
from armsim.web.instances import INSTANCE, instance_of
from armsim.web.paths import SCALE_SET, TYPE, flag, parent_of, scale_set_of
from armsim.web.scale_sets import accepted_action, written


def work_of(call: Call, name: str) -> Work:
    """What the action ``name`` does to one instance, with the options of the request."""
    match name:
        case "powerOff":
            return partial(instance_work.power_off_instance, skip_shutdown=flag(call, "skipshutdown"))
        case "deallocate":
            return partial(instance_work.deallocate_instance, hibernate=flag(call, "hibernate"))
        case "reapply":
            return instance_work.reapply_instance
        case "start":
            return instance_work.start_instance
        case "restart":
            return instance_work.restart_instance
        case "redeploy":
            return instance_work.redeploy_instance
        case _:
            return instance_work.reimage_instance


def _on_set(name: str) -> Handler:
    def handle(call: Call) -> Reply:
        scale_set, body = scale_set_of(call), call.json()
        return accepted_action(call, instance_actions.act_on_instances(scale_set, name, body, work_of(call, name)))

    return handle


def _on_instance(name: str) -> Handler:
    def handle(call: Call) -> Reply:
        if call.params["instance"] == "*":
            # A star stands for all of them here, too (recorded).
            every = {"instanceIds": ["*"]}
            scale_set = parent_of(call, "virtualMachines")
            return accepted_action(call, instance_actions.act_on_instances(scale_set, name, every, work_of(call, name)))
        scale_set, instance = instance_of(call)
        return accepted_action(call, instance_actions.act_on_instance(scale_set, name, instance, work_of(call, name)))

    return handle


def update_instances(call: Call) -> Reply:
    return accepted_action(call, instance_actions.upgrade_instances(scale_set_of(call), call.json()))


def delete_instances(call: Call) -> Reply:
    force = flag(call, "forcedeletion")
    return accepted_action(call, instance_actions.delete_instances(scale_set_of(call), call.json(), force=force))


def delete_instance(call: Call) -> Reply:
    """202; so, too, for an instance that was there once: its operation finds nothing to do (recorded)."""
    scale_set, wanted = parent_of(call, "virtualMachines"), call.params["instance"]
    gone = wanted.isdigit() and int(wanted) <= scale_set.highest_id and wanted not in scale_set.instances
    if gone and not scale_set.flexible:
        scale_set.refuse_if_deleting("delete")
        return accepted_action(call, instance_actions.stillborn(scale_set))
    scale_set, instance = instance_of(call)
    scale_set.refuse_if_deleting("delete")
    accepted = instance_actions.delete_chosen(scale_set, [instance], force=flag(call, "forcedeletion"))
    return accepted_action(call, accepted)


def update_instance(call: Call) -> Reply:
    """PUT: 200 with the instance before the operation has finished, and no ``Location`` (recorded)."""
    scale_set, instance = instance_of(call)
    if_match, if_none_match = call.headers.get("if-match"), call.headers.get("if-none-match")
    accepted = instance_update.update_instance(scale_set, instance, call.json(), if_match, if_none_match)
    return _accepted_reply(call, accepted)


def _accepted_reply(call: Call, accepted: Accepted) -> Reply:
    scale_set, instance = instance_of(call)
    headers = call.operation_headers(accepted.operation, location=False, retry=call.simulation.spec.retry_after.write)
    now = call.simulation.timeline.now
    body = call.simulation.views.instance(scale_set, instance, now, call.api_version, view=False)
    return Reply(body, 200, headers, accepted.charge)


def without_effect(call: Call) -> Reply:
    """The answer to a write of a scale set or of an instance that is accepted, and does nothing."""
    accepted = instance_actions.stillborn(scale_set_of(call))
    if call.method in ("POST", "DELETE"):
        return accepted_action(call, accepted)
    return (
        _accepted_reply(call, accepted)
        if "instance" in call.params
        else written(call, scale_set_of(call), accepted, 200)
    )


def not_eligible(instance: Instance) -> Reply:
    """No maintenance is offered here: 409 as recorded."""
    raise operation_not_allowed(
        f"Operation 'performMaintenance' is not allowed on VM '{instance.name}' since the Subscription of this VM is "
        "not eligible."
    )


def perform_maintenance(call: Call) -> Reply:
    chosen = instance_actions.chosen(scale_set_of(call), "performMaintenance", call.json())
    return not_eligible(chosen[0]) if chosen else Reply(None, 200)


def perform_maintenance_of_one(call: Call) -> Reply:
    return not_eligible(instance_of(call)[1])


def simulate_eviction(call: Call) -> Reply:
    eviction.simulate_eviction(*instance_of(call))
    return Reply(None, 204)


def walk_update_domain(call: Call) -> Reply:
    query = call.query
    scale_set = scale_set_of(call)
    return Reply(
        force_update_domain_walk(
            scale_set, query.get("platformupdatedomain"), query.get("zone"), query.get("placementgroupid")
        )
    )


# The name in the path and in the permission; in the description's names it begins with a capital.
_PLAIN = ("reimage", "reimageAll", "restart", "start", "powerOff", "deallocate", "redeploy")


def _set(path: str, name: str, handler: Callable[[Call], Reply]) -> Endpoint:
    return Endpoint("POST", f"{SCALE_SET}/{path}", f"VirtualMachineScaleSets_{name}", f"{TYPE}/{path}/action", handler)


def _one(path: str, name: str, handler: Callable[[Call], Reply]) -> Endpoint:
    action = f"{TYPE}/virtualMachines/{path}/action"
    return Endpoint("POST", f"{INSTANCE}/{path}", f"VirtualMachineScaleSetVMs_{name}", action, handler)


_WALK = "forceRecoveryServiceFabricPlatformUpdateDomainWalk"
_VMS = f"{TYPE}/virtualMachines"

ENDPOINTS = [
    *(_set(name, name[0].upper() + name[1:], _on_set(name)) for name in _PLAIN),
    *(_one(name, name[0].upper() + name[1:], _on_instance(name)) for name in _PLAIN),
    _set("reapply", "Reapply", _on_set("reapply")),
    _set("manualUpgrade", "UpdateInstances", update_instances),
    _set("delete", "DeleteInstances", delete_instances),
    _set("performMaintenance", "PerformMaintenance", perform_maintenance),
    _set(_WALK, "ForceRecoveryServiceFabricPlatformUpdateDomainWalk", walk_update_domain),
    _one("performMaintenance", "PerformMaintenance", perform_maintenance_of_one),
    _one("simulateEviction", "SimulateEviction", simulate_eviction),
    Endpoint("PUT", INSTANCE, "VirtualMachineScaleSetVMs_Update", f"{_VMS}/write", update_instance),
    Endpoint("DELETE", INSTANCE, "VirtualMachineScaleSetVMs_Delete", f"{_VMS}/delete", delete_instance),
]
