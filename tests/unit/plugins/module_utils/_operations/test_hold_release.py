# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Holding a scale set and releasing it: raced and killed at every request."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, cast

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    ArmFault,
    Conflict,
    Forbidden,
    NoEffect,
    OperationFailed,
    Refused,
    ServiceError,
)
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.rollback_tag import read_mark, write_mark
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._operations import acquire_lease
from ansible_collections.azroll.vmss.plugins.module_utils._operations.hold_release import Holds, LeaseManager, Outcome
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import Claim, read_lease
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, instance, ubuntu
from ansible_collections.azroll.vmss.tests.unit.wire import OLD_VERSION, WEB, Clock, model

OLD = ubuntu(OLD_VERSION)
ALL = Holds(repairs=True, autoscale=True, set_manual=True, previous_image=OLD)
MINE = {"owner": "shop", "azroll-of-mine": "x"}


class Killed(BaseException):
    """kill -9."""


class Operation:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def wait(self) -> None:
        if self.error:
            raise self.error


class Azure:
    """A scale set with what is around it, as `Arm` shows it; `meanwhile` happens before and after each request."""

    def __init__(self, *, policy: str = "Automatic", repairs: str = "Running", merges: bool = False) -> None:
        self.server_time = "2026-11-22T10:15:00+00:00"
        self.merges = merges
        self.document = model(
            upgradePolicy={"mode": policy}, automaticRepairsPolicy={"enabled": repairs != "NotRunning"}
        )
        self.document["tags"] = dict(MINE)
        self.repairs = repairs
        self.autoscale = [setting("cpu", WEB.upper()), setting("idle", WEB, enabled=False), setting("db", "/other")]
        self.instances = [instance(0, image=OLD)]
        self.writes = 0
        # Whether only the group of the set may be looked into.
        self.narrow = False
        self.meanwhile: Callable[[str], None] = lambda _moment: None

    def request(self, what: str) -> None:
        self.meanwhile(f"before {what}")

    def done(self, what: str) -> None:
        self.meanwhile(f"after {what}")

    def get_scale_set(self, resource_group: str, _name: str) -> ScaleSet:
        self.request("get")
        scale_set = ScaleSet.from_wire(copy.deepcopy(self.document), resource_group=resource_group)
        self.done("get")
        return scale_set

    def patch_scale_set(self, scale_set: ScaleSet, body: Mapping[str, Any]) -> Operation:
        self.request("patch")
        if scale_set.etag != self.document["etag"]:
            raise Conflict("no", fault=ArmFault(status=412, code="PreconditionFailed"))
        self.write(body)
        self.done("patch")
        return Operation()

    def write(self, body: Mapping[str, Any]) -> None:
        self.writes += 1
        self.document["etag"] = f'"{int(self.document["etag"].strip(chr(34))) + 1}"'
        self.document["properties"] |= body.get("properties", {})
        if "tags" in body:
            assert len(body["tags"]) <= 50
            before = self.document["tags"] if self.merges else {}
            merged = {**before, **body["tags"]}
            self.document["tags"] = {name: value for name, value in merged.items() if value is not None}

    def repairs_state(self, _scale_set: ScaleSet) -> str | None:
        self.request("view")
        return self.repairs

    def set_repairs(self, _scale_set: ScaleSet, action: str) -> Operation:
        self.request(action)
        self.writes += 1
        self.repairs = {"Suspend": "Suspended", "Resume": "Running"}[action]
        self.done(action)
        return Operation()

    def all_autoscale_settings(self) -> list[dict[str, Any]]:
        self.request("list autoscale")
        if self.narrow:
            raise Forbidden("no", advice="Assign a role.", fault=ArmFault(403, "AuthorizationFailed"))
        return copy.deepcopy(self.autoscale)

    def autoscale_settings(self, resource_group: str) -> list[dict[str, Any]]:
        self.request("list autoscale")
        return [copy.deepcopy(one) for one in self.autoscale if group_of(one) == resource_group.lower()]

    def put_autoscale_setting(self, resource_group: str, name: str, body: Mapping[str, Any]) -> None:
        self.request("put autoscale")
        self.writes += 1
        found = next(one for one in self.autoscale if (group_of(one), one["name"]) == (resource_group.lower(), name))
        assert {**found, **body}["properties"]["profiles"] == found["properties"]["profiles"]
        found |= body
        self.done("put autoscale")

    def list_instances(self, _scale_set: ScaleSet) -> list[Instance]:
        self.request("list instances")
        return self.instances

    @property
    def policy(self) -> str:
        return str(self.document["properties"]["upgradePolicy"]["mode"])

    def state(self) -> dict[str, Any]:
        """All that a rollout may hold."""
        enabled = {one["name"]: one["properties"]["enabled"] for one in self.autoscale}
        return {"tags": self.document["tags"], "repairs": self.repairs, "autoscale": enabled, "policy": self.policy}


