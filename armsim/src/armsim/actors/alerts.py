# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Alerts of Azure Monitor: fired and resolved by actions, not by the metrics of the simulation."""

from __future__ import annotations

import random
from dataclasses import dataclass

from armsim.common.clock import Timeline
from armsim.common.wire import Calendar, Json, guid
from armsim.protocol.errors import ArmError
from armsim.scenario import Alert

TYPE = "Microsoft.AlertsManagement/alerts"


@dataclass
class Fired:
    """An alert since it fired; times are simulated seconds."""

    id: str
    rule: str
    severity: str
    # Id of the resource that it is about.
    target: str
    since: float
    resolved: float | None = None

    @property
    def changed(self) -> float:
        return self.since if self.resolved is None else self.resolved


class Alerts:
    """All alerts of the subscription."""

    def __init__(self, timeline: Timeline, calendar: Calendar, subscription: str, seed: int) -> None:
        self._timeline = timeline
        self._calendar = calendar
        self._rules = f"/subscriptions/{subscription}/providers/microsoft.insights/metricalerts"
        self._ids = random.Random(f"{seed}/alerts")
        self._fired: list[Fired] = []

    def change(self, spec: Alert, target: str) -> None:
        """Let a rule fire about a resource, or resolve; 404 where there is nothing to resolve.

        A rule that has fired about a resource does not fire again before it is resolved (documented: alerts are
        stateful).
        """
        same = (spec.rule.lower(), target.lower())
        going_on = [
            item for item in self._fired if (item.rule.lower(), item.target.lower()) == same and item.resolved is None
        ]
        now = self._timeline.now
        if spec.condition == "Fired" and not going_on:
            self._fired.append(Fired(guid(self._ids), spec.rule, spec.severity, target, now))
        if spec.condition == "Resolved" and not going_on:
            raise ArmError(404, "NotFound", f"no alert of {spec.rule} about {target} is fired")
        for item in going_on if spec.condition == "Resolved" else []:
            item.resolved = now

    def newest_first(self) -> list[Fired]:
        """All alerts, by their last change (documented order)."""
        return sorted(self._fired, key=lambda item: item.changed, reverse=True)

    def body(self, item: Fired) -> Json:
        """The alert as the service returns it."""
        parts = item.target.split("/")
        group = parts[4] if len(parts) > 4 else ""
        essentials: Json = {
            "severity": item.severity,
            "signalType": "Metric",
            "alertState": "New",
            "monitorCondition": "Fired" if item.resolved is None else "Resolved",
            "monitorService": "Platform",
            "targetResource": item.target.lower(),
            "targetResourceName": parts[-1],
            "targetResourceGroup": group,
            "targetResourceType": parts[-2] if len(parts) > 1 else "",
            "sourceCreatedId": item.id,
            "alertRule": f"{self._rules}/{item.rule}",
            "startDateTime": self._date(item.since),
            "lastModifiedDateTime": self._date(item.changed),
            "lastModifiedUserName": "System",
            "actionStatus": {"isSuppressed": False},
            "description": "",
        }
        if item.resolved is not None:
            essentials["monitorConditionResolvedDateTime"] = self._date(item.resolved)
        return {
            "properties": {"essentials": essentials, "context": {}, "egressConfig": {}},
            "id": f"{item.target}/providers/{TYPE}/{item.id}",
            "type": TYPE,
            "name": item.rule,
        }

    def _date(self, seconds: float) -> str:
        return self._calendar.stamp(seconds).replace("+00:00", "Z")
