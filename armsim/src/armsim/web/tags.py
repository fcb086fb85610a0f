# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Tags at a scope, written and read beside the resource that has them (documented).

The forms are those of Azure's documentation of its REST API; none of them is in the recordings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from armsim.actions import model_write
from armsim.common.wire import Json
from armsim.model.tags import check_tags
from armsim.protocol import errors
from armsim.web.call import Call, Endpoint, Handler, Reply
from armsim.web.instances import INSTANCE, instance_of
from armsim.web.paths import SCALE_SET, scale_set_of
from armsim.web.virtual_machines import ONE as MACHINE
from armsim.web.virtual_machines import machine_of

Tags = dict[str, str]


@dataclass(frozen=True)
class Tagged:
    """Something that has tags: its id, the tags that it has now, and how they are written."""

    id: str
    tags: Tags
    write: Callable[[Tags], object]


def _subscription(call: Call) -> Tagged:
    held = call.simulation.subscription_tags

    def write(tags: Tags) -> None:
        held.clear()
        held.update(tags)

    return Tagged(f"/subscriptions/{call.subscription}", dict(held), write)


def _group(call: Call) -> Tagged:
    groups, key = call.simulation.groups, call.params["group"].lower()
    group = groups[key]

    def write(tags: Tags) -> None:
        groups[key] = group.model_copy(update={"tags": tags})

    return Tagged(f"/subscriptions/{call.subscription}/resourceGroups/{group.name}", dict(group.tags), write)


def _scale_set(call: Call) -> Tagged:
    scale_set = scale_set_of(call)

    def write(tags: Tags) -> None:
        model_write.patch(scale_set, {"tags": tags}, None, None)

    return Tagged(scale_set.id, scale_set.document.get("tags") or {}, write)


def _instance(call: Call) -> Tagged:
    scale_set, instance = instance_of(call)

    def write(tags: Tags) -> None:
        instance.tags = tags

    return Tagged(f"{scale_set.id}/virtualMachines/{instance.id}", dict(instance.tags), write)


def _machine(call: Call) -> Tagged:
    scale_set, instance = machine_of(call)

    def write(tags: Tags) -> None:
        instance.tags = tags

    return Tagged(call.simulation.views.virtual_machine_id(scale_set, instance), dict(instance.tags), write)


def _body(tagged: Tagged, tags: Tags) -> Json:
    return {
        "id": f"{tagged.id}/providers/Microsoft.Resources/tags/default",
        "name": "default",
        "type": "Microsoft.Resources/tags",
        "properties": {"tags": tags},
    }


def _given(call: Call) -> tuple[str, Tags]:
    """Operation (of a PATCH) and tags of the body; 400 where there are none."""
    match call.json():
        case {"properties": {"tags": dict(tags)}, **rest}:
            return str(rest.get("operation", "Replace")).capitalize(), tags
    raise errors.gateway(400, "InvalidRequestContent", "The request content has no 'properties.tags'.")


def _write(call: Call, tagged: Tagged) -> Reply:
    """PUT replaces the tags, PATCH merges, replaces or deletes them, DELETE takes all away."""
    operation, given = ("Replace", {}) if call.method == "DELETE" else _given(call)
    changed = {
        "Merge": {**tagged.tags, **given},
        "Replace": given,
        "Delete": {name: text for name, text in tagged.tags.items() if name not in given},
    }
    if operation not in changed:
        raise errors.gateway(400, "InvalidRequestContent", f"The operation '{operation}' is not supported.")
    check_tags(changed[operation])
    tagged.write(changed[operation])
    return Reply(None if call.method == "DELETE" else _body(tagged, changed[operation]))


def _endpoints(scope: str, find: Callable[[Call], Tagged]) -> list[Endpoint]:
    def read(call: Call) -> Reply:
        tagged = find(call)
        return Reply(_body(tagged, tagged.tags))

    def write(call: Call) -> Reply:
        return _write(call, find(call))

    operations: list[tuple[str, str, str, Handler]] = [
        ("GET", "Tags_GetAtScope", "read", read),
        ("PUT", "Tags_CreateOrUpdateAtScope", "write", write),
        ("PATCH", "Tags_UpdateAtScope", "write", write),
        ("DELETE", "Tags_DeleteAtScope", "delete", write),
    ]
    path = f"{scope}/providers/Microsoft.Resources/tags/default"
    return [
        Endpoint(method, path, name, f"Microsoft.Resources/tags/{action}", handler)
        for method, name, action, handler in operations
    ]


_SUBSCRIPTION = "/subscriptions/{subscription}"

ENDPOINTS = [
    *_endpoints(_SUBSCRIPTION, _subscription),
    *_endpoints(f"{_SUBSCRIPTION}/resourceGroups/{{group}}", _group),
    *_endpoints(SCALE_SET, _scale_set),
    *_endpoints(INSTANCE, _instance),
    *_endpoints(MACHINE, _machine),
]
