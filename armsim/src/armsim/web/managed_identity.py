# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Managed identity over plain HTTP, in the forms of App Service and of a virtual machine's metadata service (IMDS).

The system-assigned identity is the default principal; each principal is a user-assigned identity too. The errors of
IMDS are documented; App Service's for an unknown identity is reported, its others are guessed.
"""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from armsim.common.wire import Json, is_api_version
from armsim.identity.principal import Principal
from armsim.web.host import Host

APP_SERVICE = "/msi/token"
IMDS = "/metadata/identity/oauth2/token"
# A request with one of these is for a user-assigned identity.
_OBJECT_IDS = ("object_id", "principal_id")
_RESOURCE_IDS = ("mi_res_id", "msi_res_id")


class ManagedIdentity:
    """The endpoint; ``header`` is the secret that App Service gives its apps as ``IDENTITY_HEADER``."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.header = secrets.token_hex(16)

    def application(self) -> Starlette:
        return Starlette(routes=[Route(APP_SERVICE, self._app_service), Route(IMDS, self._metadata_service)])

    async def _app_service(self, request: Request) -> Response:
        self.host.simulation.requests.other["login"] += 1
        query = request.query_params
        if not secrets.compare_digest(request.headers.get("x-identity-header", "").encode(), self.header.encode()):
            return _app_service_error(401, "The X-IDENTITY-HEADER header is missing or wrong.")
        for name in ("api-version", "resource"):
            if not query.get(name):
                return _app_service_error(400, f"The query parameter '{name}' is missing.")
        if not is_api_version(query["api-version"]) or query["api-version"] < "2019-08-01":
            return _app_service_error(400, f"The api-version '{query['api-version']}' is not supported.")
        principal = self._identity(query)
        if principal is None:
            return _app_service_error(
                400,
                "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.",
            )
        return JSONResponse(
            {
                "access_token": self._token(request, principal),
                "expires_on": str(int(time.time()) + principal.spec.token_lifetime),
                "resource": query["resource"],
                "token_type": "Bearer",
                "client_id": principal.spec.client_id.upper(),
            }
        )

    async def _metadata_service(self, request: Request) -> Response:
        self.host.simulation.requests.other["login"] += 1
        query = request.query_params
        if request.headers.get("metadata", "").lower() != "true":
            return _metadata_service_error("Required metadata header not specified")
        if "x-forwarded-for" in request.headers:
            return _metadata_service_error("Required metadata header not specified or not correct")
        if not is_api_version(query.get("api-version", "")):
            return _metadata_service_error("Required query variable 'api-version' is missing")
        if not query.get("resource"):
            return _metadata_service_error("Required query variable 'resource' is missing")
        principal = self._identity(query)
        if principal is None:
            return _metadata_service_error("Identity not found")
        now, lifetime = int(time.time()), principal.spec.token_lifetime
        return JSONResponse(
            {
                "access_token": self._token(request, principal),
                "client_id": principal.spec.client_id,
                "expires_in": str(lifetime),
                "expires_on": str(now + lifetime),
                "ext_expires_in": str(lifetime),
                "not_before": str(now),
                "resource": query["resource"],
                "token_type": "Bearer",
            }
        )

    def _token(self, request: Request, principal: Principal) -> str:
        issuer = str(request.base_url).rstrip("/")
        return self.host.directory.issue(principal, request.query_params["resource"], issuer, managed=True)

    def _identity(self, query: Mapping[str, str]) -> Principal | None:
        """The requested identity: the system-assigned one unless another is named."""
        directory = self.host.directory
        if query.get("client_id"):
            return directory.find(query["client_id"])
        for principal in directory.principals:
            if any(query.get(name, "").lower() == principal.spec.object_id.lower() for name in _OBJECT_IDS):
                return principal
            if any(query.get(name, "").lower() == principal.resource_id.lower() for name in _RESOURCE_IDS):
                return principal
        named = any(query.get(name) for name in (*_OBJECT_IDS, *_RESOURCE_IDS))
        return None if named else directory.default


def _app_service_error(status: int, message: str) -> Response:
    body: Json = {"statusCode": status, "message": message, "correlationId": str(uuid.uuid4())}
    return JSONResponse(body, status)


def _metadata_service_error(text: str) -> Response:
    return JSONResponse({"error": "invalid_request", "error_description": text}, 400)
