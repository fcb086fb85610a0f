# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The role's own task files, played on a site by Ansible's own executor."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime
from typing import Any
from unittest import mock

from ansible import constants

from ansible_collections.azroll.vmss.plugins.action import rollout_step
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import Failure, ModuleCall
from rollouts.arm import Known
from rollouts.controller import Clock, play
from rollouts.driver import Stop, role_options
from rollouts.options import Options
from rollouts.play import Result, answer
from rollouts.site import Site

ROLE = {"name": "Roll", "ansible.builtin.import_role": {"name": "azroll.vmss.rollout"}}
# The tasks that begin when a failure is looked at, and when nothing more is to be written.
STOPS, REPORTS = "Decide what follows from the failure", "Release the scale set and write the report"
# What a step says that it failed with where no error has a kind, by how the names of the tasks begin.
FAILURES = {
    "Stop if a preflight finding blocks the rollout": "preflight",
    "Run preflight": "no_rollback_image",
    "Count the failed check": "custom_checks",
    "Find instances that are still stale": "sweep",
}


class RoleRun:
    """One run of the role, as `driver.Rollout` is one."""

    def __init__(self, site: Site, options: Options) -> None:
        site.start_run()
        self._site, self._options = site, options
        self._known: Known = {}
        # The task that failed last, with its message and how far instances had come, and what the rollout stopped for.
        self._failure = "", "", ""
        self._stopped = ""
        self.stop: Stop | None = None
        self.stopped_at: float | None = None
        self.broken: frozenset[str] = frozenset()

    def run(self) -> Result:
        """Returns the report. Raises Killed."""
        actions = {
            "ansible.builtin.wait_for": self._pause,
            "ansible.builtin.pause": self._ask,
            "ansible.builtin.uri": self._check_site,
        }
        clock = Clock(self._now, self._site.sleep)
        with ExitStack() as patched:
            for target, name, value in (
                (rollout_step.ActionModule, "_execute_module", self._executes()),
                (rollout_step, "now", lambda: self._site.simulation.calendar.stamp(self._site.now())),
                (rollout_step, "sleep", self._site.sleep),
                (rollout_step, "holder_name", lambda _job: self._options.holder),
                (constants, "DEFAULT_LOCAL_TMP", str(self._site.wait_state.parent)),
            ):
                patched.enter_context(mock.patch.object(target, name, value))
            facts = play([ROLE], role_options(self._options), actions, clock, self._begins, self._fails)
        assert "report" in facts.get("rollout__finish", {}), self._failure
        report: Result = facts["rollout__finish"]["report"]
        if self._stopped:
            self.stop = Stop(report.get("cause_kind") or self._stopped, Failure(report["cause"]))
        return report

    def _now(self) -> datetime:
        stamp = self._site.simulation.calendar.stamp(self._site.now())
        return datetime.fromisoformat(stamp).replace(tzinfo=None)

    def _begins(self, task: str) -> None:
        if task == STOPS:
            name, _message, phase = self._failure
            known = next((kind for start, kind in FAILURES.items() if name.startswith(start)), name)
            self._stopped = f"not {phase} in time" if phase else known
            self.broken = self._site.broken()
        if task == REPORTS and self._stopped:
            self.stopped_at = self._site.now()

    def _fails(self, task: str, result: Mapping[str, Any]) -> None:
        phase = (result.get("vmss_progress") or {}).get("phase", "")
        self._failure = task, str(result.get("msg")), phase

    def _executes(self) -> Any:
        site, known = self._site, self._known

        def execute(action: Any, module_name: str, module_args: Mapping[str, Any], task_vars: Any) -> Result:
            del task_vars
            return answer(site, known, ModuleCall(module_name, module_args, bool(action._task.check_mode)))

        return execute

    def _pause(self, args: Mapping[str, Any], _check_mode: bool) -> Result:
        self._site.step()
        self._site.sleep(float(args["timeout"]))
        return {"changed": False}

    def _ask(self, _args: Mapping[str, Any], _check_mode: bool) -> Result:
        return {"changed": False, "user_input": "go" if self._options.answer() else ""}

    def _check_site(self, _args: Mapping[str, Any], _check_mode: bool) -> Result:
        assert self._options.site_check is not None
        good = self._options.site_check()
        return {"changed": False, "failed": not good, "msg": "good" if good else "bad"}
