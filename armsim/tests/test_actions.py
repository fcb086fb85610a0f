# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Actions on instances: reimage, restart, power, redeploy, delete, eviction, PUT; what they do and what they refuse."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from armsim import scenario
from armsim.actions import eviction, instance_actions, instance_work, model_write
from armsim.actions.deletion import delete_scale_set
from armsim.actions.instance_update import update_instance
from armsim.actions.service_fabric import force_update_domain_walk
from armsim.protocol.errors import ArmError

from .conftest import World

OLD, NEWER, NEW = "24.04.202510010", "24.04.202511100", "24.04.202511180"
ONE = instance_actions.act_on_instance
SOME = instance_actions.act_on_instances


def write_image(world, **reference):
    body = {"properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": reference}}}}
    model_write.patch(world.web, body, None, None)
    world.wait(2)


def states(world, instance, seconds, step=0.5):
    """The states an instance goes through, and whether it is in service in each."""
    seen = []
    for _ in range(int(seconds / step)):
        state = (instance.provisioning, instance.power, instance.in_service(world.simulation.timeline.now))
        if not seen or seen[-1] != state:
            seen.append(state)
        world.wait(step)
    return seen


def view(world, instance):
    return world.simulation.views.instance_view(instance, world.simulation.timeline.now)


RESTARTED = [
    ("Updating", "stopping", False),
    ("Updating", "starting", False),
    ("Updating", "running", False),
    ("Succeeded", "running", False),
    ("Succeeded", "running", True),
]


@pytest.mark.parametrize("work", [instance_work.restart_instance, instance_work.redeploy_instance])
def test_a_restart_and_a_redeployment_keep_disk_and_place(world, work):
    instance = world.instances[3]
    disk, place = instance.disk, instance.place
    accepted = ONE(world.web, "restart", instance, work)
    assert states(world, instance, 400) == RESTARTED
    assert (accepted.charge, accepted.operation.status) == (1, "Succeeded")
    assert (instance.disk, instance.place) == (disk, place)


def test_a_reimage_brings_back_the_image_of_the_instances_own_model_where_that_is_pinned(world):
    write_image(world, version=NEW)
    instance = world.instances[0]
    disk = instance.disk
    accepted = ONE(world.web, "reimage", instance, partial(instance_work.reimage_instance))
    world.wait(1500)
    assert accepted.operation.status == "Succeeded"
    assert instance.disk != disk
    assert instance.image.exact_version == OLD
    assert instance.model is not world.web.model


def test_a_reimage_takes_the_newest_version_where_the_reference_floats():
    document = scenario.load(scenario.locate("quickstart")).model_dump()
    document["images"]["platform"][0]["versions"][-1]["withheld"] = True
    world = World(scenario.Scenario.model_validate(document))
    write_image(world, version="latest")
    instance = world.instances[0]
    instance_actions.upgrade_instances(world.web, {"instanceIds": [instance.id]})
    world.wait(300)
    assert instance.reference["exactVersion"] == NEWER
    simulation = world.simulation
    simulation.shelf.publish(NEW, simulation.calendar.at(simulation.timeline.now))
    SOME(world.web, "reimage", {"instanceIds": [instance.id]}, instance_work.reimage_instance)
    world.wait(1500)
    assert instance.reference["exactVersion"] == NEW
    assert instance.model is world.web.model


def test_an_instance_that_is_stopped_keeps_its_place_and_the_last_report_of_its_agent(world):
    instance = world.instances[0]
    place = instance.place
    reported = view(world, instance)["vmAgent"]
    ONE(world.web, "powerOff", instance, instance_work.power_off_instance)
    assert states(world, instance, 100) == [("Updating", "stopping", False), ("Succeeded", "stopped", False)]
    shown = view(world, instance)
    assert shown["vmAgent"] == reported
    assert "computerName" in shown
    assert shown["statuses"][1]["code"] == "PowerState/stopped"
    assert "vmHealth" not in shown
    assert instance.place == place
    assert world.account()["in_service"] == 19
    ONE(world.web, "start", instance, instance_work.start_instance)
    assert view(world, instance)["vmAgent"] == reported
    assert states(world, instance, 200)[-1] == ("Succeeded", "running", True)
    assert view(world, instance)["vmAgent"] != reported
    assert view(world, instance)["vmHealth"]["status"]["code"] == "HealthState/healthy"


