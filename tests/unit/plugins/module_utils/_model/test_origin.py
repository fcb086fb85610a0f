# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What was not made from the model is no part of a rollout, wherever instances are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput, Refused
from ansible_collections.azroll.vmss.plugins.module_utils._common.wording import ROLE
from ansible_collections.azroll.vmss.plugins.module_utils._guards.image_change import guard_profile
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import PROFILE_TAG, Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.origin import (
    check_included,
    classify,
    read_instances,
    why_attached,
)
from ansible_collections.azroll.vmss.plugins.module_utils._model.progress import count
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._plan.batches import make_plan
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import Budget, shares
from ansible_collections.azroll.vmss.plugins.module_utils._plan.limit import Limit
from ansible_collections.azroll.vmss.plugins.module_utils._plan.reimage_call import plan_reimage
from ansible_collections.azroll.vmss.plugins.module_utils._plan.types import Order
from ansible_collections.azroll.vmss.plugins.module_utils._plan.upgrade_call import plan_upgrade
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.report import excluded
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.rollback_image import followers
from ansible_collections.azroll.vmss.tests.unit.builders import EXTENSION, NEW, OLD, instance, scale_set
from ansible_collections.azroll.vmss.tests.unit.strategies import fleets, orders

TIME = "2026-01-24T06:05:45+00:00"
FLEXIBLE = scale_set(orchestration_mode="Flexible", os_type="Linux", profile_time=TIME)
WINDOWS = Image("MicrosoftWindowsServer", "WindowsServer", "2022-datacenter-g2", "latest")


def vm(name: str = "web_1a2b3c4d", **fields):
    """A virtual machine that was made from the model, but for what a case says."""
    return instance(name, **{"os_type": "Linux", "profile_time": TIME, "latest_model": None, **fields})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"os_type": "Windows", "image": WINDOWS, "profile_time": None}, "it runs Windows, and the model has Linux"),
        ({"os_type": "Windows", "image": WINDOWS}, "it runs Windows"),
        ({"disk_attached": True, "image": Image(), "profile_time": None}, "its OS disk was attached"),
        ({"image": Image(), "os_type": None}, "it has no image"),
        ({"image": Image("Debian", "debian-12", "12", "1"), "profile_time": None}, "its image is another one"),
        ({"profile_time": None}, f"it has no tag {PROFILE_TAG}"),
    ],
)
def test_what_was_not_made_from_the_model_is_excluded_with_the_reason(fields, words):
    why = why_attached(vm(**fields), FLEXIBLE)
    assert why is not None
    assert words in why
    assert why.startswith("not made from the model of the scale set: ")


def test_what_was_made_from_any_model_is_not_excluded():
    assert why_attached(vm(), FLEXIBLE) is None
    # Of an older model, before the image was changed to another one.
    assert why_attached(vm(image=Image("Canonical", "ubuntu-22_04-lts", "server", "1")), FLEXIBLE) is None
    # Azure does not always tell the operating system.
    assert why_attached(vm(os_type=None), FLEXIBLE) is None


def test_instances_of_a_uniform_set_are_always_made_from_a_model():
    uniform = scale_set(os_type="Linux", profile_time=TIME)
    for fields in ({"os_type": "Windows"}, {"image": Image()}, {"own_model": True}, {"profile_time": None}):
        assert why_attached(vm("3", **fields), uniform) is None


def test_of_a_model_that_is_older_than_the_mark_the_image_tells():
    older = scale_set(orchestration_mode="Flexible", os_type="Linux", profile_time=None)
    assert why_attached(vm(profile_time=None), older) is None
    assert why_attached(vm(profile_time=None, image=NEW), older) is None
    assert "another one" in str(why_attached(vm(profile_time=None, image=WINDOWS, os_type=None), older))


def test_what_is_named_is_included_but_never_what_would_lose_its_disk():
    other = vm("db", profile_time=None, image=Image("Debian", "debian-12", "12", "1"))
    (included,) = classify(FLEXIBLE, [other], ["DB"])
    assert included.attached is None
    for fields in ({"os_type": "Windows"}, {"disk_attached": True, "image": Image()}):
        with pytest.raises(BadInput, match="would replace its OS disk") as refused:
            classify(FLEXIBLE, [vm("db", **fields)], ["db"])
        assert "rollout_include_instances" in refused.value.describe(ROLE)
    with pytest.raises(BadInput, match="do not exist: cache"):
        check_included([other], ["db", "cache"])


