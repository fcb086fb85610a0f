# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Reporting the alerts that have fired, as vmss_alert_info does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._calls.call import Call, Options, Request, Result, Work
from ansible_collections.azroll.vmss.plugins.module_utils._model.alerts import Watched, describe_alerts, read_since
from ansible_collections.azroll.vmss.plugins.module_utils._operations.read_preflight import fired_alerts


@dataclass(frozen=True, kw_only=True)
class AlertRequest(Request):
    """What is watched, and the time that parts new alerts from those before; without it all are new."""

    watched: Watched
    since: datetime | None

    @classmethod
    def from_options(cls, options: Options) -> AlertRequest:
        """Raises BadInput."""
        return cls(
            resource_group=options["resource_group"],
            name=options["name"],
            watched=Watched(tuple(options["resources"]), options["severity"]),
            since=read_since(options["since"]),
        )


@dataclass
class AlertResult(Result):
    """The new alerts, and those before."""

    alerts: list[dict[str, Any]] = field(default_factory=list)
    alerts_before: list[dict[str, Any]] = field(default_factory=list)


def report_alerts(call: Call, request: AlertRequest, result: AlertResult) -> None:
    """Read the alerts of all that is watched."""
    scale_set = call.arm.get_scale_set(*request.address)
    found = fired_alerts(call.arm, scale_set, request.watched)
    new = [one for one in found if one.fired_after(request.since)]
    result.alerts = [one.to_dict() for one in new]
    result.alerts_before = [one.to_dict() for one in found if one not in new]
    result.msg = describe_alerts(new, len(found) - len(new))


ALERT_INFO = Work(AlertRequest.from_options, report_alerts, AlertResult)
