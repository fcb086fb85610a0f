# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The others who move instances by themselves: automatic repairs and autoscale, held and let go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ansible_collections.azroll.vmss.plugins.module_utils._autoscale import Autoscale, settings_of
from ansible_collections.azroll.vmss.plugins.module_utils._errors import Conflict, NotFound, Preempted, VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._wait import Deadline

if TYPE_CHECKING:
    from ansible_collections.azroll.vmss.plugins.module_utils._arm import Arm

# So often is a write begun anew after somebody else's; with each the other one has got something done.
ATTEMPTS = 5
# Azure says 409 while another write is on its way.
BUSY = 5.0
_ACTIONS = {"Suspend": ("running", "repairs suspended"), "Resume": ("suspended", "repairs resumed")}


def find_autoscale(arm: Arm, scale_set: ScaleSet) -> list[Autoscale]:
    """The autoscale settings that scale the set, in whichever resource group they live.

    Whoever may not list those of the subscription sees the ones in the group of the set, where they are as a rule.
    """
    try:
        documents = arm.all_autoscale_settings()
    except VmssError as error:
        if error.fault.status not in (401, 403):
            raise
        documents = arm.autoscale_settings(scale_set.resource_group)
    return settings_of(documents, scale_set)


class Actors:
    """Looks before it acts, so that the same may be asked for again. `deeds` is the list that is told what was done."""

    def __init__(self, arm: Arm, deadline: Deadline, deeds: list[str], *, check_mode: bool) -> None:
        self._arm = arm
        self._deadline = deadline
        self._deeds = deeds
        self._check_mode = check_mode
        self._repairs: str | None = None

    def repairs_state(self, scale_set: ScaleSet) -> str:
        """The state of automatic repairs in lower case, empty for Flexible sets, which do not tell (recorded).

        It is a costly read, so one answer serves until a write.
        """
        if self._repairs is None:
            self._repairs = "" if scale_set.flexible else (self._arm.repairs_state(scale_set) or "").lower()
        return self._repairs

    def set_repairs(self, scale_set: ScaleSet, action: str) -> None:
        """`Suspend` them if they run, or `Resume` them if they are suspended."""
        before, deed = _ACTIONS[action]
        attempts = 0
        while self.repairs_state(scale_set) == before:
            attempts += 1
            self._repairs = None
            if self._check_mode:
                self._deeds.append(deed)
                return
            try:
                operation = self._arm.set_repairs(scale_set, action)
                self._deeds.append(deed)
                operation.wait()
                return
            except (Conflict, Preempted):
                if attempts == ATTEMPTS:
                    raise
                self._deadline.sleep(BUSY)

    def set_autoscale(self, scale_set: ScaleSet, labels: Sequence[str], *, enabled: bool) -> None:
        """Switch the settings of these labels off, or on again. One that is gone needs nothing.

        Switching on is not left out where they seem to be on: for a while Azure may show a setting as it was before the
        last write, and one that stays off would go unnoticed.
        """
        for group in sorted({label.partition("/")[0] for label in labels}):
            for setting in self._autoscale_of(group, scale_set):
                if setting.label not in labels or not (enabled or setting.enabled):
                    continue
                if not self._check_mode:
                    self._arm.put_autoscale_setting(setting.resource_group, setting.name, setting.switched(enabled))
                self._deeds.append(f"autoscale {setting.name} switched {'on' if enabled else 'off'}")

    def _autoscale_of(self, group: str, scale_set: ScaleSet) -> list[Autoscale]:
        try:
            return settings_of(self._arm.autoscale_settings(group), scale_set)
        except NotFound:
            # The whole group is gone.
            return []
