# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The plan of a rollout, what it was made for, and the image of a rollback."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.defaults import BY, CANARY, MAX_UNAVAILABLE
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._common.wording import ROLE
from ansible_collections.azroll.vmss.plugins.module_utils._guards.baseline import Baseline
from ansible_collections.azroll.vmss.plugins.module_utils._options.filter_values import (
    read_flag,
    read_limits,
    read_marks,
    read_number,
    read_selection,
    read_set,
    read_target,
    read_texts,
)
from ansible_collections.azroll.vmss.plugins.module_utils._plan.batches import make_plan
from ansible_collections.azroll.vmss.plugins.module_utils._plan.limit import Limit
from ansible_collections.azroll.vmss.plugins.module_utils._plan.types import Order, Plan, describe_plan, plan_to_dict
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.rollback_image import rollback_target


def rollout_plan(
    vmss: Mapping[str, Any],
    target: Mapping[str, Any],
    by: str = BY,
    max_unavailable: str | int = MAX_UNAVAILABLE,
    max_unavailable_per_zone: str | int | None = None,
    max_unavailable_per_fault_domain: str | int | None = None,
    canary: int = CANARY,
    batches: Sequence[str | int] | None = None,
    zone_order: Sequence[str] | None = None,
    domain_order: Sequence[str] | None = None,
    unhealthy_first: bool = False,
    until: str | int | None = None,
    only: Mapping[str, Any] | None = None,
    skip: Mapping[str, Any] | None = None,
    busy_tags: Sequence[str] | None = None,
    missing_ids: bool = False,
    by_model: bool = True,
    ignore_missing: bool = False,
) -> dict[str, Any]:
    """Batches, and the plan as lines; what cannot be planned is returned as data, in `refused`.

    A role that fails with the words alone is easier to read than a template that could not be finished.
    """
    limits = (max_unavailable, max_unavailable_per_zone, max_unavailable_per_fault_domain)
    try:
        order = Order(
            str(by),
            read_limits(*limits, ignore_missing),
            canary=read_number(canary, "rollout_canary"),
            sizes=tuple(Limit.parse(size, "rollout_batches") for size in read_texts(batches, "rollout_batches")),
            zones=read_texts(zone_order, "rollout_zone_order"),
            domains=read_texts(domain_order, "rollout_domain_order"),
            unhealthy_first=read_flag(unhealthy_first, "rollout_unhealthy_first"),
            until=None if until in (None, "") else Limit.parse(until, "rollout_until"),
            only=read_selection(only),
            marks=read_marks(skip, busy_tags),
        )
        plan = _plan(vmss, target, order, by_model, missing_ids)
    except VmssError as refusal:
        return {**plan_to_dict(Plan((), (), (), 0, 0)), "lines": [], "refused": refusal.describe(ROLE)}
    return {**plan_to_dict(plan), "lines": describe_plan(plan, str(order.budget.of_set)), "refused": None}


def _plan(vmss: Any, target: Any, order: Order, by_model: Any, missing_ids: Any) -> Plan:
    scale_set, instances = read_set(vmss)
    return make_plan(
        instances,
        read_target(target),
        order,
        health_source=scale_set.health_source,
        capacity=scale_set.capacity,
        by_model=read_flag(by_model, "by_model"),
        missing_ids=read_flag(missing_ids, "missing_ids"),
    )


def rollout_baseline(
    vmss: Mapping[str, Any],
    target: Mapping[str, Any],
    any_capacity: bool = False,
    by_model: bool = True,
    scaled_by_others: bool = False,
    ours: Sequence[str] | None = None,
) -> dict[str, Any]:
    """What must still be true when instances are sent, for the option `baseline` of the modules that send them."""
    scale_set, instances = read_set(vmss)
    baseline = Baseline.of(
        scale_set,
        instances,
        read_target(target),
        at=vmss.get("gathered_at"),
        any_capacity=read_flag(any_capacity, "any_capacity"),
        scaled_by_others=read_flag(scaled_by_others, "scaled_by_others"),
        by_model=read_flag(by_model, "by_model"),
    )
    return baseline.without(read_texts(ours, "ours")).to_dict()


def rollout_previous_image(
    vmss: Mapping[str, Any],
    skip: Mapping[str, Any] | None = None,
    only: Mapping[str, Any] | None = None,
    remembers: bool = True,
) -> dict[str, Any]:
    """The image to roll back to, or why there is none."""
    scale_set, instances = read_set(vmss)
    remembers = read_flag(remembers, "remembers")
    found = rollback_target(
        scale_set, instances, marks=read_marks(skip), only=read_selection(only), remembers=remembers
    )
    return found.to_dict()
