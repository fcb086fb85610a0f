# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The judge sees what is broken: each test breaks the collection in one place, and rolls through the same worlds."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._azure import error_map
from ansible_collections.azroll.vmss.plugins.module_utils._azure.refusals import _BARE, meaning
from ansible_collections.azroll.vmss.plugins.module_utils._calls import preflight
from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import NoEffect, VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._guards.baseline import Baseline
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model import origin, service_state
from ansible_collections.azroll.vmss.plugins.module_utils._model.progress import Progress
from ansible_collections.azroll.vmss.plugins.module_utils._operations import hold_release, set_image, watch
from ansible_collections.azroll.vmss.plugins.module_utils._operations.hold_release import LeaseManager, Outcome
from ansible_collections.azroll.vmss.plugins.module_utils._operations.wait_state import WaitState
from ansible_collections.azroll.vmss.plugins.module_utils._plan import batches as plan_batches
from ansible_collections.azroll.vmss.plugins.module_utils._plan import budget, upgrade_call
from ansible_collections.azroll.vmss.plugins.module_utils._plan.types import Order
from ansible_collections.azroll.vmss.plugins.module_utils._preflight import check_instances
from ansible_collections.azroll.vmss.plugins.module_utils._rollout import failure_policy, state
from ansible_collections.azroll.vmss.plugins.module_utils._rollout import report as rollout_report
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.state import sent_ids
from ansible_collections.azroll.vmss.plugins.module_utils._steps import failure, finish
from ansible_collections.azroll.vmss.plugins.module_utils._steps import state as steps_state
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import ModuleCall
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import State
from ansible_collections.azroll.vmss.plugins.module_utils._steps.waits import divide
from ansible_collections.azroll.vmss.plugins.module_utils._tags.image_history import ImageHistory
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import Lease, let_go
from rollouts.arm import Arm
from rollouts.driver import Rollout
from rollouts.play import answer
from rollouts.rollout import roll
from rollouts.site import Weather
from rollouts.worlds import OTHER, PUBLISHER, REFUSALS, WINDOWS, World, quiet, random_world, throttled_world


def same(world: World) -> World:
    return world


def shown(words: str, change: Callable[[World], World] = same) -> bool:
    """Whether the judge says so of one of many worlds; few of them show each fault."""
    worlds = (change(random_world(random.Random(seed), largest=30)) for seed in range(1_000, 1_400))
    return any(words in violation for world in worlds for violation in roll(world).violations)


def test_a_budget_that_nobody_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrade_call, "exceeded", lambda *_: None)
    monkeypatch.setattr(upgrade_call, "_fitting", lambda _parts, _out, send, _doubt: list(send))
    assert shown("below the minimum in service")


def test_a_gate_that_lets_everything_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def done(_instances: Any, ids: Any, *_rest: Any, **_options: Any) -> Progress:
        return Progress("healthy", len(ids))

    monkeypatch.setattr(watch, "healthy", done)
    monkeypatch.setattr(watch, "upgraded", done)
    assert shown("a bad image past the canary")


def with_old_reports(world: World) -> World:
    """The world with the old system's last report shown for a minute and a half after an upgrade."""
    set_ = world.document["scale_sets"][0]
    if set_["health"]["source"] == "none":
        return world
    timings = {**world.document.get("timings", {}), "old_report": 90}
    return replace(world, document={**world.document, "timings": timings})


def test_a_report_of_the_old_system_that_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "demanded", lambda *_: None)
    assert shown("a bad image past the canary", with_old_reports)


def failed_but_serving(world: World) -> World:
    """The world with instances of which the last operation failed, and which report that they are healthy."""
    set_ = world.document["scale_sets"][0]
    if set_["orchestration_mode"] == "Flexible" or set_["health"]["source"] == "none":
        return world
    failed = {str(number): {"state": "failed", "health": "healthy"} for number in range(world.size)}
    return replace(world, document={**world.document, "scale_sets": [{**set_, "instances": failed, "missing": 0}]})


def test_instances_that_serve_and_are_handled_as_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_state, "_outdated", lambda instance: instance.failed)
    monkeypatch.setattr(upgrade_call, "doubtful", lambda *_: frozenset())
    assert shown("below the minimum in service", failed_but_serving)


