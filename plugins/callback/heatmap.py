# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Heat map of a scale set while a task waits for its instances."""

from __future__ import annotations

DOCUMENTATION = r"""
name: heatmap
type: aggregate
short_description: Draws a scale set while a task waits for its instances
version_added: 0.1.0
author:
  - azroll.vmss contributors (@azroll)
description:
  - Draws a row for each zone and update domain and a mark for each instance, whenever something has changed between the
    retries of a task under C(until) that waits with M(azroll.vmss.vmss_instance_facts).
  - It adds to the output of whatever stdout callback is in use, also in AWX.
requirements:
  - To be enabled by C(callbacks_enabled) in ansible.cfg or by E(ANSIBLE_CALLBACKS_ENABLED).
seealso:
  - module: azroll.vmss.vmss_instance_facts
"""

EXAMPLES = r"""
example: >
  ANSIBLE_CALLBACKS_ENABLED=azroll.vmss.heatmap ansible-playbook azroll.vmss.upgrade
  -e rollout_resource_group=rg-shop -e rollout_scale_set=web -e '{"rollout_image": {"version": "latest"}}'
"""

from collections.abc import Mapping
from typing import Any

from ansible.plugins.callback import CallbackBase


def picture(result: Mapping[str, Any]) -> list[str]:
    """The lines to show for a module's result: none where it does not wait for instances of a scale set."""
    if not result.get("vmss_progress") or not result.get("heatmap"):
        return []
    return [str(result["msg"]), *(f"  {row}" for row in result["heatmap"])]


class CallbackModule(CallbackBase):
    """Shows what has changed since the last look, and nothing else."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "azroll.vmss.heatmap"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._shown: list[str] = []

    def v2_runner_retry(self, result: Any) -> None:
        """Between two calls of a task under `until`."""
        # ansible-core made the attribute public in 2.19.
        lines = picture(result.result if hasattr(result, "result") else result._result)
        if lines and lines != self._shown:
            self._shown = lines
            for line in lines:
                self._display.display(line)
