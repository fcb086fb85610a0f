# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What the platform does to a set: rolling upgrades, OS upgrades, repairs."""

from __future__ import annotations

import copy

import pytest

from armsim.actions import model_write
from armsim.actions.deletion import delete_scale_set
from armsim.actions.instance_update import update_instance
from armsim.actions.orchestration_services import set_repairs
from armsim.actions.os_upgrades import start_extension_upgrade, start_os_upgrade
from armsim.actions.rolling_upgrades import cancel_rolling_upgrade
from armsim.actions.scaling import delete_instance
from armsim.instances.instance import Instance
from armsim.protocol.errors import ArmError
from armsim.scenario import Actor, Scenario

from .conftest import World

OLD, BAD, NEW = "24.04.202510010", "24.04.202511100", "24.04.202511180"
HOUR = 3_600.0
SLOWLY = {"pauseTimeBetweenBatches": "PT10M"}


def write(world: World, version: str, **policy: object) -> None:
    """Write the image, and a Rolling policy where one is given."""
    reference = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": version}
    properties: dict[str, object] = {"virtualMachineProfile": {"storageProfile": {"imageReference": reference}}}
    if policy:
        properties["upgradePolicy"] = {"mode": "Rolling", "rollingUpgradePolicy": policy}
    model_write.patch(world.web, {"properties": properties}, None, None)
    world.wait(1)


def with_fields(name: str, **fields: object) -> World:
    """A bundled scenario whose set has other fields."""
    world = World.bundled(name)
    spec = world.simulation.spec
    changed = spec.scale_sets[0].model_copy(update=fields)
    return World(spec.model_copy(update={"scale_sets": [changed]}))


# --- rolling upgrades -------------------------------------------------------------------------------------------------


def test_with_max_surge_new_instances_replace_the_old_ones_and_none_is_missed(world):
    old = {instance.id for instance in world.instances}
    write(world, NEW, maxSurge=True, maxBatchInstancePercent=20)
    world.wait(2 * HOUR)
    assert world.web.rolling.record.code == "Completed"
    assert not old & {instance.id for instance in world.instances}
    account = world.account()
    assert (account["instances"], account["instances_on_target"], account["min_in_service"]) == (20, 20, 20)


def test_max_surge_upgrades_in_place_where_no_new_instances_can_be_made(world):
    old = {instance.id for instance in world.instances}
    write(world, NEW, maxSurge=True, maxBatchInstancePercent=20)
    ubuntu = world.simulation.catalogue.find_platform("Canonical", "ubuntu-24_04-lts", "server")
    ubuntu.versions[:] = [item.model_copy(update={"deprecation": "Deprecated"}) for item in ubuntu.versions]
    world.wait(2 * HOUR)
    assert world.web.rolling.record.code == "Completed"
    # The first batch had already been replaced.
    assert len(old & {instance.id for instance in world.instances}) == 16
    assert world.account()["instances_on_target"] == 20


def test_failed_instances_get_their_old_disk_back_where_the_policy_says_so():
    world = World.bundled("bad-image")
    set_repairs(world.web, suspended=True)
    write(world, BAD, rollbackFailedInstancesOnPolicyBreach=True)
    world.wait(2 * HOUR)
    rolling = world.web.rolling
    assert (rolling.record.code, rolling.record.rolled_back) == ("Faulted", 4)
    assert {instance.image.exact_version for instance in world.instances} == {OLD}
    assert world.account()["in_service"] == 20


def test_a_write_that_changes_nothing_starts_a_cancelled_upgrade_again(world):
    write(world, NEW, maxBatchInstancePercent=20)
    cancel_rolling_upgrade(world.web)
    world.wait(HOUR)
    body = world.web.rolling.body("westeurope", world.simulation.calendar)["properties"]
    assert body["runningStatus"]["code"] == "Cancelled"
    assert body["progress"]["successfulInstanceCount"] == 4
    model_write.patch(world.web, {"tags": {}}, None, None)
    world.wait(2 * HOUR)
    assert world.web.rolling.record.code == "Completed"
    assert world.account()["instances_on_target"] == 20


def test_too_many_sick_instances_stop_an_upgrade_before_it_begins(world):
    set_repairs(world.web, suspended=True)
    for instance in world.instances[:5]:
        world.web.set_health(instance, "unhealthy")
    write(world, NEW, maxUnhealthyInstancePercent=20)
    assert world.web.rolling.record.failure.code == "MaxUnhealthyInstancePercentExceededBeforeRollingUpgrade"
    assert world.account()["instances_on_target"] == 0


