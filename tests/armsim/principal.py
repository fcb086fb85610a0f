# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The one principal: its secret, the tokens it was given, and what it may not do."""

from __future__ import annotations

import fnmatch
import secrets
import time

from armsim import scenario
from armsim.errors import ArmError, authorization_failed, gateway


class Principal:
    """Issues tokens and judges them. Tokens live in real time, because clients count theirs so."""

    def __init__(self, spec: scenario.Principal, tenant_id: str) -> None:
        self.spec = spec
        self.tenant_id = tenant_id
        self._denied = [pattern.lower() for pattern in spec.denied_actions]
        self._expiry: dict[str, float] = {}

    def issue(self) -> str:
        """A new token."""
        token = secrets.token_urlsafe(48)
        self._expiry[token] = time.monotonic() + self.spec.token_lifetime
        return token

    def authenticate(self, authorization: str | None, authority: str) -> None:
        """Judge an ``Authorization`` header; raises 401 as the service answers it."""
        if authorization is None:
            raise self._unauthenticated(
                authority, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."
            )
        scheme, _, token = authorization.partition(" ")
        expiry = self._expiry.get(token)
        if scheme.lower() != "bearer" or expiry is None:
            raise self._unauthenticated(authority, "InvalidAuthenticationToken", "The access token is invalid.")
        if time.monotonic() >= expiry:
            raise self._unauthenticated(
                authority,
                "ExpiredAuthenticationToken",
                "The access token expiry UTC time is earlier than current UTC time.",
            )

    def authorize(self, action: str, scope: str) -> None:
        """Raise 403 if the principal is denied ``action``; patterns such as ``Microsoft.Compute/*/write`` deny too."""
        if any(fnmatch.fnmatchcase(action.lower(), pattern) for pattern in self._denied):
            raise authorization_failed(self.spec.client_id, self.spec.object_id, action, scope)

    def _unauthenticated(self, authority: str, code: str, message: str) -> ArmError:
        challenge = (
            f'Bearer authorization_uri="{authority}/{self.tenant_id}", error="invalid_token", '
            f'error_description="{message}"'
        )
        return gateway(401, code, message, **{"WWW-Authenticate": challenge})
