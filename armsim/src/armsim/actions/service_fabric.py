# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The walk of update domains that an operator forces upon a Service Fabric set whose own walk is stuck."""

from __future__ import annotations

from armsim.common.wire import Json
from armsim.protocol.errors import invalid_parameter
from armsim.scale_sets.scale_set import ScaleSet


def force_update_domain_walk(scale_set: ScaleSet, domain: str | None, zone: str | None, group: str | None) -> Json:
    """Walk one update domain; answers which one comes next, if any (recorded).

    Its instances come to no harm: those that were waiting for the walk are let on their way elsewhere.
    """
    if domain is None or not domain.isdigit():
        raise invalid_parameter(
            "platformUpdateDomain", "The value of parameter platformUpdateDomain is missing or invalid."
        )
    scale_set.refuse_if_deleting("forceRecoveryServiceFabricPlatformUpdateDomainWalk")
    places = [instance.place for instance in scale_set.active()]
    domains = {
        place.update_domain
        for place in places
        if place.update_domain is not None
        and zone in (None, place.zone)
        and (group or "").lower() in ("", (place.placement_group or "").lower())
    }
    following = min((item for item in domains if item > int(domain)), default=None)
    answer: Json = {"walkPerformed": int(domain) <= max(domains, default=-1)}
    return answer if following is None else {**answer, "nextPlatformUpdateDomain": following}