def group_of(document: Mapping[str, Any]) -> str:
    return str(document["id"]).split("/")[4].lower()


def setting(name: str, target: str, *, enabled: bool = True, group: str = "RG-Shop") -> dict[str, Any]:
    return {
        "id": f"/subscriptions/s/resourceGroups/{group}/providers/microsoft.insights/autoscalesettings/{name}",
        "name": name,
        "location": "westeurope",
        "tags": {"team": "shop"},
        "properties": {"enabled": enabled, "targetResourceUri": target, "profiles": [{"name": "day"}]},
    }


FREE = Azure().state()
HELD_STATE = {"repairs": "Suspended", "autoscale": {"cpu": False, "idle": False, "db": True}, "policy": "Manual"}


def lease_manager(azure: Azure, run_id: str = "run-a", clock: Clock | None = None, **claim: Any) -> LeaseManager:
    clock = clock or Clock()
    options = {name: claim.pop(name) for name in ("remembered", "check_mode") if name in claim}
    deadline = Deadline(600, monotonic=clock.monotonic, sleep=clock.sleep)
    return LeaseManager(cast(Any, azure), deadline, Claim(run_id, **claim), **options)


def hold(azure: Azure, run_id: str = "run-a", holds: Holds = ALL, **claim: Any) -> Outcome:
    return lease_manager(azure, run_id, **claim).hold("rg-shop", "web", holds)


def release(azure: Azure, run_id: str = "run-a", *, restore_policy: bool = True, **claim: Any) -> Outcome:
    return lease_manager(azure, run_id, **claim).release("rg-shop", "web", restore_policy=restore_policy)


def without_tags(azure: Azure) -> dict[str, Any]:
    return {name: value for name, value in azure.state().items() if name != "tags"}


@pytest.mark.parametrize("merges", [False, True], ids=["the service replaces tags", "the service merges tags"])
def test_everything_is_held_once_and_let_go_of_once(merges: bool) -> None:
    azure = Azure(merges=merges)
    outcome = hold(azure, target="image 2")
    assert without_tags(azure) == HELD_STATE
    assert outcome.held == ("repairs", "autoscale=rg-shop/cpu", "upgrade_policy=Automatic")
    lease = read_lease(azure.document["tags"])
    assert lease == outcome.lease
    assert (lease.run_id, lease.expires, lease.previous_image) == ("run-a", "2026-11-22T12:15:00Z", OLD)
    assert MINE.items() <= azure.document["tags"].items()

    writes = azure.writes
    assert hold(azure).held == outcome.held
    assert azure.writes == writes, "what is so already is not written again"

    released = release(azure)
    assert azure.state() == FREE
    assert (released.before, released.lease, released.held) == (lease, None, ())
    writes = azure.writes
    assert release(azure).before is None
    assert azure.writes == writes


def test_the_intents_are_written_before_anything_is_done_and_removed_after_it() -> None:
    azure = Azure()
    order: list[str] = []
    azure.meanwhile = order.append
    hold(azure)
    release(azure)
    acts = [
        moment for moment in order if moment in ("after patch", "after Suspend", "after Resume", "after put autoscale")
    ]
    assert acts == [
        *("after patch", "after Suspend", "after put autoscale"),
        # Tags alone, and then the policy with the last of them.
        *("after Resume", "after put autoscale", "after patch", "after patch"),
    ]


def test_only_what_ran_is_held() -> None:
    azure = Azure(policy="Manual", repairs="Suspended")
    azure.autoscale = []
    assert hold(azure).held == ()
    release(azure)
    assert azure.repairs == "Suspended", "another client suspended them"
    assert azure.policy == "Manual"


