# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Management locks: what they forbid, and how they are listed. They hold at their scope and for all below it."""

from __future__ import annotations

from armsim.common.wire import Json

TYPE = "Microsoft.Authorization/locks"
READ_ONLY, CAN_NOT_DELETE = "ReadOnly", "CanNotDelete"
LEVELS = (READ_ONLY, CAN_NOT_DELETE)


class Locks:
    """The locks there are, by scope (the path of a subscription, a group or a resource) and name, in any case."""

    def __init__(self) -> None:
        self._locks: dict[tuple[str, str], tuple[str, Json]] = {}

    def put(self, scope: str, name: str, level: str, notes: str | None = None) -> tuple[Json, bool]:
        """Set a lock; returns it as reads show it, and whether it is new."""
        properties = {"level": level} | ({} if notes is None else {"notes": notes})
        body = {
            "properties": properties,
            "id": f"{scope.rstrip('/')}/providers/{TYPE}/{name}",
            "type": TYPE,
            "name": name,
        }
        new = self.find(scope, name) is None
        self._locks[_key(scope, name)] = (_plain(scope), body)
        return body, new

    def find(self, scope: str, name: str) -> Json | None:
        return self._locks.get(_key(scope, name), ("", None))[1]

    def remove(self, scope: str, name: str) -> bool:
        """Take a lock away; false if there is none."""
        return self._locks.pop(_key(scope, name), None) is not None

    def listed(self, scope: str, *, below: bool = True) -> list[Json]:
        """The locks at a scope and above it, and those `below`, as the list of a scope has them (documented)."""
        return [
            body
            for locked, body in self._locks.values()
            if _within(scope, locked) or (below and _within(locked, scope))
        ]

    def against(self, scope: str, method: str) -> list[str]:
        """The scopes whose locks forbid a request: ReadOnly all but reads, CanNotDelete a DELETE (documented)."""
        forbidding = LEVELS if method == "DELETE" else (READ_ONLY,)
        return [
            body["id"].rpartition(f"/providers/{TYPE}/")[0]
            for locked, body in self._locks.values()
            if body["properties"]["level"] in forbidding and _within(scope, locked)
        ]


def _plain(scope: str) -> str:
    return scope.strip("/").lower()


def _key(scope: str, name: str) -> tuple[str, str]:
    return _plain(scope), name.lower()


def _within(scope: str, outer: str) -> bool:
    return f"{_plain(scope)}/".startswith(f"{_plain(outer)}/")
