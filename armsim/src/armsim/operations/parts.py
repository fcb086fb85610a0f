# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Several things under way that something else waits for."""

from __future__ import annotations

from armsim.operations.failure import PREEMPTED, Done, Failure


class Parts:
    """Waits for ``count`` parts, at least one; then ``finished`` gets the first failure of them, or None.

    That a part was pre-empted is reported only where nothing worse happened.
    """

    def __init__(self, count: int, finished: Done) -> None:
        self._open = count
        self._failure: Failure | None = None
        self._finished = finished

    def done(self, failure: Failure | None) -> None:
        """One more part is over."""
        if self._failure is None or self._failure is PREEMPTED:
            self._failure = failure or self._failure
        self._open -= 1
        if self._open == 0:
            self._finished(self._failure)
