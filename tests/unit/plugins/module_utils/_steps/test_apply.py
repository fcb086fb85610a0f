# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""From the plan to the first batch."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._steps.apply import begin, begin_batches, set_image
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import (
    GATE,
    IN_PROGRESS,
    SET_IMAGE,
    SWEEP,
    UPGRADE,
    UPGRADED_BEFORE,
    Gate,
    State,
)
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD, instance
from ansible_collections.azroll.vmss.tests.unit.playing import (
    AT,
    EMPTY_PLAN,
    Played,
    batch,
    broken,
    facts,
    held,
    new,
    old,
    planned,
    play,
    written,
)

FOLDER = {"path": "/tmp/azroll-y", "changed": True}
COMING = instance(3, image=NEW, update_domain=3, provisioning_state="Updating", health=None)


def beginning(state: State, *answers: Any) -> Played[Any]:
    state.folder, state.next = "", "apply"
    return play(begin(state), [FOLDER, *answers])


# Begin


def test_a_rollout_begins_with_its_lease() -> None:
    state = planned()
    played = beginning(state, held())
    assert played.modules == ["ansible.builtin.tempfile", "vmss_hold"]
    assert (state.folder, state.next, played.value) == ("/tmp/azroll-y", SET_IMAGE, {"changed": True})


def test_without_a_folder_for_waits_nothing_is_begun() -> None:
    error = play(begin(planned()), [{"failed": True, "msg": "No space left on device."}]).error
    assert str(error) == "No space left on device."


def test_a_run_that_only_waits_holds_nothing() -> None:
    state = planned([*new(0, 1, 2), COMING])
    state.needs_lease, state.plan = False, {**EMPTY_PLAN, "in_progress": ["3"], "in_progress_advice": "Wait."}
    played = beginning(state)
    assert (played.modules, played.value) == (["ansible.builtin.tempfile"], {"changed": False})
    assert (state.next, state.way_out) == (GATE, "Wait.")
    assert state.gate
    assert (state.gate.kind, state.gate.instance_ids) == (IN_PROGRESS, ["3"])


@pytest.mark.parametrize(("write", "unhealthy", "same_model"), [(True, ["2"], False), (False, [], True)])
def test_instances_in_progress_to_another_image_need_only_be_idle(
    write: bool, unhealthy: list[str], same_model: bool
) -> None:
    state = planned([*old(2), COMING])
    state.preflight["write_image"] = write
    state.plan = {**EMPTY_PLAN, "in_progress": ["3"]}
    beginning(state, held())
    assert state.gate == Gate(IN_PROGRESS, ["3"], unhealthy=unhealthy, same_model=same_model)


def test_what_an_earlier_run_upgraded_is_verified_before_anything_more_is_upgraded() -> None:
    state = planned([*new(0, 1), *old(2, 3)])
    state.note(begun_before=True)
    state.plan = {**EMPTY_PLAN, "batches": [batch("2", "3")], "excluded_ids": ["1"]}
    beginning(state, held())
    assert (state.next, state.gate) == (GATE, Gate(UPGRADED_BEFORE, ["0"], AT, [], same_model=False))


@pytest.mark.parametrize(
    ("begun", "batches"), [(False, [batch("2")]), (True, [])], ids=["a rollout of its own", "nothing more to upgrade"]
)
def test_else_there_is_nothing_to_verify(begun: bool, batches: list[Any]) -> None:
    state = planned([*new(0, 1), *old(2, 3)])
    state.note(begun_before=begun)
    state.plan = {**EMPTY_PLAN, "batches": batches}
    beginning(state, held())
    assert (state.next, state.gate) == (SET_IMAGE, None)


# The image


def test_the_image_is_written_once_and_the_batches_are_planned_from_what_is_read_then() -> None:
    state = planned(upgrade_policy="manual", accept=["managed"], lease=60)
    state.note(image_changed=False)
    state.way_out = "Wait."
    played = play(set_image(state), [written(), facts(old(0, 1, 2, 3))])
    assert played.modules == ["vmss_image_update", "vmss_instance_facts"]
    expected = {
        "image": NEW.to_dict(),
        "replaces": OLD.to_dict(),
        "same_profile": state.preflight["profile"],
        "upgrade_policy": "manual",
        "rollback": False,
        "rollback_image": OLD.to_dict(),
        "run_id": "run-a",
        "lease_minutes": 60,
        "allow_managed": True,
        "allow_automatic_os_upgrade": False,
        "allow_image_kind_change": False,
    }
    assert {name: played.calls[0].options[name] for name in expected} == expected
    assert played.value["changed"]
    assert (state.journal["image_changed"], state.way_out, state.next) == (True, "", UPGRADE)
    assert state.pending[0]["name"] == "canary"
    assert state.first_read == state.vmss


def test_a_model_that_has_the_image_is_no_change() -> None:
    state = planned()
    assert not play(set_image(state), [written(changed=False), facts(old(0, 1, 2, 3))]).value["changed"]
    assert not state.journal["image_changed"]


def test_a_run_that_only_waited_writes_no_image() -> None:
    state = planned()
    state.needs_lease = False
    assert play(set_image(state), [facts(new(0, 1))]).modules == ["vmss_instance_facts"]
    assert state.next == SWEEP


def test_an_image_that_could_not_be_written_is_a_failure_before_the_first_batch() -> None:
    state = planned()
    assert play(set_image(state), [broken("Denied.", "denied")]).error.kind == "denied"
    assert state.pending == []


@pytest.mark.parametrize(
    ("enabled", "held_", "any_"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_autoscale_may_change_the_capacity_unless_it_is_held(enabled: bool, held_: bool, any_: bool) -> None:
    state = planned(hold_autoscale=held_)
    state.preflight["autoscale"] = [{"enabled": enabled}]
    play(begin_batches(state), [facts(old(0, 1, 2, 3))])
    assert state.any_capacity is any_
