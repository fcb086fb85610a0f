# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What recordings show that came after the simulator was built."""

from __future__ import annotations

import pytest

from armsim.operations.failure import Failure

from .in_process import Site

MONITOR = {
    "publisher": "Microsoft.Azure.Monitor",
    "type": "AzureMonitorLinuxAgent",
    "typeHandlerVersion": "1.0",
}


@pytest.fixture
def site():
    return Site.bundled(speed=1.0)


def model(site):
    return site.get(site.web).json()


def profile(site):
    return model(site)["properties"]["virtualMachineProfile"]


def put(site, **profile_fields):
    body = {"location": "westeurope", "properties": {"virtualMachineProfile": profile_fields}}
    answer = site.call("PUT", site.web, document=body)
    assert answer.status == 200, answer.json()
    site.wait(600)


def one(site, place=0):
    """The id of an instance."""
    return site.get(f"{site.web}/virtualMachines").json()["value"][place]["instanceId"]


def polled(site, answer):
    path, _, query = answer.headers["azure-asyncoperation"].partition("?")
    path = "/" + path.split("/", 3)[3]
    return site.get(path, query)


def test_the_first_poll_of_a_write_contains_when_to_come_again_and_no_other_poll_does(site):
    written = site.call("PATCH", site.web, document={"sku": {"capacity": 21}})
    polls = [polled(site, written) for _ in range(3)]
    assert [poll.json()["status"] for poll in polls] == ["InProgress"] * 3
    assert ["retry-after" in poll.headers for poll in polls] == [True, False, False]
    site.wait(600)
    restarted = site.call("POST", f"{site.web}/restart", document={"instanceIds": [one(site)]})
    assert "retry-after" not in polled(site, restarted).headers


def test_where_time_passes_faster_all_polls_tell_when_to_come_again():
    site = Site.bundled(speed=60.0)
    written = site.call("PATCH", site.web, document={"sku": {"capacity": 21}})
    assert ["retry-after" in polled(site, written).headers for _ in range(2)] == [True, True]


def test_a_star_in_the_address_of_an_action_stands_for_all_instances(site):
    assert site.call("POST", f"{site.web}/virtualMachines/*/deallocate").status == 202
    site.wait(600)
    view = site.get(f"{site.web}/virtualMachines/{one(site)}/instanceView").json()
    assert view["statuses"][1]["code"] == "PowerState/deallocated"


def test_a_put_keeps_what_it_leaves_out_of_the_profile_at_any_depth(site):
    account = "https://logs.blob.core.windows.net/"
    put(site, diagnosticsProfile={"bootDiagnostics": {"enabled": True, "storageUri": account}})
    before = profile(site)
    put(site, diagnosticsProfile={"bootDiagnostics": {"enabled": False}})
    after = profile(site)
    assert after["diagnosticsProfile"] == {"bootDiagnostics": {"enabled": False, "storageUri": account}}
    assert after["storageProfile"] == before["storageProfile"]
    assert after["extensionProfile"] == before["extensionProfile"]


def test_empty_firmware_settings_keep_trusted_launch_and_standard_takes_it_away(site):
    firmware = {"secureBootEnabled": True, "vTpmEnabled": True}
    put(site, securityProfile={"securityType": "TrustedLaunch", "uefiSettings": firmware})
    put(site, securityProfile={"uefiSettings": {}})
    assert profile(site)["securityProfile"] == {"securityType": "TrustedLaunch", "uefiSettings": firmware}
    put(site, securityProfile={"securityType": "Standard"})
    assert profile(site)["securityProfile"] == {}


def test_the_rolling_policy_is_filled_in_when_the_mode_becomes_rolling(site):
    site.call("PATCH", site.web, document={"properties": {"upgradePolicy": {"mode": "Rolling"}}})
    policy = model(site)["properties"]["upgradePolicy"]["rollingUpgradePolicy"]
    assert policy["maxBatchInstancePercent"] == 20
    assert (policy["maxSurge"], policy["rollbackFailedInstancesOnPolicyBreach"]) == (False, False)


def test_automatic_os_upgrades_are_filled_in(site):
    policy = {"automaticOSUpgradePolicy": {"enableAutomaticOSUpgrade": True}}
    site.call("PATCH", site.web, document={"properties": {"upgradePolicy": policy}})
    assert model(site)["properties"]["upgradePolicy"]["automaticOSUpgradePolicy"] == {
        "enableAutomaticOSUpgrade": True,
        "useRollingUpgradePolicy": False,
        "disableAutomaticRollback": False,
    }


def test_an_extension_is_written_as_a_resource_and_is_part_of_the_model(site):
    address = f"{site.web}/extensions/monitor"
    made = site.call("PUT", address, document={"properties": {**MONITOR, "protectedSettings": {"key": "secret"}}})
    assert (made.status, made.json()["properties"]["provisioningState"]) == (201, "Creating")
    assert "protectedSettings" not in made.json()["properties"]
    site.wait(600)
    assert site.get(address).json()["properties"] == {
        **MONITOR,
        "autoUpgradeMinorVersion": False,
        "settings": {},
        "provisioningState": "Succeeded",
    }
    assert site.call("PUT", address, document={"properties": {"typeHandlerVersion": "1.1"}}).status == 201
    assert site.get(address).json()["properties"]["publisher"] == MONITOR["publisher"]
    assert "monitor" in [item["name"] for item in profile(site)["extensionProfile"]["extensions"]]
    listed = site.get(f"{site.web}/virtualMachines").json()["value"]
    assert not any(entry["properties"]["latestModelApplied"] for entry in listed)
    site.wait(600)
    assert site.call("DELETE", address).status == 202
    assert "monitor" not in [item["name"] for item in profile(site)["extensionProfile"]["extensions"]]
    assert site.call("DELETE", address).status == 204


