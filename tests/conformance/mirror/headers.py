# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Which headers are compared: `headers.yaml` names those that are not, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("headers.yaml")


@dataclass(frozen=True)
class Exception_:
    """Headers that are not compared: with ``suites`` only where these recorded, with ``before`` only until that day."""

    names: tuple[str, ...]
    reason: str
    suites: tuple[str, ...] = ()
    before: date | None = None

    def covers(self, name: str, suite: str, day: date | None) -> bool:
        return (
            name in self.names
            and (not self.suites or any(suite.startswith(known) for known in self.suites))
            and (self.before is None or day is None or day < self.before)
        )


class Headers:
    """The exceptions, applied."""

    def __init__(self, exceptions: Iterable[Exception_]) -> None:
        self._exceptions = list(exceptions)

    @classmethod
    def read(cls, path: Path = FILE) -> Headers:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
        return cls(
            Exception_(tuple(entry["names"]), entry["reason"], tuple(entry.get("suites", ())), entry.get("before"))
            for entry in entries
        )

    def is_compared(self, name: str, suite: str, day: date | None) -> bool:
        """Whether a header counts in a recording of ``suite`` made on ``day`` (null where nothing tells)."""
        return not any(exception.covers(name, suite, day) for exception in self._exceptions)
