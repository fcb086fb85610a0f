# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._model.model_fingerprint import fingerprints
from ansible_collections.azroll.vmss.tests.unit.plugins.modules.conftest import Run
from ansible_collections.azroll.vmss.tests.unit.wire import (
    HOST,
    NEW_VERSION,
    OLD_VERSION,
    OPERATION,
    STARTED_AT,
    WEB,
    Clock,
    Exchange,
    error,
    get,
    get_instances,
    get_model,
    get_rolling,
    model,
    poll,
    vm,
)

MODULE = "vmss_instance_facts"
KEYS = {"changed", "msg", "error", "ansible_facts", "done", "expired", "vmss_progress", "heatmap", "resources"} | {
    "vmss_details"
}


def get_view(state: str | None = "Running") -> Exchange:
    services = [{"serviceName": "AutomaticRepairs", "serviceState": state}] if state else []
    return get(f"{WEB}/instanceView", {"orchestrationServices": services})


def test_facts(run: Run) -> None:
    instances = [
        vm(10, domain=1),
        vm(2, NEW_VERSION),
        vm(9, health="unhealthy"),
        vm(3, domain=None, power="deallocated"),
    ]
    rolling = get_rolling(200, {"properties": {"runningStatus": {"code": "Completed"}}})
    script = [get_model(model(NEW_VERSION)), get_instances(*instances), rolling, get_view()]
    result = run(MODULE, script)
    assert set(result) == KEYS
    assert (result["changed"], result["done"], result["vmss_progress"]) == (False, True, None)
    facts = result["ansible_facts"]["vmss"]
    assert facts["image"]["version"] == NEW_VERSION
    assert (facts["rolling_upgrade"], facts["repairs_state"]) == ("Completed", "Running")
    assert facts["gathered_at"] == STARTED_AT
    assert [one["instance_id"] for one in facts["instances"]] == ["2", "3", "9", "10"]
    assert [one["stale"] for one in facts["instances"]] == [False, True, True, True]
    assert [one["trouble"] for one in facts["instances"]] == [None, "deallocated", "unhealthy", None]
    assert [one["in_service"] for one in facts["instances"]] == [True, False, False, True]
    assert [
        (one["update_domain"], one["instance_ids"], one["stale"], one["in_service"]) for one in facts["domains"]
    ] == [
        (0, ["2", "9"], 1, 1),
        (1, ["10"], 1, 1),
        (None, ["3"], 1, 0),
    ]
    assert facts["counts"] == {
        "total": 4,
        "on_target": 1,
        "stale": 3,
        "attached": 0,
        "in_service": 2,
        "out_of_service": 2,
        "busy": 0,
    }


def test_check_mode_is_the_same(run: Run) -> None:
    script = [get_model(), get_instances(vm(0)), get_rolling(), get_view()]
    assert run(MODULE, script, check_mode=True) == run(MODULE, script)


def test_staleness_against_an_image_of_ones_own(run: Run) -> None:
    script = [get_model(), get_instances(vm(0), vm(1, NEW_VERSION, latest=True)), get_rolling(), get_view(None)]
    facts = run(MODULE, script, target_image={"version": NEW_VERSION})["ansible_facts"]["vmss"]
    assert [one["stale"] for one in facts["instances"]] == [True, False]
    assert facts["image"]["version"] == OLD_VERSION


def test_pages_are_joined(run: Run) -> None:
    second = f"{WEB}/virtualMachines"
    first = get_instances(vm(0))
    first.body["nextLink"] = f"{HOST}{second}?$expand=instanceView&api-version=2024-07-01&$skiptoken=abc"
    more = get(second, {"value": [vm(1)]}, query={"$expand": "instanceView", "$skiptoken": "abc"})
    script = [get_model(), first, more, get_rolling(), get_view()]
    assert len(run(MODULE, script)["ansible_facts"]["vmss"]["instances"]) == 2


def test_a_stale_page_token_starts_the_list_over(run: Run) -> None:
    first = get_instances(vm(0), vm(1))
    first.body["nextLink"] = f"{HOST}{WEB}/virtualMachines?$expand=instanceView&api-version=2024-07-01&$skiptoken=abc"
    stale = get(
        f"{WEB}/virtualMachines",
        error("InvalidParameter", "The token is not valid.", target="$skiptoken"),
        status=400,
        query={"$expand": "instanceView", "$skiptoken": "abc"},
    )
    script = [get_model(), first, stale, get_instances(vm(0)), get_rolling(), get_view()]
    assert [one["instance_id"] for one in run(MODULE, script)["ansible_facts"]["vmss"]["instances"]] == ["0"]
    result = run(MODULE, [get_model(), *[first, stale] * 4])
    assert result["error"]["arm"]["target"] == "$skiptoken"


