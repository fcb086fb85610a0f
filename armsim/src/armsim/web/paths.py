# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Addresses that several files build on, and the resources they lead to."""

from __future__ import annotations

from armsim.protocol import errors
from armsim.scale_sets.scale_set import ScaleSet
from armsim.web.call import Call

COMPUTE = "/subscriptions/{subscription}/providers/Microsoft.Compute"
GROUP_COMPUTE = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute"
SCALE_SETS = f"{GROUP_COMPUTE}/virtualMachineScaleSets"
SCALE_SET = SCALE_SETS + "/{scale_set}"
TYPE = "Microsoft.Compute/virtualMachineScaleSets"


def flag(call: Call, name: str) -> bool:
    """A boolean of the query; absent is false. ``name`` in lower case."""
    return call.query.get(name, "").lower() == "true"


def scale_set_of(call: Call) -> ScaleSet:
    """The set that the path names; 404 ResourceNotFound from the gateway if there is none."""
    name, group = call.params["scale_set"], call.params["group"]
    found = call.simulation.scale_set(group, name)
    if found is None:
        raise errors.resource_not_found(TYPE, name, group)
    return found


def parent_of(call: Call, child: str) -> ScaleSet:
    """The set above a child resource; 404 ParentResourceNotFound if there is none (recorded)."""
    name, group = call.params["scale_set"], call.params["group"]
    found = call.simulation.scale_set(group, name)
    if found is None:
        parent = f"/subscriptions/{call.subscription}/resourceGroups/{group}/providers/{TYPE}/{name}"
        raise errors.parent_resource_not_found(f"virtualMachineScaleSets/{child}", parent)
    return found
