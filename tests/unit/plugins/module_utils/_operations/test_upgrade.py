# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Each call rests on what was read for it, none is made twice for nothing, and the instances tell what came of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import requests

from ansible_collections.azroll.vmss.plugins.module_utils._azure.client import Arm
from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    BadInput,
    Forbidden,
    NoRoom,
    OperationFailed,
    Preempted,
    Refused,
    ServiceError,
    Throttled,
    Unavailable,
    VmssError,
    WaitTimeout,
)
from ansible_collections.azroll.vmss.plugins.module_utils._guards.baseline import Baseline
from ansible_collections.azroll.vmss.plugins.module_utils._guards.image_change import Overrides
from ansible_collections.azroll.vmss.plugins.module_utils._guards.preconditions import Terms
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.progress import Progress
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import Selection
from ansible_collections.azroll.vmss.plugins.module_utils._operations.upgrade import (
    PlannedUpgrade,
    Sending,
    Wanted,
    finish,
    plan,
)
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import read_budget
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, instance, scale_set
from ansible_collections.azroll.vmss.tests.unit.plugins.module_utils._operations.conftest import Play
from ansible_collections.azroll.vmss.tests.unit.wire import (
    NEW_VERSION,
    OLD_VERSION,
    STARTED_AT,
    WEB,
    Clock,
    Exchange,
    Wire,
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

ROLLS = {"properties": {"runningStatus": {"code": "RollingForward"}}}
TIMEOUT = {"raises": requests.exceptions.ReadTimeout("Read timed out.")}
THROTTLED: dict[str, Any] = {
    "body": error("OperationNotAllowed", "too many"),
    "status": 429,
    "headers": {"Retry-After": "40"},
}
NEXT_PAGE = f"https://management.azure.com{WEB}/virtualMachines?page=2&api-version=2024-07-01"


def get_new_model() -> Exchange:
    return get_model(model(NEW_VERSION))


def four(*done: int) -> list[dict[str, Any]]:
    """Four instances in two domains; those that are done run the new image."""
    return [vm(n, NEW_VERSION if n in done else OLD_VERSION, domain=n % 2) for n in range(4)]


UNHEALTHY = [*four()[:2], vm(2, domain=0, health="unhealthy"), vm(3, domain=1, health="unhealthy")]


def read(*instances: dict[str, Any]) -> list[Exchange]:
    """What each call rests on, in the order in which it is read."""
    return [get_new_model(), get_instances(*instances), get_rolling()]


def upgrade(*ids: str, **more: Any) -> Exchange:
    return action("manualupgrade", {"instanceIds": list(ids)}, **more)


def refused(*ids: str) -> Exchange:
    """Azure refuses the whole call, because the last of these is gone."""
    said = f"The provided instanceId {ids[-1]} is not an active Virtual Machine Scale Set VM instanceId."
    return upgrade(*ids, status=400, headers={}, body=error("InvalidParameter", said, target="instanceIds"))


def wanted(*ids: str, budget: str = "100%", **more: Any) -> Wanted:
    """These instances, or all; those of `domain` where it is given."""
    domain = more.pop("domain", None)
    selection = Selection(instance_ids=ids, update_domains=() if domain is None else (domain,))
    return Wanted(selection, read_budget({"max_unavailable": budget}), **more)


class Upgrading:
    """Sending what is wanted, and seeing it through."""

    def __init__(
        self,
        connected: tuple[Arm, Deadline],
        what: Wanted,
        *,
        follow: bool = False,
        check_mode: bool = False,
        **overrides: bool,
    ) -> None:
        self.arm, self.deadline = connected
        self.wanted = what
        self.sending = Sending(
            self.arm, self.deadline, what, Overrides(**overrides), follow=follow, check_mode=check_mode
        )

    def start(self) -> tuple[PlannedUpgrade, str | None, Any]:
        return self.sending.start("rg-shop", "web")

    def refused(self, kind: type[VmssError]) -> Any:
        """The error that the call ends in."""
        with pytest.raises(kind) as caught:
            self.start()
        return caught.value

    def run(self) -> tuple[Progress, str | None]:
        planned, started_at, operation = self.start()
        return finish(
            self.arm,
            planned,
            operation,
            self.wanted,
            started_at=started_at,
            deadline=self.deadline,
            interval=10,
        )

    def failed(self, kind: type[VmssError]) -> Any:
        """The error that it ends in after the call."""
        with pytest.raises(kind) as caught:
            self.run()
        assert self.sending.instance_ids
        return caught.value


def test_a_call_sends_what_was_read_for_it_and_tells_azures_time(play: Play) -> None:
    upgrading = Upgrading(play(*read(*four(2)), upgrade("0")), wanted(domain="0"))
    planned, started_at, operation = upgrading.start()
    assert (planned.instance_ids, started_at, operation.id) == (("0",), STARTED_AT, "0be6")
    assert planned.excluded() == [{"instance_id": "2", "reason": "already on the target image"}]
    assert upgrading.sending.instance_ids == ("0",)
    assert planned.diff() == {
        "before": {"0": f"Canonical:ubuntu-24_04-lts:server:{OLD_VERSION}"},
        "after": {"0": f"Canonical:ubuntu-24_04-lts:server:{NEW_VERSION}"},
    }


def test_where_there_is_nothing_to_send_nothing_more_is_read(play: Play) -> None:
    upgrading = Upgrading(play(get_new_model(), get_instances(*four(0, 2))), wanted(domain="0"))
    planned, started_at, operation = upgrading.start()
    assert (planned.instance_ids, started_at, operation, upgrading.sending.instance_ids) == ((), None, None, ())


def test_in_check_mode_all_is_read_that_could_forbid_it(play: Play) -> None:
    upgrading = Upgrading(play(*read(*four())), wanted("1"), check_mode=True)
    planned, started_at, operation = upgrading.start()
    assert (planned.instance_ids, started_at, operation, upgrading.sending.instance_ids) == (("1",), None, None, ())
    rolls = [*read(*four())[:2], get_rolling(200, ROLLS)]
    assert Upgrading(play(*rolls), wanted("1"), check_mode=True).refused(Refused).kind == "rolling_upgrade"


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ([get_model({**model(NEW_VERSION), "tags": {"aks-managed-poolName": "np1"}})], "managed"),
        ([get_model({**model(), "properties": {"orchestrationMode": "Flexible"}})], "profile_missing"),
        ([get_new_model(), get_instances(*UNHEALTHY)], "max_unavailable"),
        ([*read(*four())[:2], get_rolling(200, ROLLS)], "rolling_upgrade"),
    ],
)
def test_what_forbids_a_call_is_told_before_it_is_made(play: Play, script: list[Exchange], kind: str) -> None:
    upgrading = Upgrading(play(*script), wanted("0", budget="1"))
    assert upgrading.refused(Refused).kind == kind
    assert upgrading.sending.instance_ids == ()
    assert upgrading.sending.scale_set is not None, "whose image is told with the refusal"


