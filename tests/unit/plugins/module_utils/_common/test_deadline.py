# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The time that a module has, and how old what a write rests on may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import FRESH, FRESH_PER_PAGE, Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import Outdated
from ansible_collections.azroll.vmss.tests.unit.wire import Clock

# Whole ones: the sum of the others is not exact.
SECONDS = st.integers(0, 1_000)


def deadline(clock: Clock, seconds: float = 100) -> Deadline:
    return Deadline(seconds, monotonic=clock.monotonic, sleep=clock.sleep)


@given(st.lists(SECONDS), SECONDS)
def test_no_sleep_ends_after_the_deadline(sleeps: list[int], seconds: int) -> None:
    clock = Clock()
    begun, limited = clock.monotonic(), deadline(clock, seconds)
    for one in sleeps:
        limited.sleep(one)
    assert clock.monotonic() - begun <= seconds
    assert 0 <= limited.remaining() <= seconds


def test_a_list_that_was_begun_may_end_later() -> None:
    clock = Clock()
    limited = deadline(clock, 10)
    limited.list_grace = 300
    with limited.finishing_list():
        limited.sleep(200)
        assert limited.remaining() == 110
    assert limited.remaining() == 0


def test_what_a_decision_read_gets_old() -> None:
    clock = Clock()
    limited = deadline(clock)
    with limited.decision():
        limited.check_fresh("write", write=True)
        limited.sleep(FRESH + 1)
        with pytest.raises(Outdated, match="write the model"):
            limited.check_fresh("write the model", write=True)
    with limited.decision():
        limited.check_fresh("write", write=True)


def test_each_page_of_a_list_takes_its_time() -> None:
    clock = Clock()
    limited = deadline(clock)
    with limited.decision():
        for _page in range(9):
            limited.read_page()
        limited.sleep(FRESH + 8 * FRESH_PER_PAGE)
        limited.check_fresh("write", write=True)


def test_a_write_outside_of_a_decision_is_an_error_of_the_program() -> None:
    limited = deadline(Clock())
    with pytest.raises(RuntimeError):
        limited.check_fresh("write", write=True)


def test_a_read_outside_of_a_decision_is_never_too_old() -> None:
    clock = Clock()
    limited = deadline(clock)
    limited.sleep(99)
    limited.check_fresh("read")
    assert not limited.deciding


def test_a_decision_that_fails_is_over() -> None:
    limited = deadline(Clock())
    with pytest.raises(KeyError), limited.decision():
        raise KeyError
    assert not limited.deciding
