# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The others that move instances by themselves: automatic repairs and autoscale, held and released."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import WRITE_ATTEMPTS, Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import Conflict, NotFound, Preempted, VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._model.autoscale import Autoscale, settings_of
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._operations.effect import until_shown, write_without_effect
from ansible_collections.azroll.vmss.plugins.module_utils._operations.waiter import decide

if TYPE_CHECKING:
    from ansible_collections.azroll.vmss.plugins.module_utils._azure.client import Arm
    from ansible_collections.azroll.vmss.plugins.module_utils._azure.operations import Operation

T = TypeVar("T")

# Azure answers 409 while another write is in progress.
BUSY = 5.0
_ACTIONS = {"Suspend": ("running", "repairs suspended"), "Resume": ("suspended", "repairs resumed")}


def find_autoscale(arm: Arm, scale_set: ScaleSet) -> list[Autoscale]:
    """The autoscale settings that scale the set, in whichever resource group they live.

    A principal that may not list those of the subscription sees the ones in the group of the set, where they are as a
    rule.
    """
    try:
        documents = arm.all_autoscale_settings()
    except VmssError as error:
        if error.fault.status not in (401, 403):
            raise
        documents = arm.autoscale_settings(scale_set.resource_group)
    return settings_of(documents, scale_set)


def check_repairs(arm: Arm, scale_set: ScaleSet, action: str, before: str, deadline: Deadline) -> None:
    """Raise NoEffect where automatic repairs are in the state `before` still, after the action has succeeded."""
    read = partial(arm.repairs_state, scale_set)
    shown = until_shown(read, lambda state: (state or "").lower() != before, deadline)[1]
    if not shown:
        raise write_without_effect(
            f"the request to {action.lower()} automatic repairs",
            f"those of {scale_set.name} are {before}",
            attempted=f"{action.lower()} the automatic repairs of scale set {scale_set.name}",
            reasons="Known is a deployment or a policy that sets their state. ",
        )


class Actors:
    """Reads before it acts, so that the same may be requested again. `actions` is the list that gets what was done.

    `guard` reads whether the set is still the caller's to write; each write rests on that, and on the actor's own
    state, both read for it.
    """

    def __init__(
        self, arm: Arm, deadline: Deadline, actions: list[str], *, guard: Callable[[], None], check_mode: bool
    ) -> None:
        self._arm = arm
        self._deadline = deadline
        self._actions = actions
        self._guard = guard
        self._check_mode = check_mode

    def repairs_state(self, scale_set: ScaleSet) -> str:
        """The state of automatic repairs in lower case, empty for Flexible sets, which do not report it (recorded)."""
        return "" if scale_set.flexible else (self._arm.repairs_state(scale_set) or "").lower()

    def set_repairs(self, scale_set: ScaleSet, action: str) -> None:
        """`Suspend` them if they run, or `Resume` them if they are suspended."""
        before, done = _ACTIONS[action]

        def attempt() -> Operation | None:
            self._guard()
            if self.repairs_state(scale_set) != before:
                return None
            return self._act(done, lambda: self._arm.set_repairs(scale_set, action))

        attempts = 0
        while True:
            attempts += 1
            try:
                operation = decide(attempt, self._deadline)
                if operation is not None:
                    operation.wait()
                    check_repairs(self._arm, scale_set, action, before, self._deadline)
                return
            except (Conflict, Preempted):
                if attempts == WRITE_ATTEMPTS:
                    raise
                self._deadline.sleep(BUSY)

    def set_autoscale(self, scale_set: ScaleSet, labels: Sequence[str], *, enabled: bool) -> None:
        """Switch the settings of these labels off, or on again. One that is gone needs nothing.

        Switching on is not omitted where they seem to be on: for a while Azure may show a setting as it was before the
        last write, and one that stays off would go unnoticed.
        """
        for label in labels:
            decide(partial(self._set_autoscale, scale_set, label, enabled), self._deadline)

    def _set_autoscale(self, scale_set: ScaleSet, label: str, enabled: bool) -> None:
        """A setting is written as a whole, and the service knows no condition for that: so it is read for the write."""
        self._guard()
        for setting in self._autoscale_of(label.partition("/")[0], scale_set):
            if setting.label == label and (enabled or setting.enabled):
                put = partial(
                    self._arm.put_autoscale_setting, setting.resource_group, setting.name, setting.switched(enabled)
                )
                written = self._act(f"autoscale {setting.name} switched {'on' if enabled else 'off'}", put)
                if written and (written.get("properties") or {}).get("enabled") is (not enabled):
                    # The answer is the setting as it is then (recorded): a list may be behind it for a while.
                    raise write_without_effect(
                        f"a write of autoscale setting {setting.name}",
                        f"it is {'off' if enabled else 'on'}",
                        attempted=f"switch autoscale setting {setting.name} {'on' if enabled else 'off'}",
                    )

    def _act(self, action: str, write: Callable[[], T]) -> T | None:
        """Write, and report it, also where there was no answer. Not in check mode, which only reports."""
        try:
            done = None if self._check_mode else write()
        except VmssError as error:
            if not error.unanswered:
                raise
            self._record(action)
            raise
        self._record(action)
        return done

    def _record(self, action: str) -> None:
        self._actions += [] if action in self._actions else [action]

    def _autoscale_of(self, group: str, scale_set: ScaleSet) -> list[Autoscale]:
        try:
            return settings_of(self._arm.autoscale_settings(group), scale_set)
        except NotFound:
            # The whole group is gone.
            return []
