# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""How often instances may be listed: by what a list costs, and by what Azure reports as left of its limit."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# The limit of the lists of a set (documented): so many at once, and so many more in a minute. A page is one of them.
LIST_TOKENS = 30
LIST_REFILL = 10 / 60
# Instances on a page (recorded).
PAGE = 120
# So few are read one by one, where the list has several pages: each has a limit of its own (documented: 12 a minute).
FEW = 10
SHORTEST_SINGLE = 5.0
SHORTEST = 1.0

# HighCostGetVMScaleSetResource and HighCostGetVMScaleSetSubscriptionMaximum (recorded since 2024), before that
# HighCostGetVMScaleSet3Min; a Flexible set's machines are listed by HighCostGet....
_LIST_LIMIT = re.compile(r"Microsoft\.Compute/HighCostGet(?!Images)\w*;\s*(?P<left>\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Pace:
    """What is known of the limit of lists: `pages` of the last list, and `left` at a time `at`; None: not reported."""

    pages: int = 1
    left: int | None = None
    at: float = 0.0

    def interval(self, wanted: float, now: float) -> float:
        """Seconds until the next list: at least `wanted`, and long enough for this list and for one after it.

        The one after it is that on which the next write rests: it must not be held back between two of its pages.
        """
        return max(wanted, SHORTEST, self.until_list(now))

    def until_list(self, now: float) -> float:
        """Seconds until this list and one after it can be read."""
        return self.wait(2 * self.pages, now)

    def wait(self, tokens: int, now: float) -> float:
        """Seconds until so many pages can be read; 0 where Azure did not report its limit."""
        if self.left is None:
            return 0.0
        return max(min(tokens, LIST_TOKENS) - self._there(now), 0.0) / LIST_REFILL

    def _there(self, now: float) -> float:
        return min((self.left or 0) + max(now - self.at, 0.0) * LIST_REFILL, LIST_TOKENS)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Pace:
        """From plain data. Raises ValueError, TypeError or KeyError for anything else."""
        pages, at, left = int(data["pages"]), float(data["at"]), data["left"]
        if not 1 <= pages <= LIST_TOKENS or not math.isfinite(at):
            raise ValueError("no pace")
        return cls(pages, None if left is None else max(int(left), 0), at)


def pages_of(instances: int) -> int:
    """On how many pages so many instances are listed."""
    return min(max(-(-instances // PAGE), 1), LIST_TOKENS)


def left_of(header: str | None) -> int | None:
    """How many lists Azure still answers, by `x-ms-ratelimit-remaining-resource`: the least of its limits of lists."""
    return min((int(match["left"]) for match in _LIST_LIMIT.finditer(header or "")), default=None)
