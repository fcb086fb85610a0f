# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Extensions as resources: of the model, to be read and written (recorded); of an instance and of a virtual machine, to
be read (documented).
"""

from __future__ import annotations

from collections.abc import Callable

from armsim.actions import model_write
from armsim.common.wire import Json
from armsim.protocol import dialect, errors
from armsim.web.call import Call, Endpoint, Reply, page
from armsim.web.instances import instance_of
from armsim.web.paths import GROUP_COMPUTE, SCALE_SET, TYPE, parent_of
from armsim.web.virtual_machines import machine_of


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


def put_extension(call: Call) -> Reply:
    """201, also where the extension was there, before the operation has finished; no ``Location``, and nothing of what
    it keeps (recorded).
    """
    scale_set, name = parent_of(call, "extensions"), call.params["extension"]
    accepted = model_write.put_extension(scale_set, name, call.json())
    headers = call.operation_headers(accepted.operation, location=False, retry=call.simulation.spec.retry_after.write)
    (extension,) = [item for item in _of_set(call) if item["name"].lower() == name.lower()]
    kept = extension["properties"].keys() - (call.json()["properties"].keys() | model_write.EXTENSION_DEFAULTS.keys())
    extension["properties"] = {key: value for key, value in extension["properties"].items() if key not in kept}
    extension["properties"]["provisioningState"] = "Creating"
    return Reply(dialect.extension(extension, call.api_version), 201, headers, accepted.charge)


def delete_extension(call: Call) -> Reply:
    """202 with both headers; 204 when there is no such extension."""
    accepted = model_write.delete_extension(parent_of(call, "extensions"), call.params["extension"])
    if accepted is None:
        return Reply(None, 204)
    retry = call.simulation.spec.retry_after.write
    headers = call.operation_headers(accepted.operation, location=True, retry=retry)
    return Reply(None, 202, headers, accepted.charge)


def _endpoints(owner: str, name: str, kind: str, extensions: Callable[[Call], list[Json]]) -> list[Endpoint]:
    """The list of an owner's extensions, and one of them."""

    def list_extensions(call: Call) -> Reply:
        return page(call, extensions(call))

    def get_extension(call: Call) -> Reply:
        wanted = call.params["extension"].lower()
        for extension in extensions(call):
            if extension["name"].lower() == wanted:
                return Reply(dialect.extension(extension, call.api_version))
        raise errors.entity_not_found()

    path, action = f"{owner}/extensions", f"{kind}/extensions/read"
    return [
        Endpoint("GET", path, f"{name}_List", action, list_extensions),
        Endpoint("GET", f"{path}/{{extension}}", f"{name}_Get", action, get_extension),
    ]


ENDPOINTS = [
    *_endpoints(SCALE_SET, "VirtualMachineScaleSetExtensions", TYPE, _of_set),
    Endpoint(
        "PUT",
        f"{SCALE_SET}/extensions/{{extension}}",
        "VirtualMachineScaleSetExtensions_CreateOrUpdate",
        f"{TYPE}/extensions/write",
        put_extension,
    ),
    Endpoint(
        "DELETE",
        f"{SCALE_SET}/extensions/{{extension}}",
        "VirtualMachineScaleSetExtensions_Delete",
        f"{TYPE}/extensions/delete",
        delete_extension,
    ),
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
