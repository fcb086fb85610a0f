# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What is not compared: `uncompared.yaml` names headers and keys that show nothing about the simulator, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

from conformance.mirror.compare import Difference

FILE = Path(__file__).with_name("uncompared.yaml")


@dataclass(frozen=True)
class Entry:
    """Headers, and keys of a body (``where``, patterns), that are not compared.

    ``suites``: only where these recorded (beginnings of names), ``before``: only until that day, ``kinds``: only on
    these (a pattern), ``extra``: only where the simulator has something that the recording has not, ``value``: only
    where both have it, with other values.
    """

    where: tuple[str, ...]
    reason: str
    suites: tuple[str, ...] = ("",)
    before: date | None = None
    kinds: str = "*"
    extra: bool = False
    value: bool = False

    def covers(self, difference: Difference, suite: str, kind: str, day: date | None) -> bool:
        return (
            any(fnmatchcase(difference.where, pattern.replace("[", "[[]")) for pattern in self.where)
            and suite.startswith(self.suites)
            and (self.before is None or (day is not None and day < self.before))
            and fnmatchcase(kind, self.kinds)
            and (not self.extra or difference.what == "extra")
            and (not self.value or " instead of " in difference.what)
        )


class Uncompared:
    """The list, applied."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = list(entries)

    @classmethod
    def read(cls, path: Path = FILE) -> Uncompared:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
        return cls(
            Entry(**{**entry, **{name: tuple(entry[name]) for name in ("where", "suites") if name in entry}})
            for entry in entries
        )

    def compared(
        self, differences: Iterable[Difference], *, suite: str, kind: str, day: date | None
    ) -> tuple[Difference, ...]:
        """The differences that count in a recording of ``suite`` made on ``day`` (null where nothing shows it)."""
        return tuple(
            found for found in differences if not any(entry.covers(found, suite, kind, day) for entry in self._entries)
        )
