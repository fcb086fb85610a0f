# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""``$filter`` and paging of instance lists."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from armsim.common.wire import Json
from armsim.protocol.errors import invalid_parameter

# Recorded with 180 instances: 120 and 60.
PAGE = 120

_CLAUSE = re.compile(r"\s*([\w/]+)\s+(eq|ne)\s+('[^']*'|true|false|\d+)\s*", re.IGNORECASE)
_STARTS_WITH = re.compile(
    r"\s*startswith\(\s*instanceView/statuses/code\s*,\s*'([^']*)'\s*\)\s+eq\s+true\s*", re.IGNORECASE
)
_OF_SET = re.compile(r"\s*'virtualMachineScaleSet/id'\s+eq\s+'([^']+)'\s*", re.IGNORECASE)

Item = TypeVar("Item")


def instance_filter(text: str) -> Callable[[Json], bool]:
    """A predicate on list entries for the filters that clients use; 400 for any other."""
    tests = [_clause(part) for part in re.split(r"\s+and\s+", text, flags=re.IGNORECASE)]
    return lambda entry: all(test(entry) for test in tests)


def _clause(text: str) -> Callable[[Json], bool]:
    starts = _STARTS_WITH.fullmatch(text)
    if starts:
        prefix = starts[1].lower()
        return lambda entry: any(
            status["code"].lower().startswith(prefix)
            for status in entry["properties"].get("instanceView", {}).get("statuses", [])
        )
    match = _CLAUSE.fullmatch(text)
    if not match:
        raise invalid_parameter("$filter", "The value of parameter $filter is invalid.")
    path, operator, literal = match[1].split("/"), match[2].lower(), match[3]
    wanted: Any = literal[1:-1] if literal.startswith("'") else json.loads(literal.lower())

    def test(entry: Json) -> bool:
        value: Any = entry
        for step in path:
            found = {key.lower(): item for key, item in value.items()} if isinstance(value, dict) else {}
            value = found.get(step.lower())
        return bool(value == wanted) == (operator == "eq")

    return test


def scale_set_of_filter(text: str) -> str | None:
    """The scale set id in ``'virtualMachineScaleSet/id' eq '<id>'``; None for another filter."""
    match = _OF_SET.fullmatch(text)
    return match[1] if match else None


def page_of(items: Iterable[Item], key: Callable[[Item], str], token: str | None) -> tuple[list[Item], str | None]:
    """One page and the token of the next: split by ids as strings, sorted as numbers inside (recorded)."""
    after = "" if token is None else _read_token(token)
    rest = sorted((item for item in items if key(item) > after), key=key)
    page = rest[:PAGE]
    following = _write_token(key(page[-1])) if len(rest) > PAGE else None
    return sorted(page, key=lambda item: (int(key(item)), "") if key(item).isdigit() else (0, key(item))), following


def _write_token(last: str) -> str:
    return base64.urlsafe_b64encode(json.dumps({"last": last}).encode()).decode()


def _read_token(token: str) -> str:
    try:
        return str(json.loads(base64.urlsafe_b64decode(token))["last"])
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise invalid_parameter("$skiptoken", "The value of parameter $skiptoken is invalid.") from error
