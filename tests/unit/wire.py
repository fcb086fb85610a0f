# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""A scripted wire: the exact exchanges with Azure, in order, below the real SDK's own HTTP transport.

A call that is not the next in the script fails the test, and so does one that is missing.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
import urllib3
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import HTTPAdapter

from ansible_collections.azroll.vmss.tests.unit.builders import wire_instance

SUBSCRIPTION_ID = "5e5e5e5e-0000-4000-8000-000000000001"
COMPUTE = f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Compute/locations/westeurope"
GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-shop/providers/Microsoft.Compute"
WEB = f"{GROUP}/virtualMachineScaleSets/web"
VERSIONS = f"{COMPUTE}/publishers/Canonical/artifacttypes/vmimage/offers/ubuntu-24_04-lts/skus/server/versions"
OPERATION = f"{COMPUTE}/operations/0be6"
HOST = "https://management.azure.com"
NOW = "Sun, 22 Nov 2026 10:15:00 GMT"
STARTED_AT = "2026-11-22T10:15:00+00:00"

OLD_VERSION = "24.04.202510010"
NEW_VERSION = "24.04.202511100"


class Clock:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.sleeps: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds


@dataclass
class Exchange:
    """One request that is expected and its answer, or the exception in place of one."""

    method: str
    path: str
    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    api: str = "2024-07-01"
    sends: Any = None
    if_match: str | None = None
    raises: Exception | None = None
    cut: bool = False
    host: str = HOST


def get(path: str, body: Any = None, **more: Any) -> Exchange:
    return Exchange("GET", path, body, **more)


def get_model(body: Mapping[str, Any] | None = None, **more: Any) -> Exchange:
    return get(WEB, model() if body is None else body, **more)


def get_instances(*entries: Mapping[str, Any], **more: Any) -> Exchange:
    return get(f"{WEB}/virtualMachines", {"value": list(entries)}, query={"$expand": "instanceView"}, **more)


def get_versions(*versions: str, **more: Any) -> Exchange:
    body = [{"name": version, "location": "westeurope"} for version in versions or (OLD_VERSION, NEW_VERSION)]
    return get(VERSIONS, body, **more)


def get_rolling(status: int = 404, body: Any = None) -> Exchange:
    return get(f"{WEB}/rollingUpgrades/latest", body or error("NotFound", "There is none."), status=status)


def patch_model(sends: Any, body: Any = None, *, if_match: str | None = '"1"', **more: Any) -> Exchange:
    headers = {"Azure-AsyncOperation": f"{HOST}{OPERATION}?api-version=2024-07-01"}
    answer = {"status": 200, "headers": headers, **more}
    return Exchange("PATCH", WEB, model() if body is None else body, sends=sends, if_match=if_match, **answer)


def action(name: str, sends: Any, **more: Any) -> Exchange:
    """A POST as the service answers it: 202 without body or Retry-After (recorded)."""
    headers = {"Azure-AsyncOperation": f"{HOST}{OPERATION}?api-version=2024-07-01&t=1&c=secret"}
    return Exchange("POST", f"{WEB}/{name}", sends=sends, **{"status": 202, "headers": headers, **more})


def poll(status: str = "Succeeded", query: Mapping[str, str] | None = None, **more: Any) -> Exchange:
    return get(OPERATION, {"status": status, "name": "0be6", **more}, query=query or {})


def poll_action(status: str = "Succeeded", **more: Any) -> Exchange:
    return poll(status, {"t": "1", "c": "secret"}, **more)


def error(code: str, message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, **more}}


def model(version: str = OLD_VERSION, *, etag: str = '"1"', **properties: Any) -> dict[str, Any]:
    """The model of the set `web`: Uniform, Manual, with the health extension."""
    return {
        "id": WEB,
        "name": "web",
        "location": "westeurope",
        "etag": etag,
        "sku": {"name": "Standard_D2s_v5", "tier": "Standard", "capacity": 1},
        "properties": {
            "orchestrationMode": "Uniform",
            "upgradePolicy": {"mode": "Manual"},
            "provisioningState": "Succeeded",
            "virtualMachineProfile": {
                "storageProfile": {"imageReference": reference(version)},
                "extensionProfile": {
                    "extensions": [
                        {
                            "name": "health",
                            "properties": {
                                "publisher": "Microsoft.ManagedServices",
                                "type": "ApplicationHealthLinux",
                            },
                        }
                    ]
                },
            },
            **properties,
        },
    }


