# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The operations that the API description has."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from conformance.traffic.exchanges import VERSION, Exchange

_METHODS = ("GET", "PUT", "PATCH", "POST", "DELETE")


@dataclass(frozen=True)
class Operation:
    """``name`` is its operationId, ``file`` the stem of the file that describes it."""

    name: str
    file: str
    method: str
    path: re.Pattern[str]


def load(specs: Path) -> list[Operation]:
    """All operations in OpenAPI files of VERSION at or below ``specs``, but for those in examples."""
    found = []
    for path in sorted(specs.rglob("*.json")):
        if VERSION not in path.parts or "examples" in path.parts:
            continue
        for address, operations in json.loads(path.read_text(encoding="utf-8")).get("paths", {}).items():
            pattern = re.compile(re.sub(r"\\{[^}]*}", "[^/]+", re.escape(address)), re.IGNORECASE)
            found += [
                Operation(operation["operationId"], path.stem, method.upper(), pattern)
                for method, operation in operations.items()
                if method.upper() in _METHODS
            ]
    return found


def operation_of(exchange: Exchange, operations: list[Operation]) -> Operation | None:
    """The operation that the exchange's request names."""
    request = exchange["request"]
    path = urlsplit(request["url"]).path
    return next((one for one in operations if one.method == request["method"] and one.path.fullmatch(path)), None)