def test_skipping_the_shutdown_stops_an_instance_at_once(world):
    work = partial(instance_work.power_off_instance, skip_shutdown=True)
    ONE(world.web, "powerOff", world.instances[0], work)
    world.wait(1)
    assert world.instances[0].power == "stopped"


def test_a_deallocated_instance_shows_its_domains_on_and_may_start_in_others(world):
    before = [instance.place for instance in world.instances]
    # All of one update domain, and one of another: where a new one would go there is room for it.
    of_domains = [instance for instance in world.instances if instance.place.update_domain == 0]
    chosen = {"instanceIds": [instance.id for instance in (*of_domains, world.instances[1])]}
    accepted = SOME(world.web, "deallocate", chosen, instance_work.deallocate_instance)
    assert accepted.charge == 5
    assert Counter(instance.power for instance in world.instances) == {"deallocating": 5, "running": 15}
    world.wait(120)
    assert world.account()["in_service"] == 15
    shown = view(world, world.instances[0])
    assert [instance.place for instance in world.instances] == before
    assert {"placementGroupId", "platformUpdateDomain", "platformFaultDomain"} <= shown.keys()
    assert {"vmAgent", "computerName"}.isdisjoint(shown)
    assert shown["statuses"][1] == {
        "code": "PowerState/deallocated",
        "level": "Info",
        "displayStatus": "VM deallocated",
    }
    SOME(world.web, "start", {}, instance_work.start_instance)
    world.wait(100)
    after = [instance.place for instance in world.instances]
    assert world.account()["in_service"] == 20
    assert all(place.update_domain is not None for place in after)
    assert Counter(place.update_domain for place in after) == {0: 4, 1: 4, 2: 4, 3: 4, 4: 4}
    assert [place.update_domain for place in before] != [place.update_domain for place in after]
    # The agent of a new host is late: until then none is shown, though the instance serves.
    assert "osName" not in view(world, world.instances[0])
    assert "osName" in view(world, world.instances[2])
    world.wait(150)
    assert view(world, world.instances[0])["vmAgent"]["statuses"][0]["code"] == "ProvisioningState/succeeded"
    tallies = world.account()["domains"].values()
    assert sum(tally["instances"] for tally in tallies) == sum(tally["in_service"] for tally in tallies) == 20


def test_hibernation_is_a_deallocation_that_is_shown(world):
    instance = world.instances[0]
    ONE(world.web, "deallocate", instance, partial(instance_work.deallocate_instance, hibernate=True))
    world.wait(120)
    codes = [status["code"] for status in view(world, instance)["statuses"]]
    assert codes == ["ProvisioningState/succeeded", "PowerState/deallocated", "HibernationState/Hibernated"]
    ONE(world.web, "start", instance, instance_work.start_instance)
    world.wait(120)
    assert len(view(world, instance)["statuses"]) == 2


def test_reapplying_clears_the_failed_state_and_restarts_nobody():
    world = World.bundled("bad-image")
    write_image(world, version="24.04.202511110")
    instance = world.instances[0]
    instance_actions.upgrade_instances(world.web, {"instanceIds": [instance.id]})
    world.wait(900)
    assert instance.provisioning == "Failed"
    accepted = SOME(world.web, "reapply", None, instance_work.reapply_instance)
    world.wait(10)
    assert (accepted.operation.status, instance.provisioning, world.web.provisioning) == ("Succeeded",) * 3
    assert world.account()["min_in_service"] == 19


