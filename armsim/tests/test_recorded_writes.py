# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What recordings show of writes of a model: etags, charges, durations, and what a model contains afterwards."""

from __future__ import annotations

import pytest

from armsim.instances.placement import overprovisioned

from .in_process import Site

EVENTS = "scheduledEventsPolicy"
REBOOT, REDEPLOY = "userInitiatedReboot", "userInitiatedRedeploy"
TARGETS = "scheduledEventsAdditionalPublishingTargets"


@pytest.fixture
def site():
    return Site.bundled(speed=1.0)


def model(site):
    return site.get(site.web).json()


def etag(site):
    return int(model(site)["etag"].strip('"'))


def patch(site, **properties):
    answer = site.call("PATCH", site.web, document={"properties": properties})
    assert answer.status == 200, answer.json()
    return answer


def put(site, **properties):
    answer = site.call("PUT", site.web, document={"location": "westeurope", "properties": properties})
    assert answer.status == 200, answer.json()
    return answer


def polled(site, answer):
    path, _, query = answer.headers["azure-asyncoperation"].partition("?")
    return site.get("/" + path.split("/", 3)[3], query)


def latest(site):
    listed = site.get(f"{site.web}/virtualMachines").json()["value"]
    return {entry["properties"]["latestModelApplied"] for entry in listed}


def test_a_write_that_changes_nothing_leaves_the_etag_and_the_model(site):
    made = model(site)["properties"]["virtualMachineProfile"]["timeCreated"]
    put(site)
    first = etag(site)
    site.wait(60)
    put(site)
    assert etag(site) == first
    assert model(site)["properties"]["virtualMachineProfile"]["timeCreated"] == made
    assert latest(site) == {True}


@pytest.mark.parametrize("system", [{"adminPassword": "another"}, {"customData": "YW5vdGhlcg=="}])
def test_another_secret_makes_another_model(site, system):
    made = model(site)["properties"]["virtualMachineProfile"]["timeCreated"]
    site.wait(60)
    put(site, virtualMachineProfile={"osProfile": system})
    assert model(site)["properties"]["virtualMachineProfile"]["timeCreated"] != made
    assert latest(site) == {False}
    again = model(site)["properties"]["virtualMachineProfile"]["timeCreated"]
    site.wait(60)
    put(site, virtualMachineProfile={"osProfile": system})
    assert model(site)["properties"]["virtualMachineProfile"]["timeCreated"] == again


def test_the_secret_of_one_extension_is_not_that_of_another(site):
    def extensions(secret):
        kept = model(site)["properties"]["virtualMachineProfile"]["extensionProfile"]["extensions"]
        kept[0]["properties"]["protectedSettings"] = {"key": secret}
        return {"extensionProfile": {"extensions": kept}}

    put(site, virtualMachineProfile=extensions("one"))
    made = model(site)["properties"]["virtualMachineProfile"]["timeCreated"]
    site.wait(60)
    put(site, virtualMachineProfile=extensions("one"))
    assert model(site)["properties"]["virtualMachineProfile"]["timeCreated"] == made
    put(site, virtualMachineProfile=extensions("two"))
    assert model(site)["properties"]["virtualMachineProfile"]["timeCreated"] != made


def test_an_upgrade_of_current_instances_raises_the_etag_by_one(site):
    before = etag(site)
    site.call("POST", f"{site.web}/manualupgrade", document={"instanceIds": ["*"]})
    site.wait(60)
    assert etag(site) == before + 1


def test_the_first_write_to_an_overprovisioned_set_of_one_raises_the_etag_by_two(site):
    body = model(site)
    body["sku"]["capacity"] = 1
    body["properties"] |= {"overprovision": True}
    made = site.call("PUT", f"{site.web}-one", document=body)
    assert (made.status, made.headers["x-ms-request-charge"]) == (201, "2")
    site.wait(900)
    one = f"{site.web}-one"
    assert site.get(one).json()["etag"] == '"2"'
    for expected in ('"4"', '"5"'):
        assert site.call("PATCH", one, document={"tags": {"for": expected}}).json()["etag"] == expected


def test_the_change_to_rolling_is_charged_a_batch_and_takes_a_while(site):
    written = patch(site, upgradePolicy={"mode": "Rolling"})
    assert written.headers["x-ms-request-charge"] == "4"
    before = etag(site)
    site.wait(50)
    assert polled(site, written).json()["status"] == "InProgress"
    site.wait(180)
    assert polled(site, written).json()["status"] == "Succeeded"
    assert etag(site) == before + 4
    assert patch(site, upgradePolicy={"mode": "Manual"}).headers["x-ms-request-charge"] == "0"


