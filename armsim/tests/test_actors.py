# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Actors: when they act, what they do, and what the ledger records of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from armsim import scenario
from armsim.actions import model_write
from armsim.actions.instance_actions import upgrade_instances
from armsim.actors import actor_actions
from armsim.cli.ledger import lines
from armsim.protocol.errors import ArmError

from .conftest import World
from .test_wire import NEW

OLDER = "24.04.202511100"


def _stage(*actors: dict[str, Any], **changes: Any) -> World:
    """The quickstart scenario with actors; ``changes`` are of its scale set."""
    document = yaml.safe_load(scenario.locate("quickstart").read_text(encoding="utf-8"))
    document["scale_sets"][0].update(changes)
    return World(scenario.check({**document, "actors": list(actors)}))


def _record(world: World) -> list[dict[str, Any]]:
    record: list[dict[str, Any]] = world.simulation.ledger()["actors"]
    return record


def _moments(world: World) -> list[tuple[float, str]]:
    return [(entry["at"], entry["name"]) for entry in _record(world)]


def _write(world: World, version: str = NEW) -> None:
    image = {"imageReference": {"version": version}}
    body = {"properties": {"virtualMachineProfile": {"storageProfile": image}}}
    model_write.patch(world.web, body, None, None)


def _batch(world: World, *indexes: int) -> list[str]:
    ids = [world.instances[index].id for index in indexes]
    upgrade_instances(world.web, {"instanceIds": ids})
    return ids


# --- when -------------------------------------------------------------------------------------------------------------


def test_an_actor_acts_at_its_time_and_again_as_often_as_configured():
    world = _stage(
        {"name": "once", "when": {"at": 50}, "do": {"read_only": True}},
        {"name": "thrice", "when": {"at": 10, "every": 30}, "times": 3, "do": {"capacity": "+1"}},
        {"name": "always", "when": {"at": 100, "every": 100}, "do": {"read_only": False}},
    )
    world.wait(320)
    assert _moments(world) == [
        (10, "thrice"),
        (40, "thrice"),
        (50, "once"),
        (70, "thrice"),
        (100, "always"),
        (200, "always"),
        (300, "always"),
    ]
    assert world.web.capacity == 23


def test_an_actor_waits_for_the_nth_event_and_acts_so_many_seconds_later():
    world = _stage({"name": "late", "when": {"event": "batch_started", "count": 2, "after": 5}, "do": {"capacity": 25}})
    _write(world)
    world.wait(10)
    for indexes in ((0, 1), (2, 3), (4, 5)):
        _batch(world, *indexes)
        world.wait(100)
    assert _moments(world) == [(115, "late")]


def test_an_upgrade_that_finds_nothing_to_do_is_no_batch():
    world = _stage({"name": "eager", "when": {"event": "batch_started"}, "do": {"capacity": 25}})
    _batch(world, 0, 1)
    world.wait(100)
    assert _moments(world) == []


def test_an_actor_that_follows_requests_acts_after_those_of_its_pattern():
    world = _stage(
        {
            "name": "watcher",
            "when": {"request": "VirtualMachineScaleSetVMs_*", "count": 2},
            "times": 2,
            "do": {"capacity": "+1"},
        }
    )
    for operation in ("VirtualMachineScaleSets_Get", *["virtualMachineScaleSetVMs_List"] * 4):
        world.simulation.actors.requested(operation)
        world.wait(10)
    assert world.web.capacity == 22


@pytest.mark.parametrize(
    ("event", "policy", "times"),
    [
        ("model_written", "Manual", 1),
        ("batch_ended", "Manual", 1),
        ("scaled_out", "Manual", 1),
        ("scaled_in", "Manual", 1),
        ("rolling_upgrade_started", "Rolling", 1),
        ("rolling_batch_started", "Rolling", 5),
        ("rolling_batch_ended", "Rolling", 5),
        ("rolling_upgrade_ended", "Rolling", 1),
    ],
)
def test_every_event_of_a_set_is_told_as_often_as_it_happens(event, policy, times):
    actor = {"name": "clerk", "when": {"event": event}, "times": 50, "do": {"read_only": False}}
    world = _stage(actor, upgrade_policy={"mode": policy})
    if event.startswith("scaled"):
        model_write.resize(world.web, 22 if event == "scaled_out" else 18)
    else:
        _write(world)
        if policy == "Manual":
            _batch(world, 0, 1)
    world.wait(3_000)
    assert len(_record(world)) == times


