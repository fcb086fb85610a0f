# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The list of the caller's permissions contains what the front door enforces."""

from __future__ import annotations

import pytest

from .in_process import Site

TAIL = "/providers/Microsoft.Authorization/permissions"
READS = ["*/read"]
WRITE = "Microsoft.Compute/virtualMachineScaleSets/write"
UPGRADE = "Microsoft.Compute/virtualMachineScaleSets/manualUpgrade/action"


@pytest.mark.parametrize(
    ("principal", "actions", "not_actions"),
    [
        ({}, ["*"], []),
        ({"role": "Reader"}, READS, []),
        (
            {"role": "Contributor"},
            ["*"],
            [f"Microsoft.Authorization/{what}" for what in ("*/Delete", "*/Write", "elevateAccess/Action")],
        ),
        ({"actions": [*READS, WRITE]}, [*READS, WRITE], []),
        ({"actions": ["*"], "not_actions": [UPGRADE]}, ["*"], [UPGRADE]),
        ({"denied_actions": [UPGRADE]}, ["*"], []),
    ],
)
def test_the_permissions_are_those_of_the_role(principal, actions, not_actions):
    site = Site.bundled(principal=principal)
    for scope in (site.web, site.web.partition("/providers/")[0]):
        (permission,) = site.get(scope + TAIL).json()["value"]
        assert (permission["actions"], permission["notActions"]) == (actions, not_actions)
        assert (permission["dataActions"], permission["notDataActions"]) == ([], [])


def test_what_a_custom_role_lacks_is_refused_where_it_is_asked_for():
    site = Site.bundled(principal={"actions": [*READS, WRITE]})
    refused = site.call("POST", f"{site.web}/manualupgrade", document={"instanceIds": ["*"]})
    assert (refused.status, refused.json()["error"]["code"]) == (403, "AuthorizationFailed")
    assert UPGRADE in refused.json()["error"]["message"]
    assert site.call("PATCH", site.web, document={"tags": {"a": "b"}}).status == 200


def test_permissions_need_a_permission_and_a_scope_that_is_there():
    site = Site.bundled(principal={"actions": ["Microsoft.Compute/*"]})
    refused = site.get(site.web + TAIL)
    assert (refused.status, refused.json()["error"]["code"]) == (403, "AuthorizationFailed")
    assert "'Microsoft.Authorization/permissions/read'" in refused.json()["error"]["message"]
    site = Site.bundled("autoscale")
    setting = f"{site.web.partition('/providers/')[0]}/providers/Microsoft.Insights/autoscaleSettings/web-autoscale"
    assert site.get(setting + TAIL).json()["value"] == site.get(site.web + TAIL).json()["value"]
    for place in (site.web, setting):
        assert site.get(f"{place}-gone{TAIL}").json()["error"]["code"] == "ResourceNotFound"