@pytest.mark.parametrize("body", [{}, {"properties": []}, {"properties": {"publisher": 1}}])
def test_an_extension_without_properties_is_refused(site, body):
    assert site.call("PUT", f"{site.web}/extensions/monitor", document=body).status == 400


def test_an_instance_shows_its_extensions_as_resources_of_a_virtual_machine(site):
    (extension,) = profile(site)["extensionProfile"]["extensions"]
    shown = site.get(f"{site.web}/virtualMachines/{one(site)}").json()
    (resource,) = shown["resources"]
    assert resource["name"] == extension["name"]
    assert resource["type"] == "Microsoft.Compute/virtualMachines/extensions"
    assert resource["properties"]["provisioningState"] == "Succeeded"
    assert shown["properties"]["resilientVMDeletionStatus"] == "Disabled"


def test_the_view_of_a_set_without_repairs_reports_no_services():
    site = Site.bundled("vhd", speed=1.0)
    assert "orchestrationServices" not in site.get(f"{site.web}/instanceView").json()


@pytest.mark.parametrize(
    ("version", "operation", "code", "enabled"),
    [
        ("1.1", "EnableEncryption", "encrypted", [True]),
        ("1.1", "DisableEncryption", "notEncrypted", [False]),
        ("2.2", "DisableEncryption", "notEncrypted", []),
    ],
)
def test_an_instance_shows_what_the_extension_does_to_its_disk(site, version, operation, code, enabled):
    settings = {"EncryptionOperation": operation, "KeyVaultURL": "https://keys.vault.azure.net/"}
    encryption = {
        "publisher": "Microsoft.Azure.Security",
        "type": "AzureDiskEncryptionForLinux",
        "typeHandlerVersion": version,
    }
    site.call("PUT", f"{site.web}/extensions/disks", document={"properties": {**encryption, "settings": settings}})
    site.wait(600)
    site.call("POST", f"{site.web}/manualupgrade", document={"instanceIds": [one(site)]})
    site.wait(600)
    view = site.get(f"{site.web}/virtualMachines/{one(site)}/instanceView").json()
    (disk,) = view["disks"]
    assert disk["statuses"][1]["code"] == f"EncryptionState/{code}"
    assert [settings["enabled"] for settings in disk.get("encryptionSettings", [])] == enabled
    (status,) = next(item for item in view["extensions"] if item["name"] == "disks")["statuses"]
    assert "time" not in status


def test_what_failed_by_an_error_of_the_service_itself_says_when_to_try_again():
    site = Site.bundled("quickstart", speed=1.0)
    operation = site.host.simulation.operations.start("westeurope")
    site.host.simulation.operations.finish(operation, Failure("InternalExecutionError", "An internal error occurred."))
    at = f"/subscriptions/{site.web.split('/')[2]}/providers/Microsoft.Compute/locations/westeurope/operations"
    poll = site.get(f"{at}/{operation.id}")
    assert (poll.json()["status"], poll.headers["retry-after"]) == ("Failed", "480")


def test_where_the_log_of_a_boot_is(site):
    put(site, diagnosticsProfile={"bootDiagnostics": {"enabled": True, "storageUri": "https://logs.example.org/"}})
    site.call("POST", f"{site.web}/manualupgrade", document={"instanceIds": [one(site)]})
    site.wait(600)
    shown = site.get(f"{site.web}/virtualMachines/{one(site)}/instanceView").json()["bootDiagnostics"]
    assert shown["serialConsoleLogBlobUri"].startswith("https://logs.example.org/bootdiagnostics-")
    assert "bootDiagnostics" not in site.get(f"{site.web}/virtualMachines/{one(site, 1)}/instanceView").json()


def test_old_versions_show_what_the_service_has_come_to_show_since(site):
    version = "api-version=2017-03-30"
    old = site.send("GET", site.web, version).json()["properties"]["virtualMachineProfile"]
    assert old["storageProfile"]["osDisk"]["osType"] == "Linux"
    view = site.send("GET", f"{site.web}/virtualMachines/{one(site)}/instanceView", version).json()
    assert {"computerName", "osName", "osVersion", "hyperVGeneration"}.isdisjoint(view)


def test_the_deletion_of_an_instance_that_is_gone_is_accepted(site):
    address = f"{site.web}/virtualMachines/{one(site)}"
    assert site.call("DELETE", address).status == 202
    site.wait(600)
    capacity = model(site)["sku"]["capacity"]
    again = site.call("DELETE", address)
    assert again.status == 202
    site.wait(60)
    assert polled(site, again).json()["status"] == "Succeeded"
    assert model(site)["sku"]["capacity"] == capacity
    assert site.call("DELETE", f"{site.web}/virtualMachines/4711").status == 404


@pytest.mark.parametrize(("zones", "balanced"), [(["1", "2"], False), (["1"], None)])
def test_a_set_in_several_zones_says_whether_they_are_balanced(site, zones, balanced):
    made = model(site)
    properties = {
        "upgradePolicy": {"mode": "Manual"},
        "singlePlacementGroup": False,
        "virtualMachineProfile": made["properties"]["virtualMachineProfile"],
    }
    body = {
        "location": made["location"],
        "sku": {**made["sku"], "capacity": 0},
        "zones": zones,
        "properties": properties,
    }
    answer = site.call("PUT", f"{site.web}2", document=body)
    assert answer.json()["properties"].get("zoneBalance") is balanced
