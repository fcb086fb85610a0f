# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Differences that are accepted, each with its reason: `accepted.yaml`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

from conformance.mirror.compare import Difference

FILE = Path(__file__).with_name("accepted.yaml")


@dataclass(frozen=True)
class Accepted:
    """``kind`` (a pattern), ``where`` and ``what`` (a pattern) name the difference; ``recordings`` (patterns): only in
    these.
    """

    kind: str
    where: str
    what: str
    reason: str
    recordings: tuple[str, ...]

    def covers(self, recording: str, kind: str, difference: Difference) -> bool:
        return (
            difference.where == self.where
            and _fits(kind, self.kind)
            and _fits(difference.what, self.what)
            and self.names(recording)
        )

    def names(self, recording: str) -> bool:
        return any(_fits(recording, pattern) for pattern in self.recordings)

    def is_within(self, played: list[str]) -> bool:
        """Whether each recording that it names is one of these."""
        return all(any(_fits(recording, pattern) for recording in played) for pattern in self.recordings)

    def __str__(self) -> str:
        return f"{self.kind} {self.where}: {self.what}"


def _fits(text: str, pattern: str) -> bool:
    # A bracket stands for itself, not for a set of characters.
    return fnmatchcase(text, pattern.replace("[", "[[]"))


def read(path: Path = FILE) -> list[Accepted]:
    """The entries of a file: differences that have a reason in common stand together."""
    return [
        Accepted(**difference, reason=group["reason"], recordings=tuple(group["recordings"]))
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))
        for difference in group["differences"]
    ]


class Judge:
    """Sorts differences into accepted and new ones, and knows which entries were of use."""

    def __init__(self, entries: Iterable[Accepted]) -> None:
        self.used: Counter[Accepted] = Counter(dict.fromkeys(entries, 0))

    def accepts(self, recording: str, kind: str, difference: Difference) -> bool:
        for entry in self.used:
            if entry.covers(recording, kind, difference):
                self.used[entry] += 1
                return True
        return False

    def idle(self, recordings: Iterable[str]) -> list[Accepted]:
        """Entries that no difference needed, though all recordings that they name were played."""
        played = list(recordings)
        return [entry for entry, count in self.used.items() if not count and entry.is_within(played)]

    @property
    def reasons(self) -> Counter[str]:
        """How many differences each reason explains."""
        counts: Counter[str] = Counter()
        for entry, count in self.used.items():
            counts[entry.reason] += count
        return counts
