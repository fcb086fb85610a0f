# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""The plan: everything in it once, nothing mixed, never beyond the budget, and it ends."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput, Refused
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.marks import Marks
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import Selection
from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import (
    doubtful,
    in_service,
    out_of_service,
)
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import (
    DEALLOCATED,
    PROTECTED,
    SKIPPED,
    is_stale,
    obstacle,
)
from ansible_collections.azroll.vmss.plugins.module_utils._plan.batches import CANARY, make_plan
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import Budget, shares
from ansible_collections.azroll.vmss.plugins.module_utils._plan.limit import Limit
from ansible_collections.azroll.vmss.plugins.module_utils._plan.types import (
    GROUPINGS,
    Order,
    Plan,
    describe_plan,
    plan_to_dict,
)
from ansible_collections.azroll.vmss.plugins.module_utils._plan.upgrade_call import plan_upgrade
from ansible_collections.azroll.vmss.tests.unit.builders import EXTENSION, NEW, OLD, instance
from ansible_collections.azroll.vmss.tests.unit.strategies import (
    fleets,
    growing_orders,
    health_sources,
    orders,
    tight_orders,
)


def order(by: str = "update_domain", most: str | int = "20%", canary: int = 1, **only: object) -> Order:
    return Order(by, Budget(Limit.parse(most, "max_unavailable")), canary, Selection.from_options(only))


def with_limit(how: Order, limit: Limit) -> Order:
    return replace(how, budget=replace(how.budget, of_set=limit))


def plan(instances: list[Instance], how: Order, health_source: str | None = EXTENSION) -> Plan:
    return make_plan(instances, NEW, how, health_source=health_source)


def plan_or_skip(instances: list[Instance], how: Order, health_source: str | None) -> Plan:
    """The plan; a budget that allows nothing at all is a statement of its own."""
    try:
        return plan(instances, how, health_source)
    except Refused:
        event("refused")
        assume(False)
        raise


def regional(count: int, groups: int = 1, domains: int = 5) -> list[Instance]:
    """Placement groups of equal size, domains and ids dealt out in turn, as Azure does."""
    return [
        instance(
            number,
            placement_group=f"pg-{number * groups // count}",
            update_domain=number % domains,
            fault_domain=number % domains,
            latest_model=False,
        )
        for number in range(count)
    ]


def settle(one: Instance) -> Instance:
    """The instance when whatever ran on it has ended well."""
    return replace(one, provisioning_state="Succeeded", power="running", health="healthy")


def moved(one: Instance) -> Instance:
    """The instance after its upgrade."""
    return replace(settle(one), image=NEW, latest_model=None if one.latest_model is None else True)


# What a plan holds


@given(fleets(), orders, health_sources)
def test_every_stale_instance_is_in_one_batch_or_skipped_with_the_reason(instances, how, source):
    made = plan_or_skip(instances, how, source)
    stale = [one for one in instances if is_stale(one, NEW) and not one.leaving]
    planned = Counter(instance_id for batch in made.batches for instance_id in batch.instance_ids)
    assert planned == Counter(one.instance_id for one in stale if obstacle(one) is None)
    assert {one.instance_id: one.reason for one in made.excluded} == {
        one.instance_id: obstacle(one) for one in stale if obstacle(one)
    }


@pytest.mark.parametrize("by", GROUPINGS)
@given(instances=fleets(), how=orders, source=health_sources)
def test_no_batch_mixes_zones_or_domain_numbers(instances, how, source, by):
    by_id = {one.instance_id: one for one in instances}
    for batch in plan_or_skip(instances, replace(how, by=by), source).batches:
        members = [by_id[instance_id] for instance_id in batch.instance_ids]
        assert len({one.zone for one in members}) == 1
        if by in ("update_domain", "fault_domain"):
            assert len({getattr(one, by) for one in members}) == 1


@given(fleets(), orders, health_sources)
def test_batches_have_names_of_their_own_and_are_never_empty(instances, how, source):
    batches = plan_or_skip(instances, how, source).batches
    assert len({batch.name for batch in batches}) == len(batches)
    assert all(batch.instance_ids for batch in batches)


