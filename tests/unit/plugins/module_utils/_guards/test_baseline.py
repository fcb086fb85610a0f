# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""What others do to a scale set during a rollout is noticed, what it does by itself is no change."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput, Refused
from ansible_collections.azroll.vmss.plugins.module_utils._guards.baseline import Baseline, check_baseline, check_target
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD, instance, scale_set
from ansible_collections.azroll.vmss.tests.unit.strategies import fleets

PROFILE = {"sku": "aaaaaaaa", "osProfile": "bbbbbbbb"}
MODEL = scale_set(image=NEW, capacity=4, profile=PROFILE)
INSTANCES = [instance(number, vm_id=f"{number}aaaaaaa-1111", latest_model=False) for number in range(4)]


def baseline(instances=INSTANCES, **options):
    return Baseline.of(MODEL, instances, NEW, at="10:00", **{"any_capacity": False, **options})


def check(seen, instances=INSTANCES, model=MODEL):
    check_baseline(seen, model, instances, NEW, now="10:05")


@pytest.mark.parametrize(("capacity", "stops"), [(4, False), (40, False), (2, False), (1, True), (0, True)])
def test_others_may_scale_the_set_down_to_half_of_it(capacity, stops):
    seen = baseline(scaled_by_others=True)
    if stops:
        with pytest.raises(Refused, match="less than half of what it was"):
            check(seen, model=replace(MODEL, capacity=capacity))
    else:
        check(seen, model=replace(MODEL, capacity=capacity))


def test_autoscale_keeps_to_its_own_bounds():
    check(baseline(any_capacity=True, scaled_by_others=True), model=replace(MODEL, capacity=1))


def moved(one):
    return replace(one, image=NEW, latest_model=True)


@given(fleets())
def test_a_set_that_did_not_change_is_no_trouble(instances):
    seen = baseline(instances)
    check(seen, instances)
    assert Baseline.from_dict(seen.to_dict()) == seen


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"upgrade_policy": "Automatic"}, "the upgrade policy was Manual and is Automatic"),
        ({"automatic_os_upgrade": True}, "automatic OS upgrades were switched on"),
        ({"capacity": 7}, "the capacity was 4 and is 7"),
        ({"profile": {**PROFILE, "sku": "cccccccc"}}, "the size was changed"),
        ({"profile": {**PROFILE, "extensionProfile": "cccccccc"}}, "the extensions were changed"),
        ({"profile": {**PROFILE, "networkProfile": "cccccccc"}}, "the network profile was changed"),
        ({"profile": {"sku": "aaaaaaaa"}}, "the OS profile was changed"),
        ({"profile": {**PROFILE, "licenseType": "cccccccc"}}, "licenseType of the virtual machine profile was changed"),
        ({"profile": {}}, "the OS profile was changed; the size was changed"),
    ],
)
def test_a_change_of_the_model_is_named_with_the_time(fields, words):
    with pytest.raises(Refused, match="between 10:00 and 10:05") as stopped:
        check(baseline(), model=replace(MODEL, **fields))
    assert words in stopped.value.message
    assert stopped.value.kind == "concurrent_change"


def test_the_capacity_may_change_where_autoscale_is_at_work():
    check(baseline(any_capacity=True), model=replace(MODEL, capacity=7))


def test_an_upgrade_that_nobody_here_began_is_named():
    with pytest.raises(Refused, match=r"not begun \(1, 3\)"):
        check(baseline(), [moved(one) if one.instance_id in "13" else one for one in INSTANCES])


def test_our_own_upgrades_are_no_change():
    check(baseline().without(["1", "3"]), [moved(one) if one.instance_id in "13" else one for one in INSTANCES])


def test_new_replaced_and_vanished_instances_are_no_change():
    replaced = replace(moved(INSTANCES[1]), vm_id="bbbbbbbb-2222")
    check(baseline(), [INSTANCES[0], replaced, instance(9, image=NEW)])


def test_another_image_in_the_model_is_named():
    check_target(MODEL, NEW, now="10:05")
    with pytest.raises(Refused, match="changed the image of web") as stopped:
        check_target(MODEL, OLD, now="10:05")
    assert stopped.value.kind == "concurrent_change"


@pytest.mark.parametrize(
    "data", [{"at": "10:00"}, {**baseline().to_dict(), "profile": None}, {**baseline().to_dict(), "behind": ["1"]}]
)
def test_what_is_not_a_baseline_is_refused(data):
    with pytest.raises(BadInput, match="not a baseline"):
        Baseline.from_dict(data)
