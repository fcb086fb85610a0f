# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What came of the comparison, by kind of exchange."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from conformance.mirror.accepted import Judge
from conformance.mirror.compare import Difference
from conformance.mirror.play import Outcome


@dataclass
class Row:
    """One kind: exchanges that agree in everything, those that differ as accepted, and all."""

    agreed: int = 0
    accepted: int = 0
    total: int = 0


@dataclass
class Report:
    """Collects outcomes; ``new`` has the differences that nothing accepts, with the exchanges they are in."""

    judge: Judge
    rows: defaultdict[str, Row] = field(default_factory=lambda: defaultdict(Row))
    others: Counter[str] = field(default_factory=Counter)
    new: defaultdict[tuple[str, Difference], list[str]] = field(default_factory=lambda: defaultdict(list))
    known: defaultdict[tuple[str, Difference], list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, outcome: Outcome) -> None:
        if not outcome.compared:
            self.others[outcome.kind.name] += 1
            return
        kind = outcome.kind.name
        row = self.rows[kind + (" (the seed)" if outcome.seeded else "")]
        row.total += 1
        row.agreed += not outcome.differences
        place = f"{outcome.recording} {outcome.exchange.number}"
        unknown = False
        for difference in outcome.differences:
            accepted = self.judge.accepts(outcome.recording, kind, difference)
            (self.known if accepted else self.new)[kind, difference].append(place)
            unknown |= not accepted
        row.accepted += bool(outcome.differences) and not unknown

    @property
    def total(self) -> Row:
        rows = self.rows.values()
        return Row(*(sum(getattr(row, name) for row in rows) for name in ("agreed", "accepted", "total")))

    @property
    def percentage(self) -> float:
        """Exchanges that agree in everything, of all that were compared."""
        return 100.0 * self.total.agreed / max(self.total.total, 1)

    def passes(self, at_least: float, *, whole: bool) -> bool:
        """``whole``: all recordings were played, so every accepted difference must have occurred."""
        return self.percentage >= at_least and not self.new and not (whole and self.judge.idle)

    def lines(self, *, verbose: bool = False) -> Iterator[str]:
        yield f"{'agreed':>7} {'accepted':>8} {'of':>6}  kind of exchange"
        for name, row in sorted(self.rows.items(), key=lambda item: -item[1].total):
            yield f"{row.agreed:7} {row.accepted:8} {row.total:6}  {name}"
        yield f"{self.total.agreed:7} {self.total.accepted:8} {self.total.total:6}  all: {self.percentage:.1f} % agree"
        yield ""
        yield f"Of other kinds, not compared: {sum(self.others.values())}"
        for name, count in self.others.most_common():
            yield f"{count:24}  {name}"
        if verbose:
            yield from _listed("Accepted differences", self.known)
        yield from _listed("Differences that nothing accepts", self.new)
        if self.judge.idle:
            yield "\nAccepted, but no longer there:"
            yield from (f"  {entry}" for entry in self.judge.idle)


def _listed(title: str, found: dict[tuple[str, Difference], list[str]]) -> Iterator[str]:
    if not found:
        return
    yield f"\n{title}: {sum(len(places) for places in found.values())}"
    for (kind, difference), places in sorted(found.items(), key=lambda item: (-len(item[1]), item[0])):
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        yield f"{len(places):6}  {kind}  {difference}  ({places[0]}{more})"