@given(fleets(), orders, health_sources, st.randoms(use_true_random=False))
def test_the_order_of_the_list_does_not_matter(instances, how, source, random):
    shuffled = random.sample(instances, len(instances))
    assert plan_or_skip(instances, how, source) == plan(shuffled, how, source)


@given(fleets(), orders, health_sources)
def test_the_canary_goes_first_and_alone(instances, how, source):
    batches = plan_or_skip(instances, how, source).batches
    canaries = [batch for batch in batches if batch.name == CANARY]
    there = [one for one in instances if not (one.leaving or one.failed or is_stale(one, NEW))]
    proven = sum(in_service(one, source) for one in there)
    assert canaries == list(batches[:1] if how.canary > proven else ())
    assert all(len(batch.instance_ids) <= how.canary for batch in canaries)


@settings(max_examples=200)
@given(fleets(), st.one_of(orders, growing_orders), health_sources)
def test_the_first_healthy_instances_go_in_a_small_proving_batch_of_their_own(instances, how, source):
    made = plan_or_skip(instances, how, source)
    out = set(out_of_service(instances, source)) - set(made.in_progress)
    there = [one for one in instances if not (one.leaving or one.failed or is_stale(one, NEW))]
    proven = sum(in_service(one, source) for one in there)
    assume(how.sizes or how.canary > proven)
    telling = [batch for batch in made.batches if set(batch.instance_ids) - out]
    if telling:
        size = max(how.sizes[0].of(made.total), 1) if how.sizes else how.canary
        assert telling[0].canary
        assert len(telling[0].instance_ids) <= size
        assert not how.sizes or not set(telling[0].instance_ids) & out


# What carrying it out does


@settings(max_examples=300)
@given(fleets(), orders, health_sources)
def test_a_plan_carried_out_keeps_the_floor_at_every_moment_and_leaves_nothing_behind(instances, how, source):
    made = plan_or_skip(instances, how, source)
    world = {one.instance_id: one for one in instances if not one.leaving}
    world |= {number: settle(world[number]) for number in made.in_progress}
    for batch in made.batches:
        before = set(out_of_service(world.values(), source))
        away = before | set(batch.instance_ids)
        if away != before:
            assert len(away) <= made.allowed
            assert len(world) - len(away) >= made.min_in_service
        assert len(batch.instance_ids) <= made.allowed
        # Nor where those serve that are said to be healthy, though an operation on them has failed since.
        certain = before - doubtful(world.values(), source)
        assert len(certain | set(batch.instance_ids)) <= made.allowed or certain >= set(batch.instance_ids)
        # The module that makes the call looks for itself, and agrees.
        chosen = [world[number] for number in batch.instance_ids]
        upgrade = plan_upgrade(list(world.values()), chosen, NEW, health_source=source, budget=how.budget)
        assert upgrade.instance_ids == batch.instance_ids
        world |= {one.instance_id: moved(one) for one in chosen}
    assert all(obstacle(one) for one in world.values() if is_stale(one, NEW))
    assert plan(list(world.values()), how, source).batches == ()


@settings(max_examples=300)
@given(fleets(), orders, health_sources, st.data())
def test_a_plan_that_was_cut_off_is_finished_by_the_next_one(instances, how, source, data):
    made = plan_or_skip(instances, how, source)
    assume(made.batches)
    stop = data.draw(st.integers(0, len(made.batches) - 1), label="killed in batch")
    world = {one.instance_id: one for one in instances if not one.leaving}
    world |= {number: settle(world[number]) for number in made.in_progress}
    for batch in made.batches[:stop]:
        world |= {number: moved(world[number]) for number in batch.instance_ids}
    for number in made.batches[stop].instance_ids:
        way = data.draw(st.sampled_from(["busy", "booting", "there", "not begun"]))
        away = {
            "busy": replace(world[number], provisioning_state="Updating", health=None),
            "booting": replace(moved(world[number]), health=None),
            "there": moved(world[number]),
            "not begun": world[number],
        }
        world[number] = away[way]
    # One that was unhealthy may come back: then what is lost for other reasons counts against the budget.
    again = plan_or_skip(list(world.values()), how, source)
    on_their_way = {number for number in made.batches[stop].instance_ids if not in_service(world[number], source)}
    assert on_their_way <= {*again.in_progress, *(n for batch in again.batches for n in batch.instance_ids)}
    planned = {number for batch in again.batches for number in batch.instance_ids}
    assert planned == {one.instance_id for one in world.values() if is_stale(one, NEW) and not obstacle(one)}


