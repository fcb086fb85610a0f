# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""How a rollout is to go, and its plan as data and as lines."""

from __future__ import annotations

import json

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._model.marks import Marks
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import Selection
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import Exclusion
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import Budget
from ansible_collections.azroll.vmss.plugins.module_utils._plan.limit import Limit
from ansible_collections.azroll.vmss.plugins.module_utils._plan.types import (
    GROUPINGS,
    Batch,
    Order,
    Plan,
    describe_plan,
    in_progress_advice,
    plan_to_dict,
)
from ansible_collections.azroll.vmss.tests.unit.builders import instance

BUDGET = Budget(Limit(20, percent=True))
PLAN = Plan(
    (Batch("canary", ("0",), canary=True), Batch("UD 1", ("1", "2"))),
    (Exclusion("7", "protected"),),
    ("5",),
    total=8,
    allowed=2,
    deferred=("9",),
    missing=1,
)


@pytest.mark.parametrize("by", GROUPINGS)
def test_groupings(by: str) -> None:
    assert Order(by, BUDGET).by == by


def test_what_is_no_order_is_refused() -> None:
    with pytest.raises(BadInput):
        Order("rack", BUDGET)
    with pytest.raises(BadInput):
        Order("zone", BUDGET, canary=-1)


def test_what_a_rollout_leaves_as_it_is_has_a_reason() -> None:
    fleet = [
        instance(0, zone="1"),
        instance(1, zone="2"),
        instance(2, zone="1", protected=True),
        instance(3, zone="1"),
    ]
    order = Order("zone", BUDGET, only=Selection(zones=("1",)), marks=Marks(skip_ids=("3",)))
    excluded = order.excluded(fleet)
    assert set(excluded) == {"1", "2", "3"}
    assert len(set(excluded.values())) == 3


def test_so_many_are_in_service_at_any_time() -> None:
    assert PLAN.min_in_service == 8 + 1 - 2


def test_a_plan_is_plain_data() -> None:
    data = json.loads(json.dumps(plan_to_dict(PLAN)))
    assert data["batches"][0] == {"name": "canary", "instance_ids": ["0"], "canary": True}
    assert (data["total"], data["missing"], data["allowed"], data["min_in_service"]) == (8, 1, 2, 7)


def test_every_id_stands_in_the_lines() -> None:
    lines = "\n".join(describe_plan(PLAN, "20%"))
    for known in ("3 of 8", "20%", "canary", "UD 1", "1 2", "5", "9", "7 (protected)"):
        assert known in lines


def test_a_plan_without_batches_says_so() -> None:
    (line,) = describe_plan(Plan((), (), ("5",), 8, 2), "20%")
    assert "None of 8" in line


def test_advice_is_for_those_that_are_waited_for() -> None:
    assert in_progress_advice(()) == ""
    assert "5, 6" in in_progress_advice(("5", "6"))
