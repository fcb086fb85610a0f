# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._lease import Lease
from ansible_collections.azroll.vmss.plugins.module_utils._sight import owner_of, previous_image
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD, instance, ubuntu

OLDER = ubuntu("24.04.202501010")
LATEST = ubuntu("latest")


def fleet(*images):
    return [instance(number, image=image) for number, image in enumerate(images)]


def test_the_previous_image_is_the_models():
    assert previous_image(OLD, NEW, fleet(OLDER, OLDER, OLD)) == OLD


def test_a_floating_reference_is_pinned_to_what_most_instances_got():
    seen = [replace(LATEST, exact_version=version) for version in ("1.0.0", "1.1.0", "1.1.0")]
    assert previous_image(LATEST, NEW, fleet(*seen)) == ubuntu("1.1.0")
    assert previous_image(LATEST, NEW, []) == LATEST


def test_after_an_interrupted_run_the_instances_tell_or_its_lease():
    assert previous_image(NEW, NEW, fleet(NEW, OLDER, OLD, OLD)) == OLD
    assert previous_image(NEW, NEW, fleet(NEW, OLDER, OLD, OLD), Lease(previous_image=OLDER)) == OLDER
    assert previous_image(NEW, NEW, fleet(NEW, OLD), Lease(previous_image=NEW)) == OLD
    assert previous_image(NEW, NEW, fleet(NEW, NEW)) == NEW


@pytest.mark.parametrize(
    ("tags", "managed_by", "owner"),
    [
        ({}, None, None),
        ({"Vendor": "Contoso"}, "", None),
        ({}, "/subscriptions/x/resourceGroups/y/providers/Microsoft.ContainerService/managedClusters/z", "AKS"),
        ({}, "/subscriptions/x/resourceGroups/y/providers/Microsoft.Databricks/workspaces/z", "Databricks"),
        ({}, "/subscriptions/x/resourceGroups/y/providers/Microsoft.Solutions/applications/shop", "shop"),
        ({"Vendor": "Databricks"}, None, "Databricks"),
        ({"BatchAccountName": "jobs"}, None, "Batch"),
    ],
)
def test_the_owner_is_told_by_the_group_or_the_tags(tags, managed_by, owner):
    assert owner_of(tags, {"name": "rg", "managedBy": managed_by}) == owner
    assert owner_of(tags, None) == (None if managed_by else owner)
