# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What a wait of several calls remembers from one call to the next, and the file that it is kept in."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._azure.pace import Pace
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._model.progress import Progress

_NOTHING = Progress("", 0)
_SECONDS = ("at", "next_read", "answered_seconds", "unanswered_seconds")


class StateUnwritable(VmssError):
    """What is to be remembered from one call to the next cannot be written."""

    kind = "wait_state"
    blocks_rollback = "this run cannot write down what its waits have seen"


@dataclass
class WaitState:
    """Times are seconds of the monotonic clock, which the processes of a host share.

    `good` and `bad` are reads in a row, `unlisted` those since the last one of the instances; `answered`: Azure has
    answered at all. `key` names the wait.
    `pace` is what is known of Azure's limits, which outlives the wait.
    """

    key: str = ""
    good: int = 0
    bad: int = 0
    unlisted: int = 0
    answered: bool = False
    at: float = -1.0
    next_read: float = 0.0
    answered_seconds: float = 0.0
    unanswered_seconds: float = 0.0
    # Since when instances are as before although their operation has succeeded.
    idle_since: float | None = None
    progress: Progress = _NOTHING
    pace: Pace = field(default_factory=Pace)
    # Whether the last read was answered: the time between two that were is time of the instances.
    _seen: bool = True

    def begin(self, now: float, unseen: Progress) -> None:
        """Start a call. What cannot be of this host's clock (it was started anew) is omitted."""
        if not 0 <= self.at <= now:
            self.at = self.next_read = now
            self.idle_since = None
        if self.progress == _NOTHING:
            self.progress = unseen

    def see(self, progress: Progress, now: float, *, held_back: float, interval: float) -> None:
        """Count a read that was answered, after requests of it were held back for some seconds."""
        elapsed = max(now - self.at, 0.0)
        silent = min(held_back, elapsed) if self._seen else elapsed
        self.unanswered_seconds += silent
        self.answered_seconds += elapsed - silent
        self.good = self.good + 1 if progress.done else 0
        self.bad = self.bad + 1 if progress.failed else 0
        self.progress, self.answered, self._seen = progress, True, True
        self.at, self.next_read = now, now + interval

    def miss(self, now: float, pause: float, *, ends_row: bool) -> None:
        """Count a read that failed; the next one comes after `pause` seconds."""
        if ends_row:
            self.good = self.bad = 0
        self.unanswered_seconds += max(now - self.at, 0.0)
        self._seen = False
        self.at, self.next_read = now, now + pause

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        plain = asdict(self)
        return {**plain, "progress": self.progress.to_dict(), "seen": plain.pop("_seen")}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> WaitState:
        """From what `to_dict` made. Raises ValueError, TypeError or KeyError for anything else."""
        at, next_read, answered, unanswered = (float(data[name]) for name in _SECONDS)
        good, bad, unlisted = (int(data[name]) for name in ("good", "bad", "unlisted"))
        if (
            not all(map(math.isfinite, (at, next_read, answered, unanswered)))
            or min(good, bad, unlisted, answered, unanswered) < 0
        ):
            raise ValueError("numbers that no wait has")
        state = cls(
            key=str(data["key"]),
            good=good,
            bad=bad,
            unlisted=unlisted,
            answered=bool(data["answered"]),
            at=at,
            next_read=next_read,
            answered_seconds=answered,
            unanswered_seconds=unanswered,
            idle_since=None if data["idle_since"] is None else float(data["idle_since"]),
            progress=Progress.from_dict(data["progress"]),
            pace=Pace.from_dict(data["pace"]),
        )
        state._seen = bool(data["seen"])
        return state


def load(path: str, key: str) -> WaitState:
    """What the last call has left for the wait of that key; a file that is missing or damaged contains nothing.

    Of another wait, only the pace is kept.
    """
    try:
        state = WaitState.from_dict(json.loads(Path(path).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return WaitState(key=key)
    return state if state.key == key else WaitState(key=key, pace=state.pace)


def save(path: str, state: WaitState, *, over: bool) -> None:
    """Write it for the next call, readable for this user alone, whole or not at all; of a wait that is over, the pace.

    Raises StateUnwritable.
    """
    kept = WaitState(pace=state.pace) if over else state
    target = Path(path)
    try:
        handle, name = tempfile.mkstemp(prefix=target.name, dir=target.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(kept.to_dict(), file)
            os.replace(name, target)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise StateUnwritable(
            f"What this wait has seen so far could not be written to {path}: {error.strerror or error}",
            advice="Make room in the temporary folder of the host that runs the module, then run again.",
            attempted="remember the wait",
        ) from error