def test_a_change_of_the_automatic_policy_is_charged_every_instance(site):
    patch(site, upgradePolicy={"mode": "Automatic"})
    site.wait(600)
    wanted = {"enableAutomaticOSUpgrade": True, "disableAutomaticRollback": True}
    written = patch(site, upgradePolicy={"automaticOSUpgradePolicy": wanted})
    assert written.headers["x-ms-request-charge"] == "20"


def test_a_set_that_has_instances_makes_one_more_than_wanted():
    assert [overprovisioned(wanted, 2) for wanted in (0, 1, 3)] == [0, 2, 4]


def test_an_operation_that_failed_for_a_reason_of_the_service_says_when_to_try_again(site):
    for code, seconds in (("InternalExecutionError", "480"), ("VMExtensionProvisioningError", None)):
        site.admin("POST", "faults", [{"kind": "operation", "code": code, "target": "3"}])
        written = patch(site, overprovision=False)
        site.wait(600)
        poll = polled(site, written)
        assert poll.json()["error"]["target"] == "3"
        assert (poll.json()["error"]["code"], poll.headers.get("retry-after")) == (code, seconds)


def test_what_an_extension_keeps_is_not_in_the_answer_to_its_write(site):
    address = f"{site.web}/extensions/monitor"
    full = {"publisher": "P", "type": "T", "typeHandlerVersion": "1.0", "forceUpdateTag": "a"}
    site.call("PUT", address, document={"properties": full})
    site.wait(600)
    answer = site.call("PUT", address, document={"properties": {"typeHandlerVersion": "1.1"}}).json()["properties"]
    assert (answer["typeHandlerVersion"], "forceUpdateTag" in answer) == ("1.1", False)
    assert site.get(address).json()["properties"]["forceUpdateTag"] == "a"


def test_the_policy_of_scheduled_events_is_filled_in_and_goes_when_all_of_it_is_off(site):
    put(site, **{EVENTS: {REBOOT: {}, TARGETS: {"eventGridAndResourceGraph": {"enable": True}}}})
    off = {"automaticallyApprove": False}
    assert model(site)["properties"][EVENTS][REBOOT] == off
    put(site, **{EVENTS: {REDEPLOY: {"automaticallyApprove": True}, TARGETS: {"eventGridAndResourceGraph": {}}}})
    kept = model(site)["properties"][EVENTS]
    assert (kept[TARGETS]["eventGridAndResourceGraph"], kept[REBOOT]) == ({"enable": True}, off)
    put(site, **{EVENTS: {REDEPLOY: off, TARGETS: {"eventGridAndResourceGraph": {"enable": False}}}})
    assert EVENTS not in model(site)["properties"]


def test_diagnostics_that_are_switched_on_without_an_account_use_the_service_s(site):
    account = {"enabled": True, "storageUri": "https://logs.blob.core.windows.net/"}
    put(site, virtualMachineProfile={"diagnosticsProfile": {"bootDiagnostics": account}})
    put(site, virtualMachineProfile={"diagnosticsProfile": {"bootDiagnostics": {"enabled": True}}})
    profile = model(site)["properties"]["virtualMachineProfile"]
    assert profile["diagnosticsProfile"]["bootDiagnostics"] == {"enabled": True}


def test_no_pools_are_no_word_about_them_and_data_disks_are_managed(site):
    profile = model(site)["properties"]["virtualMachineProfile"]
    interfaces = profile["networkProfile"]["networkInterfaceConfigurations"]
    interfaces[0]["properties"]["ipConfigurations"][0]["properties"]["loadBalancerBackendAddressPools"] = []
    disks = [{"lun": 1, "createOption": "Empty", "diskSizeGB": 8}]
    networks = {"networkInterfaceConfigurations": interfaces}
    put(site, virtualMachineProfile={"networkProfile": networks, "storageProfile": {"dataDisks": disks}})
    profile = model(site)["properties"]["virtualMachineProfile"]
    shown = profile["networkProfile"]["networkInterfaceConfigurations"][0]["properties"]["ipConfigurations"][0]
    assert "loadBalancerBackendAddressPools" not in shown["properties"]
    assert profile["storageProfile"]["dataDisks"][0]["managedDisk"] == {"storageAccountType": "Standard_LRS"}
