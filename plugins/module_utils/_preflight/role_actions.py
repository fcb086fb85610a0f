# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Which actions a principal holds, as Azure's role assignments grant them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any


def missing_actions(permissions: Iterable[Mapping[str, Any]], wanted: Iterable[str]) -> list[str]:
    """Those of the `wanted` actions that no entry grants.

    An entry (a role) grants what its `actions` match and its `notActions` do not; what one entry leaves out another
    may grant. `*` stands for anything, and case does not matter (documented).
    """
    entries = list(permissions)
    return [action for action in wanted if not any(_grants(entry, action) for entry in entries)]


def _grants(entry: Mapping[str, Any], action: str) -> bool:
    return _any(entry.get("actions"), action) and not _any(entry.get("notActions"), action)


def _any(patterns: Iterable[object] | None, action: str) -> bool:
    return any(_pattern(str(pattern)).fullmatch(action) for pattern in patterns or ())


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text).replace(r"\*", ".*"), re.IGNORECASE)
