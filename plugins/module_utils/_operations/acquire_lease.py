# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Claiming a scale set by what its tags say, Azure's clock, and whether the process that holds it is still there."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import ServiceError
from ansible_collections.azroll.vmss.plugins.module_utils._common.time import parse_time
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._operations.lease_process import is_dead
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import Claim, Lease, guard_lease, read_lease, take

if TYPE_CHECKING:
    from ansible_collections.azroll.vmss.plugins.module_utils._azure.client import Arm


def guard_claim(arm: Arm, scale_set: ScaleSet, claim: Claim) -> None:
    """Refuse (`lease`) a set that another run holds at the time of Azure's last answer."""
    lease, dead = _found(scale_set)
    guard_lease(scale_set.name, lease, claim, server_time(arm), holder_dead=dead)


def claim_lease(arm: Arm, scale_set: ScaleSet, claim: Claim) -> Lease:
    """The lease that the claim makes of what the tags say. Raises Refused (`lease`)."""
    lease, dead = _found(scale_set)
    return take(scale_set.name, lease, claim, server_time(arm), holder_dead=dead)


def server_time(arm: Arm) -> datetime:
    """The time of Azure's last answer. The control node's own clock does not decide when a lease ends."""
    time = parse_time(arm.server_time)
    if time is None:
        raise ServiceError(
            "Azure's answers carry no date, so that no lease can be judged",
            advice="See whether a proxy removes the header Date.",
        )
    return time


def _found(scale_set: ScaleSet) -> tuple[Lease | None, bool]:
    lease = read_lease(scale_set.tags)
    return lease, lease is not None and is_dead(lease.holder)
