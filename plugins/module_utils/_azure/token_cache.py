# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""An access token that outlives the process, in a file that only this user can read."""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from typing import Any, NamedTuple

# A call may wait for a minute, and its last requests must not fail for a token that has expired meanwhile.
LEAST_SECONDS = 600


class Token(NamedTuple):
    """What azure.core expects of a credential: the token, and the second of the epoch at which it expires."""

    token: str
    expires_on: int


class TokenCache:
    """A credential of azure.core that takes the token of an earlier process from a file, and logs in without one.

    `owner` are the words that distinguish this login from others: a token of another one is not used. `log_in` makes
    the credential. A file that cannot be read, written or trusted costs a login, and is no error.
    """

    def __init__(
        self,
        path: str,
        owner: tuple[str, ...],
        log_in: Callable[[], Any],
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._owner = owner
        self._log_in = log_in
        self._now = now
        self._credential: Any = None

    def get_token(self, *scopes: str, **options: Any) -> Token:
        """The token for these scopes. Raises what the credential raises."""
        key = sha256(repr((self._owner, scopes)).encode()).hexdigest()
        # With claims, Azure has refused the token that it got.
        kept = None if options.get("claims") else self._read(key)
        if kept is not None:
            return kept
        self._credential = self._credential or self._log_in()
        fresh = self._credential.get_token(*scopes, **options)
        token = Token(fresh.token, int(fresh.expires_on))
        with suppress(OSError):
            self._write(key, token)
        return token

    def _read(self, key: str) -> Token | None:
        try:
            # A link may lead to a file of somebody else's choice.
            file = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            return None
        with open(file, encoding="utf-8") as stream:
            found = os.fstat(stream.fileno())
            if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
                return None
            try:
                data = json.load(stream)
                token = Token(str(data["token"]), int(data["expires_on"]))
                fits = data["key"] == key and token.expires_on - self._now() > LEAST_SECONDS
            except (OSError, ValueError, TypeError, KeyError):
                return None
        return token if fits else None

    def _write(self, key: str, token: Token) -> None:
        """Replace the file in one go: another process may read it at this moment."""
        own = f"{self._path}.{os.getpid()}"
        with open(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
            json.dump({"key": key, **token._asdict()}, stream)
        os.replace(own, self._path)
