# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Faults of every kind, and the choice of the requests that they befall."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from armsim.common import fields

from .in_process import Answer, Site

IMAGE = {
    "properties": {
        "virtualMachineProfile": {
            "storageProfile": {
                "imageReference": {
                    "publisher": "Canonical",
                    "offer": "ubuntu-24_04-lts",
                    "sku": "server",
                    "version": "24.04.202511100",
                }
            }
        }
    }
}


@pytest.fixture
def site() -> Site:
    return Site.bundled()


def get(site: Site) -> int:
    return site.get(site.web).status


def error_of(answer: Answer) -> dict[str, Any]:
    error: dict[str, Any] = answer.json()["error"]
    return error


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "BadRequest"),
        (401, "InvalidAuthenticationToken"),
        (403, "AuthorizationFailed"),
        (404, "NotFound"),
        (409, "Conflict"),
        (412, "PreconditionFailed"),
        (429, "OperationNotAllowed"),
        (500, "InternalServerError"),
        (502, "BadGateway"),
        (503, "ServiceUnavailable"),
        (504, "GatewayTimeout"),
    ],
)
def test_an_ordered_status_has_its_usual_code_and_no_effect(site, status, code):
    site.admin("POST", "faults", {"kind": "status", "status": status, "retry_after": 7})
    etag = site.host.simulation.scale_sets()[0].etag
    answer = site.call("PATCH", site.web, document=IMAGE)
    assert answer.status == status
    assert error_of(answer)["code"] == code
    assert answer.headers["retry-after"] == "7"
    assert site.host.simulation.scale_sets()[0].etag == etag
    assert get(site) == 200


def test_code_and_message_of_a_status_can_be_chosen(site):
    site.admin("POST", "faults", {"kind": "status", "status": 409, "code": "Mine", "message": "So."})
    assert error_of(site.get(site.web)) == {"code": "Mine", "message": "So."}


def test_everything_that_a_refusal_says_can_be_chosen(site):
    info = [{"type": "PolicyViolation", "info": {"policyAssignmentName": "no-new-tags"}}]
    fault = {
        "kind": "status",
        "status": 403,
        "code": "RequestDisallowedByPolicy",
        "message": "Resource 'web' was disallowed by policy.",
        "target": "web",
        "details": [{"code": "Inner", "message": "Why."}],
        "inner_error": {"internalErrorCode": "Deeper"},
        "additional_info": info,
        "headers": {"x-ms-failure-cause": "gateway"},
    }
    site.admin("POST", "faults", fault)
    answer = site.get(site.web)
    assert (answer.status, answer.headers["x-ms-failure-cause"]) == (403, "gateway")
    assert error_of(answer) == {
        "code": "RequestDisallowedByPolicy",
        "message": "Resource 'web' was disallowed by policy.",
        "target": "web",
        "details": [{"code": "Inner", "message": "Why."}],
        "innererror": {"internalErrorCode": "Deeper"},
        "additionalInfo": info,
    }


def test_fields_of_an_answer_are_dropped_or_changed_and_the_set_stays_as_it_is(site):
    listing = {"operation": "VirtualMachineScaleSetVMs_List"}
    health = "value[*].properties.instanceView.vmHealth"
    applied = "value[instanceId=3].properties.latestModelApplied"
    site.admin("POST", "faults", {"kind": "changed", "drop": [health], "put": {applied: False}, **listing})
    changed, after = (site.get(f"{site.web}/virtualMachines", "$expand=instanceView").json()["value"] for _ in range(2))
    assert len(changed) == len(after) == 20
    assert not any("vmHealth" in one["properties"]["instanceView"] for one in changed)
    assert [one["instanceId"] for one in changed if not one["properties"]["latestModelApplied"]] == ["3"]
    assert all("vmHealth" in one["properties"]["instanceView"] for one in after)
    assert all(one["properties"]["latestModelApplied"] for one in after)
    assert site.host.simulation.requests.faults == {"changed": 1}


