# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""The status of a scale set in a few lines."""

from __future__ import annotations

from hypothesis import given

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import trouble
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.status import describe_status
from ansible_collections.azroll.vmss.plugins.module_utils._tags.image_history import ImageHistory
from ansible_collections.azroll.vmss.tests.unit.builders import EXTENSION, NEW, OLD, instance, scale_set, ubuntu
from ansible_collections.azroll.vmss.tests.unit.strategies import fleets, health_sources


def test_model_images_picture_and_trouble():
    instances = [
        instance(10, update_domain=0, health="unhealthy"),
        instance(2, update_domain=0, image=NEW),
        instance(3, update_domain=0, image=NEW, provisioning_state="Deleting"),
    ]
    assert describe_status(scale_set(image=NEW), instances) == [
        "web: Uniform, upgrade policy Manual, health by application health extension",
        "model: Canonical:ubuntu-24_04-lts:server:24.04.202602020",
        "1 of 2 instances on the model's image, 1 in service",
        "  Canonical:ubuntu-24_04-lts:server:24.04.202602020: 1",
        "  Canonical:ubuntu-24_04-lts:server:24.04.202601010: 1",
        "UD 0  #!  1 of 2 in service",
        "# new  ! in trouble",
        "  3: Deleting",
        "  10: unhealthy",
    ]


def test_an_empty_flexible_set_without_a_profile():
    subject = scale_set(image=Image(), health_source=None, orchestration_mode="Flexible")
    assert describe_status(subject, []) == [
        "web: Flexible, upgrade policy Manual, health by instance state",
        "model: no image",
        "0 of 0 instances on the model's image, 0 in service",
    ]


@given(fleets(), health_sources)
def test_each_instance_in_trouble_is_named_with_the_reason(instances, source):
    lines = describe_status(scale_set(image=NEW, health_source=source), instances)
    unhealthy = [one for one in instances if trouble(one, source)]
    assert sum(line.startswith("  ") and ":" in line for line in lines) >= len(unhealthy)
    assert all(f"  {one.instance_id}: {trouble(one, source)}" in lines for one in unhealthy)


def test_the_source_of_health_is_named():
    assert describe_status(scale_set(health_source=EXTENSION), [])[0].endswith("health by application health extension")


def test_the_images_that_are_remembered_are_told():
    history = ImageHistory(NEW, OLD, (ubuntu("9.0.0"),))
    lines = describe_status(scale_set(image=NEW, image_history=history), [instance(0, image=NEW)])
    assert f"image before, to which azroll.vmss.rollback leads: {OLD.describe()}" in lines
    assert any(line.endswith(f"has not ended: {ubuntu('9.0.0').describe()}") for line in lines)
