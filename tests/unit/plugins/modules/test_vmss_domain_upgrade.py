# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

from typing import Any

import pytest
import requests

from ansible_collections.azroll.vmss.plugins.module_utils._guards.baseline import Baseline
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.model_fingerprint import fingerprints
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.tests.unit.plugins.modules.conftest import Run
from ansible_collections.azroll.vmss.tests.unit.wire import (
    GROUP,
    NEW_VERSION,
    OLD_VERSION,
    STARTED_AT,
    WEB,
    Clock,
    Exchange,
    action,
    error,
    get,
    get_instances,
    get_model,
    get_rolling,
    model,
    poll_action,
    reference,
    vm,
)

MODULE = "vmss_domain_upgrade"
KEYS = {
    "changed",
    "msg",
    "error",
    "instance_ids",
    "excluded",
    "image",
    "started_at",
    "operation_id",
    "unhealthy_before",
    "failed_before",
    "vmss_progress",
    "diff",
}


def get_new_model() -> Exchange:
    return get_model(model(NEW_VERSION))


def upgrade(*ids: str, **more: Any) -> Exchange:
    return action("manualupgrade", {"instanceIds": list(ids)}, **more)


def four(*done: int) -> list[dict[str, Any]]:
    """Four instances in two domains; those that are done run the new image."""
    return [vm(n, NEW_VERSION if n in done else OLD_VERSION, domain=n % 2) for n in range(4)]


def test_one_domain_is_upgraded_and_seen_through(run: Run) -> None:
    script = [
        get_new_model(),
        get_instances(*four()),
        get_rolling(),
        upgrade("0", "2"),
        poll_action(),
        get_instances(*four(0), vm(2, state="Updating")),
        get_instances(*four(0, 2)),
    ]
    script[5].body["value"][2]["properties"]["provisioningState"] = "Updating"
    result = run(MODULE, script, update_domain=0, max_unavailable="50%", wait_interval=5)
    assert set(result) == KEYS
    assert result["changed"]
    assert result["instance_ids"] == ["0", "2"]
    assert result["started_at"] == STARTED_AT
    assert result["vmss_progress"]["done"]
    assert result["msg"] == "2 of 2 instances upgraded"
    assert result["diff"]["after"]["0"].endswith(NEW_VERSION)


def test_nothing_is_sent_when_all_are_on_the_image(run: Run) -> None:
    result = run(MODULE, [get_new_model(), get_instances(*four(0, 2))], update_domain=0)
    assert not result["changed"]
    assert result["instance_ids"] == []
    assert result["started_at"] is None
    assert [one["instance_id"] for one in result["excluded"]] == ["0", "2"]


def test_check_mode_only_reads_and_foretells_the_same(run: Run) -> None:
    script = [get_new_model(), get_instances(*four()), get_rolling()]
    result = run(MODULE, script, update_domain=1, max_unavailable="2", check_mode=True)
    assert result["changed"]
    assert result["instance_ids"] == ["1", "3"]
    assert result["started_at"] is None
    assert "would be upgraded" in result["msg"]


def read(*instances: dict[str, Any]) -> list[Exchange]:
    return [get_new_model(), get_instances(*instances), get_rolling()]


@pytest.mark.parametrize("lost", [{"status": 500}, {"raises": requests.exceptions.ReadTimeout("Read timed out.")}])
def test_a_call_without_an_answer_that_was_received_is_not_made_again(run: Run, lost: dict[str, Any]) -> None:
    moving = [*four()[:2], vm(2, domain=0, state="Updating"), vm(3, domain=1)]
    script = [*read(*four()), upgrade("0", "2", **lost), get_new_model(), get_instances(*moving)]
    baseline = Baseline.of(
        ScaleSet.from_wire(model(NEW_VERSION), resource_group="rg-shop"),
        [Instance.from_wire(one) for one in four()],
        Image.from_options(reference(NEW_VERSION)),
        at=None,
        any_capacity=False,
    )
    options = {"instance_ids": ["0", "2"], "max_unavailable": "2", "wait": False, "baseline": baseline.to_dict()}
    result = run(MODULE, script, **options)
    assert (result["changed"], result["error"]) == (True, None)
    assert result["instance_ids"] == ["0", "2"], "Azure takes all ids of a call, or none"
    assert result["started_at"] == STARTED_AT, "no report from before this is one of the new disk"
    assert result["operation_id"] is None

    # What shows the new image already was not upgraded by another client.
    moved = [*four(0)[:2], vm(2, domain=0, state="Updating"), vm(3, domain=1)]
    assert run(MODULE, [*script[:4], get_new_model(), get_instances(*moved)], **options)["error"] is None