def test_wait_until_upgraded(run: Run, clock: Clock) -> None:
    script = [
        get_model(model(NEW_VERSION)),
        get_instances(vm(0, state="Updating"), vm(1)),
        get_instances(vm(0, NEW_VERSION, state="Updating"), vm(1)),
        get_instances(vm(0, NEW_VERSION, health="unknown"), vm(1)),
    ]
    result = run(MODULE, script, wait_for="upgraded", instance_ids=["0"], wait_interval=7)
    assert result["done"]
    assert result["vmss_progress"]["phase"] == "upgraded"
    assert result["ansible_facts"]["vmss"]["repairs_state"] is None
    assert clock.sleeps == [7, 7]


def test_the_deadline_is_no_failure(run: Run, clock: Clock) -> None:
    looks = [get_instances(vm(0, NEW_VERSION, health="unhealthy"), vm(1))] * 3
    script = [get_model(model(NEW_VERSION)), *looks]
    result = run(MODULE, script, wait_for="healthy", instance_ids=["0"], wait_timeout=15)
    assert not result.get("failed")
    assert not result["done"]
    assert result["msg"] == "web: 0 of 1 instances healthy; open: 0 (unhealthy)"
    assert result["heatmap"][0].endswith("1 of 2 in service")
    assert result["ansible_facts"] == {}, "the records of all instances are no answer to a wait that goes on"
    assert result["vmss_progress"]["waiting"] == {"0": "unhealthy"}
    assert clock.sleeps == [10, 5]


def test_instances_that_fail_end_the_wait_at_the_second_look(run: Run) -> None:
    bad = get_instances(vm(0, NEW_VERSION, state="Failed", failure="OSProvisioningTimedOut"))
    good = get_instances(vm(0, state="Updating"))
    script = [get_model(model(NEW_VERSION)), bad, good, bad, bad]
    result = run(MODULE, script, wait_for="upgraded", instance_ids=["0"])
    assert result["failed"]
    assert result["error"]["kind"] == "operation_failed"
    assert result["error"]["instances"] == ["0"]
    assert "OSProvisioningTimedOut" in result["msg"]
    assert result["ansible_facts"] == {}
    assert not result["done"]


def test_a_change_of_the_model_ends_a_wait_that_it_makes_vain(run: Run) -> None:
    options = {"wait_for": "upgraded", "instance_ids": ["0"], "same_profile": fingerprints(model())}
    script = [get_model(model(NEW_VERSION)), get_instances(vm(0, NEW_VERSION))]
    assert run(MODULE, script, **options)["done"], "the image is none of the profile"
    larger = {**model(NEW_VERSION), "sku": {"name": "Standard_D8s_v5", "tier": "Standard", "capacity": 1}}
    result = run(MODULE, [get_model(larger)], **options)
    assert result["error"]["kind"] == "concurrent_change"
    assert result["msg"].startswith("Another client changed web before ")
    assert "the size was changed" in result["msg"]


def ended(status: str, code: str) -> Exchange:
    """What Azure says of an operation asked by its id alone: without the signature of its own address."""
    return poll(status, error={"code": code, "message": "it is over"})


def done(*numbers: int) -> Exchange:
    return get_instances(*[vm(number, NEW_VERSION) for number in numbers])


OF_OPERATION = {"wait_for": "upgraded", "instance_ids": ["0", "1"], "operation_id": "0be6"}


def test_all_operations_have_to_end(run: Run) -> None:
    other = get(OPERATION.replace("0be6", "7777"), {"status": "InProgress"})
    over = get(OPERATION.replace("0be6", "7777"), {"status": "Succeeded"})
    script = [get_model(model(NEW_VERSION)), poll(), other, done(0, 1), poll(), over, done(0, 1)]
    assert run(MODULE, script, **{**OF_OPERATION, "operation_id": ["0be6", "7777"]})["done"]


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        ("Canceled", "OperationPreempted", "preempted"),
        ("Failed", "InternalExecutionError", "operation_failed"),
    ],
)
def test_what_an_operation_left_alone_ends_the_wait_when_it_is_over(
    run: Run, status: str, code: str, kind: str
) -> None:
    looks = get_instances(vm(0, NEW_VERSION, state="Updating"), vm(1), vm(2, state="Updating"))
    script = [get_model(model(NEW_VERSION)), poll("InProgress"), looks, *[ended(status, code), looks] * 2]
    result = run(MODULE, script, wait_for="upgraded", instance_ids=["0", "1", "2"], operation_id="0be6")
    error = result["error"]
    assert (error["kind"], error["arm"]["code"], error["instances"]) == (kind, code, ["1"])
    assert result["vmss_progress"]["failed"] == {"1": "still on the old image, and its operation is over"}
    assert code in result["msg"]