# Refusals


@given(fleets(most=15), orders, health_sources)
def test_a_refusal_names_the_least_budget_that_works(instances, how, source):
    try:
        plan(instances, how, source)
    except Refused as exc:
        refused = exc
    else:
        return
    movable = [one for one in instances if is_stale(one, NEW) and not obstacle(one)]
    allowed = how.budget.of_set.of(sum(not one.leaving for one in instances))
    stay_out = set(out_of_service(instances, source)) - {one.instance_id for one in movable}
    assert allowed < 1 or (allowed <= len(stay_out) and any(in_service(one, source) for one in movable))
    count, percentage = re.search(r'(\d+) or "(\d+%)"', refused.advice).groups()
    for enough in (count, percentage):
        assert plan(instances, with_limit(how, Limit.parse(enough, "")), source).batches
    if int(count) > 1:
        with pytest.raises(Refused):
            plan(instances, with_limit(how, Limit(int(count) - 1, False)), source)


def test_a_percentage_of_less_than_one_instance_is_refused_whatever_the_size():
    for total in range(1, 100):
        instances = regional(total)
        with pytest.raises(Refused, match=rf"1%\) of {total} instances is less than one") as refused:
            plan(instances, order(most="1%"))
        count, percentage = re.search(r'Set it to (\d+) or "(\d+%)"', refused.value.advice).groups()
        assert plan(instances, order(most=count)).allowed == 1
        assert plan(instances, order(most=percentage)).allowed >= 1


def test_what_is_missing_makes_the_floor_higher_and_the_batches_smaller():
    fleet = [instance(n) for n in range(16)]
    plan = make_plan(fleet, NEW, order("batch", "20%"), health_source=EXTENSION, capacity=18)
    assert (plan.total, plan.missing, plan.allowed, plan.min_in_service) == (16, 2, 3, 15)
    assert max(len(batch.instance_ids) for batch in plan.batches) == 1
    assert "2 more are missing and count as out of service" in describe_plan(plan, "20%")[0]


def test_what_failed_in_its_upgrade_proves_nothing_though_it_serves():
    fleet = [instance(0, image=NEW, provisioning_state="Failed"), *(instance(n) for n in range(1, 10))]
    assert plan(fleet, order()).batches[0].canary


def test_too_many_out_of_service_for_other_reasons_is_refused_with_their_ids():
    instances = regional(20)
    for number in (3, 11):
        instances[number] = replace(instances[number], protected=True, health="unhealthy")
    with pytest.raises(Refused, match=r"2 of 20 instances .* \(3, 11\).* \(10%\) allows 2") as refused:
        plan(instances, order(most="10%"))
    assert refused.value.instances == ("3", "11")
    assert plan(instances, order(most=3)).batches


def test_instances_that_an_interrupted_run_left_on_their_way_are_waited_for_not_refused():
    instances = regional(20)
    for number in (0, 5, 10, 15):
        instances[number] = replace(moved(instances[number]), health=None)
    made = plan(instances, order())
    assert made.in_progress == ("0", "5", "10", "15")
    assert [len(batch.instance_ids) for batch in made.batches] == [1, 3, 4, 4, 4]
    assert "  first wait for those in progress: 0 5 10 15" in describe_plan(made, "20%")


def test_what_shows_the_target_image_while_an_operation_runs_on_it_is_in_progress():
    running, done, off = (moved(one) for one in regional(3))
    instances = [hanging(running), done, hanging(replace(off, protected=True))]
    assert plan(instances, order()).upgraded_by_others == ("0",)
    assert plan([hanging(one) for one in regional(1)], order(most="100%")).upgraded_by_others == ()


