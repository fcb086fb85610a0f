# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Limits that a user gives as a count or as a percentage of the scale set."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput

_FORM = re.compile(r"^\s*(?P<number>\d{1,6})\s*(?P<percent>%)?\s*$")


@dataclass(frozen=True)
class Limit:
    """How many instances may be out of service at once: a count, or a percentage from 1 to 100."""

    number: int
    percent: bool

    @classmethod
    def parse(cls, text: str | int, name: str) -> Limit:
        """From `4`, `"4"` or `"20%"`. Raises BadInput that names the option `name`."""
        match = _FORM.match(str(text))
        number = int(match["number"]) if match else 0
        percent = bool(match and match["percent"])
        if number < 1 or (percent and number > 100):
            raise BadInput(
                f"{name} is {str(text)[:40]!r}, which is neither a count nor a percentage",
                advice='Give a count of at least 1, or a percentage from "1%" to "100%".',
            )
        return cls(number, percent)

    def of(self, total: int) -> int:
        """The count for `total` instances. Percentages are rounded down: a limit never lets more go than it names."""
        return total * self.number // 100 if self.percent else min(self.number, total)

    def __str__(self) -> str:
        return f"{self.number}%" if self.percent else str(self.number)


def smallest_percentage_for(count: int, total: int) -> int:
    """The least whole percentage whose rounded-down share of `total` is at least `count`."""
    return -(-count * 100 // total) if total else 100
