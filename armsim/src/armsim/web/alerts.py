# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The list of alerts, and one of them."""

from __future__ import annotations

from armsim.actors.alerts import TYPE, Fired
from armsim.common.wire import Json
from armsim.protocol import errors
from armsim.web.call import Call, Endpoint, Reply, page

_ALERTS = "/subscriptions/{subscription}/providers/Microsoft.AlertsManagement/alerts"
_HOUR = 3_600.0
_RANGES = {"1h": _HOUR, "1d": 24 * _HOUR, "7d": 7 * 24 * _HOUR, "30d": 30 * 24 * _HOUR}
# What a filter compares with, in any case; where there are but few words, they are named.
_FIELDS: dict[str, tuple[str, ...]] = {
    "targetResource": (),
    "targetResourceType": (),
    "targetResourceGroup": (),
    "alertRule": (),
    "monitorService": (),
    "monitorCondition": ("Fired", "Resolved"),
    "alertState": ("New", "Acknowledged", "Closed"),
    "severity": ("Sev0", "Sev1", "Sev2", "Sev3", "Sev4"),
}
# Alerts on a page: at most, and by default (documented).
_MAX_PAGE, _PAGE = 250, 25


def list_alerts(call: Call) -> Reply:
    """Those that fired within ``timeRange`` (a day by default) and fit all filters, latest change first."""
    simulation = call.simulation
    since = simulation.timeline.now - _chosen(call, "timeRange", _RANGES, "1d")
    wanted = _filters(call)
    bodies = [simulation.alerts.body(item) for item in simulation.alerts.newest_first() if item.since >= since]
    fitting = [body for body in bodies if _fits(body, wanted)]
    size, start = _number(call, "pageCount", _PAGE), _number(call, "$skiptoken", 0)
    if not 1 <= size <= _MAX_PAGE:
        raise _invalid("pageCount")
    end = start + size
    return page(call, fitting[start:end], str(end) if end < len(fitting) else None)


def get_alert(call: Call) -> Reply:
    found: list[Fired] = [item for item in call.simulation.alerts.newest_first() if item.id == call.params["alert"]]
    if not found:
        raise errors.ArmError(404, "AlertNotFound", f"The alert {call.params['alert']} was not found.")
    return Reply(call.simulation.alerts.body(found[0]))


def _filters(call: Call) -> Json:
    wanted = {}
    for name, words in _FIELDS.items():
        given = call.query.get(name.lower())
        if given is not None:
            if words and given.lower() not in (word.lower() for word in words):
                raise _invalid(name)
            wanted[name] = given.lower()
    return wanted


def _fits(body: Json, wanted: Json) -> bool:
    essentials = body["properties"]["essentials"]
    return all(essentials[name].lower() == value for name, value in wanted.items())


def _chosen(call: Call, name: str, values: dict[str, float], default: str) -> float:
    given = call.query.get(name.lower(), default).lower()
    if given not in values:
        raise _invalid(name)
    return values[given]


def _number(call: Call, name: str, default: int) -> int:
    given = call.query.get(name.lower(), str(default))
    if not (given.isascii() and given.isdecimal() and len(given) <= 9):
        raise _invalid(name)
    return int(given)


def _invalid(name: str) -> errors.ArmError:
    return errors.bad_request(f"The value of parameter {name} is invalid.")


ENDPOINTS = [
    Endpoint("GET", _ALERTS, "Alerts_GetAll", f"{TYPE}/read", list_alerts),
    Endpoint("GET", f"{_ALERTS}/{{alert}}", "Alerts_GetById", f"{TYPE}/read", get_alert),
]
