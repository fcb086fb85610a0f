# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What a rollout carries from step to step is plain data, and a rollback from the start is careful by itself."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import BATCH, Gate, State, from_dict
from ansible_collections.azroll.vmss.tests.unit.builders import instance
from ansible_collections.azroll.vmss.tests.unit.playing import HERE, batch_done, first, planned, under_way, vmss

texts = st.text(max_size=12)
ids = st.lists(texts, max_size=4)
probes = st.dictionaries(st.sampled_from(["streak", "attempts"]), st.integers(0, 9))
gates = st.builds(
    Gate, texts, ids, texts, unhealthy=ids, same_model=st.booleans(), pause=st.integers(0, 9), probe=probes
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
)


def kept(state: State) -> State:
    """As the next task finds it."""
    return from_dict(json.loads(json.dumps(state.to_dict())), state.now)


@given(st.none() | gates, st.dictionaries(texts, values, max_size=5), ids, st.booleans())
def test_a_state_is_the_same_after_it_was_kept_in_a_file(
    gate: Gate | None, data: dict[str, Any], some: list[str], flag: bool
) -> None:
    state = replace(first(), gate=gate, vmss=data, held=some, upgrade=data, unproven=flag, reaction=data)
    assert kept(state) == state


@pytest.mark.parametrize(
    "state",
    [first(), planned(), under_way("0"), batch_done(planned(), "0", canary=True)],
    ids=["first", "planned", "under way", "done"],
)
def test_a_state_on_its_way_is_the_same_as_well(state: State) -> None:
    assert kept(state) == state


def test_all_but_the_clock_is_kept() -> None:
    state = replace(first(), gate=Gate(BATCH, ["0"]))
    assert set(state.to_dict()) == {one.name for one in fields(State)} - {"now"}
    assert kept(state).gate == Gate(BATCH, ["0"])


FORWARD = {"canary": 2, "soak": 60, "health_alerts": ["x"], "on_failure": "rollback", "failed_image": "restore"}


def test_a_rollout_goes_as_the_options_say() -> None:
    state = first(**FORWARD)
    assert (state.forward, state.by_model) == (True, True)
    assert (state.canary, state.soak, state.alerts, state.on_failure, state.failed_image) == tuple(FORWARD.values())


def test_a_rollback_from_the_start_has_no_canary_and_is_not_rolled_back() -> None:
    state = first(direction="rollback", **FORWARD)
    assert (state.forward, state.by_model) == (False, False)
    assert (state.canary, state.soak, state.alerts, state.on_failure, state.failed_image) == (0, 0, [], "halt", "keep")


def test_what_a_rollout_is_about_is_in_the_journal_from_the_start() -> None:
    journal = first().journal
    assert (journal["scale_set"], journal["resource_group"], journal["started_at"]) == ("web", "web-rg", HERE)
    assert first().upgrade == {"instance_ids": []}, "nothing has been sent"


def test_without_a_lease_no_write_asks_for_one() -> None:
    assert first(lease=60).leased_run_id == "run-a"
    assert first(lease=0).leased_run_id is None


@pytest.mark.parametrize(
    ("options", "any_"),
    [
        ({}, False),
        ({"health_url": "http://x/"}, True),
        ({"health_instance_url": "http://{address}/"}, True),
        ({"health_tasks": "check.yml"}, True),
        ({"health_alerts": ["x"]}, True),
        # A rollback does not look at alerts: they would report the image that instances leave.
        ({"health_alerts": ["x"], "direction": "rollback"}, False),
    ],
)
def test_custom_checks_are_all_that_azure_does_not_record(options: dict[str, Any], any_: bool) -> None:
    assert first(**options).custom_checks is any_


def test_the_options_are_a_copy() -> None:
    options: dict[str, Any] = {"only": {"zones": ["1"]}}
    state = first(**options)
    state.only["instance_ids"] = ["0"]
    assert options == {"only": {"zones": ["1"]}}


def test_an_entry_that_a_journal_does_not_have_is_refused() -> None:
    with pytest.raises(BadInput, match="has no colour"):
        first().note(colour="red")


def test_a_record_is_kept_with_the_time_of_the_control_node() -> None:
    state = first()
    state.keep(vmss([instance(0)]))
    assert (state.read_at, state.vmss["name"]) == (HERE, "web")


@given(st.integers(1, 7200), st.integers(0, 60), st.integers(0, 60), st.integers(0, 3600), st.integers(0, 1800))
def test_a_task_may_be_repeated_more_often_than_any_step_reports_progress(
    upgrade: int, retries: int, delay: int, unanswered: int, grace: int
) -> None:
    given = {"upgrade_timeout": upgrade, "health_retries": retries, "health_delay": delay}
    state = first(**given, unanswered_timeout=unanswered)
    state.divide_waits(vmss([instance(0)], health_grace_period=grace))
    waits = state.waits
    # A batch: room for its upgrade, and with a retry, the upgrade and room for two more calls again.
    batch = 2 * waits["upgrade"]["retries"] + 2 * waits["room"]["retries"]
    assert state.attempts > batch + waits["reported"]["retries"] + waits["health"]["retries"]
    # A failure: the operations end, and the scale set is read.
    assert state.attempts > 2 * waits["upgrade"]["retries"]