def test_sets_of_other_services_are_sent_where_that_is_allowed(play: Play) -> None:
    aks = {**model(NEW_VERSION), "tags": {"aks-managed-poolName": "np1"}}
    script = [get_model(aks), *read(*four())[1:], upgrade("0")]
    assert Upgrading(play(*script), wanted("0"), managed=True).start()[0].instance_ids == ("0",)


# Waits and answers that did not come


@pytest.mark.parametrize("where", ["model", "first page", "second page", "rolling upgrade", "write"])
def test_what_turns_unhealthy_during_a_wait_for_tokens_counts(play: Play, clock: Clock, where: str) -> None:
    pages = [get_instances(*four()[:2]), get(f"{WEB}/virtualMachines", {"value": four()[2:]}, query={"page": "2"})]
    pages[0].body["nextLink"] = NEXT_PAGE
    scripts = {
        "model": [replace(get_new_model(), **THROTTLED)],
        "first page": [get_new_model(), replace(get_instances(), **THROTTLED)],
        "second page": [get_new_model(), pages[0], replace(pages[1], **THROTTLED)],
        "rolling upgrade": [get_new_model(), *pages, replace(get_rolling(), **THROTTLED)],
        "write": [get_new_model(), *pages, get_rolling(), upgrade("0", "1", **THROTTLED)],
    }
    again = [get_new_model(), get_instances(*UNHEALTHY)]
    upgrading = Upgrading(play(*scripts[where], *again), wanted("0", "1", budget="2"))
    upgrading.refused(NoRoom)
    assert clock.sleeps == [40]
    assert upgrading.sending.instance_ids == (), "a throttled call has reached nobody"


