# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What clients beside compute request first: resources, providers, tags at a scope, whether something is there."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from .in_process import Site

KIND = "Microsoft.Compute/virtualMachineScaleSets"

SET = {
    "name": "web",
    "resource_group": "rg-shop",
    "capacity": 2,
    "id_holes": 0,
    "image": {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "24.04.202510010"},
}


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


@pytest.mark.parametrize(
    ("scope", "shown"),
    [
        ("", ""),
        ("/resourceGroups/rg-shop", "/resourceGroups/rg-shop"),
        ("VM/0", "VM/0"),
    ],
)
def test_tags_are_written_at_other_scopes(scope, shown):
    site = Site.bundled(scale_sets=[{**SET, "instances": {"0": {"tags": {"mine": "1"}}}}])
    here = subscription(site)
    scope, shown = (text.replace("VM", site.web.removeprefix(here) + "/virtualMachines") for text in (scope, shown))
    address = f"{here}{scope}/providers/Microsoft.Resources/tags/default"
    written = site.call("PATCH", address, document={"operation": "Merge", "properties": {"tags": {"a": "1"}}}).json()
    assert written["id"] == address
    assert written["properties"]["tags"]["a"] == "1"
    tags = site.get(f"{here}{shown}").json()["tags"]
    assert tags["a"] == "1"
    assert site.call("DELETE", address).status == 200
    assert site.get(address).json()["properties"]["tags"] == {}
    assert site.call("PUT", address, document={"properties": {"tags": {"a<b": ""}}}).status == 400


def test_tags_of_a_virtual_machine():
    site = Site.bundled("flexible")
    machine = site.get(f"{group(site)}/providers/Microsoft.Compute/virtualMachines").json()["value"][0]["id"]
    address = f"{machine}/providers/Microsoft.Resources/tags/default"
    site.call("PUT", address, document={"properties": {"tags": {"keep": "1"}}})
    assert site.get(machine).json()["tags"]["keep"] == "1"
    gone = f"{machine}x/providers/Microsoft.Resources/tags/default"
    assert site.get(gone).json()["error"]["code"] == "ResourceNotFound"


def authorization(site, path, query="", scope=""):
    return site.get(f"{subscription(site)}{scope}/providers/Microsoft.Authorization/{path}", query)


def test_each_principal_has_a_role_on_the_subscription(site):
    for scope in ("", "/resourceGroups/rg-shop", site.web.removeprefix(subscription(site))):
        owner, reader = authorization(site, "roleAssignments", scope=scope).json()["value"]
        assert owner["properties"]["scope"] == reader["properties"]["scope"] == subscription(site)
        assert owner["properties"]["roleDefinitionId"].endswith("8e3af657-a8ff-443c-a75c-2fe8c4bcb635")
        assert reader["properties"]["principalId"] == site.spec.principals[0].object_id
        assert authorization(site, f"roleAssignments/{reader['name']}", scope=scope).json() == reader


@pytest.mark.parametrize("condition", ["principalId eq '{}'", "assignedTo('{}')", "atScope() and assignedTo('{}')"])
def test_assignments_are_asked_for_by_principal(site, condition):
    query = f"$filter={quote(condition.format(site.spec.principal.object_id))}"
    (own,) = authorization(site, "roleAssignments", query).json()["value"]
    assert own["properties"]["principalId"] == site.spec.principal.object_id


def test_definitions_contain_what_a_role_may(site):
    owner, reader = authorization(site, "roleDefinitions").json()["value"]
    assert (owner["properties"]["roleName"], owner["properties"]["permissions"][0]["actions"]) == ("Owner", ["*"])
    query = quote("roleName eq 'Reader'")
    assert authorization(site, "roleDefinitions", f"$filter={query}").json()["value"] == [reader]
    assert authorization(site, f"roleDefinitions/{reader['name']}").json() == reader


def test_a_principal_with_actions_of_its_own_has_a_custom_role():
    site = Site.bundled(principal={"actions": ["*/read", "Microsoft.Authorization/*"]})
    query = quote("type eq 'CustomRole'")
    custom = authorization(site, "roleDefinitions", f"$filter={query}").json()["value"]
    assert [one["properties"]["permissions"][0]["actions"] for one in custom] == [
        ["*/read", "Microsoft.Authorization/*"]
    ]


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("roleAssignments/x", "", 404, "RoleAssignmentNotFound"),
        ("roleDefinitions/x", "", 404, "RoleDefinitionDoesNotExist"),
        ("roleAssignments", "$filter=name%20eq%20'x'", 400, "UnsupportedQuery"),
        ("roleDefinitions", "$filter=x", 400, "UnsupportedQuery"),
    ],
)
def test_what_there_is_not(site, path, query, status, code):
    answer = authorization(site, path, query)
    assert (answer.status, answer.json()["error"]["code"]) == (status, code)
