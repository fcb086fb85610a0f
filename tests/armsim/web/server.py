# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The HTTPS server: uvicorn on a loopback socket, stopped by a signal."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import ssl
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp

from armsim.web import connections

LOOPBACK = "127.0.0.1"
# Seconds in which answers that are on their way may still go out when the server is told to stop.
LAST_WORDS = 0.05


class PortTakenError(Exception):
    """The port cannot be listened on."""


def listen(port: int) -> socket.socket:
    """A socket on the loopback; port 0 takes a free one."""
    # The protocol is named because asyncio switches Nagle's algorithm off only where it is: 40 ms an answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen(512)
    except OSError as error:
        listener.close()
        raise PortTakenError(f"cannot listen on {LOOPBACK}:{port}: {error.strerror}") from error
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


def serve(app: ASGIApp, listener: socket.socket, context: ssl.SSLContext, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; ``ready`` is called once connections are accepted."""
    config = uvicorn.Config(
        app,
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
    config.ssl = context
    server = _Server(config)

    async def run() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, _stop, server)
        serving = loop.create_task(server.serve(sockets=[listener]))
        while not server.started and not serving.done():
            await asyncio.sleep(0.005)
        if server.started:
            ready()
        await serving

    asyncio.run(run())


def _stop(server: uvicorn.Server) -> None:
    server.should_exit = True
