# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Operations that go on in Azure: how they are named, waited for and asked about, and what their end means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._azure.operations import (
    Operation,
    OperationEnd,
    operation_id,
    server_time,
)
from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    BadInput,
    ConnectionFailed,
    NotFound,
    OperationFailed,
    Preempted,
    VmssError,
    WaitTimeout,
)
from ansible_collections.azroll.vmss.tests.unit.plugins.module_utils._azure.conftest import SET, connect
from ansible_collections.azroll.vmss.tests.unit.wire import (
    HOST,
    OPERATION,
    STARTED_AT,
    SUBSCRIPTION_ID,
    Clock,
    Exchange,
    action,
    error,
    get,
    poll,
    poll_action,
)

ONE = {"instanceIds": ["1"]}


class Poller:
    """The SDK's, of an operation that ends after so many seconds."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._end = clock.now + seconds

    def wait(self, timeout: float) -> None:
        self._clock.now += min(timeout, max(self._end - self._clock.now, 0))

    def done(self) -> bool:
        return self._clock.now >= self._end


def waited_for(clock: Clock, seconds: float, *, passed: float = 0) -> float:
    """How long an operation of so many seconds is waited for, by a deadline of 60 of which some have passed."""
    deadline = Deadline(60, monotonic=clock.monotonic, sleep=clock.sleep)
    deadline.sleep(passed)
    began = clock.now
    Operation(Poller(clock, seconds), "upgrade web", deadline, None).wait()
    return clock.now - began


def upgrade(clock: Clock, *script: Exchange) -> None:
    """Upgrade an instance and wait for it; the script has to be played whole."""
    arm, wire = connect(clock, *script)
    try:
        with arm._deadline.decision():
            begun = arm.upgrade_instances(SET, ["1"], follow=True)
        begun.wait()
    finally:
        wire.check()


# Waiting


def test_an_operation_that_ends_in_time_is_waited_for_until_then(clock: Clock) -> None:
    assert waited_for(clock, 25, passed=20) == 25


def test_an_operation_is_waited_for_until_the_deadline_and_goes_on_in_azure(clock: Clock) -> None:
    with pytest.raises(WaitTimeout, match=r"upgrade web within 60 seconds.* still running") as caught:
        waited_for(clock, 100, passed=20)
    assert clock.now == 1060
    assert "It goes on in Azure" in caught.value.advice
    assert not caught.value.transient


def test_after_the_deadline_an_operation_is_only_looked_at(clock: Clock) -> None:
    assert waited_for(clock, 0, passed=60) == 0
    with pytest.raises(WaitTimeout):
        waited_for(clock, 1, passed=60)


def test_an_address_that_is_signed_is_used_as_given(clock: Clock) -> None:
    upgrade(clock, action("manualupgrade", ONE), poll_action("InProgress"), poll_action())


def test_a_failing_poll_hides_the_signature(clock: Clock) -> None:
    down = requests.exceptions.ConnectionError(f"Max retries exceeded with url: {OPERATION}?t=1&c=secret")
    polls = [get(OPERATION, raises=down, query={"t": "1", "c": "secret"})] * 5
    with pytest.raises(ConnectionFailed) as caught:
        upgrade(clock, action("manualupgrade", ONE), *polls)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "fault", "kind"),
    [
        ("Failed", error("AllocationFailed", "No room.")["error"], OperationFailed),
        ("Failed", error("OperationPreempted", "By a newer one.")["error"], Preempted),
        ("Failed", None, OperationFailed),
        ("Canceled", None, Preempted),
    ],
)
def test_an_operation_that_comes_to_nothing_is_an_error_with_azures_own_words(
    clock: Clock, status: str, fault: Any, kind: type[VmssError]
) -> None:
    with pytest.raises(kind) as caught:
        upgrade(clock, action("manualupgrade", ONE), poll_action(status, **({"error": fault} if fault else {})))
    assert caught.value.attempted == "upgrade 1 instances of scale set web"
    assert caught.value.fault.code == (fault["code"] if fault else status)


# What is kept of an operation


def test_an_operation_keeps_its_name_and_when_azure_took_it(clock: Clock) -> None:
    arm, wire = connect(clock, action("manualupgrade", ONE))
    with arm._deadline.decision():
        begun = arm.upgrade_instances(SET, ["1"], follow=False)
    assert (begun.id, begun.started_at) == ("0be6", STARTED_AT)
    wire.check()


def test_an_operation_that_nobody_has_confirmed_has_no_name(clock: Clock) -> None:
    begun = Operation(Poller(clock, 0), "upgrade web", Deadline(60, monotonic=clock.monotonic), None)
    assert (begun.id, begun.started_at) == (None, None)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Azure-AsyncOperation": f"{HOST}{OPERATION}?api-version=1&c=secret"}, "0be6"),
        ({"Location": f"{HOST}{OPERATION}?monitor=true"}, "0be6"),
        ({"Azure-AsyncOperation": "https://a/operations/one", "Location": "https://a/operations/other"}, "one"),
        ({"Azure-AsyncOperation": "", "Location": "https://a/operations/other"}, "other"),
        ({"Location": "https://a/Operations/5d6a-1_B/results"}, "5d6a-1_B"),
        ({"Location": "https://a/operationresults/one"}, None),
        ({"Location": "https://a/operations/"}, None),
        ({"Location": f"https://a/operations/{'x' * 65}"}, None),
        ({"Location": "https://a/operations/a%2Fb"}, None),
        ({}, None),
    ],
)
def test_the_name_of_an_operation_is_that_in_its_address(headers: Mapping[str, str], expected: str | None) -> None:
    assert operation_id(headers) == expected


@given(st.from_regex(r"[\w-]{1,64}", fullmatch=True), st.text(st.characters(codec="ascii")))
def test_nothing_of_a_signature_gets_into_the_name(name: str, signature: str) -> None:
    assert operation_id({"Location": f"https://a/operations/{name}?sig={signature}"}) == name


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Sun, 22 Nov 2026 10:15:00 GMT", "2026-11-22T10:15:00+00:00"),
        ("Sun, 22 Nov 2026 10:15:00 +0200", "2026-11-22T08:15:00+00:00"),
        # Without a zone, it is UTC (RFC 5322).
        ("Sun, 22 Nov 2026 10:15:00 -0000", "2026-11-22T10:15:00+00:00"),
        ("Fri, 31 Dec 9999 23:59:59 -0100", None),
        ("yesterday", None),
        ("Sun, 99 Nov 2026 10:15:00 GMT", None),
        ("", None),
        (None, None),
    ],
)
def test_the_time_of_an_answer_is_the_services(date: str | None, expected: str | None) -> None:
    answer = SimpleNamespace(headers={} if date is None else {"Date": date})
    assert server_time(answer) == expected


# Asking about an operation that another process began


def end_of(clock: Clock, answer: Exchange, location: str = "westeurope") -> OperationEnd | None:
    arm, wire = connect(clock, answer)
    end = arm.operation_end(replace(SET, location=location), "0be6")
    wire.check()
    return end


@pytest.mark.parametrize("status", ["InProgress", "Running", "Accepted", "SomethingNew", "", None])
def test_an_operation_that_does_not_say_that_it_has_ended_is_running(clock: Clock, status: Any) -> None:
    assert end_of(clock, poll(status)) is None
    assert end_of(clock, get(OPERATION, {"name": "0be6"})) is None


@pytest.mark.parametrize("status", ["Succeeded", "succeeded"])
def test_an_operation_that_went_well_has_no_fault(clock: Clock, status: str) -> None:
    assert end_of(clock, poll(status)) == OperationEnd()


@pytest.mark.parametrize(
    ("answer", "code", "message"),
    [
        (poll("Failed", **error("AllocationFailed", "No room.")), "AllocationFailed", "No room."),
        (poll("FAILED"), "FAILED", None),
        (poll("Canceled"), "Canceled", None),
        (poll("Cancelled", **error("OperationPreempted", "By a newer one.")), "OperationPreempted", "By a newer one."),
    ],
)
def test_an_operation_that_came_to_nothing_has_a_fault(
    clock: Clock, answer: Exchange, code: str, message: str | None
) -> None:
    end = end_of(clock, answer)
    assert end is not None
    assert end.fault is not None
    assert (end.fault.code, end.fault.message) == (code, message)


@pytest.mark.parametrize("location", ["westeurope", "West Europe", "WestEurope"])
def test_an_operation_is_asked_for_in_the_region_of_the_set_however_that_is_written(
    clock: Clock, location: str
) -> None:
    path = f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Compute/locations/westeurope/operations/0be6"
    assert end_of(clock, get(path, {"status": "Succeeded"}), location) == OperationEnd()


def test_an_operation_that_azure_does_not_know_is_an_error(clock: Clock) -> None:
    with pytest.raises(NotFound, match="read the operation on the instances of web"):
        end_of(clock, get(OPERATION, error("NotFound", "There is none."), status=404))


def test_a_name_that_leads_elsewhere_is_refused_before_any_request(clock: Clock) -> None:
    arm, wire = connect(clock)
    with pytest.raises(BadInput):
        arm.operation_end(SET, "..")
    wire.check()