def test_an_instance_that_was_set_aside_is_not_waited_for_and_counts_as_out():
    aside = instance(9, image=NEW, protected=True, health="unhealthy")
    made = plan([*regional(4), aside], order(most=2))
    assert made.in_progress == ()
    assert all(len(batch.instance_ids) == 1 for batch in made.batches)
    with pytest.raises(Refused):
        plan([*regional(4), aside], order(most=1))


def hanging(one: Instance) -> Instance:
    """The instance in an operation that never ends."""
    return replace(one, provisioning_state="Updating")


@pytest.mark.parametrize("image", [OLD, NEW])
@pytest.mark.parametrize(
    ("zone", "tags", "protected", "how"),
    [
        ("2", {}, False, {"only": Selection(zones=("1",))}),
        ("1", {}, True, {}),
        ("1", {"keep": "yes"}, False, {"marks": Marks(skip_tags=("keep",))}),
        ("1", {}, False, {"marks": Marks(skip_ids=("9",))}),
    ],
)
def test_an_excluded_instance_that_never_settles_is_not_waited_for_and_counts_as_out(zone, tags, protected, how, image):
    ninth = hanging(instance(9, zone=zone, tags=tags, protected=protected, image=image))
    made = plan([*(instance(n, zone="1") for n in range(4)), ninth], replace(order(most=2), **how))
    assert (made.in_progress, made.excluded_ids) == ((), ("9",))
    assert sorted(one for batch in made.batches for one in batch.instance_ids) == ["0", "1", "2", "3"]
    assert all(len(batch.instance_ids) == 1 for batch in made.batches)


def test_one_that_is_part_of_the_rollout_is_waited_for_with_words_for_the_end_of_the_wait():
    made = plan([*regional(4), hanging(instance(9))], order(most=2))
    assert made.in_progress == ("9",)
    advice = plan_to_dict(made)["in_progress_advice"]
    assert "waits for 9" in advice
    assert "rollout_skip" in advice


@given(fleets(), orders, health_sources)
def test_nothing_waits_for_what_is_excluded(instances, how, source):
    made = plan_or_skip(instances, how, source)
    assert not set(made.in_progress) & set(made.excluded_ids)
    assert not {one for batch in made.batches for one in batch.instance_ids} & set(made.excluded_ids)


def test_a_rollback_is_not_refused_for_what_is_in_progress_beside_it():
    beside = [hanging(instance(8)), instance(9, health="unhealthy")]
    sent = [instance(0, image=NEW), instance(1, image=NEW)]
    how = order(most=1, instance_ids=["0", "1"])
    made = make_plan([*sent, *beside], OLD, how, health_source=EXTENSION, by_model=False, missing_ids=True)
    assert [batch.instance_ids for batch in made.batches] == [("0",), ("1",)]


def test_a_deallocated_instance_is_not_waited_for():
    instances = [*regional(4), instance(9, image=NEW, power="deallocated", health=None)]
    assert plan(instances, order(most=2)).in_progress == ()


# The examples that people have in mind


def test_twenty_instances_in_five_domains_take_a_canary_and_five_batches():
    made = plan(regional(20), order())
    assert [(batch.name, " ".join(batch.instance_ids)) for batch in made.batches] == [
        ("canary", "0"),
        ("update domain 0", "5 10 15"),
        ("update domain 1", "1 6 11 16"),
        ("update domain 2", "2 7 12 17"),
        ("update domain 3", "3 8 13 18"),
        ("update domain 4", "4 9 14 19"),
    ]
    assert (made.total, made.allowed, made.min_in_service) == (20, 4, 16)


def test_a_thousand_instances_in_ten_placement_groups_take_a_canary_and_five_batches():
    made = plan(regional(1000, groups=10), order())
    assert [len(batch.instance_ids) for batch in made.batches] == [1, 199, 200, 200, 200, 200]
    assert [batch.name for batch in made.batches] == ["canary", *(f"update domain {number}" for number in range(5))]


