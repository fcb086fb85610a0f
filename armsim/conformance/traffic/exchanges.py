# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Exchanges in the form of recordings, and in the form that ``oav validate-traffic`` takes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

# One exchange: {"request": {"method", "url", "headers", "body"}, "response": {"status", "headers", "body"}}; a body is
# parsed JSON, other text as a string, or null.
Exchange = dict[str, Any]

VERSION = "2024-07-01"


def query_of(exchange: Exchange) -> dict[str, str]:
    """The query of the request, decoded."""
    return dict(parse_qsl(urlsplit(exchange["request"]["url"]).query, keep_blank_values=True))


def is_described(exchange: Exchange) -> bool:
    """Whether the description of VERSION has a word on it: operations are polled at addresses that it leaves out."""
    path = urlsplit(exchange["request"]["url"]).path.lower()
    return (
        query_of(exchange).get("api-version") == VERSION
        and "/providers/microsoft.compute/" in path
        and "/operations/" not in path
    )


def live_form(exchange: Exchange) -> dict[str, Any]:
    """The exchange as oav wants it: a string as status, header names in lower case, no key without a body."""
    request, response = exchange["request"], exchange["response"]
    live_request: dict[str, Any] = {
        "method": request["method"],
        "url": request["url"],
        "headers": _lower(request["headers"]),
        "query": query_of(exchange),
    }
    live_response: dict[str, Any] = {
        "statusCode": str(response["status"]),
        "headers": _lower(response["headers"]),
    }
    for live, body in ((live_request, request["body"]), (live_response, response["body"])):
        if body not in (None, ""):
            live["body"] = body
    return {"liveRequest": live_request, "liveResponse": live_response}


def _lower(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}


def recorded(folder: Path) -> Iterator[tuple[str, Exchange]]:
    """The described exchanges in a folder of recordings, each under a name that contains where it is."""
    for path in sorted(folder.glob("*.json")):
        exchanges = json.loads(path.read_text(encoding="utf-8")).get("exchanges", [])
        for number, exchange in enumerate(exchanges):
            if is_described(exchange):
                yield f"{path.stem}-{number:03d}", exchange


def write(exchanges: Mapping[str, Exchange], folder: Path) -> None:
    """One file for each exchange, named after it, in an empty or new folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, exchange in exchanges.items():
        (folder / f"{name}.json").write_text(json.dumps(live_form(exchange)), encoding="utf-8")
