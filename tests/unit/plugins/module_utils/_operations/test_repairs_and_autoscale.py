# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Repairs and autoscale are held and let go by what is there right before each write, and seen to be so after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from ansible_collections.azroll.vmss.plugins.module_utils._azure.client import Arm
from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import WRITE_ATTEMPTS, Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    Conflict,
    Forbidden,
    NoEffect,
    OperationFailed,
    Preempted,
    Refused,
    SubscriptionBlocked,
    Unavailable,
    VmssError,
)
from ansible_collections.azroll.vmss.plugins.module_utils._operations.repairs_and_autoscale import (
    BUSY,
    Actors,
    check_repairs,
    find_autoscale,
)
from ansible_collections.azroll.vmss.tests.unit.builders import scale_set
from ansible_collections.azroll.vmss.tests.unit.plugins.module_utils._operations.conftest import Play
from ansible_collections.azroll.vmss.tests.unit.wire import (
    SUBSCRIPTION_ID,
    WEB,
    Clock,
    Exchange,
    action,
    error,
    get,
    get_model,
    poll_action,
)

SET = scale_set(id=WEB, resource_group="rg-shop")
SETTINGS = "providers/Microsoft.Insights/autoscaleSettings"
ALL = f"/subscriptions/{SUBSCRIPTION_ID}/{SETTINGS}"
FORBIDDEN = error("AuthorizationFailed", "No.")
EVERY_ACTION = pytest.mark.parametrize(
    ("what", "before", "after", "told"),
    [("Suspend", "Running", "Suspended", "repairs suspended"), ("Resume", "Suspended", "Running", "repairs resumed")],
)


def group(name: str) -> str:
    return f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{name}/{SETTINGS}"


def setting(name: str, target: str = WEB, *, enabled: bool = True, of: str = "rg-shop") -> dict[str, Any]:
    return {
        "id": f"{group(of)}/{name}",
        "name": name,
        "location": "westeurope",
        "tags": {"team": "shop"},
        "properties": {"enabled": enabled, "targetResourceUri": target, "profiles": [{"name": "day"}]},
    }


def listed(*settings: dict[str, Any], path: str = group("rg-shop"), **more: Any) -> Exchange:
    return get(path, more.pop("body", {"value": list(settings)}), api="2022-10-01", **more)


def put(name: str, *, enabled: bool, shown: bool | None = None, of: str = "rg-shop", **more: Any) -> Exchange:
    """The whole setting goes, with nothing changed but whether it is enabled; `shown` is what the answer says."""
    whole = setting(name, enabled=enabled, of=of)
    sends = {key: whole[key] for key in ("location", "tags", "properties")}
    body = setting(name, enabled=enabled if shown is None else shown, of=of)
    return Exchange("PUT", f"{group(of)}/{name}", **{"body": body, "sends": sends, "api": "2022-10-01", **more})


def view(state: str | None) -> Exchange:
    services = [{"serviceName": "AutomaticRepairs", "serviceState": state}] if state else []
    return get(f"{WEB}/instanceView", {"orchestrationServices": services})


def repairs(what: str, **more: Any) -> Exchange:
    return action("setOrchestrationServiceState", {"serviceName": "AutomaticRepairs", "action": what}, **more)


class Acting:
    """Actors on a script, in which the guard reads the model."""

    def __init__(self, connected: tuple[Arm, Deadline], *, check_mode: bool = False) -> None:
        self.arm, self.deadline = connected
        self.done: list[str] = []
        self.guard: Callable[[], object] = lambda: self.arm.get_scale_set("rg-shop", "web")
        self.actors = Actors(self.arm, self.deadline, self.done, guard=self._guard, check_mode=check_mode)

    def _guard(self) -> None:
        self.guard()


BUSY_SET = {"status": 409, "body": error("Conflict", "a concurrent request"), "headers": {}}
LOST = {"raises": requests.exceptions.ReadTimeout("Read timed out.")}


