# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The directory (tenant): its principals, their access tokens, and Resource Manager's judgement of those."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime

from armsim.common.wire import Json
from armsim.identity.federation import Federation
from armsim.identity.principal import Principal
from armsim.identity.tokens import MalformedToken, Signer
from armsim.protocol.errors import ArmError, gateway
from armsim.scenario import Scenario

# The audiences of the real Azure Resource Manager, in the order in which its error names them (reported).
PUBLIC_AUDIENCES = ("https://management.core.windows.net/", "https://management.azure.com/")


class Directory:
    """Issues tokens and judges them: any audience will do unless ``strict``."""

    def __init__(self, spec: Scenario, *, strict: bool = False) -> None:
        self.tenant_id = spec.tenant_id
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

    def key_set(self) -> Json:
        return self._signer.key_set()

    def issue(self, principal: Principal, audience: str, issuer: str, *, managed: bool = False) -> str:
        """A new access token, with the claims of one for an application."""
        claims = {
            "aud": audience,
            "iss": f"{issuer}/{self.tenant_id}/",
            "appid": principal.spec.client_id,
            "appidacr": "2" if managed else "1",
            "idp": f"{issuer}/{self.tenant_id}/",
            "idtyp": "app",
            "oid": principal.spec.object_id,
            "sub": principal.spec.object_id,
            "tid": self.tenant_id,
            "uti": uuid.uuid4().hex[:22],
            "ver": "1.0",
        }
        if managed:
            claims["xms_mirid"] = principal.resource_id
        return self._signer.sign(principal.spec.token_lifetime, **claims)

    def authenticate(self, authorization: str | None, base_url: str) -> Principal:
        """The principal of an ``Authorization`` header; raises 401 as the service answers it."""
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
        return self._by_client_id[claims["appid"].lower()]

    def expired(self, base_url: str, expiry: float, now: float) -> ArmError:
        """The refusal of a token that expired at the real second ``expiry``."""
        return self._unauthenticated(
            base_url,
            "ExpiredAuthenticationToken",
            f"The access token expiry UTC time '{_moment(expiry)}' is earlier than current UTC time '{_moment(now)}'.",
        )

    def _check_audience(self, audience: str, base_url: str) -> None:
        allowed = [form for url in (*PUBLIC_AUDIENCES, f"{base_url}/") for form in (url, url.removesuffix("/"))]
        # Clients that join an audience and "/.default" carelessly ask for one slash too many.
        if audience.rstrip("/").lower() not in [form.lower() for form in allowed]:
            names = ",".join(f"'{form}'" for form in allowed)
            raise self._unauthenticated(
                base_url,
                "InvalidAuthenticationTokenAudience",
                f"The access token has been obtained for wrong audience or resource '{audience}'. It should exactly "
                f"match with one of the allowed audiences {names}.",
            )

    def _unauthenticated(self, authority: str, code: str, message: str) -> ArmError:
        challenge = (
            f'Bearer authorization_uri="{authority}/{self.tenant_id}", error="invalid_token", '
            f'error_description="{message}"'
        )
        return gateway(401, code, message, **{"WWW-Authenticate": challenge})


def _moment(seconds: float) -> str:
    """A moment in the style of the service's error texts, such as ``6/15/2026 8:22:51 AM``."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment.month}/{moment.day}/{moment.year} {moment.hour % 12 or 12}:{moment:%M:%S %p}"
