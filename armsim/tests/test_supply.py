# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What a region can supply: sizes of virtual machines, quotas of cores, and what becomes of a write beyond them."""

from __future__ import annotations

import pytest
import yaml

from armsim import scenario
from armsim.actions import model_write
from armsim.actions.instance_work import upgrade_instance
from armsim.protocol.errors import ArmError
from armsim.supply.sizes import parse

from .conftest import World
from .in_process import Site

SUBSCRIPTION = "/subscriptions/5e5e5e5e-0000-4000-8000-000000000001"
COMPUTE = f"{SUBSCRIPTION}/providers/Microsoft.Compute"


def world(name="quickstart", **changes):
    document = yaml.safe_load(scenario.locate(name).read_text(encoding="utf-8"))
    return World(scenario.parse(yaml.safe_dump({**document, **changes}), name))


def resized(capacity, **changes):
    made = world(**changes)
    return made, model_write.resize(made.web, capacity)


def refused(capacity, **changes):
    with pytest.raises(ArmError) as error:
        resized(capacity, **changes)
    return error.value


@pytest.mark.parametrize(
    ("name", "cores", "family"),
    [
        ("Standard_D2s_v5", 2, "standardDSv5Family"),
        ("Standard_D4as_v5", 4, "standardDASv5Family"),
        ("Standard_DS3_v2", 4, "standardDSv2Family"),
        ("Standard_D14_v2", 16, "standardDv2Family"),
        ("Standard_B2ms", 2, "standardBSFamily"),
        ("Standard_F4s_v2", 4, "standardFSv2Family"),
        ("Standard_A3", 4, "standardA0_A7Family"),
        ("Standard_E4-2s_v5", 4, "standardESv5Family"),
    ],
)
def test_a_name_stands_for_cores_and_a_family(name, cores, family):
    size = parse(name)
    assert (size.cores, size.family) == (cores, family)


@pytest.mark.parametrize("name", ["Standard_B2s_v3", "Standard_D3s_v5", "Standard_Z9", "D2s_v5", "Standard_D2s_v99"])
def test_a_name_that_is_not_a_valid_size(name):
    assert parse(name) is None


def test_cores_of_the_region_are_refused_at_once_with_what_would_be_needed():
    error = refused(22, quotas=[{"limit": 42, "used": 1}])
    assert (error.status, error.code) == (409, "OperationNotAllowed")
    assert error.message.startswith(
        "Operation could not be completed as it results in exceeding approved Total Regional Cores quota. Additional "
        "details - Deployment Model: Resource Manager, Location: westeurope, Current Limit: 42, Current Usage: 41, "
        "Additional Required: 4, (Minimum) New Limit Required: 45."
    )
    assert error.message.endswith("regional-quota-requests")


def test_a_family_has_a_quota_of_its_own():
    error = refused(21, quotas=[{"limit": 100}, {"family": "standardDSv5Family", "limit": 40}])
    assert "exceeding approved standardDSv5Family Cores quota" in error.message
    _, accepted = resized(21, quotas=[{"family": "standardESv5Family", "limit": 0}])
    assert accepted.operation.status == "InProgress"


def test_a_quota_of_another_region_does_not_matter():
    resized(21, quotas=[{"location": "northeurope", "limit": 0}])


def test_spot_instances_take_a_quota_of_their_own():
    made = world("spot", quotas=[{"limit": 0}])
    model_write.resize(made.web, 21)
    made = world("spot", quotas=[{"family": "lowPriorityCores", "limit": 40}])
    with pytest.raises(ArmError, match="exceeding approved LowPriority Cores quota"):
        model_write.resize(made.web, 21)


def test_what_is_made_in_excess_does_not_count():
    made, accepted = resized(22, quotas=[{"limit": 44}])
    assert len(made.web.active()) == 23
    made.wait(600)
    assert accepted.operation.status == "Succeeded"