def test_what_may_have_been_sent_is_told_with_the_failure(run: Run) -> None:
    script = [*read(*four()), upgrade("0", status=500)] * 5
    result = run(MODULE, script, instance_ids=["0"], max_unavailable="1", wait=False)
    assert (result["error"]["kind"], result["instance_ids"]) == ("unavailable", ["0"])


def test_started_only(run: Run) -> None:
    script = [get_new_model(), get_instances(*four()), get_rolling(), upgrade("3")]
    result = run(MODULE, script, instance_ids=["3"], max_unavailable="1", wait=False)
    assert result["changed"]
    assert result["started_at"] == STARTED_AT
    assert result["operation_id"] == "0be6", "its id, and nothing of its signed address"
    assert result["vmss_progress"] is None


def test_instances_that_must_not_be_sent_are_reported(run: Run) -> None:
    instances = [
        vm(0),
        vm(1, protected=True),
        vm(2, power="deallocated"),
        vm(3, state="Updating"),
        vm(4, state="Deleting"),
        vm(5, NEW_VERSION),
    ]
    script = [get_new_model(), get_instances(*instances), get_rolling(), upgrade("0")]
    result = run(MODULE, script, all_instances=True, max_unavailable="100%", wait=False)
    assert {one["instance_id"]: one["reason"] for one in result["excluded"]} == {
        "1": "protected from scale set actions",
        "2": "deallocated or stopped",
        "3": "another operation is running on it",
        "4": "being deleted",
        "5": "already on the target image",
    }


def test_the_budget_is_held(run: Run) -> None:
    result = run(MODULE, [get_new_model(), get_instances(*four())], all_instances=True)
    assert result["error"]["kind"] == "max_unavailable"
    assert not result["changed"]
    assert result["image"]["version"] == NEW_VERSION


def test_only_the_image_counts_without_by_model(run: Run) -> None:
    instances = [vm(0, NEW_VERSION, latest=False), vm(1)]
    script = [get_new_model(), get_instances(*instances), get_rolling()]
    options = {"all_instances": True, "max_unavailable": "100%", "check_mode": True}
    assert run(MODULE, script, by_model=False, **options)["instance_ids"] == ["1"]
    assert run(MODULE, script, **options)["instance_ids"] == ["0", "1"]


@pytest.mark.parametrize(
    "options",
    [{}, {"all_instances": True, "zone": "1"}, {"instance_ids": []}, {"update_domain": 0, "max_unavailable": "0%"}],
)
def test_options_that_cannot_be_meant(run: Run, options: dict[str, Any]) -> None:
    result = run(MODULE, [], **options)
    assert result["error"]["kind"] == "bad_input"
    assert result["error"]["advice"]


def test_instance_ids_go_alone(run: Run) -> None:
    result = run(MODULE, [], instance_ids=["1"], update_domain=0)
    assert "mutually exclusive" in result["msg"]


def test_an_unknown_domain_names_those_that_exist(run: Run) -> None:
    result = run(MODULE, [get_new_model(), get_instances(*four())], update_domain=7)
    assert result["error"]["kind"] == "bad_input"
    assert "There are: 0, 1." in result["msg"]


