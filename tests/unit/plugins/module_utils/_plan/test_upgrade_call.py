# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""One call never takes more out of service than allowed, and never carries what should stay."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import Refused
from ansible_collections.azroll.vmss.plugins.module_utils._model.marks import Marks
from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import doubtful, out_of_service
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import (
    BUSY,
    CURRENT,
    DEALLOCATED,
    IN_USE,
    LEAVING,
    NO_ROOM,
    PROTECTED,
    is_stale,
)
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import Budget, exceeded, shares
from ansible_collections.azroll.vmss.plugins.module_utils._plan.limit import Limit
from ansible_collections.azroll.vmss.plugins.module_utils._plan.upgrade_call import Upgrade, plan_upgrade
from ansible_collections.azroll.vmss.tests.unit.builders import EXTENSION, NEW, instance
from ansible_collections.azroll.vmss.tests.unit.strategies import fleets, health_sources, limits, tight_budgets


def upgrade(instances, chosen, most, source=EXTENSION, **options) -> Upgrade:
    limit = most if isinstance(most, Limit) else Limit.parse(most, "max_unavailable")
    return plan_upgrade(instances, chosen, NEW, health_source=source, budget=Budget(limit), **options)


def some_of(instances):
    return st.lists(st.sampled_from(instances), unique=True) if instances else st.just([])


@given(fleets(), limits, health_sources, st.data())
def test_a_call_stays_within_the_budget_and_sorts_every_instance(instances, limit, source, data):
    chosen = data.draw(some_of(instances))
    try:
        made = upgrade(instances, chosen, limit, source)
    except Refused:
        return
    by_id = {one.instance_id: one for one in instances}
    total = sum(not one.leaving for one in instances)
    before = set(out_of_service(instances, source))
    away = before | set(made.instance_ids)
    assert away == before or len(away) <= limit.of(total)
    excluded = [one.instance_id for one in made.excluded]
    assert Counter([*made.instance_ids, *excluded]) == Counter(one.instance_id for one in chosen)
    for instance_id in made.instance_ids:
        one = by_id[instance_id]
        assert is_stale(one, NEW)
        assert not any((one.leaving, one.protected, one.deallocated, one.busy))


@given(fleets(), limits, health_sources, st.data())
def test_a_refusal_names_the_least_budget_that_works(instances, limit, source, data):
    chosen = data.draw(some_of(instances))
    try:
        upgrade(instances, chosen, limit, source)
    except Refused as exc:
        refused = exc
    else:
        return
    total = sum(not one.leaving for one in instances)
    assert len({*out_of_service(instances, source), *refused.instances}) > limit.of(total)
    count, percentage = re.search(r'to (\d+) or "(\d+%)"', refused.advice).groups()
    assert upgrade(instances, chosen, count, source).instance_ids == refused.instances
    assert upgrade(instances, chosen, percentage, source).instance_ids == refused.instances
    if int(count) > 1:
        with pytest.raises(Refused):
            upgrade(instances, chosen, int(count) - 1, source)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"image": NEW}, CURRENT),
        ({"image": NEW, "protected": True}, CURRENT),
        ({"protected": True}, PROTECTED),
        ({"power": "stopped"}, DEALLOCATED),
        ({"provisioning_state": "Deleting"}, LEAVING),
        ({"provisioning_state": "Updating"}, BUSY),
    ],
)
def test_what_should_stay_is_left_out_with_the_reason(fields, reason):
    instances = [instance(0, **fields), instance(1)]
    made = upgrade(instances, instances, "100%")
    assert made.instance_ids == ("1",)
    assert [(one.instance_id, one.reason) for one in made.excluded] == [("0", reason)]


def test_those_that_are_out_already_count():
    instances = [instance(n, health="unhealthy" if n < 2 else "healthy") for n in range(20)]
    assert upgrade(instances, instances[5:7], 4).instance_ids == ("5", "6")
    with pytest.raises(Refused) as refused:
        upgrade(instances, instances[5:8], "20%")
    assert refused.value.kind == "max_unavailable"
    assert refused.value.message == (
        "Upgrading 3 of 20 instances on top of those out of service already (0, 1) would take 5 out of service at "
        "once, and max_unavailable (20%) allows 4"
    )


def test_those_that_are_out_and_sent_count_once():
    instances = [instance(n, health="unhealthy" if n < 2 else "healthy") for n in range(20)]
    assert upgrade(instances, instances[:4], 4).instance_ids == ("0", "1", "2", "3")


def test_a_sick_scale_set_can_receive_its_cure():
    instances = [instance(n, health="unhealthy") for n in range(10)]
    assert len(upgrade(instances, instances, 1).instance_ids) == 10


def test_one_that_failed_and_reports_healthy_is_taken_for_what_it_is():
    fleet = [instance(n, provisioning_state="Failed") for n in range(10)]
    with pytest.raises(Refused):
        upgrade(fleet, fleet, "20%")
    made = upgrade(fleet, fleet[:2], "20%")
    assert (made.instance_ids, made.unhealthy_before, made.failed_before) == (("0", "1"), (), ("0", "1"))