def test_patience_with_slow_instances_begins_when_they_are_upgraded():
    world = World.bundled("slow")
    set_repairs(world.web, suspended=True)
    write(world, NEW, maxBatchInstancePercent=20)
    world.wait(24 * HOUR)
    assert world.web.rolling.record.code == "Completed"


def test_an_instance_that_is_deleted_meanwhile_is_no_failure(world):
    write(world, NEW, maxBatchInstancePercent=20)
    gone = next(instance for instance in world.instances if instance.work is not None)
    delete_instance(world.web, gone, lambda _failure: None)
    world.wait(2 * HOUR)
    assert world.web.rolling.record.code == "Completed"
    assert world.web.rolling.progress()["failedInstanceCount"] == 0


def test_what_was_rolled_back_stays_a_failure_and_a_cancelled_rollback_stays_cancelled():
    world = World.bundled("bad-image")
    set_repairs(world.web, suspended=True)
    write(world, BAD, rollbackFailedInstancesOnPolicyBreach=True)
    while world.web.rolling.record.code == "RollingForward":
        world.wait(5)
    assert world.web.rolling.record.code == "RollingBack"
    cancel_rolling_upgrade(world.web)
    world.wait(2 * HOUR)
    assert world.web.rolling.record.code == "Cancelled"
    assert world.account()["in_service"] == 20
    assert world.web.rolling.progress()["failedInstanceCount"] == 4


def test_new_instances_of_max_surge_that_are_not_healthy_go_again():
    world = World.bundled("bad-image")
    set_repairs(world.web, suspended=True)
    old = {instance.id for instance in world.instances}
    write(world, BAD, maxSurge=True)
    world.wait(2 * HOUR)
    assert world.web.rolling.record.code == "Faulted"
    assert {instance.id for instance in world.instances} == old
    assert world.web.rolling.progress()["failedInstanceCount"] == 4


# --- OS upgrades ------------------------------------------------------------------------------------------------------


def test_an_os_upgrade_needs_a_floating_reference(world):
    with pytest.raises(ArmError, match="OperationNotAllowed") as refused:
        start_os_upgrade(world.web)
    assert "imageReference.version set to latest" in refused.value.message


def test_an_os_upgrade_brings_all_to_the_newest_version_and_stands_in_the_history():
    world = with_fields("quickstart", image=floating("quickstart"))
    newer = publish(world, "24.04.202512010")
    accepted = start_os_upgrade(world.web)
    with pytest.raises(ArmError):
        start_os_upgrade(world.web)
    world.wait(2 * HOUR)
    assert accepted.operation.status == "Succeeded"
    assert {instance.image.exact_version for instance in world.instances} == {newer}
    assert world.account()["min_in_service"] == 16
    entry = world.web.os_upgrades[0].body("westeurope", world.simulation.calendar)["properties"]
    assert entry["runningStatus"]["code"] == "Completed"
    assert entry["startedBy"] == "User"
    assert entry["targetImageReference"]["exactVersion"] == newer
    assert entry["progress"]["successfulInstanceCount"] == 20
    again = start_os_upgrade(world.web)
    world.wait(90)
    assert (world.web.rolling.record.code, again.operation.status) == ("RollingForward", "InProgress")
    world.wait(31)
    assert (world.web.rolling.record.code, again.operation.status) == ("Completed", "Succeeded")


def test_an_extension_upgrade_leaves_everything_running(world):
    accepted = start_extension_upgrade(world.web)
    world.wait(HOUR)
    assert accepted.operation.status == "Succeeded"
    assert world.account()["min_in_service"] == 20


@pytest.mark.parametrize("start", [start_os_upgrade, start_extension_upgrade])
def test_nothing_is_upgraded_in_a_set_that_is_being_deleted(start):
    world = with_fields("quickstart", image=floating("quickstart"))
    delete_scale_set(world.web, lambda: None)
    with pytest.raises(ArmError, match="marked for deletion"):
        start(world.web)


def floating(name: str):
    image = World.bundled(name).simulation.spec.scale_sets[0].image
    return image.model_copy(update={"version": "latest"})


