# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What must fit together between the parts of a scenario."""

from __future__ import annotations

from collections.abc import Iterator

from armsim.scenario.problems import Loc, Problem
from armsim.scenario.whole import Scenario


def misfits(spec: Scenario) -> Iterator[Problem]:
    """Names and identities given twice, and resource groups that are not there."""
    seen: set[str] = set()
    for index, item in enumerate(spec.scale_sets):
        if item.name.lower() in seen:
            yield Problem(
                ("scale_sets", index, "name"), f"{item.name} is given twice; the ledger separates sets by name"
            )
        seen.add(item.name.lower())
    yield from _twins(spec)
    yield from _tenants(spec)
    groups = {group.name.lower(): group.name for group in spec.resource_groups}
    owners: list[tuple[Loc, str]] = [
        *((("scale_sets", index), item.resource_group) for index, item in enumerate(spec.scale_sets)),
        *(
            (("scale_sets", index, "autoscale"), item.autoscale.resource_group)
            for index, item in enumerate(spec.scale_sets)
            if item.autoscale and item.autoscale.resource_group
        ),
        *((("images", "galleries", index), item.resource_group) for index, item in enumerate(spec.images.galleries)),
        *((("images", "managed", index), item.resource_group) for index, item in enumerate(spec.images.managed)),
    ]
    for loc, group in owners:
        # Without scale sets it goes over a dump, which brings the resource groups.
        if spec.scale_sets and group.lower() not in groups:
            allowed = ", ".join(groups.values())
            yield Problem((*loc, "resource_group"), f"{group} is not among the resource_groups; allowed: {allowed}")


def _tenants(spec: Scenario) -> Iterator[Problem]:
    """Tenants that are not there, and subscriptions that several have."""
    tenants = [tenant.id.lower() for tenant in spec.tenants]
    owned = {spec.subscription.id.lower()}
    for index, tenant in enumerate(spec.tenants):
        for place, subscription in enumerate(tenant.subscriptions):
            if subscription.lower() in owned:
                yield Problem(("tenants", index, "subscriptions", place), f"{subscription} has a tenant already")
            owned.add(subscription.lower())
    places: list[tuple[Loc, list[str]]] = [
        (("principal",), spec.principal.tenants),
        *((("principals", index), item.tenants) for index, item in enumerate(spec.principals)),
    ]
    for loc, named in places:
        for place, name in enumerate(named):
            if name.lower() not in tenants:
                yield Problem((*loc, "tenants", place), f"{name} is not among the tenants")


def _twins(spec: Scenario) -> Iterator[Problem]:
    """Principals that cannot be distinguished."""
    for field in ("name", "client_id", "object_id"):
        seen = {getattr(spec.principal, field).lower()}
        for index, item in enumerate(spec.principals):
            value = getattr(item, field)
            if value.lower() in seen:
                yield Problem(("principals", index, field), f"{value} is given twice")
            seen.add(value.lower())
