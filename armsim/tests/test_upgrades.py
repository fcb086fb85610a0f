# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What upgrades do to instances, the model and the ledger, second by second on a clock of the test's own."""

from __future__ import annotations

from itertools import pairwise

import pytest

from armsim.actions import instance_actions, model_write, orchestration_services, rolling_upgrades
from armsim.actions.orchestration_services import set_repairs
from armsim.protocol.errors import ArmError

from .conftest import World

OLD, NEWER, NEW = "24.04.202510010", "24.04.202511100", "24.04.202511180"


def image(version):
    reference = {"version": version}
    return {"properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": reference}}}}


def write(world, version=NEW, **headers):
    accepted = model_write.patch(world.web, image(version), headers.get("if_match"), None)
    world.wait(2)
    return accepted


def ids_of_domain(world, number):
    return [instance.id for instance in world.instances if instance.place.update_domain == number]


def test_the_quickstart_has_four_instances_in_each_update_domain(world):
    assert [len(ids_of_domain(world, number)) for number in range(5)] == [4] * 5
    assert {instance.place.fault_domain for instance in world.instances} == set(range(5))
    assert world.account()["in_service"] == world.account()["min_in_service"] == 20


def test_under_manual_policy_a_write_of_the_model_touches_no_instance(world):
    accepted = write(world)
    assert accepted.charge == 0
    assert accepted.operation.status == "Succeeded"
    assert world.account()["min_in_service"] == 20
    assert world.account()["instances_on_target"] == 0
    assert all(instance.model is not world.web.model for instance in world.instances)


def test_an_upgraded_instance_is_out_of_service_at_once_and_back_after_its_first_health_report(world):
    write(world)
    accepted = instance_actions.upgrade_instances(world.web, {"instanceIds": [world.instances[0].id]})
    instance = world.instances[0]
    seen = [(instance.provisioning, instance.power, instance.in_service(0))]
    for _ in range(400):
        world.wait(0.5)
        now = world.simulation.timeline.now
        state = (instance.provisioning, instance.power, instance.in_service(now))
        if state != seen[-1]:
            seen.append(state)
    assert seen == [
        ("Updating", "stopping", False),
        ("Updating", "stopped", False),
        ("Updating", "starting", False),
        ("Updating", "running", False),
        ("Succeeded", "running", False),
        ("Succeeded", "running", True),
    ]
    assert accepted.operation.status == "Succeeded"
    assert instance.image.exact_version == NEW
    assert instance.model is world.web.model


def test_the_operation_ends_with_its_last_instance(world):
    write(world)
    chosen = world.instances[:4]
    accepted = instance_actions.upgrade_instances(world.web, {"instanceIds": [instance.id for instance in chosen]})
    assert accepted.charge == 4
    while accepted.operation.status == "InProgress":
        assert any(instance.provisioning == "Updating" for instance in chosen)
        world.wait(0.1)
    assert all(instance.provisioning == "Succeeded" for instance in chosen)
    assert accepted.operation.ended == pytest.approx(max(instance.changed for instance in chosen))


def test_the_state_does_not_depend_on_when_it_is_asked_for(world):
    other = World.bundled("quickstart")
    for each in (world, other):
        write(each)
        instance_actions.upgrade_instances(each.web, {"instanceIds": ids_of_domain(each, 2)})
    world.wait(500)
    for _ in range(5000):
        other.wait(0.1)
    assert world.account()["timeline"] == other.account()["timeline"]
    assert world.account()["min_in_service"] == 16


def test_the_same_seed_draws_the_same_times_and_another_seed_others():
    timelines = []
    for seed in (4, 4, 5):
        world = World.bundled("quickstart", seed)
        write(world)
        instance_actions.upgrade_instances(world.web, {"instanceIds": ["*"]})
        world.wait(600)
        timelines.append(world.account()["timeline"])
    assert timelines[0] == timelines[1]
    assert timelines[0] != timelines[2]


def test_the_ledger_keeps_the_worst_moment_of_the_set_and_of_each_domain(world):
    write(world)
    instance_actions.upgrade_instances(world.web, {"instanceIds": ids_of_domain(world, 1)})
    world.wait(600)
    account = world.account()
    assert (account["min_in_service"], account["in_service"]) == (16, 20)
    worst = [tally["min_in_service"] for _, tally in sorted(account["domains"].items())]
    assert worst == [4, 0, 4, 4, 4]
    assert account["timeline"][0] == [0.0, 20]
    assert [tally["timeline"][0] for tally in account["domains"].values()] == [[0.0, 4]] * 5
    assert all(min(n for _, n in tally["timeline"]) == tally["min_in_service"] for tally in account["domains"].values())
    assert min(count for _, count in account["timeline"]) == 16


def test_current_instances_cost_nothing_and_end_quickly(world):
    accepted = instance_actions.upgrade_instances(world.web, {"instanceIds": ["*"]})
    world.wait(1)
    assert (accepted.charge, accepted.operation.status) == (0, "Succeeded")
    assert world.account()["min_in_service"] == 20