def test_a_domain_that_exceeds_the_budget_is_divided_evenly():
    made = plan(regional(50), order(most=4, canary=0))
    assert [len(batch.instance_ids) for batch in made.batches[:3]] == [3, 3, 4]
    assert [batch.name for batch in made.batches[:3]] == [f"update domain 0 ({n} of 3)" for n in (1, 2, 3)]


def test_zones_go_one_after_the_other_each_with_its_own_domains():
    instances = [
        instance(number, zone=str(number % 3 + 1), update_domain=number // 3 % 2, latest_model=False)
        for number in range(12)
    ]
    assert [batch.name for batch in plan(instances, order(most=2, canary=0)).batches] == [
        f"zone {zone}, update domain {domain}" for zone in (1, 2, 3) for domain in (0, 1)
    ]
    assert [batch.name for batch in plan(instances, order("zone", most=4, canary=0)).batches] == [
        "zone 1",
        "zone 2",
        "zone 3",
    ]


@pytest.mark.parametrize("by", ["update_domain", "fault_domain", "zone", "batch"])
def test_flexible_instances_go_zone_by_zone_in_batches(by):
    instances = [instance(f"web_{n:08x}", zone=str(n % 2 + 1), latest_model=None) for n in range(8)]
    made = plan(instances, order(by, most=2, canary=0))
    assert [batch.name for batch in made.batches] == [
        "zone 1 (1 of 2)",
        "zone 1 (2 of 2)",
        "zone 2 (1 of 2)",
        "zone 2 (2 of 2)",
    ]


def test_instances_without_zone_or_domain_go_in_plain_batches():
    instances = [instance(number, latest_model=False) for number in range(4)]
    assert [batch.name for batch in plan(instances, order(most=2, canary=0)).batches] == [
        "batch (1 of 2)",
        "batch (2 of 2)",
    ]


def test_the_canary_is_an_instance_in_service_where_the_first_domain_has_one():
    instances = regional(20)
    instances[0] = replace(instances[0], health="unhealthy")
    assert plan(instances, order()).batches[0].instance_ids == ("5",)


@pytest.mark.parametrize("how", [order(), replace(order(), sizes=(Limit.parse("1", "x"), Limit.parse("20%", "x")))])
def test_what_is_in_use_is_no_canary_where_another_can_be(how):
    instances = regional(20)
    instances[0] = replace(instances[0], tags={"busy": "true"})
    marked = replace(how, marks=Marks(busy_tags=("busy",)))
    first = plan(instances, marked).batches[0]
    assert (first.instance_ids, first.canary) == (("5",), True)
    planned = [one for batch in plan(instances, marked).batches for one in batch.instance_ids]
    assert sorted(map(int, planned)) == list(range(20))


@pytest.mark.parametrize(
    "how", [order(), replace(order(), canary=0, sizes=(Limit.parse("1", "x"), Limit.parse("20%", "x")))]
)
def test_what_a_killed_run_broke_with_the_image_has_to_recover_before_another_is_touched(how):
    instances = regional(20)
    instances[7] = replace(instances[7], image=NEW, latest_model=False, health="unhealthy")
    instances[8] = replace(instances[8], health="unhealthy")
    first, second = plan(instances, how).batches[:2]
    assert (first.name, first.instance_ids, first.canary) == (
        "update domain 2, canary of an interrupted run",
        ("7",),
        True,
    )
    assert second.canary
    # Where the image has been shown to work, it is an old patient like any other.
    instances[0] = moved(instances[0])
    assert plan(instances, how).batches[0].instance_ids != ("7",)


def test_sick_instances_go_first_where_they_use_up_the_budget_and_free_it_for_the_rest():
    instances = regional(20)
    for number in (1, 2, 3, 4):
        instances[number] = replace(instances[number], health="unhealthy")
    batches = plan(instances, order()).batches
    assert [batch.instance_ids for batch in batches[:4]] == [("1",), ("2",), ("3",), ("4",)]
    # They told nothing of what the image does to a healthy one. After that, the second pass takes whole domains.
    assert (batches[4].name, len(batches[4].instance_ids)) == ("canary in service", 1)
    assert [len(batch.instance_ids) for batch in batches[5:]] == [3, 3, 3, 3, 3]
    assert batches[5].name == "update domain 0, second pass"


def test_the_budget_grows_as_sick_instances_are_cured_on_the_way():
    instances = regional(20)
    for number in (0, 5, 10):
        instances[number] = replace(instances[number], health="unhealthy")
    assert [batch.instance_ids for batch in plan(instances, order(canary=0)).batches] == [
        ("0", "5", "10", "15"),
        ("1", "6", "11", "16"),
        ("2", "7", "12", "17"),
        ("3", "8", "13", "18"),
        ("4", "9", "14", "19"),
    ]


def test_a_scale_set_without_any_instance_in_service_can_be_cured():
    instances = [replace(one, health="unhealthy") for one in regional(10)]
    assert [len(batch.instance_ids) for batch in plan(instances, order()).batches] == [1, 1, 2, 2, 2, 2]
    assert [len(batch.instance_ids) for batch in plan(instances, order("batch", canary=0)).batches] == [2] * 5


def test_sick_instances_alone_may_go_however_many_others_are_out():
    instances = [moved(one) for one in regional(10)]
    for number in (0, 1, 2):
        instances[number] = replace(instances[number], image=OLD, protected=number < 2, health="unhealthy")
    assert [batch.instance_ids for batch in plan(instances, order(most=1)).batches] == [("2",)]


def test_nothing_to_do_is_a_plan_without_batches_even_where_the_budget_is_less_than_one_instance():
    assert plan([], order()).batches == ()
    assert plan([moved(one) for one in regional(3)], order(most="1%")).batches == ()


def test_protected_and_deallocated_instances_are_skipped_with_the_reason():
    instances = regional(20)
    instances[4] = replace(instances[4], protected=True)
    instances[7] = replace(instances[7], power="deallocated", health=None)
    assert [(one.instance_id, one.reason) for one in plan(instances, order()).excluded] == [
        ("4", PROTECTED),
        ("7", DEALLOCATED),
    ]


def test_only_the_selected_domains_are_planned_but_the_budget_is_that_of_the_whole_set():
    made = plan(regional(20), order(canary=0, update_domains=[3]))
    assert [batch.instance_ids for batch in made.batches] == [("3", "8", "13", "18")]
    assert made.allowed == 4


def test_a_selection_that_names_nothing_is_refused_unless_ids_may_be_gone():
    how = order(instance_ids=["1", "77"])
    with pytest.raises(BadInput, match="Unknown instance ids: 77"):
        plan(regional(5), how)
    made = make_plan(regional(5), NEW, how, health_source=None, missing_ids=True)
    assert made.batches[0].instance_ids == ("1",)


def test_by_image_alone_an_instance_off_the_latest_model_stays():
    off_the_model = [replace(one, image=NEW) for one in regional(5)]
    assert len(make_plan(off_the_model, NEW, order(), health_source=None).batches) == 5
    assert make_plan(off_the_model, NEW, order(), health_source=None, by_model=False).batches == ()


def test_an_order_that_cannot_be_meant_is_refused():
    with pytest.raises(BadInput, match="Unknown grouping 'rack'") as refused:
        order(by="rack")
    assert all(grouping in refused.value.advice for grouping in GROUPINGS)
    with pytest.raises(BadInput, match="negative"):
        order(canary=-1)


# For people and programs


@given(fleets(), orders, health_sources)
def test_the_text_names_the_budget_and_every_id(instances, how, source):
    made = plan_or_skip(instances, how, source)
    lines = describe_plan(made, str(how.budget.of_set))
    assert (f"at most {made.allowed} ({how.budget.of_set})" in lines[0]) == bool(made.batches)
    for batch in made.batches:
        assert any(line.split()[-len(batch.instance_ids) :] == list(batch.instance_ids) for line in lines)
    assert all(f"  excluded: {one.instance_id} ({one.reason})" in lines for one in made.excluded)


def test_the_plan_as_plain_data():
    instances = [replace(one, protected=one.instance_id == "1") for one in regional(2)]
    assert plan_to_dict(plan(instances, order(most=1))) == {
        "batches": [{"name": "canary", "instance_ids": ["0"], "canary": True}],
        "excluded": [{"instance_id": "1", "reason": PROTECTED}],
        "in_progress": [],
        "in_progress_advice": "",
        "excluded_ids": ["1"],
        "deferred": [],
        "upgraded_by_others": [],
        "total": 2,
        "missing": 0,
        "allowed": 1,
        "min_in_service": 1,
    }


# Further wishes


@settings(max_examples=200)
@given(fleets(), tight_orders, health_sources)
def test_no_batch_takes_more_of_a_zone_or_fault_domain_than_it_may(instances, how, source):
    made = plan_or_skip(instances, how, source)
    world = {one.instance_id: one for one in instances if not one.leaving}
    world |= {number: settle(world[number]) for number in made.in_progress}
    for batch in made.batches:
        out = set(out_of_service(world.values(), source))
        for part in shares(world.values(), how.budget):
            more = part.members.intersection(batch.instance_ids) - out
            assert len(more) <= max(part.room(out), 0)
            certain = out - doubtful(world.values(), source)
            more = part.members.intersection(batch.instance_ids) - certain
            assert len(more) <= max(part.room(certain), 0)
        world |= {number: moved(world[number]) for number in batch.instance_ids}
    assert all(obstacle(one) for one in world.values() if is_stale(one, NEW))


@settings(max_examples=300)
@given(fleets(), growing_orders, health_sources)
def test_batches_grow_as_told(instances, how, source):
    made = plan_or_skip(instances, how, source)
    out = set(out_of_service(instances, source)) - set(made.in_progress)
    telling = 0
    for batch in made.batches:
        size = how.sizes[min(telling, len(how.sizes) - 1)]
        assert 1 <= len(batch.instance_ids) <= max(size.of(made.total), 1)
        # A batch of nothing but unhealthy instances shows nothing, so the next one is no larger for it.
        telling += bool(set(batch.instance_ids) - out)


def test_batches_of_sick_instances_alone_do_not_let_the_next_ones_grow():
    instances = regional(10)
    for number in (0, 1):
        instances[number] = replace(instances[number], health="unhealthy")
    how = replace(order("batch", most=2), sizes=(Limit(1, False), Limit(2, False)))
    assert [batch.instance_ids for batch in plan(instances, how).batches[:4]] == [("0",), ("1",), ("2",), ("3", "4")]


def test_an_instance_that_is_sick_on_the_target_has_to_recover_until_the_image_is_proved():
    instances = regional(10)
    # The canary of a killed run: the model was written twice since.
    instances[0] = replace(instances[0], image=NEW, latest_model=False, health="unhealthy")
    instances[1] = replace(instances[1], health="unhealthy")
    how = replace(order("batch", most=3), sizes=(Limit(1, False), Limit(2, False)), unhealthy_first=True)
    assert [(batch.instance_ids, batch.canary) for batch in plan(instances, how).batches[:3]] == [
        (("0",), True),
        (("1",), False),
        (("2",), True),
    ]
    instances[9] = replace(instances[9], image=NEW, latest_model=True)
    assert not any(batch.canary for batch in plan(instances, how).batches if "0" in batch.instance_ids)


def test_growing_batches_stay_within_domains_and_budget():
    how = replace(order(most="20%"), sizes=tuple(Limit.parse(size, "") for size in (1, 3, "50%")))
    assert [len(batch.instance_ids) for batch in plan(regional(20), how).batches] == [1, 3, 4, 4, 4, 4]


@given(fleets(), orders, health_sources, st.integers(1, 100))
def test_what_goes_beyond_the_share_is_deferred(instances, how, source, share):
    whole = plan_or_skip(instances, how, source)
    cut = plan(instances, replace(how, until=Limit(share, True)), source)
    present = [one for one in instances if not one.leaving]
    on_target = sum(not is_stale(one, NEW) for one in present)
    moving = [number for batch in cut.batches for number in batch.instance_ids]
    everything = [number for batch in whole.batches for number in batch.instance_ids]
    assert moving == everything[: len(moving)]
    assert sorted(moving + list(cut.deferred)) == sorted(everything)
    assert not moving or on_target + len(moving) <= share * len(present) // 100
    assert not cut.deferred or on_target + len(moving) + 1 > share * len(present) // 100


def test_the_zones_and_domains_that_are_named_go_first():
    instances = [
        instance(number, zone=str(number % 3 + 1), update_domain=number // 3 % 3, latest_model=False)
        for number in range(18)
    ]
    how = replace(order(most=2, canary=0), zones=("3",), domains=("2", "0"))
    names = [batch.name for batch in plan(instances, how).batches]
    assert names[:3] == [f"zone 3, update domain {domain}" for domain in (2, 0, 1)]
    assert names[3] == "zone 1, update domain 2"


def test_the_unhealthy_go_first_after_a_canary_that_shows_more():
    instances = regional(20)
    for number in (7, 13):
        instances[number] = replace(instances[number], health="unhealthy")
    batches = plan(instances, replace(order(), unhealthy_first=True)).batches
    assert [(batch.name, batch.instance_ids) for batch in batches[:3]] == [
        ("canary", ("0",)),
        ("update domain 2, unhealthy", ("7",)),
        ("update domain 3, unhealthy", ("13",)),
    ]


def test_instances_that_are_marked_are_left_out():
    instances = regional(5)
    instances[1] = replace(instances[1], tags={"Azroll-Skip": "true"})
    instances[2] = replace(instances[2], tags={"azroll-skip": "No"})
    how = replace(order(most=1), marks=Marks(skip_ids=("4",), skip_tags=("azroll-skip",)))
    made = plan(instances, how)
    assert [(one.instance_id, one.reason) for one in made.excluded] == [("1", SKIPPED), ("4", SKIPPED)]
    assert sum(len(batch.instance_ids) for batch in made.batches) == 3


def zonal(**second: object) -> list[Instance]:
    """Four instances in each of two zones; those of `second` are of the second one."""
    return [replace(instance(n, zone=str(n % 2 + 1)), **(second if n == 3 else {})) for n in range(8)]


def by_zone(most: str = "1") -> Order:
    return replace(order(most=4), budget=Budget(Limit.parse(4, ""), Limit.parse(most, "")))


@pytest.mark.parametrize("state", [{"power": "stopped"}, {"protected": True, "health": "unhealthy"}])
def test_a_zone_of_which_others_take_all_that_may_be_out_is_refused_before_anything_is_sent(state):
    with pytest.raises(Refused, match=r"1 of 4 instances of zone 2 .* \(3\), and max_unavailable_per_zone ") as no:
        plan(zonal(**state), by_zone())
    assert 'at least 2 or "50%", or leave zone 2 out' in no.value.advice
    assert plan(zonal(**state), by_zone("2")).batches
    assert plan(zonal(**state), replace(by_zone(), only=Selection.from_options({"zones": ["1"]}))).batches
    # What falls unhealthy once a rollout is on does not stop what goes on in other zones.
    assert make_plan(zonal(**state), NEW, by_zone(), health_source=EXTENSION, missing_ids=True).batches


@pytest.mark.parametrize("unhealthy_first", [False, True])
def test_the_sick_of_a_zone_that_may_lose_nobody_else_go_before_the_others_of_it(unhealthy_first):
    batches = plan(zonal(health="unhealthy"), replace(by_zone(), unhealthy_first=unhealthy_first)).batches
    assert batches[0].instance_ids == ("3",)
    assert sorted(one for batch in batches for one in batch.instance_ids) == [str(n) for n in range(8)]


def test_a_zone_never_loses_more_than_its_own_limit():
    instances = [instance(number, zone=str(number % 3 + 1), latest_model=False) for number in range(36)]
    how = order("zone", most=12, canary=0)
    how = replace(how, budget=replace(how.budget, of_zone=Limit.parse("50%", "")))
    assert [len(batch.instance_ids) for batch in plan(instances, how).batches] == [6] * 6
