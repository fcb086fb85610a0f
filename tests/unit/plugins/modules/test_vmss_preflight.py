# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

from typing import Any

from ansible_collections.azroll.vmss.tests.unit.plugins.modules.conftest import Run
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
    reference,
    vm,
)

MODULE = "vmss_preflight"
KEYS = {
    "changed",
    "msg",
    "error",
    "findings",
    "ready",
    "lines",
    "image",
    "previous_image",
    "write_image",
    "autoscale",
    "lease",
    "ansible_facts",
}
GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-shop"
FORBIDDEN = error("AuthorizationFailed", "The client does not have authorization to perform the action.")


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
    **group: Any,
) -> list[Exchange]:
    """What is read around the scale set, in order."""
    granted = {"value": [{"actions": list(actions), "notActions": list(not_actions)}]}
    return [
        get(f"{GROUP}/providers/Microsoft.Insights/autoscaleSettings", {"value": list(autoscale)}, api="2022-10-01"),
        get(f"{WEB}/providers/Microsoft.Authorization/permissions", granted, api="2022-04-01"),
        get(GROUP, {"name": "rg-shop", **group}, api="2021-04-01"),
    ]


def view(state: str | None = None) -> Exchange:
    services = [{"serviceName": "AutomaticRepairs", "serviceState": state}] if state else []
    return get(f"{WEB}/instanceView", {"orchestrationServices": services})


def look(*instances: dict[str, Any], body: dict[str, Any] | None = None, repairs: str | None = None) -> list[Exchange]:
    return [get_model(body), get_instances(*instances), get_rolling(), view(repairs)]


def images(*, new: Exchange | None = None, old: Exchange | None = None) -> list[Exchange]:
    """The target is looked for, then the present image; then what is known of both."""
    return [get_versions(), get_versions(), new or version(NEW_VERSION), old or version(OLD_VERSION)]


def codes(result: dict[str, Any]) -> dict[str, str]:
    return {one["code"]: one["severity"] for one in result["findings"]}


def test_nothing_to_say(run: Run) -> None:
    script = [*look(*[vm(n) for n in range(5)]), *images(), *surroundings()]
    result = run(MODULE, script, image={"version": "latest"})
    assert set(result) == KEYS
    assert (result["findings"], result["lines"], result["ready"], result["changed"]) == ([], [], True, False)
    assert result["image"] == reference(NEW_VERSION)
    assert result["previous_image"] == reference(OLD_VERSION)
    assert result["write_image"]
    assert result["ansible_facts"]["vmss"]["counts"]["stale"] == 5
    assert result["msg"].startswith("web is ready for Canonical:")
