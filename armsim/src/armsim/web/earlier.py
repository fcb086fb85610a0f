# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Earlier answers to the same requests, for a fault that gives one of them again."""

from __future__ import annotations

from collections import defaultdict

from starlette.responses import Response


class EarlierAnswers:
    """Answers by address and in the order of their times, in simulated seconds."""

    def __init__(self) -> None:
        self._kept: defaultdict[str, list[tuple[float, Response]]] = defaultdict(list)

    def keep(self, address: str, answer: Response, now: float) -> None:
        """Remember an answer."""
        self._kept[address.lower()].append((now, answer))

    def older(self, address: str, before: float) -> Response | None:
        """The newest answer that is as old as ``before``, else the oldest; null where it has not been requested yet."""
        kept = self._kept.get(address.lower())
        if not kept:
            return None
        chosen = next((answer for at, answer in reversed(kept) if at <= before), kept[0][1])
        again = Response(chosen.body, chosen.status_code)
        again.raw_headers = list(chosen.raw_headers)
        return again