def test_an_unknown_instance_fails_or_is_passed_over(run: Run) -> None:
    script = [get_new_model(), get_instances(*four())]
    result = run(MODULE, script, instance_ids=["1", "99"])
    assert result["error"]["kind"] == "bad_input"
    assert "99" in result["msg"]

    script = [*script, get_rolling(), upgrade("1")]
    result = run(MODULE, script, instance_ids=["1", "99"], missing_instances="skip", max_unavailable="1", wait=False)
    assert result["instance_ids"] == ["1"]
    assert result["excluded"] == [{"instance_id": "99", "reason": "no longer there"}]


def refused(*ids: str) -> Exchange:
    said = f"The provided instanceId {ids[-1]} is not an active Virtual Machine Scale Set VM instanceId."
    body = error("InvalidParameter", said, target="instanceIds")
    return upgrade(*ids, status=400, headers={}, body=body)


def test_the_last_instance_vanishes(run: Run) -> None:
    script = [get_new_model(), get_instances(*four()), get_rolling(), refused("2")]
    options = {"instance_ids": ["2"], "max_unavailable": "1"}
    result = run(MODULE, script, missing_instances="skip", **options)
    assert not result["changed"]
    assert result["excluded"] == [{"instance_id": "2", "reason": "no longer there"}]

    result = run(MODULE, script, **options)
    assert result["error"]["kind"] == "bad_input"
    assert result["error"]["instances"] == ["2"]


def test_a_failed_operation_names_the_instances_and_their_own_words(run: Run) -> None:
    failed = vm(2, NEW_VERSION, domain=0, state="Failed", failure="VMExtensionProvisioningError")
    script = [
        get_new_model(),
        get_instances(*four()),
        get_rolling(),
        upgrade("0", "2"),
        poll_action("Failed", error={"code": "VMExtensionProvisioningError", "message": "health: it broke"}),
        get_instances(vm(0, NEW_VERSION), vm(1, domain=1), failed, vm(3, domain=1)),
    ]
    result = run(MODULE, script, update_domain=0, max_unavailable="50%")
    assert result["failed"]
    assert result["changed"]
    assert result["error"]["kind"] == "operation_failed"
    assert result["error"]["instances"] == ["2"]
    assert result["error"]["arm"]["code"] == "VMExtensionProvisioningError"
    assert "2 (provisioning failed (failed/VMExtensionProvisioningError: it broke))" in result["msg"]
    assert set(result) == {*KEYS, "failed"}


def test_a_failed_operation_without_a_failed_instance_is_a_warning(run: Run) -> None:
    script = [
        get_new_model(),
        get_instances(*four()),
        get_rolling(),
        upgrade("0", "2"),
        poll_action("Failed", error={"code": "InternalExecutionError", "message": "hiccup"}),
        get_instances(*four(0, 2)),
    ]
    result = run(MODULE, script, update_domain=0, max_unavailable="50%")
    assert not result.get("failed")
    assert "hiccup" in str(result["warnings"])


@pytest.mark.parametrize(
    "end", [{"status": "Canceled"}, {"status": "Failed", "error": {"code": "OperationPreempted", "message": "newer"}}]
)
def test_a_newer_write_that_pre_empts_is_not_a_failed_upgrade(run: Run, end: dict[str, Any]) -> None:
    script = [get_new_model(), get_instances(*four()), get_rolling(), upgrade("0"), poll_action(**end)]
    result = run(MODULE, script, instance_ids=["0"], max_unavailable="1")
    assert result["error"]["kind"] == "preempted"
    assert "Run again" in result["msg"]
    assert result["changed"]


def test_the_timeout_says_what_is_still_open(run: Run, clock: Clock) -> None:
    still = get_instances(vm(0, state="Updating"), *four()[1:])
    script = [get_new_model(), get_instances(*four()), get_rolling(), upgrade("0"), poll_action(), still, still, still]
    result = run(MODULE, script, instance_ids=["0"], max_unavailable="1", wait_timeout=20, wait_interval=10)
    assert result["error"]["kind"] == "timeout"
    assert result["error"]["instances"] == ["0"]
    assert "0 (Updating)" in result["msg"]
    assert result["changed"]
    assert sum(clock.sleeps) == 20


