# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The ASGI application: all routes, and an ARM error body for whatever goes wrong."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from functools import partial

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from armsim.protocol import errors
from armsim.web import (
    admin,
    alerts,
    autoscale,
    batch,
    connections,
    extensions,
    galleries,
    instance_actions,
    instances,
    interfaces,
    locks,
    login,
    managed_images,
    metadata,
    operations,
    permissions,
    platform_images,
    resources,
    roles,
    rolling_upgrades,
    scale_sets,
    sizes,
    standby_pools,
    subscriptions,
    tags,
    virtual_machines,
)
from armsim.web.call import Call, Endpoint, Reply
from armsim.web.faulty import Reset
from armsim.web.gateway import answer
from armsim.web.host import Host
from armsim.web.rendering import render
from armsim.web.routing import open_call, route, serve_within

_LOG = logging.getLogger("armsim")

ENDPOINTS: list[Endpoint] = [
    *scale_sets.ENDPOINTS,
    *instances.ENDPOINTS,
    *instance_actions.ENDPOINTS,
    *extensions.ENDPOINTS,
    *operations.ENDPOINTS,
    *virtual_machines.ENDPOINTS,
    *rolling_upgrades.ENDPOINTS,
    *platform_images.ENDPOINTS,
    *galleries.ENDPOINTS,
    *managed_images.ENDPOINTS,
    *sizes.ENDPOINTS,
    *subscriptions.ENDPOINTS,
    *permissions.ENDPOINTS,
    *autoscale.ENDPOINTS,
    *alerts.ENDPOINTS,
    *interfaces.ENDPOINTS,
    *locks.ENDPOINTS,
    *resources.ENDPOINTS,
    *tags.ENDPOINTS,
    *roles.ENDPOINTS,
    *batch.ENDPOINTS,
    *standby_pools.ENDPOINTS,
]


def application(host: Host) -> ASGIApp:
    """The application that serves ``host``."""
    routes: list[BaseRoute] = [route(host, endpoint) for endpoint in ENDPOINTS]
    routes += [*admin.routes(host), *metadata.routes(host), *login.routes(host)]

    host.serve = partial(serve_within, host, routes, partial(_unknown, routes))

    async def refused(_request: Request, error: Exception) -> Response:
        assert isinstance(error, errors.ArmError)
        return JSONResponse(error.body(), error.status)

    async def cut(request: Request, _error: Exception) -> Response:
        await connections.cut(request.scope["client"])
        return Response()

    async def invalid(_request: Request, error: Exception) -> Response:
        assert isinstance(error, ValidationError)
        return JSONResponse(admin.invalid(error), 400)

    async def unknown(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code in (404, 405):
            call = await open_call(host, request)
            return answer(host, call, _unknown(routes, call))
        wrong = errors.ArmError(error.status_code, "BadRequest", error.detail)
        return render(host.simulation, Reply(wrong.body(), wrong.status))

    async def broken(request: Request, error: Exception) -> Response:
        _LOG.error("internal error in %s %s", request.method, request.url.path, exc_info=error)
        wrong = errors.ArmError(500, "InternalServerError", "The simulator failed; its log has the reason.")
        return render(host.simulation, Reply(wrong.body(), wrong.status))

    handlers = {
        errors.ArmError: refused,
        Reset: cut,
        ValidationError: invalid,
        HTTPException: unknown,
        Exception: broken,
    }
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return tidy_paths(app)


def tidy_paths(app: ASGIApp) -> ASGIApp:
    """Doubled and trailing slashes, which some clients send, mean nothing; nor do octets that should be encoded."""

    async def tidied(scope: Scope, receive: Receive, send: Send) -> None:
        if "path" in scope:
            path = re.sub("/+", "/", scope["path"]).rstrip("/") or "/"
            query = re.sub(rb"[^\x21-\x7e]", lambda octet: b"%%%02X" % octet[0][0], scope["query_string"])
            scope = {**scope, "path": path, "query_string": query}
        await app(scope, receive, send)

    return tidied


def _unknown(routes: Iterable[BaseRoute], call: Call) -> Endpoint:
    """An address, or a method at a known address, that the simulator does not serve."""
    scope = {"type": "http", "method": call.method, "path": call.path, "root_path": ""}
    wrong_method = any(item.matches(scope)[0] is Match.PARTIAL for item in routes)

    def refuse(_call: Call) -> Reply:
        if wrong_method:
            raise errors.gateway(
                405, "MethodNotAllowed", f"The method '{call.method}' is not supported for '{call.path}'."
            )
        raise errors.gateway(
            404, "InvalidResourceType", f"The resource type could not be found for the path '{call.path}'."
        )

    return Endpoint(call.method, call.path, "Unknown", None, refuse)
