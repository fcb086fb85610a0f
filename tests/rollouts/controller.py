# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Ansible's own executor, with tasks carried out in this process: no forks, and no time but that of a given clock.

Everything is Ansible's own (loading, templating, conditions, loops, `until`, blocks, includes, facts) but for three
things: a task is executed where the strategy would hand it to a worker process, the actions named in `Actions` are
carried out by functions, and templates are compiled once. It goes by the internals of the one ansible-core that the
tests are locked to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import SimpleNamespace
from typing import Any, ClassVar
from unittest import mock

from ansible import context
from ansible._internal import _task
from ansible._internal._templating import _jinja_bits
from ansible.executor import task_executor, task_queue_manager
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play import Play
from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import get_plugin_loader_namespace
from ansible.plugins.strategy import linear
from ansible.utils.context_objects import CLIArgs
from ansible.vars.manager import VariableManager

from rollouts import templates

HOST = "localhost"

# What a task's arguments lead to: a result as a module gives it.
Action = Callable[[Mapping[str, Any], bool], dict[str, Any]]
Actions = Mapping[str, Action]
# Hears the name of a task that has failed, and its result.
Fails = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True)
class Clock:
    """Stands for the time of the control node."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None]


class _Handler:
    """What takes the place of an action plugin."""

    def __init__(self, act: Action, task: Any) -> None:
        self._act, self._task = act, task

    def run(self, task_vars: Mapping[str, Any] | None = None) -> dict[str, Any]:
        del task_vars
        return self._act(dict(self._task.args), bool(self._task.check_mode))

    def cleanup(self, force: bool = False) -> None:
        """There is nothing to clean up."""


class _Executor(task_executor.TaskExecutor):
    actions: ClassVar[Actions] = {}

    def _get_action_handler_with_module_context(self, templar: Any) -> Any:
        act = self.actions.get(self._task.action)
        if act is None:
            return super()._get_action_handler_with_module_context(templar)
        return _Handler(act, self._task), None


class _Strategy(linear.StrategyModule):
    """The default strategy, but that it executes a task instead of queueing it."""

    def _queue_task(self, host: Any, task: Any, task_vars: Any, play_context: Any) -> None:
        # As in a worker process, what is templated stays with the copy.
        own = task.copy(exclude_parent=True, exclude_tasks=True)
        own._parent = task._parent
        self._queued_task_cache[(host.name, task._uuid)] = {
            "host": host,
            "task": task,
            "task_vars": task_vars,
            "play_context": play_context,
        }
        unheard = SimpleNamespace(send_callback=lambda *_: None)
        plugins = get_plugin_loader_namespace()
        with _task.TaskContext.create(task=own, task_vars=task_vars, host_name=host.name):
            own.squash()
            executor = _Executor(host, play_context, self._loader, plugins, unheard, self._variable_manager)
            outcome = executor.run()
            outcome.finalize_registered_values()
        own.ignore_errors, own.ignore_unreachable = outcome.ignore_errors, outcome.ignore_unreachable
        with self._results_lock:
            self._results.append(_task.HostTaskResult(host=host, task=own, utr=outcome))
        self._pending_results += 1


class _Listener(CallbackBase):
    """Tells of each task that begins or fails."""

    def __init__(self, begins: Callable[[str], None], fails: Fails) -> None:
        super().__init__()
        self._begins, self._fails = begins, fails
        self._init_callback_methods()

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        del is_conditional
        self._begins(task.name)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        del ignore_errors
        self._fails(result.task.name, result.result)


@cache
def _loader() -> DataLoader:
    """Keeps what it has parsed."""
    context.CLIARGS = CLIArgs({"check": False, "diff": False, "tags": ["all"], "skip_tags": [], "verbosity": 0})
    return DataLoader()


def play(
    tasks: list[dict[str, Any]],
    variables: Mapping[str, Any],
    actions: Actions,
    clock: Clock,
    begins: Callable[[str], None],
    fails: Fails,
) -> dict[str, Any]:
    """Run a play of these tasks on one host; returns the facts that were set.

    `variables` are extra vars; `begins` hears the name of each task before it is executed, and `fails` those of tasks
    that have failed, with their results.
    """

    def now(utc: bool = False) -> datetime:
        del utc
        return clock.now()

    loader = _loader()
    inventory = InventoryManager(loader=loader, sources=[f"{HOST},"])
    manager = VariableManager(loader=loader, inventory=inventory)
    manager._extra_vars = dict(variables)
    source = {"hosts": HOST, "connection": "local", "gather_facts": False, "tasks": tasks}
    queue = task_queue_manager.TaskQueueManager(inventory, manager, loader, passwords={})
    queue._callback_plugins = [_Listener(begins, fails)]
    with (
        templates.kept(),
        mock.patch.object(_Executor, "actions", actions),
        mock.patch.object(task_executor, "time", SimpleNamespace(sleep=clock.sleep)),
        mock.patch.object(_jinja_bits, "_now", now),
        mock.patch.object(task_queue_manager, "strategy_loader", SimpleNamespace(get=lambda _name, to: _Strategy(to))),
    ):
        try:
            queue.run(Play.load(source, variable_manager=manager, loader=loader))
        finally:
            queue.cleanup()
            queue._connection_lockfile.close()
    return dict(manager._nonpersistent_fact_cache[HOST])
