# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The role, played: the same steps in the same order as `roles/rollout/tasks`. Read it beside the task files."""

from __future__ import annotations

from contextlib import suppress
from types import ModuleType
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._filters.failure import (
    rollout_previous_image,
    rollout_quarantine,
    rollout_reaction,
)
from ansible_collections.azroll.vmss.plugins.module_utils._filters.reporting import rollout_report, rollout_report_lines
from ansible_collections.azroll.vmss.plugins.module_utils._filters.state import rollout_journal
from ansible_collections.azroll.vmss.plugins.modules import (
    vmss_hold,
    vmss_image_update,
    vmss_instance_facts,
    vmss_instance_protection,
    vmss_preflight,
)
from rollouts.batches import Batches
from rollouts.options import Options
from rollouts.play import Result, Stop
from rollouts.site import Site

# What may be accepted of those that vmss_image_update asks about.
ALLOWED = ("automatic_os_upgrade", "managed", "image_kind_change")


class Rollout(Batches):
    """One run of the role. `stop` is why it stopped, `stopped_at` when nothing more was to be written."""

    def __init__(self, site: Site, options: Options) -> None:
        site.start_run()
        super().__init__(site, options)
        self._todo = self._in_block = False
        self.journal = rollout_journal({}, "start", scale_set="web", resource_group="rg-shop", at=self.at())
        self.stop: Stop | None = None
        self.stopped_at: float | None = None
        # Whom this rollout had put out of service by then.
        self.broken: frozenset[str] = frozenset()

    def run(self) -> Result:
        """main.yml; returns the report. Raises Killed."""
        self._in_block = True
        try:
            self._look_and_plan()
            if self._todo:
                self._apply()
            self._in_block = False
        except Stop as stop:
            self._in_block = False
            self.stop, self.broken = stop, self._site.broken()
            self.journal = rollout_journal(
                self.journal,
                "stop",
                said=str(stop),
                error=stop.result.get("error"),
                check={"kind": stop.error_kind},
                upgrade=self._upgrade,
                at=self.at(),
            )
            self._react()
        return self._finish()

    def module(self, module: ModuleType, register: str, *, check_mode: bool = False, **given: Any) -> Result:
        """A task with a module, in the block of main.yml that the failure of another host ends."""
        if self._in_block and not self._site.left_alone():
            raise Stop("other_host", "Another host of the play has failed.")
        return super().module(module, register, check_mode=check_mode, **given)

    # plan.yml

    def _look_and_plan(self) -> None:
        options = self._options
        back = options.direction == "rollback"
        wanted = options.image or self._previous_image()
        preflight = self.module(
            vmss_preflight,
            "preflight",
            image=wanted,
            by=options.by,
            only=dict(options.only),
            skip=dict(options.skip),
            max_unavailable=options.max_unavailable,
            max_unavailable_per_zone=options.max_unavailable_per_zone,
            max_unavailable_per_fault_domain=options.max_unavailable_per_fault_domain or None,
            upgrade_policy=options.upgrade_policy,
            restore_policy=options.restore_policy,
            suspend_repairs=options.suspend_repairs,
            hold_autoscale=options.hold_autoscale,
            capacity_changes=options.capacity_changes,
            quarantine=options.quarantine > 0,
            retry_failed=options.retry_failed,
            rollback=back,
            run_id=self._run_id,
            lease_minutes=options.lease,
            take_over_lease=options.lease_take_over,
            by_model=self._by_model,
            accept=list(options.accept),
        )
        self._target, self._by_model = preflight["image"], preflight["by_model"]
        self._waits = self._divide(preflight["ansible_facts"]["vmss"])
        self.note(
            previous_image=preflight["previous_image"],
            target_image=self._target,
            wanted_image=wanted,
            rolls_back=back,
            by_model=self._by_model,
            findings=preflight["findings"],
        )
        if not preflight["ready"]:
            raise Stop("preflight", preflight["msg"])
        self._plan_batches(preflight["ansible_facts"]["vmss"])
        self.journal = rollout_journal(self.journal, "look", vmss=self._vmss, deferred=self._plan["deferred"])
        leased, batches = preflight["lease"] is not None, self._plan["batches"]
        self._write = preflight["write_image"] or bool(batches) or leased
        self._todo = preflight["write_image"] or bool(batches + self._plan["in_progress"]) or leased

    # find_rollback_image.yml

    def _previous_image(self) -> Result:
        facts = self.module(vmss_instance_facts, "facts", wait_timeout=self._waits["call"]["timeout"])
        options = self._options
        vmss = facts["ansible_facts"]["vmss"]
        try:
            found = rollout_previous_image(vmss, skip=options.skip, only=options.only, remembers=options.lease > 0)
        except VmssError as refused:
            # A zone that the rollout is confined to has lost its last instance, for example.
            raise Stop("no image to go back to", str(refused)) from refused
        if not found["image"]:
            raise Stop("no image to go back to", found["why"])
        return dict(found["image"])

    # apply.yml

    def _apply(self) -> None:
        if self._write:
            self._hold()
        written = self.registered["preflight"]["write_image"]
        if self._plan["in_progress"]:
            self._wait_idle(self._plan["in_progress"])
            if self.journal["lease_acquired"]:
                self._renew()
            stale = [one["instance_id"] for one in self._vmss["instances"] if one["stale"]]
            self._gate(self._plan["in_progress"], None, unhealthy=stale if written else [], same_model=not written)
        here = [one["instance_id"] for one in self._vmss["instances"] if one["in_service"] and not one["stale"]]
        here = [one for one in here if one not in self._plan["excluded_ids"]]
        if self.journal["begun_before"] and self._plan["batches"] and here:
            self._gate(here, self._vmss["gathered_at"], same_model=not written)
        back = self._options.direction == "rollback"
        if self._write:
            seen = self.registered["preflight"]["ansible_facts"]["vmss"]
            policy = self._options.upgrade_policy
            made = self.journal["made_model"]
            image = self._write_image(
                self.journal["model_image"], seen, upgrade_policy=policy, rollback=back, by_image=made
            )
            self.note(image_changed=image["changed"])
        self._upgrade_instances()
        before = set() if self.journal["begun_before"] else set(self.journal["on_target_before"])
        good = [one for one in self._vmss["instances"] if one["in_service"] and not one["stale"]]
        sent = {one for batch in self.journal["batches"] for one in batch["sent"]}
        broken = [one for one in self._vmss["instances"] if one["power"] == "running" and one["instance_id"] in sent]
        baked = [one["instance_id"] for one in good if one["instance_id"] not in before]
        baked += [one["instance_id"] for one in broken if not one["stale"] and one["instance_id"] not in baked]
        baked = [one for one in baked if one not in self._plan["excluded_ids"]]
        if self._options.bake and baked and not self._waiting:
            if self.journal["lease_acquired"]:
                self._renew()
            self.pause(self._options.bake)
            self._gate(baked, self._returned_at)

    def _write_image(
        self,
        replaces: Result,
        seen: Result,
        *,
        rollback: bool,
        upgrade_policy: str = "keep",
        by_image: bool = False,
        image: Result | None = None,
    ) -> Result:
        return self.module(
            vmss_image_update,
            "image",
            image=image or self._target,
            replaces=replaces,
            same_profile=seen["profile"],
            upgrade_policy=upgrade_policy,
            by_image=by_image,
            rollback=rollback,
            rollback_image=None if self.journal["cause"] else self.journal["previous_image"],
            run_id=self._run_id if self._options.lease else None,
            lease_minutes=self._options.lease,
            **{f"allow_{kind}": kind in self._options.accept for kind in ALLOWED},
        )

    # handle_failure.yml, quarantine.yml, restore_image.yml and rollback.yml

    def _react(self) -> None:
        forward = self._options.direction == "forward"
        on_failure = self._options.on_failure if forward else "halt"
        failed_image = self._options.failed_image if forward else "keep"
        batches = self.journal["batches"]
        only = self._options.only
        first = rollout_reaction(self.journal, self._vmss, on_failure, only, failed_image)
        back = first["roll_back"] or first["restore"]
        if back and batches and batches[-1]["sent"]:
            self._wait_idle(batches[-1]["sent"])
        late = back and bool(batches and batches[-1]["sent"]) and self._recovered()
        after = self._look_after_failure(self._waits["upgrade"]["retries"] if back else 1)
        self._vmss = after or self._vmss
        image = self._vmss.get("image", {})
        self.journal = rollout_journal(self.journal, "explain", unhealthy=self._unhealthy_before, image=image)
        if self._options.quarantine and self.journal["lease_acquired"]:
            self._quarantine()
        reaction = rollout_reaction(self.journal, after, on_failure, only, failed_image, recovered=late)
        self.note(decision=reaction["why"], image_kept_why=reaction["kept"])
        if reaction["restore"]:
            self._restore(reaction)
        if not reaction["roll_back"]:
            self.stopped_at = self._site.now()
            return
        try:
            self._target, self._by_model = reaction["image"], False
            self._only = {"instance_ids": reaction["instance_ids"]}
            self._until, self._canary, self._soak = "", 0, 0
            self.note(rollback="running", rollback_image=reaction["image"])
            seen = self._seen or self.registered["preflight"]["ansible_facts"]["vmss"]
            self._write_image(reaction["replaces"], seen, rollback=True)
            if reaction["instance_ids"]:
                self._upgrade_instances()
            self.note(rollback="succeeded")
        except Stop as stop:
            self.end_batch("failed", upgrade=self._upgrade)
            self.note(rollback="failed", decision=f"The rollback failed as well, and nothing more was tried. {stop}")
        self.stopped_at = self._site.now()

    def _restore(self, reaction: Result) -> None:
        seen = self._seen or self.registered["preflight"]["ansible_facts"]["vmss"]
        try:
            self._renew()
            image = self._write_image(reaction["replaces"], seen, rollback=True, image=reaction["image"])["image"]
        except Stop as stop:
            self.note(image_kept_why=f"The model could not be given the image before again. {stop}")
            return
        self._vmss = {**self._vmss, "image": image}
        self.note(image_restored=True)

    def _recovered(self) -> bool:
        """Whether all that was sent is healthy by now, where that had not come in time."""
        progress = (self.stop.result.get("vmss_progress") if self.stop else None) or {}
        if progress.get("phase") not in ("upgraded", "healthy"):
            return False
        settled = self.registered["facts"]["ansible_facts"].get("vmss") or {}
        since = self._returned_at or settled.get("gathered_at") or self._upgrade["started_at"]
        with suppress(Stop):
            facts = self.module(
                vmss_instance_facts,
                "late",
                target_image=self._target,
                instance_ids=list({one for batch in self.journal["batches"] for one in batch["sent"]}),
                unhealthy_before=self._unhealthy_before,
                fresher_than=since,
                report_time=self._waits["report_time"],
                report_settling=self._options.health_report_settling,
                wait_for="healthy",
                wait_successes=self._options.health_successes,
                wait_interval=self._options.health_delay,
                wait_timeout=self._waits["health"]["timeout"],
            )
            return bool(facts["done"])
        return False

    def _look_after_failure(self, retries: int) -> Result:
        for _call in range(retries + 1):
            with suppress(Stop):
                patience = self._waits["call"]["timeout"]
                facts = self.module(
                    vmss_instance_facts, "facts", target_image=self._target, details=True, wait_timeout=patience
                )
                return dict(facts["ansible_facts"]["vmss"])
            self._site.sleep(1)
        return {}

    def _quarantine(self) -> None:
        options = self._options
        chosen_ones = rollout_quarantine(
            self.journal,
            self._vmss,
            most=options.quarantine,
            max_unavailable=options.max_unavailable,
            max_unavailable_per_zone=options.max_unavailable_per_zone,
            max_unavailable_per_fault_domain=options.max_unavailable_per_fault_domain,
            ignore_missing="instances_missing" in options.accept,
        )
        if chosen_ones["instance_ids"]:
            with suppress(Stop):
                self.module(
                    vmss_instance_protection,
                    "protection",
                    instance_ids=chosen_ones["instance_ids"],
                    scale_in=True,
                    scale_set_actions=True,
                    run_id=self._run_id if options.lease else None,
                )
        told = self.registered.get("protection", {})
        self.journal = rollout_journal(self.journal, "quarantine", choice=chosen_ones, protection=told)

    # finish.yml

    def _read_at_end(self) -> None:
        outdated = True
        with suppress(Stop):
            facts = self.module(
                vmss_instance_facts, "at_end", target_image=self.journal["target_image"] or None, wait_timeout=120
            )
            self._vmss, outdated = facts["ansible_facts"]["vmss"], False
        self.note(outdated=outdated)

    def _proves(self) -> bool:
        """Whether a run that found nothing to do found an image that has proved itself since."""
        done = self.journal["cause"] is None and not self._todo and self._options.lease > 0
        return done and self._options.site_check is None and bool(self.registered["preflight"]["proves_image"])

    def _finish(self) -> Result:
        if self.journal["lease_acquired"]:
            good = self.journal["cause"] is None and not self._waiting and not self.journal["deferred"]
            with suppress(Stop):
                self.module(
                    vmss_hold,
                    "release",
                    state="released",
                    run_id=self._run_id,
                    minutes=self._options.lease,
                    held=(self.registered.get("hold") or {}).get("held") or self.journal["held"],
                    restore_policy=self._options.restore_policy,
                    by_image=self.journal["made_model"],
                    current_instance="" if self.journal["model_judged"] else self._current_instance(),
                    finished_image=self._target if good else None,
                )
            released = self.registered["release"]
            said = {**released, "msg": (released["error"] or {}).get("message", "")}
            self.journal = rollout_journal(self.journal, "release", result=said)
            self._read_at_end()
        elif self._proves():
            with suppress(Stop):
                self.module(
                    vmss_hold,
                    "proof",
                    state="released",
                    run_id=self._run_id,
                    minutes=self._options.lease,
                    restore_policy=False,
                    current_instance=self._current_instance(),
                    finished_image=self._target,
                )
        self.note(finished_at=self.at())
        report = rollout_report(self.journal, self._vmss, skip=self._options.skip)
        rollout_report_lines(report)
        return report
