# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""How long the role waits, and when its lease is due."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.time import parse_time
from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import ON_CHANGE, REFRESHED
from ansible_collections.azroll.vmss.plugins.module_utils._options.filter_values import read_set
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.check_streak import Slow, describe_waits, waits
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import is_due

_GIVEN = ("upgrade_timeout", "health_retries", "health_delay", "health_successes", "unanswered_timeout")


def divide(options: Mapping[str, Any], vmss: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The waits of the role, divided into calls of modules (`check_streak.waits`), with what the set adds to them.

    `report_time` is what moves the time of a health report on this set, `lines` say how long a batch may take. `vmss`
    is the facts record, if the scale set was read. Raises BadInput.
    """
    given = {name: int(options[name]) for name in _GIVEN}
    kind, slow = _slow(options, vmss) if vmss else (REFRESHED, Slow())
    return {**waits(**given, slow=slow), "report_time": kind, "lines": describe_waits(**given, slow=slow)}


def _slow(options: Mapping[str, Any], vmss: Mapping[str, Any]) -> tuple[str, Slow]:
    scale_set, _instances = read_set(vmss)
    asked = options["health_report_time"]
    kind = (vmss.get("health_report_time") or REFRESHED) if asked == "auto" else asked
    settling = options["health_report_settling"] if kind == ON_CHANGE and scale_set.health_source else 0
    return kind, Slow(scale_set.os_image_notification or 0, scale_set.health_grace_period or 0, settling)


def lease_due(lease: Mapping[str, Any] | None, minutes: int, gathered_at: str, read_at: str, now: str) -> bool:
    """Whether it is time to renew the lease. `gathered_at` is Azure's time at the last read, `read_at` this host's.

    Leases end by Azure's clock; this host's shows only how much time has passed.
    """
    then, before, present = (parse_time(value) for value in (gathered_at, read_at, now))
    if not lease or then is None or before is None or present is None:
        return False
    return is_due(lease.get("expires"), minutes, then + (present - before))