def test_an_action_of_the_set_passes_over_protected_instances_and_one_of_the_instance_does_not(world):
    instance = world.instances[0]
    instance.protect_from_scale_set_actions = True
    accepted = SOME(world.web, "restart", None, instance_work.restart_instance)
    assert accepted.charge == 19
    assert instance.provisioning == "Succeeded"
    ONE(world.web, "restart", instance, instance_work.restart_instance)
    assert instance.provisioning == "Updating"


def test_an_unknown_id_refuses_the_whole_action(world):
    body = {"instanceIds": [world.instances[0].id, "999"]}
    with pytest.raises(ArmError) as refused:
        SOME(world.web, "restart", body, instance_work.restart_instance)
    assert (refused.value.status, refused.value.code, refused.value.target) == (400, "InvalidParameter", "instanceIds")
    assert world.instances[0].provisioning == "Succeeded"


def test_an_id_that_is_being_deleted_refuses_the_whole_action(world):
    doomed, other = world.instances[:2]
    instance_actions.delete_instances(world.web, {"instanceIds": [doomed.id]})
    with pytest.raises(ArmError) as refused:
        instance_actions.upgrade_instances(world.web, {"instanceIds": [other.id, doomed.id]})
    assert (refused.value.status, refused.value.code) == (409, "OperationNotAllowed")
    assert "marked for deletion" in refused.value.message
    instance_actions.upgrade_instances(world.web, {"instanceIds": ["*"]})


def test_a_second_action_preempts_the_first(world):
    first = ONE(world.web, "restart", world.instances[0], instance_work.restart_instance)
    world.wait(5)
    second = ONE(world.web, "deallocate", world.instances[0], instance_work.deallocate_instance)
    assert (first.operation.status, first.operation.failure.code) == ("Canceled", "OperationPreempted")
    world.wait(200)
    assert (second.operation.status, world.instances[0].power) == ("Succeeded", "deallocated")


def test_an_action_that_leads_to_the_same_end_joins_the_first(world):
    first = SOME(world.web, "deallocate", None, instance_work.deallocate_instance)
    second = SOME(world.web, "deallocate", None, instance_work.deallocate_instance)
    world.wait(200)
    assert first.operation.status == second.operation.status == "Succeeded"
    assert first.operation.ended == second.operation.ended


def test_starting_what_runs_disturbs_nobody(world):
    accepted = SOME(world.web, "start", None, instance_work.start_instance)
    world.wait(5)
    assert accepted.operation.status == "Succeeded"
    assert world.account()["min_in_service"] == 20


def test_one_failure_fails_the_operation_while_the_others_succeed():
    document = scenario.load(scenario.locate("bad-image")).model_dump()
    failing = document["images"]["platform"][0]["versions"]
    for version in failing:
        if version["upgrade_fails"]:
            version["upgrade_fails"]["share"] = 0.5
    world = World(scenario.Scenario.model_validate(document))
    write_image(world, version="24.04.202511110")
    accepted = instance_actions.upgrade_instances(world.web, {"instanceIds": ["*"]})
    world.wait(900)
    failed = [instance for instance in world.instances if instance.provisioning == "Failed"]
    assert 0 < len(failed) < 20
    assert (accepted.operation.status, accepted.operation.failure.code) == ("Failed", "OSProvisioningTimedOut")
    assert world.web.provisioning == "Failed"
    assert {instance.image.exact_version for instance in world.instances} == {"24.04.202511110"}


