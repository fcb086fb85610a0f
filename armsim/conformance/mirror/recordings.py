# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A folder of recorded exchanges with the real service, one JSON file for each scenario."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from armsim.common.wire import Json


@dataclass(frozen=True)
class Answer:
    """An answer, recorded or simulated: header names are in lower case; the body is parsed, null where it was empty."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def error_code(self) -> str | None:
        """The code in an error's body; null for any other body."""
        error = self.body.get("error") if isinstance(self.body, dict) else None
        return str(error.get("code")) if isinstance(error, dict) and self.status >= 400 else None


@dataclass(frozen=True, eq=False)
class Exchange:
    """One request to the real service, and what came back; ``number`` counts from 1 in its file."""

    number: int
    method: str
    url: str
    headers: Mapping[str, str]
    body: Any
    answer: Answer

    @cached_property
    def path(self) -> str:
        """The path without doubled and trailing slashes, as it was written."""
        return re.sub("/+", "/", urlsplit(self.url).path).rstrip("/")

    @cached_property
    def segments(self) -> tuple[str, ...]:
        return tuple(self.path.strip("/").split("/"))

    @cached_property
    def query(self) -> dict[str, str]:
        """The query by names in lower case."""
        return {name.lower(): value for name, value in parse_qsl(urlsplit(self.url).query, keep_blank_values=True)}

    @cached_property
    def group(self) -> str | None:
        """The resource group in the path."""
        low = [segment.lower() for segment in self.segments]
        return self.segments[3] if len(low) > 3 and low[2] == "resourcegroups" else None

    @cached_property
    def time(self) -> datetime | None:
        """When it was recorded, where the answer has the time."""
        text = self.answer.headers.get("date")
        return parsedate_to_datetime(text) if text else None

    @property
    def day(self) -> date | None:
        """The day of the answer; where it has no date, that on which the scale set that it shows was made."""
        if self.time is not None:
            return self.time.date()
        properties = self.answer.body.get("properties") if isinstance(self.answer.body, dict) else None
        made = properties.get("timeCreated") if isinstance(properties, dict) else None
        return date.fromisoformat(made[:10]) if isinstance(made, str) else None


@dataclass(frozen=True)
class Recording:
    """The exchanges of one file, in the order in which they happened."""

    name: str
    exchanges: tuple[Exchange, ...]

    def before(self, exchange: Exchange) -> tuple[Exchange, ...]:
        """All that came before an exchange."""
        return self.exchanges[: self.exchanges.index(exchange)]

    def since(self, exchange: Exchange) -> tuple[Exchange, ...]:
        """An exchange and all that came after it."""
        return self.exchanges[self.exchanges.index(exchange) :]


def load(folder: Path) -> Iterator[Recording]:
    """The recordings in a folder, by name; files without exchanges (an index) are passed over.

    Raises OSError and ValueError for what cannot be read.
    """
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(document, dict) and "exchanges" in document:
            yield parse(path.stem, document)


def parse(name: str, document: Json) -> Recording:
    """The recording in a parsed file.

    Some suites keep all exchanges with one address together; the dates of the answers show the order they came in.
    """
    items = enumerate(document["exchanges"], start=1)
    exchanges = [_exchange(number, item["request"], item["response"]) for number, item in items]
    times = [exchange.time for exchange in exchanges if exchange.time]
    if len(times) == len(exchanges):
        exchanges = [exchange for _, exchange in sorted(zip(times, exchanges, strict=True), key=lambda pair: pair[0])]
    return Recording(name, tuple(exchanges))


def _exchange(number: int, request: Json, response: Json) -> Exchange:
    answer = Answer(response["status"], _lowered(response["headers"]), response["body"] or None)
    # An empty list is a body, too.
    if response["body"] == []:
        answer = Answer(answer.status, answer.headers, [])
    return Exchange(
        number, request["method"].upper(), request["url"], _lowered(request["headers"]), request["body"], answer
    )


def _lowered(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}
