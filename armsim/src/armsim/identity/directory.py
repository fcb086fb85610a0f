# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The directory: its tenants and principals, their access tokens, and Resource Manager's judgement of those."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime
from typing import NamedTuple

from armsim.common.wire import Json
from armsim.identity.federation import Federation
from armsim.identity.principal import Principal
from armsim.identity.tokens import MalformedToken, Signer
from armsim.protocol.errors import ArmError, gateway
from armsim.scenario import Scenario

# The audiences of the real Azure Resource Manager, in the order in which its error names them (reported).
PUBLIC_AUDIENCES = ("https://management.core.windows.net/", "https://management.azure.com/")


# So many auxiliary tokens may come with a request (documented).
_AUXILIARY = 3


class Caller(NamedTuple):
    """Who sends the request, and the tenant that the token is of."""

    principal: Principal
    tenant: str


class Directory:
    """Issues tokens and judges them: any audience will do unless ``strict``."""

    def __init__(self, spec: Scenario, *, strict: bool = False) -> None:
        self.tenant_id = spec.tenant_id
        self.tenants = {spec.tenant_id: "armsim", **{tenant.id: tenant.name for tenant in spec.tenants}}
        # Tenants by their subscriptions.
        self._owners = {sub.lower(): tenant.id for tenant in spec.tenants for sub in tenant.subscriptions}
        self._owners[spec.subscription.id.lower()] = spec.tenant_id
        self.federation = Federation()
        self.principals = [Principal(item, spec.subscription.id) for item in (spec.principal, *spec.principals)]
        self.strict = strict
        self._signer = Signer()
        self._by_client_id = {item.spec.client_id.lower(): item for item in self.principals}

    @property
    def default(self) -> Principal:
        """The principal of the ready file, which is the system-assigned identity too."""
        return self.principals[0]

    def find(self, client_id: str) -> Principal | None:
        return self._by_client_id.get(client_id.lower())

    def tenant(self, name: str) -> str | None:
        """The id of a tenant, in any case; null where there is none."""
        return next((one for one in self.tenants if one.lower() == name.lower()), None)

    def owner(self, subscription: str) -> str | None:
        """The tenant of a subscription; null where it is not known."""
        return self._owners.get(subscription.lower())

    def subscriptions(self, tenant: str) -> list[str]:
        """The subscriptions of a tenant."""
        return [name for name, owner in self._owners.items() if owner == tenant]

    def is_registered(self, principal: Principal, tenant: str) -> bool:
        """Whether an application may log in to a tenant."""
        return tenant == self.tenant_id or tenant.lower() in [one.lower() for one in principal.spec.tenants]

    def key_set(self) -> Json:
        return self._signer.key_set()

    def issue(
        self, principal: Principal, audience: str, issuer: str, *, tenant: str | None = None, managed: bool = False
    ) -> str:
        """A new access token of a tenant (the principal's own), with the claims of one for an application."""
        tenant = tenant or self.tenant_id
        claims = {
            "aud": audience,
            "iss": f"{issuer}/{tenant}/",
            "appid": principal.spec.client_id,
            "appidacr": "2" if managed else "1",
            "idp": f"{issuer}/{tenant}/",
            "idtyp": "app",
            "oid": principal.spec.object_id,
            "sub": principal.spec.object_id,
            "tid": tenant,
            "uti": uuid.uuid4().hex[:22],
            "ver": "1.0",
        }
        if managed:
            claims["xms_mirid"] = principal.resource_id
        return self._signer.sign(principal.spec.token_lifetime, **claims)

    def authenticate(self, authorization: str | None, base_url: str) -> Caller:
        """Who an ``Authorization`` header stands for; raises 401 as the service answers it."""
        if authorization is None:
            raise self._unauthenticated(
                base_url, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."
            )
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise self._unauthenticated(
                base_url,
                "AuthenticationFailedInvalidHeader",
                "Authentication failed. The 'Authorization' header is provided in an invalid format.",
            )
        try:
            claims = self._signer.read(token.strip())
        except MalformedToken as error:
            raise self._unauthenticated(
                base_url, "InvalidAuthenticationToken", "The access token is invalid."
            ) from error
        now = time.time()
        if now >= claims["exp"]:
            raise self.expired(base_url, claims["exp"], now)
        if self.strict:
            self._check_audience(claims["aud"], base_url)
        return Caller(self._by_client_id[claims["appid"].lower()], claims["tid"])

    def auxiliary(self, header: str | None, principal: Principal) -> set[str]:
        """The tenants that the auxiliary tokens of a request are good for: those of the same application (documented).

        ``header`` is that of ``x-ms-authorization-auxiliary``: tokens with commas between them.
        """
        tenants = set()
        for text in (header or "").split(",")[:_AUXILIARY]:
            try:
                claims = self._signer.read(text.strip().partition(" ")[2].strip())
            except MalformedToken:
                continue
            if time.time() < claims["exp"] and self._by_client_id.get(claims["appid"].lower()) is principal:
                tenants.add(claims["tid"])
        return tenants

    def check_tenant(self, caller: Caller, subscription: str, base_url: str) -> None:
        """401 for a token that is not of the subscription's tenant (reported)."""
        owner = self.owner(subscription)
        if owner is None or owner == caller.tenant:
            return
        issuer = "https://sts.windows.net"
        message = (
            f"The access token is from the wrong issuer '{issuer}/{caller.tenant}/'. It must match the tenant "
            f"'{issuer}/{owner}/' associated with this subscription. Please use the authority (URL) "
            f"'https://login.windows.net/{owner}' to get the token. Note, if the subscription is transferred to "
            "another tenant there is no impact to the services, but information about new tenant could take time to "
            "propagate (up to an hour). If you just transferred your subscription and see this error message, please "
            "try back later."
        )
        raise self._unauthenticated(base_url, "InvalidAuthenticationTokenTenant", message, owner)

    def expired(self, base_url: str, expiry: float, now: float) -> ArmError:
        """The refusal of a token that expired at the real second ``expiry``."""
        return self._unauthenticated(
            base_url,
            "ExpiredAuthenticationToken",
            f"The access token expiry UTC time '{_moment(expiry)}' is earlier than current UTC time '{_moment(now)}'.",
        )

    def _check_audience(self, audience: str, base_url: str) -> None:
        allowed = [form for url in (*PUBLIC_AUDIENCES, f"{base_url}/") for form in (url, url.removesuffix("/"))]
        # Clients that join an audience and "/.default" carelessly request one slash too many.
        if audience.rstrip("/").lower() not in [form.lower() for form in allowed]:
            names = ",".join(f"'{form}'" for form in allowed)
            raise self._unauthenticated(
                base_url,
                "InvalidAuthenticationTokenAudience",
                f"The access token has been obtained for wrong audience or resource '{audience}'. It should exactly "
                f"match with one of the allowed audiences {names}.",
            )

    def _unauthenticated(self, authority: str, code: str, message: str, tenant: str | None = None) -> ArmError:
        challenge = (
            f'Bearer authorization_uri="{authority}/{tenant or self.tenant_id}", error="invalid_token", '
            f'error_description="{message}"'
        )
        return gateway(401, code, message, **{"WWW-Authenticate": challenge})


def _moment(seconds: float) -> str:
    """A moment in the style of the service's error texts, such as ``6/15/2026 8:22:51 AM``."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment.month}/{moment.day}/{moment.year} {moment.hour % 12 or 12}:{moment:%M:%S %p}"
