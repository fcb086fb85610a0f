# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Shapes on the wire, over HTTPS; each test is named after the statement about the real service that it checks."""

from __future__ import annotations

import re
import time

import pytest

from armsim.common.wire import computer_name

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,6}[1-9])?\+00:00")
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NEW = "24.04.202511180"


def error(answer):
    return answer.status_code, answer.json()["error"]["code"]


# --- writes of the model --------------------------------------------------------------------------------------------


def test_patch_answers_200_with_the_whole_new_model_and_updating(client):
    answer = client.patch_image({"version": NEW})
    body = answer.json()
    assert answer.status_code == 200
    assert body["properties"]["provisioningState"] == "Updating"
    reference = body["properties"]["virtualMachineProfile"]["storageProfile"]["imageReference"]
    assert reference == {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": NEW}
    assert body["sku"]["capacity"] == 20


def test_writes_carry_azure_asyncoperation_and_no_location(client):
    answer = client.patch_image({"version": NEW})
    assert "/providers/Microsoft.Compute/locations/westeurope/operations/" in answer.headers["Azure-AsyncOperation"]
    assert answer.headers["Azure-AsyncNotification"] == "Enabled"
    assert "Location" not in answer.headers
    assert answer.headers["Retry-After"] == "1"


def test_after_the_operation_the_model_is_succeeded(client):
    body = client.poll(client.patch_image({"version": NEW}))
    assert body["status"] == "Succeeded"
    assert client.get(client.web).json()["properties"]["provisioningState"] == "Succeeded"


def test_put_on_an_existing_set_is_200_and_takes_read_only_fields(client):
    before = client.get(client.web).json()
    answer = client.call("PUT", client.web, json={**before, "somethingNew": {"a": 1}})
    assert answer.status_code == 200
    client.poll(answer)
    after = client.get(client.web).json()
    assert after["properties"]["uniqueId"] == before["properties"]["uniqueId"]
    assert all(entry["properties"]["latestModelApplied"] for entry in client.instances())


def test_put_with_fields_missing_keeps_what_instances_are_made_from(client):
    client.poll(client.call("PUT", client.web, json={"location": "westeurope", "tags": {"a": "b"}}))
    after = client.get(client.web).json()
    assert after["tags"] == {"a": "b"}
    assert after["sku"]["capacity"] == 20
    assert after["properties"]["virtualMachineProfile"]["storageProfile"]["imageReference"]["sku"] == "server"


def test_put_of_the_capacity_alone_changes_nothing_else(client):
    before = client.get(client.web).json()
    sku = {**before["sku"], "capacity": 21}
    client.poll(client.call("PUT", client.web, json={"location": "westeurope", "sku": sku}))
    after = client.get(client.web).json()
    assert after["sku"] == sku
    assert after["tags"] == before["tags"]
    assert after["properties"].keys() == before["properties"].keys()
    assert after["properties"]["automaticRepairsPolicy"] == before["properties"]["automaticRepairsPolicy"]


def test_put_keeps_what_it_leaves_out_of_the_image(client):
    model = client.get(client.web).json()
    storage = model["properties"]["virtualMachineProfile"]["storageProfile"]
    before = storage.pop("imageReference")
    without = client.call("PUT", client.web, json=model)
    assert without.json()["properties"]["virtualMachineProfile"]["storageProfile"]["imageReference"] == before
    storage["imageReference"] = {"version": "24.04.202511180"}
    partly = client.call("PUT", client.web, json=model).json()
    after = partly["properties"]["virtualMachineProfile"]["storageProfile"]["imageReference"]
    assert after == {**before, "version": "24.04.202511180"}


def test_put_of_a_new_set_is_201_with_creating(client):
    model = client.get(client.web).json()
    body = {name: model[name] for name in ("location", "properties")}
    body["sku"] = {**model["sku"], "capacity": 2}
    answer = client.call("PUT", client.web.replace("/web", "/api"), json=body)
    assert answer.status_code == 201
    assert answer.json()["properties"]["provisioningState"] == "Creating"
    assert client.poll(answer)["status"] == "Succeeded"
    entries = client.get(f"{client.web.replace('/web', '/api')}/virtualMachines").json()["value"]
    assert sum(entry["properties"]["provisioningState"] != "Deleting" for entry in entries) == 2


def test_patch_merges_objects_and_takes_chunked_bodies(client):
    text = b'{"tags": {"team": "a"}, "properties": {"automaticRepairsPolicy": {"gracePeriod": "PT30M"}}}'
    chunks = (text[index : index + 7] for index in range(0, len(text), 7))
    answer = client.call("PATCH", client.web, data=chunks, headers={"Content-Type": "application/json"})
    body = answer.json()
    policy = body["properties"]["automaticRepairsPolicy"]
    assert policy == {"enabled": True, "gracePeriod": "PT30M", "repairAction": "Replace"}
    assert body["tags"] == {"team": "a"}


# --- actions and polls ----------------------------------------------------------------------------------------------


def test_an_action_is_202_without_body_and_with_both_headers_for_one_operation(client):
    client.poll(client.patch_image({"version": NEW}))
    answer = client.upgrade(client.instances()[0]["instanceId"])
    assert (answer.status_code, answer.content) == (202, b"")
    assert answer.headers["Content-Length"] == "0"
    assert "Retry-After" not in answer.headers
    assert answer.headers["Location"].replace("monitor=true&", "") == answer.headers["Azure-AsyncOperation"]
    assert answer.headers["x-ms-request-charge"] == "1"


def test_paths_and_queries_match_in_any_case_and_with_encoded_dollar(client):
    path = client.web.lower()
    assert client.get(f"{path}/virtualmachines", query="%24expand=instanceView").json()["value"][0]["properties"][
        "instanceView"
    ]
    answer = client.call(
        "POST", f"{path}/MANUALUPGRADE".replace("/resourcegroups/", "/RESOURCEGROUPS/"), json={"instanceIds": ["*"]}
    )
    assert answer.status_code == 202
    assert answer.headers["x-ms-request-charge"] == "0"


def test_every_poll_is_200_and_an_operation_in_progress_has_three_fields(client):
    client.poll(client.patch_image({"version": NEW}))
    answer = client.upgrade("*")
    poll = client.get(answer.headers["Azure-AsyncOperation"], version=None)
    assert poll.status_code == 200
    assert list(poll.json()) == ["startTime", "status", "name"]
    assert poll.json()["status"] == "InProgress"
    assert poll.headers["Retry-After"] == "1"
    done = client.poll(answer)
    assert list(done) == ["startTime", "endTime", "status", "name"]
    assert GUID.fullmatch(done["name"])
    monitor = client.get(answer.headers["Location"], version=None)
    assert (monitor.status_code, monitor.content) == (200, b"")


def test_a_failed_operation_is_still_200_and_names_the_error(client_of):
    client = client_of("bad-image")
    client.poll(client.patch_image({"version": "24.04.202511110"}))
    chosen = client.instances()[0]["instanceId"]
    body = client.poll(client.upgrade(chosen))
    assert body["status"] == "Failed"
    assert body["error"]["code"] == "OSProvisioningTimedOut"
    instance = client.get(f"{client.web}/virtualMachines/{chosen}", query="$expand=instanceView").json()["properties"]
    assert instance["provisioningState"] == "Failed"
    assert instance["instanceView"]["statuses"][0]["code"] == "ProvisioningState/failed/OSProvisioningTimedOut"


def test_operations_were_named_by_operation_id_until_2015(client):
    address = client.patch_image({"version": NEW}).headers["Azure-AsyncOperation"]
    body = {
        year: client.get(address.replace("2024-07-01", year), version=None).json()
        for year in ("2015-06-15", "2016-03-30")
    }
    assert [next(reversed(body[year])) for year in ("2015-06-15", "2016-03-30")] == ["operationId", "name"]


def test_timestamps_have_up_to_seven_digits_with_trailing_zeros_dropped(client):
    body = client.poll(client.patch_image({"version": NEW}))
    assert STAMP.fullmatch(body["startTime"])
    assert STAMP.fullmatch(body["endTime"])
    digits = set()
    for entry in client.instances(query="$expand=instanceView"):
        stamp = entry["properties"]["instanceView"]["vmHealth"]["status"]["time"]
        assert STAMP.fullmatch(stamp)
        digits.add(len(stamp.partition("+")[0].partition(".")[2]))
    assert max(digits) == 7


def test_the_retry_after_of_all_answers_can_be_set(new_client):
    client = new_client("quickstart", retry_after=3)
    assert client.patch_image({"version": NEW}).headers["Retry-After"] == "3"


# --- etag -----------------------------------------------------------------------------------------------------------


def test_the_model_has_an_etag_in_header_and_body_from_2024_07_01_on(client):
    answer = client.get(client.web)
    assert answer.headers["ETag"] == answer.json()["etag"] == '"1"'
    older = client.get(client.web, version="2024-03-01")
    assert "etag" not in older.json()
    assert "ETag" not in older.headers


def test_if_match_with_the_etag_of_ones_own_write_fails_after_ones_own_manualupgrade(client):
    answer = client.patch_image({"version": "24.04.202511100"})
    mine = answer.json()["etag"]
    client.poll(answer)
    client.poll(client.upgrade(client.instances()[0]["instanceId"]))
    refused = client.patch_image({"version": NEW}, headers={"If-Match": mine})
    assert error(refused) == (412, "PreconditionFailed")
    fresh = client.get(client.web).json()["etag"]
    assert client.patch_image({"version": NEW}, headers={"If-Match": fresh}).status_code == 200


def test_if_none_match_refuses_to_write_over_an_existing_set(client):
    refused = client.call("PUT", client.web, json={}, headers={"If-None-Match": "*"})
    assert error(refused) == (412, "PreconditionFailed")


# --- instances ------------------------------------------------------------------------------------------------------


def test_uniform_instances_are_named_by_the_set_and_have_ids_with_holes(client):
    entries = client.instances()
    numbers = [int(entry["instanceId"]) for entry in entries]
    assert len(numbers) == 20
    assert max(numbers) >= 20
    for entry in entries:
        assert entry["name"] == f"web_{entry['instanceId']}"
        assert entry["properties"]["osProfile"]["computerName"].startswith("web0000")
        assert len(entry["properties"]["osProfile"]["computerName"]) == len("web") + 6


def test_a_computer_name_ends_in_six_base_36_digits_of_the_id():
    assert computer_name("test", 61) == "test00001P"


def test_the_resource_group_in_an_instances_id_is_in_capitals(client):
    resource_id = client.instances()[0]["id"]
    assert "/resourceGroups/RG-SHOP/" in resource_id
    assert client.get(resource_id).status_code == 200


def test_after_a_model_change_instances_are_succeeded_with_latest_model_applied_false(client):
    client.poll(client.patch_image({"version": NEW}))
    for entry in client.instances():
        assert entry["properties"]["provisioningState"] == "Succeeded"
        assert entry["properties"]["latestModelApplied"] is False


def test_select_instance_view_lies_about_the_latest_model(client):
    entry = client.instances(query="$select=instanceView&$expand=instanceView")[0]
    assert set(entry) == {"id", "instanceId", "properties"}
    assert entry["properties"]["latestModelApplied"] is False
    assert entry["properties"]["instanceView"]["statuses"]
    assert client.instances(query="$filter=properties/latestModelApplied%20eq%20true")[0]["instanceId"]


def test_filter_finds_the_instances_that_lag(client):
    client.poll(client.patch_image({"version": NEW}))
    chosen = client.instances()[0]["instanceId"]
    client.poll(client.upgrade(chosen))
    current = client.instances(query="$filter=properties/latestModelApplied eq true")
    assert [entry["instanceId"] for entry in current] == [chosen]
    lagging = client.instances(query="$filter=properties/latestModelApplied eq false")
    assert len(lagging) == 19
    running = client.instances(
        query="$filter=startswith(instanceView/statuses/code, 'PowerState/running') eq true&$expand=instanceView"
    )
    assert len(running) == 20


def test_an_image_reference_of_an_instance_repeats_the_models_and_adds_the_exact_version(client):
    client.poll(client.patch_image({"version": "latest"}))
    model = client.get(client.web).json()["properties"]["virtualMachineProfile"]["storageProfile"]["imageReference"]
    assert "exactVersion" not in model
    chosen = client.instances()[0]["instanceId"]
    client.poll(client.upgrade(chosen))
    properties = client.get(f"{client.web}/virtualMachines/{chosen}").json()["properties"]
    assert properties["storageProfile"]["imageReference"] == {**model, "version": "latest", "exactVersion": NEW}


def test_lists_come_in_pages_of_120_split_by_ids_as_strings_and_sorted_as_numbers_inside(client_of):
    client = client_of("thousand")
    first = client.get(f"{client.web}/virtualMachines", query="$expand=instanceView").json()
    ids = [entry["instanceId"] for entry in first["value"]]
    everything = [entry["instanceId"] for entry in client.instances(query="$expand=instanceView")]
    assert len(ids) == 120
    assert ids == sorted(ids, key=int)
    assert set(ids) == set(sorted(everything)[:120])
    assert len(everything) == len(set(everything)) == 1000
    assert first["nextLink"].startswith(client.ready["base_url"])
    assert "$expand=instanceView" in first["nextLink"]
    assert "$skiptoken=" in first["nextLink"]


def test_ten_placement_groups_hold_a_hundred_instances_each_and_twenty_in_each_update_domain(client_of):
    client = client_of("thousand")
    places = {}
    for entry in client.instances(query="$expand=instanceView"):
        view = entry["properties"]["instanceView"]
        key = (view["placementGroupId"], view["platformUpdateDomain"])
        places[key] = places.get(key, 0) + 1
    assert len({group for group, _ in places}) == 10
    assert set(places.values()) == {20}
    assert len(places) == 50


def test_a_stale_skiptoken_is_an_invalid_parameter(client):
    refused = client.get(f"{client.web}/virtualMachines", query="$skiptoken=stale")
    assert error(refused) == (400, "InvalidParameter")
    assert refused.json()["error"]["target"] == "$skiptoken"


def test_the_provisioning_state_comes_first_and_the_power_state_second(client):
    view = client.get(f"{client.web}/virtualMachines/{client.instances()[0]['instanceId']}/instanceView").json()
    assert [status["code"] for status in view["statuses"]] == ["ProvisioningState/succeeded", "PowerState/running"]
    assert view["vmHealth"]["status"]["code"] == "HealthState/healthy"
    assert view["vmAgent"]["statuses"][0]["displayStatus"] == "Ready"


def test_while_an_upgrade_runs_the_view_is_updating_without_health(new_client):
    client = new_client("quickstart", speed=1)
    client.poll(client.patch_image({"version": NEW}))
    chosen = client.instances()[0]["instanceId"]
    client.upgrade(chosen)
    entry = client.get(f"{client.web}/virtualMachines/{chosen}", query="$expand=instanceView").json()
    view = entry["properties"]["instanceView"]
    assert entry["properties"]["provisioningState"] == "Updating"
    assert view["statuses"][0] == {"code": "ProvisioningState/updating", "level": "Info", "displayStatus": "Updating"}
    assert "vmHealth" not in view
    assert client.get(client.web).json()["properties"]["provisioningState"] == "Updating"


def test_an_instance_shows_its_view_only_when_it_is_asked_for(client):
    chosen = client.instances()[0]["instanceId"]
    assert "instanceView" not in client.get(f"{client.web}/virtualMachines/{chosen}").json()["properties"]


def test_the_instance_view_of_the_set_counts_by_code_and_shows_the_repair_service(client):
    view = client.get(f"{client.web}/instanceView").json()
    assert view["virtualMachine"]["statusesSummary"] == [{"code": "ProvisioningState/succeeded", "count": 20}]
    assert view["orchestrationServices"] == [{"serviceName": "AutomaticRepairs", "serviceState": "Running"}]
    assert STAMP.fullmatch(view["statuses"][0]["time"])
    body = {"serviceName": "AutomaticRepairs", "action": "Suspend"}
    client.poll(client.call("POST", f"{client.web}/setOrchestrationServiceState", json=body))
    view = client.get(f"{client.web}/instanceView").json()
    assert view["orchestrationServices"][0]["serviceState"] == "Suspended"


def test_zones_have_placement_groups_and_update_domains_of_their_own(client_of):
    client = client_of("zonal")
    assert client.get(client.web).json()["zones"] == ["1", "2", "3"]
    groups = {}
    for entry in client.instances(query="$expand=instanceView"):
        groups.setdefault(entry["zones"][0], set()).add(entry["properties"]["instanceView"]["placementGroupId"])
    assert sorted(groups) == ["1", "2", "3"]
    assert len(set.union(*groups.values())) == 3


# --- Flexible -------------------------------------------------------------------------------------------------------


def test_the_list_below_a_flexible_set_has_entries_without_properties(client_of):
    client = client_of("flexible")
    entries = client.instances()
    assert len(entries) == 12
    for entry in entries:
        assert set(entry) == {"id", "name", "location", "type", "instanceId", "zones"}
        assert entry["zones"] == [None]
        assert re.fullmatch(r"web_[0-9a-f]{8}", entry["instanceId"])
        assert entry["instanceId"] == entry["name"]


def test_a_flexible_set_refuses_the_uniform_views(client_of):
    client = client_of("flexible")
    listed = client.get(f"{client.web}/virtualMachines", query="$expand=instanceView")
    assert error(listed) == (400, "OperationNotAllowed")
    assert error(client.get(f"{client.web}/instanceView")) == (400, "OperationNotAllowed")
    name = client.instances()[0]["name"]
    single = client.get(f"{client.web}/virtualMachines/{name}/instanceView")
    assert error(single) == (400, "InvalidParameter")
    assert "must be a number" in single.json()["error"]["message"]


def test_virtual_machines_of_a_flexible_set_come_by_filter_and_are_upgraded_by_name(client_of):
    client = client_of("flexible")
    group = client.web.partition("/providers/")[0]
    query = f"$filter='virtualMachineScaleSet/id' eq '{client.web}'&$expand=instanceView"
    machines = client.get(f"{group}/providers/Microsoft.Compute/virtualMachines", query=query).json()["value"]
    assert len(machines) == 12
    machine = machines[0]
    assert machine["properties"]["virtualMachineScaleSet"]["id"] == client.web
    assert machine["zones"][0] in ("1", "2", "3")
    assert "platformUpdateDomain" not in machine["properties"]["instanceView"]
    assert machine["properties"]["storageProfile"]["imageReference"]["exactVersion"] == "24.04.202510010"
    client.poll(client.patch_image({"version": NEW}))
    client.poll(client.upgrade(machine["name"]))
    after = client.get(machine["id"]).json()
    assert after["properties"]["storageProfile"]["imageReference"]["exactVersion"] == NEW
    assert client.get(f"{machine['id']}/instanceView").json()["statuses"][0]["code"] == "ProvisioningState/succeeded"
    assert client.poll(client.upgrade("*"))["status"] == "Succeeded"


# --- images ---------------------------------------------------------------------------------------------------------


def test_platform_image_lists_are_bare_arrays_with_capitals_in_ids(client):
    path = f"{client.subscription}/providers/Microsoft.Compute/locations/westeurope/publishers"
    names = [entry["name"] for entry in client.get(path).json()]
    assert names == ["Canonical"]
    path += "/Canonical/artifacttypes/vmimage/offers"
    assert [entry["name"] for entry in client.get(path).json()] == ["ubuntu-24_04-lts"]
    path += "/ubuntu-24_04-lts/skus"
    assert [entry["name"] for entry in client.get(path).json()] == ["server"]
    newest = client.get(f"{path}/server/versions", query="$top=1&$orderby=name%20desc").json()
    assert [entry["name"] for entry in newest] == [NEW]
    assert newest[0]["id"].startswith(f"/Subscriptions/{client.ready['subscription_id']}/Providers/Microsoft.Compute/")
    one = client.get(f"{path}/server/versions/{NEW}").json()
    assert one["properties"]["imageDeprecationStatus"] == {"imageState": "Active"}
    assert error(client.get(f"{path}/server/versions/1.2.3")) == (404, "NotFound")
    assert error(client.get(f"{path}/nothing/versions")) == (404, "NotFound")


@pytest.mark.parametrize(
    ("reference", "status", "code", "target"),
    [
        ({"version": "24.04.1"}, 404, "PlatformImageNotFound", "imageReference"),
        ({"sku": "minimal"}, 404, "PlatformImageNotFound", "imageReference"),
        ({"publisher": "Nobody"}, 400, "InvalidParameter", "imageReference.publisher"),
    ],
)
def test_an_unknown_image_is_refused_at_the_write_of_the_model(client, reference, status, code, target):
    refused = client.patch_image(reference)
    assert error(refused) == (status, code)
    assert refused.json()["error"]["target"] == target
    assert client.get(client.web).json()["etag"] == '"1"'


def test_a_change_of_the_image_kind_is_refused(client_of, client):
    gallery = client_of("gallery")
    model = gallery.get(gallery.web).json()["properties"]["virtualMachineProfile"]["storageProfile"]
    for other, reference in (
        (client, {"id": model["imageReference"]["id"]}),
        (gallery, {"publisher": "Canonical", "offer": "o", "sku": "s", "version": "1.0.0"}),
    ):
        refused = other.patch_image(reference)
        assert error(refused) == (409, "OperationNotAllowed")
        assert (
            refused.json()["error"]["message"] == "The Image type for a Virtual Machine Scale Set may not be changed."
        )


def test_galleries_are_read_and_latest_passes_over_what_is_excluded_or_elsewhere(client_of):
    client = client_of("gallery")
    storage = client.get(client.web).json()["properties"]["virtualMachineProfile"]["storageProfile"]
    definition = storage["imageReference"]["id"].partition("/versions/")[0]
    assert client.get(definition, version="2023-07-03").json()["properties"]["osState"] == "Generalized"
    versions = {item["name"]: item for item in client.get(f"{definition}/versions").json()["value"]}
    assert list(versions) == ["1.0.0", "1.1.0", "1.2.0", "1.3.0"]
    assert versions["1.2.0"]["properties"]["publishingProfile"]["excludeFromLatest"] is True
    one = client.get(f"{definition}/versions/1.3.0", query="$expand=ReplicationStatus").json()
    assert [entry["region"] for entry in one["properties"]["replicationStatus"]["summary"]] == ["northeurope"]
    refused = client.patch_image({"id": f"{definition}/versions/1.3.0"})
    assert error(refused) == (404, "GalleryImageNotFound")
    client.poll(client.patch_image({"id": definition}))
    chosen = client.instances()[0]["instanceId"]
    client.poll(client.upgrade(chosen))
    reference = client.get(f"{client.web}/virtualMachines/{chosen}").json()["properties"]["storageProfile"]
    assert reference["imageReference"] == {"id": definition, "exactVersion": "1.1.0"}


@pytest.mark.parametrize(
    ("kind", "name", "field"),
    [
        ("sharedGalleries", "shop-shared-gallery", "sharedGalleryImageId"),
        ("communityGalleries", "shop-community-gallery", "communityGalleryImageId"),
    ],
)
def test_shared_and_community_galleries_are_read_by_location(client_of, kind, name, field):
    client = client_of("gallery")
    path = f"{client.subscription}/providers/Microsoft.Compute/locations/westeurope/{kind}/{name}/images/web"
    versions = client.get(f"{path}/versions").json()["value"]
    assert [item["name"] for item in versions] == ["1.0.0", "1.1.0", "1.2.0"], "1.3.0 is not in this region"
    assert error(client.get(f"{path}/versions/1.3.0")) == (404, "NotFound")
    unique = client.get(f"{path}/versions/1.1.0").json()["identifier"]["uniqueId"]
    client.poll(client.patch_image({field: unique}))
    storage = client.get(client.web).json()["properties"]["virtualMachineProfile"]["storageProfile"]
    assert storage["imageReference"] == {field: unique}


def test_a_managed_image_is_read(client_of):
    client = client_of("gallery")
    path = client.web.replace("virtualMachineScaleSets/web", "images/web-managed")
    assert client.get(path).json()["properties"]["provisioningState"] == "Succeeded"
    assert error(client.get(f"{path}-not")) == (404, "ResourceNotFound")
    for folder in (path.rpartition("/")[0], f"{client.subscription}/providers/Microsoft.Compute/images"):
        assert [image["name"] for image in client.get(folder).json()["value"]] == ["web-managed"]


def test_a_vhd_is_named_by_its_uri_and_has_no_image_reference(client_of):
    client = client_of("vhd")
    storage = client.get(client.web).json()["properties"]["virtualMachineProfile"]["storageProfile"]
    assert "imageReference" not in storage
    uri = storage["osDisk"]["image"]["uri"].replace("web-1", "web-2")
    disk = {"image": {"uri": uri}}
    body = {"properties": {"virtualMachineProfile": {"storageProfile": {"osDisk": disk}}}}
    client.poll(client.call("PATCH", client.web, json=body))
    chosen = client.instances()[0]["instanceId"]
    client.poll(client.upgrade(chosen))
    disk = client.get(f"{client.web}/virtualMachines/{chosen}").json()["properties"]["storageProfile"]["osDisk"]
    assert disk["image"] == {"uri": uri}


# --- errors ---------------------------------------------------------------------------------------------------------


def test_errors_have_two_origins(client):
    group = client.web.partition("/providers/")[0]
    missing_set = client.get(client.web.replace("/web", "/nope"))
    assert error(missing_set) == (404, "ResourceNotFound")
    assert missing_set.headers["x-ms-failure-cause"] == "gateway"
    missing_parent = client.get(client.web.replace("/web", "/nope") + "/virtualMachines/1")
    assert error(missing_parent) == (404, "ParentResourceNotFound")
    missing_instance = client.get(f"{client.web}/virtualMachines/999")
    assert error(missing_instance) == (404, "NotFound")
    assert "x-ms-failure-cause" not in missing_instance.headers
    assert error(client.get(client.web.replace("rg-shop", "rg-nope"))) == (404, "ResourceGroupNotFound")
    assert error(client.get(f"{group.replace('5e5e5e5e', '6e6e6e6e')}")) == (404, "SubscriptionNotFound")


@pytest.mark.parametrize("version", ["2015-06-15", "2016-04-30-preview", "2019-03-01", "2026-04-01", "2099-01-01"])
def test_any_well_formed_api_version_is_taken(client, version):
    assert client.get(client.web, version=version).status_code == 200


def test_a_missing_api_version_is_refused_and_so_is_a_malformed_one(client):
    assert error(client.get(client.web, version=None)) == (400, "MissingApiVersionParameter")
    assert error(client.get(client.web, version="latest")) == (400, "InvalidApiVersionParameter")


@pytest.mark.parametrize(
    "body",
    [
        {"properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": "latest"}}}},
        {"properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": {"version": 3}}}}},
        {"sku": {"capacity": "ten"}},
        {"properties": []},
        ["a list"],
    ],
)
def test_wrong_property_types_are_refused(client, body):
    assert error(client.call("PATCH", client.web, json=body)) == (400, "BadRequest")


