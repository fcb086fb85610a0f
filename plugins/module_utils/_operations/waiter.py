# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Waiting: a deadline on the monotonic clock, looking again and again until it has passed, and decisions to write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import (
    BACKOFF,
    LONGEST_THROTTLE_WAIT,
    RETRIES,
    THROTTLE_WAIT,
    Deadline,
)
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    ConnectionFailed,
    Outdated,
    Throttled,
    Untrusted,
    VmssError,
    WaitTimeout,
)
from ansible_collections.azroll.vmss.plugins.module_utils._model.progress import Progress
from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import NO_REPORT
from ansible_collections.azroll.vmss.plugins.module_utils._operations.wait_state import WaitState

T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """How long a wait may take in all its calls.

    `answered` are the seconds of it in which Azure answered: only they count against the instances. `unanswered` are
    those in which it throttled or was silent: they end the wait with that error, which shows nothing about the
    instances.
    """

    answered: float
    unanswered: float


@dataclass(frozen=True)
class Outcome:
    """The last read, and whether it settles the matter: `done`, `failed`, or neither when time ran out.

    `unseen` is why the last read failed. `error` is the end of a wait that has used up its limits.
    """

    progress: Progress
    done: bool = False
    failed: bool = False
    unseen: VmssError | None = None
    error: VmssError | None = None

    def describe(self) -> str:
        """One sentence for people: how far the instances are, and whether Azure let them be seen at last."""
        said = self.progress.describe()
        return said if self.unseen is None else f"{said}; the last read failed: {_why(self.unseen)}"


def wait_until(
    read: Callable[[], Progress],
    deadline: Deadline,
    interval: Callable[[], float],
    *,
    unseen: Progress,
    successes: int = 1,
    state: WaitState | None = None,
    limits: Limits | None = None,
) -> Outcome:
    """Read at once and then after every `interval()` seconds, the last time at the deadline.

    Done after `successes` good reads in a row. Failed when two reads in a row see failed instances: a single one may
    catch an instance that failed earlier and has not begun to move yet. A read that Azure throttles, or does not answer
    once it has answered, is none, and no time of the instances. Throttling does not end a row, silence does.

    With `state`, a wait goes on in the next call where this one has ended: rows, times, and the moment before which
    Azure is not to be asked. With `limits` it ends by them, however many calls it has, but not in the middle of a row
    of good reads, nor by a read that failed.
    """
    tracked = state is not None
    state = state or WaitState()
    state.begin(deadline.now(), unseen)
    missed: VmssError | None = None
    while True:
        pause = state.next_read - deadline.now()
        if pause > 0:
            deadline.sleep(pause)
            if tracked and deadline.remaining() <= 0 and state.next_read > deadline.now():
                return Outcome(state.progress, unseen=missed)
        held = deadline.unanswered
        try:
            progress = read()
        except VmssError as error:
            if not (isinstance(error, Throttled) or ((tracked or state.answered) and _passing(error))):
                raise
            missed = error
            pause = _missed(state, error, deadline.now(), interval)
            # There is no use in waiting for a read that would come too late.
            if limits is not None and state.unanswered_seconds + pause > limits.unanswered:
                return Outcome(state.progress, unseen=error, error=_unanswered(error, state, pause))
            if isinstance(error, Throttled) and not tracked:
                deadline.sleep(deadline.remaining())
        else:
            missed = None
            state.see(progress, deadline.now(), held_back=deadline.unanswered - held, interval=interval())
            outcome = _settled(progress, state, successes, limits)
            if outcome is not None:
                return outcome
        if deadline.remaining() <= 0:
            return Outcome(state.progress, unseen=missed)


def _missed(state: WaitState, error: VmssError, now: float, interval: Callable[[], float]) -> float:
    """Remember a read that failed; returns the seconds before the next one."""
    pause = THROTTLE_WAIT if isinstance(error, Throttled) else interval()
    pause = max(getattr(error, "retry_after", None) or pause, 1.0)
    state.miss(now, pause, ends_row=not isinstance(error, Throttled))
    return pause


