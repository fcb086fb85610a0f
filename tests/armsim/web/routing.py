# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""From addresses to endpoints."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from armsim.web.call import Call, Endpoint
from armsim.web.gateway import answer
from armsim.web.host import Host


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
