# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The role without Ansible: its own steps, called in the order of `roles/rollout/tasks`.

What a step does and which one is next is the role's own code, `module_utils/_steps`. The order here is held to that of
the task files by `trace.py`.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._filters.options import rollout_given
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import (
    Failure,
    ModuleCall,
    Pause,
    StepFailed,
)
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import (
    AFTER_BATCH,
    APPLY,
    BEFORE_BATCH,
    CHECK,
    CHECKPOINT,
    FINISH,
    GATE,
    ROLLBACK,
    UPGRADE,
    from_dict,
    start,
)
from ansible_collections.azroll.vmss.plugins.module_utils._steps.steps import enter, outcome
from rollouts.arm import Known
from rollouts.options import HOOK_TAKES, ROLE, Options
from rollouts.play import Result, answer
from rollouts.site import Site

# These stand for things outside of the role.
OUTSIDE = ("site_check", "answer", "holder")
HEALTH_URL = "https://site/health"


class Stop(Exception):
    """The rollout has stopped. `kind` is that of the error, or of what the step says that it failed with."""

    def __init__(self, kind: str, failure: Failure) -> None:
        super().__init__(failure.said)
        self.kind, self.failure = kind, failure


def role_options(options: Options) -> dict[str, Any]:
    """The options of the role, as a play gives them."""
    varied = {name: value for name, value in vars(options).items() if name not in OUTSIDE}
    given = {f"rollout_{name}": list(one) if isinstance(one, tuple) else one for name, one in varied.items()}
    if options.site_check is not None:
        given["rollout_health_url"] = HEALTH_URL
    return {"rollout_resource_group": "rg-shop", "rollout_scale_set": "web", **given}


class Rollout:
    """One run of the role. `stop` is why it stopped, `stopped_at` when nothing more was to be written."""

    def __init__(self, site: Site, options: Options) -> None:
        site.start_run()
        self._site, self._options = site, options
        self._known: Known = {}
        self._in_block = False
        given = rollout_given(role_options(options), ROLE)
        self._state = start(given, f"run-{site.run}", options.holder, self._now)
        self.stop: Stop | None = None
        self.stopped_at: float | None = None
        # Whom this rollout had put out of service by then.
        self.broken: frozenset[str] = frozenset()

    def run(self) -> Result:
        """main.yml; returns the report. Raises Killed."""
        self._in_block = True
        try:
            self._roll()
            self._in_block = False
        except Stop as stop:
            self._in_block = False
            self.stop, self.broken = stop, self._site.broken()
            self._step("handle_failure", stop.failure)
            if self._state.next == ROLLBACK:
                self._roll_back()
            self.stopped_at = self._site.now()
        return self._finish()

    def _now(self) -> str:
        """The time of the control node, which is right here."""
        return self._site.simulation.calendar.stamp(self._site.now())

    def _step(self, name: str, failure: Failure | None = None, said: str = "") -> Result:
        """A task with a step. The state is what the step before it has left in its file."""
        state = self._state = from_dict(self._state.to_dict(), self._now)
        steps = enter(name, state, failure=failure, answer=said)
        result: Result | None = None
        try:
            while True:
                request = steps.send(result)
                result = None
                if isinstance(request, Pause):
                    self._site.sleep(request.seconds)
                elif isinstance(request, ModuleCall):
                    if self._in_block and not self._site.left_alone():
                        said = "Another host of the play has failed."
                        raise Stop("other_host", Failure(said, other_host=True))
                    result = answer(self._site, self._known, request)
        except StopIteration as end:
            if name in ("set_image", "roll_back") and state.first_read:
                self._site.begin_batches(state.first_read["capacity"])
            return outcome(state, end.value)
        except StepFailed as stop:
            shown = stop.to_dict()
            raise Stop(stop.kind, Failure(str(stop), shown["error"] or {}, shown.get("vmss_progress") or {})) from stop

    def _finish(self) -> Result:
        """finish.yml."""
        report: Result = self._step("finish")["report"]
        return report

    def _roll(self) -> None:
        self._step("plan")
        self._step("check_ready")
        if self._state.next == APPLY:
            self._apply()

    def _apply(self) -> None:
        """apply.yml."""
        self._step("begin")
        self._gate()
        self._gate()
        self._step("set_image")
        self._run_batches()
        self._gate()

    def _gate(self) -> None:
        """health_gate.yml."""
        if self._state.next == GATE:
            self._step("wait")
            self._check()

    def _check(self) -> None:
        """custom_checks.yml."""
        while self._state.next == CHECK:
            assert self._options.site_check is not None
            good = self._options.site_check()
            if good:
                self._step("check_passed")
            else:
                self._step("check_failed", Failure("bad"))

    def _run_batches(self) -> None:
        """run_batches.yml."""
        for _batch in list(self._state.pending):
            self._run_batch()
        self._step("sweep")
        if self._state.pending:
            self._run_batches()

    def _run_batch(self) -> None:
        """run_batch.yml."""
        if self._state.next in (GATE, CHECKPOINT, BEFORE_BATCH):
            self._before_batch()
        self._step("upgrade")
        self._step("wait")
        self._check()
        if self._state.next == AFTER_BATCH:
            self._hook()
            self._step("finish_batch")

    def _before_batch(self) -> None:
        """before_batch.yml."""
        self._step("wait")
        self._check()
        if self._state.next == CHECKPOINT:
            self._step("answer_checkpoint", said="go" if self._options.answer() else "")
        if self._state.next == BEFORE_BATCH:
            self._step("check_room")
            if self._state.next == UPGRADE:
                self._hook()

    def _hook(self) -> None:
        """A task file of the site."""
        self._site.step()
        self._site.sleep(HOOK_TAKES)

    def _roll_back(self) -> None:
        """rollback.yml."""
        try:
            self._step("roll_back")
            if self._state.next != FINISH:
                self._run_batches()
        except Stop as stop:
            self._step("rollback_failed", stop.failure)
