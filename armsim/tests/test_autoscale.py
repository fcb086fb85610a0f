# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Autoscale settings on the wire, and what autoscale does within them."""

from __future__ import annotations

import copy

import pytest

from armsim import scenario

from .in_process import Site

QUICKSTART = {
    "name": "web",
    "resource_group": "rg-shop",
    "capacity": 20,
    "image": {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "24.04.202510010"},
}


def site_with(**autoscale) -> Site:
    return Site.bundled(scale_sets=[{**QUICKSTART, "autoscale": autoscale}])


@pytest.fixture
def site() -> Site:
    return site_with(min=10, max=30)


def address(site, name="/web-autoscale"):
    return f"{site.web.partition('/providers/')[0]}/providers/Microsoft.Insights/autoscalesettings{name}"


def held(setting, least, most):
    held = copy.deepcopy(setting)
    for profile in held["properties"]["profiles"]:
        profile["capacity"] = {"minimum": least, "maximum": most, "default": least}
    return held


def capacity(site):
    site.host.simulation.timeline.catch_up()
    return site.host.simulation.scale_sets()[0].capacity


def test_a_setting_is_told_as_it_was_recorded(site):
    setting = site.get(address(site)).json()
    path = site.web.partition("/providers/")[0]
    assert setting == {
        "id": f"{path}/providers/microsoft.insights/autoscalesettings/web-autoscale",
        "name": "web-autoscale",
        "type": "Microsoft.Insights/autoscaleSettings",
        "location": "westeurope",
        "tags": {},
        "properties": {
            "profiles": [
                {"name": "default", "capacity": {"minimum": "10", "maximum": "30", "default": "10"}, "rules": []}
            ],
            "enabled": True,
            "name": "web-autoscale",
            "targetResourceUri": site.web,
            "notifications": [],
            "predictiveAutoscalePolicy": {"scaleMode": "Disabled", "scaleLookAheadTime": None},
        },
    }
    for listed in (
        address(site, ""),
        f"{path.partition('/resourceG')[0]}/providers/microsoft.insights/autoscaleSettings",
    ):
        assert site.get(listed).json() == {"value": [setting]}
    assert "etag" not in site.get(address(site)).headers


def test_a_scenario_may_have_a_disabled_setting_of_another_name_with_profiles_for_some_days():
    site = site_with(
        name="nights",
        enabled=False,
        min=2,
        max=5,
        default=3,
        profiles=[{"name": "sale", "min": 9, "max": 9, "days": ["Friday"]}],
    )
    properties = site.get(address(site, "/nights")).json()["properties"]
    assert properties["enabled"] is False
    assert [profile["capacity"]["default"] for profile in properties["profiles"]] == ["3", "9"]
    assert properties["profiles"][1]["recurrence"]["schedule"]["days"] == ["Friday"]
    with pytest.raises(scenario.ScenarioError, match="min <= default <= max"):
        site_with(min=3, max=2)


def test_a_setting_may_live_in_another_group_than_what_it_scales():
    web = {**QUICKSTART, "autoscale": {"min": 2, "max": 30, "resource_group": "rg-ops"}}
    groups = [{"name": name, "location": "westeurope"} for name in ("rg-shop", "rg-ops")]
    site = Site.bundled(scale_sets=[web], resource_groups=groups)
    subscription = site.web.partition("/resourceGroups/")[0]
    everywhere = site.get(f"{subscription}/providers/Microsoft.Insights/autoscaleSettings").json()["value"]
    assert [(one["id"].split("/")[4], one["properties"]["targetResourceUri"]) for one in everywhere] == [
        ("rg-ops", site.web)
    ]
    assert site.get(address(site, "")).json() == {"value": []}
    with pytest.raises(scenario.ScenarioError, match="rg-ops is not among the resource_groups"):
        Site.bundled(scale_sets=[web])


def test_settings_are_written_and_deleted(site):
    before = site.get(address(site)).json()
    answer = site.call("PUT", address(site), document=held(before, "20", "20"))
    assert (answer.status, answer.json()) == (200, held(before, "20", "20"))
    assert site.get(address(site)).json() == held(before, "20", "20")
    created = site.call("PUT", address(site, "/other"), document={**before, "tags": {"a": "b"}})
    assert (created.status, created.json()["name"], created.json()["tags"]) == (201, "other", {"a": "b"})
    assert site.call("DELETE", address(site, "/OTHER")).status == 200
    assert site.call("DELETE", address(site, "/other")).status == 204
    missing = site.get(address(site, "/other"))
    assert (missing.status, missing.json()["error"]["code"]) == (404, "ResourceNotFound")