def test_an_unknown_id_refuses_the_whole_call(world):
    write(world)
    with pytest.raises(ArmError) as refused:
        instance_actions.upgrade_instances(world.web, {"instanceIds": [world.instances[0].id, "999"]})
    assert (refused.value.status, refused.value.code, refused.value.target) == (400, "InvalidParameter", "instanceIds")
    assert world.instances[0].provisioning == "Succeeded"


@pytest.mark.parametrize("body", [None, {}, {"instanceIds": []}, {"instanceIds": "3"}, {"instanceIds": [3]}, []])
def test_a_call_without_ids_is_refused(world, body):
    with pytest.raises(ArmError) as refused:
        instance_actions.upgrade_instances(world.web, body)
    assert refused.value.status == 400


def test_protected_instances_are_skipped(world):
    write(world)
    world.instances[0].protect_from_scale_set_actions = True
    accepted = instance_actions.upgrade_instances(world.web, {"instanceIds": ["*"]})
    world.wait(600)
    assert accepted.charge == 19
    assert world.instances[0].image.exact_version == OLD
    assert world.account()["instances_on_target"] == 19


def test_a_second_action_with_the_same_goal_joins_the_first(world):
    write(world)
    first = instance_actions.upgrade_instances(world.web, {"instanceIds": [world.instances[0].id]})
    world.wait(20)
    second = instance_actions.upgrade_instances(world.web, {"instanceIds": [world.instances[0].id]})
    world.wait(600)
    assert first.operation.status == second.operation.status == "Succeeded"
    assert first.operation.ended == second.operation.ended


def test_an_upgrade_to_a_newer_model_preempts_the_older_one(world):
    write(world, NEWER)
    first = instance_actions.upgrade_instances(world.web, {"instanceIds": [world.instances[0].id]})
    world.wait(20)
    write(world, NEW)
    second = instance_actions.upgrade_instances(world.web, {"instanceIds": [world.instances[0].id]})
    world.wait(600)
    assert first.operation.failure.code == "OperationPreempted"
    assert second.operation.status == "Succeeded"
    assert world.instances[0].image.exact_version == NEW


def test_a_newer_write_of_the_model_preempts_the_older_one(world):
    first = model_write.patch(world.web, image(NEWER), None, None)
    second = model_write.patch(world.web, image(NEW), None, None)
    world.wait(5)
    assert (first.operation.status, first.operation.failure.code) == ("Canceled", "OperationPreempted")
    assert second.operation.status == "Succeeded"


def test_each_write_of_the_model_adds_one_to_the_etag_and_an_action_about_two(world):
    assert world.web.etag == 1
    write(world)
    assert world.web.etag == 2
    instance_actions.upgrade_instances(world.web, {"instanceIds": [world.instances[0].id]})
    world.wait(600)
    assert world.web.etag == 4


def test_a_stale_etag_is_refused_and_changes_nothing(world):
    with pytest.raises(ArmError) as refused:
        write(world, if_match='"7"')
    assert (refused.value.status, refused.value.code) == (412, "PreconditionFailed")
    assert refused.value.message == 'Etag provided in if-match header "7" does not match etag "1" of resource.'
    assert world.web.model.version == 1


def test_the_eleventh_model_is_refused_while_instances_refer_to_ten(world):
    versions = [NEW, NEWER]
    for number in range(9):
        write(world, versions[number % 2])
        instance_actions.upgrade_instances(world.web, {"instanceIds": [world.instances[number].id]})
        world.wait(300)
    with pytest.raises(ArmError) as refused:
        write(world, versions[1])
    assert (refused.value.status, refused.value.code) == (409, "OperationNotAllowed")
    assert "limit of 10 models" in refused.value.message
    instance_actions.upgrade_instances(world.web, {"instanceIds": ["*"]})
    world.wait(600)
    write(world, versions[1])


def test_writing_the_old_image_back_makes_a_new_model_for_instances_that_never_left_it(world):
    write(world, NEW)
    write(world, OLD)
    assert world.account()["instances_on_target"] == 20
    assert all(instance.model is not world.web.model for instance in world.instances)


def test_a_write_that_changes_nothing_leaves_instances_on_the_latest_model(world):
    write(world, OLD)
    assert all(instance.model is world.web.model for instance in world.instances)


def test_under_automatic_policy_a_write_restarts_every_instance_at_once():
    world = World.bundled("automatic")
    accepted = model_write.patch(world.web, image(NEW), None, None)
    assert accepted.charge == 20
    assert world.account()["in_service"] == 0
    world.wait(600)
    assert accepted.operation.status == "Succeeded"
    account = world.account()
    assert (account["min_in_service"], account["instances_on_target"]) == (0, 20)


def test_a_bad_image_leaves_instances_unhealthy_although_the_operation_succeeds():
    world = World.bundled("bad-image")
    set_repairs(world.web, suspended=True)
    write(world, "24.04.202511100")
    accepted = instance_actions.upgrade_instances(world.web, {"instanceIds": [world.instances[0].id]})
    world.wait(900)
    assert accepted.operation.status == "Succeeded"
    report = world.instances[0].health(world.simulation.timeline.now)
    assert report is not None
    assert report[0] == "unhealthy"
    assert world.account()["in_service"] == 19