def test_answers_that_take_too_long_are_read_again(play: Play, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    send = Wire.send

    def late(wire: Wire, request: Any, **more: Any) -> Any:
        # The first read of the rolling upgrade.
        if len(wire.adapter.script) == 5:
            clock.now += 40
        return send(wire, request, **more)

    monkeypatch.setattr(Wire, "send", late)
    upgrading = Upgrading(play(*read(*four()), *read(*four()), upgrade("0")), wanted("0"))
    assert upgrading.start()[0].instance_ids == ("0",)


def test_the_lack_of_tokens_for_all_reads_is_waited_for_longer_and_longer(play: Play, clock: Clock) -> None:
    throttled = [get_new_model(), replace(get_instances(), **{**THROTTLED, "headers": {"Retry-After": "5"}})]
    upgrading = Upgrading(play(*throttled * 5, seconds=160), wanted("0"))
    upgrading.refused(Throttled)
    assert clock.sleeps == [5, 15, 30, 60]
    assert upgrading.sending.instance_ids == ()


@pytest.mark.parametrize("lost", [{"status": 500}, TIMEOUT])
@pytest.mark.parametrize("shown", [vm(2, state="Updating"), vm(2, NEW_VERSION)])
def test_a_call_without_an_answer_that_was_received_is_not_made_again(
    play: Play, lost: dict[str, Any], shown: dict[str, Any]
) -> None:
    moving = [*four()[:2], shown, vm(3, domain=1)]
    script = [*read(*four()), upgrade("0", "2", **lost), get_new_model(), get_instances(*moving)]
    planned, started_at, operation = Upgrading(play(*script), wanted("0", "2", budget="2")).start()
    assert planned.instance_ids == ("0", "2"), "Azure takes all ids of a call, or none"
    assert (started_at, operation) == (STARTED_AT, None)


def test_what_an_unanswered_call_did_counts_from_before_it(play: Play) -> None:
    """By the time at which it is looked for, the instances may be done: of that time, they would seem not begun."""
    later = {"headers": {"Date": "Sun, 22 Nov 2026 10:25:00 GMT"}}
    script = [*read(*four()), upgrade("0", **TIMEOUT), get_model(model(NEW_VERSION), **later)]
    found = get_instances(vm(0, NEW_VERSION), *four()[1:])
    upgrading = Upgrading(play(*script, replace(found, **later)), wanted("0"))
    assert upgrading.start()[1] == STARTED_AT


def test_what_an_unanswered_call_has_moved_was_not_moved_by_another_client(play: Play) -> None:
    baseline = Baseline.of(
        ScaleSet.from_wire(model(NEW_VERSION), resource_group="rg-shop"),
        [Instance.from_wire(one) for one in four()],
        Image.from_options(reference(NEW_VERSION)),
        at=None,
        any_capacity=False,
    )
    what = wanted("0", "2", terms=Terms(baseline=baseline))
    begun = [*read(*four()), upgrade("0", "2", **TIMEOUT)]
    moved = [*four(0)[:2], vm(2, state="Updating"), vm(3, domain=1)]
    assert Upgrading(play(*begun, get_new_model(), get_instances(*moved)), what).start()[0].instance_ids == ("0", "2")
    # Of one that was never sent, it was.
    upgrading = Upgrading(play(*begun, get_new_model(), get_instances(*four(3))), what)
    assert upgrading.refused(Refused).kind == "concurrent_change"
    assert upgrading.sending.instance_ids == ("0", "2")


def test_a_plan_takes_what_may_have_been_sent_for_its_own_work() -> None:
    of = scale_set(image=NEW)
    behind = [instance(number, latest_model=False) for number in range(2)]
    baseline = Baseline.of(of, behind, NEW, at=None, any_capacity=False)
    what, moved = wanted("1", terms=Terms(baseline=baseline)), (instance(0, image=NEW), behind[1])
    assert plan(of, moved, what, now=None, unanswered=["0"]).instance_ids == ("1",)
    with pytest.raises(Refused, match="not begun"):
        plan(of, moved, what, now=None)


def test_a_call_that_was_never_received_is_decided_anew(play: Play, clock: Clock) -> None:
    lost = upgrade("0", "2", status=503, headers={"Retry-After": "60"})
    again = [*read(*UNHEALTHY), upgrade("2")]
    upgrading = Upgrading(play(*read(*four()), lost, *again), wanted("0", "2", budget="2", partial=True))
    planned, _started_at, operation = upgrading.start()
    assert (planned.instance_ids, operation.id) == (("2",), "0be6")
    assert upgrading.sending.instance_ids == ("0", "2"), "the call before may reach the other one yet"
    assert clock.sleeps == [0.8]


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ([*read(*four()), upgrade("0", status=500)] * 5, Unavailable),
        (
            [
                *[*read(*four()), upgrade("0", status=500)],
                get(WEB, error("AuthorizationFailed", "no"), status=403),
            ],
            Forbidden,
        ),
    ],
)
def test_what_may_have_been_sent_is_known_whatever_ends_it(
    play: Play, script: list[Exchange], kind: type[VmssError]
) -> None:
    upgrading = Upgrading(play(*script), wanted("0"))
    upgrading.refused(kind)
    assert upgrading.sending.instance_ids == ("0",)


