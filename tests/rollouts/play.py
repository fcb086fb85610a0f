# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""How the tasks of the role are carried out here: modules by their own work, waiting on the clock of the site."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import ModuleType
from typing import Any

import yaml

from ansible_collections.azroll.vmss.plugins.module_utils._calls.call import Call, Work
from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._filters.state import rollout_journal
from ansible_collections.azroll.vmss.plugins.modules import vmss_instance_facts
from rollouts.arm import Arm, Known
from rollouts.site import ModuleCall, Site

# A module's process takes this long to start.
START = 2.0

Result = dict[str, Any]


class Stop(Exception):
    """A task has failed: what a rescue is for. `kind` is the error's, or the name of the task, `result` a module's."""

    def __init__(self, kind: str, message: str, result: Result | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.result = result or {}
        # What a module's error says of itself; nothing where it was no module that failed.
        self.error: Mapping[str, Any] = self.result.get("error") or {}

    @property
    def error_kind(self) -> str:
        """As the role knows it: empty where it was no module that failed, and the task names no kind by itself."""
        told = str(self.error.get("kind", ""))
        return told or (self.kind if self.kind in ("max_unavailable", "other_host") else "")


class Play:
    """One run of ansible-playbook. The journal is the role's, and `registered` what its tasks registered."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._known: Known = {}
        self.registered: dict[str, Result] = {}
        self.journal: Result = {}

    def at(self) -> str:
        """The time of the control node, which is right here."""
        return self._site.simulation.calendar.stamp(self._site.now())

    def pause(self, seconds: float) -> None:
        """A task that waits."""
        self._site.step()
        self._site.sleep(seconds)

    def note(self, **facts: Any) -> None:
        """A task that notes something in the journal."""
        self.journal = rollout_journal(self.journal, "note", **facts)

    def begin_batch(self, batch: Mapping[str, Any]) -> None:
        self.journal = rollout_journal(self.journal, "begin_batch", batch=batch, at=self.at())

    def end_batch(self, result: str, **facts: Any) -> None:
        self.journal = rollout_journal(self.journal, "end_batch", result=result, at=self.at(), **facts)

    def module(self, module: ModuleType, register: str, *, check_mode: bool = False, **given: Any) -> Result:
        """A task with a module; options that are None are omitted. Raises Stop where it fails."""
        asked = {name: value for name, value in given.items() if value is not None}
        asked = {"resource_group": "rg-shop", "name": "web", **asked}
        result = carry_out(self._site, self._known, module, asked, check_mode=check_mode)
        self.registered[register] = result
        if result["error"]:
            raise Stop(result["error"]["kind"], result["msg"], result)
        return result

    def until_there_is_room(self, task: Callable[[], Result], patience: Mapping[str, int]) -> Result:
        """A task that is repeated while it fails with what is waited out."""
        for _attempt in range(patience["retries"]):
            try:
                return task()
            except Stop as stop:
                if not stop.error.get("waited_out"):
                    raise
            self._site.sleep(patience["delay"])
        return task()

    def wait_for(self, phase: str, patience: Mapping[str, int], unanswered: int, **given: Any) -> Result:
        """The facts module, repeated until it is done or its time is over."""
        self._site.wait_for(given["instance_ids"])
        stop = Stop(f"not {phase} in time", "")
        given |= {"wait_for": phase, "wait_timeout": patience["timeout"], "wait_state": self._site.wait_state}
        given |= {"answered_timeout": patience["answered"], "unanswered_timeout": unanswered}
        for _call in range(patience["retries"] + 1):
            try:
                facts = self.module(vmss_instance_facts, "facts", **given)
                if facts["done"]:
                    return facts
                stop = Stop(f"not {phase} in time", facts["msg"], facts)
            except Stop as failure:
                if not failure.error.get("no_answer") or self.registered["facts"]["expired"]:
                    raise
                stop = failure
            self._site.sleep(1)
        raise stop


def carry_out(
    site: Site, known: Known, module: ModuleType, given: Mapping[str, Any], *, check_mode: bool = False
) -> Result:
    """Do the work of a module on the site, as a process of its own would; the result tells of errors, too."""
    site.step()
    site.sleep(START)
    params = {**defaults(module), **given}
    site.calls.append(ModuleCall(module.__name__.rpartition(".")[2], check_mode, params))
    deadline = Deadline(params["wait_timeout"], monotonic=site.now, sleep=site.sleep)
    work = work_of(module)
    result, failure = work.result(), None
    try:
        work.carry_out(Call(Arm(site, deadline, known), deadline, check_mode, lambda _warning: None), params, result)
    except VmssError as error:
        result.msg, failure = str(error), error.to_dict()
    return {**result.to_dict(), "error": failure}


def work_of(module: ModuleType) -> Work[Any, Any]:
    """The only one that it has."""
    (work,) = (one for one in vars(module).values() if isinstance(one, Work))
    return work


@cache
def defaults(module: ModuleType) -> Mapping[str, Any]:
    """What the module's documentation, and so its argument spec, gives to options that nobody sets."""
    options = yaml.safe_load(module.DOCUMENTATION)["options"]
    return {name: option.get("default") for name, option in options.items()}
