# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The plan: what preflight is asked, whether anything is to be done, and what is shown of it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._steps.plan import check_ready, plan, read_and_plan
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import APPLY, FINISH, SKIPPED, State
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD, instance
from ansible_collections.azroll.vmss.tests.unit.playing import (
    AT,
    HERE,
    Played,
    broken,
    facts,
    first,
    leased,
    new,
    old,
    planned,
    play,
    vmss,
)

STALE = vmss(old(0, 1, 2))
DONE = vmss(new(0, 1, 2), image=NEW)


def preflight(record: dict[str, Any] = STALE, **fields: Any) -> dict[str, Any]:
    """The result of vmss_preflight."""
    return {
        "ansible_facts": {"vmss": record},
        "image": NEW.to_dict(),
        "previous_image": OLD.to_dict(),
        "write_image": record is STALE,
        "proves_image": False,
        "by_model": True,
        "check_mode": False,
        "ignore_health_source": False,
        "autoscale": [],
        "lease": None,
        "findings": [],
        "ready": True,
        "lines": ["No finding."],
        "msg": "",
        "error": None,
        **fields,
    }


def planning(state: State, *answers: Any) -> Played[Any]:
    return play(plan(state), answers)


def test_a_plan_leads_to_its_application_and_writes_nothing() -> None:
    state = first()
    played = planning(state, preflight())
    assert (played.modules, state.next) == (["vmss_preflight"], APPLY)
    assert play(check_ready(state)).value == SKIPPED
    assert not played.value["changed"]
    assert state.plan["batches"][0]["name"] == "canary"
    assert (state.needs_lease, state.journal["lease_acquired"]) == (True, False)


def test_preflight_knows_what_the_rollout_is_going_to_do() -> None:
    options = {
        "image": {"version": "latest"},
        "quarantine": 1,
        "health_instance_url": "http://{address}/",
        "health_alerts": ["x"],
        "lease": 60,
        "lease_take_over": True,
        "max_unavailable_per_zone": "",
        "accept": ["managed"],
    }
    (asked,) = planning(first(**options), preflight()).calls
    expected = {
        "image": {"version": "latest"},
        "quarantine": True,
        "probe_instances": True,
        "health_alerts": ["x"],
        "lease_minutes": 60,
        "take_over_lease": True,
        "rollback": False,
        "run_id": "run-a",
        "accept": ["managed"],
    }
    assert {name: asked.options[name] for name in expected} == expected
    assert "max_unavailable_per_zone" not in asked.options


def test_what_blocks_the_rollout_is_shown_and_nothing_is_planned() -> None:
    state = first()
    played = planning(state, preflight(ready=False, msg="The scale set is locked.", lines=["A lock."]))
    assert played.value == {"lines": ["A lock."]}
    assert (state.next, state.plan, state.anything_to_do) == (FINISH, {}, False)
    error = play(check_ready(state)).error
    assert (str(error), error.kind) == ("The scale set is locked.", "preflight")


def test_the_images_the_plan_and_the_waits_are_shown() -> None:
    lines = planning(first(), preflight()).value["lines"]
    assert lines[0] == "No finding."
    assert any(OLD.describe() in line and NEW.describe() in line for line in lines)
    assert any("each batch may take" in line for line in lines)
    assert lines[-1] == "o old"


def test_with_every_instance_on_the_image_there_is_nothing_to_do() -> None:
    state = first()
    played = planning(state, preflight(DONE))
    assert (state.anything_to_do, state.next) == (False, FINISH)
    assert not any("each batch may take" in line for line in played.value["lines"])


def test_a_lease_that_an_interrupted_run_left_is_a_reason_to_run() -> None:
    state = first()
    planning(state, preflight(DONE, lease=leased()))
    assert (state.needs_lease, state.next) == (True, APPLY)


def test_instances_in_progress_are_waited_for_without_a_lease() -> None:
    state = first()
    coming = vmss([*new(0, 1), instance(2, image=NEW, provisioning_state="Updating", health=None)], image=NEW)
    planning(state, preflight(coming))
    assert state.plan["in_progress"] == ["2"]
    assert (state.needs_lease, state.anything_to_do, state.next) == (False, True, APPLY)


def test_a_dry_run_says_what_it_would_do_and_ends() -> None:
    state = first()
    played = planning(state, preflight(check_mode=True))
    assert (state.dry_run, state.next) == (True, FINISH)
    assert played.value["lines"][-1].startswith("web would be rolled.")
    assert played.value["changed"]
    assert not planning(first(), preflight(DONE, check_mode=True)).value["changed"]


def test_what_later_steps_need_of_preflight_is_kept() -> None:
    state = first()
    planning(state, preflight(by_model=False, ignore_health_source=True, findings=[{"code": "x"}]))
    assert (state.target, state.by_model, state.ignore_health_source) == (NEW.to_dict(), False, True)
    assert (state.preflight["profile"], state.preflight["gathered_at"]) == (STALE["profile"], AT)
    assert (state.journal["by_model"], state.journal["findings"]) == (False, [{"code": "x"}])
    assert state.read_at == HERE


def test_the_waits_are_those_of_this_scale_set() -> None:
    state = first()
    assert state.waits["reported"]["retries"] == 0
    planning(state, preflight(vmss(old(0), health_grace_period=900)))
    assert state.waits["reported"]["answered"] == 900


def test_instances_that_are_deferred_are_known_from_the_plan_on() -> None:
    state = first(until="34%")
    planning(state, preflight())
    assert state.journal["deferred"] == state.plan["deferred"] != []


def test_a_budget_that_lets_no_plan_be_made_is_a_failure() -> None:
    assert planning(first(max_unavailable="1%"), preflight()).error.kind == "max_unavailable"


def test_an_id_that_does_not_exist_is_wrong_at_the_start_and_gone_later() -> None:
    only = {"only": {"instance_ids": ["0", "9"]}}
    assert "9" in str(planning(first(**only), preflight()).error)
    state = planned(**only)
    state.under_way = True
    play(read_and_plan(state), [facts(old(0, 1))])
    assert [one["instance_ids"] for one in state.plan["batches"]] == [["0"]]


def test_a_failed_preflight_is_a_failure() -> None:
    assert planning(first(), broken("Forbidden.", "denied")).error.kind == "denied"


# A rollback from the start


def test_a_rollback_finds_out_to_which_image() -> None:
    state = first(direction="rollback")
    played = planning(state, facts([*new(0, 1), *old(2)]), preflight())
    assert played.modules == ["vmss_instance_facts", "vmss_preflight"]
    assert played.calls[1].options["image"] == OLD.to_dict()
    assert played.calls[1].options["rollback"]
    assert (state.journal["rolls_back"], state.journal["wanted_image"]) == (True, OLD.to_dict())


def test_a_rollback_to_an_image_that_was_given_does_not() -> None:
    played = planning(first(direction="rollback", image=OLD.to_dict()), preflight())
    assert played.modules == ["vmss_preflight"]


@pytest.mark.parametrize(
    ("only", "words"), [({}, "rollout_image"), ({"zones": ["7"]}, "no zones")], ids=["nothing tells", "no such zone"]
)
def test_where_nothing_tells_the_image_it_is_demanded(only: dict[str, Any], words: str) -> None:
    error = planning(first(direction="rollback", only=only), facts(new(0, 1))).error
    assert error.kind == "no_rollback_image"
    assert words in str(error)
