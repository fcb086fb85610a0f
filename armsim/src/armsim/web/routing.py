# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""From addresses to endpoints."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route

from armsim.web.call import Call, Endpoint
from armsim.web.gateway import answer
from armsim.web.host import Host

# Bytes of a request (reported: 4 MB).
MAX_BODY = 4 * 1024 * 1024


class AnyCaseRoute(Route):
    """A route whose fixed parts match in any case, as the service's do."""

    # What is served there, where that is an operation of Azure Resource Manager.
    operation: Endpoint | None = None

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.path_regex = re.compile(self.path_regex.pattern, re.IGNORECASE)


def route(host: Host, endpoint: Endpoint) -> AnyCaseRoute:
    """The route that leads a request through the front door to the endpoint's handler."""

    async def serve(request: Request) -> Response:
        return answer(host, await open_call(host, request), endpoint)

    made = AnyCaseRoute(endpoint.path, serve, methods=[endpoint.method], name=endpoint.name)
    made.operation = endpoint
    return made


def serve_within(host: Host, routes: Iterable[BaseRoute], unknown: Callable[[Call], Endpoint], call: Call) -> Response:
    """Serve a request that came within another one: from whatever address, with the whole front door."""
    scope = {"type": "http", "method": call.method, "path": call.path, "root_path": ""}
    for candidate in routes:
        if isinstance(candidate, AnyCaseRoute) and candidate.operation is not None:
            match, child = candidate.matches(scope)
            if match is Match.FULL and not candidate.operation.envelope:
                return answer(host, replace(call, params=dict(child["path_params"])), candidate.operation)
    return answer(host, call, unknown(call))


async def open_call(host: Host, request: Request) -> Call:
    """The request as the front door takes it."""
    scope = request.scope
    headers = {name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]}
    raw_query = scope["query_string"].decode("ascii")
    return Call(
        host=host,
        method=scope["method"],
        path=scope["path"],
        base_url=f"https://{headers.get('host', ':'.join(map(str, scope['server'])))}",
        params=dict(request.path_params),
        query={name.lower(): value for name, value in parse_qsl(raw_query, keep_blank_values=True)},
        headers=headers,
        raw_query=raw_query,
        raw_body=await _body(request),
        client=tuple(scope["client"]) if scope["client"] else None,
    )


async def _body(request: Request) -> bytes | None:
    """The whole body; None when it is too large, of which nothing is kept."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size <= MAX_BODY:
            parts.append(part)
    return b"".join(parts) if size <= MAX_BODY else None
