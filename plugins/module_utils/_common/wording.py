# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Messages name options as the documentation does, O(take_over=true), and become text for the layer the user is on."""

from __future__ import annotations

import re
from collections.abc import Mapping

MODULE, ROLE = "module", "role"
# The role sets it for the modules that it calls.
LAYER_VARIABLE = "AZROLL_VMSS_LAYER"

# What the role has in place of a module's option: an option, or an option with its value.
ROLE_OPTIONS: Mapping[str, str] = {
    "name": "rollout_scale_set",
    "resource_group": "rollout_resource_group",
    "image": "rollout_image",
    "by": "rollout_by",
    "by_model": "rollout_by_model",
    "only": "rollout_only",
    "skip": "rollout_skip",
    "skip_tags": "rollout_skip",
    "busy_tags": "rollout_busy_tags",
    "include_instances": "rollout_include_instances",
    "unanswered_timeout": "rollout_unanswered_timeout",
    "max_unavailable": "rollout_max_unavailable",
    "max_unavailable_per_zone": "rollout_max_unavailable_per_zone",
    "max_unavailable_per_fault_domain": "rollout_max_unavailable_per_fault_domain",
    "upgrade_policy": "rollout_upgrade_policy",
    "restore_policy": "rollout_restore_policy",
    "suspend_repairs": "rollout_suspend_repairs",
    "hold_autoscale": "rollout_hold_autoscale",
    "capacity_changes": "rollout_capacity_changes",
    "quarantine": "rollout_quarantine",
    "retry_failed": "rollout_retry_failed",
    "accept": "rollout_accept",
    "take_over": "rollout_lease_take_over",
    "take_over_lease": "rollout_lease_take_over",
    "minutes": "rollout_lease",
    "lease_minutes": "rollout_lease",
    "health_alerts": "rollout_health_alerts",
    "health_alert_severity": "rollout_health_alert_severity",
    "wait_timeout": "rollout_upgrade_timeout",
    "wait_interval": "rollout_poll_interval",
    "wait_successes": "rollout_health_successes",
    "allow_managed": "rollout_accept: [managed]",
    "allow_automatic_os_upgrade": "rollout_accept: [automatic_os_upgrade]",
    "allow_image_kind_change": "rollout_accept: [image_kind_change]",
}
_OPTION = re.compile(r"\bO\((?P<name>[a-z_]+)(?:=(?P<value>[^()]*))?\)")


def worded(text: str, layer: str = MODULE) -> str:
    """A message for people: O(take_over=true) becomes `take_over: true`, or what the role has in its place."""

    def option(match: re.Match[str]) -> str:
        name, value = match["name"], match["value"]
        if layer == ROLE:
            name = ROLE_OPTIONS.get(name, name)
        return name if value is None or ":" in name else f"{name}: {value}"

    return _OPTION.sub(option, text) if "O(" in text else text