def publish(world: World, version: str, **behaviour: object) -> str:
    """One more version of the platform image, from now on."""
    versions = world.simulation.catalogue.platform[0].versions
    versions.append(copy.deepcopy(versions[-1]).model_copy(update={"version": version, **behaviour}))
    return version


def automatic(**version: object) -> World:
    """The quickstart set with automatic OS upgrades on `latest`, and a newer version that comes out after an hour."""
    spec = World.bundled("quickstart").simulation.spec
    scale_set = spec.scale_sets[0]
    policy = scale_set.upgrade_policy.model_copy(update={"automatic_os_upgrade": True})
    changed = scale_set.model_copy(update={"image": floating("quickstart"), "upgrade_policy": policy})
    platform = spec.images.platform[0]
    newest = platform.versions[-1].model_copy(update={"version": "24.04.202512010", "withheld": True, **version})
    images = spec.images.model_copy(
        update={"platform": [platform.model_copy(update={"versions": [*platform.versions, newest]})]}
    )
    actor = Actor.model_validate({"name": "publisher", "when": {"at": HOUR}, "do": {"publish": "24.04.202512010"}})
    return World(spec.model_copy(update={"scale_sets": [changed], "images": images, "actors": [actor]}))


def opted_out(world: World) -> Scenario:
    """The scenario of ``world``, without the automatic OS upgrades."""
    spec = world.simulation.spec
    scale_set = spec.scale_sets[0]
    policy = scale_set.upgrade_policy.model_copy(update={"automatic_os_upgrade": False})
    return spec.model_copy(update={"scale_sets": [scale_set.model_copy(update={"upgrade_policy": policy})]})


def test_the_platform_upgrades_by_itself_when_a_version_comes_out():
    world = automatic()
    world.wait(HOUR - 1)
    assert {instance.image.exact_version for instance in world.instances} == {NEW}
    assert world.web.rolling is None
    world.wait(3 * HOUR)
    assert {instance.image.exact_version for instance in world.instances} == {"24.04.202512010"}
    assert [upgrade.upgrade.record.started_by for upgrade in world.web.os_upgrades] == ["Platform"]
    assert world.account()["min_in_service"] == 16


def test_the_platform_takes_a_bad_version_back():
    world = automatic(health="unhealthy")
    set_repairs(world.web, suspended=True)
    world.wait(4 * HOUR)
    upgrade = world.web.os_upgrades[0].upgrade
    assert (upgrade.record.code, upgrade.record.rolled_back) == ("Faulted", 4)
    assert {instance.image.exact_version for instance in world.instances} == {NEW}
    assert world.account()["in_service"] == 20


def test_the_platform_restores_each_failed_instance_and_goes_on_below_the_threshold():
    world = automatic(health="unhealthy", health_share=0.2)
    set_repairs(world.web, suspended=True)
    policy = world.web.document["properties"]["upgradePolicy"]
    policy["automaticOSUpgradePolicy"]["useRollingUpgradePolicy"] = True
    policy["rollingUpgradePolicy"]["maxUnhealthyUpgradedInstancePercent"] = 100
    world.wait(6 * HOUR)
    upgrade = world.web.os_upgrades[0].upgrade
    behind = [one for one in world.instances if one.image.exact_version == NEW]
    assert upgrade.record.code == "Completed"
    assert 0 < len(behind) == upgrade.record.rolled_back == upgrade.progress()["failedInstanceCount"] < 20
    assert world.account()["in_service"] == 20


def test_the_platform_leaves_a_bad_version_where_rollback_is_disabled():
    world = automatic(health="unhealthy")
    set_repairs(world.web, suspended=True)
    world.web.document["properties"]["upgradePolicy"]["automaticOSUpgradePolicy"]["disableAutomaticRollback"] = True
    world.wait(4 * HOUR)
    record = world.web.os_upgrades[0].upgrade.record
    assert (record.code, record.rolled_back) == ("Faulted", 0)
    assert world.account()["in_service"] == 16


def test_a_set_that_is_opted_in_later_gets_the_versions_that_come_out_later():
    world = automatic()
    settings = world.web.document["properties"]["upgradePolicy"].pop("automaticOSUpgradePolicy")
    world = World(opted_out(world))
    model_write.patch(world.web, {"properties": {"upgradePolicy": {"automaticOSUpgradePolicy": settings}}}, None, None)
    world.wait(4 * HOUR)
    assert {instance.image.exact_version for instance in world.instances} == {"24.04.202512010"}


