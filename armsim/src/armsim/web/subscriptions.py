# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Subscriptions and resource groups."""

from __future__ import annotations

from armsim import scenario
from armsim.common.wire import Json
from armsim.web.call import Call, Endpoint, Reply, page


def _subscription(call: Call, subscription: str) -> Json:
    spec = call.simulation.spec.subscription
    own = subscription.lower() == spec.id.lower()
    return {
        "id": f"/subscriptions/{spec.id if own else subscription}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": spec.id if own else subscription,
        "tenantId": call.host.directory.owner(subscription),
        "displayName": spec.name if own else subscription,
        "state": spec.state if own else "Enabled",
        **({"tags": call.simulation.subscription_tags} if own and call.simulation.subscription_tags else {}),
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "EnterpriseAgreement_2014-09-01",
            "spendingLimit": "Off",
        },
    }


def _group(call: Call, group: scenario.ResourceGroup) -> Json:
    body: Json = {
        "id": f"/subscriptions/{call.subscription}/resourceGroups/{group.name}",
        "name": group.name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": group.location,
        "tags": group.tags,
        "properties": {"provisioningState": "Succeeded"},
    }
    if group.managed_by is not None:
        body["managedBy"] = group.managed_by
    return body


def list_subscriptions(call: Call) -> Reply:
    """Those of the tenant that the token is of (documented)."""
    value = [_subscription(call, one) for one in call.host.directory.subscriptions(call.tenant)]
    return Reply({"value": value, "count": {"type": "Total", "value": len(value)}})


def get_subscription(call: Call) -> Reply:
    return Reply(_subscription(call, call.params["subscription"]))


def list_tenants(call: Call) -> Reply:
    """The tenants in which the caller is registered."""
    directory = call.host.directory
    assert call.principal is not None
    return page(
        call,
        [
            {
                "id": f"/tenants/{tenant}",
                "tenantId": tenant,
                "tenantCategory": "Home" if tenant == directory.tenant_id else "ProjectedBy",
                "displayName": name,
            }
            for tenant, name in directory.tenants.items()
            if directory.is_registered(call.principal, tenant)
        ],
    )


def list_groups(call: Call) -> Reply:
    return page(call, [_group(call, group) for group in call.simulation.groups.values()])


def get_group(call: Call) -> Reply:
    return Reply(_group(call, call.simulation.groups[call.params["group"].lower()]))


_READ = "Microsoft.Resources/subscriptions/read"
_READ_GROUPS = "Microsoft.Resources/subscriptions/resourceGroups/read"

ENDPOINTS = [
    Endpoint("GET", "/subscriptions", "Subscriptions_List", None, list_subscriptions),
    Endpoint("GET", "/tenants", "Tenants_List", None, list_tenants),
    Endpoint("GET", "/subscriptions/{subscription}", "Subscriptions_Get", _READ, get_subscription),
    Endpoint("GET", "/subscriptions/{subscription}/resourceGroups", "ResourceGroups_List", _READ_GROUPS, list_groups),
    Endpoint(
        "GET", "/subscriptions/{subscription}/resourceGroups/{group}", "ResourceGroups_Get", _READ_GROUPS, get_group
    ),
]
