# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
from __future__ import annotations

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._preflight.inputs import owner_of


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