def test_a_version_that_comes_out_during_a_rolling_upgrade_is_taken_up_after_it():
    world = automatic()
    world.wait(HOUR - 10)
    model_write.set_policy(world.web, "Rolling")
    size = {"sku": {"name": "Standard_D4s_v5"}, "properties": {"upgradePolicy": {"rollingUpgradePolicy": SLOWLY}}}
    model_write.patch(world.web, size, None, None)
    world.wait(1500)
    assert world.web.rolling.record.active
    assert not world.web.os_upgrades
    world.wait(6 * HOUR)
    assert {instance.image.exact_version for instance in world.instances} == {"24.04.202512010"}


def test_os_upgrades_are_actions_and_their_history_is_a_list(new_client):
    client = new_client("quickstart")
    refused = client.call("POST", f"{client.web}/osRollingUpgrade")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "OperationNotAllowed")
    accepted = client.call("POST", f"{client.web}/extensionRollingUpgrade")
    assert (accepted.status_code, accepted.content) == (202, b"")
    assert client.poll(accepted)["status"] == "Succeeded"
    assert "monitor=true" in accepted.headers["Location"]
    assert client.get(f"{client.web}/rollingUpgrades/latest").json()["properties"]["runningStatus"]["code"] == (
        "Completed"
    )
    assert client.get(f"{client.web}/osUpgradeHistory").json() == {"value": []}


# --- the rich health extension ----------------------------------------------------------------------------------------


def rich(**health: object) -> World:
    """The quickstart set with rich health states and a grace period of five minutes."""
    source = World.bundled("quickstart").simulation.spec.scale_sets[0].health
    return with_fields(
        "quickstart",
        automatic_repairs=None,
        health=source.model_copy(update={"rich": True, "grace_period": 300, **health}),
    )


def states(world: World, instance: Instance) -> list[str]:
    """The health states that a restart leads through."""
    world.web.lifecycle.restart(instance, lambda _failure: None)
    seen: list[str] = []
    for _ in range(900):
        world.wait(1)
        report = instance.health(world.simulation.timeline.now)
        if report is not None and report[0] not in seen[-1:]:
            seen.append(report[0])
    return seen


@pytest.mark.parametrize("verdict", ["healthy", "unhealthy"])
def test_a_rich_extension_initializes_until_its_first_verdict(verdict):
    world = rich()
    world.web.set_health(world.instances[0], verdict)
    assert states(world, world.instances[0]) == ["initializing", verdict]


@pytest.mark.parametrize(("protocol", "overdue"), [("http", "unknown"), ("tcp", "unhealthy")])
def test_a_verdict_that_is_late_leaves_a_rich_extension_at_a_loss(protocol, overdue):
    world = rich(protocol=protocol, grace_period=5)
    assert states(world, world.instances[0]) == ["initializing", overdue, "healthy"]


def test_without_a_valid_answer_a_rich_extension_initializes_for_its_grace_period():
    world = rich()
    instance = world.instances[0]
    world.web.set_health(instance, "unknown")
    assert states(world, instance) == ["initializing", "unknown"]
    assert instance.reporting_since - instance.agent_since == 300


def test_a_rolling_upgrade_waits_for_instances_that_initialize():
    world = rich(grace_period=1200)
    versions = world.simulation.catalogue.platform[0].versions
    versions[-1] = versions[-1].model_copy(update={"health": "unknown"})
    write(world, NEW, maxBatchInstancePercent=20)
    world.wait(1100)
    assert world.web.rolling.record.code == "RollingForward"
    world.wait(600)
    assert world.web.rolling.record.code == "Faulted"


# --- automatic repairs ------------------------------------------------------------------------------------------------


def test_an_instance_that_stays_unhealthy_is_replaced_after_the_grace_period(world):
    unhealthy = world.instances[4]
    world.web.set_health(unhealthy, "unhealthy")
    world.wait(590)
    assert unhealthy in world.instances
    world.wait(600)
    assert unhealthy not in world.instances
    account = world.account()
    assert (account["instances"], account["in_service"], account["capacity"]) == (20, 20, 20)
    assert world.instances[-1].place == unhealthy.place