def test_a_quota_may_be_missed_in_the_operation():
    made, accepted = resized(22, quotas=[{"limit": 40, "refusal": "operation"}])
    made.wait(60)
    assert accepted.operation.status == "Failed"
    assert accepted.operation.failure.code == "OperationNotAllowed"
    assert "Current Usage: 40, Additional Required: 4" in accepted.operation.failure.message
    assert (made.web.capacity, len(made.web.active()), made.web.provisioning) == (22, 20, "Failed")


def test_fewer_instances_need_no_quota():
    made, _ = resized(18, quotas=[{"limit": 10}])
    made.wait(600)
    assert len(made.web.active()) == 18


@pytest.mark.parametrize(("limit", "surges"), [(100, True), (40, False)])
def test_without_quota_a_surge_upgrades_in_place(limit, surges):
    made = world(quotas=[{"limit": limit}])
    before = {one.vm_id for one in made.instances}
    policy = {"mode": "Rolling", "rollingUpgradePolicy": {"maxSurge": True}}
    storage = {"imageReference": {"version": "24.04.202511180"}}
    body = {"properties": {"upgradePolicy": policy, "virtualMachineProfile": {"storageProfile": storage}}}
    model_write.patch(made.web, body, None, None)
    made.wait(60)
    assert bool({one.vm_id for one in made.instances} - before) is surges
    made.wait(7200)
    assert {one.image.exact_version for one in made.instances} == {"24.04.202511180"}


def test_a_repair_replaces_where_the_quota_is_full():
    made = world(quotas=[{"limit": 40}])
    unhealthy = made.instances[0]
    made.web.set_health(unhealthy, "unhealthy")
    made.wait(3600)
    assert unhealthy.id not in made.web.instances
    assert len(made.web.active()) == 20


@pytest.mark.parametrize(("limit", "code"), [(43, None), (41, "OperationNotAllowed")])
def test_an_upgrade_to_a_larger_size_needs_what_it_has_more(limit, code):
    made = world(quotas=[{"limit": limit}])
    patch_size(made, "Standard_D4s_v5")
    made.wait(60)
    first = made.instances[0]
    done = []
    upgrade_instance(made.web, first, done.append)
    made.wait(600)
    assert [failure and failure.code for failure in done] == [code]
    assert first.model.sku == ("Standard_D2s_v5" if code else "Standard_D4s_v5")
    assert first.in_service(made.simulation.timeline.now)


def test_usages_count_cores():
    site = Site.bundled(quotas=[{"limit": 50, "used": 3}, {"family": "standardDSv5Family", "limit": 60}])
    value = site.get(f"{COMPUTE}/locations/westeurope/usages").json()["value"]
    entries = {one["name"]["value"]: one for one in value}
    assert value[0] == {
        "limit": 50,
        "unit": "Count",
        "currentValue": 43,
        "name": {"value": "cores", "localizedValue": "Total Regional vCPUs"},
    }
    assert entries["standardDSv5Family"] == {
        "limit": 60,
        "unit": "Count",
        "currentValue": 40,
        "name": {"value": "standardDSv5Family", "localizedValue": "Standard DSv5 Family vCPUs"},
    }
    assert entries["virtualMachines"]["currentValue"] == 20
    elsewhere = site.get(f"{COMPUTE}/locations/northeurope/usages").json()["value"]
    assert elsewhere[0]["currentValue"] == 3


def patch_size(made, name):
    return model_write.patch(made.web, {"sku": {"name": name}}, None, None)


def test_what_is_not_a_valid_size_is_refused_with_those_there_are():
    with pytest.raises(ArmError) as error:
        patch_size(world(), "Standard_B2s_v3")
    assert (error.value.status, error.value.code, error.value.target) == (400, "InvalidParameter", "vmSize")
    assert error.value.message.startswith("The value Standard_B2s_v3 provided for the VM size is not valid. The valid")
    assert "Standard_D2s_v5," in error.value.message


def test_a_size_that_the_region_lacks_is_refused():
    with pytest.raises(ArmError, match="The requested VM size Standard_E2s_v5 is not available in the current region"):
        patch_size(world(sizes=[{"name": "Standard_E2s_v5", "locations": ["northeurope"]}]), "Standard_E2s_v5")


