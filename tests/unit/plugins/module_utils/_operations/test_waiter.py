# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

from collections.abc import Callable

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    ArmFault,
    ConnectionFailed,
    Forbidden,
    ServiceError,
    Throttled,
    VmssError,
)
from ansible_collections.azroll.vmss.plugins.module_utils._model.progress import Progress
from ansible_collections.azroll.vmss.plugins.module_utils._operations.waiter import Outcome, not_seen, wait_until
from ansible_collections.azroll.vmss.tests.unit.wire import Clock

GOOD = Progress("upgraded", 1)
OPEN = Progress("upgraded", 1, waiting={"0": "Updating"})
BAD = Progress("upgraded", 1, failed={"0": "provisioning failed"})
UNSEEN = not_seen("upgraded", ["0"])
SILENT = ConnectionFailed("no connection")
BROKEN = ServiceError("no answer", fault=ArmFault(status=503))


def wait(
    clock: Clock, *looks: Progress | VmssError, seconds: float = 60, interval: float = 10, successes: int = 1
) -> Outcome:
    left = list(looks)

    def look() -> Progress:
        seen = left.pop(0)
        if isinstance(seen, VmssError):
            raise seen
        return seen

    deadline = Deadline(seconds, monotonic=clock.monotonic, sleep=clock.sleep)
    outcome = wait_until(look, deadline, lambda: interval, unseen=UNSEEN, successes=successes)
    assert left == []
    return outcome


def test_the_first_look_is_at_once() -> None:
    clock = Clock()
    assert wait(clock, GOOD) == Outcome(GOOD, done=True)
    assert clock.sleeps == []


def test_there_is_a_look_even_without_any_time() -> None:
    assert wait(Clock(), OPEN, seconds=0) == Outcome(OPEN)


def test_the_last_look_is_at_the_deadline() -> None:
    clock = Clock()
    assert wait(clock, OPEN, OPEN, OPEN, OPEN, seconds=25) == Outcome(OPEN)
    assert clock.sleeps == [10, 10, 5]


def test_good_looks_must_follow_each_other() -> None:
    assert wait(Clock(), GOOD, OPEN, GOOD, GOOD, successes=2).done


def test_one_failed_look_is_not_enough() -> None:
    assert wait(Clock(), BAD, OPEN, BAD, GOOD).done
    assert wait(Clock(), OPEN, BAD, BAD) == Outcome(BAD, failed=True)


def test_throttling_is_waited_out_and_leaves_the_last_look() -> None:
    clock, throttled = Clock(), Throttled("no")
    assert wait(clock, OPEN, throttled) == Outcome(OPEN, unseen=throttled)
    assert clock.sleeps == [10, 50]
    assert wait(Clock(), throttled) == Outcome(UNSEEN, unseen=throttled)


def test_a_service_that_is_silent_for_a_while_fails_nobody() -> None:
    assert wait(Clock(), OPEN, SILENT, BROKEN, GOOD).done
    assert wait(Clock(), OPEN, OPEN, SILENT, seconds=20) == Outcome(OPEN, unseen=SILENT)
    assert wait(Clock(), GOOD, BROKEN, GOOD, GOOD, successes=2).done
    assert not wait(Clock(), OPEN, BAD, SILENT, BAD, seconds=30).failed


@pytest.mark.parametrize(
    ("first", "error"),
    [([], SILENT), ([], BROKEN), ([OPEN], Forbidden("no")), ([OPEN], ServiceError("no", fault=ArmFault(status=400)))],
)
def test_other_errors_end_the_wait(first: list[Progress], error: VmssError) -> None:
    with pytest.raises(type(error)):
        wait(Clock(), *first, error)


def test_nobody_sleeps_past_the_deadline() -> None:
    clock = Clock()
    deadline = Deadline(30, monotonic=clock.monotonic, sleep=clock.sleep)
    steps: list[Callable[[], None]] = [lambda: deadline.sleep(20), lambda: deadline.sleep(20)]
    for step in steps:
        step()
    assert clock.sleeps == [20, 10]
    assert deadline.remaining() == 0
