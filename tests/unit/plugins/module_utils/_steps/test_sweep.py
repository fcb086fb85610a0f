# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The sweep and the bake."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import (
    BAKED,
    FINISH,
    GATE,
    SWEEP,
    UPGRADE,
    Gate,
    State,
)
from ansible_collections.azroll.vmss.plugins.module_utils._steps.sweep import sweep, to_bake
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, instance
from ansible_collections.azroll.vmss.tests.unit.playing import (
    AT,
    EMPTY_PLAN,
    KILLED,
    Played,
    batch,
    batch_done,
    facts,
    new,
    old,
    planned,
    play,
    vmss,
)

# The sweep


def swept(state: State, *answers: Any) -> Played[Any]:
    state.next = SWEEP
    return play(sweep(state), answers)


def test_what_is_still_stale_is_upgraded_in_another_round() -> None:
    state = batch_done(planned(), "0")
    state.canary, state.unproven = 0, True
    swept(state, facts([*new(0), *old(1)]))
    assert [one["instance_ids"] for one in state.pending] == [["1"]]
    assert (state.round, state.next, state.unproven) == (2, UPGRADE, False)


def test_instances_that_were_tried_already_get_some_time_first() -> None:
    state = batch_done(planned(sweep_delay=60), "0")
    assert swept(state, facts(old(0, 1))).pauses == [60]
    assert swept(batch_done(planned(sweep_delay=60), "0"), facts([*new(0), *old(1)])).pauses == []
    assert swept(batch_done(planned(sweep_delay=0), "0"), facts(old(0, 1))).pauses == []


def test_with_none_left_the_rollout_is_finished() -> None:
    state = batch_done(planned(), "0")
    swept(state, facts(new(0, 1)))
    assert (state.next, state.pending) == (FINISH, [])


def test_with_none_left_it_bakes() -> None:
    state = batch_done(planned(bake=600), "0")
    state.returned_at = AT
    swept(state, facts(new(0, 1)))
    assert (state.next, state.gate) == (GATE, Gate(BAKED, ["0", "1"], AT, [], pause=600))


def test_without_any_upgraded_instance_there_is_nothing_to_bake() -> None:
    state = planned(bake=600)
    state.note(on_target_before=["0", "1"])
    swept(state, facts(new(0, 1)))
    assert state.next == FINISH


def test_after_the_last_round_those_that_stayed_behind_are_a_failure() -> None:
    state = batch_done(planned(sweep_rounds=1, sweep_delay=0), "0")
    state.round = 2
    error = swept(state, facts([*old(0), *new(1)])).error
    assert error.kind == "sweep"
    assert "(rollout_sweep_rounds=1): 0." in str(error)
    assert state.journal["stayed_behind"] == ["0"]


def test_after_the_last_round_none_may_stay_behind() -> None:
    state = batch_done(planned(sweep_rounds=1), "0")
    state.round = 2
    assert swept(state, facts(new(0))).failure is None
    assert state.next == FINISH


def test_an_operator_who_ends_the_run_ends_its_sweeps() -> None:
    state = batch_done(planned(), "0")
    state.waiting, state.pending = True, [batch("1")]
    assert swept(state).modules == []
    assert (state.next, state.pending) == (FINISH, [])


def test_what_is_deferred_at_the_end_is_known_but_not_by_a_rollback() -> None:
    state = batch_done(planned(until="50%"), "0", "1")
    state.canary = 0
    swept(state, facts([*new(0, 1), *old(2, 3)]))
    assert (state.next, state.journal["deferred"]) == (FINISH, ["2", "3"])
    back = batch_done(planned(until="50%"), "0", "1")
    back.canary = 0
    back.note(rollback="running")
    swept(back, facts([*new(0, 1), *old(2, 3)]))
    assert back.journal["deferred"] == []


def test_a_rollback_that_has_no_more_to_do_has_succeeded_and_does_not_bake() -> None:
    state = batch_done(planned(bake=600), "0")
    state.note(rollback="running")
    swept(state, facts(new(0, 1)))
    assert (state.journal["rollback"], state.next) == ("succeeded", FINISH)


def test_instances_that_another_client_upgrades_are_waited_for() -> None:
    coming = instance(1, image=NEW, update_domain=1, provisioning_state="Updating", health=None)
    state = batch_done(planned(), "0")
    played = swept(state, facts([*new(0), coming]), facts(new(0, 1)), facts([*new(0), *old(1)]))
    assert [one.options.get("wait_for") for one in played.calls] == [None, "idle", None]
    assert [one["instance_ids"] for one in state.pending] == [["1"]]


def test_a_sweep_that_cannot_read_fails() -> None:
    assert swept(planned(), KILLED).failure


# The bake


@pytest.mark.parametrize(
    ("begun", "ids"), [(False, ["1", "2"]), (True, ["0", "1", "2"])], ids=["of this run", "of an earlier one as well"]
)
def test_all_that_the_rollout_upgraded_are_baked(begun: bool, ids: list[str]) -> None:
    state = batch_done(planned([*new(0, 1), *new(2, health="unhealthy"), *old(3)]), "2", "3")
    state.note(begun_before=begun, on_target_before=["0"])
    assert sorted(to_bake(state)) == ids


def test_what_an_operator_has_stopped_or_excluded_is_not() -> None:
    stopped = new(0, power="deallocated", health=None)
    state = batch_done(planned(), "0", "1")
    state.keep(vmss([*stopped, *new(1)]))
    state.plan = {**EMPTY_PLAN, "excluded_ids": ["1"]}
    assert to_bake(state) == []