def _settled(progress: Progress, state: WaitState, successes: int, limits: Limits | None) -> Outcome | None:
    """The end of the wait, where the last read is one."""
    if state.good >= successes:
        return Outcome(progress, done=True)
    if state.bad >= 2:
        return Outcome(progress, failed=True)
    if limits is not None and not state.good and state.answered_seconds >= limits.answered:
        return Outcome(progress, error=_overdue(progress, limits.answered))
    return None


def decide(act: Callable[[], T], deadline: Deadline) -> T:
    """What `act` returns, which reads, decides and writes at most once: nothing of it is waited for in between.

    As a whole it is done again after a wait that Azure asks for, where its reads have become too old before the write,
    and where a read or the write has had no answer: whether that write was received, `act` sees by what it reads.
    Raises the last error where the next wait would end after the deadline, or after `RETRIES` tries without an answer.
    """
    throttled = failures = 0
    while True:
        try:
            with deadline.decision():
                return act()
        except Throttled as error:
            # So many tokens as all reads of the decision take are there later than the one that Azure speaks of.
            growing = THROTTLE_WAIT * 2 ** (throttled - 1) if throttled else 0.0
            pause = max(error.retry_after or THROTTLE_WAIT, min(growing, LONGEST_THROTTLE_WAIT))
            throttled += 1
            if pause > deadline.remaining():
                raise
        except VmssError as error:
            pause = BACKOFF * 2**failures
            failures += 1
            transient = error.unanswered or isinstance(error, Outdated) or _passing(error)
            if not transient or failures > RETRIES or pause > deadline.remaining():
                raise
        deadline.sleep(pause)


def not_seen(phase: str, instance_ids: Sequence[str]) -> Progress:
    """What is known before the first read."""
    return Progress(phase, len(instance_ids), waiting=dict.fromkeys(instance_ids, "not seen yet"))


def _passing(error: VmssError) -> bool:
    if isinstance(error, Untrusted):
        return False
    return isinstance(error, ConnectionFailed) or error.fault.status == 408 or (error.fault.status or 0) >= 500


def _why(error: VmssError) -> str:
    return "Azure throttled it" if isinstance(error, Throttled) else "Azure did not answer"


def _unanswered(error: VmssError, state: WaitState, pause: float) -> VmssError:
    asks = f", and it asks to wait another {pause:.0f} seconds" if isinstance(error, Throttled) else ""
    seen = f"The last read says: {state.progress.describe()}" if state.answered else "No read returned the instances"
    return type(error)(
        f"{error.message.rstrip('.')}. {_why(error)} for {state.unanswered_seconds:.0f} seconds of this wait{asks}. "
        f"{seen}",
        advice="Nothing is known to be wrong with the instances. Find out who else calls the compute API of this "
        "subscription, or give the wait more time (O(unanswered_timeout)).",
        attempted=error.attempted,
        fault=error.fault,
    )


def _silence(progress: Progress) -> str:
    """What to do where the only thing that is wrong is that instances say nothing of their health."""
    if progress.failed or set(progress.waiting.values()) != {NO_REPORT}:
        return ""
    return (
        "They run, but have not reported their health at all. See whether the application health extension or the "
        "probe works on the new image: its port and path answer, and the network lets its requests pass. Where health "
        "can be judged in another way, use rollout_health_url, rollout_health_instance_url or rollout_health_tasks of "
        "the role."
    )


def _overdue(progress: Progress, seconds: float) -> WaitTimeout:
    return WaitTimeout(
        f"Not all instances were {progress.phase} after {seconds:.0f} seconds: {progress.describe()}",
        advice=_silence(progress) or "See the instances' own messages.",
        attempted=f"wait until the instances are {progress.phase}",
        instances=[*progress.failed, *progress.waiting],
    )