def test_reads_may_lag_behind_writes():
    site = site_with(min=10, max=30, lag=5)
    before = site.get(address(site)).json()
    answer = site.call("PUT", address(site), document=held(before, "20", "20"))
    assert answer.json() == held(before, "20", "20")
    assert site.get(address(site)).json() == before
    assert site.get(address(site, "")).json()["value"] == [before]
    assert "within 20 and 20" in site.admin("POST", "change", {"autoscale": "+1"})["error"]["message"]
    site.wait(5)
    assert site.get(address(site)).json() == answer.json()


def test_a_patch_replaces_what_it_gives_and_must_name_the_profiles(site):
    before = site.get(address(site)).json()
    for wrong in ({"properties": {"enabled": False}}, [], None):
        assert site.call("PATCH", address(site), document=wrong).status == 400
    profiles = before["properties"]["profiles"]
    answer = site.call("PATCH", address(site), document={"properties": {"enabled": False, "profiles": profiles}})
    assert (answer.status, answer.json()) == (200, {**before, "properties": {**before["properties"], "enabled": False}})
    tagged = site.call("PATCH", address(site), document={"tags": {"hold": "me"}}).json()
    assert (tagged["tags"], tagged["properties"]["enabled"]) == ({"hold": "me"}, False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"location": None},
        {"tags": []},
        {"properties": {}},
        {"properties": {"profiles": []}},
        {"properties": {"profiles": [{"name": "no capacity"}]}},
        {"properties": {"profiles": [{"capacity": {"minimum": 1, "maximum": 2, "default": 1}}]}},
        {"properties": {"profiles": [{"capacity": {"minimum": "3", "maximum": "2", "default": "3"}}]}},
        {"properties": {"enabled": "yes"}},
        {"properties": {"targetResourceUri": None}},
        {"properties": {"notifications": {}}},
    ],
)
def test_a_setting_that_is_not_whole_is_refused(site, wrong):
    body = site.get(address(site)).json()
    properties = {**body["properties"], **wrong["properties"]} if wrong.get("properties") else wrong.get("properties")
    document = {**body, **wrong, **({} if properties is None else {"properties": properties})}
    refused = site.call("PUT", address(site), document=document)
    assert (refused.status, refused.json()["error"]["code"]) == (400, "BadRequest")
    assert site.get(address(site)).json() == body


@pytest.mark.parametrize(("wanted", "expected"), [("+4", 24), ("-50%", 10), ("+15", 30), ("0", 10)])
def test_autoscale_changes_the_capacity_within_its_limits(site, wanted, expected):
    site.admin("POST", "change", {"autoscale": wanted})
    assert capacity(site) == expected


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda item: held(item, "20", "20"), "keeps the capacity within 20 and 20"),
        (lambda item: {**item, "properties": {**item["properties"], "enabled": False}}, "is disabled"),
        (None, "there is no autoscale setting for web"),
    ],
)
def test_a_held_disabled_or_deleted_autoscale_does_nothing_and_an_operator_still_does(site, change, reason):
    setting = site.get(address(site)).json()
    if change is None:
        site.call("DELETE", address(site))
    else:
        assert site.call("PUT", address(site), document=change(setting)).status == 200
    refused = site.admin("POST", "change", {"autoscale": "+4"})["error"]
    assert refused["code"] == "AutoscaleDoesNothing"
    assert reason in refused["message"]
    assert capacity(site) == 20
    site.admin("POST", "change", {"capacity": "+4"})
    assert capacity(site) == 24


def test_a_capacity_out_of_the_limits_is_brought_back_within_a_minute(site):
    site.call("PUT", address(site), document=held(site.get(address(site)).json(), "12", "15"))
    site.wait(59)
    assert capacity(site) == 20
    site.wait(2)
    assert capacity(site) == 15


def test_a_capacity_that_the_set_does_not_take_stays_as_it_is(site):
    site.call("PUT", address(site), document=held(site.get(address(site)).json(), "111", "120"))
    site.wait(61)
    assert capacity(site) == 20, "a single placement group has room for a hundred"


def test_a_profile_for_some_days_does_not_limit():
    site = site_with(min=10, max=30, profiles=[{"name": "sale", "min": 1, "max": 1, "days": ["Monday"]}])
    site.wait(61)
    site.admin("POST", "change", {"autoscale": "+1"})
    assert capacity(site) == 21