def test_flexible_instances_are_virtual_machines(run: Run) -> None:
    def machine(name: str, version: str) -> dict[str, Any]:
        body = vm(0, version)
        del body["instanceId"], body["properties"]["latestModelApplied"]
        return {**body, "name": name, "zones": ["1"]}

    query = {"$filter": f"'virtualMachineScaleSet/id' eq '{WEB}'", "$expand": "instanceView"}
    before = [machine("web_0a1b2c3d", OLD_VERSION), machine("web_1a1b2c3d", OLD_VERSION)]
    after = [before[0], machine("web_1a1b2c3d", NEW_VERSION)]
    script = [
        get_model(model(NEW_VERSION, orchestrationMode="Flexible")),
        get(f"{GROUP}/virtualMachines", {"value": before}, query=query),
        get_rolling(),
        upgrade("web_1a1b2c3d"),
        poll_action(),
        get(f"{GROUP}/virtualMachines", {"value": after}, query=query),
    ]
    result = run(MODULE, script, instance_ids=["web_1a1b2c3d"], max_unavailable="1")
    assert result["changed"]
    assert result["vmss_progress"]["done"]


def test_sets_of_other_services_are_left_alone(run: Run) -> None:
    aks = {**model(NEW_VERSION), "tags": {"aks-managed-poolName": "np1"}}
    assert run(MODULE, [get_model(aks)], update_domain=0)["error"]["kind"] == "managed"
    script = [get_model(aks), get_instances(*four(0, 2))]
    assert not run(MODULE, script, update_domain=0, allow_managed=True).get("failed")


def seen(**fields: Any) -> dict[str, Any]:
    """A baseline of the four instances, taken before any of them moved."""
    behind = {str(n): four()[n]["properties"]["vmId"][:8] for n in range(4)}
    ordinary = {"at": "10:00", "upgrade_policy": "Manual", "automatic_os_upgrade": False, "capacity": None}
    return {**ordinary, "profile": fingerprints(model()), "behind": behind, **fields}


def test_what_fits_is_sent_and_the_rest_is_left_for_later(run: Run) -> None:
    script = [get_new_model(), get_instances(*four()), get_rolling(), upgrade("0", "1")]
    result = run(MODULE, script, all_instances=True, max_unavailable="50%", partial=True, wait=False)
    assert result["instance_ids"] == ["0", "1"]
    assert {one["reason"] for one in result["excluded"]} == {"no room in the budget at the moment"}


def test_somebody_elses_work_is_noticed_before_anything_is_sent(run: Run) -> None:
    options = {"instance_ids": ["1"], "max_unavailable": "1"}
    result = run(MODULE, [get_new_model(), get_instances(*four(3))], baseline=seen(), **options)
    assert result["error"]["kind"] == "concurrent_change"
    assert "not begun (3)" in result["msg"]
    result = run(MODULE, [get_new_model(), get_instances(*four())], baseline=seen(upgrade_policy="Rolling"), **options)
    assert result["error"]["kind"] == "concurrent_change"
    larger = {**model(NEW_VERSION), "sku": {"name": "Standard_D8s_v5", "capacity": 1}}
    result = run(MODULE, [get_model(larger), get_instances(*four())], baseline=seen(), **options)
    assert result["error"]["kind"] == "concurrent_change"
    assert "the size was changed" in result["msg"]
    result = run(MODULE, [get_model(), get_instances(*four())], target_image={"version": NEW_VERSION}, **options)
    assert result["error"]["kind"] == "concurrent_change"
    result = run(MODULE, [], baseline={"at": "10:00"}, **options)
    assert result["error"]["kind"] == "bad_input"


def test_nothing_is_sent_beside_a_rolling_upgrade(run: Run) -> None:
    rolling = get_rolling(200, {"properties": {"runningStatus": {"code": "RollingForward"}}})
    script = [get_new_model(), get_instances(*four()), rolling]
    result = run(MODULE, script, instance_ids=["1"], max_unavailable="1")
    assert result["error"]["kind"] == "rolling_upgrade"