def test_a_size_that_only_the_scenario_knows_is_one():
    made = world(sizes=[{"name": "Standard_Shop1", "cores": 3, "memory_gb": 6}], quotas=[{"limit": 62}])
    patch_size(made, "Standard_Shop1")
    made.wait(60)
    model_write.resize(made.web, 27)
    made.wait(600)
    with pytest.raises(ArmError, match="Current Usage: 61, Additional Required: 3,"):
        model_write.resize(made.web, 28)


@pytest.mark.parametrize("write", [lambda made: model_write.resize(made.web, 21), lambda made: patch_size(made, "X")])
def test_a_size_that_the_subscription_may_not_have(write):
    rules = [{"name": name, "restricted": "subscription"} for name in ("Standard_D2s_v5", "X")]
    made = world(sizes=rules)
    with pytest.raises(ArmError) as error:
        write(made)
    assert (error.value.status, error.value.code) == (409, "SkuNotAvailable")
    assert error.value.message == (
        f"The requested size for resource '{made.web.id}' is currently not available in location 'westeurope' zones '' "
        "for subscription '5e5e5e5e-0000-4000-8000-000000000001'. Please try another size or deploy to a different "
        "location or zones. See https://aka.ms/azureskunotavailable for details."
    )


def test_a_size_of_which_there_is_none_left():
    error = refused(21, sizes=[{"name": "standard_d2s_v5", "restricted": "capacity"}])
    assert error.code == "SkuNotAvailable"
    assert "Following SKUs have failed for Capacity Restrictions: standard_d2s_v5" in error.message
    resized(19, sizes=[{"name": "standard_d2s_v5", "restricted": "capacity"}])


def test_zones_may_be_restricted():
    rule = {"name": "Standard_D2s_v5", "restricted": "subscription", "restricted_zones": ["2"]}
    resized(21, sizes=[rule])
    made = world("zonal", sizes=[rule])
    with pytest.raises(ArmError, match="zones '1,2,3'"):
        model_write.resize(made.web, 37)


def test_the_list_of_sizes_has_capabilities_and_restrictions():
    site = Site.bundled(
        sizes=[
            {"name": "Standard_E2s_v5", "restricted": "subscription"},
            {"name": "Standard_D4s_v5", "restricted": "subscription", "restricted_zones": ["3"]},
            {"name": "Standard_F2s_v2", "restricted": "capacity"},
            {"name": "Standard_B2s", "locations": ["northeurope"]},
        ]
    )
    skus = site.get(f"{COMPUTE}/skus", "$filter=location%20eq%20'westeurope'").json()["value"]
    entries = {one["name"]: one for one in skus}
    sizes = {one["name"] for one in site.get(f"{COMPUTE}/locations/westeurope/vmSizes").json()["value"]}
    assert set(entries) == sizes
    assert "Standard_B2s" not in sizes
    own = entries["Standard_D2s_v5"]
    assert (own["resourceType"], own["family"], own["restrictions"]) == ("virtualMachines", "standardDSv5Family", [])
    assert own["locationInfo"][0]["zones"] == ["1", "2", "3"]
    able = {one["name"]: one["value"] for one in own["capabilities"]}
    assert (able["vCPUs"], able["MemoryGB"], able["HyperVGenerations"]) == ("2", "8", "V1,V2")
    assert entries["Standard_E2s_v5"]["restrictions"] == [
        {
            "type": "Location",
            "values": ["westeurope"],
            "restrictionInfo": {"locations": ["westeurope"]},
            "reasonCode": "NotAvailableForSubscription",
        }
    ]
    assert entries["Standard_D4s_v5"]["restrictions"][0]["restrictionInfo"]["zones"] == ["3"]
    assert entries["Standard_F2s_v2"]["restrictions"] == []
    assert site.get(f"{COMPUTE}/skus").json()["value"] == skus
    assert site.get(f"{COMPUTE}/skus", "$filter=name%20eq%20'x'").status == 400
