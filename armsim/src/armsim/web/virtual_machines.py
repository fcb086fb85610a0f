# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The virtual machines of Flexible sets, as resources of their own."""

from __future__ import annotations

from armsim.actions import eviction
from armsim.actions.instance_actions import act_on_machine, delete_chosen
from armsim.images.catalogue import same_region
from armsim.instances.instance import Instance
from armsim.protocol import errors
from armsim.protocol.odata import page_of, scale_set_of_filter
from armsim.scale_sets.scale_set import ScaleSet
from armsim.web.call import Call, Endpoint, Handler, Reply, page
from armsim.web.instance_actions import not_eligible, work_of
from armsim.web.instances import wants_view
from armsim.web.paths import COMPUTE, GROUP_COMPUTE, flag
from armsim.web.scale_sets import accepted_action

_TYPE = "Microsoft.Compute/virtualMachines"


def _list(call: Call, group: str | None, location: str | None = None) -> Reply:
    flexible = [
        item
        for item in call.simulation.scale_sets(group)
        if item.flexible and (location is None or same_region(item.location, location))
    ]
    view = wants_view(call)
    text = call.query.get("$filter")
    if text is not None:
        resource_id = scale_set_of_filter(text)
        if resource_id is None:
            raise errors.invalid_parameter("$filter", "The value of parameter $filter is invalid.")
        flexible = [item for item in flexible if item.id.lower() == resource_id.lower()]
    elif view:
        raise errors.invalid_parameter("$expand", "The expand expression is supported only with a valid filter.")
    machines = [(item, instance) for item in flexible for instance in item.instances.values()]
    chosen, following = page_of(machines, lambda machine: machine[1].name, call.query.get("$skiptoken"))
    now, views = call.simulation.timeline.now, call.simulation.views
    entries = [views.virtual_machine(item, instance, now, call.api_version, view=view) for item, instance in chosen]
    return page(call, entries, following)


def list_by_group(call: Call) -> Reply:
    return _list(call, call.params["group"])


def list_by_location(call: Call) -> Reply:
    return _list(call, None, call.params["location"])


def list_all(call: Call) -> Reply:
    return _list(call, None)


def machine_of(call: Call) -> tuple[ScaleSet, Instance]:
    group, name = call.params["group"], call.params["name"]
    for item in call.simulation.scale_sets(group):
        if item.flexible:
            for instance in item.instances.values():
                if instance.name.lower() == name.lower():
                    return item, instance
    raise errors.resource_not_found(_TYPE, name, group)


def get_machine(call: Call) -> Reply:
    scale_set, instance = machine_of(call)
    now = call.simulation.timeline.now
    body = call.simulation.views.virtual_machine(scale_set, instance, now, call.api_version, view=wants_view(call))
    return Reply(body)


def get_instance_view(call: Call) -> Reply:
    _, instance = machine_of(call)
    return Reply(call.simulation.views.instance_view(instance, call.simulation.timeline.now))


def _action(name: str) -> Handler:
    def handle(call: Call) -> Reply:
        scale_set, machine = machine_of(call)
        return accepted_action(call, act_on_machine(scale_set, name, machine, work_of(call, name)))

    return handle


def perform_maintenance(call: Call) -> Reply:
    return not_eligible(machine_of(call)[1])


def simulate_eviction(call: Call) -> Reply:
    eviction.simulate_eviction(*machine_of(call))
    return Reply(None, 204)


def delete_machine(call: Call) -> Reply:
    """202 with both headers; 204 when there is no such machine."""
    try:
        scale_set, machine = machine_of(call)
    except errors.ArmError:
        return Reply(None, 204)
    return accepted_action(call, delete_chosen(scale_set, [machine], force=flag(call, "forcedeletion")))


ONE = f"{GROUP_COMPUTE}/virtualMachines/{{name}}"
_ACTIONS = ("reimage", "restart", "start", "powerOff", "deallocate", "redeploy", "reapply")


def _post(name: str, handler: Handler) -> Endpoint:
    operation = f"VirtualMachines_{name[0].upper()}{name[1:]}"
    return Endpoint("POST", f"{ONE}/{name}", operation, f"{_TYPE}/{name}/action", handler)


ENDPOINTS = [
    Endpoint("GET", f"{GROUP_COMPUTE}/virtualMachines", "VirtualMachines_List", f"{_TYPE}/read", list_by_group),
    Endpoint("GET", f"{COMPUTE}/virtualMachines", "VirtualMachines_ListAll", f"{_TYPE}/read", list_all),
    Endpoint(
        "GET",
        f"{COMPUTE}/locations/{{location}}/virtualMachines",
        "VirtualMachines_ListByLocation",
        f"{_TYPE}/read",
        list_by_location,
    ),
    *(_post(name, _action(name)) for name in _ACTIONS),
    _post("performMaintenance", perform_maintenance),
    _post("simulateEviction", simulate_eviction),
    Endpoint("DELETE", ONE, "VirtualMachines_Delete", f"{_TYPE}/delete", delete_machine),
    Endpoint("GET", ONE, "VirtualMachines_Get", f"{_TYPE}/read", get_machine),
    Endpoint(
        "GET", f"{ONE}/instanceView", "VirtualMachines_InstanceView", f"{_TYPE}/instanceView/read", get_instance_view
    ),
]
