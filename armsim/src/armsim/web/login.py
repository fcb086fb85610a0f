# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The identity platform: discovery documents and token endpoints v1, v2 and ADFS, for client credentials."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from armsim.common.wire import Json
from armsim.identity import aadsts
from armsim.identity.federation import ASSERTION_TYPE
from armsim.identity.principal import Principal
from armsim.web.host import Host
from armsim.web.routing import AnyCaseRoute

ADFS = "adfs"
# Whose tokens a v1 request gets that names no resource: those of the directory's own graph (reported).
GRAPH = "00000002-0000-0000-c000-000000000000"
_DEFAULT_SCOPE = "/.default"


def routes(host: Host) -> list[AnyCaseRoute]:
    async def configuration(request: Request) -> Response:
        host.simulation.requests.other["login"] += 1
        tenant = request.path_params["tenant"]
        try:
            _check_tenant(host, tenant)
        except aadsts.LoginError as error:
            return _refuse(host, error, _base(request))
        v2 = "/v2.0/" in request.url.path
        return JSONResponse(_configuration(_base(request), tenant, v2=v2))

    async def token(request: Request) -> Response:
        host.simulation.requests.other["login"] += 1
        form = {name: str(value) for name, value in (await request.form()).items()}
        tenant = request.path_params["tenant"].lower()
        v2 = "/v2.0/" in request.url.path
        try:
            of = _check_tenant(host, tenant)
            principal = _principal(host, form, of)
            audience = _audience(host, form, v2=v2)
        except aadsts.LoginError as error:
            return _refuse(host, error, _base(request))
        token = host.directory.issue(principal, audience, _base(request), tenant=of)
        body = _token(token, principal.spec.token_lifetime, audience, numbers=v2 or tenant == ADFS)
        return JSONResponse(body, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})

    async def keys(_request: Request) -> Response:
        return JSONResponse(host.directory.key_set())

    return [
        AnyCaseRoute("/{tenant}/v2.0/.well-known/openid-configuration", configuration),
        AnyCaseRoute("/{tenant}/.well-known/openid-configuration", configuration),
        AnyCaseRoute("/{tenant}/oauth2/v2.0/token", token, methods=["POST"]),
        AnyCaseRoute("/{tenant}/oauth2/token", token, methods=["POST"]),
        AnyCaseRoute("/{tenant}/discovery/v2.0/keys", keys),
        AnyCaseRoute("/{tenant}/discovery/keys", keys),
    ]


def _base(request: Request) -> str:
    return f"https://{request.headers.get('host', request.url.netloc)}"


def _check_tenant(host: Host, tenant: str) -> str:
    """The id of a tenant of the login; its own for `adfs`."""
    found = host.directory.tenant_id if tenant.lower() == ADFS else host.directory.tenant(tenant)
    if found is None:
        raise aadsts.tenant_not_found(tenant)
    return found


def _principal(host: Host, form: Mapping[str, str], tenant: str) -> Principal:
    """Who logs in with the client credentials grant: by secret, or by an assertion of a federated issuer."""
    for name in ("grant_type", "client_id"):
        if not form.get(name):
            raise aadsts.missing_parameter(name)
    if form["grant_type"] != "client_credentials":
        raise aadsts.unsupported_grant_type(form["grant_type"])
    principal = host.directory.find(form["client_id"])
    if principal is None or not host.directory.is_registered(principal, tenant):
        raise aadsts.application_not_found(form["client_id"], host.directory.tenants[tenant])
    if form.get("client_assertion_type") == ASSERTION_TYPE and "client_assertion" in form:
        host.directory.federation.check(principal, form["client_assertion"])
    elif "client_secret" not in form:
        raise aadsts.no_credential()
    elif not secrets.compare_digest(form["client_secret"].encode(), principal.spec.client_secret.encode()):
        raise aadsts.wrong_secret(principal.spec.client_id)
    return principal


def _audience(host: Host, form: Mapping[str, str], *, v2: bool) -> str:
    """Whom the token is for; only a strict directory insists that a v2 request names it in the right form."""
    if not v2 and "scope" not in form:
        return form.get("resource") or GRAPH
    scope = form.get("scope", "")
    if host.directory.strict and not scope:
        raise aadsts.missing_parameter("scope")
    if host.directory.strict and not scope.endswith(_DEFAULT_SCOPE):
        raise aadsts.invalid_scope(scope)
    return scope.removesuffix(_DEFAULT_SCOPE)


def _refuse(host: Host, error: aadsts.LoginError, base: str) -> Response:
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
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
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


def _token(token: str, lifetime: int, audience: str, *, numbers: bool) -> Json:
    body: Json = {"token_type": "Bearer", "access_token": token}
    if numbers:
        return {**body, "expires_in": lifetime, "ext_expires_in": lifetime}
    # The v1 endpoint writes its numbers as strings.
    now = int(time.time())
    return {
        **body,
        "expires_in": str(lifetime),
        "ext_expires_in": str(lifetime),
        "expires_on": str(now + lifetime),
        "not_before": str(now),
        "resource": audience,
    }
