# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Management locks: which of them hold for a resource, and what they are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_IN_ID = "/providers/microsoft.authorization/locks/"


@dataclass(frozen=True)
class Lock:
    """A lock at a scope: the path of a subscription, of a resource group or of a resource."""

    name: str
    level: str
    scope: str

    @property
    def forbids_writes(self) -> bool:
        """Whether everything but reads is refused, actions too (ReadOnly, documented). A rollout deletes nothing."""
        return self.level.lower() == "readonly"

    def describe(self) -> str:
        """For people: level, name and where it is."""
        return f"the {self.level} lock {self.name} on {_place(self.scope)}"


def locks_of(path: str, entries: Iterable[Mapping[str, Any]]) -> tuple[Lock, ...]:
    """The locks that hold for the resource of that path: its own, and those above it.

    The list of a scope has those at, above and below it (documented of Get-AzResourceLock). An id is the scope, and the
    lock as the last of its parts.
    """
    found = []
    for entry in entries:
        lock_id = str(entry.get("id") or "")
        at = lock_id.lower().rfind(_IN_ID)
        scope = lock_id[: max(at, 0)]
        if at >= 0 and f"{path.lower()}/".startswith(f"{scope.lower()}/"):
            level = str((entry.get("properties") or {}).get("level") or "")
            found.append(Lock(lock_id[at + len(_IN_ID) :], level, scope))
    return tuple(found)


def _place(scope: str) -> str:
    parts = scope.strip("/").split("/")
    if len(parts) <= 2:
        return f"subscription {parts[-1]}"
    return f"resource group {parts[-1]}" if len(parts) == 4 else f"{parts[-2]} {parts[-1]}"