def test_check_mode_tells_the_same_and_writes_nothing() -> None:
    azure = Azure()
    foretold = lease_manager(azure, check_mode=True)
    outcome = foretold.hold("rg-shop", "web", ALL)
    assert azure.state() == FREE
    real = lease_manager(azure)
    assert real.hold("rg-shop", "web", ALL) == outcome
    assert (
        foretold.actions
        == real.actions
        == [
            "lease",
            "upgrade policy Manual",
            "repairs suspended",
            "autoscale cpu switched off",
        ]
    )
    before = copy.deepcopy(azure.state())
    foretold = lease_manager(azure, check_mode=True)
    foretold.release("rg-shop", "web", restore_policy=True)
    assert azure.state() == before
    real = lease_manager(azure)
    real.release("rg-shop", "web", restore_policy=True)
    assert foretold.actions == real.actions


def moments(work: Callable[[Azure], object]) -> list[str]:
    """Where something may happen in between."""
    azure, seen = Azure(), []
    azure.meanwhile = seen.append
    work(azure)
    return seen


def at(number: int, azure: Azure, act: Callable[[], None]) -> None:
    """Have something happen once, at the moment of that number."""
    passed = iter(range(10**6))

    def meanwhile(_moment: str) -> None:
        if next(passed) == number:
            act()

    azure.meanwhile = meanwhile


def _start(azure: Azure, kinds: dict[str, str], run_id: str) -> None:
    try:
        kinds[run_id] = f"won, {hold(azure, run_id).lease.run_id}"
    except Refused as refusal:
        kinds[run_id] = refusal.kind


def test_of_two_that_start_at_once_exactly_one_gets_it() -> None:
    for number in range(len(moments(hold))):
        azure = Azure()
        kinds: dict[str, str] = {}

        at(number, azure, partial(_start, azure, kinds, "run-b"))
        _start(azure, kinds, "run-a")
        winner = read_lease(azure.document["tags"]).run_id
        loser = "run-b" if winner == "run-a" else "run-a"
        assert kinds == {winner: f"won, {winner}", loser: "lease"}, number
        assert without_tags(azure) == HELD_STATE
        release(azure, winner)
        assert azure.state() == FREE


def killed_runs() -> Iterator[tuple[int, Callable[[Azure], object]]]:
    def whole(azure: Azure) -> None:
        hold(azure)
        release(azure)

    for number in range(len(moments(whole))):
        yield number, whole


@pytest.mark.parametrize("how", ["dead on this host", "expired", "taken over", "the same run again"])
def test_killed_at_any_request_the_next_run_lets_go_of_everything(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acquire_lease, "is_dead", lambda _holder: how == "dead on this host")
    for number, whole in killed_runs():
        azure = Azure(merges=bool(number % 2))

        def kill() -> None:
            raise Killed

        at(number, azure, kill)
        with pytest.raises(Killed):
            whole(azure)
        azure.meanwhile = lambda _moment: None
        run_id = "run-a" if how == "the same run again" else "run-b"
        if how == "expired":
            azure.server_time = "2026-11-22T12:15:00+00:00"
        outcome = hold(azure, run_id, take_over=how == "taken over")
        assert outcome.lease.previous_image == OLD
        assert without_tags(azure) == HELD_STATE, number
        release(azure, run_id)
        assert azure.state() == FREE, number


def test_another_run_is_left_alone() -> None:
    azure = Azure()
    hold(azure)
    before = copy.deepcopy(azure.state())
    with pytest.raises(Refused, match="run run-a"):
        hold(azure, "run-b")
    outcome = release(azure, "run-b")
    assert outcome.lost
    assert outcome.lease == outcome.before
    assert azure.state() == before
    assert hold(azure, "run-b", take_over=True).before.run_id == "run-a"
    assert release(azure, "run-a").lost, "the one that it was taken from has nothing to release"
    release(azure, "run-b")
    assert azure.state() == FREE


def was_rolled_back(azure: Azure) -> None:
    """A rollout of NEW, and the rollback to OLD, which instance 0 has taken."""
    azure.write({"tags": write_mark(azure.document["tags"], NEW)})


