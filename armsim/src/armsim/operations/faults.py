# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The faults to come, and the choice of the requests that they befall.

Draws depend on the seed, on the fault and on the number of the request among those that fit it, on nothing else: the
same requests meet the same faults.
"""

from __future__ import annotations

import fnmatch
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from armsim.common.wire import Json
from armsim.operations.failure import PREEMPTED, Failure
from armsim.operations.operation import Fate
from armsim.scenario import AnswerFault, OperationFault, StaleFault, StaleSkipTokenFault

# Code and text of many failed operations (reported).
_FAILURE = Failure("InternalExecutionError", "An internal execution error occurred. Please retry later.")


@dataclass(frozen=True)
class Seen:
    """A request as far as faults are concerned; ``further_page``: it has a ``$skiptoken``."""

    operation: str
    path: str
    api_version: str
    further_page: bool
    now: float
    method: str = "GET"


@dataclass
class Ordered:
    """A fault that was ordered: how many requests have fitted it so far, and how many it befell."""

    number: int
    fault: AnswerFault | OperationFault
    fitting: int = 0
    struck: int = 0

    @property
    def spent(self) -> bool:
        return self.fault.times != "unlimited" and self.struck >= self.fault.times

    def befalls(self, seen: Seen, seed: int) -> bool:
        """Whether a request is hit by this fault, which counts it."""
        if not self._fits(seen):
            return False
        self.fitting += 1
        if not self.fault.chooses(self.fitting):
            return False
        rate = self.fault.rate
        return rate is None or random.Random(f"{seed}/faults/{self.number}/{self.fitting}").random() < rate

    def _fits(self, seen: Seen) -> bool:
        fault = self.fault
        if isinstance(fault, StaleSkipTokenFault) and not seen.further_page:
            return False
        if isinstance(fault, StaleFault) and seen.method != "GET":
            return False
        if fault.between is not None and not fault.between[0] <= seen.now < fault.between[1]:
            return False
        pairs = ((seen.operation, fault.operation), (seen.path, fault.path), (seen.api_version, fault.api_version))
        return all(fnmatch.fnmatchcase(text.lower(), pattern.lower()) for text, pattern in pairs)


class Faults:
    """The faults still to come, first ordered first served; a request is befallen by one at most."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._pending: list[Ordered] = []
        self._ordered = 0

    def order(self, faults: Iterable[AnswerFault | OperationFault]) -> None:
        for fault in faults:
            self._pending.append(Ordered(self._ordered, fault))
            self._ordered += 1

    def clear(self) -> None:
        """Let no more faults come."""
        self._pending.clear()

    @property
    def repeat_answers(self) -> bool:
        """Whether one of them will give an earlier answer again."""
        return any(isinstance(item.fault, StaleFault) for item in self._pending)

    def report(self) -> list[Json]:
        """The faults still to come, as they were ordered, with their counts so far."""
        return [
            {
                **item.fault.model_dump(mode="json", exclude_defaults=True, exclude={"times"}),
                "times": item.fault.times,
                "fitting": item.fitting,
                "struck": item.struck,
            }
            for item in self._pending
        ]

    def of_answer(self, seen: Seen) -> AnswerFault | None:
        """The fault that befalls this request, if any."""
        fault = self._strike(seen, lambda fault: not isinstance(fault, OperationFault))
        assert not isinstance(fault, OperationFault)
        return fault

    def of_operation(self, seen: Seen) -> Fate | None:
        """The fate of the operation that this request has started, if it is not to end as it would."""
        return self._fate(seen, begins=True)

    def of_action(self, seen: Seen) -> Fate | None:
        """The fate of the operation that this action is to lead to, if it is to do nothing at all."""
        return self._fate(seen, begins=False)

    def _fate(self, seen: Seen, *, begins: bool) -> Fate | None:
        fault = self._strike(seen, lambda one: isinstance(one, OperationFault) and one.begins is begins)
        if not isinstance(fault, OperationFault):
            return None
        if fault.outcome == "Succeeded":
            return Fate("Succeeded", None)
        usual = PREEMPTED if fault.outcome == "Canceled" else _FAILURE
        failure = Failure(fault.code or usual.code, fault.message or usual.message, fault.target)
        return Fate(fault.outcome, failure)

    def _strike(
        self, seen: Seen, is_meant: Callable[[AnswerFault | OperationFault], bool]
    ) -> AnswerFault | OperationFault | None:
        candidates = [item for item in self._pending if is_meant(item.fault)]
        # Every fault counts what fits it, whichever of them the request meets.
        befalling = [item for item in candidates if item.befalls(seen, self._seed)]
        if not befalling:
            return None
        hit = befalling[0]
        hit.struck += 1
        if hit.spent:
            self._pending.remove(hit)
        return hit.fault