def test_instances_that_fail_or_become_unhealthy_are_told_once_each():
    world = World.bundled("bad-image")
    published = []
    world.simulation.events.subscribe(lambda event: published.append((event.kind, *event.instances)))
    _write(world, "24.04.202511110")
    failed = _batch(world, 0, 1)
    world.wait(400)
    _write(world, "24.04.202511100")
    unhealthy = _batch(world, 2)
    world.wait(400)
    assert sorted(item for item in published if item[0] == "instance_failed") == [
        ("instance_failed", i) for i in failed
    ]
    assert [item for item in published if item[0] == "instance_unhealthy"] == [("instance_unhealthy", *unhealthy)]


# --- what -------------------------------------------------------------------------------------------------------------


def _at_once(world: World, **action: Any) -> list[str]:
    """Do an action as the admin interface would; returns the ids of the instances it was done to."""
    chosen = actor_actions.apply(
        world.simulation, scenario.ActorAction.model_validate(action), world.simulation.outside
    )
    return [instance.id for instance in chosen]


@pytest.mark.parametrize(("given", "capacity"), [(23, 23), ("+3", 23), ("-4", 16), ("+25%", 25), ("-50%", 10)])
def test_the_capacity_changes_absolutely_or_relatively(world, given, capacity):
    _at_once(world, capacity=given)
    world.wait(300)
    assert (world.web.capacity, len(world.instances)) == (capacity, capacity)


def test_evicted_instances_are_deallocated_or_deleted(world):
    (chosen,) = _at_once(world, instances={"count": 1}, evict="Deallocate")
    world.wait(200)
    assert world.web.instances[chosen].power == "deallocated"
    assert world.account()["in_service"] == 19
    (gone,) = _at_once(world, instances={"count": 1}, evict="Delete")
    world.wait(200)
    assert gone not in world.web.instances
    assert world.web.capacity == 19


def test_an_instance_that_never_returns_fails_after_the_patience_of_the_platform(world):
    lost = world.instances[0]
    _at_once(world, instances=lost.id, never_returns=True)
    _write(world)
    _batch(world, 0, 1)
    world.wait(1_000)
    assert (lost.provisioning, lost.in_service(1_000)) == ("Updating", False)
    world.wait(400)
    assert lost.failure is not None
    assert lost.failure.code == "OSProvisioningTimedOut"
    assert world.instances[1].provisioning == "Succeeded"


def test_slow_boots_delay_only_the_instances_they_are_ordered_for(world):
    slow, quick = world.instances[:2]
    _at_once(world, instances=[slow.id], boot_factor=10)
    _write(world)
    _batch(world, 0, 1)
    world.wait(220)
    assert (slow.power, quick.power) == ("starting", "running")


def test_a_flapping_report_changes_to_and_fro_until_its_time_is_over(world):
    chosen = world.instances[0]
    _at_once(world, instances=chosen.id, flap={"period": 40, "unhealthy": 0.25, "lasts": 100})
    seen = []
    for _ in range(14):
        seen.append(chosen.verdict)
        world.wait(10)
    assert seen == [*(["unhealthy"] + ["healthy"] * 3) * 2, "unhealthy", *["healthy"] * 5]
    assert world.account()["min_in_service"] == 19


def test_what_is_done_to_an_instance_ends_its_flapping(world):
    chosen = world.instances[0]
    _at_once(world, instances=chosen.id, flap={"period": 40})
    _at_once(world, instances=chosen.id, health="healthy")
    world.wait(100)
    assert world.account()["timeline"][-1] == [0.0, 20]


def test_protection_health_and_repairs(world):
    chosen = world.instances[3]
    _at_once(world, instances=chosen.id, protect=True, protect_from_scale_in=True, health="unhealthy")
    assert (chosen.protect_from_scale_set_actions, chosen.protect_from_scale_in, chosen.verdict) == (
        True,
        True,
        "unhealthy",
    )
    _at_once(world, repairs="Suspended")
    assert world.web.repairs_state == "Suspended"


