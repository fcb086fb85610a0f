# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A simulator in this process, called without any socket, on a clock that the test moves."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode

import yaml

from armsim import scenario
from armsim.common.clock import ManualClock
from armsim.identity.directory import Directory
from armsim.service.simulation import Simulation
from armsim.web.app import application
from armsim.web.host import Host, Settings

HOST = "127.0.0.1:4443"
VERSION = "2024-07-01"


@dataclass
class Answer:
    """An answer; header names are in lower case."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    complete: bool = False

    def json(self) -> Any:
        return json.loads(self.body)


class Site:
    """The whole HTTP side of a simulator, and a client that is logged in."""

    def __init__(self, spec: scenario.Scenario, speed: float = 60.0) -> None:
        self.spec = spec
        self.clock = ManualClock()

        def start() -> Simulation:
            return Simulation(spec, self.clock, spec.seed)

        self.host = Host(start(), Directory(spec, strict=False), Settings(speed), start)
        self.app = application(self.host)
        form = {
            "grant_type": "client_credentials",
            "client_id": spec.principal.client_id,
            "client_secret": spec.principal.client_secret,
            "scope": f"https://{HOST}/.default",
        }
        login = self.send(
            "POST", f"/{spec.tenant_id}/oauth2/v2.0/token", body=urlencode(form).encode(), authorized=False
        )
        self.token: str = login.json()["access_token"]
        self.web = self.host.simulation.scale_sets()[0].id

    @classmethod
    def bundled(cls, name: str = "quickstart", speed: float = 60.0, **changes: Any) -> Site:
        """The site of a bundled scenario, of which ``changes`` replace whole sections."""
        document = yaml.safe_load(scenario.locate(name).read_text(encoding="utf-8"))
        return cls(scenario.parse(yaml.safe_dump({**document, **changes}), name), speed)

    def wait(self, seconds: float) -> None:
        """Let simulated time pass."""
        self.clock.advance(seconds)

    def get(self, path: str, query: str = "", **options: Any) -> Answer:
        return self.call("GET", path, query, **options)

    def call(self, method: str, path: str, query: str = "", document: Any = None, **options: Any) -> Answer:
        """A well-formed request; ``document`` is its JSON body."""
        body = b"" if document is None else json.dumps(document).encode()
        return self.send(method, path, f"{query}&api-version={VERSION}".lstrip("&"), body=body, **options)

    def admin(self, method: str, name: str, document: Any = None) -> Any:
        body = b"" if document is None else json.dumps(document).encode()
        return self.send(method, f"/armsim/{name}", body=body).json()

    def send(
        self,
        method: str,
        path: str,
        query: str = "",
        *,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        authorized: bool = True,
    ) -> Answer:
        """Any request at all; ``path`` and ``query`` are sent as they are, as a server would hand them on."""
        given = {"host": HOST, "content-type": "application/json", "content-length": str(len(body))}
        if not authorized:
            given["content-type"] = "application/x-www-form-urlencoded"
        else:
            given["authorization"] = f"Bearer {self.token}"
        given |= {name.lower(): text for name, text in (headers or {}).items()}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            "path": unquote(path),
            "raw_path": path.encode("latin-1", "replace"),
            "query_string": query.encode("latin-1", "replace"),
            "root_path": "",
            "headers": [(name.encode("latin-1"), text.encode("latin-1")) for name, text in given.items()],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 4443),
        }
        return asyncio.run(_exchange(self.app, scope, body))


async def _exchange(app: Any, scope: dict[str, Any], body: bytes) -> Answer:
    answer = Answer()
    unread = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return unread.pop() if unread else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode().lower(): text.decode("latin-1") for name, text in message["headers"]}
        else:
            answer.body += message.get("body", b"")
            answer.complete = not message.get("more_body", False)

    await app(scope, receive, send)
    return answer
