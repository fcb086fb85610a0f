# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The role carries out and shows: what comes next, and what follows from an error, is decided by the steps."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.state import INSTANCES_FAILED, OTHER_HOST
from ansible_collections.azroll.vmss.plugins.module_utils._steps.steps import AFTER_FAILURE, CHECKPOINT, NAMES, STEPS

# All errors of the collection, so that the tree below has them.
importlib.import_module("ansible_collections.azroll.vmss.plugins.module_utils._azure.client")

ROOT = Path(__file__).parents[3]
ROLES = ROOT / "roles"
TASKS = sorted((ROLES / "rollout" / "tasks").glob("*.yml"))
STEP = "azroll.vmss.rollout_step"
SET_FACT = "ansible.builtin.set_fact"
MOST_FACTS = 15
# What an operator sees of a batch that comes up as it should.
MOST_OF_A_BATCH = 6


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def flat(tasks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The tasks of a file, those inside of blocks in the place of the block."""
    for task in tasks:
        inside = [one for part in ("block", "rescue", "always") for one in task.get(part, [])]
        yield from flat(inside) if inside else [task]


ALL = [task for path in TASKS for task in flat(read(path))]
CALLS = [task for task in ALL if STEP in task]


def texts(node: Any) -> Iterator[str]:
    """Every text of a YAML document that is no name."""
    if isinstance(node, dict):
        node = [value for name, value in node.items() if name != "name"]
    if isinstance(node, list):
        for one in node:
            yield from texts(one)
    else:
        yield str(node)


def kinds() -> set[str]:
    """The kinds of errors that the collection distinguishes."""
    found, tree = {OTHER_HOST, *INSTANCES_FAILED}, [VmssError]
    while tree:
        error = tree.pop()
        found.add(error.kind)
        tree += error.__subclasses__()
    return found - {""}


# What the role does not decide


def test_the_role_sets_few_facts() -> None:
    assert sum(SET_FACT in task or "set_fact" in task for task in ALL) <= MOST_FACTS


def test_no_role_reads_what_ansible_reports_of_a_failure() -> None:
    """It keeps the last failure of a host for ever: which one is new, only the steps know."""
    found = [
        path for path in ROLES.rglob("*.yml") if re.search("ansible_failed_(result|task)", path.read_text("utf-8"))
    ]
    assert found == []


def test_no_task_distinguishes_errors() -> None:
    named = re.compile(rf"\berror\b|\bkind\b|['\"]({'|'.join(sorted(kinds()))})['\"]")
    assert "operation_failed" in kinds()
    assert [text for path in TASKS for text in texts(read(path)) if named.search(text)] == []


def test_a_healthy_batch_is_a_few_tasks() -> None:
    assert len(list(flat(read(ROLES / "rollout" / "tasks" / "run_batch.yml")))) <= MOST_OF_A_BATCH


# The steps that it calls


def test_every_step_is_called_and_there_is_no_other() -> None:
    assert {task[STEP]["step"] for task in CALLS} == set(NAMES)


def test_steps_after_a_failure_are_called_in_a_rescue_only() -> None:
    rescued = {
        task[STEP]["step"]
        for path in TASKS
        for block in read(path)
        for task in flat(block.get("rescue", []))
        if STEP in task
    }
    assert rescued == set(AFTER_FAILURE)


def what_calls() -> dict[str, set[str]]:
    """The names that each function of the steps calls."""
    files = (ROOT / "plugins" / "module_utils" / "_steps").glob("*.py")
    return {
        node.name: {
            one.func.id for one in ast.walk(node) if isinstance(one, ast.Call) and isinstance(one.func, ast.Name)
        }
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }


def reports_progress(name: str, calls: dict[str, set[str]], seen: frozenset[str] = frozenset()) -> bool:
    """Whether a function, or one that it calls, may report progress: then its step does not end in one attempt."""
    called = calls.get(name, set())
    return "Progress" in called or any(reports_progress(one, calls, seen | {one}) for one in called - seen)


def test_a_step_that_may_report_progress_is_repeated_until_it_is_done() -> None:
    calls = what_calls()
    slow = {name for name, step in {**STEPS, **AFTER_FAILURE}.items() if reports_progress(step.__name__, calls)}
    assert {"wait", "upgrade"} <= slow
    assert CHECKPOINT not in slow
    for task in CALLS:
        assert ("until" in task) is (task[STEP]["step"] in slow), task["name"]


@pytest.mark.parametrize("task", [task for task in CALLS if "until" in task], ids=lambda task: task["name"])
def test_it_may_be_repeated_as_often_as_the_step_says_and_does_not_wait_twice(task: dict[str, Any]) -> None:
    assert task["register"] == "rollout__step"
    assert task["until"] == "rollout__step.done | default(true)"
    # After a failure, the step before may not have returned it.
    assert (
        task["retries"]
        .replace("(rollout__step | default({}))", "rollout__step")
        .startswith("{{ rollout__step.attempts")
    )
    assert task["delay"] == 0