def test_a_withheld_version_is_there_once_it_is_published():
    document = yaml.safe_load(scenario.locate("quickstart").read_text(encoding="utf-8"))
    document["images"]["platform"][0]["versions"][-1]["withheld"] = True
    world = World(scenario.check(document))
    latest = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}

    def newest() -> str | None:
        return world.simulation.catalogue.resolve({"imageReference": latest}, "westeurope").exact_version

    assert newest() == OLDER
    with pytest.raises(ArmError, match=r"no version 1 is withheld; those that are: 24\.04\.202511180"):
        _at_once(world, publish="1")
    _at_once(world, publish=NEW)
    assert newest() == NEW
    assert World(world.simulation.spec).simulation.shelf.images.platform[0].versions[-1].version == OLDER


def test_an_operator_cancels_the_rolling_upgrade():
    actor = {
        "name": "operator",
        "when": {"event": "rolling_batch_started", "count": 2},
        "do": {"cancel_rolling_upgrade": True},
    }
    world = _stage(actor, upgrade_policy={"mode": "Rolling"})
    _write(world)
    world.wait(2_000)
    assert world.web.rolling is not None
    assert world.web.rolling.record.code == "Cancelled"
    assert world.account()["instances_on_target"] == 8


def test_an_operation_in_progress_is_preempted(world):
    _write(world)
    world.wait(5)
    accepted = upgrade_instances(world.web, {"instanceIds": [world.instances[0].id]})
    _at_once(world, preempt=True)
    assert accepted.operation.status == "Canceled"
    assert accepted.operation.failure is not None
    assert accepted.operation.failure.code == "OperationPreempted"
    world.wait(300)
    assert accepted.operation.status == "Canceled"
    assert world.account()["instances_on_target"] == 1


def test_the_instances_of_the_event_can_be_meant():
    actor = {"name": "fate", "when": {"event": "batch_ended"}, "do": {"instances": "event", "health": "unhealthy"}}
    world = _stage(actor)
    _write(world)
    ids = _batch(world, 2, 5)
    world.wait(300)
    assert [instance.id for instance in world.instances if instance.verdict == "unhealthy"] == ids
    assert _record(world)[0]["instances"] == ids


def test_what_cannot_be_done_is_recorded_as_refused():
    world = _stage({"name": "operator", "when": {"at": 5}, "do": {"cancel_rolling_upgrade": True}})
    world.wait(10)
    assert _record(world) == [
        {
            "at": 5,
            "name": "operator",
            "action": {"cancel_rolling_upgrade": True},
            "refused": "OperationNotAllowed: There is no ongoing Rolling Upgrade to cancel.",
        }
    ]


@pytest.mark.parametrize(
    ("actor", "words"),
    [
        ({"when": {"at": 1, "event": "scaled_out"}, "do": {"capacity": 1}}, "exactly one of at, event and request"),
        ({"when": {"event": "scaled_out", "every": 5}, "do": {"capacity": 1}}, "every goes with at"),
        (
            {"when": {"at": 1}, "do": {}},
            "name what to do: one or more of read_only, faults, publish, withdraw, zones_down",
        ),
        ({"when": {"at": 1}, "do": {"delete": True}}, "delete goes with instances: all, event, ids"),
        ({"when": {"at": 1}, "do": {"instances": "all", "capacity": 3}}, "instances goes with one or more of protect"),
        ({"when": {"at": 1}, "do": {"capacity": "many"}}, "do.0.capacity: String should match"),
        ({"when": {"event": "sunrise"}, "do": {"capacity": 1}}, "when.event: Input should be 'model_written', "),
        (
            {"when": {"at": 1}, "do": {"instances": {"count": 1, "share": 1}, "delete": True}},
            "one of ids, count and share",
        ),
    ],
)
def test_a_wrong_part_is_refused_with_what_is_allowed(actor, words):
    with pytest.raises(scenario.ScenarioError, match=words):
        _stage({"name": "other", **actor})


def test_what_actors_did_is_told_to_people_as_well():
    world = _stage(
        {"name": "night", "when": {"at": 90}, "do": {"instances": ["0"], "delete": True}},
        {"name": "operator", "when": {"at": 95.4}, "do": {"cancel_rolling_upgrade": True}},
        id_holes=0,
    )
    world.wait(100)
    assert lines(world.simulation.ledger())[-2:] == [
        'after 90 s night: {"instances": {"ids": ["0"]}, "delete": true} 0',
        'after 95 s operator: {"cancel_rolling_upgrade": true} '
        "refused: OperationNotAllowed: There is no ongoing Rolling Upgrade to cancel.",
    ]


