# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Suspending and resuming automatic instance repairs: what is to be done."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet

RUNNING = "running"
SUSPENDED = "suspended"
NOT_RUNNING = "not_running"
_STATES = {"running": RUNNING, "suspended": SUSPENDED}
_ACTIONS = {RUNNING: "Resume", SUSPENDED: "Suspend"}


@dataclass(frozen=True)
class RepairsChange:
    """From one state of automatic repairs to another; `action` is what Azure is asked for, None for nothing."""

    name: str
    before: str
    after: str

    @property
    def action(self) -> str | None:
        """`Suspend`, `Resume` or None."""
        return None if self.before == self.after else _ACTIONS[self.after]

    def diff(self) -> dict[str, dict[str, str]]:
        """Before and after, as Ansible shows them."""
        return {"before": {"state": self.before}, "after": {"state": self.after}}

    def describe(self, check_mode: bool) -> str:
        """One sentence for people."""
        if self.after == NOT_RUNNING:
            return f"Automatic repairs are not enabled for {self.name}: there is nothing to suspend."
        if self.action is None:
            return f"The automatic repairs of {self.name} are {self.after} already."
        verb = f"would be {self.after}" if check_mode else f"are {self.after} now"
        return f"The automatic repairs of {self.name} {verb}."


def plan_repairs(scale_set: ScaleSet, reported: str | None, wanted: str) -> RepairsChange:
    """The change from what the instance view reports (`Running`, `Suspended`, `NotRunning`, None) to `wanted`.

    Raises BadInput where repairs that are not enabled are to run: Azure resumes only what was suspended.
    """
    before = _STATES.get((reported or "").lower(), NOT_RUNNING)
    if before != NOT_RUNNING:
        return RepairsChange(scale_set.name, before, wanted)
    if wanted == RUNNING:
        raise BadInput(
            f"Automatic repairs are not enabled for {scale_set.name}",
            advice="Enable them in the model (automaticRepairsPolicy), or leave this task out.",
        )
    return RepairsChange(scale_set.name, NOT_RUNNING, NOT_RUNNING)
