# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Managed images, platform images of both generations, shared galleries: as recorded."""

from __future__ import annotations

from typing import Any

import pytest

from armsim.web import platform_images

from .in_process import Answer, Site

MACHINE = {"sourceVirtualMachine": {"id": "/vm1"}, "hyperVGeneration": "V1"}


@pytest.fixture
def site() -> Site:
    return Site.bundled()


def images(site: Site) -> str:
    return f"{site.web.partition('/virtualMachineScaleSets/')[0]}/images"


def poll(site: Site, answer: Answer) -> str:
    """The state of the operation that an answer leads to."""
    path, _, query = answer.headers["azure-asyncoperation"].partition("?")
    status: str = site.send("GET", "/" + path.split("/", 3)[3], query).json()["status"]
    return status


def put(site: Site, document: Any, name: str = "golden") -> Answer:
    return site.call("PUT", f"{images(site)}/{name}", document=document)


def test_a_managed_image_is_made_changed_and_deleted(site: Site):
    made = put(site, {"location": "West Europe", "properties": MACHINE})
    assert (made.status, made.json()["properties"]["provisioningState"]) == (201, "Creating")
    assert made.json()["location"] == "westeurope"
    assert "location" not in made.headers
    assert poll(site, made) == "InProgress"
    site.wait(60)
    assert poll(site, made) == "Succeeded"
    disk = site.get(f"{images(site)}/golden").json()["properties"]["storageProfile"]["osDisk"]
    assert disk["diskSizeGB"] == 30

    changed = put(site, {"location": "westeurope", "tags": {"foo": "bar"}, "properties": MACHINE})
    assert (changed.status, changed.json()["properties"]["provisioningState"]) == (200, "Updating")
    assert changed.json()["tags"] == {"foo": "bar"}
    site.wait(60)
    assert [item["name"] for item in site.get(images(site)).json()["value"]] == ["golden"]

    gone = site.call("DELETE", f"{images(site)}/golden")
    assert gone.status == 202
    assert {"azure-asyncoperation", "location"} <= gone.headers.keys()
    site.wait(60)
    assert site.get(images(site)).json() == {"value": []}
    assert site.call("DELETE", f"{images(site)}/golden").status == 204


def test_a_set_can_be_made_from_a_managed_image(site: Site):
    put(site, {"location": "westeurope", "properties": MACHINE})
    site.wait(60)
    reference = {"id": f"{images(site)}/golden"}
    model = {
        "location": "westeurope",
        "sku": {"name": "Standard_D2s_v5", "capacity": 1},
        "properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": reference}}},
    }
    assert site.call("PUT", f"{site.web}-2", document=model).status == 201


def test_a_reset_takes_away_what_clients_made(site: Site):
    put(site, {"location": "westeurope", "properties": MACHINE})
    site.admin("POST", "reset")
    assert site.get(f"{images(site)}/golden").status == 404


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {"properties": 3},
        {"location": 3},
        {"properties": {"storageProfile": "none"}},
        {"properties": {"storageProfile": {"osDisk": []}}},
    ],
)
def test_what_is_no_image_is_refused(site: Site, document: Any):
    answer = put(site, document)
    assert (answer.status, answer.json()["error"]["code"]) == (400, "BadRequest")
    assert site.get(f"{images(site)}/golden").status == 404


def test_platform_images_of_both_generations_tell_different_things():
    sku = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "versions": [{"version": "24.04.202510010"}]}
    platform = [{**sku, "sku": "server"}, {**sku, "sku": "server-gen1", "generation": "V1", "features": {}}]
    site = Site.bundled(images={"platform": platform})
    compute = f"{site.web.partition('/resourceGroups/')[0]}/providers/Microsoft.Compute/locations/westeurope"
    skus = f"{compute}/publishers/Canonical/artifacttypes/vmimage/offers/ubuntu-24_04-lts/skus"

    def properties(name: str) -> dict[str, Any]:
        found: dict[str, Any] = site.get(f"{skus}/{name}/versions/24.04.202510010").json()["properties"]
        return found

    second, first = properties("server"), properties("server-gen1")
    assert second.keys() - first.keys() == {"replicaCount", "features"}
    assert set(second["osDiskImage"]) == {"operatingSystem", "sizeInGb"}
    assert set(first["osDiskImage"]) == {"operatingSystem", "sizeInBytes"}


