# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Who may log in, and what they may do."""

from __future__ import annotations

from typing import Any, Literal
from uuid import NAMESPACE_OID, uuid5

from pydantic import Field

from armsim.scenario.part import Guid, Name, Part

Role = Literal["Owner", "Contributor", "Virtual Machine Contributor", "Reader"]


class Principal(Part):
    """The principal of the ready file."""

    name: Name = Field(default="armsim", description="as errors call it")
    client_id: Guid = Field(default="c11e0000-0000-4000-8000-000000000001", description="of the application")
    client_secret: str = Field(default="armsim-secret", description="of the application")
    object_id: Guid = Field(default="0b1ec700-0000-4000-8000-000000000001", description="of the service principal")
    role: Role = Field(default="Owner", description="on the subscription")
    actions: list[str] | None = Field(default=None, description="a custom role in place of `role`; patterns allowed")
    not_actions: list[str] = Field(default=[], description="what the role does not hold after all")
    denied_actions: list[str] = Field(
        default=[],
        description="by a deny assignment: such as Microsoft.Compute/virtualMachineScaleSets/write",
    )
    tenants: list[Guid] = Field(
        default=[], description="other tenants in which the application is registered, with the same role in each"
    )
    token_lifetime: int = Field(default=3599, gt=0, description="real seconds")


def _object_id(given: dict[str, Any]) -> str:
    return str(uuid5(NAMESPACE_OID, str(given.get("client_id")).lower()))


class FurtherPrincipal(Principal):
    """One more principal beside it."""

    name: Name = Field(description="as errors call it")
    client_id: Guid = Field(description="of the application")
    client_secret: str = Field(description="of the application")
    object_id: Guid = Field(default_factory=_object_id, description="default: made from client_id")


READER = FurtherPrincipal(
    name="reader",
    client_id="c11e0000-0000-4000-8000-000000000002",
    client_secret="armsim-reader-secret",
    role="Reader",
)