@pytest.mark.parametrize("action", ["Restart", "Reimage"])
def test_the_policy_says_how_an_instance_is_repaired(action):
    repairs = World.bundled("quickstart").simulation.spec.scale_sets[0].automatic_repairs
    world = with_fields("quickstart", automatic_repairs=repairs.model_copy(update={"action": action}))
    unhealthy, disk = world.instances[4], world.instances[4].disk
    world.web.set_health(unhealthy, "unhealthy")
    world.wait(700)
    assert unhealthy in world.instances
    assert unhealthy.attempts == 1
    world.wait(HOUR)
    assert (unhealthy.disk != disk) == (action == "Reimage")


def test_one_of_twenty_is_repaired_at_a_time_and_the_protected_are_not(world):
    for instance in world.instances[:3]:
        world.web.set_health(instance, "unhealthy")
    world.instances[0].protect_from_scale_set_actions = True
    protected = world.instances[0]
    lowest = 20
    for _ in range(200):
        world.wait(30)
        lowest = min(lowest, len(world.web.active()))
    assert lowest == 20
    assert protected in world.instances
    assert [one.verdict for one in world.instances].count("unhealthy") == 1


def test_a_healthy_report_within_the_grace_period_spares_the_instance(world):
    instance = world.instances[0]
    world.web.set_health(instance, "unhealthy")
    world.wait(300)
    world.web.set_health(instance, "healthy")
    world.wait(200)
    world.web.set_health(instance, "unhealthy")
    world.wait(590)
    assert instance in world.instances
    world.wait(60)
    assert instance not in world.web.active()


def test_a_write_of_the_model_begins_the_grace_period_anew(world):
    instance = world.instances[0]
    world.web.set_health(instance, "unhealthy")
    world.wait(500)
    model_write.patch(world.web, {"tags": {"a": "b"}}, None, None)
    world.wait(590)
    assert instance in world.web.active()
    world.wait(60)
    assert instance not in world.web.active()


def test_suspended_repairs_do_nothing_until_they_are_resumed(world):
    set_repairs(world.web, suspended=True)
    instance = world.instances[0]
    world.web.set_health(instance, "unhealthy")
    world.wait(4 * HOUR)
    assert instance in world.web.active()
    set_repairs(world.web, suspended=False)
    world.wait(700)
    assert instance not in world.web.active()


def test_repairs_that_are_enabled_later_find_what_is_unhealthy_already():
    world = with_fields("quickstart", automatic_repairs=None)
    unhealthy = world.instances[0]
    world.web.set_health(unhealthy, "unhealthy")
    world.wait(HOUR)
    policy = {"automaticRepairsPolicy": {"enabled": True, "gracePeriod": "PT10M"}}
    model_write.patch(world.web, {"properties": policy}, None, None)
    world.wait(590)
    assert unhealthy in world.web.active()
    world.wait(60)
    assert unhealthy not in world.web.active()


@pytest.mark.parametrize("protection", ["protectFromScaleIn", "protectFromScaleSetActions"])
def test_either_protection_spares_an_instance_until_it_is_lifted(world, protection):
    unhealthy = world.instances[0]
    world.web.set_health(unhealthy, "unhealthy")
    protect(world, unhealthy, **{protection: True})
    world.wait(4 * HOUR)
    assert unhealthy in world.web.active()
    protect(world, unhealthy)
    world.wait(700)
    assert unhealthy not in world.web.active()


def protect(world: World, instance: Instance, **policy: bool) -> None:
    update_instance(world.web, instance, {"properties": {"protectionPolicy": policy}}, None, None)


def test_of_a_thousand_sick_instances_fifty_are_repaired_at_a_time():
    repairs = World.bundled("quickstart").simulation.spec.scale_sets[0].automatic_repairs
    world = with_fields("thousand", automatic_repairs=repairs)
    for instance in world.instances:
        world.web.set_health(instance, "unhealthy")
    at_once = []
    for _ in range(40):
        world.wait(50)
        at_once.append(sum(instance.provisioning == "Updating" for instance in world.instances))
    assert max(at_once) == 50
    assert world.account()["in_service"] >= 100


def test_repairs_that_never_help_suspend_themselves():
    world = World.bundled("bad-image")
    write(world, BAD)
    world.web.set_health(world.instances[0], "unhealthy")
    world.wait(48 * HOUR)
    assert world.web.repairs_state == "Suspended"