def test_a_list_that_is_older_than_the_last_one(site):
    def sizes():
        return [len(site.get(f"{site.web}/virtualMachines").json()["value"]) for _ in range(2)]

    fault = {"kind": "stale", "seconds": 50, "operation": "VirtualMachineScaleSetVMs_List"}
    assert sizes() == [20, 20]
    # No client has read it since it was ordered; so the first list is as ever, and only a later one is old.
    site.admin("POST", "faults", {**fault, "calls": ["3", "5"], "times": 2})
    assert sizes() == [20, 20]
    site.call("PATCH", site.web, document={"sku": {"capacity": 10}})
    site.wait(600)
    assert sizes() == [20, 10]
    site.wait(100)
    assert sizes() == [10, 10]
    assert site.host.simulation.requests.faults == {"stale": 2}


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("a", {"b": {"c": 1, "d.e": 2}, "list": [{"n": 1}, {"n": 2}]}),
        ("b.c", {"a": 0, "b": {"d.e": 2}, "list": [{"n": 1}, {"n": 2}]}),
        ("B.C", {"a": 0, "b": {"d.e": 2}, "list": [{"n": 1}, {"n": 2}]}),
        ('b["d.e"]', {"a": 0, "b": {"c": 1}, "list": [{"n": 1}, {"n": 2}]}),
        ("list[*].n", {"a": 0, "b": {"c": 1, "d.e": 2}, "list": [{}, {}]}),
        ("list[1].n", {"a": 0, "b": {"c": 1, "d.e": 2}, "list": [{"n": 1}, {}]}),
        ("list[n=1].n", {"a": 0, "b": {"c": 1, "d.e": 2}, "list": [{}, {"n": 2}]}),
        ("x.y", {"a": 0, "b": {"c": 1, "d.e": 2}, "list": [{"n": 1}, {"n": 2}]}),
        ("a.y", {"a": 0, "b": {"c": 1, "d.e": 2}, "list": [{"n": 1}, {"n": 2}]}),
    ],
)
def test_a_path_names_fields_wherever_they_are(path, left):
    document = {"a": 0, "b": {"c": 1, "d.e": 2}, "list": [{"n": 1}, {"n": 2}]}
    fields.drop(document, path)
    assert document == left


def test_a_value_is_put_where_there_was_none():
    document: dict[str, Any] = {"value": [{"properties": {}}]}
    fields.put(document, "value[*].properties.osProfile.computerName", "web-1")
    fields.put(document, "other[*].name", "nothing")
    assert document == {"value": [{"properties": {"osProfile": {"computerName": "web-1"}}}]}


@pytest.mark.parametrize(("body", "content_type"), [("html", "text/html; charset=utf-8"), ("empty", None)])
def test_something_before_the_service_answers_with_a_page_or_nothing(site, body, content_type):
    site.admin("POST", "faults", {"kind": "status", "status": 503, "body": body})
    answer = site.get(site.web)
    assert (answer.status, answer.headers.get("content-type")) == (503, content_type)
    assert (b"<h1>503 Service Unavailable</h1>" in answer.body) == (body == "html")


def test_a_token_is_taken_for_expired(site):
    site.admin("POST", "faults", {"kind": "expired_token"})
    answer = site.get(site.web)
    assert (answer.status, error_of(answer)["code"]) == (401, "ExpiredAuthenticationToken")
    assert "WWW-Authenticate".lower() in answer.headers
    assert get(site) == 200


def test_only_a_further_page_can_have_a_stale_token():
    site = Site.bundled("thousand")
    site.admin("POST", "faults", {"kind": "stale_skiptoken"})
    first = site.get(f"{site.web}/virtualMachines")
    further = first.json()["nextLink"].partition("?")[2]
    refused = site.send("GET", f"{site.web}/virtualMachines", further)
    assert (refused.status, error_of(refused)["code"], error_of(refused)["target"]) == (
        400,
        "InvalidParameter",
        "$skiptoken",
    )
    assert site.send("GET", f"{site.web}/virtualMachines", further).status == 200


@pytest.mark.parametrize(("when", "written"), [("before", 0), ("after", 1)])
def test_a_reset_comes_before_or_after_the_effect(new_client, when, written):
    client = new_client("quickstart")
    client.simulator.faults({"kind": "reset", "when": when, "operation": "*_Update"})
    with pytest.raises(requests.exceptions.ConnectionError):
        client.patch_image({"version": "24.04.202511100"})
    ledger = client.simulator.ledger()
    assert ledger["requests"]["writes"] == written
    assert ledger["requests"]["faults"] == {"reset": 1}
    applied = client.get(client.web).json()["properties"]["virtualMachineProfile"]["storageProfile"]["imageReference"]
    assert (applied["version"] == "24.04.202511100") == bool(written)


def test_a_truncated_body_ends_before_its_length(new_client):
    client = new_client("quickstart")
    client.simulator.faults({"kind": "truncated"})
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        client.get(client.web)
    assert client.get(client.web).status_code == 200


def test_a_slow_answer_takes_effect_at_once_and_blocks_nobody(new_client):
    client = new_client("quickstart")
    client.simulator.faults({"kind": "slow", "seconds": 0.6, "operation": "*_Update"})
    with ThreadPoolExecutor(1) as thread:
        slow = thread.submit(client.patch_image, {"version": "24.04.202511100"})
        while client.simulator.ledger()["requests"]["writes"] == 0:
            assert not slow.done()
        assert not slow.done()
        assert slow.result().status_code == 200


