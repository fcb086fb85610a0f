# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The end of a run: what it holds is released, and the report is made, whatever happens."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._steps.finish import finish, report_failed
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import Failure
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import State
from ansible_collections.azroll.vmss.tests.unit.builders import OLD
from ansible_collections.azroll.vmss.tests.unit.playing import (
    AT,
    HERE,
    KILLED,
    Played,
    batch_done,
    broken,
    facts,
    first,
    held,
    new,
    old,
    planned,
    play,
)


def finished(state: State, *answers: Any) -> Played[Any]:
    return play(finish(state), answers)


def idle(**options: Any) -> State:
    """A run that found nothing to do."""
    state = planned(new(0, 1), **options)
    state.folder, state.needs_lease, state.anything_to_do = "", False, False
    state.note(lease_acquired=False, image_changed=False, holds=False)
    return state


def test_a_rollout_that_succeeded_is_released_read_and_reported() -> None:
    state = batch_done(planned(), "0")
    played = finished(state, held(held=[]), {}, facts(new(0, 1)))
    assert played.modules == ["vmss_hold", "ansible.builtin.file", "vmss_instance_facts"]
    assert played.calls[1].options == {"path": "/tmp/azroll-x", "state": "absent"}
    report = played.value["report"]
    assert (report["result"], report["instances_on_target"], report["as_of"]) == ("succeeded", 2, AT)
    assert (report["as_of_outdated"], report["finished_at"]) == (False, HERE)
    assert not played.value["halted"]
    assert played.value["lines"][0].startswith("Rollout of web: succeeded.")


def test_a_rollout_that_stopped_fails_the_play_with_its_cause() -> None:
    state = batch_done(planned(), "0", result="failed")
    state.note(cause="It broke.")
    played = finished(state, held(held=[]), {}, facts(new(0)))
    assert played.value["halted"]
    assert any("It broke." in line for line in played.value["lines"])


@pytest.mark.parametrize("result", [broken("Azure does not answer."), KILLED])
def test_what_fails_at_the_end_fails_no_step(result: dict[str, Any]) -> None:
    state = batch_done(planned(), "0")
    played = finished(state, result, {"failed": True}, result)
    assert played.failure is None
    assert played.value["halted"], "what is still held is a reason to fail"
    assert played.value["report"]["as_of_outdated"]
    assert any("could not be read at the end" in line for line in played.value["lines"])


def test_a_run_that_preflight_stopped_writes_nothing() -> None:
    state = idle()
    state.note(cause="The scale set is locked.")
    state.preflight["proves_image"] = True
    played = finished(state)
    assert played.modules == []
    assert (played.value["report"]["result"], played.value["halted"]) == ("failed", True)


def test_a_scale_set_that_was_never_read_has_a_report_as_well() -> None:
    state = first()
    state.note(cause="No credentials.")
    played = finished(state)
    assert (played.value["report"]["instances_total"], played.value["report"]["as_of"]) == (0, None)
    assert played.value["lines"][0] == "Rollout of web: failed. Nothing was read of the scale set."


def test_a_dry_run_is_planned_only_where_there_is_anything_to_do() -> None:
    for anything, result in ((True, "planned"), (False, "nothing_to_do")):
        state = idle()
        state.dry_run, state.anything_to_do = True, anything
        assert finished(state).value["report"]["result"] == result


def test_the_reason_of_each_excluded_instance_is_reported() -> None:
    state = idle(skip={"instance_ids": ["1"]})
    state.keep({**state.vmss, "instances": facts([*new(0), *old(1)])["ansible_facts"]["vmss"]["instances"]})
    assert list(finished(state).value["report"]["instances_excluded"]) == ["1"]


# An image that has succeeded since its rollout failed


def proving(**options: Any) -> State:
    state = idle(**options)
    state.preflight["proves_image"] = True
    return state


def test_an_image_that_every_instance_runs_by_now_is_proven() -> None:
    played = finished(proving(), held())
    assert played.modules == ["vmss_hold"]
    assert played.value["lines"][0].startswith("An earlier rollout of this image did not succeed.")
    assert finished(proving(), KILLED).value["lines"][0].startswith("Rollout of web")


@pytest.mark.parametrize(
    "options", [{"lease": 0}, {"health_url": "http://x/"}], ids=["nothing is remembered", "by custom checks only"]
)
def test_else_only_a_rollout_proves_it(options: dict[str, Any]) -> None:
    assert finished(proving(**options)).modules == []


def test_a_dry_run_proves_nothing() -> None:
    state = proving()
    state.dry_run = True
    assert finished(state).modules == []
    assert finished(idle()).modules == []


# A report that cannot be written


def test_a_report_that_could_not_be_written_fails_the_play_and_keeps_the_cause() -> None:
    state = batch_done(planned(), "0", result="failed")
    state.note(cause="It broke.", previous_image=OLD.to_dict())
    lines = finished(state, held(held=[]), {}, facts(new(0))).value["lines"]
    shown = play(report_failed(state, Failure("No space left on device."))).value
    assert shown == {"halted": True, "lines": ["The report could not be written: No space left on device.", *lines]}
    assert any("It broke." in line for line in shown["lines"])
