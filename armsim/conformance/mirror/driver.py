# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Calls the simulator in this process, without sockets: requests go straight into its ASGI application."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import unquote, urlsplit

from starlette.types import Message, Scope

from armsim.identity.directory import Directory
from armsim.service.simulation import Simulation
from armsim.web.app import application
from armsim.web.host import Host, Settings
from conformance.mirror.recordings import Answer

AUTHORITY = "management.azure.com"


class Driver:
    """A client of one simulation, logged in. It never resets, and its clock is the simulation's own."""

    def __init__(self, simulation: Simulation) -> None:
        directory = Directory(simulation.spec)
        self._app = application(Host(simulation, directory, Settings(speed=1.0), lambda: simulation))
        self._token = directory.issue(directory.default, f"https://{AUTHORITY}", f"https://{AUTHORITY}")

    def call(self, method: str, url: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """Send one request; of ``url`` path and query count."""
        return asyncio.run(self._ask(method, url, body, headers or {}))

    async def _ask(self, method: str, url: str, body: Any, headers: dict[str, str]) -> Answer:
        parts = urlsplit(url)
        sent = {"host": AUTHORITY, "authorization": f"Bearer {self._token}", **headers}
        content = b""
        if body is not None:
            content = json.dumps(body).encode()
            sent["content-type"] = "application/json; charset=utf-8"
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            "path": unquote(parts.path),
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
            "client": ("127.0.0.1", 1),
            "server": (AUTHORITY, 443),
            "root_path": "",
        }
        messages: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, send)
        answered = {name.decode().lower(): value.decode() for name, value in messages[0]["headers"]}
        text = b"".join(message.get("body", b"") for message in messages[1:])
        return Answer(messages[0]["status"], answered, _parsed(text))


def _parsed(text: bytes) -> Any:
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text.decode(errors="replace")