def short_of_some(world: World) -> World:
    """The world with a set that has fewer instances than its capacity asks for."""
    set_ = {**world.document["scale_sets"][0], "instances": {}, "missing": (world.size - 1) // 5}
    accept = tuple(one for one in world.options.accept if one != "instances_missing")
    document = {**world.document, "scale_sets": [set_]}
    return replace(world, document=document, options=replace(world.options, accept=accept))


def test_a_floor_of_what_is_listed_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "missing_of", lambda *_: 0)
    monkeypatch.setattr(check_instances, "missing_of", lambda *_: 0)
    assert shown("below the minimum in service", short_of_some)


def test_instances_that_are_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrade_call, "is_stale", lambda *_, **__: True)
    monkeypatch.setattr(plan_batches, "is_stale", lambda *_, **__: True)
    assert shown("upgraded again")


def stormy(world: World) -> World:
    """The world with more trouble on the way to it."""
    return replace(world, weather=replace(world.weather, rate=0.1))


def test_a_decision_that_is_older_than_its_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Deadline, "decision", lambda _deadline: nullcontext())
    monkeypatch.setattr(Deadline, "check_fresh", lambda *_, **__: None)
    assert shown("instances was read", stormy)
    assert shown("model was read", stormy)


def test_a_write_that_is_repeated_by_the_same_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    send = Arm.upgrade_instances

    def twice(arm: Arm, *given: Any, **options: Any) -> Any:
        try:
            return send(arm, *given, **options)
        except VmssError as error:
            if not error.unanswered:
                raise
            return send(arm, *given, **options)

    monkeypatch.setattr(Arm, "upgrade_instances", twice)
    assert shown("twice by one reading of instances", stormy)


def with_tags_in_the_model(world: World) -> World:
    """The world where a write of tags makes a new model, and nobody else is about."""
    sets = [{**world.document["scale_sets"][0], "tags_are_model": True}]
    document = {**world.document, "scale_sets": sets, "actors": []}
    weather = replace(world.weather, rate=0.0, touches=0.0, outages=())
    return replace(world, document=document, weather=weather, kills=(), back=False, sequel=False)


def test_a_model_made_by_tags_that_nobody_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LeaseManager, "_made_model", lambda _keeper: False)
    assert shown("the second run wrote: upgrade", with_tags_in_the_model)


def test_a_batch_that_is_done_before_its_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch.Watch, "_runs", lambda *_: False)
    assert shown("while the operation of")


def test_holds_that_are_never_released(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LeaseManager, "release", lambda *_, **__: Outcome(None, None))
    assert shown("automatic repairs were Running and are Suspended")
    assert shown("tags of a lease are left")


def scaled(world: World) -> World:
    """The world with nothing but a service that scales the set, which is accepted."""
    actions = ({"capacity": "-60%"}, {"capacity": "+1"})
    actors = [
        {"name": f"scaler {at}", "when": {"event": "batch_ended", "after": at}, "do": action}
        for at, action in enumerate(actions)
    ]
    set_ = {**world.document["scale_sets"][0]}
    set_.pop("autoscale", None)
    document = {**world.document, "actors": actors, "scale_sets": [set_]}
    return replace(world, document=document, kills=(), options=replace(world.options, capacity_changes="accept"))


def test_capacity_that_is_lost_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    of = Baseline.of
    monkeypatch.setattr(Baseline, "of", lambda *_, **options: replace(of(*_, **options), least_capacity=None))
    assert shown("instances left", scaled)


def test_an_accepted_change_of_the_capacity_that_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    of = Baseline.of
    monkeypatch.setattr(Baseline, "of", lambda *_, **options: of(*_, **{**options, "scaled_by_others": False}))
    assert shown("stopped by a change of the capacity that is accepted", scaled)


def test_a_wait_for_what_is_excluded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Order, "excluded", lambda *_, **__: {})
    assert shown("waits for what is excluded")


def test_a_report_that_names_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollout_report, "by_image", lambda _instances: {})
    monkeypatch.setattr(rollout_report, "excluded", lambda *_, **__: {})
    assert shown("not named in the report")
    assert shown("neither on the target nor named")


def rolled_back(world: World) -> World:
    return replace(world, options=replace(world.options, on_failure="rollback"))


