# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
from __future__ import annotations

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._preflight.role_actions import missing_actions

WRITE = "Microsoft.Compute/virtualMachineScaleSets/write"


@pytest.mark.parametrize(
    ("entries", "granted"),
    [
        ([{"actions": ["*"], "notActions": []}], True),
        ([{"actions": ["*/write"]}], True),
        ([{"actions": ["microsoft.compute/VIRTUALMACHINESCALESETS/*"], "notActions": None}], True),
        ([{"actions": ["Microsoft.Compute/*/write"]}], True),
        ([{"actions": ["Microsoft.Compute/virtualMachineScaleSets/*/write"]}], False),
        ([{"actions": ["*/read"]}], False),
        ([{"actions": ["Microsoft.Compute/virtualMachineScaleSets/writ"]}], False),
        ([{"actions": ["MicrosoftXCompute/virtualMachineScaleSets/write"]}], False),
        ([{"actions": ["*"], "notActions": ["Microsoft.Compute/*/write"]}], False),
        # What one role leaves out, another may grant.
        ([{"actions": ["*"], "notActions": ["*/WRITE"]}, {"actions": [WRITE]}], True),
        ([{}], False),
        ([], False),
    ],
)
def test_an_action_is_granted_as_azure_grants_it(entries, granted):
    assert missing_actions(entries, [WRITE]) == ([] if granted else [WRITE])
