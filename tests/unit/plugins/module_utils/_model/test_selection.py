# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Picking instances: all conditions at once, and an error that says what there is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import Selection, by_id, listed, select
from ansible_collections.azroll.vmss.tests.unit.builders import instance
from ansible_collections.azroll.vmss.tests.unit.strategies import fleets

ZONAL = [
    instance(n, zone=str(n % 3 + 1), update_domain=n % 2, fault_domain=0, placement_group="PG-A") for n in range(12)
]
FLEXIBLE = [instance(f"web_{n:08X}", zone="1", latest_model=None) for n in range(3)]


def pick(instances, missing_ids=False, **options):
    chosen = select(instances, Selection.from_options(options), missing_ids=missing_ids)
    return [one.instance_id for one in chosen]


def test_an_empty_selection_picks_all_in_the_order_given():
    assert select(reversed(ZONAL), Selection()) == list(reversed(ZONAL))


@given(fleets(), st.data())
def test_what_is_picked_meets_every_field_and_nothing_else_does(instances, data):
    zones = data.draw(st.lists(st.sampled_from(sorted({one.zone for one in instances if one.zone}) or ["1"])))
    domains = data.draw(st.lists(st.sampled_from([0, 1, 2, 3, 4])))
    try:
        chosen = select(instances, Selection.from_options({"zones": zones, "update_domains": domains}))
    except BadInput:
        return
    for one in instances:
        meets = (not zones or one.zone in zones) and (not domains or one.update_domain in domains)
        assert (one in chosen) == meets


def test_numbers_and_texts_and_single_values_mean_the_same():
    expected = ["1", "3", "5", "7", "9", "11"]
    for value in (1, "1", [1], ["1"]):
        assert pick(ZONAL, update_domains=value) == expected
    assert pick(ZONAL, update_domains=0) == ["0", "2", "4", "6", "8", "10"]


def test_fields_narrow_each_other():
    assert pick(ZONAL, zones=["1"], update_domains=[0], placement_groups=["PG-A"], fault_domains=[0]) == ["0", "6"]


def test_case_does_not_matter():
    assert pick(FLEXIBLE, instance_ids=["WEB_00000001"]) == ["web_00000001"]
    assert len(pick(ZONAL, placement_groups=["pg-a"])) == 12


@pytest.mark.parametrize(
    ("options", "message", "advice"),
    [
        ({"zones": ["4"]}, "Unknown zones: 4", "There are: 1, 2, 3."),
        ({"update_domains": [0, 7]}, "Unknown update domains: 7", "There are: 0, 1."),
        ({"instance_ids": ["12"]}, "Unknown instance ids: 12", "There are: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11."),
    ],
)
def test_an_unknown_value_is_named_with_those_that_exist(options, message, advice):
    with pytest.raises(BadInput) as refused:
        pick(ZONAL, **options)
    assert (refused.value.message, refused.value.advice) == (message, advice)


def test_a_field_that_no_instance_has_is_refused_with_those_that_they_have():
    with pytest.raises(BadInput, match="The instances of this scale set have no update domains") as refused:
        pick(FLEXIBLE, update_domains=[0])
    assert refused.value.advice == "Select by zones or instance_ids instead."


def test_none_is_no_value():
    with pytest.raises(BadInput, match="have no update domains"):
        pick(FLEXIBLE, update_domains=["None"])


def test_an_empty_scale_set_has_nothing_to_select_but_all():
    assert pick([]) == []
    with pytest.raises(BadInput, match="the scale set is empty"):
        pick([], zones=["1"])


def test_values_that_exist_but_not_together_are_refused():
    with pytest.raises(BadInput, match="each value exists, but not together"):
        pick(ZONAL, zones=["1"], instance_ids=["1"])


def test_ids_that_are_gone_are_passed_over_on_request():
    assert pick(ZONAL, missing_ids=True, instance_ids=["3", "99"]) == ["3"]
    assert pick(ZONAL, missing_ids=True, instance_ids=["99"]) == []
    with pytest.raises(BadInput, match="Unknown zones: 9"):
        pick(ZONAL, missing_ids=True, zones=["9"])


def test_another_way_to_select_is_refused_with_the_known_ones():
    with pytest.raises(BadInput, match="Unknown way to select instances in only: 'rack'") as refused:
        Selection.from_options({"rack": 1, "zones": 1})
    assert "update_domains" in refused.value.advice


def test_long_lists_are_cut_short():
    with pytest.raises(BadInput) as refused:
        pick([instance(n) for n in range(100)], instance_ids=["x"])
    assert refused.value.advice.endswith("18, 19 and 80 more.")
    assert listed([str(n) for n in range(12)]) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more"


@given(st.lists(st.text(max_size=4) | st.integers(0, 50).map(str), unique=True))
def test_ids_have_one_order_with_numbers_first(ids):
    ordered, backwards = sorted(ids, key=by_id), ids[::-1]
    assert sorted(backwards, key=by_id) == ordered
    numbers = [int(one) for one in ordered if one.isdecimal()]
    assert numbers == sorted(numbers)
    assert [one.isdecimal() for one in ordered] == sorted((one.isdecimal() for one in ids), reverse=True)
