# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A principal: who it is, and what its role lets it do."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable

from armsim import scenario
from armsim.common.wire import Json
from armsim.protocol.errors import authorization_failed, denied_by_assignment, linked_authorization_failed

_CONTRIBUTOR_MAY_NOT = (
    "Microsoft.Authorization/*/Delete",
    "Microsoft.Authorization/*/Write",
    "Microsoft.Authorization/elevateAccess/Action",
)
# What of "Virtual Machine Contributor" concerns the addresses served here: it may not read galleries.
_MACHINES = (
    "Microsoft.Authorization/*/read",
    "Microsoft.Compute/locations/*",
    "Microsoft.Compute/virtualMachines/*",
    "Microsoft.Compute/virtualMachineScaleSets/*",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
)
# Built-in roles: actions and not-actions (documented).
_ROLES: dict[scenario.Role, tuple[Iterable[str], Iterable[str]]] = {
    "Owner": (("*",), ()),
    "Contributor": (("*",), _CONTRIBUTOR_MAY_NOT),
    "Virtual Machine Contributor": (_MACHINES, ()),
    "Reader": (("*/read",), ()),
}


class Principal:
    """Judges actions by the principal's role: a built-in one, or the actions and not-actions given in its place."""

    def __init__(self, spec: scenario.Principal, subscription_id: str) -> None:
        self.spec = spec
        # Its address as a user-assigned managed identity.
        self.resource_id = (
            f"/subscriptions/{subscription_id}/resourcegroups/armsim"
            f"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{spec.name}"
        )
        actions, not_actions = _ROLES[spec.role]
        self.actions = list(actions if spec.actions is None else spec.actions)
        self.not_actions = [*(not_actions if spec.actions is None else ()), *spec.not_actions]
        self._actions, self._not_actions = _lower(self.actions), _lower(self.not_actions)
        self._denied = _lower(spec.denied_actions)

    def may(self, action: str) -> bool:
        return self._role_allows(action) and not _among(action, self._denied)

    def _role_allows(self, action: str) -> bool:
        return _among(action, self._actions) and not _among(action, self._not_actions)

    def permission(self) -> Json:
        """The role as the list of the caller's permissions shows it; denied actions are not shown (guessed)."""
        return {
            "actions": self.actions,
            "notActions": self.not_actions,
            "dataActions": [],
            "notDataActions": [],
            "condition": None,
            "conditionVersion": None,
        }

    def authorize(self, action: str, scope: str) -> None:
        """Raise 403, naming action and scope, unless the principal may: the role does not allow it, or it is denied."""
        if not self.may(action):
            refusal = denied_by_assignment if self._role_allows(action) else authorization_failed
            raise refusal(self.spec.client_id, self.spec.object_id, action, scope)

    def authorize_linked(self, write: str, scope: str, action: str, linked: str) -> None:
        """Raise 403 unless the principal may do ``action`` on what the resource that it writes refers to."""
        if not self.may(action):
            raise linked_authorization_failed(write, scope, action, linked)


def _lower(patterns: Iterable[str]) -> list[str]:
    return [pattern.lower() for pattern in patterns]


def _among(action: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(action.lower(), pattern) for pattern in patterns)
