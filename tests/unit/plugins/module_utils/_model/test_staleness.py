# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Stale is judged by the image of the instance first, and by the model besides."""

from __future__ import annotations

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import (
    DEALLOCATED,
    LEAVING,
    PROTECTED,
    is_stale,
    obstacle,
)
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD, instance, ubuntu

LATEST = ubuntu("latest")


@pytest.mark.parametrize(
    ("image", "latest_model", "stale"),
    [
        (NEW, True, False),
        (NEW, None, False),
        (NEW, False, True),
        (OLD, True, True),
        (OLD, None, True),
        (OLD, False, True),
        (ubuntu("latest", exact=NEW.version), True, False),
        (ubuntu("latest", exact=OLD.version), True, True),
        (LATEST, True, True),
    ],
)
def test_an_instance_is_stale_by_its_image_or_by_its_model(image, latest_model, stale):
    assert is_stale(instance(image=image, latest_model=latest_model), NEW) == stale


def test_an_instance_with_a_model_of_its_own_is_judged_by_its_image():
    assert not is_stale(instance(image=NEW, latest_model=False, own_model=True), NEW)
    assert is_stale(instance(image=OLD, latest_model=False, own_model=True), NEW)


def test_by_image_alone_the_model_does_not_matter():
    assert not is_stale(instance(image=NEW, latest_model=False), NEW, by_model=False)
    assert is_stale(instance(image=OLD, latest_model=True), NEW, by_model=False)


def test_under_a_floating_target_only_instances_of_an_older_reference_are_stale():
    assert not is_stale(instance(image=ubuntu("latest", exact=OLD.version)), LATEST)
    assert is_stale(instance(image=OLD, latest_model=None), LATEST)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, None),
        ({"health": "unhealthy"}, None),
        ({"provisioning_state": "Failed"}, None),
        ({"provisioning_state": "Updating", "power": "stopped"}, None),
        ({"protected": True}, PROTECTED),
        ({"power": "stopped"}, DEALLOCATED),
        ({"power": "deallocating"}, DEALLOCATED),
        ({"provisioning_state": "Deleting", "protected": True}, LEAVING),
        ({"provisioning_state": "deleting"}, LEAVING),
    ],
)
def test_what_cannot_be_moved_has_a_reason(fields, reason):
    assert obstacle(instance(**fields)) == reason