def test_the_mark_of_a_rollback_goes_with_the_last_instance_that_runs_the_image() -> None:
    azure = Azure()
    hold(azure)
    was_rolled_back(azure)
    azure.instances = [instance(0, image=OLD), instance(1, image=NEW)]
    release(azure)
    assert read_mark(azure.document["tags"]) == NEW
    azure.instances = [instance(0, image=OLD)]
    release(azure)
    assert azure.state() == FREE


def flexible(azure: Azure) -> None:
    azure.document["properties"]["orchestrationMode"] = "Flexible"
    azure.document["properties"]["virtualMachineProfile"]["timeCreated"] = "2026-11-20T08:00:05.123+00:00"


@pytest.mark.parametrize("made", ["11/20/2026 8:00:04 AM +00:00", None])
def test_instances_of_a_flexible_set_may_follow_an_older_model_with_the_same_image(made: str | None) -> None:
    azure = Azure()
    flexible(azure)
    hold(azure)
    azure.instances = [instance("web_1a2b3c4d", image=OLD, latest_model=None, profile_time=made)]
    assert release(azure).lagging == ("web_1a2b3c4d",)
    assert azure.policy == "Manual"


def test_instances_of_a_flexible_set_that_follow_its_model_do_not_keep_the_policy() -> None:
    azure = Azure()
    flexible(azure)
    hold(azure)
    made = "11/20/2026 8:00:05 AM +00:00"
    azure.instances = [instance("web_1a2b3c4d", image=OLD, latest_model=None, profile_time=made)]
    assert release(azure).lagging == ()
    assert azure.state() == FREE


def test_the_policy_stays_manual_and_remembered_while_instances_lag() -> None:
    azure = Azure()
    hold(azure)
    azure.instances = [instance(0, image=OLD), instance(1, image=NEW)]
    outcome = release(azure)
    assert outcome.lagging == ("1",)
    assert outcome.held == ("upgrade_policy=Automatic",)
    assert (azure.repairs, azure.policy) == ("Running", "Manual")
    writes = azure.writes
    release(azure)
    assert azure.writes == writes
    # Whoever comes next may take it at once, and restores the policy. Of protected ones Azure lets go.
    azure.instances = [instance(0, image=OLD), instance(1, image=NEW, protected=True)]
    assert hold(azure, "run-b").held == ("upgrade_policy=Automatic", "repairs", "autoscale=rg-shop/cpu")
    release(azure, "run-b")
    assert azure.state() == FREE


@pytest.mark.parametrize("policy", ["Automatic", "Rolling"])
def test_no_tag_is_written_where_that_would_upgrade_instances_that_lag(policy: str) -> None:
    azure = Azure()
    held = hold(azure).held
    azure.write({"properties": {"upgradePolicy": {"mode": policy}}})
    azure.instances = [instance(0, image=OLD), instance(1, image=NEW)]
    document = copy.deepcopy(azure.document)
    with pytest.raises(Refused, match=f"upgrade policy is {policy} by now.*what lags behind .1.") as refusal:
        release(azure, remembered=held)
    assert refusal.value.kind == "upgrade_policy"
    assert (azure.document, azure.repairs) == (document, "Running")
    azure.instances = [instance(0, image=OLD)]
    release(azure)
    assert read_lease(azure.document["tags"]) is None


def test_what_stays_of_a_lease_remembers_no_image() -> None:
    """The next rollout would take that for the image before its own."""
    azure = Azure()
    hold(azure)
    azure.instances = [instance(0, image=OLD), instance(1, image=NEW)]
    assert release(azure).held == ("upgrade_policy=Automatic",)
    left = read_lease(azure.document["tags"])
    assert left is not None
    assert left.previous_image is None


def test_the_policy_stays_manual_if_that_is_wanted() -> None:
    azure = Azure()
    hold(azure)
    assert release(azure, restore_policy=False).held == ()
    assert azure.state() == {**FREE, "policy": "Manual"}


def test_a_lease_is_not_written_under_a_policy_that_acts_on_writes() -> None:
    azure = Azure(policy="Rolling")
    with pytest.raises(Refused, match="policy of web is Rolling") as refusal:
        hold(azure, holds=Holds(repairs=True))
    assert refusal.value.kind == "upgrade_policy"
    assert azure.writes == 0


