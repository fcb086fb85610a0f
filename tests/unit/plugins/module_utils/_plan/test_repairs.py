# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Which request brings automatic repairs into a state."""

from __future__ import annotations

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._plan.repairs import NOT_RUNNING, plan_repairs
from ansible_collections.azroll.vmss.tests.unit.builders import scale_set

SET = scale_set()


@pytest.mark.parametrize(
    ("reported", "wanted", "action"),
    [
        ("Running", "suspended", "Suspend"),
        ("Suspended", "running", "Resume"),
        ("Running", "running", None),
        ("suspended", "suspended", None),
    ],
)
def test_only_another_state_is_asked_for(reported: str, wanted: str, action: str | None) -> None:
    change = plan_repairs(SET, reported, wanted)
    assert (change.action, change.after) == (action, wanted)
    assert (change.diff()["before"] == change.diff()["after"]) is (action is None)


@pytest.mark.parametrize("reported", ["NotRunning", None, "Unheard"])
def test_repairs_that_are_not_enabled_need_not_be_suspended_and_cannot_be_resumed(reported: str | None) -> None:
    change = plan_repairs(SET, reported, "suspended")
    assert (change.action, change.after) == (None, NOT_RUNNING)
    with pytest.raises(BadInput):
        plan_repairs(SET, reported, "running")


def test_check_mode_says_what_would_be() -> None:
    change = plan_repairs(SET, "Running", "suspended")
    assert "would be suspended" in change.describe(check_mode=True)
    assert "would" not in change.describe(check_mode=False)
