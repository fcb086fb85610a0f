# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The lease and the holds: acquired, renewed when due, released with what a run has become."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._steps.lease import (
    acquire,
    current_instance,
    prove,
    release,
    renew,
    renew_if_held,
)
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import State
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD
from ansible_collections.azroll.vmss.tests.unit.playing import (
    KILLED,
    Played,
    broken,
    held,
    leased,
    new,
    old,
    planned,
    play,
    vmss,
)

LATE = "2026-02-01T10:00:01+00:00"


def at(state: State, time: str) -> State:
    """The rollout at a later time of the control node."""
    return replace(state, now=lambda: time)


def released(state: State, result: dict[str, Any] | None = None) -> Played[None]:
    return play(release(state), [held(held=[]) if result is None else result])


# Acquired


def test_that_a_run_writes_is_known_before_its_first_write() -> None:
    state = planned()
    state.note(lease_acquired=False)
    assert play(acquire(state), [KILLED]).failure
    assert state.journal["lease_acquired"], "so that what may be held is released"


def test_what_is_held_is_known_after_a_failure_as_well() -> None:
    state = planned()
    assert play(acquire(state), [{**broken("It broke."), "held": ["repairs"]}]).failure
    assert state.held == ["repairs"]


def test_the_lease_is_asked_for_with_what_the_next_run_needs() -> None:
    state = planned(new(0), lease=60, lease_take_over=True, suspend_repairs=False, hold_autoscale=True)
    (asked,) = play(acquire(state), [held()]).calls
    expected = {
        "state": "held",
        "run_id": "run-a",
        "holder": "ops@host",
        "minutes": 60,
        "take_over": True,
        "repairs": False,
        "autoscale": True,
        "target": " ".join(NEW.to_dict().values()),
        "previous_image": OLD.to_dict(),
        "current_instance": "0",
    }
    assert {name: asked.options[name] for name in expected} == expected


def test_the_lease_and_the_run_that_it_continues_are_kept() -> None:
    state = planned()
    play(acquire(state), [held(lease=leased(expires="x"), continues="run-b", lease_before=leased())])
    assert (state.lease, state.journal["continues"]) == (leased(expires="x"), "run-b")


def test_a_write_of_tags_that_made_a_model_has_instances_judged_by_their_image() -> None:
    state = planned()
    play(acquire(state), [held(made_model=True)])
    assert (state.by_model, state.journal["by_model"], state.journal["made_model"]) == (False, False, True)
    for answer in (None, False):
        state = planned()
        play(acquire(state), [held(made_model=answer)])
        assert (state.by_model, state.journal["made_model"]) == (True, False)


# Renewed


def test_a_lease_is_renewed_only_when_half_of_it_is_over() -> None:
    assert play(renew(planned())).modules == []
    assert play(renew(at(planned(), "2026-02-01T10:00:00+00:00"))).modules == []
    assert play(renew(at(planned(), LATE)), [held()]).modules == ["vmss_hold"]


def test_after_a_hook_the_lease_is_read_in_any_case() -> None:
    assert play(renew(planned(before_batch="drain.yml")), [held()]).modules == ["vmss_hold"]


def test_a_run_that_only_waited_so_far_acquires_its_lease() -> None:
    state = planned()
    state.note(lease_acquired=False)
    assert play(renew_if_held(at(state, LATE))).modules == [], "reading needs none"
    assert play(renew(state), [held()]).modules == ["vmss_hold"]


def test_a_lease_that_belongs_to_another_run_by_now_is_a_failure() -> None:
    error = play(renew(at(planned(), LATE)), [broken("It belongs to run-b.", "lease")]).error
    assert error.kind == "lease"


# Released


def test_a_rollout_that_succeeded_has_its_image_remembered() -> None:
    state = planned(new(0), restore_policy=True)
    (asked,) = released(state).calls
    assert (asked.options["state"], asked.options["restore_policy"]) == ("released", True)
    assert asked.options["finished_image"] == NEW.to_dict()
    assert state.journal["still_held"] == []


@pytest.mark.parametrize("facts", [{"cause": "It broke."}, {"deferred": ["3"]}])
def test_one_that_did_not_or_not_wholly_has_not(facts: dict[str, Any]) -> None:
    state = planned()
    state.note(**facts)
    assert "finished_image" not in released(state).calls[0].options


def test_one_that_waits_for_an_operator_has_not_either() -> None:
    assert "finished_image" not in released(replace(planned(), waiting=True)).calls[0].options


@pytest.mark.parametrize("result", [broken("Azure does not answer."), KILLED])
def test_what_could_not_be_released_is_part_of_the_cause(result: dict[str, Any]) -> None:
    state = planned()
    state.note(cause="It broke.")
    assert released(state, {"lease": None, "held": [], **result}).failure is None
    assert state.journal["cause"].startswith("It broke. What the rollout holds could not be released")


def test_what_this_run_holds_is_released_and_else_what_an_earlier_one_held() -> None:
    state = planned()
    state.note(held=["autoscale"])
    assert released(state).calls[0].options["held"] == ["autoscale"]
    assert released(replace(state, held=["repairs"])).calls[0].options["held"] == ["repairs"]


def test_whether_tags_make_a_model_is_found_out_once() -> None:
    state = planned(new(0))
    assert released(state).calls[0].options["current_instance"] == "0"
    state.note(model_judged=True)
    assert released(state).calls[0].options["current_instance"] == ""


def test_an_image_is_proven_where_that_could_be_recorded() -> None:
    played = play(prove(planned()), [held()])
    assert played.value
    assert played.calls[0].options["finished_image"] == NEW.to_dict()
    assert not play(prove(planned()), [KILLED]).value


def test_the_instance_that_shows_a_new_model_follows_the_latest_one() -> None:
    assert current_instance(planned([*old(0), *new(1, 2)])) == "1"
    assert current_instance(planned(old(0))) == ""
    assert current_instance(replace(planned(), vmss={})) == ""
    assert current_instance(replace(planned(), vmss=vmss(new(0)), by_model=False)) == "", "all look stale"
