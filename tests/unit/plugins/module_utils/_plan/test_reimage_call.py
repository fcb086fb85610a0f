# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Which instances one reimage carries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput, Refused
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import Budget
from ansible_collections.azroll.vmss.plugins.module_utils._plan.limit import Limit
from ansible_collections.azroll.vmss.plugins.module_utils._plan.reimage_call import Reimage, plan_reimage
from ansible_collections.azroll.vmss.tests.unit.builders import EXTENSION, NEW, OLD, instance


def plan(instances: list, ids: list[str], most: int = 10) -> Reimage:
    budget = Budget(Limit(most, percent=False))
    return plan_reimage(instances, ids, OLD, health_source=EXTENSION, budget=budget, capacity=len(instances))


def test_only_what_was_named_is_sent_in_the_order_of_ids() -> None:
    assert plan([instance(n) for n in (10, 9, 1)], ["10", "9"]).instance_ids == ("9", "10")


@pytest.mark.parametrize(
    "fields",
    [{"image": NEW}, {"protected": True}, {"power": "deallocated"}, {"provisioning_state": "Updating"}],
)
def test_who_is_left_out(fields: dict[str, object]) -> None:
    made = plan([instance(0, **fields), instance(1)], ["0", "1"])
    assert made.instance_ids == ("1",)
    assert [one.instance_id for one in made.excluded] == ["0"]


def test_one_that_is_gone_is_left_out() -> None:
    made = plan([instance(0)], ["0", "7"])
    assert (made.instance_ids, [one.instance_id for one in made.excluded]) == (("0",), ["7"])


def test_no_ids_are_not_all_ids() -> None:
    """Azure would reimage every instance."""
    with pytest.raises(BadInput):
        plan([instance(0)], [])


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 11))
def test_the_budget_holds(size: int, most: int, asked: int) -> None:
    fleet = [instance(n) for n in range(size)]
    ids = [str(n) for n in range(min(asked, size))] or ["0"]
    if len(ids) <= min(most, size):
        assert len(plan(fleet, ids, most).instance_ids) == len(ids)
    else:
        with pytest.raises(Refused) as caught:
            plan(fleet, ids, most)
        assert caught.value.kind == "max_unavailable"


def test_one_that_is_out_of_service_already_takes_nothing_more_away() -> None:
    fleet = [instance(0, provisioning_state="Failed", health="unhealthy"), instance(1), instance(2)]
    assert plan(fleet, ["0"], 1).instance_ids == ("0",)
    with pytest.raises(Refused):
        plan(fleet, ["1"], 1)
