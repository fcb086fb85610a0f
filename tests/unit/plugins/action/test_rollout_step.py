# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The action plugin carries out what a step asks for, and keeps the rollout from one task to the next."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
import yaml
from ansible.errors import AnsibleActionFail, AnsibleError

from ansible_collections.azroll.vmss.plugins.action import rollout_step as plugin
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._steps import steps as known
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import (
    Failure,
    ModuleCall,
    Pause,
    Progress,
    StepFailed,
)
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import State
from ansible_collections.azroll.vmss.plugins.modules import rollout_step as page
from ansible_collections.azroll.vmss.tests.unit.playing import DEFAULTS

OPTIONS = {**DEFAULTS, "resource_group": "web-rg", "scale_set": "web"}
LOGIN = {"tenant": "t", "secret": "very-secret"}
HOST = {"inventory_hostname": "web-host", "ansible_play_hosts_all": ["web-host"]}
BOTH = {**HOST, "ansible_play_hosts_all": ["web-host", "api-host"]}
UNHEALTHY = {
    "ansible_failed_task": {"name": "Check", "action": "ansible.builtin.assert"},
    "ansible_failed_result": {"failed": True, "msg": "Not yet."},
}
Results = list[Mapping[str, Any] | BaseException]


class Ansible:
    """What an attempt of a task is to the plugin: modules answer by a script, and time passes at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._monkeypatch = monkeypatch
        self.folder = folder
        self.script: Results = []
        # Of each module that was run: its name, its arguments and whether it was in check mode.
        self.ran: list[tuple[str, dict[str, Any], bool]] = []
        self.slept: list[float] = []
        monkeypatch.setattr(plugin.C, "DEFAULT_LOCAL_TMP", str(folder))
        monkeypatch.setattr(plugin, "sleep", self.slept.append)

    def has_step(self, name: str, step: Callable[..., Any]) -> None:
        """Let the step of that name do something else."""
        steps = known.AFTER_FAILURE if name in known.AFTER_FAILURE else known.STEPS
        self._monkeypatch.setitem(steps, name, step)

    def attempt(
        self, step: str | None, *results: Mapping[str, Any] | BaseException, uuid: str = "", **given: Any
    ) -> dict[str, Any]:
        """One attempt of a task, with a plugin of its own, as Ansible makes one."""
        arguments = {"options": OPTIONS} if step == "plan" else {}
        self.task = SimpleNamespace(
            _uuid=uuid or f"task of {step}",
            args={"step": step, **arguments, **given.get("args", {})},
            action="azroll.vmss.rollout_step",
            async_val=0,
            check_mode=given.get("check_mode", False),
            module_defaults=given.get("module_defaults", []),
        )
        templar = mock.Mock(template=lambda value: json.loads(json.dumps(value).replace("{{ t }}", "templated")))
        action = plugin.ActionModule(self.task, mock.Mock(), mock.Mock(), mock.Mock(), templar, mock.Mock())
        self.script += results
        with mock.patch.object(action, "_execute_module", self._execute):
            found: dict[str, Any] = action.run(None, given.get("variables", HOST))
        assert self.script == []
        return found

    def _execute(self, module_name: str, module_args: dict[str, Any], task_vars: Mapping[str, Any]) -> Any:
        assert "inventory_hostname" in task_vars
        self.ran.append((module_name, module_args, self.task.check_mode))
        result = self.script.pop(0)
        if isinstance(result, BaseException):
            raise result
        return result

    def state(self) -> dict[str, Any]:
        """What was kept of the only rollout."""
        (file,) = self.folder.iterdir()
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return found


@pytest.fixture
def ansible(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ansible:
    return Ansible(monkeypatch, tmp_path)


@pytest.fixture
def begun(ansible: Ansible) -> Ansible:
    """Where a rollout has begun: its first step did nothing."""
    real = known.STEPS["plan"]
    ansible.has_step("plan", nothing)
    ansible.attempt("plan")
    ansible.has_step("plan", real)
    return ansible


def nothing(_state: State, *_more: Any) -> Any:
    yield from ()
    return {}


def of_hold(state: State) -> Any:
    """A step that runs one module."""
    state.held = ["begun"]
    result = yield ModuleCall("vmss_hold", {"name": "web"})
    state.held = ["done"]
    return {"lines": [result["msg"]]}


# From step to step


def test_the_first_step_begins_a_rollout_and_the_next_goes_on_with_it(ansible: Ansible) -> None:
    def keep(state: State) -> Any:
        yield from ()
        state.next, state.held = "begin", ["repairs"]
        return {"changed": True}

    seen: list[State] = []

    def look(state: State) -> Any:
        yield from ()
        seen.append(state)
        return {}

    ansible.has_step("plan", keep)
    ansible.has_step("begin", look)
    result = ansible.attempt("plan", args={"job": "7"})
    assert (result["done"], result["changed"], result["next"]) == (True, True, "begin")
    assert not ansible.attempt("begin")["changed"]
    assert seen[0].held == ["repairs"]
    assert seen[0].options == OPTIONS
    assert seen[0].holder.endswith("(job 7)")


def test_every_rollout_has_an_id_of_its_own(ansible: Ansible) -> None:
    ansible.has_step("plan", nothing)
    ids = set()
    for _run in range(3):
        ansible.attempt("plan")
        ids.add(ansible.state()["run_id"])
    assert len(ids) == 3


def test_the_rollouts_of_two_hosts_are_kept_apart_in_the_folder_of_this_run(ansible: Ansible) -> None:
    ansible.has_step("plan", nothing)
    # A name of a host may be anything.
    for host in ("web-host", "../api host"):
        ansible.attempt("plan", variables={**HOST, "inventory_hostname": host})
    assert len(list(ansible.folder.iterdir())) == 2


def test_without_a_rollout_there_is_no_step(ansible: Ansible) -> None:
    with pytest.raises(AnsibleActionFail, match="No rollout has begun"):
        ansible.attempt("begin")


@pytest.mark.parametrize("name", [None, "", "__class__", "x" * 10_000, "vmss_hold"])
def test_a_step_that_there_is_not_is_refused_in_words(begun: Ansible, name: str | None) -> None:
    with pytest.raises(AnsibleActionFail, match="has no step") as caught:
        begun.attempt(name)
    assert len(str(caught.value)) < 200


def test_the_answer_of_the_operator_reaches_its_step(begun: Ansible) -> None:
    assert begun.attempt("answer_checkpoint", args={"answer": "no"})["next"] == "sweep"
    assert begun.state()["waiting"]


# Waits


def test_a_wait_goes_on_in_the_next_attempt_with_another_plugin(begun: Ansible) -> None:
    def slow(state: State) -> Any:
        first = yield ModuleCall("vmss_instance_facts", {})
        yield Progress(first)
        yield Pause(7)
        second = yield ModuleCall("vmss_instance_facts", {})
        state.held = [second["msg"]]
        return {}

    begun.has_step("wait", slow)
    waiting = {"msg": "1 of 2", "heatmap": ["#o"], "vmss_progress": {"done": False}, "ansible_facts": {"vmss": {}}}
    result = begun.attempt("wait", waiting, uuid="a")
    assert (result["done"], result["failed"], result["msg"], result["heatmap"]) == (False, False, "1 of 2", ["#o"])
    assert "ansible_facts" not in result
    result = begun.attempt("wait", {"msg": "2 of 2"}, uuid="a")
    assert (result["done"], begun.state()["held"], begun.slept) == (True, ["2 of 2"], [7])


def test_another_task_does_not_go_on_with_it(begun: Ansible) -> None:
    def slow(_state: State) -> Any:
        while True:
            yield Progress({"msg": "?"})

    begun.has_step("wait", slow)
    assert not begun.attempt("wait", uuid="a")["done"]
    begun.has_step("wait", nothing)
    assert begun.attempt("wait", uuid="b")["done"]
    assert not begun.attempt("wait", uuid="a")["done"]


# Modules


def test_a_module_is_run_by_its_full_name_and_shown(begun: Ansible) -> None:
    begun.has_step("begin", of_hold)
    result = begun.attempt("begin", {"msg": "Held.", "warnings": ["Careful."]})
    assert begun.ran == [("azroll.vmss.vmss_hold", {"name": "web"}, False)]
    assert (result["lines"], result["warnings"]) == (["Held."], ["Careful."])
    assert result["calls"] == ["azroll.vmss.vmss_hold: Held."]


def test_a_module_of_ansible_gets_nothing_of_the_defaults(begun: Ansible) -> None:
    def step(_state: State) -> Any:
        yield ModuleCall("ansible.builtin.file", {"path": "x"})
        return {}

    begun.has_step("begin", step)
    begun.attempt("begin", {}, args=LOGIN, module_defaults=[{"ansible.builtin.file": {"mode": "0777"}}])
    assert begun.ran == [("ansible.builtin.file", {"path": "x"}, False)]


def test_the_defaults_of_the_group_and_of_a_module_reach_it(begun: Ansible) -> None:
    begun.has_step("begin", of_hold)
    defaults: list[dict[str, Any]] = [
        {"azroll.vmss.vmss_hold": {"tenant": "outer", "minutes": 5, "name": "other"}},
        {"azroll.vmss.vmss_hold": {"tenant": "{{ t }}"}, "azroll.vmss.vmss_preflight": {"by": "zone"}},
    ]
    begun.attempt("begin", {"msg": ""}, args={**LOGIN, "answer": "go", "job": "7"}, module_defaults=defaults)
    # What is nearer goes before, and what the step says before all.
    expected = {"tenant": "templated", "secret": "very-secret", "minutes": 5, "name": "web"}
    assert begun.ran[0][1] == expected


def test_only_the_call_that_asks_for_it_is_in_check_mode(begun: Ansible) -> None:
    def step(_state: State) -> Any:
        yield ModuleCall("vmss_domain_upgrade", {}, True)
        yield ModuleCall("vmss_domain_upgrade")
        return {}

    begun.has_step("upgrade", step)
    begun.attempt("upgrade", {}, {})
    assert [check_mode for _name, _args, check_mode in begun.ran] == [True, False]
    assert begun.task.check_mode is False
    begun.attempt("upgrade", {}, {}, check_mode=True)
    assert [check_mode for _name, _args, check_mode in begun.ran[2:]] == [True, True], "a dry run writes nothing"


def test_check_mode_ends_with_the_call_even_where_it_breaks(begun: Ansible) -> None:
    def step(_state: State) -> Any:
        yield ModuleCall("vmss_domain_upgrade", {}, True)

    begun.has_step("upgrade", step)
    with pytest.raises(AnsibleError):
        begun.attempt("upgrade", AnsibleError("No worker."))
    assert begun.task.check_mode is False


# Failures


def test_a_step_that_fails_fails_its_task_and_is_kept(begun: Ansible) -> None:
    def step(state: State) -> Any:
        state.held = ["repairs"]
        result = yield ModuleCall("vmss_hold")
        raise StepFailed("It broke.", result)

    begun.has_step("begin", step)
    result = begun.attempt("begin", {"failed": True, "error": {"kind": "lease"}, "ansible_facts": {}})
    assert (result["failed"], result["msg"], result["error"], result["done"]) == (
        True,
        "It broke.",
        {"kind": "lease"},
        True,
    )
    assert "ansible_facts" not in result
    assert begun.state()["held"] == ["repairs"]


def test_what_a_step_refuses_by_itself_is_said_by_the_names_of_the_role(begun: Ansible) -> None:
    def step(_state: State) -> Any:
        yield from ()
        raise BadInput("max_unavailable is 0", advice="Give at least 1.")

    begun.has_step("begin", step)
    result = begun.attempt("begin")
    assert (result["failed"], result["error"]["kind"]) == (True, "bad_input")
    assert result["msg"].endswith("Give at least 1.")


def test_two_failures_of_a_step_differ(begun: Ansible, monkeypatch: pytest.MonkeyPatch) -> None:
    def step(_state: State) -> Any:
        yield from ()
        raise StepFailed("It broke.")

    begun.has_step("begin", step)
    results = []
    for time in ("10:00", "10:01"):
        monkeypatch.setattr(plugin, "now", lambda time=time: time)
        results.append(begun.attempt("begin"))
    assert results[0] != results[1]


class TimeLimit(BaseException):
    """How newer versions of ansible-core end a task whose `timeout` is over: no Exception at all."""


@pytest.mark.parametrize("end", [AnsibleError("No worker."), TimeLimit()], ids=["error", "timeout"])
def test_what_a_step_has_begun_is_known_even_where_ansible_ends_its_task(begun: Ansible, end: BaseException) -> None:
    begun.has_step("upgrade", of_hold)
    with pytest.raises(type(end)):
        begun.attempt("upgrade", end)
    assert begun.state()["held"] == ["begun"]


def failures(ansible: Ansible, *steps: str) -> list[Failure]:
    """Let the steps of a rescue only note which failure they follow."""
    seen: list[Failure] = []

    def follow(_state: State, failure: Failure) -> Any:
        yield from ()
        seen.append(failure)
        return {}

    for step in steps:
        ansible.has_step(step, follow)
    return seen


def test_the_failure_that_ansible_reports_is_that_of_the_rescue(begun: Ansible) -> None:
    seen = failures(begun, "handle_failure")
    begun.attempt("handle_failure", variables={**BOTH, **UNHEALTHY})
    assert seen == [Failure("Not yet.")]


def test_one_that_was_there_before_is_none_of_this_rollout(ansible: Ansible) -> None:
    ansible.has_step("plan", nothing)
    ansible.attempt("plan", variables={**BOTH, **UNHEALTHY})
    seen = failures(ansible, "handle_failure")
    ansible.attempt("handle_failure", variables={**BOTH, **UNHEALTHY})
    assert seen[0].other_host


def test_one_that_a_hook_has_rescued_by_itself_is_none_either(begun: Ansible) -> None:
    begun.has_step("upgrade", nothing)
    begun.attempt("upgrade", variables={**BOTH, **UNHEALTHY})
    seen = failures(begun, "handle_failure")
    begun.attempt("handle_failure", variables={**BOTH, **UNHEALTHY})
    assert seen[0].other_host


def test_the_same_health_check_that_fails_again_has_failed_again(begun: Ansible) -> None:
    """As custom_checks.yml goes: probes and alerts, the health tasks, the rescue, and all of it again."""
    begun.has_step("run_checks", nothing)
    seen = failures(begun, "check_failed")
    begun.attempt("run_checks", variables=BOTH)
    begun.attempt("check_failed", variables={**BOTH, **UNHEALTHY})
    begun.attempt("run_checks", variables={**BOTH, **UNHEALTHY})
    begun.attempt("check_failed", variables={**BOTH, **UNHEALTHY})
    assert seen == [Failure("Not yet.")] * 2


def test_a_check_that_passes_ends_the_row_of_failures(begun: Ansible) -> None:
    begun.has_step("check_passed", nothing)
    seen = failures(begun, "check_failed", "handle_failure")
    begun.attempt("check_failed", variables={**BOTH, **UNHEALTHY})
    begun.attempt("check_passed", variables={**BOTH, **UNHEALTHY})
    begun.attempt("handle_failure", variables={**BOTH, **UNHEALTHY})
    assert [one.other_host for one in seen] == [False, True]


def test_a_report_that_cannot_be_written_has_its_own_failure(begun: Ansible) -> None:
    seen = failures(begun, "handle_failure", "report_failed")
    begun.attempt("handle_failure", variables={**BOTH, **UNHEALTHY})
    full = {"ansible_failed_task": {"name": "Write", "action": "copy"}, "ansible_failed_result": {"msg": "Disk full."}}
    begun.attempt("report_failed", variables={**BOTH, **full})
    assert [one.said for one in seen] == ["Not yet.", 'task "Write": Disk full.']


def test_a_rollout_that_cannot_begin_leaves_no_other_one_to_go_on_with(begun: Ansible) -> None:
    impossible = {"args": {"options": {**OPTIONS, "upgrade_timeout": 0}}}
    with pytest.raises(AnsibleActionFail, match="rollout_upgrade_timeout is 0"):
        begun.attempt("plan", **impossible)
    failed = {"msg": "rollout_upgrade_timeout is 0"}
    with pytest.raises(AnsibleActionFail, match="No rollout has begun: rollout_upgrade_timeout is 0"):
        begun.attempt("handle_failure", variables={**HOST, "ansible_failed_result": failed})


def test_what_the_action_keeps_for_itself_is_documented_and_nothing_else() -> None:
    assert set(yaml.safe_load(page.DOCUMENTATION)["options"]) == set(plugin.OWN)
