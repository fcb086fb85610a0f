# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""How long the role waits, and when it has waited enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import ON_CHANGE, REFRESHED
from ansible_collections.azroll.vmss.plugins.module_utils._options.filter_values import (
    read_choice,
    read_flag,
    read_number,
    read_set,
    read_time,
)
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.check_streak import (
    Probe,
    Slow,
    describe_waits,
    step,
    waits,
)
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import is_due


def rollout_probe(
    probe: Mapping[str, Any],
    good: bool,
    successes: int,
    retries: int,
    answered: bool = True,
    most_unanswered: int = 0,
) -> dict[str, Any]:
    """A row of checks, with one more answer."""
    state = step(
        Probe(**probe),
        read_flag(good, "good"),
        successes=read_number(successes, "rollout_health_successes"),
        retries=read_number(retries, "rollout_health_retries"),
        answered=read_flag(answered, "answered"),
        most_unanswered=read_number(most_unanswered, "most_unanswered"),
    )
    return asdict(state)


def rollout_waits(
    upgrade_timeout: int,
    health_retries: int,
    health_delay: int,
    health_successes: int,
    unanswered_timeout: int = 0,
    vmss: Mapping[str, Any] | None = None,
    report_time: str = "auto",
    report_settling: int = 0,
) -> dict[str, Any]:
    """The waits of the role, divided into calls of modules; times in seconds."""
    given = {
        "upgrade_timeout": upgrade_timeout,
        "health_retries": health_retries,
        "health_delay": health_delay,
        "health_successes": health_successes,
        "unanswered_timeout": unanswered_timeout,
    }
    typed = {name: read_number(value, f"rollout_{name}") for name, value in given.items()}
    settling = read_number(report_settling, "rollout_health_report_settling")
    read_choice(report_time, "rollout_health_report_time", ("auto", REFRESHED, ON_CHANGE))
    kind, slow = _slow(vmss, report_time, settling) if vmss else (REFRESHED, Slow())
    return {**waits(**typed, slow=slow), "report_time": kind, "lines": describe_waits(**typed, slow=slow)}


def _slow(vmss: Mapping[str, Any], report_time: str, settling: int) -> tuple[str, Slow]:
    """What moves the time of a health report on this set, and what else makes it slow."""
    scale_set, _instances = read_set(vmss)
    kind = (vmss.get("health_report_time") or REFRESHED) if report_time == "auto" else report_time
    notice, grace = (
        read_number(value, "vmss") for value in (scale_set.os_image_notification, scale_set.health_grace_period)
    )
    return kind, Slow(notice, grace, settling if kind == ON_CHANGE and scale_set.health_source else 0)


def rollout_lease_due(
    lease: Mapping[str, Any] | None, minutes: int, gathered_at: str, looked_at: str, now: str
) -> bool:
    """Whether it is time to renew the lease."""
    then, before, present = (
        read_time(value, name) for value, name in ((gathered_at, "gathered_at"), (looked_at, "looked_at"), (now, "now"))
    )
    # Leases end by Azure's clock; this host's tells only how much time has passed.
    azure_now = then + (present - before)
    return bool(lease) and is_due((lease or {}).get("expires"), read_number(minutes, "rollout_lease"), azure_now)