def test_a_report_of_what_was_before_the_last_write(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_reading(state: State) -> Iterator[Any]:
        state.note(outdated=False)
        yield from ()

    monkeypatch.setattr(finish, "_read_at_end", without_reading)
    assert shown("the report has instances by image", rolled_back)


def test_a_report_that_counts_the_wrong_image_after_a_rollback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollout_report, "same_image", lambda *_: True)
    assert shown("instances on the rollback image", rolled_back)


def meddled_with(world: World) -> World:
    """The world with a colleague who sets another image when the first batch has ended, before a rollback begins."""
    colleague = {
        "name": "colleague",
        "when": {"event": "batch_ended", "after": 1},
        "do": {"image": {"version": OTHER}},
    }
    document = {**world.document, "actors": [colleague]}
    return replace(world, document=document, options=replace(world.options, on_failure="rollback"))


def test_a_rollback_over_what_somebody_else_has_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failure_policy, "same_reference", lambda *_: True)
    monkeypatch.setattr(set_image, "_check", lambda *_: None)
    assert shown("which another client had set meanwhile", meddled_with)


def test_a_rollback_that_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failure, "wait_idle", lambda *_: iter(()))
    monkeypatch.setattr(failure_policy, "_scope", lambda journal, *_: tuple(sent_ids(journal)[:1]))
    assert shown("came up on the image that was taken back")


def without_effect(world: World) -> World:
    """The world with upgrades that succeed and change nothing, after the canary."""
    fault = {"kind": "operation", "outcome": "Succeeded", "operation": "*_UpdateInstances", "begins": False}
    document = {**world.document, "faults": [{**fault, "times": "unlimited", "calls": "2-99"}]}
    options = replace(world.options, on_failure="rollback", upgrade_timeout=1800)
    return replace(world, document=document, options=options, weather=Weather())


def test_a_rollback_for_an_operation_without_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NoEffect, "blocks_rollback", "")
    assert shown("after no_effect, which says nothing of the image", without_effect)


def in_company(world: World) -> World:
    """The world in which another host of the play fails, in the middle of a rollout that would be rolled back."""
    return rolled_back(replace(world, company=12, kills=()))


def test_a_rollback_for_the_failure_of_another_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "_OTHER_HOST_FAILED", "")
    assert shown("after other_host, which says nothing of the image", in_company)


def without_room(world: World) -> World:
    """The world where an instance that is skipped takes all of its zone that may be out of service."""
    set_ = {**world.document["scale_sets"][0], "zones": ["1", "2"], "orchestration_mode": "Uniform", "missing": 0}
    set_["instances"] = {"0": {"state": "updating"}}
    options = replace(world.options, max_unavailable="50%", max_unavailable_per_zone="1", only={})
    options = replace(options, skip={"instance_ids": ["0"]})
    return rolled_back(quiet(replace(world, document={**world.document, "scale_sets": [set_]}, options=options)))


def test_a_green_preflight_before_a_rollout_that_cannot_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_instances, "_full", lambda *_: None)
    assert shown("without a reason", without_room)


def test_a_rollback_for_room_that_others_took(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_instances, "_full", lambda *_: None)
    monkeypatch.setattr(failure_policy, "_lost", lambda *_: True)
    assert shown("for want of room that others took", without_room)


def refused(world: World) -> World:
    """The world in which Azure refuses every upgrade for quota, with the status of a race."""
    status, code, message = REFUSALS[0]
    fault = {"kind": "status", "status": status, "code": code, "message": message, "operation": "*_UpdateInstances"}
    document = {**world.document, "faults": [{**fault, "times": "unlimited"}], "actors": []}
    return replace(world, document=document, weather=Weather(), kills=())


def test_a_refusal_that_is_taken_for_a_race(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(error_map, "meaning", lambda fault: _BARE if fault.status == 409 else meaning(fault))
    assert shown("though refused for good", refused)


def test_a_refusal_that_nobody_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VmssError, "describe", lambda error, *_: error.message)
    assert shown("and the report does not say so", refused)


def test_waits_that_begin_anew_with_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    world = throttled_world(random.Random("1000/limits"))
    world.document["scale_sets"][0]["capacity"] = 1_000

    def without_patience(options: Mapping[str, Any], vmss: Mapping[str, Any] | None = None) -> Any:
        impatient = divide({**options, "unanswered_timeout": 0}, vmss)
        return {**divide(options, vmss), **{name: impatient[name] for name in ("upgrade", "health")}}

    monkeypatch.setattr(watch, "load", lambda _path, key: WaitState(key=key))
    monkeypatch.setattr(watch, "LIST_GRACE", 0.0)
    monkeypatch.setattr(steps_state, "divide", without_patience)
    violations = roll(replace(world, size=1_000)).violations
    assert any("without a reason" in one for one in violations)