def test_a_body_that_is_not_json_is_refused_by_the_gateway(client):
    refused = client.call("PATCH", client.web, data=b"{", headers={"Content-Type": "application/json"})
    assert error(refused) == (400, "InvalidRequestContent")


def test_an_unknown_path_or_method_is_an_error_of_the_service_too(client):
    assert error(client.get(f"{client.subscription}/providers/Microsoft.Nothing/things")) == (
        404,
        "InvalidResourceType",
    )
    assert error(client.call("DELETE", f"{client.web}/instanceView")) == (405, "MethodNotAllowed")


def test_rolling_upgrades_latest_is_404_without_one_and_shows_counts_with_one(client_of):
    client = client_of("quickstart")
    assert error(client.get(f"{client.web}/rollingUpgrades/latest")) == (404, "NotFound")
    refused = client.call("POST", f"{client.web}/rollingUpgrades/cancel")
    assert error(refused) == (409, "OperationNotAllowed")
    client.simulator.change(scale_set="web", rolling_upgrade="RollingForward")
    body = client.get(f"{client.web}/rollingUpgrades/latest").json()
    assert body["properties"]["runningStatus"]["code"] == "RollingForward"
    assert set(body["properties"]["progress"]) == {
        "successfulInstanceCount",
        "failedInstanceCount",
        "inProgressInstanceCount",
        "pendingInstanceCount",
    }


