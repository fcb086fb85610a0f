# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Workload identity federation: tokens of an outside issuer that a principal may log in with instead of a secret."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import jwt

from armsim.identity import aadsts
from armsim.identity.principal import Principal
from armsim.identity.tokens import MalformedToken, Signer

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
AUDIENCE = "api://AzureADTokenExchange"
# The issuer is a Kubernetes cluster that exists in the tokens only.
ISSUER = "https://oidc.armsim.invalid/"
# Real clusters replace the file within the hour; ours stays as it was made.
LIFETIME = 30 * 86_400


class Federation:
    """The outside issuer, and the federated identity credential that each principal has for it."""

    def __init__(self) -> None:
        self._signer = Signer()

    def token(self, principal: Principal) -> str:
        """What a pod of ``principal`` finds in its federated token file."""
        return self._signer.sign(LIFETIME, iss=ISSUER, sub=_subject(principal), aud=AUDIENCE)

    def check(self, principal: Principal, assertion: str) -> None:
        """Judge a client assertion; raises :class:`aadsts.LoginError`."""
        try:
            claimed = jwt.decode(assertion, options={"verify_signature": False})
        except jwt.InvalidTokenError as error:
            raise aadsts.malformed_assertion() from error
        for number, part, value, right in (
            (700211, "issuer", claimed.get("iss"), ISSUER),
            (700213, "subject", claimed.get("sub"), _subject(principal)),
            (700212, "audience", claimed.get("aud"), AUDIENCE),
        ):
            if value != right:
                raise aadsts.no_federated_identity(number, part, str(value))
        try:
            claims = self._signer.read(assertion)
        except MalformedToken as error:
            raise aadsts.assertion_signature() from error
        now = time.time()
        if now >= claims["exp"]:
            raise aadsts.assertion_expired(_moment(now), _moment(claims["nbf"]), _moment(claims["exp"]))


def _subject(principal: Principal) -> str:
    return f"system:serviceaccount:armsim:{principal.spec.name}"


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"
