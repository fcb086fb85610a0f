# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.marks import Marks
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import Selection
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import Budget
from ansible_collections.azroll.vmss.plugins.module_utils._plan.limit import Limit
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.check_instances import instance_findings
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.findings import Finding
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, instance
from ansible_collections.azroll.vmss.tests.unit.preflight import (
    Case,
    assert_found_alone,
    done,
    five,
    order,
    prepared,
    skipping,
    ten,
)

FLEXIBLE: dict[str, Any] = {"model": {"orchestration_mode": "Flexible"}}
BUT_FIRST = {"order": order(only=Selection(instance_ids=("1", "2", "3", "4")))}
TWO: dict[str, Any] = {"intent": {"order": order("2")}}
SIX: dict[str, Any] = {"model": {"capacity": 6}}
# An hour and a second ago, and an hour ago.
LONG_AGO, AN_HOUR_AGO = "2026-11-22T09:14:59Z", "2026-11-22T09:15:00Z"
PROTECTION = "azroll.vmss.vmss_instance_protection"


def unhealthy(*numbers: int) -> list[Instance]:
    return [instance(n, health="unhealthy" if n in numbers else "healthy") for n in range(5)]


def updating_in_zones() -> list[Instance]:
    first, *others = ten()
    return [replace(first, provisioning_state="Updating"), *others]


CASES: dict[str, Case] = {
    "no share of two instances": Case(
        "max_unavailable", "refusal", 'Set it to 1 or "50%"', {"instances": [instance(0), instance(1)]}
    ),
    "too many are out of service beside the skipped": Case(
        "max_unavailable", "refusal", '"40%"', {"instances": five(health="unhealthy"), "intent": skipping("0")}
    ),
    "below the minimum in service": Case(
        "below_minimum", "needs_acceptance", "Bring them back first", {"instances": unhealthy(0, 1)}
    ),
    "a zone below its minimum in service": Case(
        "below_minimum",
        "needs_acceptance",
        "no other of zone 1 until they are back",
        {"instances": ten(0, 2), "intent": {"order": order("30%", zone="20%")}},
    ),
    "missing": Case("instances_missing", "warning", "Wait for a scale-out", {**SIX, "intent": {"order": order("40%")}}),
    "missing, and no room": Case("instances_missing", "needs_acceptance", "a share of those that are listed", SIX),
    "missing, and all that is to be moved is out of service": Case(
        "instances_missing",
        "warning",
        "Wait for a scale-out",
        {"model": {"capacity": 10}, "instances": [instance(0, health="unhealthy"), *done(9)["instances"][1:]]},
    ),
    "a share that comes to one, and instances to be quarantined": Case(
        "quarantine", "warning", 'at least 2 or "40%"', {"intent": {"quarantine": True}}
    ),
    "a Flexible set, and instances to be quarantined": Case(
        "quarantine",
        "warning",
        "rolled back with the rest",
        {**FLEXIBLE, "intent": {"order": order("40%"), "quarantine": True}},
    ),
    "attached": Case(
        "instances_attached",
        "warning",
        "O(include_instances)",
        {**FLEXIBLE, "instances": [*five(), instance("winvm", attached="it runs Windows")]},
    ),
    "nothing but attached ones": Case(
        "instances_attached",
        "needs_acceptance",
        "O(include_instances)",
        {**FLEXIBLE, "instances": five(attached="no mark")[:1]},
    ),
    "protected": Case("instances_protected", "warning", PROTECTION, {"instances": five(protected=True)}),
    "quarantined": Case(
        "instances_protected",
        "warning",
        "fix or delete them",
        {"instances": [*five()[1:], instance(0, image=NEW, protected=True, health="unhealthy")], **TWO},
    ),
    "deallocated": Case(
        "instances_deallocated",
        "warning",
        "Start them before the rollout",
        {"instances": five(power="deallocated"), **TWO},
    ),
    "failed": Case(
        "instances_failed",
        "warning",
        "a new image may be the cure",
        {"instances": five(provisioning_state="Failed", health=None)},
    ),
    "failed, but serving": Case(
        "instances_failed", "warning", "not the application", {"instances": five(provisioning_state="Failed")}
    ),
    "in progress": Case(
        "instances_in_progress", "warning", "name them in O(skip)", {"instances": five(provisioning_state="Updating")}
    ),
    "in progress for an hour": Case(
        "instances_in_progress",
        "warning",
        "name them in O(skip)",
        {"instances": five(provisioning_state="Updating", state_since=AN_HOUR_AGO)},
    ),
    "in progress for long": Case(
        "instances_in_progress",
        "needs_acceptance",
        "name them in O(skip)",
        {"instances": five(provisioning_state="Creating", state_since=LONG_AGO)},
    ),
    "in progress for long, and skipped": Case(
        "instances_in_progress",
        "warning",
        "They count as out of service until they come to rest",
        {"instances": five(provisioning_state="Updating", state_since=LONG_AGO), "intent": skipping("0", limit="40%")},
    ),
    "in progress, skipped, and all that may be out": Case(
        "instances_in_progress",
        "needs_acceptance",
        "or set a higher O(max_unavailable).",
        {"instances": five(provisioning_state="Updating"), "intent": skipping("0")},
    ),
    "in progress, skipped, and all of its zone that may be out": Case(
        "instances_in_progress",
        "needs_acceptance",
        "or set a higher O(max_unavailable_per_zone).",
        {"instances": updating_in_zones(), "intent": {"order": order("40%", zone="1", marks=Marks(skip_ids=("0",)))}},
    ),
    "judged by the image, as the set remembers": Case(
        "instances_behind_model",
        "warning",
        "azroll.vmss.vmss_domain_upgrade (all_instances)",
        {**done(1, latest_model=False), "by_model": False, "noted_by_image": True},
    ),
    "own model": Case(
        "instances_own_model", "warning", "judged by their image alone", {"instances": five(own_model=True)}
    ),
}
NOTHING: dict[str, dict[str, Any]] = {
    "all well": {},
    "no instances": {"instances": []},
    "unhealthy as far as the budget goes": {"instances": unhealthy(0)},
    "a zone below its minimum in service that nothing goes from": {
        "instances": ten(0, 2),
        "intent": {"order": order("30%", zone="20%", only=Selection(zones=("2",)))},
    },
    "below the minimum in service, and all that is left is skipped": {
        "instances": unhealthy(0, 1),
        "intent": skipping(*"01234"),
    },
    "below the minimum in service, and nothing to do": {
        **done(),
        "instances": [instance(n, image=NEW, health="unhealthy") for n in range(5)],
    },
    "missing, and nothing to do": {**done(), "model": {"image": NEW, "capacity": 6}},
    "as many as the capacity": {"model": {"capacity": 5}},
    "more than the capacity": {"model": {"capacity": 4}},
    "protected, but skipped": {"instances": five(protected=True), "intent": skipping("0")},
    "protected, but not to be moved": {"instances": five(protected=True), "intent": BUT_FIRST},
    "protected, but done": {"instances": five(protected=True, image=NEW)},
    "deallocated, but skipped": {"instances": five(power="deallocated"), "intent": skipping("0", limit="2")},
    "attached and being deleted": {
        "instances": [*five(), instance("winvm", attached="it runs Windows", provisioning_state="Deleting")]
    },
    "instances may be quarantined": {"intent": {"order": order("40%"), "quarantine": True}},
    "instances were to be quarantined, but there is nothing to do": {**done(), "intent": {"quarantine": True}},
    "instances were to be quarantined, but it is a rollback": {"intent": {"quarantine": True, "rollback": True}},
    "behind the model, and the set remembers nothing": {**done(1, latest_model=False), "by_model": False},
    "behind the model, and on another image": {
        "instances": five(latest_model=False),
        "by_model": False,
        "noted_by_image": True,
    },
}


