# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Several requests in one: each is served as if it had come alone."""

from __future__ import annotations

import pytest

from .in_process import HOST, Site

VERSION = "api-version=2024-07-01"


@pytest.fixture
def site():
    return Site.bundled()


def batch(site, *requests):
    return site.call("POST", "/batch", document={"requests": list(requests)})


def get(address, **more):
    return {"httpMethod": "GET", "url": address, **more}


def test_each_request_has_its_answer_by_name(site):
    answer = batch(
        site,
        get(f"{site.web}?{VERSION}", name="set", requestHeaderDetails={"commandName": "HubsExtension."}),
        get(f"https://{HOST}{site.web}/virtualMachines?$select=instanceId&{VERSION}", name="instances"),
        get(f"{site.web}x?{VERSION}", name="none"),
        {"httpMethod": "GET", "relativeUrl": f"/subscriptions?{VERSION}"},
    )
    assert answer.status == 200
    whole, instances, none, subscriptions = answer.json()["responses"]
    assert (whole["name"], whole["httpStatusCode"], whole["content"]["name"]) == ("set", 200, "web")
    assert whole["contentLength"] > 1000
    assert "x-ms-request-id" in whole["headers"]
    assert len(instances["content"]["value"]) == 20
    assert (none["httpStatusCode"], none["content"]["error"]["code"]) == (404, "ResourceNotFound")
    assert "name" not in subscriptions
    assert subscriptions["content"]["count"]["value"] == 1


def test_writes_take_effect_and_are_counted_as_if_they_had_come_alone(site):
    patch = {"httpMethod": "PATCH", "url": f"{site.web}?{VERSION}", "content": {"tags": {"a": "b"}}}
    (written,) = batch(site, patch).json()["responses"]
    assert (written["httpStatusCode"], written["content"]["tags"]) == (200, {"a": "b"})
    assert "azure-asyncoperation" in written["headers"]
    requests = site.admin("GET", "ledger")["requests"]
    assert requests["writes"] == 1
    assert requests["by_operation"] == {"Batch_Post": 1, "VirtualMachineScaleSets_Update": 1}


def test_a_lock_holds_for_what_is_within(site):
    site.admin("POST", "read-only", {"enabled": True})
    patch = {"httpMethod": "PATCH", "url": f"{site.web}?{VERSION}", "content": {"tags": {}}}
    answers = batch(site, get(f"{site.web}?{VERSION}"), patch).json()["responses"]
    assert [one["httpStatusCode"] for one in answers] == [200, 409]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"requests": {}},
        {"requests": [{"httpMethod": "GET"}]},
        {"requests": [{"url": "/subscriptions"}]},
        {"requests": ["/subscriptions"]},
        {"requests": [get("/subscriptions")] * 21},
    ],
)
def test_what_is_not_a_valid_batch_is_refused(site, document):
    answer = site.call("POST", "/batch", document=document)
    assert (answer.status, answer.json()["error"]["code"]) == (400, "InvalidRequestContent")


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        (f"/batch?{VERSION}", 405, "MethodNotAllowed"),
        (f"/nothing?{VERSION}", 404, "InvalidResourceType"),
        ("/subscriptions", 400, "MissingApiVersionParameter"),
    ],
)
def test_addresses_that_lead_nowhere(site, address, status, code):
    (answer,) = batch(site, get(address)).json()["responses"]
    assert (answer["httpStatusCode"], answer["content"]["error"]["code"]) == (status, code)


def test_a_batch_within_a_batch_leads_nowhere(site):
    inner = {"httpMethod": "POST", "url": f"/batch?{VERSION}", "content": {"requests": []}}
    (answer,) = batch(site, inner).json()["responses"]
    assert answer["httpStatusCode"] == 404