def test_without_lease_the_caller_remembers() -> None:
    azure = Azure()
    outcome = hold(azure, minutes=0)
    assert outcome.lease is None
    assert without_tags(azure) == HELD_STATE
    assert azure.document["tags"] == MINE
    assert hold(azure, minutes=0, remembered=outcome.held).held == outcome.held
    release(azure, minutes=0, remembered=outcome.held)
    assert azure.state() == FREE


def test_what_the_caller_remembers_serves_when_the_tags_are_gone() -> None:
    azure = Azure()
    held = hold(azure).held
    azure.write({"tags": MINE})
    assert hold(azure, remembered=held).held == held
    assert read_lease(azure.document["tags"]).held == held
    azure.write({"tags": MINE})
    release(azure, remembered=held)
    assert azure.state() == FREE


def test_without_lease_another_run_still_keeps_us_out_and_keeps_what_it_holds() -> None:
    azure = Azure()
    hold(azure)
    before = copy.deepcopy(azure.state())
    with pytest.raises(Refused):
        hold(azure, "run-b", minutes=0)
    release(azure, "run-b", minutes=0)
    # What the refusal told it of the other one's holds.
    release(azure, "run-b", minutes=0, remembered=read_lease(azure.document["tags"]).held)
    assert azure.state() == before


def test_writers_in_between_are_waited_out_and_not_for_ever() -> None:
    azure = Azure()
    others: list[str] = []

    def write(moment: str) -> None:
        if moment == "before patch" and len(others) < 3:
            others.append(moment)
            azure.write({"tags": {**azure.document["tags"], "other": str(len(others))}})

    azure.meanwhile = write
    hold(azure)
    assert azure.document["tags"]["other"] == "3"
    azure = Azure()
    azure.meanwhile = lambda moment: azure.write({}) if moment == "before patch" else None
    with pytest.raises(Conflict):
        hold(azure)
    assert azure.repairs == "Running"


def test_the_run_that_is_continued_is_the_one_that_was_there_at_the_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acquire_lease, "is_dead", lambda _holder: True)
    azure = Azure()
    at(moments(hold).index("before patch"), azure, partial(hold, azure, "dies", holder="eve@ctl1"))
    assert hold(azure).before.run_id == "dies"


def test_an_operation_that_was_preempted_is_judged_by_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    azure = Azure()
    real = azure.patch_scale_set
    monkeypatch.setattr(
        azure, "patch_scale_set", lambda *args: (real(*args), Operation(OperationFailed("an instance failed")))[1]
    )
    assert hold(azure).lease.run_id == "run-a"


def test_what_cannot_be_let_go_of_stays_in_the_tags_and_does_not_keep_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    azure = Azure()
    hold(azure)

    def refuse(*_args: object) -> Operation:
        raise ServiceError("no")

    with monkeypatch.context() as patched:
        patched.setattr(azure, "set_repairs", refuse)
        with pytest.raises(ServiceError):
            release(azure)
    assert azure.state()["autoscale"] == FREE["autoscale"]
    assert "repairs" in read_lease(azure.document["tags"]).held
    release(azure)
    assert azure.state() == FREE


def test_tags_that_do_not_go_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    azure = Azure()
    hold(azure)
    tags = dict(azure.document["tags"])
    real = azure.write

    def stubborn(body: Mapping[str, Any]) -> None:
        real({**body, "tags": tags} if "tags" in body else body)

    monkeypatch.setattr(azure, "write", stubborn)
    with pytest.raises(NoEffect, match="the lease's are there as before"):
        release(azure)


@pytest.mark.parametrize("narrow", [False, True])
def test_autoscale_of_another_group_is_held_by_whoever_may_look_there(narrow: bool) -> None:
    azure = Azure()
    azure.narrow = narrow
    # The same name in two groups, and one that does not scale this set.
    azure.autoscale = [setting("cpu", WEB), setting("cpu", WEB, group="rg-ops"), setting("db", "/db", group="rg-ops")]
    held = hold(azure).held
    assert ("autoscale=rg-shop/cpu" in held, "autoscale=rg-ops/cpu" in held) == (True, not narrow)
    assert [one["properties"]["enabled"] for one in azure.autoscale] == [False, narrow, True]
    # What is held is released also by somebody who sees less.
    azure.narrow = True
    release(azure)
    assert [one["properties"]["enabled"] for one in azure.autoscale] == [True, True, True]