@pytest.mark.parametrize("case", CASES)
def test_each_case_is_found_alone_with_a_way_out(case: str) -> None:
    assert_found_alone(CASES[case])


@pytest.mark.parametrize("case", NOTHING)
def test_nothing_is_made_up(case: str) -> None:
    assert list(instance_findings(*prepared(**NOTHING[case]))) == []


def found(**given: Any) -> list[Finding]:
    return list(instance_findings(*prepared(**given)))


def test_a_zone_of_which_nothing_could_go_is_refused_before_the_rollout() -> None:
    instances = [replace(ten()[0], power="stopped"), *ten()[1:]]
    every = found(instances=instances, intent={"order": order("40%", zone="1")})
    assert ("max_unavailable", "refusal") in [(one.code, one.severity) for one in every]


def test_every_part_below_its_minimum_is_named() -> None:
    limits = {"order": order("20%", zone="20%", domain="1")}
    every = found(instances=ten(0, 2, 4), intent=limits)
    assert [(one.code, one.message, one.instances) for one in every] == [
        (
            "below_minimum",
            "3 of 10 instances are out of service already, and max_unavailable (20%) allows 2",
            ("0", "2", "4"),
        ),
        (
            "below_minimum",
            "3 of 5 instances of zone 1 are out of service already, and max_unavailable_per_zone (20%) allows 1",
            ("0", "2", "4"),
        ),
    ]
    both = [replace(one, zone=None) for one in ten(2, 3)]
    (of_domain,) = found(instances=both, intent=limits)
    assert of_domain.message == (
        "2 of 2 instances of fault domain 1 are out of service already, and max_unavailable_per_fault_domain (1) "
        "allows 1"
    )