@pytest.mark.parametrize(
    ("properties", "word"),
    [
        ({}, "preview feature"),
        ({"modelDefinitionApplied": "VirtualMachine"}, "Likely they have a model of their own"),
        ({"protectionPolicy": {"protectFromScaleSetActions": True}}, "Likely they are protected"),
    ],
)
def test_an_operation_that_succeeds_and_changes_nothing_is_noticed_after_one_more_look(
    run: Run, properties: dict[str, Any], word: str
) -> None:
    idle = vm(0)
    idle["properties"] |= properties
    look = [poll("Succeeded"), get_instances(idle, vm(1, NEW_VERSION))]
    single = get(f"{WEB}/virtualMachines/0", idle, query={"$expand": "instanceView"})
    script = [get_model(model(NEW_VERSION)), *look, *look, single]
    result = run(MODULE, script, wait_for="upgraded", instance_ids=["0", "1"], operation_id="0be6")
    assert (result["error"]["kind"], result["error"]["instances"]) == ("no_effect", ["0"])
    assert "has succeeded, but it changed nothing" in result["msg"]
    assert word in result["msg"]


@pytest.mark.parametrize("status", [400, 403, 404])
def test_where_the_operation_cannot_be_read_two_looks_at_the_instances_tell(run: Run, status: int) -> None:
    unreadable = get(OPERATION, error("AuthorizationFailed", "no"), status=status)
    looks = [get_instances(vm(0)), done(0), get_instances(vm(0)), done(0), done(0)]
    script = [get_model(model(NEW_VERSION)), *[one for look in looks for one in (unreadable, look)]]
    result = run(MODULE, script, wait_for="upgraded", instance_ids=["0"], operation_id="0be6")
    assert result["done"]
    assert "could not be read, so only the instances show" in result["warnings"][0]
    assert "Microsoft.Compute/locations/operations/read" in result["warnings"][0]


def test_vanished_instances_are_nobodys_failure(run: Run) -> None:
    script = [get_model(model(NEW_VERSION)), get_instances(vm(1))]
    result = run(MODULE, script, wait_for="upgraded", instance_ids=["0"])
    assert result["done"]
    assert result["vmss_progress"]["vanished"] == ["0"]


THROTTLED = {
    "error": {
        "code": "OperationNotAllowed",
        "message": "too many",
        "details": [{"code": "TooManyRequests", "target": "HighCostGetVMScaleSet"}],
    }
}


def test_throttling_is_waited_out(run: Run, clock: Clock) -> None:
    throttled = get_instances(status=429, headers={"Retry-After": "120"})
    script = [get_model(model(NEW_VERSION)), throttled, get_instances(vm(0, NEW_VERSION))]
    assert run(MODULE, script, wait_for="upgraded", wait_timeout=600)["done"]
    assert clock.sleeps == [120]


@pytest.mark.parametrize("first", [True, False])
def test_throttling_past_the_deadline_leaves_the_wait_open(run: Run, clock: Clock, first: bool) -> None:
    looked = [] if first else [get_instances(vm(0, state="Updating"))]
    throttled = get(
        f"{WEB}/virtualMachines",
        THROTTLED,
        status=429,
        headers={"Retry-After": "120"},
        query={"$expand": "instanceView"},
    )
    script = [get_model(model(NEW_VERSION)), *looked, throttled]
    result = run(MODULE, script, wait_for="upgraded", instance_ids=["0"], wait_timeout=45)
    assert not result.get("failed")
    assert not result["done"]
    assert "0" in result["vmss_progress"]["waiting"]
    assert bool(result["heatmap"]) is not first
    assert sum(clock.sleeps) == 45


def test_a_wait_goes_on_in_the_next_call(run: Run, clock: Clock, tmp_path: Path) -> None:
    options = {
        "wait_for": "healthy",
        "instance_ids": ["0"],
        "wait_successes": 2,
        "wait_timeout": 2,
        "wait_state": str(tmp_path / "wait"),
    }
    good = get_instances(vm(0, NEW_VERSION))
    first = run(MODULE, [get_model(model(NEW_VERSION)), good], **options)
    assert (first["done"], first["expired"], first.get("failed")) == (False, False, None)
    clock.sleep(2)
    assert not run(MODULE, [], **options)["done"], "the interval is not over"
    clock.sleep(4)
    assert run(MODULE, [get_model(model(NEW_VERSION)), good], **options)["done"]