def test_a_second_run_that_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "writes_model", lambda *_: True)
    assert shown("the second run wrote")


def test_a_write_after_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = Rollout._finish

    def once_more(self: Rollout) -> Any:
        if self.stopped_at is not None:
            self._site.sleep(1)
            options = {"resource_group": "rg-shop", "name": "web", "image": {"version": OTHER}}
            answer(self._site, self._known, ModuleCall("vmss_image_update", options))
        return ends(self)

    monkeypatch.setattr(Rollout, "_finish", once_more)
    assert shown("image after the decision to stop")


def with_company(world: World) -> World:
    """The world with a Windows machine, one made from a disk and one without a mark in a Flexible set."""
    (set_,) = world.document["scale_sets"]
    if set_["orchestration_mode"] != "Flexible":
        return world
    others = {
        "winvm": {"attached": "image", "image": {**WINDOWS, "version": "latest"}},
        "diskvm": {"attached": "disk"},
        "plainvm": {"attached": "image"},
    }
    size = set_["capacity"] + len(others)
    document = {**world.document, "scale_sets": [{**set_, "instances": others, "capacity": size}]}
    return replace(world, document=document, size=size)


def test_instances_that_were_not_made_from_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "why_attached", lambda *_, **__: None)
    assert shown("not made from the model: ", with_company)
    assert shown("not made from the model, and not named", with_company)


def with_sequel(world: World) -> World:
    """A world that halts at a bad image, in which the same is tried again, and then a third image, and back."""
    options = replace(world.options, lease=120, on_failure="halt", failed_image="restore", checkpoint="never")
    return replace(world, options=options, kills=(), back=False, sequel=True)


def keeping(world: World) -> World:
    """The same, but the user keeps the failed image in the model."""
    world = with_sequel(world)
    return replace(world, options=replace(world.options, failed_image="keep"))


def test_a_failed_image_that_stays_in_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failure_policy, "unproven", lambda *_: False)
    assert shown("the failed image is still in the model", with_sequel)


def test_an_image_that_is_restored_to_the_wrong_one(monkeypatch: pytest.MonkeyPatch) -> None:
    react = failure_policy._with_model

    def wrong(*given: Any) -> failure_policy.Reaction:
        decided = react(*given)
        return (
            replace(decided, image=Image.from_options({**PUBLISHER, "version": OTHER})) if decided.restore else decided
        )

    monkeypatch.setattr(failure_policy, "_with_model", wrong)
    assert shown("rolled back, but the image before was", with_sequel)


def lagging(world: World) -> World:
    """The world where the policy stays held after each rollout, because a write of tags makes all instances lag."""
    world = with_tags_in_the_model(world)
    set_ = {**world.document["scale_sets"][0], "upgrade_policy": {"mode": "Automatic"}}
    options = replace(world.options, upgrade_policy="set_manual", restore_policy=True, lease=120, until="")
    return replace(world, document={**world.document, "scale_sets": [set_]}, options=options, sequel=True)


def test_a_lease_that_leaves_its_image_to_the_next_rollout(monkeypatch: pytest.MonkeyPatch) -> None:
    def keeping_the_image(lease: Lease, *given: Any) -> Lease:
        return replace(let_go(lease, *given), previous_image=lease.previous_image)

    monkeypatch.setattr(hold_release, "let_go", keeping_the_image)
    assert shown("rolled back, but the image before was", lagging)


def test_a_rollback_to_an_image_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageHistory, "unproven", lambda *_: False)
    assert shown("rolled back to an image that failed", keeping)


def test_instances_that_are_restarted_because_the_image_came_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageHistory, "judged_by_image", lambda *_: False)
    assert shown("restarted, though on the image that came back", with_sequel)


def test_a_report_that_names_another_image_than_new_instances_get(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = Rollout._finish

    def misled(self: Rollout) -> Any:
        report = ends(self)
        return {**report, "model_image": report["target_image"]}

    monkeypatch.setattr(Rollout, "_finish", misled)
    assert shown("was made from", with_sequel)