@EVERY_ACTION
def test_repairs_are_set_by_a_state_read_for_it_and_looked_at_afterwards(
    play: Play, clock: Clock, what: str, before: str, after: str, told: str
) -> None:
    acting = Acting(play(get_model(), view(before), repairs(what), poll_action(), view(after)))
    acting.actors.set_repairs(SET, what)
    assert acting.done == [told]
    assert clock.sleeps == []


@pytest.mark.parametrize("state", ["NotRunning", None])
@pytest.mark.parametrize(("what", "so"), [("Suspend", "Suspended"), ("Resume", "Running")])
def test_repairs_that_are_so_or_off_are_left_alone(play: Play, what: str, so: str, state: str | None) -> None:
    acting = Acting(play(get_model(), view(so), get_model(), view(state)))
    acting.actors.set_repairs(SET, what)
    acting.actors.set_repairs(SET, what)
    assert acting.done == []


def test_a_flexible_set_tells_no_state_and_nothing_is_asked(play: Play) -> None:
    flexible = scale_set(id=WEB, resource_group="rg-shop", orchestration_mode="Flexible")
    acting = Acting(play(get_model()))
    assert acting.actors.repairs_state(flexible) == ""
    acting.actors.set_repairs(flexible, "Suspend")
    assert acting.done == []


def test_in_check_mode_all_is_read_and_told_and_nothing_is_written(play: Play) -> None:
    acting = Acting(play(get_model(), view("Running"), get_model(), listed(setting("cpu"))), check_mode=True)
    acting.actors.set_repairs(SET, "Suspend")
    acting.actors.set_autoscale(SET, ["rg-shop/cpu"], enabled=False)
    assert acting.done == ["repairs suspended", "autoscale cpu switched off"]


def test_nothing_is_written_to_a_set_that_is_not_the_callers(play: Play) -> None:
    acting = Acting(play())

    def refuse() -> None:
        raise Refused("lease", "it is another run's", advice="Wait.")

    acting.guard = refuse
    with pytest.raises(Refused):
        acting.actors.set_repairs(SET, "Suspend")
    with pytest.raises(Refused):
        acting.actors.set_autoscale(SET, ["rg-shop/cpu"], enabled=False)
    assert acting.done == []


def test_after_a_write_of_another_client_all_is_read_anew(play: Play, clock: Clock) -> None:
    acting = Acting(
        play(
            *[get_model(), view("Running"), repairs("Suspend", **BUSY_SET)],
            *[get_model(), view("Running"), repairs("Suspend"), poll_action("Canceled")],
            *[get_model(), view("Running"), repairs("Suspend"), poll_action(), view("Suspended")],
        )
    )
    acting.actors.set_repairs(SET, "Suspend")
    assert clock.sleeps == [BUSY, BUSY]
    assert acting.done == ["repairs suspended"], "however often it took"


def test_what_the_other_client_has_done_already_is_not_done_again(play: Play) -> None:
    acting = Acting(play(get_model(), view("Running"), repairs("Suspend", **BUSY_SET), get_model(), view("Suspended")))
    acting.actors.set_repairs(SET, "Suspend")
    assert acting.done == [], "it was refused, so it is the other one's"


@pytest.mark.parametrize(
    ("end", "kind"),
    [([repairs("Suspend", **BUSY_SET)], Conflict), ([repairs("Suspend"), poll_action("Canceled")], Preempted)],
)
def test_other_clients_are_not_given_way_for_ever(
    play: Play, clock: Clock, end: list[Exchange], kind: type[VmssError]
) -> None:
    acting = Acting(play(*[get_model(), view("Running"), *end] * WRITE_ATTEMPTS))
    with pytest.raises(kind):
        acting.actors.set_repairs(SET, "Suspend")
    assert clock.sleeps == [BUSY] * (WRITE_ATTEMPTS - 1)


