# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Secrets of a model: they are never shown again, but another one makes another model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

# Accepted, and never returned (recorded).
NAMES = ("adminPassword", "protectedSettings")


def digests(body: Any) -> dict[str, str]:
    """A digest of each secret in a body, by its path; an entry of a list is named by its ``name``."""
    return {path: _digest(value) for path, value in _found(body, "")}


def _found(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name not in NAMES:
                yield from _found(item, f"{path}.{name}")
            elif item is not None:
                yield f"{path}.{name}", item
    elif isinstance(value, list):
        for index, item in enumerate(value):
            named = item.get("name", index) if isinstance(item, dict) else index
            yield from _found(item, f"{path}[{str(named).lower()}]")


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
