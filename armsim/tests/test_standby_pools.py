# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Standby pools: what a scale-out takes from them, how they fill up, and the resource."""

from __future__ import annotations

from collections import Counter

import pytest
import yaml

from armsim import scenario
from armsim.actions import model_write
from armsim.actions.standby_pools import StandbyPool

from .conftest import World
from .in_process import Site

NEW = "24.04.202511180"
OLD = "24.04.202510010"


def document(**pool):
    whole = yaml.safe_load(scenario.locate("flexible").read_text(encoding="utf-8"))
    whole["scale_sets"][0] |= {"capacity": 6, "fault_domains": 1, "standby_pool": {"max_ready": 12, **pool}}
    return whole


def pooled(*, quotas=(), **pool):
    """A world of six instances in three zones and a pool, which is full."""
    world = World(scenario.parse(yaml.safe_dump({**document(**pool), "quotas": list(quotas)}), "standby"))
    (found,) = world.simulation.standby_pools.all()
    return world, found


def zones(instances):
    counts = Counter(one.place.zone for one in instances)
    return [counts[zone] for zone in ("1", "2", "3")]


def write_image(world):
    storage = {"imageReference": {"version": NEW}}
    model_write.patch(world.web, {"properties": {"virtualMachineProfile": {"storageProfile": storage}}}, None, None)
    world.wait(10)


def test_a_pool_is_the_rest_of_the_most_spread_over_the_zones():
    world, pool = pooled()
    assert (pool.size, pool.ready(), zones(pool.instances)) == (6, 6, [2, 2, 2])
    assert len(world.web.active()) == world.account()["instances"] == 6
    assert pooled(min_ready=8)[1].size == 8


def test_a_scale_out_takes_what_waits_and_starts_it():
    world, pool = pooled()
    waiting = {one.vm_id for one in pool.instances}
    operation = model_write.resize(world.web, 9).operation
    taken = [one for one in world.web.active() if one.vm_id in waiting]
    assert (len(taken), zones(world.web.active())) == (3, [3, 3, 3])
    assert {one.power for one in taken} == {"starting"}
    world.wait(600)
    assert operation.status == "Succeeded"
    assert {one.power for one in taken} == {"running"}
    assert world.account()["in_service"] == 9
    assert (pool.size, pool.ready()) == (3, 3)


def test_what_runs_in_the_pool_serves_at_once():
    world, pool = pooled(state="Running")
    model_write.resize(world.web, 9)
    world.wait(5)
    assert world.account()["in_service"] == 9
    assert pool.ready() == 3


def test_a_scale_out_after_an_image_write_yields_instances_of_the_old_image():
    world, pool = pooled()
    write_image(world)
    model_write.resize(world.web, 8)
    world.wait(1200)
    new = [one for one in world.web.active() if one.image.exact_version == NEW]
    assert new == []
    assert world.account()["in_service"] == 8
    assert not any(one.applies(world.web.model) for one in world.web.active())
    # What fills the pool up is made from the present model.
    model_write.resize(world.web, 6)
    world.wait(1200)
    assert Counter(one.image.exact_version for one in pool.instances) == {OLD: 4, NEW: 2}


def test_what_the_pool_does_not_have_is_made():
    world, pool = pooled()
    write_image(world)
    model_write.resize(world.web, 14)
    world.wait(1200)
    assert Counter(one.image.exact_version for one in world.web.active()) == {OLD: 12, NEW: 2}
    assert (pool.size, pool.instances) == (0, [])


def test_only_what_waits_as_it_should_is_taken():
    world, pool = pooled()
    for instance in pool.instances:
        instance.provisioning = "Failed"
    before = {one.vm_id for one in pool.instances}
    model_write.resize(world.web, 9)
    assert not before & {one.vm_id for one in world.web.active()}


def test_a_pool_fills_up_after_a_scale_in_and_puts_away_what_it_has_made():
    world, pool = pooled()
    model_write.resize(world.web, 3)
    world.wait(1)
    world.wait(30)
    assert (pool.size, len(pool.instances)) == (9, 9)
    assert _states(pool)["Creating"] == 3
    world.wait(1200)
    assert pool.ready() == 9
    assert _states(pool)["Deallocated"] == 9


def _states(pool: StandbyPool):
    counts = Counter()
    for zone in pool.view()["properties"]["instanceCountSummary"]:
        counts.update({one["state"]: one["count"] for one in zone["instanceCountsByState"]})
    return counts


def test_what_is_in_the_pool_counts_towards_the_quota_and_needs_no_more_when_it_is_taken():
    world, _ = pooled(quotas=[{"limit": 24}])
    assert world.simulation.quotas.usages("westeurope")[0]["currentValue"] == 24
    model_write.resize(world.web, 12)
    world.wait(1200)
    assert world.account()["in_service"] == 12