def test_an_image_that_is_gone_keeps_nobody_from_writing_other_things(site: Site):
    put(site, {"location": "westeurope", "properties": MACHINE})
    site.wait(60)
    model = {
        "location": "westeurope",
        "sku": {"name": "Standard_D2s_v5", "capacity": 1},
        "properties": {
            "virtualMachineProfile": {"storageProfile": {"imageReference": {"id": f"{images(site)}/golden"}}}
        },
    }
    site.call("PUT", f"{site.web}-2", document=model)
    site.wait(600)
    site.call("DELETE", f"{images(site)}/golden")
    site.wait(60)
    assert site.call("PATCH", f"{site.web}-2", document={"tags": {"foo": "bar"}}).status == 200
    assert site.admin("GET", "ledger")["scale_sets"]["web-2"]["target_image"] is None


def test_of_a_deprecated_version_no_new_instances_are_made():
    versions = [
        {"version": "24.04.202510010", "deprecation": "Deprecated"},
        {"version": "24.04.202511100", "deprecation": "ScheduledForDeprecation"},
        {"version": "24.04.202511180", "deprecation": "Deprecated"},
    ]
    ubuntu = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server"}
    site = Site.bundled(images={"platform": [{**ubuntu, "versions": versions}]})
    compute = f"{site.web.partition('/resourceGroups/')[0]}/providers/Microsoft.Compute/locations/westeurope"
    listed = f"{compute}/publishers/Canonical/artifacttypes/vmimage/offers/ubuntu-24_04-lts/skus/server/versions"

    def refusal(answer: Answer) -> tuple[int, str]:
        return answer.status, answer.json()["error"]["code"]

    def roll_to(version: str) -> Answer:
        profile = {"storageProfile": {"imageReference": {"version": version}}}
        return site.call("PATCH", site.web, document={"properties": {"virtualMachineProfile": profile}})

    assert [entry["name"] for entry in site.get(listed).json()] == ["24.04.202511100"]
    assert refusal(site.get(f"{listed}/24.04.202511180")) == (404, "ImageVersionDeprecated")
    assert refusal(roll_to("24.04.202511180")) == (404, "ImageVersionDeprecated")
    # The set runs a deprecated version itself: what is there stays, and nothing is added.
    assert refusal(site.call("PATCH", site.web, document={"sku": {"capacity": 21}})) == (404, "ImageVersionDeprecated")
    assert site.call("PATCH", site.web, document={"sku": {"capacity": 19}}).status == 200
    site.wait(300)
    assert roll_to("latest").status == 200
    assert site.call("PATCH", site.web, document={"sku": {"capacity": 20}}).status == 200
    site.wait(600)
    newest = site.get(f"{site.web}/virtualMachines").json()["value"][-1]
    assert newest["properties"]["storageProfile"]["imageReference"]["exactVersion"] == "24.04.202511100"


def test_an_image_that_is_gone_leaves_sick_instances_without_replacement(site: Site):
    put(site, {"location": "westeurope", "properties": MACHINE})
    site.wait(60)
    health = {"publisher": "Microsoft.ManagedServices", "type": "ApplicationHealthLinux", "settings": {}}
    profile = {
        "storageProfile": {"imageReference": {"id": f"{images(site)}/golden"}},
        "extensionProfile": {"extensions": [{"name": "health", "properties": health}]},
    }
    repairs = {"enabled": True, "gracePeriod": "PT10M", "repairAction": "Replace"}
    model = {
        "location": "westeurope",
        "sku": {"name": "Standard_D2s_v5", "capacity": 3},
        "properties": {"automaticRepairsPolicy": repairs, "virtualMachineProfile": profile},
    }
    site.call("PUT", f"{site.web}-2", document=model)
    site.wait(900)
    site.call("DELETE", f"{images(site)}/golden")
    site.wait(60)
    assert site.call("PATCH", f"{site.web}-2", document={"sku": {"capacity": 4}}).status == 404
    assert site.get(f"{site.web}-2").json()["sku"]["capacity"] == 3

    before = site.get(f"{site.web}-2/virtualMachines").json()["value"]
    site.admin("POST", "change", {"scale_set": "web-2", "instances": {"count": 1}, "health": "unhealthy"})
    # Long enough for as many repairs in vain as suspend the repairs.
    site.wait(4 * 3600)
    after = site.get(f"{site.web}-2/virtualMachines").json()["value"]
    assert [one["instanceId"] for one in after] == [one["instanceId"] for one in before]
    services = site.get(f"{site.web}-2/instanceView").json()["orchestrationServices"]
    assert [service["serviceState"] for service in services] == ["Suspended"]


