# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The ledger: every request counted, and how many instances were in service at any time. The judge of the tests.

Service is recorded when it changes, on the simulated clock; no client has to read it at that moment.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from armsim.common.wire import Json
from armsim.instances.instance import Instance, Place


@dataclass
class Tally:
    """Instances in service of a group: now, at the worst moment so far, and at each change with its second."""

    instances: int = 0
    in_service: int = 0
    min_in_service: int = 0
    timeline: list[tuple[float, int]] = field(default_factory=list)

    def open(self) -> None:
        """Start to count: the present state is the first entry and the first minimum."""
        self.min_in_service = self.in_service
        self.timeline = [(0.0, self.in_service)]

    def add(self, delta: int, now: float) -> None:
        """Count a change; changes of the same millisecond are one entry."""
        self.in_service += delta
        self.min_in_service = min(self.min_in_service, self.in_service)
        entry = (round(now, 3), self.in_service)
        if self.timeline and self.timeline[-1][0] == entry[0]:
            self.timeline[-1] = entry
        else:
            self.timeline.append(entry)

    def report(self) -> Json:
        return {
            "instances": self.instances,
            "in_service": self.in_service,
            "min_in_service": self.min_in_service,
            "timeline": [list(entry) for entry in self.timeline],
        }


@dataclass
class Account:
    """Service of one scale set, as a whole, by zone and by update domain."""

    whole: Tally = field(default_factory=Tally)
    zones: dict[str, Tally] = field(default_factory=dict)
    domains: dict[str, Tally] = field(default_factory=dict)
    _serving: set[str] = field(default_factory=set)

    def open(self) -> None:
        """Start to count: the present state is the first entry and the first minimum."""
        for tally in self._tallies():
            tally.open()

    def enter(self, instance: Instance) -> None:
        """An instance has come to the set."""
        for tally in self._of(instance):
            tally.instances += 1

    def leave(self, instance: Instance, now: float) -> None:
        """An instance has been deleted."""
        self.record(instance, serving=False, now=now)
        for tally in self._of(instance):
            tally.instances -= 1

    def move(self, instance: Instance, place: Place) -> None:
        """An instance that is out of service has got another place."""
        for tally in self._of(instance):
            tally.instances -= 1
        instance.place = place
        self.enter(instance)

    def record(self, instance: Instance, *, serving: bool, now: float) -> None:
        """Note whether an instance is in service from ``now`` on."""
        if serving == (instance.id in self._serving):
            return
        if serving:
            self._serving.add(instance.id)
        else:
            self._serving.discard(instance.id)
        for tally in self._of(instance):
            tally.add(1 if serving else -1, now)

    def report(self) -> Json:
        return {
            **self.whole.report(),
            "zones": {name: tally.report() for name, tally in sorted(self.zones.items())},
            "domains": {name: tally.report() for name, tally in sorted(self.domains.items())},
        }

    def _tallies(self) -> list[Tally]:
        return [self.whole, *self.zones.values(), *self.domains.values()]

    def _of(self, instance: Instance) -> list[Tally]:
        tallies = [self.whole, self.domains.setdefault(instance.place.domain(), Tally())]
        if instance.place.zone is not None:
            tallies.append(self.zones.setdefault(instance.place.zone, Tally()))
        return tallies


@dataclass
class Requests:
    """Counts of the requests to Azure Resource Manager; logins, metadata and admin calls are counted apart."""

    total: int = 0
    writes: int = 0
    throttled: int = 0
    refused: int = 0
    charge: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    by_operation: Counter[str] = field(default_factory=Counter)
    other: Counter[str] = field(default_factory=Counter)

    def report(self) -> Json:
        return {
            "total": self.total,
            "writes": self.writes,
            "throttled": self.throttled,
            "refused": self.refused,
            "charge": self.charge,
            "faults": dict(sorted(self.faults.items())),
            "by_operation": dict(sorted(self.by_operation.items())),
            "other": dict(sorted(self.other.items())),
        }
