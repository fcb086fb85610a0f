# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Where alerts and network interfaces are read, and of whom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput, Forbidden
from ansible_collections.azroll.vmss.tests.unit.plugins.module_utils._azure.conftest import SET, connect
from ansible_collections.azroll.vmss.tests.unit.wire import (
    HOST,
    SUBSCRIPTION_ID,
    WEB,
    Clock,
    Exchange,
    error,
    get,
)

ALERTS_API = "2019-03-01"
NETWORK_API = "2023-09-01"
OTHER = "99999999-0000-4000-8000-000000000009"
GROUP_OF_OTHER = f"/subscriptions/{OTHER}/resourceGroups/rg-net/providers"
BALANCER = f"{GROUP_OF_OTHER}/Microsoft.Network/loadBalancers/edge"
NETWORK = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-shop/providers/Microsoft.Network"


def get_alerts(body: Any, resource: str = WEB, subscription: str = SUBSCRIPTION_ID, **more: Any) -> Exchange:
    query = {"targetResource": resource, "monitorCondition": "Fired", "timeRange": "30d", "pageCount": "250"}
    path = f"/subscriptions/{subscription}/providers/Microsoft.AlertsManagement/alerts"
    return get(path, body, **{"query": query, "api": ALERTS_API, **more})


def test_the_fired_alerts_of_a_resource_come_from_all_pages(clock: Clock) -> None:
    # The next address is taken as Azure gives it: nothing of the query is added again.
    path = f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.AlertsManagement/alerts"
    first = get_alerts({"value": [{"name": "a"}], "nextLink": f"{HOST}{path}?page=2&api-version={ALERTS_API}"})
    second = get_alerts({"value": [{"name": "b"}]}, query={"page": "2"})
    arm, wire = connect(clock, first, second)
    assert arm.fired_alerts(WEB) == [{"name": "a"}, {"name": "b"}]
    wire.check()


def test_alerts_are_those_of_the_resources_own_subscription(clock: Clock) -> None:
    arm, wire = connect(clock, get_alerts({"value": []}, BALANCER, OTHER))
    assert arm.fired_alerts(BALANCER) == []
    wire.check()


@pytest.mark.parametrize("resource", ["", "web", "scale_set", f"{WEB}/..", f"{WEB}?a=b", f"/subscriptions/{OTHER}"])
def test_alerts_of_what_is_not_a_resource_are_refused_before_any_request(clock: Clock, resource: str) -> None:
    arm, wire = connect(clock)
    with pytest.raises(BadInput, match="not a valid resource id"):
        arm.fired_alerts(resource)
    wire.check()


def test_alerts_that_may_not_be_read_are_named_by_their_resource(clock: Clock) -> None:
    refused = get_alerts(error("AuthorizationFailed", "No permission."), BALANCER, OTHER, status=403)
    arm, wire = connect(clock, refused)
    with pytest.raises(Forbidden) as caught:
        arm.fired_alerts(BALANCER)
    assert caught.value.attempted == "list the fired alerts of edge"
    wire.check()


@pytest.mark.parametrize(
    ("mode", "path"),
    [("Uniform", f"{WEB}/networkInterfaces"), ("Flexible", f"{NETWORK}/networkInterfaces")],
)
def test_the_interfaces_of_a_uniform_set_are_below_it_and_of_a_flexible_one_in_its_group(
    clock: Clock, mode: str, path: str
) -> None:
    more = f"{HOST}{path}?page=2&api-version={NETWORK_API}"
    first = get(path, {"value": [{"name": "nic-0"}], "nextLink": more}, api=NETWORK_API)
    second = get(path, {"value": [{"name": "nic-1"}]}, api=NETWORK_API, query={"page": "2"})
    arm, wire = connect(clock, first, second)
    assert arm.network_interfaces(replace(SET, orchestration_mode=mode)) == [{"name": "nic-0"}, {"name": "nic-1"}]
    wire.check()


@pytest.mark.parametrize("mode", ["Uniform", "Flexible"])
def test_interfaces_that_may_not_be_read_are_named_by_their_scale_set(clock: Clock, mode: str) -> None:
    path = f"{WEB}/networkInterfaces" if mode == "Uniform" else f"{NETWORK}/networkInterfaces"
    arm, wire = connect(clock, get(path, error("AuthorizationFailed", "No permission."), status=403, api=NETWORK_API))
    with pytest.raises(Forbidden) as caught:
        arm.network_interfaces(replace(SET, orchestration_mode=mode))
    assert caught.value.attempted == "list the network interfaces of web"
    wire.check()


def test_interfaces_are_those_of_the_sets_own_subscription(clock: Clock) -> None:
    path = f"{GROUP_OF_OTHER}/Microsoft.Compute/virtualMachineScaleSets/web"
    arm, wire = connect(clock, get(f"{path}/networkInterfaces", {"value": []}, api=NETWORK_API))
    assert arm.network_interfaces(replace(SET, id=path, resource_group="rg-net")) == []
    wire.check()
