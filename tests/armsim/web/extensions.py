# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Extensions of the model, of an instance and of a virtual machine, to be read. Documented, not recorded."""

from __future__ import annotations

from collections.abc import Callable

from armsim import errors
from armsim.web.call import Call, Endpoint, Reply, page
from armsim.web.instances import instance_of
from armsim.web.paths import GROUP_COMPUTE, SCALE_SET, TYPE, parent_of
from armsim.web.virtual_machines import machine_of
from armsim.wire import Json


def _of_profile(profile: Json, owner: str, kind: str, **fields: str) -> list[Json]:
    """Extensions of a profile as resources below ``owner``."""
    return [
        {
            "name": extension["name"],
            "id": f"{owner}/extensions/{extension['name']}",
            "type": f"{kind}/extensions",
            **fields,
            "properties": {**extension["properties"], "provisioningState": "Succeeded"},
        }
        for extension in (profile.get("extensionProfile") or {}).get("extensions") or []
    ]


def _of_set(call: Call) -> list[Json]:
    scale_set = parent_of(call, "extensions")
    return _of_profile(scale_set.model.profile, scale_set.id, TYPE)


def _of_instance(call: Call) -> list[Json]:
    scale_set, instance = instance_of(call)
    owner = call.simulation.views.instance_id(scale_set, instance)
    return _of_profile(instance.model.profile, owner, f"{TYPE}/virtualMachines", location=scale_set.location)


def _of_machine(call: Call) -> list[Json]:
    scale_set, instance = machine_of(call)
    owner = call.simulation.views.virtual_machine_id(scale_set, instance)
    return _of_profile(instance.model.profile, owner, "Microsoft.Compute/virtualMachines", location=scale_set.location)


def _endpoints(owner: str, name: str, kind: str, extensions: Callable[[Call], list[Json]]) -> list[Endpoint]:
    """The list of an owner's extensions, and one of them."""

    def list_extensions(call: Call) -> Reply:
        return page(call, extensions(call))

    def get_extension(call: Call) -> Reply:
        wanted = call.params["extension"].lower()
        for extension in extensions(call):
            if extension["name"].lower() == wanted:
                return Reply(extension)
        raise errors.entity_not_found()

    path, action = f"{owner}/extensions", f"{kind}/extensions/read"
    return [
        Endpoint("GET", path, f"{name}_List", action, list_extensions),
        Endpoint("GET", f"{path}/{{extension}}", f"{name}_Get", action, get_extension),
    ]


ENDPOINTS = [
    *_endpoints(SCALE_SET, "VirtualMachineScaleSetExtensions", TYPE, _of_set),
    *_endpoints(
        f"{SCALE_SET}/virtualMachines/{{instance}}",
        "VirtualMachineScaleSetVMExtensions",
        f"{TYPE}/virtualMachines",
        _of_instance,
    ),
    *_endpoints(
        f"{GROUP_COMPUTE}/virtualMachines/{{name}}",
        "VirtualMachineExtensions",
        "Microsoft.Compute/virtualMachines",
        _of_machine,
    ),
]
