# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What Azure answers to preflight: the scale set, its image, what is around it, and alerts."""

from __future__ import annotations

from typing import Any

from ansible_collections.azroll.vmss.tests.unit.wire import (
    NEW_VERSION,
    OLD_VERSION,
    SUBSCRIPTION_ID,
    VERSIONS,
    WEB,
    Exchange,
    error,
    get,
    get_instances,
    get_model,
    get_rolling,
    get_versions,
)

GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-shop"
SETTINGS = "providers/Microsoft.Insights/autoscaleSettings"
ALL_SETTINGS = f"/subscriptions/{SUBSCRIPTION_ID}/{SETTINGS}"
PERMISSIONS = "providers/Microsoft.Authorization/permissions"
LOCKS = "providers/Microsoft.Authorization/locks"
SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION_ID}"
FORBIDDEN = error("AuthorizationFailed", "The client does not have authorization to perform the action.")


def read_set(
    *instances: dict[str, Any], body: dict[str, Any] | None = None, repairs: str | None = None
) -> list[Exchange]:
    return [get_model(body), get_instances(*instances), get_rolling(), view(repairs)]


def view(state: str | None = None) -> Exchange:
    services = [{"serviceName": "AutomaticRepairs", "serviceState": state}] if state else []
    return get(f"{WEB}/instanceView", {"orchestrationServices": services})


def images(*, new: Exchange | None = None, old: Exchange | None = None) -> list[Exchange]:
    """The target is looked for and looked at, then the present image."""
    return [get_versions(), new or version(NEW_VERSION), get_versions(), old or version(OLD_VERSION)]


def version(number: str, status: int = 200, body: Any = None, **properties: Any) -> Exchange:
    known = {
        "hyperVGeneration": "V2",
        "osDiskImage": {"operatingSystem": "Linux"},
        "imageDeprecationStatus": {"imageState": "Active"},
        "features": [{"name": "SecurityType", "value": "TrustedLaunchSupported"}],
    }
    return get(f"{VERSIONS}/{number}", body or {"name": number, "properties": {**known, **properties}}, status=status)


def surroundings(
    *,
    autoscale: tuple[dict[str, Any], ...] = (),
    actions: tuple[str, ...] = ("*",),
    not_actions: tuple[str, ...] = (),
    locks: tuple[str, ...] = (),
    state: str = "Enabled",
    **group: Any,
) -> list[Exchange]:
    """What is read around the scale set, in order."""
    granted = {"value": [{"actions": list(actions), "notActions": list(not_actions)}]}
    acting = [one for one in autoscale if one["properties"]["targetResourceUri"].lower() == WEB.lower()]
    return [
        get(ALL_SETTINGS, {"value": list(autoscale)}, api="2022-10-01"),
        get(f"{WEB}/{PERMISSIONS}", granted, api="2022-04-01"),
        *[get(f"{one['id']}/{PERMISSIONS}", granted, api="2022-04-01") for one in acting],
        get(f"{WEB}/{LOCKS}", {"value": [lock(scope) for scope in locks]}, api="2016-09-01"),
        *[get(f"{one['id']}/{LOCKS}", {"value": [lock(scope) for scope in locks]}, api="2016-09-01") for one in acting],
        get(SUBSCRIPTION, {"state": state}, api="2016-06-01"),
        get(GROUP, {"name": "rg-shop", **group}, api="2021-04-01"),
    ]


def lock(scope: str) -> dict[str, Any]:
    return {"id": f"{scope}/{LOCKS}/freeze", "name": "freeze", "properties": {"level": "ReadOnly"}}


def scaling(name: str, target: str = WEB, group: str = GROUP) -> dict[str, Any]:
    """An autoscale setting that is on."""
    profiles = [{"name": "all", "capacity": {"minimum": "2", "maximum": "10", "default": "4"}}]
    properties = {"enabled": True, "targetResourceUri": target, "profiles": profiles}
    return {"id": f"{group}/{SETTINGS}/{name}", "name": name, "properties": properties}


def get_alerts(*fired: tuple[str, str], status: int = 200, body: Any = None) -> Exchange:
    """Rules that have fired on the scale set, and when."""
    entries = [
        {
            "name": rule,
            "properties": {
                "essentials": {
                    "severity": "Sev1",
                    "monitorCondition": "Fired",
                    "targetResource": WEB.lower(),
                    "startDateTime": at,
                }
            },
        }
        for rule, at in fired
    ]
    path = f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.AlertsManagement/alerts"
    query = {"targetResource": WEB, "monitorCondition": "Fired", "timeRange": "30d", "pageCount": "250"}
    return get(path, body or {"value": entries}, query=query, api="2019-03-01", status=status)