def test_what_is_unhealthy_is_judged_by_the_list_that_the_call_is_made_on():
    fleet = [instance(0, health="unhealthy"), *(instance(n) for n in range(1, 10))]
    assert upgrade(fleet, fleet[:2], "20%").unhealthy_before == ("0",)


def test_a_report_from_before_the_failure_counts_as_out_and_is_asked_for_again():
    late = instance(0, provisioning_state="Failed", state_since="2026-02-01T10:00:01+00:00")
    made = upgrade([late], [late], "100%")
    assert out_of_service([late], EXTENSION) == ("0",)
    assert (made.instance_ids, made.unhealthy_before) == (("0",), ())


def test_what_the_capacity_asks_for_and_the_list_does_not_have_is_out():
    fleet = [instance(n) for n in range(16)]
    assert upgrade(fleet, fleet[:3], "20%", capacity=16).instance_ids == ("0", "1", "2")
    with pytest.raises(Refused, match="on top of 4 missing of a capacity of 20 would take 5 out") as refused:
        upgrade(fleet, fleet[:1], "20%", capacity=20)
    assert 'set max_unavailable to 5 or "25%"' in str(refused.value)
    assert upgrade(fleet, fleet[:1], "25%", capacity=20).instance_ids == ("0",)
    limit = Limit.parse("20%", "max_unavailable")
    budget = Budget(limit, ignore_missing=True)
    ignoring = plan_upgrade(fleet, fleet[:3], NEW, health_source=EXTENSION, budget=budget, capacity=20)
    assert ignoring.instance_ids == ("0", "1", "2")


def test_more_may_be_listed_than_the_capacity_says():
    fleet = [instance(n) for n in range(20)]
    assert len(upgrade(fleet, fleet[:4], "20%", capacity=15).instance_ids) == 4


def test_ids_are_sent_in_the_order_of_numbers():
    instances = [instance(n) for n in (10, 9, 100)]
    assert upgrade(instances, instances, "100%").instance_ids == ("9", "10", "100")


def test_by_image_alone_an_instance_off_the_model_stays():
    instances = [instance(0, image=NEW, latest_model=False)]
    assert upgrade(instances, instances, 1).instance_ids == ("0",)
    assert upgrade(instances, instances, 1, by_model=False).instance_ids == ()


@given(fleets(), tight_budgets, health_sources, st.data())
def test_what_fits_goes_and_the_rest_waits(instances, budget, source, data):
    chosen = data.draw(some_of(instances))
    options = {"health_source": source, "budget": budget}
    try:
        made = plan_upgrade(instances, chosen, NEW, partial=True, **options)
    except Refused:
        with pytest.raises(Refused):
            plan_upgrade(instances, chosen, NEW, **options)
        return
    waiting = [one.instance_id for one in made.excluded if one.reason == NO_ROOM]
    out = out_of_service(instances, source)
    parts, doubt = shares(instances, budget), doubtful(instances, source)
    assert exceeded(parts, out, made.instance_ids, doubt) is None
    assert all(exceeded(parts, out, [*made.instance_ids, one], doubt) for one in waiting)
    assert set(waiting).isdisjoint(set(out) - doubt)
    assert made.instance_ids or not waiting
    if not waiting:
        assert plan_upgrade(instances, chosen, NEW, **options) == made


def test_what_reported_healthy_before_its_operation_failed_may_serve_and_takes_room():
    since = "2026-02-01T10:05:00+00:00"
    instances = [instance(n, provisioning_state="Failed", state_since=since) for n in range(10)]
    assert upgrade(instances, instances, 2, partial=True).instance_ids == ("0", "1")
    with pytest.raises(Refused, match="would take 10 out of service"):
        upgrade(instances, instances, 2)
    gone = [instance(n, power="stopped") for n in range(2)]
    with pytest.raises(Refused):
        upgrade([*gone, *instances[2:]], instances[2:], 2, partial=True)


def test_a_zone_s_own_limit_is_named():
    instances = [instance(n, zone=str(n % 2 + 1)) for n in range(8)]
    budget = Budget(Limit.parse("100%", ""), of_zone=Limit.parse("50%", ""))
    with pytest.raises(Refused, match=r"3 of 4 instances of zone 1 .* max_unavailable_per_zone \(50%\) allows 2"):
        plan_upgrade(instances, instances[0:6:2], NEW, health_source=EXTENSION, budget=budget)


def test_an_instance_that_is_marked_as_busy_is_tried_again_later():
    instances = [instance(0, tags={"draining": "yes"}), instance(1, tags={"draining": "false"})]
    made = upgrade(instances, instances, "100%", marks=Marks(busy_tags=("draining",)))
    assert made.instance_ids == ("1",)
    assert [(one.instance_id, one.reason) for one in made.excluded] == [("0", IN_USE)]