@pytest.mark.parametrize(
    ("outcome", "code"), [("Failed", "InternalExecutionError"), ("Canceled", "OperationPreempted")]
)
def test_an_accepted_operation_ends_badly(site, outcome, code):
    site.admin("POST", "faults", {"kind": "operation", "outcome": outcome, "operation": "*_UpdateInstances"})
    site.call("PATCH", site.web, document=IMAGE)
    site.wait(10)
    accepted = site.call("POST", f"{site.web}/manualupgrade", document={"instanceIds": ["*"]})
    assert accepted.status == 202
    assert poll(site, accepted)["status"] == "InProgress"
    site.wait(600)
    ended = poll(site, accepted)
    assert (ended["status"], ended["error"]["code"]) == (outcome, code)
    assert site.get(site.web).json()["properties"]["provisioningState"] == (
        "Failed" if outcome == "Failed" else "Succeeded"
    )
    assert site.host.simulation.requests.faults == {"operation": 1}


def test_an_action_may_be_over_before_it_has_begun(site):
    fault = {"kind": "operation", "outcome": "Canceled", "operation": "*_UpdateInstances", "begins": False}
    site.admin("POST", "faults", fault)
    site.call("PATCH", site.web, document=IMAGE)
    site.wait(10)
    accepted = site.call("POST", f"{site.web}/manualupgrade", document={"instanceIds": ["*"]})
    assert accepted.status == 202
    site.wait(10)
    ended = poll(site, accepted)
    assert (ended["status"], ended["error"]["code"]) == ("Canceled", "OperationPreempted")
    web = site.host.simulation.scale_sets()[0]
    assert {one.provisioning for one in web.active()} == {"Succeeded"}
    assert not any(one.applies(web.model) for one in web.active())
    assert site.host.simulation.requests.faults == {"operation": 1}


@pytest.mark.parametrize("place", ["set", "instance", "repairs"])
def test_a_write_may_succeed_and_change_nothing(site, place):
    one = next(iter(site.host.simulation.scale_sets()[0].instances))
    method, path, document = {
        "set": ("PATCH", site.web, IMAGE),
        "instance": (
            "PUT",
            f"{site.web}/virtualMachines/{one}",
            {"location": "westeurope", "properties": {"protectionPolicy": {"protectFromScaleIn": True}}},
        ),
        "repairs": (
            "POST",
            f"{site.web}/setOrchestrationServiceState",
            {"serviceName": "AutomaticRepairs", "action": "Suspend"},
        ),
    }[place]
    seen = f"{site.web}/instanceView" if place == "repairs" else path

    def shown():
        return {name: part for name, part in site.get(seen).json().items() if name != "statuses"}

    before = shown()
    fault = {"kind": "operation", "outcome": "Succeeded", "operation": "*", "path": f"*{path[-12:]}", "begins": False}
    site.admin("POST", "faults", fault)
    accepted = site.call(method, path, document=document)
    assert accepted.status == (202 if place == "repairs" else 200)
    site.wait(10)
    assert poll(site, accepted)["status"] == "Succeeded"
    assert shown() == before
    assert site.call(method, path, document=document).status == accepted.status
    site.wait(10)
    assert shown() != before


def test_an_operation_may_never_end(site):
    site.admin("POST", "faults", {"kind": "operation", "outcome": "never", "operation": "*_Update"})
    first = site.call("PATCH", site.web, document=IMAGE)
    site.wait(86_400)
    assert poll(site, first)["status"] == "InProgress"
    assert site.get(site.web).json()["properties"]["provisioningState"] == "Updating"


def test_a_newer_operation_pre_empts_one_that_would_never_end(site):
    site.admin("POST", "faults", {"kind": "operation", "outcome": "never", "operation": "*_Update"})
    first = site.call("PATCH", site.web, document=IMAGE)
    second = site.call("PATCH", site.web, document={"tags": {"a": "b"}})
    site.wait(10)
    assert poll(site, first)["error"]["code"] == "OperationPreempted"
    assert poll(site, second)["status"] == "Succeeded"
    assert site.get(site.web).json()["properties"]["provisioningState"] == "Succeeded"


def test_a_refused_write_does_not_spend_the_fault_of_an_operation(site):
    site.admin("POST", "faults", {"kind": "operation"})
    assert site.call("POST", f"{site.web}/manualupgrade", document={"instanceIds": ["none"]}).status == 400
    assert site.admin("GET", "faults")[0]["struck"] == 0


