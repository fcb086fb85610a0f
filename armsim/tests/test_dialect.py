# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What the service adds to a model, and what each api-version shows of it."""

from __future__ import annotations

from typing import Any

import pytest

from armsim.model.defaults import complete, identified, new_model
from armsim.protocol import dialect

NEWEST = "2024-07-01"
ADDRESS = {"name": "ip", "properties": {"subnet": {"id": "/subnet"}, "applicationGatewayBackendAddressPools": []}}
INTERFACE = {"name": "nic", "properties": {"primary": True, "ipConfigurations": [ADDRESS]}}


def body(**profile: Any) -> dict[str, Any]:
    """The least that a client may send."""
    network = {"networkInterfaceConfigurations": [INTERFACE]}
    given = {"osProfile": {"computerNamePrefix": "web"}, "networkProfile": network, **profile}
    return {"sku": {"name": "Standard_D2s_v5", "capacity": 2}, "properties": {"virtualMachineProfile": given}}


def profile_of(model: dict[str, Any]) -> dict[str, Any]:
    profile: dict[str, Any] = model["properties"]["virtualMachineProfile"]
    return profile


def test_a_new_model_has_all_that_the_service_decides():
    model = new_model(body(), "Linux")
    properties, profile = model["properties"], profile_of(model)
    assert model["sku"]["tier"] == "Standard"
    assert (properties["overprovision"], properties["singlePlacementGroup"]) == (True, True)
    assert properties["doNotRunExtensionsOnOverprovisionedVMs"] is False
    assert profile["osProfile"]["linuxConfiguration"] == {
        "disablePasswordAuthentication": False,
        "provisionVMAgent": True,
    }
    assert profile["osProfile"]["secrets"] == []
    assert profile["storageProfile"]["osDisk"]["managedDisk"] == {"storageAccountType": "Standard_LRS"}
    interface = profile["networkProfile"]["networkInterfaceConfigurations"][0]["properties"]
    assert interface["dnsSettings"] == {"dnsServers": []}
    assert interface["ipConfigurations"][0]["properties"]["privateIPAddressVersion"] == "IPv4"


def test_what_is_given_stays():
    model = new_model(body(osProfile={"windowsConfiguration": {"provisionVMAgent": False}}), "Windows")
    assert profile_of(model)["osProfile"]["windowsConfiguration"] == {
        "provisionVMAgent": False,
        "enableAutomaticUpdates": True,
    }


def test_completing_twice_changes_nothing():
    model = new_model(body(), "Linux")
    assert complete(model, "Linux") == model


def test_disks_in_a_storage_account_are_not_managed():
    disk = {"vhdContainers": ["https://account/vhds"]}
    made = profile_of(new_model(body(storageProfile={"osDisk": disk}), "Linux"))["storageProfile"]["osDisk"]
    assert "managedDisk" not in made
    assert "diskSizeGB" not in made


def test_gallery_applications_bring_their_installer():
    applications = {"galleryApplications": [{"packageReferenceId": "/app/versions/1.0.0"}]}
    profile = profile_of(new_model(body(applicationProfile=applications), "Linux"))
    assert profile["applicationProfile"]["galleryApplications"][0]["enableAutomaticUpgrade"] is False
    assert [item["properties"]["type"] for item in profile["extensionProfile"]["extensions"]] == [
        "VMApplicationManagerLinux"
    ]
    assert "applicationProfile" not in profile_of(
        complete(body(applicationProfile={"galleryApplications": []}), "Linux")
    )


def test_a_notification_of_termination_goes_when_it_is_switched_off():
    def events(**notification: Any) -> dict[str, Any]:
        given = body(scheduledEventsProfile={"terminateNotificationProfile": notification})
        made: dict[str, Any] = profile_of(complete(given, "Linux"))["scheduledEventsProfile"]
        return made

    assert events(notBeforeTimeout="PT9M")["terminateNotificationProfile"]["enable"] is True
    assert events(enable=False) == {}


def test_identities_get_ids_which_stay():
    user = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/u"
    model = {"id": "/web", "identity": {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {user: {}}}}
    first, second = identified(model, "tenant"), identified(model, "tenant")
    assert first == second
    assert first["identity"]["tenantId"] == "tenant"
    assert set(first["identity"]["userAssignedIdentities"][user]) == {"clientId", "principalId"}
    assert "identity" not in identified({**model, "identity": {"type": "None"}}, "tenant")


@pytest.mark.parametrize(
    ("version", "shown"),
    [
        ("2016-03-30", set()),
        ("2017-12-01", {"singlePlacementGroup"}),
        ("2020-06-01", {"singlePlacementGroup", "orchestrationMode"}),
        ("2022-03-01", {"singlePlacementGroup", "orchestrationMode", "timeCreated"}),
        (NEWEST, {"singlePlacementGroup", "orchestrationMode", "timeCreated", "etag"}),
    ],
)
def test_older_versions_show_less_of_a_set(version, shown):
    model = {**new_model(body(), "Linux"), "etag": '"1"'}
    model["properties"]["timeCreated"] = "2026-11-20T08:00:00+00:00"
    shown_body = dialect.scale_set(model, version)
    fields = {"singlePlacementGroup", "orchestrationMode", "timeCreated", "etag"}
    assert {name for name in fields if name in shown_body or name in shown_body["properties"]} == shown


def test_empty_pools_are_shown_since_2017():
    def address(version: str) -> dict[str, Any]:
        network = profile_of(dialect.scale_set(new_model(body(), "Linux"), version))["networkProfile"]
        found: dict[str, Any] = network["networkInterfaceConfigurations"][0]["properties"]["ipConfigurations"][0]
        return found

    assert "applicationGatewayBackendAddressPools" not in address("2016-03-30")["properties"]
    assert "applicationGatewayBackendAddressPools" in address("2017-12-01")["properties"]


def test_the_flag_of_os_upgrades_came_before_their_policy():
    model = new_model(body(), "Linux")
    model["properties"]["upgradePolicy"]["automaticOSUpgradePolicy"] = {"enableAutomaticOSUpgrade": True}

    def policy(version: str) -> dict[str, Any]:
        found: dict[str, Any] = dialect.scale_set(model, version)["properties"]["upgradePolicy"]
        return found

    assert policy("2016-03-30") == {"mode": "Manual"}
    assert policy("2017-12-01") == {"mode": "Manual", "automaticOSUpgrade": True}
    assert policy(NEWEST)["automaticOSUpgradePolicy"] == {"enableAutomaticOSUpgrade": True}


def test_custom_data_has_become_a_secret():
    model = new_model(body(osProfile={"customData": "c2VjcmV0"}), "Linux")
    assert profile_of(dialect.scale_set(model, "2017-12-01"))["osProfile"]["customData"] == "c2VjcmV0"
    assert "customData" not in profile_of(dialect.scale_set(model, NEWEST))["osProfile"]


def test_with_select_older_versions_tell_the_state_as_a_number():
    entry = {"instanceId": "0", "properties": {"provisioningState": "Succeeded", "latestModelApplied": False}}
    states = [
        dialect.selected_instance(entry, version)["properties"]["provisioningState"]
        for version in ("2017-12-01", NEWEST)
    ]
    assert states == [0, "Succeeded"]


def test_showing_a_model_leaves_it_as_it_is():
    model = new_model(body(), "Linux")
    before = repr(model)
    dialect.scale_set(model, "2016-03-30")
    dialect.scale_set(model, "2017-12-01")
    assert repr(model) == before
