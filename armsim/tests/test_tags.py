# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Tags of a scale set: a PATCH replaces all of them, under a condition or not; what they may be."""

from __future__ import annotations

import pytest

from .in_process import Site

SET = {
    "name": "web",
    "resource_group": "rg-shop",
    "capacity": 3,
    "image": {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "24.04.202510010"},
    "tags": {"team": "shop", "stage": "prod"},
}


def site_of(**fields) -> Site:
    return Site.bundled(scale_sets=[{**SET, **fields}])


def patch(site, tags, **options):
    return site.call("PATCH", site.web, document={"tags": tags}, **options)


def latest(site):
    entries = site.get(f"{site.web}/virtualMachines").json()["value"]
    return [entry["properties"]["latestModelApplied"] for entry in entries]


def test_a_patch_replaces_all_tags_and_makes_no_model():
    site = site_of()
    before = site.get(site.web)
    answer = patch(site, {"team": "web", "empty": None}, headers={"If-Match": before.headers["etag"]})
    assert (answer.status, answer.json()["tags"]) == (200, {"team": "web"})
    site.wait(60)
    after = site.get(site.web).json()
    assert (before.json()["etag"], after["etag"]) == ('"1"', '"2"')
    assert after["properties"] == before.json()["properties"]
    assert latest(site) == [True] * 3
    assert patch(site, {}).json()["tags"] == {}


def test_of_two_writers_with_the_same_etag_one_wins():
    site = site_of()
    condition = {"If-Match": site.get(site.web).headers["etag"]}
    first, second = (patch(site, {"holder": name}, headers=condition) for name in ("one", "two"))
    assert (first.status, second.status, second.json()["error"]["code"]) == (200, 412, "PreconditionFailed")
    assert site.get(site.web).json()["tags"] == {"holder": "one"}


def test_a_scenario_may_count_tags_to_the_model():
    site = site_of(tags_are_model=True)
    patch(site, SET["tags"])
    assert latest(site) == [True] * 3
    patch(site, {"team": "web"})
    assert latest(site) == [False] * 3


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"a/b": "x"}, "InvalidTagNameCharacters"),
        ({"a": "x" * 257}, "InvalidTagValueLength"),
        ({"a" * 513: "x"}, "InvalidTagName"),
        ({str(number): "x" for number in range(51)}, "TooManyTags"),
        ([], "BadRequest"),
    ],
)
def test_tags_that_no_resource_can_have_are_refused(tags, code):
    site = site_of()
    refused = patch(site, tags)
    assert (refused.status, refused.json()["error"]["code"]) == (400, code)
    assert site.get(site.web).json()["tags"] == SET["tags"]


def test_tags_as_long_and_as_many_as_can_be_are_taken():
    tags = {f"{number}{'n' * 510}": "v" * 256 for number in range(10, 59)} | {"hidden-link:/subscriptions/x": "y"}
    assert patch(site_of(), tags).json()["tags"] == tags


def test_a_group_that_something_manages_says_so():
    owner = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Databricks/workspaces/w"
    group = {"name": "rg-shop", "location": "westeurope", "managed_by": owner, "tags": {"Vendor": "Databricks"}}
    site = Site.bundled(resource_groups=[group])
    shown = site.get(site.web.partition("/providers/")[0]).json()
    assert (shown["managedBy"], shown["tags"]) == (owner, {"Vendor": "Databricks"})


def test_protection_alone_may_detach_an_instance_from_the_model():
    for detaches, expected in ((False, (True, "VirtualMachineScaleSet")), (True, (False, "VirtualMachine"))):
        site = site_of(protection_detaches=detaches, instances={"0": {}})
        body = {"location": "westeurope", "properties": {"protectionPolicy": {"protectFromScaleSetActions": True}}}
        address = f"{site.web}/virtualMachines/0"
        assert site.call("PUT", address, document=body).status == 200
        site.wait(60)
        shown = site.get(address).json()["properties"]
        assert shown["protectionPolicy"]["protectFromScaleSetActions"] is True
        assert (shown["latestModelApplied"], shown["modelDefinitionApplied"]) == expected
