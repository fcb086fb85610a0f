# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What clients beside compute ask for first: resources, providers, tags at a scope, whether something is there."""

from __future__ import annotations

import pytest

from .in_process import Site

KIND = "Microsoft.Compute/virtualMachineScaleSets"


@pytest.fixture
def site():
    return Site.bundled()


def subscription(site):
    return f"/subscriptions/{site.web.split('/')[2]}"


def group(site):
    return site.web.partition("/providers/")[0]


def listed(site, scope, condition=""):
    answer = site.get(f"{scope}/resources", f"$filter={condition}" if condition else "")
    assert answer.status == 200, answer.json()
    return [entry["id"] for entry in answer.json()["value"]]


def test_resources_are_listed_by_subscription_and_by_group_and_filtered(site):
    assert site.web in listed(site, subscription(site))
    assert site.web in listed(site, group(site).upper().replace("/SUBSCRIPTIONS/", "/subscriptions/"))
    assert listed(site, group(site), f"resourceType eq '{KIND.lower()}'") == [site.web]
    assert listed(site, group(site), "resourceType eq 'Microsoft.Network/loadBalancers'") == []
    site.call("PATCH", site.web, document={"tags": {"team": "web"}})
    assert listed(site, subscription(site), "tagName eq 'team' and tagValue eq 'web'") == [site.web]
    assert listed(site, subscription(site), "tagName eq 'team' and tagValue eq 'db'") == []


def test_an_entry_has_no_properties(site):
    (entry,) = site.get(f"{group(site)}/resources", f"$filter=resourceType eq '{KIND}'").json()["value"]
    assert {"id", "name", "type", "location", "sku"} <= entry.keys()
    assert "properties" not in entry


def test_the_provider_says_which_types_and_versions_it_has(site):
    (provider,) = site.get(f"{subscription(site)}/providers").json()["value"]
    assert provider == site.get(f"{subscription(site)}/providers/microsoft.compute").json()
    assert provider["registrationState"] == "Registered"
    assert "virtualMachineScaleSets" in [kind["resourceType"] for kind in provider["resourceTypes"]]
    unknown = site.get(f"{subscription(site)}/providers/Microsoft.Nothing")
    assert (unknown.status, unknown.json()["error"]["code"]) == (404, "InvalidResourceNamespace")


def test_head_says_whether_something_is_there(site):
    for path, status in ((site.web, 204), (f"{site.web}x", 404), (group(site), 204), (f"{group(site)}x", 404)):
        assert site.call("HEAD", path).status == status


def test_tags_are_written_at_the_scope_of_the_set(site):
    address = f"{site.web}/providers/Microsoft.Resources/tags/default"

    def write(method, **body):
        answer = site.call(method, address, document=body)
        assert answer.status == 200, answer.json()
        return site.get(site.web).json()["tags"]

    before = site.get(site.web).json()["etag"]
    assert write("PUT", properties={"tags": {"a": "1", "b": "2"}}) == {"a": "1", "b": "2"}
    assert site.get(site.web).json()["etag"] != before
    assert write("PATCH", operation="merge", properties={"tags": {"b": "3"}}) == {"a": "1", "b": "3"}
    assert write("PATCH", operation="Delete", properties={"tags": {"a": ""}}) == {"b": "3"}
    assert site.get(address).json()["properties"]["tags"] == {"b": "3"}
    assert site.call("DELETE", address).status == 200
    assert not site.get(site.web).json().get("tags")
    for body in ({}, {"properties": {"tags": 1}}, {"operation": "Turn", "properties": {"tags": {}}}):
        assert site.call("PATCH", address, document=body).status == 400


def test_there_is_one_role_assignment(site):
    for scope in (subscription(site), group(site), site.web):
        (role,) = site.get(f"{scope}/providers/Microsoft.Authorization/roleAssignments").json()["value"]
        assert role["properties"]["scope"] == subscription(site)
