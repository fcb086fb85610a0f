# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A fixed share of the rollouts that `make soak` goes through, and worlds that hypothesis looks for and makes small."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollouts import soak
from rollouts.page import PAGE, page
from rollouts.rollout import roll
from rollouts.soak import COMPARED, HEALTHY, MOST_FALSE_HALTS, ROLLOUTS, Tally, play
from rollouts.trace import differences
from rollouts.worlds import NEW, random_world, throttled_world

PER_TEST = 25
# The share of requests that Azure may refuse with 429 where nobody else asks it.
MOST_REFUSED = 0.01


@pytest.mark.parametrize("first", range(0, 200, PER_TEST))
def test_nothing_that_must_hold_is_broken(first: int) -> None:
    tally = Tally()
    for seed in range(first, first + PER_TEST):
        tally.add(*play(seed))
    assert tally.violations == []
    assert tally.lowest is None or tally.lowest >= 0


@given(st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_small_worlds_that_hypothesis_finds(draw: random.Random) -> None:
    assert roll(random_world(draw, largest=24)).violations == []


def test_noise_alone_seldom_stops_a_rollout() -> None:
    tally = Tally()
    for seed in range(100):
        tally.add(*play(seed, noisy=True))
    assert tally.violations == []
    assert tally.stopped <= MOST_FALSE_HALTS * tally.rollouts


@pytest.mark.parametrize("size", [600, 1_000])
def test_large_sets_roll_by_the_defaults_within_azures_limits(size: int) -> None:
    world = throttled_world(random.Random(f"{size}/set"))
    world.document["scale_sets"][0]["capacity"] = size
    options = replace(world.options, max_unavailable="20%")
    outcome = roll(replace(world, size=size, options=options))
    assert (outcome.result, outcome.violations) == ("succeeded", [])
    assert outcome.faults <= MOST_REFUSED * outcome.requests


def test_azures_limits_alone_neither_stop_a_rollout_nor_reverse_it() -> None:
    outcomes = [roll(throttled_world(random.Random(seed), largest=300)) for seed in range(15)]
    assert [one.violations for one in outcomes if one.violations] == []
    assert sum(one.faults for one in outcomes) <= MOST_REFUSED * sum(one.requests for one in outcomes)


def test_an_operation_without_effect_halts_at_once_and_reverses_nothing() -> None:
    world = throttled_world(random.Random("effect"), largest=20)
    fault = {"kind": "operation", "outcome": "Succeeded", "operation": "*_UpdateInstances", "begins": False}
    world.document["faults"] = [{**fault, "times": "unlimited"}]
    world.document["scale_sets"][0] |= {"capacity": 10, "orchestration_mode": "Uniform"}
    lines: list[str] = []
    outcome = roll(replace(world, size=10, healthy=False), lines.append)
    assert (outcome.result, outcome.cause, outcome.violations) == ("halted", "no_effect", [])
    assert "it changed nothing" in lines[-1]
    assert float(lines[-2].split()[2]) < 300, "not after half an hour"


def test_a_canary_that_vanishes_proves_nothing() -> None:
    """An eviction deletes the only instance that has the image, before it could show that the image is bad."""
    world = throttled_world(random.Random("vanished"), largest=20)
    world.document["scale_sets"][0] |= {"capacity": 10, "orchestration_mode": "Uniform", "zones": []}
    for image in world.document["images"]["platform"]:
        for version in image["versions"]:
            version.update({"health": "unhealthy"} if version["version"] == NEW else {})
    eviction = {"instances": "event", "evict": "Delete"}
    world.document["actors"] = [{"name": "spot", "when": {"event": "batch_started", "after": 5}, "do": eviction}]
    world.document.update(throttling={"enabled": False})
    options = replace(world.options, canary=1, max_unavailable="40%", on_failure="halt")
    options = replace(options, by="batch", batches=(), capacity_changes="accept")
    lines: list[str] = []
    outcome = roll(replace(world, size=10, healthy=False, breaks_all=True, options=options), lines.append)
    assert (outcome.result, outcome.violations) == ("halted", [])
    assert [line.split()[-4:] for line in lines if " upgrade " in line] == [["1", "out", "of", "service"]] * 2


def test_what_becomes_healthy_after_the_deadline_is_not_taken_back() -> None:
    world = throttled_world(random.Random("late"), largest=20)
    world.document["scale_sets"][0] |= {"capacity": 10, "orchestration_mode": "Uniform"}
    world.document.update(timings={"first_report": 285}, throttling={"enabled": False})
    options = replace(world.options, health_retries=10, health_delay=20)
    lines: list[str] = []
    outcome = roll(replace(world, size=10, healthy=False, options=options), lines.append)
    assert (outcome.result, outcome.batches, outcome.violations) == ("halted", 1, [])
    assert sum(" image " in line for line in lines) == 1, "the image is written once, and stays"


def test_what_an_interrupted_run_sent_has_the_time_of_an_upgrade() -> None:
    """Instances that are told of their upgrade 15 minutes ahead are longer in progress than a health check takes."""
    world = throttled_world(random.Random("notified"), largest=20)
    world.document["scale_sets"][0] |= {"capacity": 10, "orchestration_mode": "Uniform", "os_image_notification": True}
    world.document.update(throttling={"enabled": False})
    options = replace(world.options, health_retries=10, health_delay=10, lease_take_over=True)
    outcome = roll(replace(world, size=10, options=options, kills=(70,)))
    assert (outcome.result, outcome.kills, outcome.violations) == ("succeeded", 1, [])


def test_the_page_is_what_the_command_writes_and_tells_of_no_violation() -> None:
    written = PAGE.read_text(encoding="utf-8")
    numbers, noisy = (
        [line[3:] for line in block.strip("\n").split("\n\n")[0].splitlines()]
        for block in written.split(".. code-block:: text")[1:]
    )
    assert page(numbers, noisy, HEALTHY, COMPARED) == written
    for lines, rollouts in ((numbers, ROLLOUTS), (noisy, HEALTHY)):
        assert f"{rollouts:,}" in lines[0]
        assert "violations                           0" in lines


def broken_at_ten(seed: int) -> int:
    if seed == 10:
        raise RuntimeError("seed 10")
    return seed


def test_an_error_in_another_process_ends_the_soak() -> None:
    with pytest.raises(RuntimeError, match="seed 10"):
        list(soak._in_two_processes(broken_at_ten, iter(range(10_000)), str))


def test_processes_side_by_side_write_into_folders_of_their_own() -> None:
    assert list(soak._in_two_processes(differences, iter(range(2, 8)), str)) == [[]] * 6