def test_a_pool_without_quota_is_degraded():
    _, pool = pooled(quotas=[{"limit": 24}])
    pool.settings.max_ready = 20
    pool.fill()
    status = pool.view()["properties"]["status"]
    assert status["code"] == "HealthState/degraded"
    assert "exceeding approved Total Regional Cores quota" in status["message"]
    assert len(pool.instances) == 6


# --- the resource -----------------------------------------------------------------------------------------------------


@pytest.fixture
def site():
    whole = document()
    del whole["scale_sets"][0]["standby_pool"]
    return Site(scenario.parse(yaml.safe_dump(whole), "standby"))


def address(site, name="pool"):
    return f"{site.web.partition('/providers/')[0]}/providers/Microsoft.StandbyPool/standbyVirtualMachinePools/{name}"


def body(site, location="westeurope", **properties):
    elasticity = {"maxReadyCapacity": 8, "minReadyCapacity": 1}
    fields = {
        "elasticityProfile": elasticity,
        "virtualMachineState": "Running",
        "attachedVirtualMachineScaleSetId": site.web,
    }
    return {"location": location, "properties": {**fields, **properties}}


def test_a_pool_is_made_read_changed_and_deleted(site):
    made = site.call("PUT", address(site), document=body(site))
    assert made.status == 201
    assert "azure-asyncoperation" in made.headers
    site.wait(600)
    shown = site.get(address(site)).json()
    assert shown["properties"] == {**body(site)["properties"], "provisioningState": "Succeeded"}
    for listed in (
        address(site).rpartition("/")[0],
        f"/subscriptions/{site.web.split('/')[2]}/providers/Microsoft.StandbyPool/standbyVirtualMachinePools",
    ):
        assert site.get(listed).json()["value"] == [shown]
    machines = site.get(f"{address(site)}/standbyVirtualMachines").json()["value"]
    assert len(machines) == 2
    assert site.get(machines[0]["id"]).json() == machines[0]
    patch = {"properties": {"virtualMachineState": "Deallocated"}, "tags": {"a": "b"}}
    assert site.call("PATCH", address(site), document=patch).json()["tags"] == {"a": "b"}
    site.wait(600)
    view = site.get(f"{address(site)}/runtimeViews/latest").json()
    assert view["properties"]["instanceCountSummary"][0]["zone"] == 1
    counts = [one["instanceCountsByState"] for one in view["properties"]["instanceCountSummary"]]
    assert sum(one["count"] for zone in counts for one in zone if one["state"] == "Deallocated") == 2
    assert site.get(f"{address(site)}/runtimeViews").json()["value"] == [view]
    assert site.call("PUT", address(site), document=body(site)).status == 200
    gone = site.call("DELETE", address(site))
    assert gone.status == 202
    assert site.get(address(site)).json()["error"]["code"] == "ResourceNotFound"
    assert site.call("DELETE", address(site)).status == 204
    assert site.host.simulation.scale_sets()[0].standby is None


@pytest.mark.parametrize(
    ("changes", "target"),
    [
        ({"elasticityProfile": {}}, "elasticityProfile.maxReadyCapacity"),
        ({"elasticityProfile": {"maxReadyCapacity": 1, "minReadyCapacity": 2}}, "elasticityProfile.minReadyCapacity"),
        ({"elasticityProfile": {"maxReadyCapacity": 2001}}, "elasticityProfile.maxReadyCapacity"),
        ({"virtualMachineState": "Asleep"}, "virtualMachineState"),
        ({"attachedVirtualMachineScaleSetId": "/x"}, "attachedVirtualMachineScaleSetId"),
        ({"location": "northeurope"}, "location"),
    ],
)
def test_a_pool_that_cannot_be_is_refused(site, changes, target):
    answer = site.call("PUT", address(site), document=body(site, **changes))
    assert (answer.status, answer.json()["error"]["target"]) == (400, target)


def test_a_set_has_one_pool(site):
    site.call("PUT", address(site), document=body(site))
    answer = site.call("PUT", address(site, "another"), document=body(site))
    assert "has a standby pool already" in answer.json()["error"]["message"]
    assert site.call("PUT", address(site, "x"), document=body(site)).status == 400
    state = {"properties": {"virtualMachineState": "Deallocated"}}
    assert site.call("PATCH", address(site), document=state).status == 200
    state["properties"]["virtualMachineState"] = "Hibernated"
    assert site.call("PATCH", address(site), document=state).status == 400


def test_a_uniform_set_has_none():
    site = Site.bundled()
    answer = site.call("PUT", address(site), document=body(site))
    assert "Flexible orchestration only" in answer.json()["error"]["message"]
    whole = document()
    whole["scale_sets"][0]["orchestration_mode"] = "Uniform"
    with pytest.raises(scenario.ScenarioError, match="standby_pool"):
        scenario.parse(yaml.safe_dump(whole), "standby")


def test_a_set_that_is_deleted_takes_its_pool_along(site):
    site.call("PUT", address(site), document=body(site))
    site.call("DELETE", site.web)
    site.wait(3600)
    assert site.get(address(site)).status == 404
