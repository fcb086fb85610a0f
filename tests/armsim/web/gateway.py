# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Azure Resource Manager's front door: what every request passes before a handler sees it.

Order: an ordered fault, authentication, limits, api-version, subscription, authorization, resource group, locks.
Only what passes reaches the provider, which has limits of its own.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from armsim import errors
from armsim.directory import Directory
from armsim.faults import ResetFault
from armsim.operations import Operation
from armsim.pace import Asked, Pace
from armsim.simulation import Simulation
from armsim.throttling import Drawn
from armsim.web import connections
from armsim.wire import Json, guid, http_date, is_api_version

# Milliseconds.
AT_ONCE = 50
WRITES = ("PUT", "PATCH", "POST", "DELETE")


@dataclass(frozen=True)
class Settings:
    """What the command line decides: speed (infinite: as fast as the clients ask) and, where it overrides the scenario,
    ``Retry-After`` in real seconds.
    """

    speed: float
    retry_after: int | None = None


class Host:
    """The simulation being served, which a reset replaces, and the directory, which outlives it."""

    def __init__(
        self, simulation: Simulation, directory: Directory, settings: Settings, restart: Callable[[], Simulation]
    ) -> None:
        self.simulation = simulation
        self.directory = directory
        self.settings = settings
        self.pace = Pace(connections.is_open) if math.isinf(settings.speed) else None
        self._restart = restart

    def reset(self) -> None:
        self.simulation = self._restart()
        self.disturb()

    def disturb(self) -> None:
        """Something happened that no request to Azure Resource Manager did."""
        if self.pace is not None:
            self.pace.disturb()

    def retry_after(self, seconds: float | None) -> dict[str, str]:
        """``Retry-After`` for so many simulated seconds: whole real seconds, at least one; no header for None.

        Where time passes as fast as clients ask, they are told to ask again at once: in the milliseconds that Azure's
        clients understand, because they take a ``Retry-After`` of 0 for none.
        """
        if seconds is None:
            return {}
        if self.settings.retry_after is not None:
            return {"Retry-After": str(self.settings.retry_after)}
        if self.pace is not None:
            return {"x-ms-retry-after-ms": str(AT_ONCE)}
        return {"Retry-After": str(max(1, round(seconds / self.settings.speed)))}

    def refused_until(self, seconds: float) -> dict[str, str]:
        """``Retry-After`` of a refusal: not before so many simulated seconds, in whole real ones."""
        if self.pace is not None:
            self.pace.wait(seconds, self.simulation.timeline)
            return {"x-ms-retry-after-ms": str(AT_ONCE)}
        return {"Retry-After": str(math.ceil(seconds / self.settings.speed))}


class Reset(Exception):
    """The connection shall be cut without an answer."""


@dataclass
class Reply:
    """An answer to be: JSON body or none, status, headers."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    charge: int | None = None


@dataclass
class Call:
    """One request to Azure Resource Manager, on its way."""

    host: Host
    method: str
    path: str
    base_url: str
    params: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    raw_query: str
    raw_body: bytes
    client: tuple[str, int] | None = None
    api_version: str = ""
    drawn: Drawn = field(default_factory=Drawn)

    @property
    def simulation(self) -> Simulation:
        return self.host.simulation

    @property
    def subscription(self) -> str:
        return self.simulation.spec.subscription.id

    def json(self) -> Any:
        """The parsed body; null when it is empty."""
        if not self.raw_body.strip():
            return None
        try:
            return json.loads(self.raw_body)
        except ValueError as error:
            raise errors.invalid_request_content(str(error)) from error

    def operation_headers(self, operation: Operation, *, location: bool, retry: float | None) -> dict[str, str]:
        """The headers that lead to an operation: ``Azure-AsyncOperation``, and for actions ``Location``."""
        path = (
            f"/subscriptions/{self.subscription}/providers/Microsoft.Compute/locations/{operation.location}/operations"
        )
        tail = f"api-version={self.api_version}&t=638999999999999999&c=armsim&s={operation.signature}&h=armsim"
        address = f"{self.base_url}{path}/{operation.id}?p={operation.id}"
        headers = {
            "Azure-AsyncOperation": f"{address}&{tail}",
            "Azure-AsyncNotification": "Enabled",
            **self.host.retry_after(retry),
        }
        if location:
            headers["Location"] = f"{address}&monitor=true&{tail}"
        return headers


Handler = Callable[[Call], Reply]


@dataclass(frozen=True)
class Endpoint:
    """One operation of the service: its name in the API description, its address and the permission it needs."""

    method: str
    path: str
    name: str
    action: str | None
    handler: Handler


class AnyCaseRoute(Route):
    """A route whose fixed parts match in any case, as the service's do."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.path_regex = re.compile(self.path_regex.pattern, re.IGNORECASE)


def route(host: Host, endpoint: Endpoint) -> AnyCaseRoute:
    """The route that leads a request through the front door to the endpoint's handler."""

    async def serve(request: Request) -> Response:
        return answer(host, await open_call(host, request), endpoint)

    return AnyCaseRoute(endpoint.path, serve, methods=[endpoint.method], name=endpoint.name)


