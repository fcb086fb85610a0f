# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The role, played: the same steps in the same order as `roles/rollout/tasks`, with the modules' own work.

Read it beside the task files. A task is a place where the process may be killed, and so is every request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import yaml

from ansible_collections.azroll.vmss.plugins.filter.rollout import (
    rollout_journal,
    rollout_plan,
    rollout_probe,
    rollout_report,
    rollout_report_lines,
    rollout_waits,
)
from ansible_collections.azroll.vmss.plugins.module_utils._border import Call
from ansible_collections.azroll.vmss.plugins.module_utils._errors import VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._wait import Deadline
from ansible_collections.azroll.vmss.plugins.modules import (
    vmss_automatic_repairs,
    vmss_domain_upgrade,
    vmss_image_update,
    vmss_instance_facts,
)
from rollouts.arm import Arm
from rollouts.site import Site

# A module's process takes this long to start.
START = 2.0

Result = dict[str, Any]


@dataclass(frozen=True)
class Options:
    """The role's options, under their names without `rollout_`."""

    image: dict[str, str]
    by: str = "update_domain"
    max_unavailable: str = "20%"
    canary: int = 1
    pause: int = 0
    upgrade_policy: str = "keep"
    suspend_repairs: bool = True
    sweep_rounds: int = 3
    upgrade_timeout: int = 1800
    poll_interval: int = 10
    health_retries: int = 30
    health_delay: int = 10
    health_successes: int = 2
    # Stands for `rollout_health_url`: asked for one good or bad answer at a time.
    site_check: Callable[[], bool] | None = None


