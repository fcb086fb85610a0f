# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The facts about a scale set: what is derived of its instances, and in which order all of it comes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._model.facts import Snapshot, to_facts
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD, instance, scale_set

FLEETS = st.lists(
    st.builds(
        dict,
        zone=st.sampled_from(["1", "2", None]),
        update_domain=st.sampled_from([0, 1, None]),
        image=st.sampled_from([OLD, NEW]),
        health=st.sampled_from(["healthy", "unhealthy", None]),
    ),
    max_size=8,
).map(lambda fields: tuple(instance(number, **one) for number, one in enumerate(fields)))


def facts(instances: tuple[Instance, ...]) -> dict:
    return to_facts(Snapshot(scale_set(image=NEW), instances, "2026-02-01T10:00:01+00:00"), NEW)


@given(FLEETS)
def test_every_instance_is_in_one_domain_and_the_numbers_agree(fleet: tuple[Instance, ...]) -> None:
    found = facts(fleet)
    ids = [one["instance_id"] for one in found["instances"]]
    assert ids == sorted((one.instance_id for one in fleet), key=int)
    assert sorted((one for domain in found["domains"] for one in domain["instance_ids"]), key=int) == ids
    for count in ("stale", "in_service"):
        of_instances = sum(one[count] for one in found["instances"])
        assert sum(domain[count] for domain in found["domains"]) == of_instances == found["counts"][count]


@given(FLEETS)
def test_domains_come_in_order_with_those_that_have_no_place_last(fleet: tuple[Instance, ...]) -> None:
    zones = [domain["zone"] for domain in facts(fleet)["domains"]]
    assert zones == sorted(zones, key=lambda zone: (zone is None, zone or ""))


def test_an_instance_that_is_not_well_says_why() -> None:
    well, unhealthy = facts((instance(0, image=NEW), instance(1, health="unhealthy")))["instances"]
    assert (well["stale"], well["in_service"], well["trouble"]) == (False, True, None)
    assert (unhealthy["stale"], unhealthy["in_service"]) == (True, False)
    assert unhealthy["trouble"]


def test_the_order_is_that_of_numbers() -> None:
    assert [one["instance_id"] for one in facts((instance(10), instance(9)))["instances"]] == ["9", "10"]
