# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The part of the role that every way through it takes: hold, plan the batches, upgrade, gate, sweep."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from types import ModuleType
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._filters.failure import rollout_retry
from ansible_collections.azroll.vmss.plugins.module_utils._filters.planning import rollout_baseline, rollout_plan
from ansible_collections.azroll.vmss.plugins.module_utils._filters.state import rollout_journal
from ansible_collections.azroll.vmss.plugins.module_utils._filters.waiting import (
    rollout_lease_due,
    rollout_probe,
    rollout_waits,
)
from ansible_collections.azroll.vmss.plugins.modules import (
    vmss_domain_upgrade,
    vmss_hold,
    vmss_instance_facts,
    vmss_instance_reimage,
)
from rollouts.options import HOOK_TAKES, Options
from rollouts.play import Play, Result, Stop, defaults
from rollouts.site import Site


class Batches(Play):
    """What plan.yml sets at the start, and the task files named below."""

    def __init__(self, site: Site, options: Options) -> None:
        super().__init__(site)
        self._options = options
        self._vmss: Result = {}
        self._seen: Result = {}
        self._plan: Result = {}
        self._target: Result | None = None
        self._under_way = False
        self._unhealthy_before: list[str] = []
        self._failed_before: list[str] = []
        forward = options.direction == "forward"
        self._by_model = forward
        self._only: Mapping[str, Any] = options.only
        self._until = options.until
        self._canary, self._soak = (options.canary, options.soak) if forward else (0, 0)
        self._waiting = self._unproven = False
        self._retry = False
        self._upgrade: Result = {"instance_ids": []}
        self._read_at = 0.0
        self._operation: list[str] = []
        self._run_id = f"run-{site.run}"
        self._returned_at = ""
        self._waits = self._divide(None)

    def _divide(self, vmss: Result | None) -> Result:
        options = self._options
        return rollout_waits(
            options.upgrade_timeout,
            options.health_retries,
            options.health_delay,
            options.health_successes,
            options.unanswered_timeout,
            vmss=vmss,
            report_time=options.health_report_time,
            report_settling=options.health_report_settling,
        )

    def module(self, module: ModuleType, register: str, *, check_mode: bool = False, **given: Any) -> Result:
        """A task with a module; to those that read instances the role says which ones it includes."""
        if "include_instances" in defaults(module):
            given["include_instances"] = list(self._options.include_instances)
        if "ignore_health_source" in defaults(module):
            given["ignore_health_source"] = self.registered.get("preflight", {}).get("ignore_health_source", False)
        return super().module(module, register, check_mode=check_mode, **given)

    # acquire_lease.yml

    def _hold(self) -> None:
        options = self._options
        self.note(lease_acquired=True)
        journal = self.journal
        hold = self.module(
            vmss_hold,
            "hold",
            state="held",
            run_id=self._run_id,
            holder=options.holder,
            target=" ".join(filter(None, journal["target_image"].values())),
            minutes=options.lease,
            take_over=options.lease_take_over,
            repairs=options.suspend_repairs,
            autoscale=options.hold_autoscale,
            upgrade_policy=options.upgrade_policy,
            previous_image=journal["previous_image"],
            held=journal["held"],
            by_image=journal["made_model"],
            current_instance=self._current_instance(),
            wait_timeout=self._waits["call"]["timeout"],
        )
        self.journal = rollout_journal(journal, "hold", result=hold, in_progress=self._plan["in_progress"])
        if hold["made_model"]:
            self._by_model = False
            self.note(by_model=False, made_model=True)

    def _current_instance(self) -> str:
        known = self._vmss.get("instances", [])
        return next((one["instance_id"] for one in known if one["latest_model"] and self._by_model), "")

    def _keep(self, look: Result) -> None:
        self._vmss, self._read_at = look, self._site.now()

    # plan_batches.yml and read_and_plan.yml

    def _plan_batches(self, look: Result) -> None:
        options = self._options
        self._keep(look)
        self._plan = rollout_plan(
            look,
            self._target or {},
            by=options.by,
            max_unavailable=options.max_unavailable,
            max_unavailable_per_zone=options.max_unavailable_per_zone,
            max_unavailable_per_fault_domain=options.max_unavailable_per_fault_domain,
            canary=self._canary,
            batches=list(options.batches),
            zone_order=list(options.zone_order),
            domain_order=list(options.domain_order),
            unhealthy_first=options.unhealthy_first,
            until=self._until,
            only=self._only,
            skip=options.skip,
            busy_tags=list(options.busy_tags),
            missing_ids=self._under_way,
            by_model=self._by_model,
            ignore_missing="instances_missing" in options.accept,
        )
        if self._plan["refused"] is not None:
            raise Stop("max_unavailable", self._plan["refused"])

    def _gather(self) -> None:
        judged: Result = {"target_image": self._target, "by_model": self._by_model}
        facts = self.module(vmss_instance_facts, "facts", wait_timeout=self._waits["call"]["timeout"], **judged)
        self._plan_batches(facts["ansible_facts"]["vmss"])

    # run_batches.yml and sweep.yml

    def _upgrade_instances(self) -> None:
        self._under_way, self._unproven = True, False
        self._gather()
        self._seen = self._vmss
        autoscale = self.registered["preflight"]["autoscale"]
        self._site.begin_batches(self._seen["capacity"])
        self._autoscaled = not self._options.hold_autoscale and any(one["enabled"] for one in autoscale)
        self._take_batches()
        for swept in range(self._options.sweep_rounds + 1):
            if self._waiting:
                return
            self._gather()
            if self._plan["upgraded_by_others"] and not self._plan["batches"]:
                self._renew()
                self._wait_idle(self._plan["upgraded_by_others"])
                self._gather()
            left = {one for batch in self._plan["batches"] for one in batch["instance_ids"]}
            if swept == self._options.sweep_rounds:
                self.note(stayed_behind=sorted(left))
            if left and swept == self._options.sweep_rounds:
                raise Stop("sweep", f"instances are still not on the target image after {swept} rounds")
            tried = {one for batch in self.journal["batches"] for one in batch["instance_ids"]}
            if self._options.sweep_delay and left & tried:
                self.pause(self._options.sweep_delay)
            self._unproven = False
            self._take_batches()
            if self.journal["rollback"] is None:
                self.note(deferred=self._plan["deferred"])
            if not left:
                return

    # wait_idle.yml

    def _wait_idle(self, ids: Sequence[str]) -> None:
        with suppress(Stop):
            self.wait_for(
                "idle",
                self._waits["upgrade"],
                self._options.unanswered_timeout,
                target_image=self._target,
                instance_ids=list(ids),
                operation_id=self._operation,
                wait_successes=2,
                wait_interval=self._options.poll_interval,
            )

    # next_batch.yml

    def _take_batches(self) -> None:
        for batch in self._plan["batches"]:
            if self._waiting or self._unproven:
                return
            before = self.journal["batches"][-1] if self.journal["batches"] else {"sent": []}
            if self._soak and before["sent"]:
                self._soak_after(before)
            if before["sent"] and self.journal["rollback"] is None:
                self._ask_about(before)
            if not self._waiting:
                self._batch(batch)

    # soak.yml and checkpoint.yml

    def _soak_after(self, batch: Mapping[str, Any]) -> None:
        self._renew()
        self.pause(self._soak)
        self._gate(batch["sent"], self._returned_at)

    def _ask_about(self, batch: Mapping[str, Any]) -> None:
        if self._options.checkpoint == "batch" or (self._options.checkpoint == "canary" and batch["canary"]):
            self._waiting = not self._options.answer()
            self.note(waiting=self._waiting)

    # run_batch.yml and verify_batch.yml

    def _batch(self, batch: Mapping[str, Any]) -> None:
        ids = batch["instance_ids"]
        self._moved = [one for each in self.journal["batches"] for one in each["sent"]]
        self._retry = self._options.retry_failed
        self._upgrade, self._operation = {"instance_ids": []}, []
        self.begin_batch(batch)
        going = self._before_batch(ids) if self._options.before_batch else ids
        if going:
            self._renew()
            try:
                self.until_there_is_room(lambda: self._send(going, self._moved), self._waits["room"])
            finally:
                self._upgrade = self.registered.get("upgrade", {})
        else:
            self._upgrade = self.registered["room"]
        upgrade = self._upgrade
        if upgrade["instance_ids"]:
            strict = batch["canary"] or self.journal["rollback"]
            unhealthy = [] if strict else upgrade["unhealthy_before"]
            self._failed_before = upgrade["failed_before"]
            self._unhealthy_before = [
                *(one for one in self._unhealthy_before if one not in upgrade["instance_ids"]),
                *unhealthy,
            ]
            self._operation = [one for one in [upgrade["operation_id"]] if one]
            self._returned_at = ""
            self._await(upgrade["instance_ids"])
            self._returned_at = self.registered["facts"]["ansible_facts"]["vmss"]["gathered_at"]
            self._renew()
            if self._options.warm_up:
                self.pause(self._options.warm_up)
            self._gate(upgrade["instance_ids"], self._returned_at)
        if going and self._options.after_batch:
            self.pause(HOOK_TAKES)
        self._unproven = batch["canary"] and not upgrade["instance_ids"]
        if batch["canary"] and upgrade["instance_ids"]:
            self._canary = 0
        self.end_batch("succeeded", upgrade=upgrade)

    def _before_batch(self, ids: Sequence[str]) -> list[str]:
        """Those that the task file of the site is told of, and that it has been run for."""
        send = partial(self._send, ids, self._moved, register="room", check_mode=True)
        going: list[str] = self.until_there_is_room(send, self._waits["room"])["instance_ids"]
        if going:
            self.pause(HOOK_TAKES)
        return going

    # renew_lease.yml

    def _renew(self) -> None:
        clock = self._site.simulation.calendar.stamp
        due = not self.journal["lease_acquired"] or bool(self._options.before_batch)
        if due or rollout_lease_due(
            self.registered["hold"]["lease"],
            self._options.lease,
            self._vmss["gathered_at"],
            clock(self._read_at),
            self.at(),
        ):
            self._hold()

    def _send(
        self,
        ids: Sequence[str],
        ours: Sequence[str],
        *,
        partly: bool = True,
        register: str = "upgrade",
        check_mode: bool = False,
    ) -> Result:
        return self.module(
            vmss_domain_upgrade,
            register,
            check_mode=check_mode,
            instance_ids=list(ids),
            missing_instances="skip",
            partial=partly,
            busy_tags=list(self._options.busy_tags) if partly else [],
            wait=False,
            **self._checks(ours),
        )

    def _checks(self, ours: Sequence[str]) -> Result:
        """What is held against the set right before each write that moves instances."""
        options = self._options
        return {
            "max_unavailable": options.max_unavailable,
            "ignore_missing": "instances_missing" in options.accept,
            "max_unavailable_per_zone": options.max_unavailable_per_zone,
            "max_unavailable_per_fault_domain": options.max_unavailable_per_fault_domain,
            "by_model": self._by_model,
            "allow_managed": "managed" in options.accept,
            "target_image": self._target,
            "baseline": rollout_baseline(
                self._seen,
                self._target or {},
                any_capacity=self._autoscaled,
                scaled_by_others=options.capacity_changes == "accept",
                by_model=self._by_model,
                ours=ours,
            ),
            "run_id": self._run_id if options.lease else None,
        }

    # wait_upgraded.yml and retry_failed.yml

    def _await(self, ids: Sequence[str]) -> None:
        try:
            self.wait_for(
                "upgraded",
                self._waits["upgrade"],
                self._options.unanswered_timeout,
                target_image=self._target,
                by_model=self._by_model,
                instance_ids=list(ids),
                unhealthy_before=self._unhealthy_before,
                failed_before=self._failed_before,
                same_model=True,
                same_profile=self._seen["profile"],
                operation_id=self._operation,
                sent_at=self._upgrade["started_at"],
                wait_successes=1 if self._operation else 2,
                wait_interval=self._options.poll_interval,
            )
        except Stop as stop:
            if not stop.error.get("retry_instances") or not self._retry:
                raise
            self._try_again(ids)
            self._await(ids)

    def _try_again(self, ids: Sequence[str]) -> None:
        patience = self._waits["call"]["timeout"]
        judged: Result = {"target_image": self._target, "by_model": self._by_model, "wait_timeout": patience}
        look = self.module(vmss_instance_facts, "failed", instance_ids=list(ids), details=True, **judged)
        vmss = look["ansible_facts"]["vmss"]
        self._keep(vmss)
        again = rollout_retry(
            vmss,
            self._target or {},
            look["vmss_details"],
            self.journal,
            ids,
            unhealthy_before=self._unhealthy_before,
            failed_before=self._failed_before,
            by_model=self._by_model,
            operation=(self.registered["facts"]["error"] or {}).get("arm", {}).get("code") or "",
        )
        going = again["upgrade"] + again["reimage"]
        self._retry = bool(going)
        self.journal = rollout_journal(self.journal, "retry", chosen=going)
        if going:
            self._renew()
        ours, tried = self._moved + list(ids), []
        self._failed_before = []
        self._operation = [] if going else self._operation
        if again["upgrade"]:
            sent = self.until_there_is_room(
                lambda: self._send(again["upgrade"], ours, partly=False), self._waits["room"]
            )
            self._failed_before = sent["failed_before"]
            self._operation += [one for one in [sent["operation_id"]] if one]
            tried += sent["instance_ids"]
        if again["reimage"]:
            try:
                sent = self.until_there_is_room(lambda: self._reimage(again["reimage"], ours), self._waits["room"])
            except Stop as stop:
                if not stop.error.get("denied"):
                    raise
            else:
                self._operation += [one for one in [sent["operation_id"]] if one]
                tried += sent["instance_ids"]
        if going:
            self.journal = rollout_journal(self.journal, "retry", instance_ids=tried)

    def _reimage(self, ids: Sequence[str], ours: Sequence[str]) -> Result:
        return self.module(vmss_instance_reimage, "reimage", instance_ids=list(ids), **self._checks(ours))

    # health_gate.yml and custom_checks.yml

    def _gate(
        self, ids: Sequence[str], since: str | None, *, unhealthy: Sequence[str] | None = None, same_model: bool = True
    ) -> None:
        asked: Result = {
            "target_image": self._target,
            "by_model": self._by_model,
            "instance_ids": list(ids),
            "unhealthy_before": list(self._unhealthy_before if unhealthy is None else unhealthy),
            "same_model": same_model,
            "fresher_than": since or None,
            "report_time": self._waits["report_time"],
            "report_settling": self._options.health_report_settling,
            "wait_interval": self._options.health_delay,
        }
        if self._waits["reported"]["retries"]:
            with suppress(Stop):
                self.wait_for("reported", self._waits["reported"], self._options.unanswered_timeout, **asked)
            if self.journal["lease_acquired"]:
                self._renew()
        successes = self._options.health_successes
        unanswered = self._options.unanswered_timeout
        facts = self.wait_for("healthy", self._waits["health"], unanswered, **asked, wait_successes=successes)
        self._keep(facts["ansible_facts"]["vmss"])
        if self._options.site_check is not None:
            self._probe(self._options.site_check)

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
            self.pause(self._options.health_delay)
