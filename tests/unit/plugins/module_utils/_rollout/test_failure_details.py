# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""What failed instances say comes whole but bounded, without secrets, and those of one cause come together."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._rollout.failure_details import (
    LINE,
    MESSAGE,
    RECORDS,
    bundle,
    cause_of,
    clean,
    complete,
)
from ansible_collections.azroll.vmss.tests.unit.builders import EXTENSION, SUBSCRIPTION, wire_instance

TIMED_OUT = "OSProvisioningTimedOut"


def document(number=0, *, code="", message="", health="healthy", extension=None, agent=None):
    body = deepcopy(wire_instance(number))
    properties = body["properties"]
    properties["osProfile"] = {"customData": "planted-secret"}
    body["resources"] = [{"properties": {"protectedSettings": {"key": "planted-secret"}}}]
    body["instanceId"] = str(number)
    view = properties["instanceView"]
    view["computerName"] = f"web{number:06}"
    view["vmHealth"]["status"]["code"] = f"HealthState/{health}"
    if code:
        properties["provisioningState"] = "Failed"
        view["statuses"][0] = {"code": f"ProvisioningState/failed/{code}", "message": message, "time": "now"}
    if extension:
        view["extensions"] = [{"name": "setup", "statuses": [{"code": extension[0], "message": extension[1]}]}]
    if agent:
        status = {"code": "ProvisioningState/Unavailable", "displayStatus": "Not Ready", "message": agent}
        view["vmAgent"]["statuses"] = [status]
    return body


def test_those_of_one_cause_come_together_and_the_biggest_group_first():
    words = (
        "OS Provisioning for VM '{name}' of {path} (instance {number}, activity {guid}) did not finish by {time}; "
        "see https://blob.example/log.txt?sv=1&sig=planted-secret"
    )
    documents = [
        document(
            number,
            code=TIMED_OUT,
            message=words.format(
                name=name,
                path=f"{SUBSCRIPTION}/x/{number}",
                number=number,
                guid=f"4ab5a05b-7f0e-4b0a-8c3f-0d8f8f3c9b{number:02}",
                time=f"2026-11-22T10:{number:02}:31.1234567+00:00",
            ),
        )
        for number, name in ((11, "web_11"), (2, "web000002"), (3, "WEB_3"))
    ]
    documents += [document(7, health="unhealthy"), document(8)]
    made = bundle(documents, EXTENSION)
    assert [(one["code"], one["instance_ids"]) for one in made["groups"]] == [
        (TIMED_OUT, ["2", "3", "11"]),
        ("unhealthy", ["7"]),
    ]
    assert made["groups"][0]["message"] == (
        "OS Provisioning for VM '<instance>' of <resource> (instance <instance>, activity <id>) did not finish by "
        "<time>; see https://blob.example/log.txt?..."
    )
    assert made["groups"][0]["line"].startswith(f"3 instances (2, 3, 11): {TIMED_OUT}: OS Provisioning for VM")
    assert made["groups"][1]["line"] == "1 instance (7): unhealthy"
    assert [one["instance_id"] for one in made["instances"]] == ["2", "3", "7", "11"]
    record = made["instances"][0]
    assert (record["provisioning_state"], record["power"], record["health"]) == ("Failed", "running", "healthy")
    assert record["agent"] == {"version": "2.14.0.1", "status": "Ready", "message": "Guest Agent is running"}
    assert (record["statuses"][0]["code"], record["statuses"][0]["time"]) == (
        f"ProvisioningState/failed/{TIMED_OUT}",
        "now",
    )
    assert "planted-secret" not in json.dumps(made)


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        (
            {"code": "VMExtensionProvisioningError", "message": "exit code 1"},
            "VMExtensionProvisioningError: exit code 1",
        ),
        (
            {"code": "VMExtensionProvisioningError", "message": "exit code 2"},
            "VMExtensionProvisioningError: exit code 2",
        ),
        (
            {"health": "unhealthy", "extension": ("ProvisioningState/failed/7", "script of web_0 ended")},
            "7: script of <instance> ended",
        ),
        ({"health": "unknown", "agent": "no heartbeat"}, "unknown: the agent says no heartbeat"),
        ({"health": "unhealthy"}, "unhealthy"),
    ],
)
def test_the_cause_is_the_first_error_that_is_told(fields, cause):
    assert cause_of(document(**fields), EXTENSION).describe() == cause


def test_an_instance_in_service_has_no_cause_whatever_an_extension_says():
    assert cause_of(document(extension=("ProvisioningState/failed/7", "x")), EXTENSION) is None


def test_a_set_that_fails_as_a_whole_is_named_whole():
    made = bundle([document(number, code=TIMED_OUT) for number in range(RECORDS + 9)], EXTENSION)
    assert len(made["instances"]) == RECORDS
    assert len(made["groups"][0]["instance_ids"]) == RECORDS + 9
    assert len(made["groups"][0]["line"]) < 2 * LINE


def test_what_the_caller_knows_is_cleaned_as_well():
    said = {"status": 409, "code": "Conflict", "message": "see https://x/y?sig=planted-secret", "target": None}
    made = complete({"instances": [], "groups": []}, said, "GET https://site/?token=planted-secret gave 503")
    assert made["operation"] == {"status": "409", "code": "Conflict", "message": "see https://x/y?..."}
    assert made["probe"] == "GET https://site/?... gave 503"
    assert complete(None, None) == {"instances": [], "groups": [], "operation": None, "probe": None}


@pytest.mark.parametrize(
    "text",
    ["password=hidden", "AccountKey: hidden;x", '"secret": "hidden"', "Authorization: Bearer hidden", "sig=hidden&x"],
)
def test_what_looks_like_a_secret_is_masked(text):
    assert "hidden" not in clean(text)


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.sampled_from(["", "A", "B"]), st.text(max_size=2 * MESSAGE)),
        unique_by=lambda one: one[0],
        max_size=20,
    )
)
def test_every_failed_instance_is_in_one_group_and_every_text_is_bounded(drawn):
    made = bundle([document(number, code=code, message=text) for number, code, text in drawn], EXTENSION)
    grouped = [number for group in made["groups"] for number in group["instance_ids"]]
    assert sorted(grouped) == sorted(str(number) for number, code, _text in drawn if code)
    assert [len(one["instance_ids"]) for one in made["groups"]] == sorted(
        (len(one["instance_ids"]) for one in made["groups"]), reverse=True
    )
    assert all(len(one["statuses"][0]["message"]) <= MESSAGE for one in made["instances"])
    assert json.loads(json.dumps(made)) == made
