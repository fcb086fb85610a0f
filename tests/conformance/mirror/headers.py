# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Which headers are compared: `headers.yaml` names those that are not, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("headers.yaml")


@dataclass(frozen=True)
class Uncompared:
    """Headers that are not compared.

    ``suites``: only where these recorded (beginnings of names), ``before``: only until that day, ``kinds``: only on
    these (a pattern).
    """

    names: tuple[str, ...]
    reason: str
    suites: tuple[str, ...] = ("",)
    before: date | None = None
    kinds: str = "*"

    def covers(self, name: str, suite: str, kind: str, day: date | None) -> bool:
        return (
            name in self.names
            and suite.startswith(self.suites)
            and (self.before is None or (day is not None and day < self.before))
            and fnmatchcase(kind, self.kinds)
        )


class Headers:
    """The list, applied."""

    def __init__(self, uncompared: Iterable[Uncompared]) -> None:
        self._uncompared = list(uncompared)

    @classmethod
    def read(cls, path: Path = FILE) -> Headers:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
        return cls(
            Uncompared(**{**entry, **{name: tuple(entry[name]) for name in ("names", "suites") if name in entry}})
            for entry in entries
        )

    def is_compared(self, name: str, suite: str, kind: str, day: date | None) -> bool:
        """Whether a header counts in a recording of ``suite`` made on ``day`` (null where nothing tells)."""
        return not any(entry.covers(name, suite, kind, day) for entry in self._uncompared)
