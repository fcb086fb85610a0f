# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What came of the comparison of one folder: by kind of exchange, by part of the folder, and of what matters most."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from conformance.mirror.accepted import Judge
from conformance.mirror.compare import Difference
from conformance.mirror.play import Outcome

# The recordings of a folder are in so many parts: what was learnt from some can be judged by another.
PARTS = 5
MODERN = 2022


def part_of(recording: str) -> int:
    """The part that a recording is in, from 1, whatever else is in the folder: by a hash of its name."""
    return hashlib.sha256(recording.encode()).digest()[0] % PARTS + 1


@dataclass
class Row:
    """Some exchanges: those that agree in everything, those that differ only as accepted, and all."""

    agreed: int = 0
    accepted: int = 0
    total: int = 0

    def add(self, *, agreed: bool, accepted: bool) -> None:
        self.agreed += agreed
        self.accepted += accepted
        self.total += 1

    @property
    def percentage(self) -> float:
        """Exchanges that agree in everything, before anything is accepted, of all."""
        return 100.0 * self.agreed / max(self.total, 1)

    def __str__(self) -> str:
        return f"{self.agreed:7} {self.accepted:8} {self.total:6}"


@dataclass
class Report:
    """Collects outcomes; ``new`` has the differences that nothing accepts, with the exchanges they are in."""

    judge: Judge
    rows: defaultdict[str, Row] = field(default_factory=lambda: defaultdict(Row))
    parts: defaultdict[int, Row] = field(default_factory=lambda: defaultdict(Row))
    total: Row = field(default_factory=Row)
    modern: Row = field(default_factory=Row)
    instances: Row = field(default_factory=Row)
    telling: Row = field(default_factory=Row)
    others: Counter[str] = field(default_factory=Counter)
    recordings: dict[str, None] = field(default_factory=dict)
    new: defaultdict[tuple[str, Difference], list[str]] = field(default_factory=lambda: defaultdict(list))
    known: defaultdict[tuple[str, Difference], list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, outcome: Outcome) -> None:
        self.recordings[outcome.recording] = None
        if not outcome.compared:
            self.others[outcome.kind.name] += 1
            return
        kind = outcome.kind.name
        place = f"{outcome.recording} {outcome.exchange.number}"
        unknown = False
        for difference in outcome.differences:
            accepted = self.judge.accepts(outcome.recording, kind, difference)
            (self.known if accepted else self.new)[kind, difference].append(place)
            unknown |= not accepted
        for row in self._rows_of(outcome):
            row.add(agreed=not outcome.differences, accepted=bool(outcome.differences) and not unknown)

    def _rows_of(self, outcome: Outcome) -> Iterator[Row]:
        yield self.total
        yield self.rows[outcome.kind.name + (" (the seed)" if outcome.seeded else "")]
        yield self.parts[part_of(outcome.recording)]
        if (outcome.year or 0) >= MODERN:
            yield self.modern
        if outcome.kind.of_instances:
            yield self.instances
        if not outcome.kind.of_polls_or_images:
            yield self.telling

    @property
    def groups(self) -> dict[str, Row]:
        """The figures that are reported: all, and those of which most is to be learnt."""
        return {
            "all": self.total,
            f"of {MODERN} and later": self.modern,
            "answers that show instances": self.instances,
            "without polls and platform images": self.telling,
        }

    @property
    def idle(self) -> list[str]:
        return [str(entry) for entry in self.judge.idle(self.recordings)]

    def passes(self, at_least: float) -> bool:
        """Whether enough agrees before anything is accepted, and whatever is accepted occurs."""
        return self.total.percentage >= at_least and not self.idle

    def lines(self, *, verbose: bool = False) -> Iterator[str]:
        yield f"{'agreed':>7} {'accepted':>8} {'of':>6}  kind of exchange"
        for name, row in sorted(self.rows.items(), key=lambda item: -item[1].total):
            yield f"{row}  {name}"
        yield ""
        yield f"Of other kinds, not compared: {sum(self.others.values())}"
        for name, count in self.others.most_common():
            yield f"{count:24}  {name}"
        yield ""
        for name, row in self.groups.items():
            yield f"{row}  {row.percentage:5.1f} %  {name}"
        for part in sorted(self.parts):
            yield f"{self.parts[part]}  {self.parts[part].percentage:5.1f} %  part {part} of {PARTS}"
        for reason, count in self.judge.reasons.most_common():
            if count:
                yield f"{count:24}  accepted: {reason.strip()}"
        if verbose:
            yield from _listed("Accepted differences", self.known)
        yield from _listed("Differences that nothing accepts", self.new)
        if self.idle:
            yield "\nAccepted, but no longer there:"
            yield from (f"  {entry}" for entry in self.idle)


def _listed(title: str, found: dict[tuple[str, Difference], list[str]]) -> Iterator[str]:
    if not found:
        return
    yield f"\n{title}: {sum(len(places) for places in found.values())}"
    for (kind, difference), places in sorted(found.items(), key=lambda item: (-len(item[1]), item[0])):
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        yield f"{len(places):6}  {kind}  {difference}  ({places[0]}{more})"
