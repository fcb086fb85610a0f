# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The identity platform: discovery documents and token endpoints v1, v2 and ADFS, for the client credentials grant."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from armsim.web.gateway import AnyCaseRoute, Host
from armsim.wire import Json

ADFS = "adfs"


class LoginError(Exception):
    """A refusal of the identity platform: OAuth error, AADSTS number and text."""

    def __init__(self, status: int, error: str, number: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.error = error
        self.number = number


def routes(host: Host) -> list[AnyCaseRoute]:
    async def configuration(request: Request) -> Response:
        host.simulation.requests.other["login"] += 1
        tenant = request.path_params["tenant"]
        try:
            _check_tenant(host, tenant)
        except LoginError as error:
            return _refuse(host, error, _base(request))
        v2 = "/v2.0" in request.url.path
        return JSONResponse(_configuration(_base(request), tenant, v2=v2))

    async def token(request: Request) -> Response:
        host.simulation.requests.other["login"] += 1
        form = {name: str(value) for name, value in (await request.form()).items()}
        try:
            _check_tenant(host, request.path_params["tenant"])
            _check_client(host, form)
        except LoginError as error:
            return _refuse(host, error, _base(request))
        v2 = "/v2.0" in request.url.path
        return JSONResponse(_token(host, form, v2=v2), headers={"Cache-Control": "no-store"})

    return [
        AnyCaseRoute("/{tenant}/v2.0/.well-known/openid-configuration", configuration),
        AnyCaseRoute("/{tenant}/.well-known/openid-configuration", configuration),
        AnyCaseRoute("/{tenant}/oauth2/v2.0/token", token, methods=["POST"]),
        AnyCaseRoute("/{tenant}/oauth2/token", token, methods=["POST"]),
    ]


def _base(request: Request) -> str:
    return f"https://{request.headers.get('host', request.url.netloc)}"


def _check_tenant(host: Host, tenant: str) -> None:
    if tenant.lower() not in (host.simulation.spec.tenant_id.lower(), ADFS):
        raise LoginError(
            400,
            "invalid_request",
            90002,
            f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
            "correct cloud. Check with your subscription administrator, this may happen if there are no active "
            "subscriptions for the tenant.",
        )


def _check_client(host: Host, form: Mapping[str, str]) -> None:
    spec = host.simulation.spec.principal
    if form.get("grant_type") != "client_credentials":
        raise LoginError(
            400,
            "unsupported_grant_type",
            70003,
            f"The app requested an unsupported grant type '{form.get('grant_type')}'.",
        )
    if form.get("client_id", "").lower() != spec.client_id.lower():
        raise LoginError(
            400,
            "unauthorized_client",
            700016,
            f"Application with identifier '{form.get('client_id')}' was not found in the directory 'armsim'. This can "
            "happen if the application has not been installed by the administrator of the tenant.",
        )
    if "client_secret" not in form:
        raise LoginError(
            401,
            "invalid_client",
            7000218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        )
    if form["client_secret"] != spec.client_secret:
        raise LoginError(
            401,
            "invalid_client",
            7000215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
            f"not the client secret ID, for a secret added to app '{spec.client_id}'.",
        )


def _refuse(host: Host, error: LoginError, base: str) -> Response:
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    moment = f"{host.simulation.calendar.at(host.simulation.timeline.catch_up()):%Y-%m-%d %H:%M:%SZ}"
    body = {
        "error": error.error,
        "error_description": f"AADSTS{error.number}: {error} Trace ID: {trace} Correlation ID: {correlation} "
        f"Timestamp: {moment}",
        "error_codes": [error.number],
        "timestamp": moment,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"{base}/error?code={error.number}",
    }
    return JSONResponse(body, error.status)


def _configuration(base: str, tenant: str, *, v2: bool) -> Json:
    version = "v2.0/" if v2 else ""
    issuer = f"{base}/{tenant}" + ("/v2.0" if v2 else "")
    return {
        "token_endpoint": f"{base}/{tenant}/oauth2/{version}token",
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "authorization_endpoint": f"{base}/{tenant}/oauth2/{version}authorize",
        "device_authorization_endpoint": f"{base}/{tenant}/oauth2/{version}devicecode",
        "jwks_uri": f"{base}/{tenant}/discovery/{version}keys",
        "issuer": issuer,
        "response_types_supported": ["code", "id_token", "token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "tenant_region_scope": None,
        "cloud_instance_name": base.removeprefix("https://"),
    }


def _token(host: Host, form: Mapping[str, str], *, v2: bool) -> Json:
    principal = host.simulation.principal
    lifetime = principal.spec.token_lifetime
    body: Json = {"token_type": "Bearer", "access_token": principal.issue()}
    if v2:
        return {**body, "expires_in": lifetime, "ext_expires_in": lifetime}
    # The v1 endpoint writes its numbers as strings.
    return {**body, "expires_in": str(lifetime), "ext_expires_in": str(lifetime), "resource": form.get("resource", "")}