def test_an_instance_that_fails_once_comes_up_when_it_gets_another_disk():
    document = scenario.load(scenario.locate("quickstart")).model_dump()
    document["images"]["platform"][0]["versions"][-1]["upgrade_fails"] = {"code": "OSProvisioningTimedOut", "times": 1}
    world = World(scenario.Scenario.model_validate(document))
    write_image(world, version="latest")
    accepted = instance_actions.upgrade_instances(world.web, {"instanceIds": ["*"]})
    world.wait(900)
    assert (accepted.operation.status, accepted.operation.failure.code) == ("Failed", "OSProvisioningTimedOut")
    assert {instance.provisioning for instance in world.instances} == {"Failed"}
    one = world.instances[0]
    ONE(world.web, "reimage", one, instance_work.reimage_instance)
    world.wait(900)
    assert (one.provisioning, one.in_service(world.simulation.timeline.now)) == ("Succeeded", True)


def test_a_restart_raises_the_etag_of_the_instance_and_not_that_of_the_set(world):
    instance = world.instances[0]
    before = (world.web.etag, instance.etag)
    ONE(world.web, "restart", instance, instance_work.restart_instance)
    world.wait(200)
    assert (world.web.etag, instance.etag) == (before[0], before[1] + 2)


def test_deleting_instances_lowers_the_capacity(world):
    ids = [instance.id for instance in world.instances[4:7]]
    world.instances[4].protect_from_scale_set_actions = True
    accepted = instance_actions.delete_instances(world.web, {"instanceIds": ids})
    assert (accepted.charge, world.web.capacity) == (3, 17)
    assert {world.web.instances[item].provisioning for item in ids} == {"Deleting"}
    world.wait(100)
    assert accepted.operation.status == "Succeeded"
    assert len(world.instances) == world.account()["instances"] == 17
    assert world.account()["min_in_service"] == 17


def test_deleting_without_ids_is_refused(world):
    with pytest.raises(ArmError, match="instanceIds"):
        instance_actions.delete_instances(world.web, {})


def test_a_set_that_is_deleted_is_deleting_until_its_last_instance_has_gone(world):
    instance_actions.delete_instances(world.web, {"instanceIds": [world.instances[0].id]})
    web = world.web
    accepted = delete_scale_set(web, partial(world.simulation.remove_scale_set, web))
    again = delete_scale_set(web, partial(world.simulation.remove_scale_set, web))
    assert (web.provisioning, accepted.charge, again.operation) == ("Deleting", 20, accepted.operation)
    for refused in (
        partial(model_write.resize, web, 3),
        partial(instance_actions.upgrade_instances, web, {"instanceIds": ["*"]}),
        partial(SOME, web, "start", None, instance_work.start_instance),
    ):
        with pytest.raises(ArmError, match="marked for deletion") as error:
            refused()
        assert error.value.status == 409
    world.wait(100)
    assert accepted.operation.status == "Succeeded"
    assert world.simulation.scale_sets() == []


def test_an_empty_set_can_be_deleted(world):
    model_write.resize(world.web, 0)
    world.wait(200)
    accepted = delete_scale_set(world.web, partial(world.simulation.remove_scale_set, world.web))
    world.wait(100)
    assert accepted.operation.status == "Succeeded"
    assert world.simulation.scale_sets() == []


def test_only_spot_instances_can_be_evicted(world):
    with pytest.raises(ArmError) as refused:
        eviction.simulate_eviction(world.web, world.instances[0])
    assert refused.value.message == "Operation 'simulateEviction' is allowed only for Spot Virtual Machines"


def test_regular_instances_cannot_become_spot_instances(world):
    with pytest.raises(ArmError) as refused:
        model_write.patch(world.web, {"properties": {"virtualMachineProfile": {"priority": "Spot"}}}, None, None)
    assert (refused.value.status, refused.value.code, refused.value.target) == (
        409,
        "PropertyChangeNotAllowed",
        "priority",
    )


