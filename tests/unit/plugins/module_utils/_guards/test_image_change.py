# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Each guard has a name, says what to do, and gives way to its own override only."""

from __future__ import annotations

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import Refused
from ansible_collections.azroll.vmss.plugins.module_utils._guards.image_change import (
    Overrides,
    guard_image_change,
    guard_ownership,
)
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.tests.unit.builders import GALLERY_IMAGE, NEW, scale_set

OVERRIDES = ("set_manual", "automatic_os_upgrade", "managed", "image_kind_change")
GALLERY = Image(id=GALLERY_IMAGE)


def check(subject, target=NEW, rolling_upgrade=None, **overrides):
    guard_ownership(subject, Overrides(**overrides))
    guard_image_change(subject, target, rolling_upgrade=rolling_upgrade, overrides=Overrides(**overrides))


CASES = {
    "service_fabric": ({"service_fabric": True}, {}, None, "Service Fabric"),
    "managed": ({"managed_by": "AKS"}, {}, "managed", "belongs to AKS"),
    "upgrade_policy": ({"upgrade_policy": "Automatic"}, {}, "set_manual", "restarts every instance at once"),
    "automatic_os_upgrade": (
        {"automatic_os_upgrade": True},
        {},
        "automatic_os_upgrade",
        "Automatic OS upgrades are on",
    ),
    "rolling_upgrade": ({}, {"rolling_upgrade": "RollingForward"}, None, r"running on web \(RollingForward\)"),
    "image_kind_change": (
        {},
        {"target": GALLERY},
        "image_kind_change",
        "platform image and the new one a gallery",
    ),
}


@pytest.mark.parametrize(("guard", "case"), CASES.items())
def test_a_guard_refuses_by_its_name_and_only_its_own_override_helps(guard, case):
    fields, options, override, words = case
    subject = scale_set(**fields)
    others = {name: True for name in OVERRIDES if name != override}
    with pytest.raises(Refused, match=words) as refused:
        check(subject, **options, **others)
    assert refused.value.kind == guard
    assert refused.value.advice
    if override:
        check(subject, **options, **{override: True})


def test_an_ordinary_scale_set_passes_every_guard():
    check(scale_set())
    check(scale_set(upgrade_policy="manual"), rolling_upgrade="Completed")


def test_a_rolling_policy_starts_a_rolling_upgrade():
    with pytest.raises(Refused, match="writing the model starts a rolling upgrade"):
        check(scale_set(upgrade_policy="Rolling"))


@pytest.mark.parametrize("code", ["RollingBack", "rollingforward"])
def test_a_rolling_upgrade_that_runs_stops_everything(code):
    with pytest.raises(Refused) as refused:
        check(scale_set(), rolling_upgrade=code)
    assert refused.value.kind == "rolling_upgrade"


@pytest.mark.parametrize("code", [None, "", "Cancelled", "Completed", "Faulted"])
def test_a_rolling_upgrade_that_has_ended_does_not(code):
    check(scale_set(), rolling_upgrade=code)


def test_a_model_without_an_image_may_get_one_of_any_kind():
    check(scale_set(image=Image()), target=GALLERY)
