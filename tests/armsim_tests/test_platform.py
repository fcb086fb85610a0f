# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What the platform does to a set: rolling upgrades, OS upgrades, repairs."""

from __future__ import annotations

import copy

import pytest

from armsim import model_write
from armsim.errors import ArmError
from armsim.orchestration_services import set_repairs
from armsim.os_upgrades import start_extension_upgrade, start_os_upgrade
from armsim.rolling_upgrades import cancel_rolling_upgrade
from armsim.scenario import Actor

from .conftest import World

OLD, BAD, NEW = "24.04.202510010", "24.04.202511100", "24.04.202511180"
HOUR = 3_600.0


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
    start_os_upgrade(world.web)
    world.wait(10)
    assert world.web.rolling.record.code == "Completed"


def test_an_extension_upgrade_leaves_everything_running(world):
    accepted = start_extension_upgrade(world.web)
    world.wait(HOUR)
    assert accepted.operation.status == "Succeeded"
    assert world.account()["min_in_service"] == 20


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


# --- automatic repairs ------------------------------------------------------------------------------------------------


def test_an_instance_that_stays_unhealthy_is_replaced_after_the_grace_period(world):
    sick = world.instances[4]
    world.web.set_health(sick, "unhealthy")
    world.wait(590)
    assert sick in world.instances
    world.wait(600)
    assert sick not in world.instances
    account = world.account()
    assert (account["instances"], account["in_service"], account["capacity"]) == (20, 20, 20)
    assert world.instances[-1].place == sick.place


@pytest.mark.parametrize("action", ["Restart", "Reimage"])
def test_the_policy_says_how_an_instance_is_repaired(action):
    repairs = World.bundled("quickstart").simulation.spec.scale_sets[0].automatic_repairs
    world = with_fields("quickstart", automatic_repairs=repairs.model_copy(update={"action": action}))
    sick, disk = world.instances[4], world.instances[4].disk
    world.web.set_health(sick, "unhealthy")
    world.wait(700)
    assert sick in world.instances
    assert sick.attempts == 1
    world.wait(HOUR)
    assert (sick.disk != disk) == (action == "Reimage")


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


def test_repairs_that_never_help_suspend_themselves():
    world = World.bundled("bad-image")
    write(world, BAD)
    world.web.set_health(world.instances[0], "unhealthy")
    world.wait(48 * HOUR)
    assert world.web.repairs_state == "Suspended"
