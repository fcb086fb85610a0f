# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The steps by their names, and what the role gets to know of each."""

from __future__ import annotations

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import Failure
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import FINISH, GATE, SKIPPED, SWEEP, UPGRADE
from ansible_collections.azroll.vmss.plugins.module_utils._steps.steps import (
    AFTER_FAILURE,
    CHECKPOINT,
    NAMES,
    STEPS,
    enter,
    outcome,
)
from ansible_collections.azroll.vmss.tests.unit.playing import batch, batch_done, first, planned, play


def test_each_name_is_that_of_one_step() -> None:
    assert len(set(NAMES)) == len(NAMES) == len(STEPS) + len(AFTER_FAILURE) + 1


@pytest.mark.parametrize("name", sorted(AFTER_FAILURE))
def test_a_step_after_a_failure_knows_it(name: str) -> None:
    state = first()
    state.dry_run = True
    if name == "check_failed":
        failure = Failure("It broke.", other_host=True)
        assert str(play(enter(name, state, failure=failure)).error) == "It broke."
        return
    shown = play(enter(name, state, failure=Failure("It broke."))).value
    said = [*shown.get("lines", []), state.journal["cause"] or "", state.journal["decision"] or ""]
    assert any("It broke." in text for text in said)


def test_a_failure_of_which_nothing_is_known_is_an_interruption() -> None:
    state = first()
    state.dry_run = True
    play(enter("handle_failure", state))
    assert state.journal["cause"] == "The rollout was interrupted."


def test_the_checkpoint_gets_the_answer() -> None:
    state = batch_done(planned(checkpoint="batch"), "0")
    state.pending = [batch("1")]
    play(enter(CHECKPOINT, state, answer="go"))
    assert (state.waiting, state.next) == (False, UPGRADE)


@pytest.mark.parametrize("name", ["wait", "upgrade"])
@pytest.mark.parametrize("next_", [SWEEP, FINISH])
def test_the_steps_that_the_role_calls_in_any_case_do_nothing_out_of_turn(name: str, next_: str) -> None:
    state = planned()
    state.next, state.pending = next_, [batch("1")]
    before = state.to_dict()
    assert play(enter(name, state)).value == SKIPPED
    assert state.to_dict() == before


def test_the_role_gets_to_know_what_is_next_and_what_is_left() -> None:
    state = planned()
    state.next, state.pending = GATE, [batch("1", name="a"), batch("2", name="b")]
    assert outcome(state, {"changed": True, "lines": ["x"]}) == {
        "changed": True,
        "lines": ["x"],
        "batch": {},
        "next": GATE,
        "batches": ["a", "b"],
        "attempts": state.attempts,
    }


def test_an_answer_does_not_say_what_is_next() -> None:
    state = planned()
    state.next = SWEEP
    assert outcome(state, {"next": UPGRADE})["next"] == SWEEP
    assert not outcome(state, SKIPPED)["changed"]
