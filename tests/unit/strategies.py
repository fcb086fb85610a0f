# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Scale sets in every state that Azure can bring them into, for property tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._limit import Limit
from ansible_collections.azroll.vmss.plugins.module_utils._plan import GROUPINGS, Order
from ansible_collections.azroll.vmss.tests.unit.builders import EXTENSION, NEW, OLD, instance

# What may be the matter with an instance, as changes to one that is in service.
CONDITIONS: dict[str, dict[str, Any]] = {
    "in service": {},
    "unhealthy": {"health": "unhealthy"},
    "without a report": {"health": None, "health_time": None},
    "failed": {"provisioning_state": "Failed", "failure": "failed/OSProvisioningTimedOut"},
    "updating": {"provisioning_state": "Updating", "health": None},
    "deallocated": {"power": "deallocated", "health": None, "placement_group": None, "update_domain": None},
    "protected": {"protected": True},
    "protected and unhealthy": {"protected": True, "health": "unhealthy"},
    "being deleted": {"provisioning_state": "Deleting"},
    "in an unknown state": {"provisioning_state": "Hatching", "power": None, "health": "dizzy"},
}
# Most instances of most scale sets are well.
_conditions = st.one_of(st.just("in service"), st.just("in service"), st.sampled_from(sorted(CONDITIONS)))


@st.composite
def fleets(draw: st.DrawFn, *, most: int = 24) -> list[Instance]:
    """The instances of a regional, zonal or Flexible scale set, ids with holes, in any condition, on either image."""
    kind = draw(st.sampled_from(["regional", "zonal", "flexible"]))
    numbers = draw(st.lists(st.integers(0, 999), max_size=most, unique=True))
    return [_instance(draw, kind, number) for number in numbers]


def _instance(draw: st.DrawFn, kind: str, number: int) -> Instance:
    one = instance(f"web_{number:08x}" if kind == "flexible" else number)
    if kind == "regional":
        one = replace(one, placement_group=draw(st.sampled_from(["pg-a", "pg-b"])))
    else:
        one = replace(one, zone=draw(st.sampled_from(["1", "2", "3"])))
    if kind == "flexible":
        one = replace(one, latest_model=None, health_time=None)
    else:
        one = replace(one, update_domain=draw(st.integers(0, 4)), fault_domain=draw(st.integers(0, 4)))
    if draw(st.booleans()):
        one = replace(one, image=NEW)
    elif kind != "flexible":
        one = replace(one, image=OLD, latest_model=False)
    return replace(one, **CONDITIONS[draw(_conditions)])


limits = st.one_of(
    st.builds(Limit, st.integers(1, 12), st.just(False)),
    st.builds(Limit, st.integers(1, 100), st.just(True)),
)
orders = st.builds(Order, st.sampled_from(GROUPINGS), limits, canary=st.integers(0, 3))
health_sources = st.sampled_from([None, EXTENSION])