@pytest.mark.parametrize(
    ("choice", "statuses"),
    [
        ({}, [500, 200, 200, 200, 200, 200]),
        ({"times": 2}, [500, 500, 200, 200, 200, 200]),
        ({"times": "unlimited"}, [500] * 6),
        ({"calls": 3}, [200, 200, 500, 200, 200, 200]),
        ({"calls": [1, "4-5"]}, [500, 200, 200, 500, 500, 200]),
        ({"calls": "5-"}, [200, 200, 200, 200, 500, 500]),
        ({"calls": "2-", "times": 1}, [200, 500, 200, 200, 200, 200]),
        ({"rate": 1}, [500] * 6),
        ({"rate": 0}, [200] * 6),
        ({"operation": "virtualmachinescalesets_g*", "times": 1}, [500, 200, 200, 200, 200, 200]),
        ({"operation": "*VMs_*"}, [200] * 6),
        ({"path": "*/WEB", "times": 6}, [500] * 6),
        ({"path": "*/api"}, [200] * 6),
        ({"api_version": "2024-*", "times": 6}, [500] * 6),
        ({"api_version": "2019-*"}, [200] * 6),
    ],
)
def test_requests_are_chosen_by_number_by_pattern_or_by_lot(site, choice, statuses):
    site.admin("POST", "faults", {"kind": "status", "status": 500, **choice})
    assert [get(site) for _ in statuses] == statuses


def test_faults_can_be_bounded_in_simulated_time(site):
    site.admin("POST", "faults", {"kind": "status", "status": 500, "between": [10, 20]})
    statuses = []
    for _ in range(5):
        statuses.append(get(site))
        site.wait(6)
    assert statuses == [200, 200, 500, 500, 200]


def test_the_lot_is_drawn_by_the_seed_and_the_number_of_the_fitting_request():
    def drawn(seed: int, others: bool) -> list[int]:
        fault = {"kind": "status", "status": 500, "rate": 0.5, "operation": "VirtualMachineScaleSets_Get"}
        site = Site.bundled(seed=seed, faults=[fault])
        statuses = []
        for _ in range(40):
            statuses.append(get(site))
            if others:
                site.get(f"{site.web}/virtualMachines")
        return statuses

    first = drawn(7, others=False)
    assert 10 < first.count(500) < 30
    assert drawn(7, others=True) == first
    assert drawn(8, others=False) != first


def test_every_fault_counts_what_fits_it_and_the_first_ordered_strikes(site):
    for status, calls in ((500, 2), (503, "2-3")):
        site.admin("POST", "faults", {"kind": "status", "status": status, "calls": calls})
    assert [get(site) for _ in range(4)] == [200, 500, 503, 200]


def test_faults_are_listed_counted_and_cleared(site):
    site.admin("POST", "faults", [{"kind": "status", "status": 500, "calls": "2-"}, {"kind": "reset", "path": "/x"}])
    assert [get(site) for _ in range(2)] == [200, 500]
    assert site.admin("GET", "faults") == [
        {"kind": "status", "status": 500, "calls": "2-", "times": "unlimited", "fitting": 2, "struck": 1},
        {"kind": "reset", "path": "/x", "times": 1, "fitting": 0, "struck": 0},
    ]
    assert site.admin("GET", "ledger")["requests"]["faults"] == {"status": 1}
    site.admin("DELETE", "faults")
    assert site.admin("GET", "faults") == []
    assert get(site) == 200


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "status", "status": 418}, "400, 401, 403, 404, 409, 412, 429, 500, 502, 503 or 504"),
        ({"kind": "changed"}, "give drop or put"),
        ({"kind": "changed", "drop": ["value[*]"]}, "does not end in the name of a field"),
        ({"kind": "changed", "drop": [".a"]}, ".a is not a path such as"),
        ({"kind": "changed", "put": {"a[": 1}}, "a[ is not a path such as"),
        ({"kind": "status", "status": 500, "calls": "two"}, 'two is none of: a number, "2-5", "7-"'),
        ({"kind": "slow"}, "give either seconds or simulated_seconds"),
        ({"kind": "thunder"}, "'status', 'reset', 'slow', 'truncated'"),
    ],
)
def test_a_fault_that_does_not_fit_is_refused_with_what_is_allowed(site, fault, words):
    assert words in site.admin("POST", "faults", fault)["error"]["message"]


def poll(site: Site, accepted: Answer) -> dict[str, Any]:
    path, _, query = accepted.headers["azure-asyncoperation"].partition("?")
    body: dict[str, Any] = site.send("GET", "/" + path.split("/", 3)[3], query).json()
    return body