def test_every_answer_has_request_ids_and_the_simulated_date(client):
    answer = client.get(client.web)
    assert GUID.fullmatch(answer.headers["x-ms-request-id"])
    assert answer.headers["x-ms-correlation-request-id"]
    assert answer.headers["x-ms-routing-request-id"].startswith("ARMSIM:")
    assert re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", answer.headers["Date"])


def test_connections_are_kept_alive_and_answers_do_not_wait_for_acknowledgements(client):
    client.get(client.web)
    taken = []
    for _ in range(20):
        begun = time.monotonic()
        client.get(client.web)
        taken.append(time.monotonic() - begun)
    # Waiting would delay each by 40 ms; a busy machine delays some.
    assert sorted(taken)[4] < 0.03


def test_lists_of_sets_groups_and_subscriptions_are_objects_with_a_value(client):
    compute = "providers/Microsoft.Compute/virtualMachineScaleSets"
    group = client.web.partition("/providers/")[0]
    for path in (f"{client.subscription}/{compute}", f"{group}/{compute}"):
        assert [item["name"] for item in client.get(path).json()["value"]] == ["web"]
    assert client.get("/subscriptions").json()["value"][0]["subscriptionId"] == client.ready["subscription_id"]
    assert client.get(client.subscription).json()["state"] == "Enabled"
    assert client.get(group.replace("resourceGroups", "resourcegroups")).json()["location"] == "westeurope"
    assert [item["name"] for item in client.get(f"{client.subscription}/resourcegroups").json()["value"]] == ["rg-shop"]


def test_doubled_and_trailing_slashes_do_no_harm(client):
    assert client.get(f"/{client.web}/").status_code == 200


def test_the_sizes_of_a_location_have_those_of_its_sets(client):
    sizes = client.get(f"{client.subscription}/providers/Microsoft.Compute/locations/westeurope/vmSizes").json()[
        "value"
    ]
    (own,) = [size for size in sizes if size["name"] == "Standard_D2s_v5"]
    assert (own["numberOfCores"], own["memoryInMB"]) == (2, 8192)
