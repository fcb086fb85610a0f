# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""What a wait reads, how often and in which order, and what that means for the instances."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    ArmFault,
    NoEffect,
    NotFound,
    OperationFailed,
    Preempted,
    Refused,
)
from ansible_collections.azroll.vmss.plugins.module_utils._common.time import parse_time
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.model_fingerprint import fingerprints
from ansible_collections.azroll.vmss.plugins.module_utils._model.progress import SEEN_ONCE, UNDER_WAY, Progress
from ansible_collections.azroll.vmss.plugins.module_utils._operations.waiter import Limits, Outcome
from ansible_collections.azroll.vmss.plugins.module_utils._operations.watch import (
    LIST_EVERY,
    Wait,
    Watch,
    failed_wait,
    no_effect,
    target_of,
)
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD, instance, scale_set
from ansible_collections.azroll.vmss.tests.unit.plugins.module_utils._operations.conftest import Play
from ansible_collections.azroll.vmss.tests.unit.wire import (
    NEW_VERSION,
    OLD_VERSION,
    OPERATION,
    STARTED_AT,
    WEB,
    Clock,
    Exchange,
    error,
    get,
    get_instances,
    get_model,
    model,
    poll,
    vm,
)

ONE = Wait("upgraded", ("0",))
OF_OPERATION = Wait("upgraded", ("0", "1"), operations=("0be6",))
LEFT = "x-ms-ratelimit-remaining-resource"


def new_model(**more: Any) -> Exchange:
    return get_model(model(NEW_VERSION), **more)


def done(*numbers: int) -> Exchange:
    return get_instances(*[vm(number, NEW_VERSION) for number in numbers])


def single(number: int, version: str = NEW_VERSION, **more: Any) -> Exchange:
    return get(f"{WEB}/virtualMachines/{number}", vm(number, version, **more), query={"$expand": "instanceView"})


def gone(number: int) -> Exchange:
    missing = error("ResourceNotFound", "There is none.")
    return replace(single(number), body=missing, status=404)


def ended(status: str, code: str = "InternalExecutionError") -> Exchange:
    return poll(status, error={"code": code, "message": "it is over"})


class Watching:
    """One call of a wait on a script."""

    def __init__(self, play: Play, wait: Wait, *script: Exchange, image: Image | None = None, seconds: float = 600):
        self.arm, self.deadline = play(*script, seconds=seconds)
        self.watch = Watch(self.arm, "rg-shop", "web", image, wait)

    def run(self) -> Outcome:
        return self.watch.until(self.deadline)


def watched(play: Play, wait: Wait, *script: Exchange, **more: Any) -> Outcome:
    return Watching(play, wait, *script, **more).run()


def test_the_model_is_read_once_and_the_list_at_each_look(play: Play, clock: Clock) -> None:
    looks = [
        get_instances(vm(0, state="Updating"), vm(1)),
        get_instances(vm(0, NEW_VERSION, state="Updating"), vm(1)),
        done(0, 1),
    ]
    watching = Watching(play, replace(ONE, interval=7), new_model(), *looks)
    assert watching.run().done
    assert clock.sleeps == [7, 7]
    assert watching.watch.snapshot is not None
    assert len(watching.watch.snapshot.instances) == 2, "the last list has all instances"


@pytest.mark.parametrize(
    ("phase", "look", "open_ids"),
    [
        # Up is not healthy, unhealthy has been reported, and what nothing is done to is idle, however it is.
        ("upgraded", vm(0, NEW_VERSION, health="unhealthy"), set()),
        ("healthy", vm(0, NEW_VERSION, health="unhealthy"), {"0"}),
        ("reported", vm(0, NEW_VERSION, health="unhealthy"), set()),
        ("idle", vm(0), set()),
        ("upgraded", vm(0), {"0"}),
        ("healthy", vm(0), set()),
        ("idle", vm(0, state="Updating"), {"0"}),
    ],
)
def test_each_phase_has_a_judge_of_its_own(play: Play, phase: str, look: dict[str, Any], open_ids: set[str]) -> None:
    outcome = watched(play, Wait(phase, ("0",)), new_model(), get_instances(look), seconds=0)
    assert set(outcome.progress.waiting) == open_ids
    assert outcome.done is not bool(open_ids)


def test_a_wait_for_all_leaves_out_what_no_upgrade_moves(play: Play) -> None:
    excluded = (vm(1, protected=True, state="Updating"), vm(2, power="deallocated"))
    outcome = watched(play, Wait("healthy"), new_model(), get_instances(vm(0, NEW_VERSION), *excluded))
    assert (outcome.done, outcome.progress.total) == (True, 1)


