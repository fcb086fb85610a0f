# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The role's own task files, played on a site by Ansible's own executor."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from ansible_collections.azroll.vmss.plugins.modules import (
    vmss_domain_upgrade,
    vmss_hold,
    vmss_image_update,
    vmss_instance_facts,
    vmss_instance_protection,
    vmss_instance_reimage,
    vmss_preflight,
)
from rollouts.arm import Known
from rollouts.controller import Clock, play
from rollouts.options import Options
from rollouts.play import Result, Stop, carry_out
from rollouts.site import Site

MODULES = (
    vmss_domain_upgrade,
    vmss_hold,
    vmss_image_update,
    vmss_instance_facts,
    vmss_instance_protection,
    vmss_instance_reimage,
    vmss_preflight,
)
ROLE = {"name": "Roll", "ansible.builtin.import_role": {"name": "azroll.vmss.rollout"}}
# The tasks that begin when a failure is looked at, and when nothing more is to be written.
STOPS, REPORTS = "Record why the rollout stops", "Release the scale set and write the report"
# What the driver calls failures without the error of a module, by how the names of the tasks begin.
FAILURES = {
    "Stop if a preflight finding blocks the rollout": "preflight",
    "Stop if there is no image to roll back to": "no image to go back to",
    "Stop if the custom health checks keep failing": "site check",
    "Stop if instances are still stale": "sweep",
    "Wait for the upgrade of": "not upgraded in time",
    "Wait until the instances are healthy": "not healthy in time",
}
HEALTH_URL = "https://site/health"
# These stand for things outside of the role.
OUTSIDE = ("site_check", "answer", "holder")


class RoleRun:
    """One run of the role, as `driver.Rollout` is one."""

    def __init__(self, site: Site, options: Options) -> None:
        site.start_run()
        self._site, self._options = site, options
        self._known: Known = {}
        # The task that failed last, with its message, and what the rollout stopped for.
        self._failure = "", ""
        self._stopped = ""
        self.stop: Stop | None = None
        self.stopped_at: float | None = None
        self.broken: frozenset[str] = frozenset()

    def run(self) -> Result:
        """Returns the report. Raises Killed."""
        modules = {f"azroll.vmss.{one.__name__.rpartition('.')[2]}": self._module(one) for one in MODULES}
        actions = {
            **modules,
            "ansible.builtin.wait_for": self._pause,
            "ansible.builtin.pause": self._ask,
            "ansible.builtin.uri": self._check_site,
            "ansible.builtin.tempfile": lambda _args, _check: {"changed": True, "path": str(self._folder)},
            "ansible.builtin.file": lambda _args, _check: {"changed": True},
        }
        clock = Clock(self._now, self._site.sleep)
        facts = play([ROLE], self._variables(), actions, clock, self._begins, self._fails)
        assert "rollout__report" in facts, self._failure
        report: Result = facts["rollout__report"]
        if self._stopped:
            self.stop = Stop(report.get("cause_kind") or self._stopped, report["cause"])
        return report

    @property
    def _folder(self) -> Path:
        return self._site.wait_state.parent

    def _variables(self) -> Result:
        options = {name: value for name, value in vars(self._options).items() if name not in OUTSIDE}
        given = {f"rollout_{name}": list(one) if isinstance(one, tuple) else one for name, one in options.items()}
        if self._options.site_check is not None:
            given["rollout_health_url"] = HEALTH_URL
        return {"rollout_resource_group": "rg-shop", "rollout_scale_set": "web", **given}

    def _now(self) -> datetime:
        stamp = self._site.simulation.calendar.stamp(self._site.now())
        return datetime.fromisoformat(stamp).replace(tzinfo=None)

    def _begins(self, task: str) -> None:
        if task == STOPS:
            task = self._failure[0]
            self._stopped = next((kind for start, kind in FAILURES.items() if task.startswith(start)), task)
            self.broken = self._site.broken()
        if task == REPORTS and self._stopped:
            self.stopped_at = self._site.now()

    def _fails(self, task: str, message: str) -> None:
        self._failure = task, message

    def _module(self, module: ModuleType) -> Any:
        def act(args: Mapping[str, Any], check_mode: bool) -> Result:
            given = dict(args)
            if "holder" in given:
                given["holder"] = self._options.holder
            if "wait_state" in given:
                given["wait_state"] = self._site.wait_state
            result = carry_out(self._site, self._known, module, given, check_mode=check_mode)
            return {**result, "failed": result["error"] is not None}

        return act

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