def test_the_mark_and_the_disk_are_read_from_the_wire():
    body = {
        "name": "attached",
        "tags": {PROFILE_TAG.lower(): "8/26/2024 9:42:41 AM +00:00"},
        "properties": {"storageProfile": {"osDisk": {"osType": "Linux", "createOption": "Attach"}}},
    }
    one = Instance.from_wire(body)
    assert (one.profile_time, one.os_type, one.disk_attached) == ("8/26/2024 9:42:41 AM +00:00", "Linux", True)
    (judged,) = read_instances(FLEXIBLE, [body])
    assert "attached" in str(judged.attached)


@pytest.mark.parametrize(
    ("profile", "os_type"),
    [
        ({"storageProfile": {"osDisk": {"osType": "Linux"}}}, "Linux"),
        ({"osProfile": {"windowsConfiguration": {"provisionVMAgent": True}}}, "Windows"),
        ({"osProfile": {}}, None),
    ],
)
def test_the_operating_system_of_the_model(profile, os_type):
    properties = {"orchestrationMode": "Flexible", "virtualMachineProfile": {**profile, "timeCreated": TIME}}
    one = ScaleSet.from_wire({"properties": properties}, resource_group="g")
    assert (one.os_type, one.profile_time, one.has_profile) == (os_type, TIME, True)


def test_a_set_without_a_profile_is_refused():
    bare = ScaleSet.from_wire({"name": "web", "properties": {"orchestrationMode": "Flexible"}}, resource_group="g")
    assert not bare.has_profile
    with pytest.raises(Refused, match="no virtual machine profile") as refused:
        guard_profile(bare)
    assert refused.value.kind == "profile_missing"
    guard_profile(ScaleSet.from_wire({"properties": {}}, resource_group="g"))


def test_excluded_instances_are_named_and_nothing_else():
    others = [vm("win", attached="why", image=WINDOWS, health=None), vm("disk", attached="why", image=Image())]
    ours = [vm(f"web_{number}") for number in range(5)]
    fleet = [*others, *ours]
    order = Order("batch", Budget(Limit.parse("20%", "max_unavailable")))
    plan = make_plan(fleet, NEW, order, health_source=EXTENSION)
    assert {one for batch in plan.batches for one in batch.instance_ids} == {one.instance_id for one in ours}
    assert [(one.instance_id, one.reason) for one in plan.excluded] == [("disk", "why"), ("win", "why")]
    # The minimum in service is one of those that are rolled.
    assert (plan.total, plan.allowed, plan.min_in_service) == (5, 1, 4)
    numbers = count(fleet, NEW, EXTENSION)
    assert (numbers["total"], numbers["attached"], numbers["stale"], numbers["on_target"]) == (7, 2, 5, 0)
    assert excluded(fleet, NEW) == {"disk": "why", "win": "why"} | excluded(ours, NEW)


def test_excluded_instances_are_not_sent_whoever_names_them():
    fleet = [vm("win", attached="why", image=WINDOWS), *(vm(f"web_{number}") for number in range(5))]
    budget = Budget(Limit.parse("50%", "max_unavailable"))
    sent = plan_upgrade(fleet, fleet[:2], NEW, health_source=EXTENSION, budget=budget)
    assert sent.instance_ids == ("web_0",)
    assert [(one.instance_id, one.reason) for one in sent.excluded] == [("win", "why")]
    again = plan_reimage(fleet, ["win"], WINDOWS, health_source=EXTENSION, budget=budget)
    assert again.instance_ids == ()


def test_excluded_instances_have_no_voice_in_the_previous_image():
    voters = [vm(f"x_{number}", attached="why", image=WINDOWS) for number in range(9)]
    assert followers([*voters, vm(image=OLD)]) == [OLD]
    assert followers(voters) == []


@given(fleets(), orders, st.data())
def test_excluded_instances_change_nothing_for_the_others(fleet, order, data):
    """The plan of a fleet with excluded instances is that of the fleet without them, but for naming them."""
    picked = data.draw(st.sets(st.sampled_from([one.instance_id for one in fleet]))) if fleet else set()
    marked = [vm(one.instance_id, zone=one.zone, attached="why") if one.instance_id in picked else one for one in fleet]
    rest = [one for one in fleet if one.instance_id not in picked]

    def planned(instances):
        try:
            return make_plan(instances, NEW, order, health_source=EXTENSION, missing_ids=True)
        except (BadInput, Refused) as error:
            return type(error)

    found, wanted = planned(marked), planned(rest)
    if isinstance(found, type) or isinstance(wanted, type):
        return
    assert (found.batches, found.in_progress, found.allowed) == (wanted.batches, wanted.in_progress, wanted.allowed)
    assert all(not picked & part.members for part in shares(marked, order.budget))
