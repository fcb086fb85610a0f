# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A client of a running simulator that keeps the exchanges."""

from __future__ import annotations

import time
from typing import Any

import requests

from armsim.launch import Simulator
from conformance.traffic.exchanges import VERSION, Exchange, is_described

# Longer than any operation takes at the speeds used here.
PATIENCE = 60.0
# Scenarios may have weather; its answers belong to the traffic, but after them a client tries again.
WEATHER = (429, 500, 502, 503, 504)
ATTEMPTS = 20


class NotTheServiceError(Exception):
    """What came is HTML, or cut short: the work of something in between."""


class Recorder:
    """Logs in, sends requests, and keeps the exchanges that the description of VERSION knows."""

    def __init__(self, simulator: Simulator) -> None:
        self.ready = simulator.ready
        self.exchanges: list[Exchange] = []
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.verify = self.ready["ca_file"]
        self._log_in()

    def close(self) -> None:
        self._http.close()

    def _log_in(self) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.ready["client_id"],
            "client_secret": self.ready["client_secret"],
            "scope": f"{self.ready['base_url']}/.default",
        }
        address = f"{self.ready['base_url']}/{self.ready['tenant_id']}/oauth2/v2.0/token"
        answer = self._http.post(address, data=form, timeout=30)
        answer.raise_for_status()
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        kept: bool = True,
    ) -> requests.Response:
        """One request at VERSION, repeated as any client would; ``path`` may be a whole link, which has its version."""
        address, options = path, dict(query or {})
        if not path.startswith("https://"):
            address = f"{self.ready['base_url']}{path}"
            options["api-version"] = VERSION
        for _ in range(ATTEMPTS):
            try:
                answer = self._http.request(method, address, json=body, params=options, headers=headers, timeout=30)
                exchange = _exchange(answer, body)
            except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError, NotTheServiceError):
                continue
            if kept and is_described(exchange):
                self.exchanges.append(exchange)
            if answer.status_code == 401:
                self._log_in()
            elif answer.status_code not in WEATHER:
                break
        else:
            raise TimeoutError(f"{method} {address} is not answered")
        return answer

    def get(self, path: str, **query: str) -> requests.Response:
        """A GET; an underscore before an option's name stands for the dollar sign: ``_expand`` is ``$expand``."""
        return self.call("GET", path, query={_dollar(name): value for name, value in query.items()})

    def peek(self, path: str, **query: str) -> list[Any]:
        """Entries on the first page of a list; the exchange is not kept."""
        options = {_dollar(name): value for name, value in query.items()}
        entries: list[Any] = self.call("GET", path, query=options, kept=False).json().get("value", [])
        return entries

    def pages(self, path: str, **query: str) -> list[Any]:
        """All entries of a list, page by page."""
        body = self.get(path, **query).json()
        entries: list[Any] = list(body.get("value", []))
        while "nextLink" in body:
            body = self.get(body["nextLink"]).json()
            entries += body.get("value", [])
        return entries

    def finish(self, answer: requests.Response) -> None:
        """Follow the operation that an answer leads to, if any, to its end."""
        address = answer.headers.get("Azure-AsyncOperation")
        deadline = time.monotonic() + PATIENCE
        while address and self.get(address).json().get("status") == "InProgress":
            if time.monotonic() > deadline:
                raise TimeoutError(f"{answer.request.method} {answer.request.url} takes longer than {PATIENCE:.0f} s")
            time.sleep(0.01)

    def do(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        """A request, and the operation that it starts, to its end."""
        answer = self.call(method, path, body, **options)
        self.finish(answer)
        return answer


def _dollar(name: str) -> str:
    return f"${name[1:]}" if name.startswith("_") else name


def _exchange(answer: requests.Response, body: Any) -> Exchange:
    try:
        content = answer.json() if answer.content else None
    except ValueError as error:
        raise NotTheServiceError from error
    kept = {name: value for name, value in answer.request.headers.items() if name.lower() != "authorization"}
    return {
        "request": {"method": answer.request.method, "url": answer.url, "headers": kept, "body": body},
        "response": {"status": answer.status_code, "headers": dict(answer.headers), "body": content},
    }
