# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Scale sets in every state that Azure can bring them into, for property tests."""

from __future__ import annotations

from itertools import product
from typing import Any

from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import Budget
from ansible_collections.azroll.vmss.plugins.module_utils._plan.limit import Limit
from ansible_collections.azroll.vmss.plugins.module_utils._plan.types import GROUPINGS, Order
from ansible_collections.azroll.vmss.tests.unit.builders import EXTENSION, NEW, OLD, instance

# What may be the matter with an instance, as changes to one that is in service.
CONDITIONS: dict[str, dict[str, Any]] = {
    "in service": {},
    "unhealthy": {"health": "unhealthy"},
    "without a report": {"health": None, "health_time": None},
    "failed": {"provisioning_state": "Failed", "failure": "failed/OSProvisioningTimedOut"},
    "failed since its report": {"provisioning_state": "Failed", "state_since": "2026-02-01T10:05:00+00:00"},
    "updating": {"provisioning_state": "Updating", "health": None},
    "deallocated": {"power": "deallocated", "health": None, "placement_group": None, "update_domain": None},
    "protected": {"protected": True},
    "protected and unhealthy": {"protected": True, "health": "unhealthy"},
    "being deleted": {"provisioning_state": "Deleting"},
    "in an unknown state": {"provisioning_state": "Hatching", "power": None, "health": "dizzy"},
}
# Most instances of most scale sets are well, and most of those that a rollout meets are old. One draw of a number for
# each instance, because drawing and hashing is what takes the time.
_VARIANTS = tuple(
    product([*CONDITIONS, *["in service"] * len(CONDITIONS)], [OLD, OLD, NEW], range(3), range(5), range(5))
)
_kinds = st.sampled_from(["regional", "zonal", "flexible"])
_variants = st.integers(0, len(_VARIANTS) - 1)


@st.composite
def fleets(draw: st.DrawFn, *, most: int = 24) -> list[Instance]:
    """The instances of a regional, zonal or Flexible scale set, ids with holes, in any condition, on either image."""
    kind = draw(_kinds)
    size = draw(st.integers(0, most))
    # Few domains make full ones, which is where batches are divided.
    domains = draw(st.integers(1, 5))
    step = draw(st.integers(1, 7))
    return [_instance(kind, number * step, domains, *_VARIANTS[draw(_variants)]) for number in range(size)]


def _instance(
    kind: str, number: int, domains: int, condition: str, image: Image, place: int, update: int, fault: int
) -> Instance:
    fields: dict[str, Any] = {"image": image}
    if kind == "regional":
        fields["placement_group"] = ("pg-a", "pg-a", "pg-b")[place]
    else:
        fields["zone"] = str(place + 1)
    if kind == "flexible":
        fields |= {"latest_model": None, "health_time": None}
    else:
        fields |= {"update_domain": update % domains, "fault_domain": fault % domains}
        fields |= {"latest_model": image is NEW}
    return instance(f"web_{number:08x}" if kind == "flexible" else number, **{**fields, **CONDITIONS[condition]})


limits = st.one_of(
    st.builds(Limit, st.integers(1, 12), st.just(False)),
    st.builds(Limit, st.integers(1, 100), st.just(True)),
)
budgets = st.builds(Budget, limits)
tight_budgets = st.builds(Budget, limits, st.none() | limits, st.none() | limits)
orders = st.builds(Order, st.sampled_from(GROUPINGS), budgets, canary=st.integers(0, 3), unhealthy_first=st.booleans())
growing_orders = st.builds(
    Order, st.sampled_from(GROUPINGS), budgets, sizes=st.lists(limits, min_size=1, max_size=3).map(tuple)
)
tight_orders = st.builds(Order, st.sampled_from(GROUPINGS), tight_budgets, canary=st.integers(0, 3))
health_sources = st.sampled_from([None, EXTENSION])
