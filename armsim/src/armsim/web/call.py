# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""One request to Azure Resource Manager and its reply, as the handlers see them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from armsim.common.wire import Json
from armsim.identity.principal import Principal
from armsim.operations.operation import Operation
from armsim.protocol import errors
from armsim.service.simulation import Simulation
from armsim.throttling import Drawn
from armsim.web.host import Host


@dataclass
class Reply:
    """An answer to be: JSON body or none, status, headers."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    charge: int | None = None
    # Whether the answer reports its charge: a list without entries does not (recorded).
    reports_charge: bool = True


@dataclass
class Call:
    """One request to Azure Resource Manager, in progress."""

    host: Host
    method: str
    path: str
    base_url: str
    params: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    raw_query: str
    raw_body: bytes | None
    client: tuple[str, int] | None = None
    api_version: str = ""
    # Who sends the request, once the front door knows.
    principal: Principal | None = None
    # The tenant of the token.
    tenant: str = ""
    drawn: Drawn = field(default_factory=Drawn)
    # The operation that the reply leads to.
    operation: Operation | None = None

    @property
    def simulation(self) -> Simulation:
        return self.host.simulation

    @property
    def subscription(self) -> str:
        return self.simulation.spec.subscription.id

    @property
    def address(self) -> str:
        """Path and query, as they were sent."""
        return f"{self.path}?{self.raw_query}"

    def json(self) -> Any:
        """The parsed body; null when it is empty. Raises ArmError for one that is too large, or no JSON."""
        if self.raw_body is None:
            raise errors.request_content_too_large()
        if not self.raw_body.strip():
            return None
        media_type = self.headers.get("content-type", "<null>").partition(";")[0].strip()
        if media_type.lower() not in ("application/json", "text/json"):
            raise errors.unsupported_media_type(media_type)
        try:
            return json.loads(self.raw_body, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise errors.invalid_request_content(str(error)) from error

    def operation_headers(self, operation: Operation, *, location: bool, retry: float | None) -> dict[str, str]:
        """The headers that lead to an operation: ``Azure-AsyncOperation``, and for actions ``Location``."""
        self.operation = operation
        operation.of_write = not location and retry is not None
        path = (
            f"/subscriptions/{self.subscription}/providers/Microsoft.Compute/locations/{operation.location}/operations"
        )
        tail = f"api-version={self.api_version}&t=638999999999999999&c=armsim&s={operation.signature}&h=armsim"
        address = f"{self.base_url}{path}/{operation.id}?p={operation.id}"
        headers = {
            "Azure-AsyncOperation": f"{address}&{tail}",
            "Azure-AsyncNotification": "Enabled",
            **self.host.retry_after(retry),
        }
        if location:
            headers["Location"] = f"{address}&monitor=true&{tail}"
        return headers


Handler = Callable[[Call], Reply]


@dataclass(frozen=True)
class Endpoint:
    """One operation of the service: its name in the API description, its address and the permission it needs."""

    method: str
    path: str
    name: str
    action: str | None
    handler: Handler
    # It only carries other requests, and writes nothing itself.
    envelope: bool = False


def page(call: Call, value: list[Json], token: str | None = None) -> Reply:
    """A list answer; the link to the next page is absolute, on the name and port the client came in by."""
    body: Json = {"value": value}
    if token is not None:
        kept = [(name, text) for name, text in call.query.items() if name != "$skiptoken"]
        body["nextLink"] = f"{call.base_url}{quote(call.path)}?{_encode([*kept, ('$skiptoken', token)])}"
    return Reply(body)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON")


def _encode(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{quote(name, safe='$-')}={quote(text, safe='$')}" for name, text in pairs)