def test_a_refused_call_has_reached_nobody(play: Play) -> None:
    denied = upgrade("0", status=403, headers={}, body=error("AuthorizationFailed", "No."))
    upgrading = Upgrading(play(*read(*four()), denied), wanted("0"))
    upgrading.refused(Forbidden)
    assert upgrading.sending.instance_ids == ()


# Instances that vanish


def test_an_instance_that_vanishes_before_the_call_is_left_out_of_the_next_one(play: Play) -> None:
    left = [*four()[:2], vm(3, domain=1)]
    script = [*read(*four()), refused("0", "2"), *read(*left), upgrade("0")]
    planned = Upgrading(play(*script), wanted(domain="0", budget="50%")).start()[0]
    assert planned.instance_ids == ("0",)
    assert planned.excluded() == [{"instance_id": "2", "reason": "no longer there"}]


def test_the_next_call_asks_for_no_instance_that_the_first_did_not(play: Play) -> None:
    new = vm(4)
    script = [*read(*four()), refused("0", "2"), *read(*four()[:2], vm(3, domain=1), new), upgrade("0")]
    assert Upgrading(play(*script), wanted(domain="0")).start()[0].instance_ids == ("0",)


def test_where_the_last_one_vanishes_no_call_is_made_for_all(play: Play) -> None:
    upgrading = Upgrading(play(*read(*four()), refused("2")), wanted("2", skip_missing=True))
    planned, started_at, operation = upgrading.start()
    assert (planned.instance_ids, started_at, operation, upgrading.sending.instance_ids) == ((), None, None, ())
    assert planned.excluded() == [{"instance_id": "2", "reason": "no longer there"}]


def test_an_instance_that_was_named_must_be_there_unless_it_may_be_passed_over(play: Play) -> None:
    caught = Upgrading(play(*read(*four()), refused("0", "2")), wanted("0", "2")).refused(BadInput)
    assert (caught.instances, caught.fault.code) == (("2",), "InvalidParameter")
    Upgrading(play(get_new_model(), get_instances(*four())), wanted("1", "99")).refused(BadInput)
    script = [*read(*four()), upgrade("1")]
    planned = Upgrading(play(*script), wanted("1", "99", skip_missing=True)).start()[0]
    assert planned.excluded() == [{"instance_id": "99", "reason": "no longer there"}]


def test_instances_that_vanish_for_ever_end_in_an_error(play: Play) -> None:
    instances = [vm(n) for n in range(5)]
    script = [
        *[*read(*instances), refused("0", "1", "2", "3", "4")],
        *[*read(*instances[:4]), refused("0", "1", "2", "3")],
        *[*read(*instances[:3]), refused("0", "1", "2")],
    ]
    upgrading = Upgrading(play(*script), wanted())
    assert "vanish faster" in upgrading.refused(ServiceError).message
    assert upgrading.sending.instance_ids == ()


def test_a_plan_knows_instances_in_any_case_of_their_ids() -> None:
    one = instance("web_0A1b", latest_model=False)
    planned = plan(scale_set(image=NEW), (one,), wanted("WEB_0a1B", "gone", skip_missing=True), now=None)
    assert planned.instance_ids == ("web_0A1b",)
    assert planned.excluded() == [{"instance_id": "gone", "reason": "no longer there"}]


@pytest.mark.parametrize(
    ("ids", "check_mode", "words"),
    [
        (("0",), False, "1 instances of web are being upgraded."),
        (("0",), True, "1 instances of web would be upgraded."),
        (("9",), False, "Nothing to upgrade in web; 1 excluded."),
    ],
)
def test_a_plan_says_what_it_does(ids: tuple[str, ...], check_mode: bool, words: str) -> None:
    what = wanted(*ids, skip_missing=True)
    planned = plan(scale_set(image=NEW), (instance(0, latest_model=False),), what, now=None)
    assert planned.describe(check_mode=check_mode) == words


# Seeing it through


def sent(play: Play, *script: Exchange, ids: tuple[str, ...] = ("0", "2"), seconds: float = 600) -> Upgrading:
    """These were sent, and this comes after."""
    begun = [*read(*four()), upgrade(*ids)]
    return Upgrading(play(*begun, *script, seconds=seconds), wanted(*ids, budget="2"), follow=True)