def test_those_that_were_unhealthy_before_are_no_failure(play: Play) -> None:
    looks = get_instances(vm(0, NEW_VERSION), vm(1, NEW_VERSION, health="unhealthy"))
    wait = Wait("healthy", ("0", "1"))
    assert watched(play, replace(wait, unhealthy=("1",)), new_model(), looks).done
    assert not watched(play, wait, new_model(), looks, seconds=0).done


def test_reports_count_only_if_they_are_younger_than_the_upgrade_and_in_a_row(play: Play) -> None:
    script = [
        get_instances(vm(0, NEW_VERSION, reported="2026-11-22T10:14:59.9999999+00:00")),
        get_instances(vm(0, NEW_VERSION, reported="2026-11-22T10:15:30+00:00")),
        get_instances(vm(0, NEW_VERSION, health="unhealthy")),
        get_instances(vm(0, NEW_VERSION, reported="2026-11-22T10:16:30+00:00")),
        get_instances(vm(0, NEW_VERSION, reported="2026-11-22T10:16:40+00:00")),
    ]
    wait = Wait("healthy", since=parse_time(STARTED_AT), successes=2)
    assert watched(play, wait, new_model(), *script).done


def test_instances_that_fail_end_the_wait_at_the_second_look_in_a_row(play: Play) -> None:
    bad = get_instances(vm(0, NEW_VERSION, state="Failed", failure="OSProvisioningTimedOut"))
    good = get_instances(vm(0, state="Updating"))
    outcome = watched(play, ONE, new_model(), bad, good, bad, bad)
    assert (outcome.failed, set(outcome.progress.failed)) == (True, {"0"})


def test_those_that_had_failed_before_are_waited_for_on_the_old_image(play: Play) -> None:
    bad = get_instances(vm(0, state="Failed"))
    wait = replace(ONE, failed_before=("0",))
    assert watched(play, wait, new_model(), bad, bad, done(0)).done


def test_staleness_is_judged_by_the_image_that_is_wanted(play: Play) -> None:
    behind = get_instances(vm(0, NEW_VERSION, latest=False))
    image = Image(version=NEW_VERSION)
    assert not watched(play, ONE, get_model(), get_instances(vm(0)), image=image, seconds=0).done
    assert watched(play, replace(ONE, by_model=False), get_model(), behind, image=image).done
    assert not watched(play, ONE, get_model(), behind, image=image, seconds=0).done


def test_a_change_that_makes_the_wait_vain_ends_it_before_anything_is_listed(play: Play) -> None:
    image = Image(version=NEW_VERSION)
    with pytest.raises(Refused) as caught:
        watched(play, replace(ONE, same_model=True), get_model(), image=image)
    assert caught.value.kind == "concurrent_change"
    larger = {**model(NEW_VERSION), "sku": {"name": "Standard_D8s_v5", "tier": "Standard", "capacity": 1}}
    same_profile = replace(ONE, same_profile=fingerprints(model()))
    with pytest.raises(Refused, match="the size was changed"):
        watched(play, same_profile, get_model(larger))
    assert watched(play, replace(same_profile, same_model=True), new_model(), done(0), image=image).done


def test_a_set_that_is_not_there_is_not_waited_for(play: Play) -> None:
    with pytest.raises(NotFound):
        watched(play, ONE, get_model(error("ResourceNotFound", "There is none."), status=404))


# In the light of the operation


def test_nothing_is_upgraded_before_its_operation_has_ended(play: Play, clock: Clock) -> None:
    """Also where the list is ahead of it: target, latest model and health are shown before the disk is new."""
    running = poll("InProgress")
    script = [running, done(0, 1), *[running] * LIST_EVERY, done(0, 1), poll(), done(0, 1)]
    assert watched(play, OF_OPERATION, new_model(), *script).done
    assert clock.sleeps == [10] * (LIST_EVERY + 1)