def test_the_same_seed_draws_the_same_instances_and_another_one_others():
    picks = []
    for seed in (1, 1, 2):
        world = World.bundled("spot", seed)
        world.wait(1_000)
        picks.append([entry["instances"] for entry in _record(world)])
    assert picks[0] == picks[1] != picks[2]


# --- bundled scenarios ------------------------------------------------------------------------------------------------


def _roll(world: World, batches: int, wait: float = 200) -> None:
    """Write the new image and upgrade batches of four, each ``wait`` seconds after the one before."""
    _write(world)
    world.wait(10)
    for _ in range(batches):
        lagging = world.web.lagging(world.web.active())[:4]
        upgrade_instances(world.web, {"instanceIds": [instance.id for instance in lagging]})
        world.wait(wait)


def test_autoscale_adds_during_the_second_batch_and_removes_after_the_third():
    world = World.bundled("autoscale")
    _roll(world, 2)
    assert world.web.capacity == 24
    assert len(world.web.lagging(world.web.active())) == 12
    _roll(world, 1)
    assert world.web.capacity == 21
    assert [entry["name"] for entry in _record(world)] == ["evening", "night"]


def test_spot_instances_are_evicted_every_two_minutes_and_after_ten_a_tenth_is_deleted():
    world = World.bundled("spot")
    profile = world.web.document["properties"]["virtualMachineProfile"]
    assert (profile["priority"], profile["evictionPolicy"]) == ("Spot", "Deallocate")
    world.wait(590)
    assert [instance.power for instance in world.instances].count("deallocated") == 4
    world.wait(200)
    assert len(world.instances) == 18


def test_a_second_writer_takes_the_set_to_another_image():
    world = World.bundled("second-writer")
    _roll(world, 2)
    assert world.account()["target_image"].endswith(OLDER)
    world.wait(300)
    assert world.account()["instances_on_target"] == 20


def test_a_quarter_of_the_instances_flaps_on_the_older_image_and_two_others_for_five_minutes():
    world = World.bundled("flapping")
    world.wait(45)
    assert sum(instance.verdict == "unhealthy" for instance in world.instances) == 2
    world.wait(400)
    assert world.account()["in_service"] == 20
    _write(world, OLDER)
    upgrade_instances(world.web, {"instanceIds": ["*"]})
    world.wait(400)
    assert sum(instance.flapping is not None for instance in world.instances) == pytest.approx(5, abs=3)


def _storm(seed: int) -> World:
    world = World.bundled("storm", seed)
    _write(world, OLDER)
    for _ in range(3):
        world.simulation.actors.requested("VirtualMachineScaleSetVMs_List")
    world.wait(10)
    for _ in range(5):
        upgrade_instances(world.web, {"instanceIds": [item.id for item in world.web.lagging(world.web.active())[:4]]})
        world.wait(1_500)
    return world


def test_the_same_seed_makes_the_same_storm_and_another_one_another():
    first, second, other = (json.dumps(_storm(seed).simulation.ledger()["scale_sets"]) for seed in (35, 35, 36))
    assert first == second != other


def test_in_the_storm_everybody_acts():
    world = _storm(35)
    names = {entry["name"] for entry in _record(world)}
    assert names == {actor.name for actor in world.simulation.spec.actors}
    assert not [entry for entry in _record(world) if "refused" in entry]
    assert world.simulation.faults.report()


def test_tags_of_instances_stand_beside_those_of_the_set(world):
    chosen, other = world.instances[:2]
    world.web.document["tags"] = {"team": "shop", "in-use": "no"}
    _at_once(world, instances=chosen.id, tags={"in-use": "true"})
    render = world.simulation.views.instance
    now = world.simulation.timeline.now
    shown = [render(world.web, one, now, "2024-07-01", view=False)["tags"] for one in (chosen, other)]
    assert shown == [{"team": "shop", "in-use": "true"}, {"team": "shop", "in-use": "no"}]
    _at_once(world, instances=chosen.id, tags={"in-use": None})
    assert render(world.web, chosen, now, "2024-07-01", view=False)["tags"] == {"team": "shop", "in-use": "no"}