@pytest.mark.parametrize(
    ("look", "kind", "words"),
    [
        (get_instances(vm(0, NEW_VERSION, health="unhealthy")), "timeout", "open: 0 (unhealthy)"),
        (get_instances(status=429, headers={"Retry-After": "1200"}), "throttled", "No read returned the instances"),
    ],
)
def test_a_wait_of_several_calls_ends_by_its_own_limits(
    run: Run, tmp_path: Path, look: Exchange, kind: str, words: str
) -> None:
    options = {"wait_for": "healthy", "instance_ids": ["0"], "wait_state": str(tmp_path / "wait"), "wait_timeout": 45}
    looks = [look] * (3 if kind == "timeout" else 1)
    script = [get_model(model(NEW_VERSION)), *looks]
    result = run(MODULE, script, answered_timeout=20, unanswered_timeout=900, **options)
    assert result["failed"]
    assert (result["error"]["kind"], result["expired"], result["done"]) == (kind, True, False)
    assert words in result["msg"]


def test_throttling_past_the_timeout_is_an_error_when_nothing_is_waited_for(run: Run, clock: Clock) -> None:
    throttled = get(f"{WEB}", THROTTLED, status=429, headers={"Retry-After": "1200"})
    result = run(MODULE, [throttled])
    assert result["error"]["kind"] == "throttled"
    assert "another 1200 seconds" in result["msg"]
    assert result["error"]["arm"]["target"] == "HighCostGetVMScaleSet"
    assert result["ansible_facts"] == {}
    assert set(result) == {*KEYS, "failed"}
    assert clock.sleeps == []


@pytest.mark.parametrize(
    "options", [{"fresher_than": "yesterday"}, {"wait_interval": 0}, {"wait_successes": 0, "wait_for": "healthy"}]
)
def test_options_that_cannot_be_meant(run: Run, options: dict[str, Any]) -> None:
    assert run(MODULE, [], **options)["error"]["kind"] == "bad_input"


def test_raw_resources_without_secrets_and_alike_as_long_as_the_set_is(run: Run) -> None:
    profile = {
        "osProfile": {"customData": "c2VjcmV0", "adminUsername": "me", "windowsConfiguration": {"timeZone": "UTC"}},
        "userData": "c2VjcmV0",
        "extensionProfile": {"extensions": [{"properties": {"settings": {"a": 1}, "protectedSettings": {"b": 2}}}]},
    }
    body = model()
    body["properties"]["virtualMachineProfile"] |= profile
    results = []
    for time, ids in (("2026-11-22T10:14:59+00:00", (10, 2)), ("2026-11-22T10:15:04+00:00", (2, 10))):
        entries = [vm(number, reported=time) for number in ids]
        results.append(run(MODULE, [get_model(body), get_instances(*entries), get_rolling(), get_view()], raw=True))
    first, second = (result["resources"] for result in results)
    assert first == second
    assert [one["instanceId"] for one in first["instances"]] == ["2", "10"]
    health = first["instances"][0]["properties"]["instanceView"]["vmHealth"]["status"]
    assert health["code"] == "HealthState/healthy"
    kept = first["scale_set"]["properties"]["virtualMachineProfile"]
    assert kept["osProfile"] == {"adminUsername": "me", "windowsConfiguration": {"timeZone": "UTC"}}
    assert kept["extensionProfile"] == {"extensions": [{"properties": {"settings": {"a": 1}}}]}
    assert "userData" not in kept
    assert first["scale_set"] | {"properties": {}} == body | {"properties": {}}
    assert results[0]["ansible_facts"]["vmss"]["instances"][0]["health_time"] == "2026-11-22T10:14:59+00:00"


def test_raw_resources_are_none_of_a_wait(run: Run) -> None:
    assert run(MODULE, [get_model(), get_instances(vm(0)), get_rolling(), get_view()])["resources"] is None
    assert "mutually exclusive" in run(MODULE, [], raw=True, wait_for="healthy")["msg"]


def test_details_of_those_out_of_service_or_of_those_named(run: Run) -> None:
    entries = [vm(0), vm(3, state="Failed", failure="OSProvisioningTimedOut"), vm(1, health="unhealthy")]
    script = [get_model(), get_instances(*entries), get_rolling(), get_view()]
    details = run(MODULE, script, details=True)["vmss_details"]
    assert [one["instance_id"] for one in details["instances"]] == ["1", "3"]
    assert [(one["code"], one["instance_ids"]) for one in details["groups"]] == [
        ("OSProvisioningTimedOut", ["3"]),
        ("unhealthy", ["1"]),
    ]
    script = [get_model(), get_instances(*entries), get_rolling(), get_view()]
    named = run(MODULE, script, details=True, instance_ids=["0", "3"])["vmss_details"]
    assert [one["instance_id"] for one in named["instances"]] == ["0", "3"]
    assert [one["instance_ids"] for one in named["groups"]] == [["3"]]
    assert "mutually exclusive" in run(MODULE, [], details=True, wait_for="healthy")["msg"]