@pytest.mark.parametrize("policy", ["Deallocate", "Delete"])
def test_an_evicted_instance_is_deallocated_or_deleted_as_its_model_orders(policy):
    document = scenario.load(scenario.locate("quickstart")).model_dump()
    document["scale_sets"][0]["spot"] = policy
    world = World(scenario.Scenario.model_validate(document))
    instance = world.instances[0]
    place = instance.place
    eviction.simulate_eviction(world.web, instance)
    assert instance.power == ("deallocating" if policy == "Deallocate" else "stopping")
    world.wait(200)
    if policy == "Delete":
        assert instance.id not in world.web.instances
        assert world.web.capacity == 19
    else:
        assert (instance.power, instance.place) == ("deallocated", place)


def protection(**flags):
    return {"properties": {"protectionPolicy": flags}}


def test_a_put_of_an_instance_protects_it_and_does_not_disturb_it(world):
    instance = world.instances[0]
    accepted = update_instance(world.web, instance, protection(protectFromScaleSetActions=True), None, None)
    assert (accepted.charge, instance.provisioning) == (1, "Updating")
    world.wait(5)
    assert accepted.operation.status == "Succeeded"
    assert (instance.protect_from_scale_in, instance.protect_from_scale_set_actions) == (False, True)
    assert instance.applies(world.web.model)
    assert world.account()["min_in_service"] == 20


def test_a_put_that_repeats_the_definition_leaves_it_the_sets(world):
    instance = world.instances[0]
    body = world.simulation.views.instance(world.web, instance, 0.0, "2024-07-01", view=False)
    update_instance(world.web, instance, body, f'"{instance.etag}"', None)
    world.wait(5)
    shown = world.simulation.views.instance(world.web, instance, 0.0, "2024-07-01", view=False)["properties"]
    assert (shown["latestModelApplied"], shown["modelDefinitionApplied"]) == (True, "VirtualMachineScaleSet")
    assert "protectionPolicy" not in shown
    update_instance(world.web, instance, protection(protectFromScaleIn=False), None, None)
    shown = world.simulation.views.instance(world.web, instance, 0.0, "2024-07-01", view=False)["properties"]
    assert shown["protectionPolicy"] == {"protectFromScaleIn": False, "protectFromScaleSetActions": False}


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (None, (None, None), 400),
        ({"properties": []}, (None, None), 400),
        (protection(protectFromScaleIn="yes"), (None, None), 400),
        (protection(), ('"77"', None), 412),
        (protection(), (None, "*"), 412),
    ],
)
def test_a_put_of_an_instance_can_be_refused(world, body, headers, status):
    with pytest.raises(ArmError) as refused:
        update_instance(world.web, world.instances[0], body, *headers)
    assert refused.value.status == status


def test_a_put_of_a_busy_instance_is_a_conflict_unless_it_follows_another(world):
    instance = world.instances[0]
    for _ in range(2):
        update_instance(world.web, instance, protection(), None, None)
    ONE(world.web, "restart", instance, instance_work.restart_instance)
    with pytest.raises(ArmError) as refused:
        update_instance(world.web, instance, protection(), None, None)
    assert (refused.value.status, refused.value.code) == (409, "Conflict")


def test_a_forced_walk_names_the_next_domain_until_the_last():
    world = World.bundled("service-fabric")
    answers = [force_update_domain_walk(world.web, str(number), None, None) for number in range(5)]
    assert answers[:4] == [{"walkPerformed": True, "nextPlatformUpdateDomain": number} for number in range(1, 5)]
    assert answers[4] == {"walkPerformed": True}
    with pytest.raises(ArmError, match="platformUpdateDomain"):
        force_update_domain_walk(world.web, None, None, None)


def test_a_machine_of_a_flexible_set_is_no_affair_of_the_set():
    world = World.bundled("flexible")
    machine = world.instances[0]
    before = world.web.etag
    accepted = instance_actions.act_on_machine(world.web, "restart", machine, instance_work.restart_instance)
    assert (accepted.charge, world.web.provisioning, world.web.etag) == (None, "Succeeded", before)
    assert machine.provisioning == "Updating"
    world.wait(200)
    assert accepted.operation.status == "Succeeded"
