# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Signed tokens (JWT), as the identity platform makes them: a key of its own for each run, published as a JWK set."""

from __future__ import annotations

import functools
import json
import math
import time
import uuid
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from armsim.common.wire import Json

# The real platform signs with RSA; such a key takes a tenth of a second to make, and clients do not check it.
_ALGORITHM = "ES256"


class MalformedToken(Exception):
    """Not a token, or not one that this key signed."""


class Signer:
    """Signs and reads tokens. They live in real time, because clients count theirs so."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._id = uuid.uuid4().hex
        # Clients show a token again and again, and its signature takes half a millisecond to check.
        self._remembered = functools.lru_cache(maxsize=256)(self._verify)

    def sign(self, lifetime: float, **claims: Any) -> str:
        """A token of ``claims`` that is good for so many real seconds, rounded up."""
        now = time.time()
        period = {"iat": int(now), "nbf": int(now), "exp": math.ceil(now + lifetime)}
        return jwt.encode({**period, **claims}, self._key, algorithm=_ALGORITHM, headers={"kid": self._id})

    def read(self, token: str) -> Json:
        """The claims, of an expired token too; raises :class:`MalformedToken`."""
        return self._remembered(token)

    def _verify(self, token: str) -> Json:
        try:
            claims: Json = jwt.decode(
                token,
                self._key.public_key(),
                algorithms=[_ALGORITHM],
                options={"require": ["exp"], "verify_exp": False, "verify_aud": False},
            )
        except jwt.InvalidTokenError as error:
            raise MalformedToken(str(error)) from error
        return claims

    def key_set(self) -> Json:
        """The public key as a JWK set."""
        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self._key.public_key()))
        return {"keys": [{**public, "use": "sig", "kid": self._id, "alg": _ALGORITHM}]}
