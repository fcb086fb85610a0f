# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A sample of the fault matrix, and whether its page shows the cases that there are."""

from __future__ import annotations

import re

import pytest
import yaml

from matrix.case import Case, Play, read_cases
from matrix.drive import play_case
from matrix.judge import UNTOUCHED, Ended, judge_play, judge_world, judge_writes
from matrix.page import PAGE, read_cells
from matrix.steps import step_cases

from .conftest import ROOT

pytestmark = pytest.mark.newest

ALL = [*read_cases(), *step_cases()]
# Tasks that do nothing outside ansible-playbook.
INSIDE = {"set_fact", "debug", "fail", "include_tasks", "set_stats", "pause"}
# Tasks that a small roll without failure, hooks and checkpoint does not come to.
ELSEWHERE = {
    "Stop if a preflight finding blocks the rollout",
    "Request the health URL",
    "Probe each instance and read the alerts",
    "Count the successful check",
    "Count the failed check",
    "Check which instances can be upgraded in *",
    "Decide whether this run continues",
    "Finish *",
    "Record that the rollback has failed",
    "Record that the report could not be written",
}
WORLD = {"tags": {}, "repairs": "Running", "autoscale": {}}
LEDGER = {
    "min_in_service": 2,
    "capacity": 4,
    "instances_on_target": 4,
    "timeline": [[0, 4], [9, 2], [20, 4], [30, 2], [40, 4]],
}


@pytest.mark.parametrize("case", [case for case in ALL if case.sample], ids=lambda case: case.name)
def test_a_case_ends_as_expected(case, tmp_path):
    assert play_case(case, tmp_path).wrong == []


def test_the_page_shows_every_case_and_nothing_unexpected():
    shown = {name: (*cells[:3], cells[-1]) for name, cells in read_cells(PAGE.read_text()).items()}
    assert shown == {
        case.name: (
            f"``{case.name}``: {case.about}",
            *[", ".join(play.result for play in case.plays)] * 2,
            "as expected",
        )
        for case in ALL
    }
    assert len(shown) >= 40


def test_each_case_says_what_is_left():
    silent = [
        case.name
        for case in ALL
        if case.on_target is None
        and case.plays[-1].result != "succeeded"
        and not all(play.result in UNTOUCHED for play in case.plays)
    ]
    assert silent == []


def test_each_task_that_does_something_is_a_step():
    tasks = [
        (
            task["name"],
            next(key.rsplit(".", 1)[-1] for key in task if key.startswith(("ansible.builtin.", "azroll.vmss."))),
        )
        for file in (ROOT / "roles" / "rollout" / "tasks").glob("*.yml")
        for task in _flat(yaml.safe_load(file.read_text()))
    ]
    outside = {re.sub(r"\{\{.*?\}\}", "*", name) for name, module in tasks if module not in INSIDE}
    killed_after = [play.kill.task for case in ALL for play in case.plays if play.kill]
    left = {
        name
        for name in outside - ELSEWHERE
        if not any(re.fullmatch(re.escape(name).replace(r"\*", ".*"), task) for task in killed_after)
    }
    assert not left, "tasks that nothing kills the role after"


def _flat(tasks: list[dict]) -> list[dict]:
    """The tasks of blocks, too."""
    return [
        one
        for task in tasks
        for one in (
            _flat([inner for part in ("block", "rescue", "always") for inner in task.get(part, [])])
            if "block" in task
            else [task]
        )
    ]


@pytest.mark.parametrize(
    ("ledger", "state", "words"),
    [
        ({}, {}, []),
        ({"min_in_service": 1}, {}, ["only 1 in service"]),
        ({"instances_on_target": 3}, {}, ["3 instances on the model's image, not 4"]),
        ({}, {"tags": {"azroll-run": "a"}, "repairs": "Suspended"}, ["still held: lease, repairs"]),
        ({"timeline": [[0, 4], [9, 2], [20, 4], [30, 1]]}, {}, ["5 departures"]),
    ],
)
def test_a_world_is_judged_by_the_ledger(ledger, state, words):
    case = next(case for case in ALL if case.name == "killed-between-batches")
    wrong = list(judge_world(case, {**LEDGER, **ledger}, {**WORLD, **state}, WORLD))
    assert len(wrong) == len(words)
    assert all(word in line for word, line in zip(words, wrong, strict=True))


def test_a_play_is_judged_by_result_status_and_words():
    case: Case = next(case for case in ALL if case.name == "unhealthy-halt")
    good = Ended(2, "halted", "2 is unhealthy", " ... ".join(case.plays[0].says))
    assert list(judge_play(case.plays[0], good, 1)) == []
    assert list(judge_play(case.plays[0], Ended(0, "succeeded", "", ""), 1)) == [
        "play 1 ended with succeeded, not halted: "
    ]
    assert len(list(judge_play(case.plays[0], Ended(0, "halted", "nothing", ""), 1))) == 2 + len(case.plays[0].says)


def test_a_refused_play_leaves_all_as_it_was():
    case = next(case for case in ALL if case.name == "budget-impossible")
    before = {**WORLD, "image": "a"}
    ledger = {**LEDGER, "requests": {"by_operation": {}}}
    assert list(judge_world(case, ledger, before, before)) == []
    sent = {**ledger, "requests": {"by_operation": {"VirtualMachineScaleSets_UpdateInstances": 1}}}
    assert len(list(judge_world(case, sent, {**before, "image": "b"}, before))) == 2


@pytest.mark.parametrize(
    ("check", "result", "output", "writes", "right"),
    [
        (False, "failed", "Nothing was written.", 0, True),
        (False, "failed", "Nothing was written.", 1, False),
        (False, "failed", "No instance was sent to the image.", 0, False),
        (True, "planned", "", 1, False),
        (False, "succeeded", "", 7, True),
    ],
)
def test_what_a_play_says_of_its_writes_is_held_against_the_ledger(check, result, output, writes, right):
    play = Play(result, check=check)
    assert (list(judge_writes(play, Ended(0, result, "", output), 1, writes)) == []) == right