def test_an_image_that_does_not_provision_fails_instance_and_operation():
    world = World.bundled("bad-image")
    write(world, "24.04.202511110")
    accepted = instance_actions.upgrade_instances(world.web, {"instanceIds": [world.instances[0].id]})
    world.wait(900)
    assert (accepted.operation.status, accepted.operation.failure.code) == ("Failed", "OSProvisioningTimedOut")
    assert world.instances[0].provisioning == "Failed"
    assert world.web.provisioning == "Failed"
    write(world, NEW)
    instance_actions.upgrade_instances(world.web, {"instanceIds": [world.instances[0].id]})
    world.wait(900)
    assert world.account()["in_service"] == 20


def test_under_rolling_policy_a_write_upgrades_batch_by_batch_within_domains(world):
    model_write.set_policy(world.web, "Rolling")
    accepted = model_write.patch(world.web, image(NEW), None, None)
    assert world.web.rolling.record.code == "RollingForward"
    world.wait(3000)
    assert world.web.rolling.record.code == "Completed"
    assert accepted.operation.status == "Succeeded"
    account = world.account()
    assert (account["min_in_service"], account["instances_on_target"]) == (16, 20)


def test_a_rolling_upgrade_to_a_bad_image_is_faulted_after_its_first_batch():
    world = World.bundled("bad-image")
    set_repairs(world.web, suspended=True)
    model_write.set_policy(world.web, "Rolling")
    accepted = model_write.patch(world.web, image("24.04.202511100"), None, None)
    world.wait(3000)
    assert world.web.rolling.record.code == "Faulted"
    assert accepted.operation.failure.code == "MaxUnhealthyUpgradedInstancePercentExceededInRollingUpgrade"
    assert world.account()["instances_on_target"] == 4


def test_a_cancelled_rolling_upgrade_ends_succeeded_and_upgrades_no_more(world):
    model_write.set_policy(world.web, "Rolling")
    accepted = model_write.patch(world.web, image(NEW), None, None)
    world.wait(10)
    rolling_upgrades.cancel_rolling_upgrade(world.web)
    world.wait(3000)
    assert (world.web.rolling.record.code, accepted.operation.status) == ("Cancelled", "Succeeded")
    assert world.account()["instances_on_target"] == 4


def test_there_is_nothing_to_cancel_without_a_rolling_upgrade(world):
    with pytest.raises(ArmError, match="OperationNotAllowed") as refused:
        rolling_upgrades.cancel_rolling_upgrade(world.web)
    assert refused.value.message == "There is no ongoing Rolling Upgrade to cancel."


def test_rolling_policy_without_a_health_source_is_a_bad_request():
    world = World.bundled("service-fabric")
    with pytest.raises(ArmError) as refused:
        model_write.patch(world.web, {"properties": {"upgradePolicy": {"mode": "Rolling"}}}, None, None)
    assert (refused.value.status, refused.value.code) == (400, "BadRequest")


def test_an_instance_that_reports_nothing_is_not_in_service(world):
    world.web.set_health(world.instances[0], "none")
    assert world.account()["in_service"] == 19
    world.web.set_health(world.instances[0], "healthy")
    assert world.account()["in_service"] == 20


def test_health_reports_come_at_the_probe_interval(world):
    instance = world.instances[0]
    times = []
    for _ in range(30):
        report = instance.health(world.simulation.timeline.now)
        assert report is not None
        times.append(report[1])
        world.wait(1)
    steps = {round(after - before, 3) for before, after in pairwise(times)}
    assert steps == {0, 5}


def test_a_deallocated_instance_takes_the_model_and_stays_off():
    world = World.bundled("quickstart")
    world.instances[0].power = "deallocated"
    write(world)
    instance_actions.upgrade_instances(world.web, {"instanceIds": [world.instances[0].id]})
    world.wait(600)
    assert (world.instances[0].power, world.instances[0].image.exact_version) == ("deallocated", NEW)


def test_repairs_are_suspended_and_resumed_when_the_operation_ends(world):
    for action, state in (("Suspend", "Suspended"), ("Resume", "Running")):
        orchestration_services.set_orchestration_service_state(
            world.web, {"serviceName": "AutomaticRepairs", "action": action}
        )
        assert world.web.repairs_state != state
        world.wait(10)
        assert world.web.repairs_state == state


def test_an_instance_may_show_the_new_model_before_its_disk_is_new(world):
    world.web.model_shown_ahead = 60
    write(world)
    instance = world.web.instances[ids_of_domain(world, 0)[0]]
    accepted = instance_actions.upgrade_instances(world.web, {"instanceIds": [instance.id]})
    world.wait(30)
    shown = instance.as_shown()
    assert (instance.applies(world.web.model), shown.image.key.endswith(NEW)) == (True, True)
    assert (instance.power, instance.provisioning, instance.image.key.endswith(OLD)) == ("running", "Succeeded", True)
    assert accepted.operation.status == "InProgress"
    world.wait(60)
    assert (instance.power, instance.provisioning) != ("running", "Succeeded")
    world.wait(600)
    assert (instance.image.key.endswith(NEW), accepted.operation.status) == (True, "Succeeded")