def test_what_the_rollout_waits_for_first_is_not_below_the_minimum() -> None:
    first = [instance(n, provisioning_state="Updating" if n < 2 else "Succeeded") for n in range(5)]
    assert [one.code for one in found(instances=first)] == ["instances_in_progress"]


def test_missing_instances_stay_a_finding_when_they_have_been_accepted() -> None:
    listed_only = replace(order("40%"), budget=Budget(Limit.parse("40%", "max_unavailable"), ignore_missing=True))
    (missing,) = found(**SIX, intent={"order": listed_only})
    assert (missing.code, missing.severity) == ("instances_missing", "warning")
    assert missing.message.startswith("The capacity is 6, and 1 of them are not listed")


def test_of_missing_instances_of_a_flexible_set_it_is_said_where_they_may_have_gone() -> None:
    def advice(mode: str) -> str:
        (missing,) = found(model={"capacity": 6, "orchestration_mode": mode}, intent={"order": order("40%")})
        return missing.advice

    assert "deleted or detached" in advice("Flexible")
    assert "deleted or detached" not in advice("Uniform")


def test_a_quarantine_is_measured_by_the_limit_of_the_capacity() -> None:
    (useless,) = found(intent={"order": order("1"), "quarantine": True})
    assert "O(max_unavailable) (1) allows 1 of 5" in useless.message
    # A Flexible set has no protection, whatever its limit.
    (flexible,) = found(**FLEXIBLE, intent={"order": order("1"), "quarantine": True})
    assert "Flexible" in flexible.message


def test_attached_instances_are_named_by_reason_in_the_order_of_their_ids() -> None:
    attached = [instance(name, attached=reason) for name, reason in (("b", "mark"), ("a", "mark"), ("w", "Windows"))]
    windows, mark = found(**FLEXIBLE, instances=[*five(), *attached])
    assert (windows.instances, mark.instances) == (("w",), ("a", "b"))
    assert windows.message == "1 of 8 instances are excluded from the rollout (Windows)"
    assert mark.message == "2 of 8 instances are excluded from the rollout (mark)"


def test_instances_in_progress_are_divided_by_how_long_and_whether_they_are_waited_for() -> None:
    states = {0: LONG_AGO, 1: AN_HOUR_AGO, 2: LONG_AGO, 3: None}
    busy = [instance(number, provisioning_state="Updating", state_since=since) for number, since in states.items()]
    every = found(
        instances=[*busy, *(instance(n) for n in range(4, 10))],
        intent={"order": order("50%", marks=Marks(skip_ids=("2",)))},
    )
    assert [(one.code, one.severity, one.instances) for one in every] == [
        ("instances_in_progress", "needs_acceptance", ("0",)),
        ("instances_in_progress", "warning", ("1", "3")),
        ("instances_in_progress", "warning", ("2",)),
    ]
    stuck, recent, left = every
    assert "longer than 1 hour; the rollout waits" in stuck.message
    assert "a time that Azure does not report" in recent.message
    assert "does not wait for them" in left.message


def test_how_long_is_said_where_azure_reports_it_of_all() -> None:
    (recent,) = found(instances=five(provisioning_state="Updating", state_since=AN_HOUR_AGO))
    assert recent.message.startswith("1 instance has been in progress for less than 1 hour")


def test_without_a_time_on_azures_clock_nothing_is_in_progress_for_too_long() -> None:
    (recent,) = found(instances=five(provisioning_state="Updating", state_since=LONG_AGO), now=None)
    assert recent.severity == "warning"


def test_a_failed_instance_counts_by_what_it_reports_since_its_failure() -> None:
    failed = [
        instance(0, provisioning_state="Failed", state_since="2026-02-01T10:05:00+00:00"),
        instance(1, provisioning_state="Failed"),
    ]
    out, serving = found(instances=[*failed, *(instance(n) for n in range(2, 10))])
    assert (out.instances, serving.instances) == (("0",), ("1",))
    assert out.message.startswith("1 instance has failed before the rollout, which counts as out of service")
    assert serving.message.startswith("1 instance has failed, but reports healthy, which counts as in service")


def test_several_instances_are_counted_and_named_in_the_order_of_their_ids() -> None:
    own = [instance(number, own_model=True) for number in (10, 9)]
    (several,) = found(instances=[*own, *five()])
    assert several.message.startswith("2 instances have a model to itself")
    assert several.instances == ("9", "10")


def test_a_rollout_that_is_confined_to_what_does_not_exist_is_an_error() -> None:
    with pytest.raises(BadInput, match="99"):
        found(intent={"order": order(only=Selection(instance_ids=("99",)))})
