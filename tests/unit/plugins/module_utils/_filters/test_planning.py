# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A plan is data in any case; what it was made for is held against the set later."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._filters.planning import rollout_baseline, rollout_plan
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, instance, vmss_facts

VMSS = vmss_facts([instance(n, zone=str(n % 2 + 1), update_domain=n % 5) for n in range(10)])
TARGET = NEW.to_dict()


def test_every_instance_is_in_one_batch() -> None:
    plan = rollout_plan(VMSS, TARGET)
    assert sorted((one for batch in plan["batches"] for one in batch["instance_ids"]), key=int) == [
        str(n) for n in range(10)
    ]
    assert plan["refused"] is None
    assert plan["lines"]


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"canary": "many"}, "rollout_canary"),
        ({"max_unavailable": "5%"}, "rollout_max_unavailable"),
        ({"unhealthy_first": "perhaps"}, "rollout_unhealthy_first"),
        ({"until": "all"}, "rollout_until"),
        ({"skip": {"zones": ["1"]}}, "zones"),
    ],
)
def test_what_cannot_be_planned_is_data_with_the_keys_of_a_plan(options: dict[str, Any], name: str) -> None:
    refused = rollout_plan(VMSS, TARGET, **options)
    assert name in refused["refused"]
    assert (refused["batches"], refused["lines"]) == ([], [])
    assert set(refused) == set(rollout_plan(VMSS, TARGET))


def test_what_the_run_itself_moved_is_no_change_by_others() -> None:
    whole = rollout_baseline(VMSS, TARGET)
    assert rollout_baseline(VMSS, TARGET, ours=["0"]) != whole
    assert rollout_baseline(VMSS, TARGET, ours="") == whole