def test_while_the_operation_runs_few_reads_are_lists(play: Play, tmp_path: Path) -> None:
    """In a wait of several calls; between two lists it shows what the last one did."""
    wait = stored(tmp_path, phase="upgraded", operations=("0be6",))
    running, begun = poll("InProgress"), get_instances(vm(0, state="Updating"), vm(1))
    first = watched(play, wait, new_model(), *[running] * (LIST_EVERY - 1), seconds=10 * (LIST_EVERY - 2))
    assert first.progress.waiting == {"0": UNDER_WAY, "1": UNDER_WAY}
    second = watched(play, wait, new_model(), running, begun, seconds=15)
    assert second.progress.waiting == {"0": "Updating", "1": "still on the old image"}
    assert watched(play, wait, new_model(), poll(), done(0, 1), seconds=15).done


def test_the_end_of_the_operation_is_seen_before_the_list_that_counts(play: Play) -> None:
    """Where the list is behind the operation, what it shows is waited for."""
    script = [poll(), get_instances(vm(0), vm(1)), poll(), done(0, 1)]
    assert watched(play, OF_OPERATION, new_model(), *script).done


def test_health_needs_no_operation_to_be_over_but_idleness_does(play: Play) -> None:
    runs = [new_model(), poll("InProgress"), done(0, 1)]
    assert watched(play, replace(OF_OPERATION, phase="healthy"), *runs).done
    outcome = watched(play, replace(OF_OPERATION, phase="idle"), *runs, seconds=0)
    assert outcome.progress.waiting == {"0": UNDER_WAY, "1": UNDER_WAY}


def test_that_all_instances_have_vanished_does_not_end_their_operation(play: Play) -> None:
    outcome = watched(play, OF_OPERATION, new_model(), poll("InProgress"), done(2), poll(), done(2))
    assert (outcome.done, outcome.progress.vanished) == (True, ("0", "1"))


def test_an_instance_that_fails_is_judged_at_the_end_of_its_operation(play: Play) -> None:
    failed = get_instances(vm(0, NEW_VERSION), vm(1, NEW_VERSION, state="Failed", failure="OSProvisioningTimedOut"))
    running = poll("InProgress")
    script = [running, failed, *[running] * LIST_EVERY, failed, *[ended("Failed"), failed] * 2]
    watching = Watching(play, OF_OPERATION, new_model(), *script)
    assert set(watching.run().progress.failed) == {"1"}
    assert watching.watch.fault is not None


def test_all_operations_have_to_end(play: Play) -> None:
    path = OPERATION.replace("0be6", "7777")
    other, over = get(path, {"status": "InProgress"}), get(path, {"status": "Succeeded"})
    script = [poll(), other, done(0, 1), poll(), over, done(0, 1)]
    assert watched(play, replace(OF_OPERATION, operations=("0be6", "7777")), new_model(), *script).done


def test_what_an_operation_left_alone_has_failed_when_it_is_over(play: Play) -> None:
    looks = get_instances(vm(0, NEW_VERSION, state="Updating"), vm(1), vm(2, state="Updating"))
    script = [poll("InProgress"), looks, *[ended("Canceled", "OperationPreempted"), looks] * 2]
    watching = Watching(play, replace(OF_OPERATION, instance_ids=("0", "1", "2")), new_model(), *script)
    outcome = watching.run()
    assert outcome.failed
    assert outcome.progress.failed == {"1": "still on the old image, and its operation is over"}
    assert set(outcome.progress.waiting) == {"0", "2"}, "what it began may still come up"
    assert watching.watch.fault is not None
    assert watching.watch.fault.code == "OperationPreempted"


def test_an_operation_that_ended_badly_says_nothing_of_instances_that_it_began(play: Play) -> None:
    over = ended("Failed")
    script = [
        *[over, get_instances(vm(0, state="Updating"), vm(1))],
        *[over, get_instances(vm(0, NEW_VERSION), vm(1, state="Updating"))],
        *[over, done(0, 1)],
    ]
    assert watched(play, OF_OPERATION, new_model(), *script).done


@pytest.mark.parametrize("status", [400, 403, 404])
def test_where_the_operation_cannot_be_read_two_looks_in_a_row_tell(play: Play, clock: Clock, status: int) -> None:
    unreadable = get(OPERATION, error("AuthorizationFailed", "no"), status=status)
    looks = [get_instances(vm(0)), done(0), get_instances(vm(0)), done(0), done(0)]
    script = [one for look in looks for one in (unreadable, look)]
    watching = Watching(play, replace(ONE, operations=("0be6",)), new_model(), *script)
    assert watching.run().done
    assert watching.watch.unread
    assert clock.sleeps == [10] * 4