def test_an_operation_that_failed_is_not_begun_again(play: Play) -> None:
    failed = poll_action("Failed", error={"code": "InternalExecutionError", "message": "no"})
    acting = Acting(play(get_model(), view("Running"), repairs("Suspend"), failed))
    with pytest.raises(OperationFailed):
        acting.actors.set_repairs(SET, "Suspend")
    assert acting.done == ["repairs suspended"], "the request was accepted"


def test_a_write_without_an_answer_is_looked_for_before_it_is_made_again(play: Play) -> None:
    lost = [get_model(), view("Running"), repairs("Suspend", **LOST)]
    acting = Acting(play(*lost, get_model(), view("Suspended")))
    acting.actors.set_repairs(SET, "Suspend")
    assert acting.done == ["repairs suspended"], "it may have been this one"
    acting = Acting(play(*lost * 2, get_model(), view("Running"), repairs("Suspend"), poll_action(), view("Suspended")))
    acting.actors.set_repairs(SET, "Suspend")
    assert acting.done == ["repairs suspended"]


@EVERY_ACTION
def test_repairs_that_stay_as_they_were_are_noticed_by_a_second_look(
    play: Play, clock: Clock, what: str, before: str, after: str, told: str
) -> None:
    begun = [get_model(), view(before), repairs(what), poll_action(), view(before)]
    acting = Acting(play(*begun, view(before)))
    with pytest.raises(NoEffect, match=f"those of web are {before.lower()} as before") as caught:
        acting.actors.set_repairs(SET, what)
    assert caught.value.attempted.startswith(what.lower())
    assert clock.sleeps == [10]
    acting = Acting(play(*begun, view(after)))
    acting.actors.set_repairs(SET, what)
    assert acting.done == [told]


def test_any_other_state_than_before_shows_the_effect(play: Play) -> None:
    arm, deadline = play(view("NotRunning"), view(None))
    check_repairs(arm, SET, "Suspend", "running", deadline)
    check_repairs(arm, SET, "Suspend", "running", deadline)


def test_each_setting_is_written_whole_after_it_was_read_for_that(play: Play) -> None:
    there = [setting("cpu"), setting("db", "/other"), setting("queue")]
    acting = Acting(
        play(
            *[get_model(), listed(*there), put("cpu", enabled=False)],
            *[get_model(), listed(*there), put("queue", enabled=False)],
        )
    )
    acting.actors.set_autoscale(SET, ["rg-shop/cpu", "rg-shop/queue"], enabled=False)
    assert acting.done == ["autoscale cpu switched off", "autoscale queue switched off"]


def test_a_setting_is_known_by_its_group_and_name(play: Play) -> None:
    ops, other = setting("cpu", of="rg-ops"), setting("cpu", "/other")
    acting = Acting(
        play(get_model(), listed(ops, path=group("rg-ops")), put("cpu", enabled=False, of="rg-ops")),
    )
    acting.actors.set_autoscale(SET, ["rg-ops/cpu"], enabled=False)
    # The one of this name scales another set by now.
    acting = Acting(play(get_model(), listed(other, setting("cpu-2"))))
    acting.actors.set_autoscale(SET, ["rg-shop/cpu"], enabled=False)
    assert acting.done == []


def test_off_is_not_switched_off_again_but_on_is_always_switched_on(play: Play) -> None:
    acting = Acting(play(get_model(), listed(setting("cpu", enabled=False))))
    acting.actors.set_autoscale(SET, ["rg-shop/cpu"], enabled=False)
    assert acting.done == []
    # The list may show it as it was before it was switched off.
    acting = Acting(play(get_model(), listed(setting("cpu")), put("cpu", enabled=True)))
    acting.actors.set_autoscale(SET, ["rg-shop/cpu"], enabled=True)
    assert acting.done == ["autoscale cpu switched on"]