class Stop(Exception):
    """A task has failed: what the role's rescue is for. `kind` is the error's, or the name of the task."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Rollout:
    """One run of the role."""

    def __init__(self, site: Site, options: Options) -> None:
        self._site, self._options = site, options
        self._known: dict[str, Any] = {}
        self.stop: Stop | None = None
        self.report: Result = {}
        # How many instances had been seen when the run made up its mind to stop.
        self.stopped_at: float | None = None

    def run(self) -> Result:
        """main.yml. Raises Killed."""
        self._site.start_run()
        self._registered: dict[str, Result] = {"image": {}}
        self._vmss: Result = {}
        self._todo = False
        self._target: Result | None = None
        self._journal = rollout_journal({}, "start", scale_set="web", resource_group="rg-shop", at=self._at())
        try:
            self._look_and_plan()
            if self._todo:
                self._apply()
        except Stop as stop:
            self.stop, self.stopped_at = stop, self._site.now()
            changed = self._journal["image_changed"] or bool(self._registered["image"].get("changed") and self._todo)
            self._note_end("failed")
            self._note(cause=str(stop), image_changed=changed)
        self._finish()
        return self.report

    # plan.yml

    def _look_and_plan(self) -> None:
        options = self._options
        self._waits = rollout_waits(
            options.upgrade_timeout, options.health_retries, options.health_delay, options.health_successes
        )
        image = self._module(
            vmss_image_update, "image", check_mode=True, image=options.image, upgrade_policy=options.upgrade_policy
        )
        self._target = image["image"]
        write_image = image["diff"]["before"] != image["diff"]["after"]
        self._note(previous_image=image["previous_image"], target_image=image["image"])
        self._gather()
        self._write = write_image or bool(self._plan["batches"])
        self._todo = write_image or bool(self._plan["batches"] + self._plan["unsettled"])

    # gather.yml

    def _gather(self, canary: int | None = None) -> None:
        facts = self._module(vmss_instance_facts, "facts", target_image=self._target)
        self._vmss = facts["ansible_facts"]["vmss"]
        self._plan = rollout_plan(
            self._vmss,
            self._target or {},
            by=self._options.by,
            max_unavailable=self._options.max_unavailable,
            canary=self._options.canary if canary is None else canary,
            missing_ids=canary is not None,
        )
        if self._plan["refused"] is not None:
            raise Stop("plan refused", self._plan["refused"])

    # apply.yml

    def _apply(self) -> None:
        options = self._options
        if self._plan["unsettled"]:
            self._gate(self._plan["unsettled"], None)
        if self._write and options.suspend_repairs and self._vmss["repairs_state"] == "Running":
            repairs = self._module(vmss_automatic_repairs, "repairs", state="suspended")
            self._note(repairs_suspended=repairs["changed"])
        image = self._module(vmss_image_update, "image", image=self._target, upgrade_policy=options.upgrade_policy)
        self._note(image_changed=image["changed"])
        self._gather(options.canary)
        for number, batch in enumerate(self._plan["batches"]):
            self._batch(batch, last=number + 1 == len(self._plan["batches"]))
        self._sweep()

    # batch.yml

    def _batch(self, batch: Mapping[str, Any], *, last: bool) -> None:
        self._journal = rollout_journal(self._journal, "begin_batch", batch=batch, at=self._at())
        upgrade = self._module(
            vmss_domain_upgrade,
            "upgrade",
            instance_ids=batch["instance_ids"],
            missing_instances="skip",
            max_unavailable=self._options.max_unavailable,
            wait=False,
        )
        if upgrade["instance_ids"]:
            self._wait(
                self._waits["upgrade"],
                target_image=self._target,
                instance_ids=upgrade["instance_ids"],
                wait_for="upgraded",
                wait_interval=self._options.poll_interval,
            )
            self._gate(upgrade["instance_ids"], upgrade["started_at"])
        self._note_end("succeeded", left_out=upgrade["left_out"])
        if not last:
            self._site.sleep(self._options.pause)

    # gate.yml

    def _gate(self, ids: list[str], since: str | None) -> None:
        facts = self._wait(
            self._waits["health"],
            target_image=self._target,
            instance_ids=ids,
            wait_for="healthy",
            wait_successes=self._options.health_successes,
            wait_interval=self._options.health_delay,
            fresher_than=since,
        )
        self._vmss = facts["ansible_facts"]["vmss"]
        if self._options.site_check is not None:
            self._probe(self._options.site_check)

    # probe.yml

    def _probe(self, check: Callable[[], bool]) -> None:
        probe: Result = {}
        while True:
            probe = rollout_probe(
                probe, check(), successes=self._options.health_successes, retries=self._options.health_retries
            )
            if probe["exhausted"]:
                raise Stop("site check", f"{probe['attempts']} health checks, and never enough good ones in a row")
            if probe["done"]:
                return
            self._site.sleep(self._options.health_delay)

    # sweep.yml

    def _sweep(self) -> None:
        for sweep_round in range(1, self._options.sweep_rounds + 2):
            self._gather(0)
            batches = self._plan["batches"]
            if not batches:
                return
            if sweep_round > self._options.sweep_rounds:
                raise Stop("sweep", f"instances are still not on the target image after {sweep_round - 1} rounds")
            for number, batch in enumerate(batches):
                self._batch(batch, last=number + 1 == len(batches))

    # finish.yml

    def _finish(self) -> None:
        if self._journal["repairs_suspended"]:
            try:
                self._module(vmss_automatic_repairs, "release", state="running")
            except Stop as stop:
                words = [self._journal["cause"], "Automatic repairs are still suspended, resume them by hand.", stop]
                self._note(cause=" ".join(str(one) for one in words if one))
        vmss = self._vmss
        if self._journal["cause"] is not None:
            try:
                facts = self._module(vmss_instance_facts, "facts", target_image=self._target)
                vmss = facts["ansible_facts"]["vmss"]
            except Stop:
                vmss = self._vmss
        self._note(finished_at=self._at())
        self.report = rollout_report(self._journal, vmss)
        rollout_report_lines(self.report)

    # How tasks are carried out

    def _module(self, module: ModuleType, register: str, *, check_mode: bool = False, **given: Any) -> Result:
        """A task with a module. Raises Stop where it fails."""
        self._site.step()
        self._site.sleep(START)
        params = {**_defaults(module), "resource_group": "rg-shop", "name": "web", **given}
        deadline = Deadline(params["wait_timeout"], monotonic=self._site.now, sleep=self._site.sleep)
        result: Result = {"changed": False, "msg": "", "error": None, **module.EMPTY}
        self._registered[register] = result
        arm: Any = Arm(self._site, deadline, self._known)
        try:
            module.work(Call(params, check_mode, arm, deadline, result, lambda _warning: None))
        except VmssError as error:
            raise Stop(error.kind, str(error)) from error
        return result

    def _wait(self, patience: Mapping[str, int], **given: Any) -> Result:
        """A task that is repeated until it is done."""
        for _call in range(patience["retries"] + 1):
            facts = self._module(vmss_instance_facts, "facts", wait_timeout=patience["timeout"], **given)
            if facts["done"]:
                return facts
            self._site.sleep(1)
        raise Stop(f"not {given['wait_for']} in time", facts["msg"])

    def _note(self, **facts: Any) -> None:
        self._journal = rollout_journal(self._journal, "note", **facts)

    def _note_end(self, result: str, **facts: Any) -> None:
        self._journal = rollout_journal(self._journal, "end_batch", result=result, at=self._at(), **facts)

    def _at(self) -> str:
        return self._site.simulation.calendar.stamp(self._site.now())


@cache
def _defaults(module: ModuleType) -> Mapping[str, Any]:
    """What the module's documentation, and so its argument spec, gives to options that nobody sets."""
    options = yaml.safe_load(module.DOCUMENTATION)["options"]
    return {name: option.get("default") for name, option in options.items()}