def reference(version: str) -> dict[str, str]:
    return {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": version}


def with_image(storage_profile: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """The model with another storage profile."""
    body = model(**more)
    body["properties"]["virtualMachineProfile"]["storageProfile"] = dict(storage_profile)
    return body


def vm(
    number: int,
    version: str = OLD_VERSION,
    *,
    domain: int | None = 0,
    latest: bool | None = None,
    state: str = "Succeeded",
    power: str = "running",
    health: str | None = None,
    reported: str = "2026-11-22T10:00:00.1234567+00:00",
    protected: bool = False,
    failure: str | None = None,
) -> dict[str, Any]:
    """An entry of the instance list: in service (unless it failed) and behind the model, but for what a test says."""
    health = health or ("unhealthy" if state == "Failed" else "healthy")
    body = deepcopy(wire_instance(number))
    body["zones"] = []
    properties = body["properties"]
    properties["latestModelApplied"] = version == NEW_VERSION if latest is None else latest
    properties["provisioningState"] = state
    properties["protectionPolicy"] = {"protectFromScaleIn": False, "protectFromScaleSetActions": protected}
    properties["storageProfile"]["imageReference"] = {**reference(version), "exactVersion": version}
    view = properties["instanceView"]
    view["platformUpdateDomain"] = domain
    view["vmHealth"]["status"] |= {"code": f"HealthState/{health}", "time": reported}
    provisioning = {"code": f"ProvisioningState/{state.lower()}", "level": "Info"}
    if failure:
        provisioning = {"code": f"ProvisioningState/failed/{failure}", "level": "Error", "message": "it broke"}
    view["statuses"] = [provisioning, {"code": f"PowerState/{power}", "level": "Info"}]
    return body


class Token:
    """A credential that is always good."""

    def get_token(self, *scopes: str, **_more: Any) -> AccessToken:
        return AccessToken("token", int(time.time()) + 3600)


class Wire(RequestsTransport):
    """The SDK's own transport on top of the script; its sleeping moves the clock."""

    def __init__(self, script: Sequence[Exchange], clock: Clock) -> None:
        self.adapter = _Adapter(script)
        session = requests.Session()
        session.mount("https://", self.adapter)
        super().__init__(session=session, session_owner=False)
        self._clock = clock

    def sleep(self, duration: float) -> None:
        self._clock.sleep(duration)

    def check(self) -> None:
        """Whether everything happened, and nothing else."""
        assert self.adapter.surprises == []
        assert [f"{one.method} {one.path}" for one in self.adapter.script] == [], "calls that were never made"


class _Adapter(HTTPAdapter):
    def __init__(self, script: Sequence[Exchange]) -> None:
        super().__init__()
        self.script = list(script)
        self.surprises: list[str] = []

    def send(self, request: requests.PreparedRequest, **_more: Any) -> requests.Response:
        wanted = self.script.pop(0) if self.script else None
        try:
            assert wanted is not None, f"a call too many: {request.method} {request.url}"
            _compare(request, wanted)
        except AssertionError as exc:
            self.surprises.append(str(exc))
            raise
        if wanted.raises is not None:
            raise wanted.raises
        text = wanted.body if isinstance(wanted.body, str) else "" if wanted.body is None else json.dumps(wanted.body)
        headers = {"Date": NOW, "x-ms-request-id": "r-1", "Content-Type": "application/json", **wanted.headers}
        raw = urllib3.HTTPResponse(
            body=io.BytesIO(text.encode()),
            headers={**headers, "Content-Length": str(len(text.encode()) + wanted.cut)},
            status=wanted.status,
            preload_content=False,
        )
        return self.build_response(request, raw)


def _compare(request: requests.PreparedRequest, wanted: Exchange) -> None:
    parts = urlsplit(str(request.url))
    assert (request.method, f"{parts.scheme}://{parts.netloc}", parts.path) == (
        wanted.method,
        wanted.host,
        wanted.path,
    )
    expected = {**wanted.query, **({"api-version": wanted.api} if wanted.api else {})}
    assert dict(parse_qsl(parts.query)) == expected
    assert request.headers.get("If-Match") == wanted.if_match
    if wanted.sends is not None:
        body = request.body.decode() if isinstance(request.body, bytes) else str(request.body)
        assert (json.loads(body) if body.startswith("{") else dict(parse_qsl(body))) == wanted.sends