@pytest.mark.parametrize(
    "gone", [listed(), listed(status=404, body=error("ResourceGroupNotFound", "There is no such group."))]
)
def test_a_setting_that_is_gone_or_whose_group_is_needs_nothing(play: Play, gone: Exchange) -> None:
    acting = Acting(play(get_model(), gone, get_model(), listed(setting("cpu")), put("cpu", enabled=True)))
    acting.actors.set_autoscale(SET, ["rg-shop/old", "rg-shop/cpu"], enabled=True)
    assert acting.done == ["autoscale cpu switched on"], "the next one is not left out for it"


def test_settings_that_may_not_be_read_are_not_taken_for_gone(play: Play) -> None:
    acting = Acting(play(get_model(), listed(status=403, body=FORBIDDEN)))
    with pytest.raises(Forbidden):
        acting.actors.set_autoscale(SET, ["rg-shop/cpu"], enabled=True)


@pytest.mark.parametrize(("enabled", "word"), [(True, "off"), (False, "on")])
def test_a_setting_whose_own_answer_says_otherwise_is_no_held_one(play: Play, enabled: bool, word: str) -> None:
    acting = Acting(play(get_model(), listed(setting("cpu")), put("cpu", enabled=enabled, shown=not enabled)))
    with pytest.raises(NoEffect, match=f"autoscale setting cpu has succeeded, but it is {word} as before"):
        acting.actors.set_autoscale(SET, ["rg-shop/cpu"], enabled=enabled)


def test_an_answer_that_does_not_say_how_the_setting_is_says_nothing_against_it(play: Play) -> None:
    acting = Acting(play(get_model(), listed(setting("cpu")), put("cpu", enabled=False, body={"name": "cpu"})))
    acting.actors.set_autoscale(SET, ["rg-shop/cpu"], enabled=False)
    assert acting.done == ["autoscale cpu switched off"]


def test_a_refused_write_of_a_setting_was_not_done_and_an_unanswered_one_may_have_been(play: Play) -> None:
    begun = [get_model(), listed(setting("cpu"))]
    acting = Acting(play(*begun, put("cpu", enabled=False, status=403, body=FORBIDDEN)))
    with pytest.raises(Forbidden):
        acting.actors.set_autoscale(SET, ["rg-shop/cpu"], enabled=False)
    assert acting.done == []
    acting = Acting(play(*[*begun, put("cpu", enabled=False, status=503, body=error("Whatever", "No."))] * 5))
    with pytest.raises(Unavailable):
        acting.actors.set_autoscale(SET, ["rg-shop/cpu"], enabled=False)
    assert acting.done == ["autoscale cpu switched off"]


def names(settings: list[Any]) -> list[str]:
    return [one.label for one in settings]


def test_the_settings_of_a_set_are_found_in_every_group_of_the_subscription(play: Play) -> None:
    every = [setting("cpu", WEB.upper()), setting("cpu", of="RG-Ops"), setting("db", "/other"), setting("web", "")]
    arm, _deadline = play(listed(*every, path=ALL))
    assert names(find_autoscale(arm, SET)) == ["rg-shop/cpu", "rg-ops/cpu"]


@pytest.mark.parametrize("status", [401, 403])
def test_whoever_may_not_look_at_the_subscription_looks_at_the_group_of_the_set(play: Play, status: int) -> None:
    denied = [listed(path=ALL, status=status, body=FORBIDDEN)] * (2 if status == 401 else 1)
    arm, _deadline = play(*denied, listed(setting("cpu"), setting("db", "/other")))
    assert names(find_autoscale(arm, SET)) == ["rg-shop/cpu"]
    arm, _deadline = play(*denied, listed(status=403, body=FORBIDDEN))
    with pytest.raises(Forbidden):
        find_autoscale(arm, SET)


def test_only_a_denied_look_is_made_elsewhere(play: Play) -> None:
    arm, _deadline = play(listed(path=ALL, status=409, body=error("MissingSubscriptionRegistration", "No.")))
    with pytest.raises(SubscriptionBlocked):
        find_autoscale(arm, SET)
