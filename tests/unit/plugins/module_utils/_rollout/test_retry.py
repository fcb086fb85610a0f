# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""A retry: only for what failed for a reason that passes, only once, and never beside a failure that stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import is_stale
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.retry import Retry, already_retried, decide_retry
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD, instance
from ansible_collections.azroll.vmss.tests.unit.strategies import fleets

TIMED_OUT, EXTENSION, UNKNOWN = "OSProvisioningTimedOut", "VMExtensionProvisioningError", "Hiccup"


def group(code, *ids):
    return {"code": code, "instance_ids": list(ids)}


def failed(number, image=NEW, **fields):
    return instance(number, image=image, provisioning_state="Failed", **fields)


def decide(instances, *groups, sent=("1", "2", "3"), **options):
    return decide_retry(instances, groups, NEW, sent=sent, **options)


def sent_again(decided):
    return {*decided.upgrade, *decided.reimage}


def test_those_on_the_image_are_reimaged_and_those_behind_it_upgraded_again():
    world = [failed(1), failed(2, image=OLD), failed(3, latest_model=False), instance(4)]
    decided = decide(world, group(TIMED_OUT, "1", "3"), group("AllocationFailed", "2"))
    assert (decided.upgrade, decided.reimage) == (("2", "3"), ("1",))
    assert decided.why == "Retried, because AllocationFailed, OSProvisioningTimedOut often passes: 1, 2, 3."


def test_judged_by_the_image_alone_an_instance_on_it_is_reimaged():
    decided = decide([failed(3, latest_model=False)], group(TIMED_OUT, "3"), by_model=False)
    assert (decided.upgrade, decided.reimage) == ((), ("3",))


@pytest.mark.parametrize("code", [EXTENSION, UNKNOWN, "QuotaExceeded"])
def test_one_failure_that_is_not_known_to_pass_keeps_all_from_a_chosen_for_retry(code):
    decided = decide([failed(1), failed(2)], group(TIMED_OUT, "1"), group(code, "2"))
    assert decided == Retry("Not tried again, because the error is none that is known to pass: 2.")


def test_nothing_is_known_to_pass_where_azure_tells_no_cause():
    assert not sent_again(decide([failed(1)]))


def test_nobody_has_a_third_chance():
    decided = decide([failed(1), failed(2)], group(TIMED_OUT, "1", "2"), retried=["2"])
    assert decided == Retry("Not tried again, because they were already: 2.")


def test_those_that_were_sick_before_neither_go_again_nor_count():
    world = [failed(1), failed(2)]
    decided = decide(world, group(TIMED_OUT, "1"), group(EXTENSION, "2"), unhealthy=["2"])
    assert decided.reimage == ("1",)


def test_what_failed_elsewhere_recovered_or_is_being_deleted_is_left_alone():
    world = [failed(9), instance(1, image=NEW), instance(2, image=NEW, provisioning_state="Deleting")]
    assert decide(world, group(TIMED_OUT, "9")) == Retry(
        "No instance is seen as failed any more, so none is tried again."
    )


def test_what_a_preempted_operation_left_alone_is_upgraded_again():
    world = [instance(1), instance(2, image=NEW), instance(3, provisioning_state="Updating")]
    decided = decide(world, operation="OperationPreempted")
    assert decided == Retry("Retried, because OperationPreempted often passes: 1.", upgrade=("1",))
    assert not sent_again(decide(world, operation="OperationPreempted", retried=["1"]))


@pytest.mark.parametrize("code", ["Canceled", EXTENSION])
def test_what_an_operation_left_alone_for_another_reason_stays_as_it_is(code):
    assert not sent_again(decide([instance(1), failed(2)], group(TIMED_OUT, "2"), operation=code))


def test_a_chosen_for_retry_in_any_batch_is_remembered():
    assert already_retried(
        [{"chosen_for_retry": ["1"]}, {"chosen_for_retry": []}, {"chosen_for_retry": ["4", "5"]}]
    ) == [
        "1",
        "4",
        "5",
    ]


@given(
    fleets(),
    st.lists(st.sampled_from([TIMED_OUT, TIMED_OUT, EXTENSION, UNKNOWN]), min_size=24, max_size=24),
    st.sets(st.integers(0, 24)),
    st.sets(st.integers(0, 24)),
    st.booleans(),
    st.sampled_from(["", "OperationPreempted", "Canceled"]),
)
def test_whatever_goes_again_failed_here_for_a_reason_that_passes_and_for_the_first_time(
    instances, codes, unhealthy, retried, by_model, operation
):
    ids = [one.instance_id for one in instances]
    sent, unhealthy_before, retried_ids = (
        ids[::2],
        [ids[n] for n in unhealthy if n < len(ids)],
        [str(n) for n in retried],
    )
    code_of = dict(zip(ids, codes, strict=False))
    groups = [group(code, number) for number, code in code_of.items()]
    decided = decide_retry(
        instances,
        groups,
        NEW,
        sent=sent,
        unhealthy=unhealthy_before,
        retried=retried_ids,
        by_model=by_model,
        operation=operation,
    )
    going = sent_again(decided)
    behind = {one.instance_id for one in instances if is_stale(one, NEW, by_model=by_model)}
    failing = {one.instance_id for one in instances if one.provisioning_state == "Failed"}
    unbegun = {one.instance_id for one in instances if not one.busy and not one.leaving} & behind - failing
    ours = (failing | (unbegun if operation else set())) & (set(sent) - set(unhealthy_before))
    assert going in (set(), ours)
    assert not going & set(retried_ids)
    assert all(code_of[number] == TIMED_OUT for number in going & failing)
    assert going <= failing or operation == "OperationPreempted"
    assert set(decided.upgrade) == going & behind
    assert len(going) == len(decided.upgrade) + len(decided.reimage)
