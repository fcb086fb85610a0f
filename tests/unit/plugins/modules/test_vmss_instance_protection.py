# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

from typing import Any

import pytest
import requests

from ansible_collections.azroll.vmss.tests.unit.plugins.modules.conftest import Run
from ansible_collections.azroll.vmss.tests.unit.wire import (
    HOST,
    OPERATION,
    WEB,
    Clock,
    Exchange,
    error,
    get,
    get_instances,
    get_model,
    model,
    poll,
    vm,
)

MODULE = "vmss_instance_protection"


def protected(number: int, *, scale_in: bool, actions: bool, **more: Any) -> dict[str, Any]:
    body = vm(number, **more)
    body["properties"]["protectionPolicy"] = {"protectFromScaleIn": scale_in, "protectFromScaleSetActions": actions}
    return body


def put(number: int, *, scale_in: bool, actions: bool, **more: Any) -> Exchange:
    """The whole body: what it says of an instance beside this would make its model its own."""
    policy = {"protectFromScaleIn": scale_in, "protectFromScaleSetActions": actions}
    return Exchange(
        "PUT",
        f"{WEB}/virtualMachines/{number}",
        **{
            "body": protected(number, scale_in=scale_in, actions=actions),
            "headers": {"Azure-AsyncOperation": f"{HOST}{OPERATION}?api-version=2024-07-01"},
            "sends": {"location": "westeurope", "properties": {"protectionPolicy": policy}},
            **more,
        },
    )


def seen_through(number: int, *, scale_in: bool, actions: bool) -> list[Exchange]:
    """The PUT, its operation, the look at the outcome that the SDK takes, and one of our own."""
    body = protected(number, scale_in=scale_in, actions=actions)
    return [*written(number, scale_in=scale_in, actions=actions), seen(number, body)]


def written(number: int, *, scale_in: bool, actions: bool) -> list[Exchange]:
    body = protected(number, scale_in=scale_in, actions=actions)
    return [put(number, scale_in=scale_in, actions=actions), poll(), get(f"{WEB}/virtualMachines/{number}", body)]


def seen(number: int, body: dict[str, Any] | None = None, **more: Any) -> Exchange:
    return get(f"{WEB}/virtualMachines/{number}", body or vm(number), query={"$expand": "instanceView"}, **more)


def test_only_what_differs_is_written_and_what_is_not_named_stays(run: Run) -> None:
    instances = [
        protected(0, scale_in=True, actions=False),
        protected(1, scale_in=False, actions=True),
        vm(2),
        vm(3, state="Deleting"),
    ]
    script = [get_model(), get_instances(*instances), *seen_through(0, scale_in=True, actions=True)]
    result = run(MODULE, script, instance_ids=["1", "0", "3", "9"], scale_set_actions=True)
    assert (result["changed"], result["error"]) == (True, None)
    assert result["instances"] == [
        {"instance_id": "0", "scale_in": True, "scale_set_actions": True},
        {"instance_id": "1", "scale_in": False, "scale_set_actions": True},
    ]
    assert result["diff"]["before"] == {"0": {"scale_in": True, "scale_set_actions": False}}
    assert {one["instance_id"]: one["reason"] for one in result["excluded"]} == {
        "3": "being deleted",
        "9": "no longer there",
    }


def test_a_success_without_effect_is_noticed_after_one_more_read(run: Run, clock: Clock) -> None:
    script = [get_model(), get_instances(vm(0), vm(1)), *written(0, scale_in=True, actions=False), seen(0)]
    options = {"instance_ids": ["0", "1"], "scale_in": True}
    result = run(MODULE, [*script, seen(0)], **options)
    assert (result["error"]["kind"], result["error"]["instances"]) == ("no_effect", ["0"])
    assert "that of instance 0 is as before" in result["msg"]
    assert (result["changed"], result["instances"]) == (False, [])
    assert clock.sleeps == [10]


def test_an_instance_that_is_behind_its_write_or_gone_is_no_matter(run: Run) -> None:
    script = [get_model(), get_instances(vm(0)), *written(0, scale_in=True, actions=False), seen(0)]
    gone = seen(0, error("NotFound", "There is none."), status=404)
    for last in (seen(0, protected(0, scale_in=True, actions=False)), gone):
        result = run(MODULE, [*script, last], instance_ids=["0"], scale_in=True)
        assert (result["error"], result["changed"]) == (None, True)