async def open_call(host: Host, request: Request) -> Call:
    return Call(
        host=host,
        method=request.method,
        path=request.url.path,
        base_url=f"https://{request.headers.get('host', request.url.netloc)}",
        params=dict(request.path_params),
        query={name.lower(): value for name, value in request.query_params.items()},
        headers={name.lower(): value for name, value in request.headers.items()},
        raw_query=request.url.query,
        raw_body=await request.body(),
        client=(request.client.host, request.client.port) if request.client else None,
    )


def answer(host: Host, call: Call, endpoint: Endpoint) -> Response:
    """Serve one request; it is counted whatever becomes of it."""
    simulation = host.simulation
    if host.pace is not None:
        host.pace.before(_asked(call), simulation.timeline)
    simulation.timeline.catch_up()
    requests = simulation.requests
    requests.total += 1
    requests.by_operation[endpoint.name] += 1
    try:
        _check(call, endpoint)
        if call.method in WRITES:
            requests.writes += 1
        reply = endpoint.handler(call)
    except errors.ArmError as error:
        return _refuse(call, error)
    simulation.actors.requested(endpoint.name)
    if reply.charge is not None:
        requests.charge += reply.charge
        reply.headers["x-ms-request-charge"] = str(reply.charge)
    reply.headers.update(simulation.throttle.headers(call.drawn, reply.charge))
    return render(simulation, reply)


def _refuse(call: Call, error: errors.ArmError) -> Response:
    """The answer to a refused request; those of the gateway itself tell nothing of limits (recorded)."""
    simulation = call.simulation
    simulation.requests.throttled += error.status == 429
    headers = dict(error.headers)
    if error.retry_after is not None:
        headers.update(call.host.refused_until(error.retry_after))
    if not error.gateway:
        headers.update(simulation.throttle.headers(call.drawn, None))
    return render(simulation, Reply(error.body(), error.status, headers), gateway=error.gateway)


def _asked(call: Call) -> Asked:
    if call.method in WRITES:
        return Asked(call.client, None)
    polled = call.simulation.operations.find(call.params.get("operation", ""))
    return Asked(call.client, f"{call.path}?{call.raw_query}", polled)


def _check(call: Call, endpoint: Endpoint) -> None:
    simulation = call.simulation
    fault = simulation.faults.next(endpoint.name)
    if isinstance(fault, ResetFault):
        raise Reset
    if fault is not None:
        raise fault.error()
    principal = call.host.directory.authenticate(call.headers.get("authorization"), call.base_url)
    call.drawn = simulation.throttle.enter(call.method, call.subscription, principal.spec.object_id)
    call.api_version = call.query.get("api-version", "")
    if not call.api_version:
        raise errors.missing_api_version(call.path)
    if not is_api_version(call.api_version):
        raise errors.invalid_api_version(call.api_version)
    subscription = call.params.get("subscription")
    if subscription is not None and subscription.lower() != call.subscription.lower():
        raise errors.subscription_not_found(subscription)
    if endpoint.action is not None:
        principal.authorize(endpoint.action, _scope(call.path))
    group = call.params.get("group")
    if group is not None and group.lower() not in simulation.groups:
        raise errors.resource_group_not_found(group)
    if simulation.read_only and call.method in WRITES:
        simulation.requests.refused += 1
        raise errors.scope_locked(_scope(call.path), f"/subscriptions/{call.subscription}", call.method)
    simulation.throttle.reach(call.drawn, endpoint.name, "/".join(call.params.values()).lower())


def _scope(path: str) -> str:
    """The resource that a path names: without the action behind it."""
    parts = path.rstrip("/").split("/")
    return "/".join(parts if len(parts) % 2 else parts[:-1])


def render(simulation: Simulation, reply: Reply, *, gateway: bool = False) -> Response:
    """The response, with the headers that every answer of the service has."""
    now = simulation.calendar.at(simulation.timeline.now)
    request_id = guid(simulation.request_ids)
    headers = {
        "Cache-Control": "no-cache",
        "Pragma": "no-cache",
        "Expires": "-1",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "x-ms-request-id": request_id,
        "x-ms-correlation-request-id": request_id,
        "x-ms-routing-request-id": f"ARMSIM:{now:%Y%m%dT%H%M%SZ}:{request_id}",
        "Date": http_date(now),
        **reply.headers,
    }
    if gateway:
        headers["x-ms-failure-cause"] = "gateway"
    if reply.body is None:
        return Response(b"", reply.status, headers)
    if isinstance(reply.body, dict) and "etag" in reply.body:
        headers["ETag"] = reply.body["etag"]
    content = json.dumps(reply.body, separators=(",", ":")).encode()
    return Response(content, reply.status, headers, media_type="application/json; charset=utf-8")


def page(call: Call, value: list[Json], token: str | None = None) -> Reply:
    """A list answer; the link to the next page is absolute, on the name and port the client came in by."""
    body: Json = {"value": value}
    if token is not None:
        kept = [(name, text) for name, text in call.query.items() if name != "$skiptoken"]
        body["nextLink"] = f"{call.base_url}{call.path}?{_encode([*kept, ('$skiptoken', token)])}"
    return Reply(body)


def _encode(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{quote(name, safe='$-')}={quote(text, safe='$')}" for name, text in pairs)
