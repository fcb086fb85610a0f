# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Instances below a scale set."""

from __future__ import annotations

from dataclasses import replace

from armsim.instances.instance import Instance
from armsim.protocol import dialect, errors
from armsim.protocol.odata import instance_filter, page_of
from armsim.scale_sets.scale_set import ScaleSet
from armsim.web.call import Call, Endpoint, Reply, page
from armsim.web.paths import SCALE_SET, TYPE, parent_of

_EXPANSIONS = ("instanceview", "userdata", "resiliencyview")


def wants_view(call: Call) -> bool:
    """Whether ``$expand`` names the instance view; 400 for an unknown expansion."""
    return "instanceview" in _expansions(call)


def _expansions(call: Call) -> list[str]:
    expand = call.query.get("$expand", "")
    expansions = [part.strip().lower() for part in expand.split(",") if part.strip()]
    if any(part not in _EXPANSIONS for part in expansions):
        raise errors.invalid_parameter("$expand", "The value of parameter $expand is invalid.")
    return expansions


def list_instances(call: Call) -> Reply:
    scale_set = parent_of(call, "virtualMachines")
    views, now = call.simulation.views, call.simulation.timeline.now
    view = wants_view(call)
    token = call.query.get("$skiptoken")
    instances = scale_set.instances.values()
    if scale_set.flexible:
        if view:
            raise errors.not_allowed_on_flexible("VirtualMachineScaleSets.virtualMachines.GET", scale_set.name)
        chosen, following = page_of(instances, lambda instance: instance.id, token)
        reply = page(call, [views.bare_instance(scale_set, instance) for instance in chosen], following)
        reply.charge = len(chosen)
        return reply
    matching = [instance for instance in instances if not instance.surplus]
    if "$filter" in call.query:
        test = instance_filter(call.query["$filter"])
        deep = "instanceview" in call.query["$filter"].lower()
        matching = [
            instance
            for instance in matching
            if test(views.instance(scale_set, instance, now, call.api_version, view=deep))
        ]
    chosen, following = page_of(matching, lambda instance: instance.id, token)
    selected = [name.strip().lower() for name in call.query.get("$select", "").split(",") if name.strip()]
    if selected and set(selected) <= {"instanceview", "instanceid"}:
        entries = [
            dialect.selected_instance(
                views.selected_instance(scale_set, instance, now, view=view or "instanceview" in selected),
                call.api_version,
            )
            for instance in chosen
        ]
    else:
        entries = [views.instance(scale_set, instance, now, call.api_version, view=view) for instance in chosen]
    reply = page(call, entries, following)
    # A list is charged by its length (recorded: 1, 2 and 4).
    # Also for what was made in excess and is not shown (recorded: 4 for 2, 7 for 3).
    reply.charge = len(entries) + (0 if following else sum(one.surplus for one in instances))
    reply.reports_charge = reply.charge > 0
    return reply


def instance_of(call: Call) -> tuple[ScaleSet, Instance]:
    scale_set = parent_of(call, "virtualMachines")
    wanted = call.params["instance"]
    if scale_set.flexible:
        raise errors.invalid_parameter("instanceId", f"The value '{wanted}' of parameter instanceId must be a number.")
    found = scale_set.instances.get(wanted)
    if found is None:
        # It is charged for as if it were there (recorded).
        raise replace(errors.entity_not_found(), headers={"x-ms-request-charge": "1"})
    return scale_set, found


def get_instance(call: Call) -> Reply:
    scale_set, instance = instance_of(call)
    now = call.simulation.timeline.now
    expansions = _expansions(call)
    body = call.simulation.views.instance(
        scale_set,
        instance,
        now,
        call.api_version,
        view="instanceview" in expansions,
        user_data="userdata" in expansions,
    )
    return Reply(body, charge=1)


def get_instance_view(call: Call) -> Reply:
    _, instance = instance_of(call)
    view = call.simulation.views.instance_view(instance, call.simulation.timeline.now)
    return Reply(dialect.instance_view(view, call.api_version), charge=1)


_LIST = f"{SCALE_SET}/virtualMachines"
INSTANCE = _LIST + "/{instance}"

ENDPOINTS = [
    Endpoint("GET", _LIST, "VirtualMachineScaleSetVMs_List", f"{TYPE}/virtualMachines/read", list_instances),
    Endpoint("GET", INSTANCE, "VirtualMachineScaleSetVMs_Get", f"{TYPE}/virtualMachines/read", get_instance),
    Endpoint(
        "GET",
        f"{INSTANCE}/instanceView",
        "VirtualMachineScaleSetVMs_GetInstanceView",
        f"{TYPE}/virtualMachines/instanceView/read",
        get_instance_view,
    ),
]