def test_a_version_that_is_withdrawn_is_gone_and_its_instances_stay(site: Site):
    compute = f"{site.web.partition('/resourceGroups/')[0]}/providers/Microsoft.Compute/locations/westeurope"
    versions = f"{compute}/publishers/Canonical/artifacttypes/vmimage/offers/ubuntu-24_04-lts/skus/server/versions"
    site.admin("POST", "change", {"withdraw": "24.04.202510010"})
    assert site.get(f"{versions}/24.04.202510010").json()["error"]["code"] == "NotFound"
    assert "24.04.202510010" not in [entry["name"] for entry in site.get(versions).json()]
    assert site.admin("GET", "ledger")["scale_sets"]["web"]["in_service"] == 20

    def roll_to(version: str) -> Answer:
        profile = {"storageProfile": {"imageReference": {"version": version}}}
        return site.call("PATCH", site.web, document={"properties": {"virtualMachineProfile": profile}})

    assert roll_to("24.04.202511180").status == 200
    refused = roll_to("24.04.202510010")
    assert (refused.status, refused.json()["error"]["code"]) == (404, "PlatformImageNotFound")
    site.admin("POST", "reset")
    assert site.get(f"{versions}/24.04.202510010").status == 200
    assert site.admin("POST", "change", {"withdraw": "1.0"})["error"]["code"] == "NotFound"


def test_a_platform_version_reports_when_it_will_be_deprecated():
    when = {"deprecation": "ScheduledForDeprecation", "scheduled_deprecation": "2026-12-31T00:00:00Z"}
    ubuntu = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server"}
    site = Site.bundled(images={"platform": [{**ubuntu, "versions": [{"version": "24.04.202510010", **when}]}]})
    compute = f"{site.web.partition('/resourceGroups/')[0]}/providers/Microsoft.Compute/locations/westeurope"
    sku = f"{compute}/publishers/Canonical/artifacttypes/vmimage/offers/ubuntu-24_04-lts/skus/server"
    status = site.get(f"{sku}/versions/24.04.202510010").json()["properties"]["imageDeprecationStatus"]
    assert status == {
        "imageState": "ScheduledForDeprecation",
        "scheduledDeprecationTime": "2026-12-31T00:00:00+00:00",
    }


def test_a_gallery_image_reports_what_it_fits_and_how_long_it_lives():
    version = {"version": "1.0.0", "regions": ["westeurope"], "end_of_life": "2027-01-01T00:00:00Z"}
    image = {
        "name": "web",
        "os_type": "Windows",
        "os_state": "Specialized",
        "generation": "V1",
        "features": {"SecurityType": "TrustedLaunch"},
        "versions": [version, {**version, "version": "1.1.0", "exclude_from_latest": True}],
    }
    gallery = {"name": "shop_gallery", "resource_group": "rg-shop", "location": "westeurope", "images": [image]}
    web = {
        "name": "web",
        "resource_group": "rg-shop",
        "capacity": 1,
        "security_type": "TrustedLaunch",
        "image": {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "1"},
    }
    ubuntu = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "versions": [{"version": "1"}]}
    shared = [{"name": "contoso", "images": [image]}]
    site = Site.bundled(
        images={"platform": [ubuntu], "galleries": [gallery], "shared_galleries": shared}, scale_sets=[web]
    )
    address = f"{site.web.partition('/virtualMachineScaleSets/')[0]}/galleries/shop_gallery/images/web"
    compute = f"{site.web.partition('/resourceGroups/')[0]}/providers/Microsoft.Compute"
    public = f"{compute}/locations/westeurope/sharedGalleries/contoso/images/web"
    for definition in (address, public):
        shown = site.get(definition).json()["properties"]
        assert (shown["osType"], shown["osState"], shown["hyperVGeneration"]) == ("Windows", "Specialized", "V1")
        assert shown["features"] == [{"name": "SecurityType", "value": "TrustedLaunch"}]
    profile = site.get(f"{address}/versions/1.1.0").json()["properties"]["publishingProfile"]
    assert (profile["excludeFromLatest"], profile["endOfLifeDate"]) == (True, "2027-01-01T00:00:00+00:00")
    assert site.get(f"{public}/versions/1.0.0").json()["properties"]["endOfLifeDate"] == "2027-01-01T00:00:00+00:00"

    security = site.get(site.web).json()["properties"]["virtualMachineProfile"]["securityProfile"]
    assert security == {
        "uefiSettings": {"secureBootEnabled": True, "vTpmEnabled": True},
        "securityType": "TrustedLaunch",
    }


@pytest.mark.parametrize(
    ("version", "shown"),
    [
        ("22.04.202410020", "2024-10-02"),
        ("20348.2762.241006", "2024-10-06"),
        ("0.20250430.1733", "2025-04-30"),
        ("18.04.202401161", None),
        ("7.7.2021020400", None),
        ("1.0.0", None),
        ("1.20259999.1", None),
    ],
)
def test_images_of_autumn_2024_and_later_have_the_date_they_went_live(version, shown):
    date = platform_images.went_live(version).get("goLiveDate")
    assert date == (None if shown is None else f"{shown}T00:00:00+00:00")
