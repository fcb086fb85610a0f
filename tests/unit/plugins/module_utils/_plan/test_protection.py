# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Which protection of instances is to be written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput, Refused
from ansible_collections.azroll.vmss.plugins.module_utils._plan.protection import Protection, plan_protection
from ansible_collections.azroll.vmss.tests.unit.builders import instance, scale_set

SET = scale_set()
WISH = st.none() | st.booleans()


@given(st.booleans(), st.booleans(), WISH, WISH)
def test_what_is_not_wished_stays(
    has_scale_in: bool, has_actions: bool, scale_in: bool | None, actions: bool | None
) -> None:
    one = instance(0, protected_from_scale_in=has_scale_in, protected=has_actions)
    (change,) = plan_protection(SET, [one], ["0"], scale_in=scale_in, scale_set_actions=actions).changes
    assert change.before == Protection.of(one) == Protection(has_scale_in, has_actions)
    assert change.after.scale_in is (has_scale_in if scale_in is None else scale_in)
    assert change.after.scale_set_actions is (has_actions if actions is None else actions)
    assert change.needed is (change.before != change.after)


def test_instances_come_in_the_order_of_their_ids_and_those_that_go_are_left_out() -> None:
    instances = [instance(10), instance(9), instance(2, provisioning_state="Deleting")]
    plan = plan_protection(SET, instances, ["10", "2", "9", "77"], scale_in=True, scale_set_actions=None)
    assert [one.instance_id for one in plan.changes] == ["9", "10"]
    assert {one.instance_id for one in plan.excluded} == {"2", "77"}


def test_flexible_sets_have_no_protection() -> None:
    flexible = scale_set(orchestration_mode="Flexible")
    with pytest.raises(Refused) as caught:
        plan_protection(flexible, [instance(0)], ["0"], scale_in=True, scale_set_actions=None)
    assert caught.value.kind == "flexible"


def test_no_ids_are_not_all_ids() -> None:
    with pytest.raises(BadInput):
        plan_protection(SET, [instance(0)], [], scale_in=True, scale_set_actions=None)


def test_what_is_said_counts_what_is_written() -> None:
    plan = plan_protection(
        SET, [instance(0), instance(1, protected=True)], ["0", "1"], scale_in=None, scale_set_actions=True
    )
    assert "1 instances" in plan.describe("web", check_mode=False)
    done = plan_protection(SET, [instance(1, protected=True)], ["1"], scale_in=None, scale_set_actions=True)
    assert "already" in done.describe("web", check_mode=False)
