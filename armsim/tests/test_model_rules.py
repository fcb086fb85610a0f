# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Refusals of writes of a model, before anything is done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from armsim.images.catalogue import Image
from armsim.model.rules import check_changes, check_image, check_values
from armsim.protocol.errors import ArmError
from armsim.scenario import Behaviour
from armsim.supply.sizes import Sizes

from .in_process import Site

IMAGE = Image("key", "1.0.0", "Linux", "ubuntu", "24.04", Behaviour())
UPGRADE = "upgradePolicy.rollingUpgradePolicy"
GALLERY = "/subscriptions/S/resourceGroups/images/providers/Microsoft.Compute/galleries/shop/images/web"


def model(size="Standard_D2s_v5", zones=(), profile=None, rolling=None, **properties):
    policy = {"mode": "Rolling", "rollingUpgradePolicy": rolling or {}}
    fields = {"upgradePolicy": policy, "virtualMachineProfile": profile or {}, **properties}
    return {"sku": {"name": size}, "zones": list(zones), "properties": fields}


def refusal(check, *arguments):
    with pytest.raises(ArmError) as caught:
        check(*arguments)
    return caught.value


@pytest.mark.parametrize("size", ["Standard_D2s_v5", "STANDARD_D1_v2", "Basic_A1", "Standard_DC2ads_v5", "mix"])
def test_what_is_named_as_a_size_is_one(size):
    Sizes([]).check_known(model(size))


@pytest.mark.parametrize("size", ["D2s_v5", "Standard_", "standard", ""])
def test_another_size_is_refused(size):
    error = refusal(Sizes([]).check_known, model(size))
    assert (error.status, error.code, error.target) == (400, "InvalidParameter", "vmSize")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("maxBatchInstancePercent", 4),
        ("maxBatchInstancePercent", 101),
        ("maxUnhealthyInstancePercent", 0),
        ("maxUnhealthyUpgradedInstancePercent", -1),
        ("pauseTimeBetweenBatches", "5 minutes"),
        ("pauseTimeBetweenBatches", "PT"),
    ],
)
def test_a_rolling_policy_out_of_its_range_is_refused(name, value):
    error = refusal(check_values, model(rolling={name: value}))
    assert (error.status, error.target) == (400, f"{UPGRADE}.{name}")


def test_the_bounds_of_a_rolling_policy_are_allowed():
    least = {"maxBatchInstancePercent": 5, "maxUnhealthyInstancePercent": 5, "maxUnhealthyUpgradedInstancePercent": 0}
    for policy in (least, dict.fromkeys(least, 100), {"pauseTimeBetweenBatches": "PT1H30M"}):
        check_values(model(rolling=policy))


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("orchestrationMode", model(), model(orchestrationMode="Flexible")),
        ("priority", model(profile={"priority": "Spot"}), model(profile={"licenseType": "None"})),
        ("platformFaultDomainCount", model(platformFaultDomainCount=5), model(platformFaultDomainCount=1)),
        ("zones", model(zones="12"), model(zones="1")),
    ],
)
def test_what_is_decided_at_the_creation_stays(name, before, after):
    error = refusal(check_changes, before, after)
    assert (error.status, error.code, error.target) == (409, "PropertyChangeNotAllowed", name)


def test_zones_may_be_added_and_what_is_not_told_is_not_changed():
    check_changes(model(zones="1"), model(zones="13"))
    check_changes(model(), model(platformFaultDomainCount=5, orchestrationMode="Uniform"))
    check_changes(model(profile={}), model(profile={"priority": "Spot"}))


@pytest.mark.parametrize("security", ["TrustedLaunch", "ConfidentialVM"])
def test_an_image_that_is_not_fit_for_trusted_launch_is_refused(security):
    document = model(profile={"securityProfile": {"securityType": security}})
    error = refusal(check_image, document, replace(IMAGE, trusted=False), None)
    assert (error.status, error.code) == (400, "BadRequest")
    check_image(document, IMAGE, None)
    check_image(model(), replace(IMAGE, trusted=False), None)


def test_the_newest_sizes_boot_no_image_of_the_first_generation():
    first = replace(IMAGE, generation="V1", trusted=False)
    assert "Hypervisor Generation '1'" in refusal(check_image, model("Standard_D2s_v6"), first, None).message
    check_image(model("Standard_D2s_v5"), first, None)


def test_a_specialized_image_allows_no_profile_of_the_system_and_a_generalized_one_demands_it():
    special, system = replace(IMAGE, specialized=True), {"osProfile": {}}
    assert refusal(check_image, model(profile=system), special, IMAGE).target == "osProfile"
    assert refusal(check_image, model(profile={"licenseType": "None"}), IMAGE, special).target == "osProfile"
    check_image(model(profile=system), IMAGE, IMAGE)
    check_image(model(profile=system), special, special)


def with_image(site, reference):
    body = {"properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": reference}}}}
    return site.call("PATCH", site.web, document=body)


def test_a_client_that_may_not_read_the_image_may_not_refer_to_it():
    read = "Microsoft.Compute/galleries/images/versions/read"
    site = Site.bundled(principal={"role": "Contributor", "not_actions": [read]})
    refused = with_image(site, {"id": f"{GALLERY}/versions/1.0.0"})
    assert (refused.status, refused.json()["error"]["code"]) == (403, "LinkedAuthorizationFailed")
    assert read in refused.json()["error"]["message"]
    assert site.call("PATCH", site.web, document={"tags": {"a": "b"}}).status == 200


def test_old_versions_know_no_condition():
    site = Site.bundled()
    for version, status in (("2023-07-01", 200), ("2023-09-01", 412)):
        condition = {"If-Match": '"77"'}
        answer = site.send("PATCH", site.web, f"api-version={version}", body=b'{"tags": {}}', headers=condition)
        assert answer.status == status, answer.json()
