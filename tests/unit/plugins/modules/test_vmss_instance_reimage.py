# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._model.model_fingerprint import fingerprints
from ansible_collections.azroll.vmss.tests.unit.plugins.modules.conftest import Run
from ansible_collections.azroll.vmss.tests.unit.wire import (
    NEW_VERSION,
    OLD_VERSION,
    STARTED_AT,
    Clock,
    Exchange,
    action,
    error,
    get_instances,
    get_model,
    get_rolling,
    model,
    vm,
)

MODULE = "vmss_instance_reimage"


def get_new_model() -> Exchange:
    return get_model(model(NEW_VERSION))


def failed(number: int, version: str = NEW_VERSION) -> dict[str, Any]:
    return vm(number, version, state="Failed", failure="OSProvisioningTimedOut")


def test_only_the_named_are_sent_and_those_that_must_not_are_left_out(run: Run) -> None:
    instances = [
        failed(0),
        failed(1, OLD_VERSION),
        failed(2),
        vm(3, NEW_VERSION, protected=True),
        vm(4, NEW_VERSION, power="deallocated"),
        vm(5, NEW_VERSION, state="Updating"),
        vm(6, NEW_VERSION),
    ]
    script = [get_new_model(), get_instances(*instances), get_rolling(), action("reimage", {"instanceIds": ["0"]})]
    result = run(MODULE, script, instance_ids=["0", "1", "3", "4", "5", "9"], max_unavailable="1")
    assert (result["changed"], result["instance_ids"], result["started_at"]) == (True, ["0"], STARTED_AT)
    assert {one["instance_id"]: one["reason"] for one in result["excluded"]} == {
        "1": "not on the image of the model",
        "3": "protected from scale set actions",
        "4": "deallocated or stopped",
        "5": "another operation is running on it",
        "9": "no longer there",
    }


def test_check_mode_only_reads_and_foretells_the_same(run: Run) -> None:
    script = [get_new_model(), get_instances(failed(0), vm(1)), get_rolling()]
    result = run(MODULE, script, instance_ids=["0"], max_unavailable="1", check_mode=True)
    assert (result["changed"], result["instance_ids"], result["started_at"]) == (True, ["0"], None)
    assert "would be reimaged" in result["msg"]


def test_nothing_is_sent_where_none_is_left(run: Run) -> None:
    result = run(MODULE, [get_new_model(), get_instances(failed(0, OLD_VERSION))], instance_ids=["0"])
    assert (result["changed"], result["instance_ids"], result["error"]) == (False, [], None)


def test_sick_instances_cost_nothing_more_and_healthy_ones_are_held_to_the_budget(run: Run) -> None:
    instances = [failed(0), failed(1), vm(2, NEW_VERSION), vm(3, NEW_VERSION)]
    script = [get_new_model(), get_instances(*instances), get_rolling(), action("reimage", {"instanceIds": ["0", "1"]})]
    assert run(MODULE, script, instance_ids=["0", "1"], max_unavailable="1")["changed"]
    result = run(MODULE, [get_new_model(), get_instances(*instances)], instance_ids=["0", "2"], max_unavailable="2")
    assert result["error"]["kind"] == "max_unavailable"
    assert not result["changed"]


@pytest.mark.parametrize(
    ("options", "kind"),
    [({"run_id": "mine"}, "lease_lost"), ({"target_image": {"version": OLD_VERSION}}, "concurrent_change")],
)
def test_a_set_that_is_not_ours_any_more_is_left_alone(run: Run, options: dict[str, Any], kind: str) -> None:
    result = run(MODULE, [get_new_model(), get_instances(failed(0))], instance_ids=["0"], **options)
    assert result["error"]["kind"] == kind


def test_what_others_upgraded_meanwhile_is_noticed_before_the_write(run: Run) -> None:
    baseline = {
        "at": "10:00",
        "upgrade_policy": "Manual",
        "automatic_os_upgrade": False,
        "capacity": None,
        "profile": fingerprints(model()),
    }
    script = [get_new_model(), get_instances(failed(0), vm(1, NEW_VERSION))]
    result = run(MODULE, script, instance_ids=["0"], baseline={**baseline, "behind": {"1": "4ab5a05b"}})
    assert result["error"]["kind"] == "concurrent_change"
    assert "that this rollout had not begun (1)" in result["msg"]
    script = [*script, get_rolling(), action("reimage", {"instanceIds": ["0"]})]
    assert run(MODULE, script, instance_ids=["0"], baseline={**baseline, "behind": {}})["changed"]


LOST = action("reimage", {"instanceIds": ["0"]}, status=500)


@pytest.mark.parametrize("received", [True, False])
def test_a_call_without_an_answer_is_looked_for_before_it_is_made_again(run: Run, received: bool) -> None:
    read = [get_new_model(), get_instances(failed(0)), get_rolling()]
    begun = [get_new_model(), get_instances(vm(0, NEW_VERSION, state="Updating"))]
    again = begun if received else [*read, action("reimage", {"instanceIds": ["0"]})]
    result = run(MODULE, [*read, LOST, *again], instance_ids=["0"], max_unavailable="1")
    assert (result["changed"], result["instance_ids"], result["started_at"]) == (True, ["0"], STARTED_AT)
    assert result["operation_id"] == (None if received else "0be6")


def test_what_turns_unhealthy_during_a_wait_for_tokens_counts(run: Run, clock: Clock) -> None:
    throttled = get_rolling(429, error("OperationNotAllowed", "too many"))
    script = [get_new_model(), get_instances(vm(0, NEW_VERSION), vm(1, NEW_VERSION)), throttled]
    again = [get_new_model(), get_instances(vm(0, NEW_VERSION), vm(1, NEW_VERSION, health="unhealthy"))]
    result = run(MODULE, [*script, *again], instance_ids=["0"], max_unavailable="1")
    assert (result["error"]["kind"], result["instance_ids"]) == ("max_unavailable", [])
    assert clock.sleeps == [15]


def test_an_empty_list_never_means_all_instances(run: Run) -> None:
    result = run(MODULE, [get_new_model(), get_instances(failed(0))], instance_ids=[])
    assert result["error"]["kind"] == "bad_input"
