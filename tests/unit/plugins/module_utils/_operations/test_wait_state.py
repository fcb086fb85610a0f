# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""A wait goes on in the next call; a file that tells nothing is an empty state."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._azure.pace import Pace
from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    ArmFault,
    ConnectionFailed,
    Throttled,
    VmssError,
    WaitTimeout,
)
from ansible_collections.azroll.vmss.plugins.module_utils._model.progress import Progress
from ansible_collections.azroll.vmss.plugins.module_utils._operations.wait_state import (
    StateUnwritable,
    WaitState,
    load,
    save,
)
from ansible_collections.azroll.vmss.plugins.module_utils._operations.waiter import (
    Limits,
    Outcome,
    not_seen,
    wait_until,
)
from ansible_collections.azroll.vmss.tests.unit.wire import Clock

GOOD = Progress("healthy", 1)
OPEN = Progress("healthy", 1, waiting={"0": "no health report"})
BAD = Progress("healthy", 1, failed={"0": "provisioning failed"})
UNSEEN = not_seen("healthy", ["0"])
SILENT = ConnectionFailed("no connection")


def throttled(seconds: float) -> Throttled:
    error = Throttled("Could not list: throttled", fault=ArmFault(429))
    error.retry_after = seconds
    return error


class Waiting:
    """Calls of `seconds` each, one after the other, until the wait is over; each look takes a second."""

    def __init__(self, path: Path, *, seconds: float = 45, interval: float = 10, successes: int = 2, **limits: float):
        self.clock = Clock()
        self.path, self.seconds, self.interval, self.successes = str(path), seconds, interval, successes
        self.limits = Limits(limits.get("answered", 320), limits.get("unanswered", 1_800))
        self.asked: list[float] = []
        self.calls = 0

    def run(self, *looks: Progress | VmssError, calls: int = 100) -> Outcome:
        """Raises AssertionError where the looks are not asked for, or the calls not enough."""
        left = list(looks)

        def look() -> Progress:
            self.asked.append(self.clock.now)
            self.clock.sleep(1)
            seen = left.pop(0) if left else looks[-1]
            if isinstance(seen, VmssError):
                raise seen
            return seen

        for _call in range(calls):
            self.calls += 1
            state = load(self.path, "key")
            deadline = Deadline(self.seconds, monotonic=self.clock.monotonic, sleep=self.clock.sleep)
            outcome = wait_until(
                look,
                deadline,
                lambda: self.interval,
                unseen=UNSEEN,
                successes=self.successes,
                state=state,
                limits=self.limits,
            )
            over = outcome.done or outcome.failed or outcome.error is not None
            save(self.path, state, over=over)
            if over:
                assert not left
                return outcome
            self.clock.sleep(2)
        raise AssertionError("the wait does not end")


def test_a_row_of_good_looks_goes_on_in_the_next_call(tmp_path):
    waiting = Waiting(tmp_path / "wait", seconds=5, successes=3)
    assert waiting.run(OPEN, GOOD, GOOD, GOOD).done
    assert waiting.calls > 4


def test_azure_is_not_asked_before_the_time_that_it_named(tmp_path):
    waiting = Waiting(tmp_path / "wait")
    assert waiting.run(GOOD, throttled(120), GOOD).done
    _first, second, third = waiting.asked
    assert third - second >= 120
    assert waiting.calls >= 3


def test_throttling_is_no_time_of_the_instances(tmp_path):
    waiting = Waiting(tmp_path / "wait", answered=100)
    looks = [OPEN, *[throttled(100)] * 10, OPEN, GOOD, GOOD]
    assert waiting.run(*looks).done
    assert waiting.clock.now > 1_000 + 1_000


def test_time_in_which_azure_answered_ends_the_wait_with_the_words_of_the_last_look(tmp_path):
    outcome = Waiting(tmp_path / "wait", answered=100).run(OPEN)
    assert isinstance(outcome.error, WaitTimeout)
    assert "0 (no health report)" in str(outcome.error)
    assert outcome.error.instances == ("0",)


def test_the_time_never_ends_in_a_row_of_good_looks(tmp_path):
    waiting = Waiting(tmp_path / "wait", answered=25, interval=20)
    assert waiting.run(OPEN, OPEN.__class__("healthy", 1), GOOD).done
    outcome = Waiting(tmp_path / "other", answered=25, interval=20).run(OPEN, GOOD, OPEN)
    assert isinstance(outcome.error, WaitTimeout)


