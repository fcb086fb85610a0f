# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The servers: uvicorn on loopback sockets, stopped together by a signal."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from armsim.web import connections

LOOPBACK = "127.0.0.1"
LOOPBACK_6 = "::1"
# Seconds in which answers that are in progress may still go out when the server is to stop.
LAST_WORDS = 0.05


class PortTakenError(Exception):
    """The port cannot be listened on."""


@dataclass(frozen=True)
class Door:
    """An application, the sockets on which it is served, and TLS or none."""

    app: ASGIApp
    sockets: list[socket.socket]
    context: ssl.SSLContext | None = None

    @property
    def port(self) -> int:
        port: int = self.sockets[0].getsockname()[1]
        return port


def listen(port: int) -> list[socket.socket]:
    """Sockets on both loopback addresses, where the machine has both; port 0 takes a free one."""
    try:
        first = _socket(socket.AF_INET, LOOPBACK, port)
    except OSError as error:
        raise PortTakenError(f"cannot listen on {LOOPBACK}:{port}: {error.strerror}") from error
    try:
        return [first, _socket(socket.AF_INET6, LOOPBACK_6, first.getsockname()[1])]
    except OSError:
        # "localhost" leads to 127.0.0.1 too, and the addresses in the answers name that.
        return [first]


def _socket(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    # The protocol is named because asyncio switches Nagle's algorithm off only where it is: 40 ms an answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


class _Server(uvicorn.Server):
    """A server whose signals are handled by :func:`serve`, so that it ends with status 0."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await asyncio.sleep(LAST_WORDS)
        connections.cut_all()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve(doors: list[Door], ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; ``ready`` is called once connections are accepted at every door."""

    async def run() -> None:
        servers = [_server(door) for door in doors]
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, _stop, servers)
        serving = [
            loop.create_task(server.serve(sockets=door.sockets)) for server, door in zip(servers, doors, strict=True)
        ]
        while not all(server.started or task.done() for server, task in zip(servers, serving, strict=True)):
            await asyncio.sleep(0.005)
        if all(server.started for server in servers):
            ready()
        await asyncio.gather(*serving)

    asyncio.run(run())


def _server(door: Door) -> _Server:
    config = uvicorn.Config(
        door.app,
        http=connections.TrackedProtocol,
        log_config=None,
        access_log=False,
        date_header=False,
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_keep_alive=120,
        timeout_graceful_shutdown=2,
    )
    config.load()
    config.ssl = door.context
    return _Server(config)


def _stop(servers: list[_Server]) -> None:
    for server in servers:
        server.should_exit = True