def test_instances_are_looked_at_after_the_end_of_their_operation(play: Play, clock: Clock) -> None:
    upgrading = sent(
        play,
        *[poll_action("InProgress"), poll_action()],
        *[get_instances(*four(0)[:2], vm(2, state="Updating"), vm(3, domain=1)), get_instances(*four(0, 2))],
    )
    progress, remark = upgrading.run()
    assert (progress.done, progress.total, remark) == (True, 2, None)
    assert clock.sleeps[-1] == 10


def test_a_failed_operation_names_the_instances_and_their_own_words(play: Play) -> None:
    failed = vm(2, NEW_VERSION, state="Failed", failure="VMExtensionProvisioningError")
    fault = poll_action("Failed", error={"code": "VMExtensionProvisioningError", "message": "health: it broke"})
    after = get_instances(vm(0, NEW_VERSION), vm(1, domain=1), failed, vm(3, domain=1))
    caught = sent(play, fault, after).failed(OperationFailed)
    assert (caught.instances, caught.fault.code) == (("2",), "VMExtensionProvisioningError")
    assert "2 (provisioning failed (failed/VMExtensionProvisioningError: it broke))" in caught.message


def test_a_failed_operation_after_which_all_are_up_is_a_remark(play: Play) -> None:
    fault = poll_action("Failed", error={"code": "InternalExecutionError", "message": "hiccup"})
    progress, remark = sent(play, fault, get_instances(*four(0, 2))).run()
    assert progress.done
    assert "hiccup" in str(remark)


def since(state_since: str, *instances: dict[str, Any]) -> Exchange:
    """The list, in which provisioning states are as old as this."""
    for one in instances:
        one["properties"]["instanceView"]["statuses"][0]["time"] = state_since
    return get_instances(*instances)


def test_after_a_failed_operation_an_old_state_shows_nothing(play: Play) -> None:
    fault = poll_action("Failed", error={"code": "InternalExecutionError", "message": "hiccup"})
    old = since("2026-11-22T10:14:59+00:00", *four(0, 2))
    assert sent(play, fault, old).failed(OperationFailed).instances == ("0", "2")
    young = since("2026-11-22T10:15:01+00:00", *four(0, 2))
    assert sent(play, fault, young).run()[0].done


def test_what_was_sent_without_an_answer_is_seen_through_by_two_looks(play: Play, clock: Clock) -> None:
    moving = [vm(0, state="Updating"), *four()[1:]]
    script = [*read(*four()), upgrade("0", **TIMEOUT), get_new_model(), get_instances(*moving)]
    upgrading = Upgrading(play(*script, *[get_instances(*four(0))] * 2), wanted("0"), follow=True)
    assert upgrading.run()[0].done
    assert clock.sleeps[-1] == 10


def test_an_instance_that_fails_after_the_operation(play: Play) -> None:
    failed = get_instances(vm(0, NEW_VERSION, state="Failed", failure="OSProvisioningTimedOut"), *four()[1:])
    caught = sent(play, poll_action(), failed, failed, ids=("0",)).failed(OperationFailed)
    assert caught.instances == ("0",)


@pytest.mark.parametrize(
    "end", [{"status": "Canceled"}, {"status": "Failed", "error": {"code": "OperationPreempted", "message": "newer"}}]
)
def test_a_newer_write_that_pre_empts_is_not_a_failed_upgrade(play: Play, end: dict[str, Any]) -> None:
    assert sent(play, poll_action(**end), ids=("0",)).failed(Preempted).kind == "preempted"


def test_the_timeout_names_what_is_still_open(play: Play, clock: Clock) -> None:
    still = get_instances(vm(0, state="Updating"), *four()[1:])
    caught = sent(play, poll_action(), *[still] * 3, ids=("0",), seconds=20).failed(WaitTimeout)
    assert caught.instances == ("0",)
    assert "not finished after 20 seconds: 0 of 1 instances upgraded; open: 0 (Updating)" in caught.message
    assert sum(clock.sleeps) == 20


def test_what_azure_did_not_let_be_seen_at_last_is_no_timeout_of_the_instances(play: Play) -> None:
    throttled = replace(get_instances(), **{**THROTTLED, "headers": {"Retry-After": "900"}})
    still = get_instances(vm(0, state="Updating"), *four()[1:])
    sent(play, poll_action(), still, throttled, ids=("0",), seconds=20).failed(Throttled)
