# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The second try of instances that failed: which, how, and what is known of it when it fails as well."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._steps.retry import preconditions, retry_failed, skip_tags
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import State
from ansible_collections.azroll.vmss.tests.unit.playing import (
    KILLED,
    Played,
    broken,
    facts,
    held,
    new,
    old,
    planned,
    play,
    sent,
    under_way,
)

TRANSIENT, OF_IMAGE = "OSProvisioningTimedOut", "VMExtensionProvisioningError"
BROKEN = {"provisioning_state": "Failed", "failure": "failed/x"}


def read(instances: list[Instance], code: str = TRANSIENT) -> dict[str, Any]:
    """What is read after a failure: all that have failed did so with that code."""
    ids = [one.instance_id for one in instances if one.failed]
    group = {"code": code, "instance_ids": ids, "unhealthy_before": False}
    return {**facts(instances), "vmss_details": {"groups": [group], "instances": []}}


def retried(state: State, *answers: Any, code: str = "") -> Played[str]:
    return play(retry_failed(state, code), answers)


def journaled(state: State) -> tuple[list[str], list[str]]:
    batch = state.journal["batches"][-1]
    return batch["chosen_for_retry"], batch["retried"]


def test_an_instance_that_is_still_behind_is_upgraded_again() -> None:
    state = under_way("0", "1")
    played = retried(state, read([*old(0, **BROKEN), *new(1)]), sent("0", operation_id="op-2", failed_before=["0"]))
    assert played.modules == ["vmss_instance_facts", "vmss_domain_upgrade"]
    assert played.calls[0].options["details"]
    assert played.calls[1].options["instance_ids"] == ["0"]
    assert (state.operations, state.failed_before) == (["op-2"], ["0"])
    assert (state.may_retry, journaled(state)) == (True, (["0"], ["0"]))
    assert TRANSIENT in played.value


def test_one_that_has_the_image_is_reimaged() -> None:
    state = under_way("0")
    played = retried(state, read(new(0, **BROKEN)), sent("0", operation_id="op-2"))
    assert played.modules == ["vmss_instance_facts", "vmss_instance_reimage"]
    assert (state.operations, journaled(state)) == (["op-2"], (["0"], ["0"]))


def test_both_at_once_are_waited_for_together() -> None:
    state = under_way("0", "1")
    answers = (sent("0", operation_id="op-2"), sent("1", operation_id="op-3"))
    retried(state, read([*old(0, **BROKEN), *new(1, **BROKEN)]), *answers)
    assert state.operations == ["op-2", "op-3"]
    assert journaled(state) == (["0", "1"], ["0", "1"])


@pytest.mark.parametrize("instances", [old(0, **BROKEN), new(0)], ids=["a failure that stays", "none has failed"])
def test_nothing_is_sent_where_no_retry_helps(instances: list[Instance]) -> None:
    state = under_way("0")
    played = retried(state, read(instances, OF_IMAGE))
    assert played.modules == ["vmss_instance_facts"]
    assert (state.may_retry, state.operations, journaled(state)) == (False, ["op-1"], ([], []))


def test_no_instance_is_retried_twice() -> None:
    state = under_way("0")
    retried(state, read(old(0, **BROKEN)), sent("0"))
    assert retried(state, read(old(0, **BROKEN))).value.startswith("Not tried again, because they were already")
    assert not state.may_retry


def test_instances_that_azure_did_not_begin_are_retried_by_the_code_of_the_operation() -> None:
    assert retried(under_way("0"), read(old(0)), sent("0"), code="OperationPreempted").modules[1] == (
        "vmss_domain_upgrade"
    )
    assert retried(under_way("0"), read(old(0))).modules == ["vmss_instance_facts"]


def test_those_that_were_unhealthy_before_are_no_reason() -> None:
    state = under_way("0", "1")
    state.unhealthy_before = ["0"]
    assert retried(state, read([*old(0, **BROKEN), *new(1)])).modules == ["vmss_instance_facts"]


def test_the_lease_is_renewed_before_the_retry_where_it_is_due() -> None:
    state = under_way("0", before_batch="drain.yml")
    assert retried(state, read(old(0, **BROKEN)), held(), sent("0")).modules[1] == "vmss_hold"


@pytest.mark.parametrize(("result", "known"), [({**broken("It broke."), "instance_ids": ["0"]}, ["0"]), (KILLED, [])])
def test_an_upgrade_that_fails_says_what_it_has_sent(result: dict[str, Any], known: list[str]) -> None:
    state = under_way("0")
    assert retried(state, read(old(0, **BROKEN)), result).failure
    assert journaled(state) == (["0"], known)
    assert state.upgrade["instance_ids"] == ["0"], "the batch was sent before"


def test_where_azure_denies_a_reimage_the_failure_stands_as_it_is() -> None:
    state = under_way("0")
    assert retried(state, read(new(0, **BROKEN)), broken("Not allowed.", "denied", denied=True)).failure is None
    assert journaled(state) == (["0"], [])
    other = retried(under_way("0"), read(new(0, **BROKEN)), broken("It broke."))
    assert str(other.error) == "It broke."


def test_a_read_that_fails_ends_the_retry() -> None:
    assert str(retried(under_way("0"), KILLED).error) == "MODULE FAILURE"


def test_the_batch_itself_is_no_change_by_another_client() -> None:
    state = under_way("0")
    state.moved = ["3"]
    (_read, asked) = retried(state, read(old(0, **BROKEN)), sent("0")).calls
    assert asked.options["baseline"] == preconditions(state, ["3", "0"])["baseline"]
    assert asked.options["baseline"] != preconditions(state, ["3"])["baseline"]


# What must still hold


def test_capacity_that_others_may_change_is_no_change() -> None:
    def baseline(any_capacity: bool = False, **options: Any) -> Any:
        state = planned(**options)
        state.first_read, state.any_capacity = {**state.vmss, "capacity": 4}, any_capacity
        return preconditions(state, [])["baseline"]

    assert baseline() == baseline(capacity_changes="refuse")
    assert baseline() != baseline(capacity_changes="accept")
    assert baseline() != baseline(any_capacity=True)


def test_the_excluded_tags() -> None:
    assert skip_tags(planned(skip={"tags": ["never"]})) == ["never"]
    assert skip_tags(planned(skip={"tags": None})) == skip_tags(planned()) == []
