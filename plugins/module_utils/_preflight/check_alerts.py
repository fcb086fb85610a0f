# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Preflight of the alerts that a rollout watches: whether they can be read, and which have fired before it."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import Forbidden, VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._common.time import parse_time
from ansible_collections.azroll.vmss.plugins.module_utils._model.alerts import READ_ACTION, listed_alerts
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.findings import (
    NEEDS_ACCEPTANCE,
    REFUSAL,
    WARNING,
    Finding,
)
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.inputs import Inputs


def alert_findings(inputs: Inputs) -> Iterator[Finding]:
    """The findings about alerts. Those that fired since an interrupted run began may be that run's work."""
    if inputs.alerts_error is not None:
        error = inputs.alerts_error
        yield Finding(
            "alerts_unreadable",
            REFUSAL,
            f"{error.message}{f' ({error.fault.code})' if error.fault.code else ''}",
            _way_out(error),
        )
    began = parse_time(inputs.lease.since) if inputs.lease else None
    during = [one for one in inputs.alerts if began and one.fired_after(began)]
    before = [one for one in inputs.alerts if one not in during]
    if during:
        yield Finding(
            "alerts_fired",
            NEEDS_ACCEPTANCE,
            f"Alerts have fired since a run began that did not end: {listed_alerts(during)}",
            "Find out whether the image is the cause. They will not be held against the rollout once it goes on.",
        )
    if before:
        yield Finding(
            "alerts_fired",
            WARNING,
            f"Alerts have fired already: {listed_alerts(before)}",
            "They are not held against the rollout; those that fire from now on are.",
        )


def _way_out(error: VmssError) -> str:
    if isinstance(error, Forbidden):
        return (
            f"Assign a role that holds {READ_ACTION} on the subscription of the resource (Reader does), or watch no "
            "alerts."
        )
    if error.fault.status in (400, 404):
        return "Correct the ids in O(health_alerts), or watch no alerts."
    return f"{error.advice} Or watch no alerts."
