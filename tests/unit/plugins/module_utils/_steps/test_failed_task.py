# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Why a rollout stops, by what Ansible reports of a task, and by what it does not report."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._steps.failed_task import fingerprint, read_failure
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import Failure

HOOK = {"name": "Drain", "action": "ansible.builtin.command"}
STEP = {"name": "Upgrade", "action": "azroll.vmss.rollout_step"}
RESULT: dict[str, Any] = {"failed": True, "msg": "non-zero return code"}


def read(task: dict[str, Any], result: dict[str, Any], *, new: bool = True, hosts: int = 1) -> Failure:
    return read_failure(task, result, new=new, hosts=hosts)


def test_the_task_of_a_hook_is_named() -> None:
    assert read(HOOK, RESULT) == Failure('task "Drain": non-zero return code')
    assert read(HOOK, {"failed": True}).said == 'task "Drain": it failed without a message'


@pytest.mark.parametrize("action", ["azroll.vmss.rollout_step", "ansible.builtin.fail", "fail", "assert"])
def test_what_explains_itself_needs_no_name(action: str) -> None:
    assert read({"name": "x", "action": action}, {"msg": "It broke."}).said == "It broke."


@pytest.mark.parametrize("action", ["ansible.builtin.failure", "my.own.fail", "command"])
def test_other_actions_do_not(action: str) -> None:
    assert read({"name": "x", "action": action}, {"msg": "It broke."}).said == 'task "x": It broke.'


def test_what_a_module_says_of_its_error_and_of_its_instances_is_kept() -> None:
    error, progress = {"kind": "timeout"}, {"phase": "healthy"}
    failure = read(STEP, {"msg": "Late.", "error": error, "vmss_progress": progress})
    assert failure == Failure("Late.", error, progress)


@pytest.mark.parametrize("other", ["in words", None, ["a"], 7])
def test_an_error_of_a_users_own_module_may_be_anything(other: Any) -> None:
    failure = read(HOOK, {"msg": "It broke.", "error": other, "vmss_progress": other})
    assert (failure.said, failure.error, failure.progress) == ("It broke.", {}, {})


def test_without_a_new_failure_another_host_has_failed() -> None:
    failure = read(HOOK, RESULT, new=False, hosts=2)
    assert (failure.other_host, failure.error) == (True, {})
    assert "Another host of the play has failed" in failure.said


def test_without_another_host_a_file_could_not_be_included() -> None:
    failure = read({}, {}, new=False)
    assert (failure.said, failure.other_host) == ("A task file could not be included.", False)
    again = read(HOOK, RESULT, new=False)
    assert again.said.startswith("A task file could not be included, or a task has failed again: ")
    assert not again.other_host


def test_a_failure_differs_from_another_by_its_task_and_its_result() -> None:
    same = fingerprint(HOOK, RESULT)
    assert same == fingerprint({**HOOK, "args": {"uuid": 7}}, dict(reversed(RESULT.items())))
    assert same != fingerprint({**HOOK, "name": "Add"}, RESULT)
    assert same != fingerprint(HOOK, {**RESULT, "rc": 2})


def test_a_result_that_is_no_plain_data_has_a_fingerprint_as_well() -> None:
    assert fingerprint(HOOK, {"msg": {1, 2}}) == fingerprint(HOOK, {"msg": {1, 2}})