def test_a_first_look_without_its_operation_is_to_be_confirmed(play: Play) -> None:
    unreadable = get(OPERATION, error("AuthorizationFailed", "no"), status=403)
    wait = replace(ONE, operations=("0be6",))
    assert watched(play, wait, new_model(), unreadable, done(0), seconds=0).progress.waiting == {"0": SEEN_ONCE}


@pytest.mark.parametrize(("known", "is_done"), [(True, True), (False, False)])
def test_an_old_state_shows_nothing_unless_the_operation_is_known_to_have_succeeded(
    play: Play, known: bool, is_done: bool
) -> None:
    old = vm(0, NEW_VERSION)
    old["properties"]["instanceView"]["statuses"][0]["time"] = "2026-11-22T10:14:59+00:00"
    wait = replace(ONE, sent_at=parse_time(STARTED_AT), operations=("0be6",) if known else ())
    polled = [poll()] if known else []
    assert watched(play, wait, new_model(), *polled, get_instances(old), seconds=0).done is is_done


def test_an_operation_without_effect_is_noticed_after_one_more_look_and_single_reads(play: Play, clock: Clock) -> None:
    look = [poll(), get_instances(vm(0), vm(1, NEW_VERSION))]
    with pytest.raises(NoEffect) as caught:
        watched(play, OF_OPERATION, new_model(), *look, *look, single(0, OLD_VERSION))
    assert caught.value.instances == ("0",)
    assert clock.sleeps == [10]


def test_a_list_that_is_behind_the_operation_is_no_operation_without_effect(play: Play) -> None:
    behind = [poll(), get_instances(vm(0))]
    wait = replace(ONE, operations=("0be6",))
    assert watched(play, wait, new_model(), *behind, *behind, single(0), poll(), done(0)).done


def test_what_has_vanished_or_moves_meanwhile_is_not_left_as_it_was(play: Play) -> None:
    behind = [poll(), get_instances(vm(0))]
    wait = replace(ONE, operations=("0be6",))
    for read in (gone(0), single(0, OLD_VERSION, state="Updating")):
        assert watched(play, wait, new_model(), *behind, *behind, read, poll(), done(0)).done


def test_what_moves_in_between_is_given_its_time_anew(play: Play) -> None:
    old, moves = get_instances(vm(0)), get_instances(vm(0, state="Updating"))
    script = [*[poll(), old], *[poll(), moves], *[poll(), old], *[poll(), done(0)]]
    # The third list alone is no reason to read instances one by one.
    assert watched(play, replace(ONE, operations=("0be6",)), new_model(), *script).done


# Waits of several calls


def stored(path: Path, **more: Any) -> Wait:
    limits = Limits(more.pop("answered", 320), more.pop("unanswered", 1_800))
    return replace(Wait("healthy", ("0", "1"), state_file=str(path / "wait"), limits=limits), **more)


def large(**more: Any) -> Exchange:
    body = model(NEW_VERSION)
    return get_model({**body, "sku": {**body["sku"], "capacity": 300}}, **more)


def test_a_wait_goes_on_in_the_next_call(play: Play, clock: Clock, tmp_path: Path) -> None:
    wait = stored(tmp_path, successes=2)
    assert not watched(play, wait, new_model(), done(0, 1), seconds=2).done
    clock.sleep(2)
    assert not watched(play, wait, seconds=2).done, "the interval is not over, so nothing is asked"
    clock.sleep(4)
    assert watched(play, wait, new_model(), done(0, 1), seconds=2).done


def test_another_wait_begins_anew_in_the_same_file(play: Play, tmp_path: Path) -> None:
    wait = stored(tmp_path, successes=2)
    assert not watched(play, wait, new_model(), done(0, 1), seconds=2).done
    other = replace(wait, instance_ids=("0",))
    assert not watched(play, other, new_model(), done(0), seconds=2).done


def test_what_is_asked_for_tells_waits_apart_and_how_often_does_not() -> None:
    wait = Wait("healthy", ("0",))
    differing = [
        {"phase": "idle"},
        {"instance_ids": ("1",)},
        {"since": parse_time(STARTED_AT)},
        {"successes": 2},
        {"unhealthy": ("0",)},
        {"failed_before": ("0",)},
        {"operations": ("0be6",)},
    ]
    assert len({wait.key, *[replace(wait, **one).key for one in differing]}) == 1 + len(differing)
    assert replace(wait, interval=99.0, limits=Limits(1, 1)).key == wait.key