@pytest.mark.parametrize("seen", [[], [OPEN], [GOOD], [OPEN, GOOD]])
@pytest.mark.parametrize(("error", "kind"), [(throttled(60), "throttled"), (SILENT, "connection")])
def test_a_wait_that_sees_nothing_any_more_says_so(tmp_path, seen, error, kind):
    outcome = Waiting(tmp_path / "wait", unanswered=300).run(*seen, error)
    assert outcome.error is not None
    assert outcome.error.kind == kind
    words = str(outcome.error)
    assert ("No read returned the instances" in words) is not bool(seen)
    assert "Nothing is known to be wrong with the instances" in words


def test_a_pause_that_is_too_long_is_not_waited_for(tmp_path):
    waiting = Waiting(tmp_path / "wait")
    outcome = waiting.run(throttled(36_000))
    assert outcome.error is not None
    assert outcome.error.kind == "throttled"
    assert waiting.clock.now < 1_000 + 60


def test_silence_ends_a_row_and_throttling_does_not(tmp_path):
    assert Waiting(tmp_path / "wait").run(GOOD, throttled(60), GOOD).done
    assert Waiting(tmp_path / "wait").run(GOOD, SILENT, GOOD, GOOD).done
    assert Waiting(tmp_path / "wait").run(BAD, SILENT, BAD, GOOD, GOOD).done
    assert Waiting(tmp_path / "wait", seconds=5).run(BAD, BAD).failed


@given(st.lists(st.sampled_from([0.5, 5.0, 40.0]), max_size=10), st.integers(0, 8))
def test_the_seconds_of_a_wait_are_answered_or_not(tmp_path_factory, pauses, opens):
    waiting = Waiting(tmp_path_factory.mktemp("wait") / "wait", successes=1)
    looks = [*map(throttled, pauses), *[OPEN] * opens, GOOD]
    state = WaitState(key="key")
    state.begin(waiting.clock.now, UNSEEN)
    start = waiting.clock.now
    for one in looks:
        waiting.clock.sleep(3)
        if isinstance(one, Throttled):
            state.miss(waiting.clock.now, one.retry_after or 1, ends_row=False)
        else:
            state.see(one, waiting.clock.now, held_back=1, interval=10)
    assert state.answered_seconds + state.unanswered_seconds == pytest.approx(waiting.clock.now - start)
    assert state.answered_seconds >= 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"key": "key"}',
        json.dumps({**WaitState(key="key").to_dict(), "good": -1}),
        json.dumps({**WaitState(key="key").to_dict(), "at": "soon"}),
        json.dumps({**WaitState(key="key").to_dict(), "answered_seconds": float("nan")}),
        json.dumps({**WaitState(key="key").to_dict(), "progress": {"phase": "x"}}),
        json.dumps({**WaitState(key="key").to_dict(), "progress": []}),
        json.dumps({**WaitState(key="key").to_dict(), "pace": {"pages": 0, "left": 1, "at": 0}}),
    ],
)
def test_a_damaged_file_tells_nothing(tmp_path, text):
    path = tmp_path / "wait"
    path.write_text(text)
    assert load(str(path), "key") == WaitState(key="key")
    path.write_bytes(b"\xff\xfe")
    assert load(str(path), "key") == WaitState(key="key")


def test_what_is_written_is_read_back_by_the_same_wait_alone(tmp_path):
    path = tmp_path / "wait"
    state = WaitState("key", 1, 0, 2, True, 5.0, 9.0, 3.0, 2.0, 4.0, OPEN, Pace(9, 3, 4.0))
    save(str(path), state, over=False)
    assert load(str(path), "key") == state
    assert load(str(path), "other") == WaitState(key="other", pace=Pace(9, 3, 4.0))
    save(str(path), state, over=True)
    assert load(str(path), "key") == WaitState(key="key", pace=Pace(9, 3, 4.0))
    assert os.listdir(tmp_path) == ["wait"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_times_of_another_clock_are_left_out():
    state = WaitState("key", at=9_000.0, next_read=9_100.0, answered_seconds=50)
    state.begin(10.0, UNSEEN)
    assert (state.at, state.next_read, state.answered_seconds) == (10.0, 10.0, 50)


def test_a_file_that_cannot_be_written_is_an_error(tmp_path):
    with pytest.raises(StateUnwritable, match="could not be written"):
        save(str(tmp_path / "none" / "wait"), WaitState(), over=False)
