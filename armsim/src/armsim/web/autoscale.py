# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Autoscale settings of Azure Monitor. They have no etag, and all answers are final (recorded)."""

from __future__ import annotations

from armsim.actors.autoscale import TYPE
from armsim.common.wire import Json
from armsim.protocol import errors
from armsim.web.call import Call, Endpoint, Reply, page

_SETTINGS = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Insights/autoscaleSettings"
SETTING = _SETTINGS + "/{setting}"


def _found(call: Call, setting: Json | None) -> Json:
    if setting is None:
        raise errors.resource_not_found(TYPE, call.params["setting"], call.params["group"])
    return setting


def list_all(call: Call) -> Reply:
    return page(call, call.simulation.autoscale.told())


def list_by_group(call: Call) -> Reply:
    return page(call, call.simulation.autoscale.told(call.params["group"]))


def get_setting(call: Call) -> Reply:
    return Reply(_found(call, call.simulation.autoscale.read(call.params["group"], call.params["setting"])))


def create_or_update(call: Call) -> Reply:
    """PUT: 201 for a new setting, 200 for one that is there (recorded)."""
    group = call.simulation.groups[call.params["group"].lower()].name
    setting, new = call.simulation.autoscale.write(group, call.params["setting"], call.json())
    return Reply(setting, 201 if new else 200)


def update(call: Call) -> Reply:
    settings = call.simulation.autoscale
    setting = _found(call, settings.find(call.params["group"], call.params["setting"]))
    return Reply(settings.patch(setting, call.json()))


def delete(call: Call) -> Reply:
    gone = call.simulation.autoscale.remove(call.params["group"], call.params["setting"])
    return Reply(None, 200 if gone else 204)


ENDPOINTS = [
    Endpoint(
        "GET",
        "/subscriptions/{subscription}/providers/Microsoft.Insights/autoscaleSettings",
        "AutoscaleSettings_ListBySubscription",
        f"{TYPE}/Read",
        list_all,
    ),
    Endpoint("GET", _SETTINGS, "AutoscaleSettings_ListByResourceGroup", f"{TYPE}/Read", list_by_group),
    Endpoint("GET", SETTING, "AutoscaleSettings_Get", f"{TYPE}/Read", get_setting),
    Endpoint("PUT", SETTING, "AutoscaleSettings_CreateOrUpdate", f"{TYPE}/Write", create_or_update),
    Endpoint("PATCH", SETTING, "AutoscaleSettings_Update", f"{TYPE}/Write", update),
    Endpoint("DELETE", SETTING, "AutoscaleSettings_Delete", f"{TYPE}/Delete", delete),
]
