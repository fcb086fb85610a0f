# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Roles as Resource Manager reports them: definitions, and who has which one on the subscription.

Ids of built-in roles are documented; a principal with actions of its own has a custom role.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import NAMESPACE_OID, uuid5

from armsim.common.wire import Json
from armsim.identity.principal import Principal

TYPE = "Microsoft.Authorization"
_BUILT_IN = {
    "Owner": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "Virtual Machine Contributor": "9980e02c-c2be-4d73-94e8-173b1dc7cf3c",
}


def _role_id(principal: Principal) -> str:
    if principal.spec.actions is None and not principal.spec.not_actions:
        return _BUILT_IN[principal.spec.role]
    return str(uuid5(NAMESPACE_OID, f"role of {principal.spec.object_id.lower()}"))


def definition(principal: Principal, scope: str, created: str) -> Json:
    """The definition of a principal's role, as it is listed at the subscription ``scope``."""
    role = _role_id(principal)
    custom = role not in _BUILT_IN.values()
    permission = {name: value for name, value in principal.permission().items() if not name.startswith("condition")}
    return {
        "id": f"{scope}/providers/{TYPE}/roleDefinitions/{role}",
        "name": role,
        "type": f"{TYPE}/roleDefinitions",
        "properties": {
            "roleName": f"{principal.spec.name} role" if custom else principal.spec.role,
            "type": "CustomRole" if custom else "BuiltInRole",
            "description": f"Of {principal.spec.name}." if custom else f"{principal.spec.role}.",
            "assignableScopes": [scope if custom else "/"],
            "permissions": [permission],
            "createdOn": created,
            "updatedOn": created,
            "createdBy": None,
            "updatedBy": None,
        },
    }


def definitions(principals: Sequence[Principal], scope: str, created: str) -> list[Json]:
    """The definitions of all roles that a principal has."""
    return list({one["name"]: one for one in (definition(who, scope, created) for who in principals)}.values())


def assignment(principal: Principal, scope: str, created: str) -> Json:
    """The assignment of a principal's role on the subscription ``scope``."""
    name = str(uuid5(NAMESPACE_OID, f"assignment of {principal.spec.object_id.lower()}"))
    return {
        "id": f"{scope}/providers/{TYPE}/roleAssignments/{name}",
        "name": name,
        "type": f"{TYPE}/roleAssignments",
        "properties": {
            "roleDefinitionId": f"{scope}/providers/{TYPE}/roleDefinitions/{_role_id(principal)}",
            "principalId": principal.spec.object_id,
            "principalType": "ServicePrincipal",
            "scope": scope,
            "condition": None,
            "conditionVersion": None,
            "createdOn": created,
            "updatedOn": created,
            "createdBy": None,
            "updatedBy": None,
            "delegatedManagedIdentityResourceId": None,
            "description": None,
        },
    }
