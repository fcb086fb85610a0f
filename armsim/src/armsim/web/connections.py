# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The open connections, so that one can be cut off without an answer."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_TRANSPORTS: dict[tuple[str, int], asyncio.Transport] = {}


class TrackedProtocol(HttpToolsProtocol):
    """uvicorn's protocol that remembers its transport by the client's address, as the ASGI scope names it."""

    # asyncio and uvicorn declare it with different types.
    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if self.client is not None:
            _TRANSPORTS[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.client is not None:
            _TRANSPORTS.pop(self.client, None)
        super().connection_lost(exc)


def cut_all() -> None:
    """Reset every connection: a client that keeps one alive must not keep the server."""
    # Once each: Python 3.11 fails where a connection is aborted that was aborted before, and every server calls this.
    while _TRANSPORTS:
        _TRANSPORTS.popitem()[1].abort()


def is_open(client: object) -> bool:
    """Whether ``client``, an address from an ASGI scope, is still connected."""
    return client in _TRANSPORTS


async def close(client: Any) -> None:
    """Close the connection of ``client`` when everything written is sent, and wait until that is so."""
    transport = _TRANSPORTS.get(tuple(client))
    if transport is not None:
        transport.close()
        while tuple(client) in _TRANSPORTS:
            await asyncio.sleep(0.001)


async def cut(client: Any) -> None:
    """Reset the connection of ``client``, an address from an ASGI scope, and wait until the server has noticed."""
    transport = _TRANSPORTS.get(tuple(client))
    if transport is not None:
        transport.abort()
        while tuple(client) in _TRANSPORTS:
            await asyncio.sleep(0)
