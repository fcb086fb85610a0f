# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Alerts of Azure Monitor: which resources are watched, and which alerts speak of their health."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.defaults import ALERT_SEVERITY
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._common.time import parse_time
from ansible_collections.azroll.vmss.plugins.module_utils._common.validation import shown
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet

# The word that stands for the id of the scale set itself.
SCALE_SET = "scale_set"
# From the most to the least severe (documented).
SEVERITIES = ("Sev0", "Sev1", "Sev2", "Sev3", "Sev4")
MOST_RESOURCES = 20
READ_ACTION = "Microsoft.AlertsManagement/alerts/read"
_RESOURCE = re.compile(
    r"/subscriptions/(?P<subscription>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/resourceGroups/[-\w.()]{1,90}"
    r"/providers/[A-Za-z0-9.]+(?:/[A-Za-z0-9]+/[-\w.()]+)+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Alert:
    """An alert that has fired and is not resolved. `fired_at` is Azure's time in ISO 8601, None without one."""

    id: str
    rule: str
    severity: str
    resource: str
    fired_at: str | None

    def describe(self) -> str:
        """For people: `cpu-high (Sev1) on web since 2026-11-22T10:15:00Z`."""
        return f"{self.rule} ({self.severity}) on {self.resource.rsplit('/', 1)[-1]} since {self.fired_at or '?'}"

    def fired_after(self, time: datetime | None) -> bool:
        """Whether it fired after that time, or may have."""
        fired = parse_time(self.fired_at)
        return fired is None or time is None or fired > time

    def to_dict(self) -> dict[str, Any]:
        """An entry of the result's `alerts`."""
        return {
            "id": self.id,
            "rule": self.rule,
            "severity": self.severity,
            "resource": self.resource,
            "fired_at": self.fired_at,
        }


@dataclass(frozen=True)
class Watched:
    """What is watched: ids of resources or the word for the scale set, and the least severity that counts."""

    resources: tuple[str, ...] = ()
    severity: str = ALERT_SEVERITY


def subscription_of(resource: str) -> str:
    """The subscription of a resource. Raises BadInput for what is not a valid resource id."""
    match = _RESOURCE.fullmatch(resource)
    if match is None or any(not part.strip(".") for part in resource[1:].split("/")):
        raise BadInput(
            f"{shown(resource)} is not a valid resource id",
            advice="Give it whole, /subscriptions/.../resourceGroups/.../providers/TYPE/NAME, as 'az resource show' "
            f"prints it, or {SCALE_SET} for the scale set itself.",
        )
    return match["subscription"]


def check_resources(resources: Sequence[str], option: str) -> None:
    """Raise BadInput for anything but ids of resources and the word for the scale set."""
    if len(resources) > MOST_RESOURCES:
        raise BadInput(f"{option} has {len(resources)} entries", advice=f"Give at most {MOST_RESOURCES}.")
    for one in resources:
        try:
            if one != SCALE_SET:
                subscription_of(one)
        except BadInput as error:
            raise BadInput(f"{option}: {error.message}", advice=error.advice) from error


def ids_of(resources: Iterable[str], scale_set: ScaleSet) -> list[str]:
    """The ids, each once whatever its capitals are, with that of the scale set in place of the word for it."""
    ids: dict[str, str] = {}
    for one in resources:
        resource = scale_set.id if one == SCALE_SET else one
        ids.setdefault(resource.lower(), resource)
    return list(ids.values())


def outcome(documents: Iterable[Mapping[str, Any]], resources: Iterable[str], least: str) -> list[Alert]:
    """The alerts on these resources that count, of at least this severity, as Azure listed them.

    One that an operator has closed does not: rules without a state never resolve theirs (documented), so that closing
    is the only end they come to.
    """
    names = {one.lower(): one for one in resources}
    found = []
    for document in documents:
        essentials = (document.get("properties") or {}).get("essentials") or {}
        resource = names.get(str(essentials.get("targetResource") or "").lower())
        severity = str(essentials.get("severity") or SEVERITIES[0])
        fired = str(essentials.get("monitorCondition")).lower() == "fired"
        closed = str(essentials.get("alertState")).lower() == "closed"
        if resource and fired and not closed and severity.lower() <= least.lower():
            rule = str(essentials.get("alertRule") or document.get("name") or "?").rsplit("/", 1)[-1]
            at = essentials.get("startDateTime")
            found.append(Alert(str(document.get("id") or ""), rule, severity, resource, str(at) if at else None))
    return found


def read_since(text: str | None) -> datetime | None:
    """The time that an option gives. Raises BadInput for what is none."""
    time = parse_time(text)
    if text and time is None:
        raise BadInput(
            f"since is {shown(text)}, which is not a valid time", advice="Give a time like 2026-11-22T10:15:00Z."
        )
    return time


def describe_alerts(new: Sequence[Alert], before: int) -> str:
    """What was found, for people; `before` is how many had fired before the time that was asked for."""
    earlier = f" {before} had fired before." if before else ""
    return (f"Alerts have fired: {listed_alerts(new)}." if new else "No alert has fired.") + earlier


def listed_alerts(alerts: Iterable[Alert]) -> str:
    """Some alerts in one line, for people."""
    return "; ".join(one.describe() for one in alerts)
