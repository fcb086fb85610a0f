# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Limits as clients meet them: what is left in the headers, and refusals when they are enforced."""

from __future__ import annotations

import json

import pytest

from .in_process import Answer, Site

LEFT = "x-ms-ratelimit-remaining-"
ALL = {"instanceIds": ["*"]}


def left(answer: Answer) -> dict[str, int]:
    """What is left by policy of the compute provider."""
    pairs = (item.split(";") for item in answer.headers[f"{LEFT}resource"].split(","))
    return {name.removeprefix("Microsoft.Compute/"): int(number) for name, number in pairs}


@pytest.fixture
def strict() -> Site:
    return Site.bundled(throttling={"enabled": True})


@pytest.fixture
def lenient() -> Site:
    return Site.bundled()


@pytest.mark.parametrize(
    ("method", "path", "document", "policies"),
    [
        ("GET", "", None, ["GetVMScaleSetSubscriptionMaximum", "GetVMScaleSetResource"]),
        (
            "GET",
            "/virtualMachines",
            None,
            [
                "HighCostGetVMScaleSetSubscriptionMaximum",
                "HighCostGetVMScaleSetResource",
                "VMScaleSetVMViewsSubscriptionMaximum",
            ],
        ),
        (
            "POST",
            "/manualupgrade",
            ALL,
            [
                "VMScaleSetActionsSubscriptionMaximum",
                "VMScaleSetBatchedVMRequestsSubscriptionMaximum",
                "VmssQueuedVMOperations",
            ],
        ),
        (
            "PATCH",
            "",
            {"tags": {"a": "b"}},
            [
                "VMScaleSetActionsSubscriptionMaximum",
                "VMScaleSetActionsResource",
                "VMScaleSetBatchedVMRequestsSubscriptionMaximum",
                "VmssQueuedVMOperations",
            ],
        ),
    ],
)
def test_answers_name_the_policies_in_the_recorded_order(lenient, method, path, document, policies):
    assert list(left(lenient.call(method, lenient.web + path, document=document))) == policies


def test_reads_and_writes_tell_what_is_left_of_the_limits_of_the_front_door(lenient):
    read = lenient.get(lenient.web)
    shown = {name.removeprefix(f"{LEFT}subscription-") for name in read.headers if name.startswith(f"{LEFT}sub")}
    assert shown == {"reads", "global-reads"}
    write = lenient.call("POST", f"{lenient.web}/manualupgrade", document=ALL)
    assert write.headers[f"{LEFT}subscription-writes"] == "199"
    assert write.headers[f"{LEFT}subscription-global-writes"] == "2999"


def test_an_answer_of_the_gateway_does_not_report_limits(lenient):
    missing = lenient.get(lenient.web + "x")
    assert missing.status == 404
    assert not [name for name in missing.headers if "ratelimit" in name]


def test_a_list_draws_a_token_and_a_view_for_each_instance(lenient):
    first, second = (left(lenient.get(f"{lenient.web}/virtualMachines")) for _ in range(2))
    assert first["HighCostGetVMScaleSetResource"] == 29
    assert second["HighCostGetVMScaleSetResource"] == 28
    assert first["VMScaleSetVMViewsSubscriptionMaximum"] - second["VMScaleSetVMViewsSubscriptionMaximum"] == 20


def test_without_enforcement_nobody_is_refused_and_the_buckets_stay_at_zero(lenient):
    answers = [lenient.get(f"{lenient.web}/virtualMachines") for _ in range(40)]
    assert {answer.status for answer in answers} == {200}
    assert left(answers[-1])["HighCostGetVMScaleSetResource"] == 0
    lenient.wait(12)
    assert left(lenient.get(f"{lenient.web}/virtualMachines"))["HighCostGetVMScaleSetResource"] == 1


def test_thirty_lists_of_a_set_are_answered_at_once_and_then_one_every_six_seconds(strict):
    path = f"{strict.web}/virtualMachines"
    assert [strict.get(path).status for _ in range(30)] == [200] * 30
    refused = strict.get(path)
    assert refused.status == 429
    error = refused.json()["error"]
    assert error["code"] == "OperationNotAllowed"
    assert error["innererror"] == {"internalErrorCode": "TooManyRequestsReceived"}
    (detail,) = error["details"]
    assert (detail["code"], detail["target"]) == ("TooManyRequests", "HighCostGetVMScaleSetResource")
    assert json.loads(detail["message"])["allowedRequestCount"] == 30
    assert left(refused)["HighCostGetVMScaleSetResource"] == 0
    strict.wait(5)
    assert strict.get(path).status == 429
    strict.wait(1.001)
    assert strict.get(path).status == 200
    assert strict.get(path).status == 429
    assert strict.host.simulation.requests.throttled == 3


def test_an_instance_is_cheaper_to_look_at_than_the_list(strict):
    instance = next(iter(strict.host.simulation.scale_sets()[0].instances))
    for _ in range(30):
        strict.get(f"{strict.web}/virtualMachines")
    assert strict.get(f"{strict.web}/virtualMachines").status == 429
    assert strict.get(f"{strict.web}/virtualMachines/{instance}").status == 200


@pytest.mark.parametrize(("speed", "seconds"), [(1, "6"), (4, "2"), (60, "1")])
def test_retry_after_is_in_whole_real_seconds_until_there_is_a_token(speed, seconds):
    site = Site.bundled(throttling={"enabled": True}, speed=speed)
    for _ in range(30):
        site.get(f"{site.web}/virtualMachines")
    assert site.get(f"{site.web}/virtualMachines").headers["retry-after"] == seconds


def test_the_front_door_has_limits_of_its_own(strict):
    codes = [strict.call("POST", f"{strict.web}/manualupgrade", document=ALL).status for _ in range(201)]
    assert codes == [202] * 200 + [429]
    refused = strict.call("POST", f"{strict.web}/manualupgrade", document=ALL)
    assert refused.json()["error"]["code"] == "SubscriptionRequestsThrottled"
    assert refused.headers["x-ms-failure-cause"] == "gateway"
    strict.wait(0.2)
    assert strict.call("POST", f"{strict.web}/manualupgrade", document=ALL).status == 202


def test_what_was_charged_beyond_the_bucket_has_to_be_paid_back_first():
    limit = {"VMScaleSetVMViewsSubscriptionMaximum": {"refill": 60, "size": 10}}
    site = Site.bundled(throttling={"enabled": True, "limits": limit})
    path = f"{site.web}/virtualMachines"
    assert left(site.get(path))["VMScaleSetVMViewsSubscriptionMaximum"] == 0
    site.wait(10)
    assert site.get(path).status == 429
    site.wait(1.001)
    assert site.get(path).status == 200


def test_a_reset_fills_the_buckets(strict):
    for _ in range(31):
        strict.get(f"{strict.web}/virtualMachines")
    strict.admin("POST", "reset", {})
    assert left(strict.get(f"{strict.web}/virtualMachines"))["HighCostGetVMScaleSetResource"] == 29


def test_time_passes_for_the_refused_client_where_it_passes_with_requests():
    site = Site.bundled(throttling={"enabled": True}, speed=float("inf"))
    path = f"{site.web}/rollingUpgrades/cancel"
    assert [site.call("POST", path).status for _ in range(13)] == [409] * 12 + [429]
    assert site.call("POST", path).status == 409