def test_protection_is_taken_off_and_a_second_time_nothing_is_written(run: Run) -> None:
    off = {"instance_ids": ["0"], "scale_in": False, "scale_set_actions": False}
    script = [get_model(), get_instances(protected(0, scale_in=True, actions=True))]
    assert run(MODULE, [*script, *seen_through(0, scale_in=False, actions=False)], **off)["changed"]
    result = run(MODULE, [get_model(), get_instances(vm(0))], **off)
    assert (result["changed"], result["msg"]) == (False, "The instances of web are protected as requested already.")


def test_check_mode_only_reads_and_foretells_the_same(run: Run) -> None:
    result = run(MODULE, [get_model(), get_instances(vm(0))], instance_ids=["0"], scale_in=True, check_mode=True)
    assert (result["changed"], result["instances"]) == (
        True,
        [{"instance_id": "0", "scale_in": True, "scale_set_actions": False}],
    )
    assert "would be" in result["msg"]


def test_the_lease_is_read_again_before_each_write(run: Run) -> None:
    def held(by: str) -> dict[str, Any]:
        return {**model(), "tags": {"azroll-run": by, "azroll-expires": "2026-11-22T12:15:00Z"}}

    script = [get_model(held("mine")), get_instances(vm(0), vm(1)), *seen_through(0, scale_in=True, actions=False)]
    options = {"instance_ids": ["0", "1"], "scale_in": True, "run_id": "mine"}
    result = run(MODULE, [*script, get_model(held("another"))], **options)
    assert (result["error"]["kind"], result["changed"]) == ("lease_lost", True)
    assert [one["instance_id"] for one in result["instances"]] == ["0"]


def test_a_write_without_an_answer_is_looked_for_before_it_is_made_again(run: Run) -> None:
    lost = put(0, scale_in=True, actions=False, raises=requests.exceptions.ReadTimeout("Read timed out."))
    script = [get_model(), get_instances(vm(0)), lost]
    received = [get_model(), get_instances(protected(0, scale_in=True, actions=False))]
    anew = [get_model(), get_instances(vm(0)), *seen_through(0, scale_in=True, actions=False)]
    for again in (received, anew):
        result = run(MODULE, [*script, *again], instance_ids=["0"], scale_in=True)
        assert (result["changed"], result["error"]) == (True, None)
        assert result["diff"]["before"] == {"0": {"scale_in": False, "scale_set_actions": False}}


def test_after_an_error_the_result_tells_how_far_it_came(run: Run) -> None:
    script = [
        get_model(),
        get_instances(vm(0), vm(1)),
        *seen_through(0, scale_in=True, actions=False),
        # The first took its time, so what the second rests on is read again.
        get_model(),
        get_instances(protected(0, scale_in=True, actions=False), vm(1)),
        put(1, scale_in=True, actions=False, status=409, body=error("Conflict", "It is busy."), headers={}),
    ]
    result = run(MODULE, script, instance_ids=["0", "1"], scale_in=True)
    assert (result["changed"], result["error"]["kind"]) == (True, "conflict")
    assert [one["instance_id"] for one in result["instances"]] == ["0"]


@pytest.mark.parametrize(
    ("body", "options", "kind"),
    [
        (model(), {"run_id": "mine"}, "lease_lost"),
        (model(orchestrationMode="Flexible"), {}, "flexible"),
        (model(), {"instance_ids": []}, "bad_input"),
    ],
)
def test_what_cannot_be_done_is_refused_before_the_first_write(
    run: Run, body: dict[str, Any], options: dict[str, Any], kind: str
) -> None:
    def answers() -> list[Exchange]:
        if kind == "lease_lost":
            return [get_model(body)]
        if kind == "bad_input":
            return [get_model(body), get_instances(vm(0))]
        machines = WEB.replace("virtualMachineScaleSets/web", "virtualMachines")
        query = {"$expand": "instanceView", "$filter": f"'virtualMachineScaleSet/id' eq '{WEB}'"}
        return [get_model(body), get(machines, {"value": []}, query=query)]

    result = run(MODULE, answers(), **{"instance_ids": ["0"], "scale_in": True, **options})
    assert (result["error"]["kind"], result["changed"]) == (kind, False)


def test_one_of_the_two_must_be_told(run: Run) -> None:
    assert "one of the following is required: scale_in, scale_set_actions" in run(MODULE, [], instance_ids=["0"])["msg"]