def test_few_instances_of_a_large_set_are_read_one_by_one_until_a_list_must_confirm_it(
    play: Play, tmp_path: Path
) -> None:
    script = [
        # Who is in service already is not read again until the others are.
        *[single(0, health="unhealthy"), single(1)],
        *[single(0), get_instances(vm(0, NEW_VERSION, health="unhealthy"), vm(1, NEW_VERSION))],
        *[single(0), done(0, 1)],
        # Of a row of good looks, the last is a list again.
        *[single(0), single(1), done(0, 1)],
    ]
    watching = Watching(play, stored(tmp_path, successes=2), large(), *script)
    assert watching.run().done
    assert watching.watch.snapshot is not None
    assert len(watching.watch.snapshot.instances) == 2


@pytest.mark.parametrize(
    ("first", "more"),
    [
        # A list of one page; no file; all instances; more than are read one by one.
        (new_model(), {}),
        (large(), {"state_file": "", "limits": None}),
        (large(), {"instance_ids": ()}),
        (large(), {"instance_ids": tuple(map(str, range(11)))}),
    ],
)
def test_where_a_list_is_cheap_or_needed_it_is_read_at_once(
    play: Play, tmp_path: Path, first: Exchange, more: dict[str, Any]
) -> None:
    assert watched(play, stored(tmp_path, **more), first, done(*range(11))).done


def test_single_instances_that_have_vanished_are_looked_for_in_a_list(play: Play, tmp_path: Path) -> None:
    outcome = watched(play, stored(tmp_path), large(), gone(0), single(1), done(1))
    assert (outcome.done, outcome.progress.vanished) == (True, ("0",))


def test_while_the_operation_of_a_large_set_runs_scarce_lists_are_saved(play: Play, tmp_path: Path) -> None:
    few_left = {LEFT: "Microsoft.Compute/HighCostGetVMScaleSetResource;5"}
    wait = stored(tmp_path, phase="upgraded", operations=("0be6",))
    outcome = watched(play, wait, large(headers=few_left), poll("InProgress"), seconds=0)
    assert outcome.progress.waiting == {"0": UNDER_WAY, "1": UNDER_WAY}


def test_a_list_that_azure_would_refuse_in_the_middle_is_not_begun(play: Play, clock: Clock, tmp_path: Path) -> None:
    none_left = {LEFT: "Microsoft.Compute/HighCostGetVMScaleSetResource;0"}
    wait = stored(tmp_path, instance_ids=tuple(map(str, range(11))))
    outcome = watched(play, wait, large(headers=none_left), done(*range(11)))
    assert outcome.done
    # Two lists of three pages, at ten pages a minute: this one, and one that a write may rest on.
    assert sum(clock.sleeps) == 36


# What is said


def test_the_target_is_the_wanted_image_completed_from_the_model() -> None:
    assert target_of(scale_set(), None) == OLD
    assert target_of(scale_set(), Image(version=NEW.version)) == NEW


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (None, OperationFailed),
        (ArmFault(200, "InternalExecutionError"), OperationFailed),
        (ArmFault(200, "OperationPreempted"), Preempted),
    ],
)
def test_a_failed_wait_names_the_instances_and_why_their_operation_ended(
    fault: ArmFault | None, kind: type[Exception]
) -> None:
    progress = Progress("upgraded", 2, waiting={"0": "Updating"}, failed={"1": "provisioning failed"})
    caught = failed_wait("web", progress, fault)
    assert caught.__class__ is kind
    assert (caught.instances, caught.fault) == (("1",), fault or ArmFault())
    assert "1 (provisioning failed)" in caught.message


@pytest.mark.parametrize(
    ("fields", "mode", "likely"),
    [
        ({}, "Uniform", ""),
        ({"protected": True}, "Uniform", "Likely they are protected"),
        ({"own_model": True}, "Uniform", "Likely they have a model of their own"),
        ({}, "Flexible", "Likely upgrades of Flexible scale sets need a feature"),
        ({"protected": True, "own_model": True}, "Uniform", "(instance protection) or they have a model of their own"),
    ],
)
def test_the_likely_reason_for_no_effect_comes_first(fields: dict[str, Any], mode: str, likely: str) -> None:
    found = [instance(0), instance(1, **fields)]
    caught = no_effect(scale_set(orchestration_mode=mode), found, ["0", "1", "2"])
    assert "3 instances are as before (0, 1, 2)" in caught.message
    assert caught.instances == ("0", "1", "2")
    assert caught.advice.startswith("Likely " if likely else "This says nothing about the image.")
    assert likely in caught.advice
