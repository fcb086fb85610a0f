# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Role assignments and role definitions at scopes, for reading (documented forms)."""

from __future__ import annotations

import re

from armsim.common.wire import Json
from armsim.identity import roles
from armsim.protocol import errors
from armsim.web.call import Call, Endpoint, Reply, page
from armsim.web.instances import INSTANCE
from armsim.web.paths import SCALE_SET
from armsim.web.virtual_machines import ONE as MACHINE

_SUBSCRIPTION = "/subscriptions/{subscription}"
_SCOPES = {
    "Subscription": _SUBSCRIPTION,
    "ResourceGroup": f"{_SUBSCRIPTION}/resourceGroups/{{group}}",
    "Resource": SCALE_SET,
    "Instance": INSTANCE,
    "VirtualMachine": MACHINE,
}
# The filters that lists of assignments know (documented); all assignments are at the subscription, so atScope() holds.
_PRINCIPAL = re.compile(r"(?:principalId\s+eq\s+|assignedTo\()'([^']*)'\)?", re.IGNORECASE)
_AT_SCOPE = re.compile(r"atScope\(\)", re.IGNORECASE)
_ROLE = re.compile(r"(roleName|type)\s+eq\s+'([^']*)'", re.IGNORECASE)
_JOINT = re.compile(r"\s+and\s+", re.IGNORECASE)


def _scope(call: Call) -> str:
    return f"/subscriptions/{call.subscription}"


def _assignments(call: Call) -> list[Json]:
    created = call.simulation.calendar.stamp(0.0)
    return [roles.assignment(one, _scope(call), created) for one in call.host.directory.principals]


def _conditions(call: Call) -> list[str]:
    text = call.query.get("$filter", "").strip()
    return [part for part in _JOINT.split(text) if part]


def _unsupported(condition: str) -> errors.ArmError:
    return errors.gateway(400, "UnsupportedQuery", f"The filter '{condition}' is not supported.")


def list_assignments(call: Call) -> Reply:
    """Those of all principals, which all are on the subscription and so hold at every scope below it."""
    found = _assignments(call)
    for condition in _conditions(call):
        match = _PRINCIPAL.fullmatch(condition)
        if match is not None:
            found = [one for one in found if one["properties"]["principalId"].lower() == match[1].lower()]
        elif _AT_SCOPE.fullmatch(condition) is None:
            raise _unsupported(condition)
    return page(call, found)


def get_assignment(call: Call) -> Reply:
    for one in _assignments(call):
        if one["name"].lower() == call.params["assignment"].lower():
            return Reply(one)
    raise errors.gateway(
        404, "RoleAssignmentNotFound", f"The role assignment '{call.params['assignment']}' is not found."
    )


def _definitions(call: Call) -> list[Json]:
    created = call.simulation.calendar.stamp(0.0)
    return roles.definitions(call.host.directory.principals, _scope(call), created)


def list_definitions(call: Call) -> Reply:
    """The roles that a principal has; others that there are in Azure are not listed."""
    found = _definitions(call)
    for condition in _conditions(call):
        match = _ROLE.fullmatch(condition)
        if match is None:
            raise _unsupported(condition)
        name = "type" if match[1].lower() == "type" else "roleName"
        found = [one for one in found if one["properties"][name].lower() == match[2].lower()]
    return page(call, found)


def get_definition(call: Call) -> Reply:
    for one in _definitions(call):
        if one["name"].lower() == call.params["definition"].lower():
            return Reply(one)
    raise errors.gateway(
        404,
        "RoleDefinitionDoesNotExist",
        f"The specified role definition with ID '{call.params['definition']}' does not exist.",
    )


_ASSIGNMENTS, _DEFINITIONS = f"{roles.TYPE}/roleAssignments", f"{roles.TYPE}/roleDefinitions"

ENDPOINTS = [
    Endpoint(method, f"{scope}/providers/{path}", f"{name}{word}", f"{kind}/read", handler)
    for word, scope in _SCOPES.items()
    for method, path, name, kind, handler in (
        ("GET", _ASSIGNMENTS, "RoleAssignments_ListFor", _ASSIGNMENTS, list_assignments),
        ("GET", f"{_ASSIGNMENTS}/{{assignment}}", "RoleAssignments_GetFor", _ASSIGNMENTS, get_assignment),
        ("GET", _DEFINITIONS, "RoleDefinitions_ListFor", _DEFINITIONS, list_definitions),
        ("GET", f"{_DEFINITIONS}/{{definition}}", "RoleDefinitions_GetFor", _DEFINITIONS, get_definition),
    )
]
