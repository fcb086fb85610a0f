# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""A mark for each instance, a row for each domain, never wider than a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given

from ansible_collections.azroll.vmss.plugins.module_utils._rollout.heatmap import MARKS, draw, mark
from ansible_collections.azroll.vmss.tests.unit.builders import EXTENSION, NEW, instance
from ansible_collections.azroll.vmss.tests.unit.strategies import fleets, health_sources


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"image": NEW}, "#"),
        ({}, "o"),
        ({"provisioning_state": "Updating", "power": None}, "~"),
        ({"image": NEW, "health": None}, "~"),
        ({"image": NEW, "health": "initializing"}, "~"),
        ({"image": NEW, "health": "unhealthy"}, "!"),
        ({"health": None}, "!"),
        ({"provisioning_state": "Failed"}, "o"),
        ({"provisioning_state": "Failed", "health": "unhealthy"}, "!"),
        ({"image": NEW, "provisioning_state": "Failed", "health": None}, "!"),
        ({"power": "deallocated"}, "x"),
    ],
)
def test_a_mark_tells_how_an_instance_stands(fields, expected):
    assert mark(instance(**fields), NEW, EXTENSION) == expected


def test_a_row_for_each_domain_and_a_legend_of_what_occurs():
    instances = [instance(n, update_domain=n % 2, image=NEW if n % 2 == 0 else instance().image) for n in range(8)]
    instances[3] = instance(3, update_domain=1, provisioning_state="Updating")
    assert draw(instances, NEW, EXTENSION) == [
        "UD 0  ####  4 of 4 in service",
        "UD 1  o~oo  3 of 4 in service",
        "# new  o old  ~ in progress",
    ]


def test_zones_have_rows_of_their_own_and_marks_stand_under_each_other():
    instances = [instance(n, zone=str(n % 2 + 1), update_domain=n // 2 * 9) for n in range(4)]
    assert draw(instances, NEW, None)[:4] == [
        "zone 1 UD 0  o  1 of 1 in service",
        "zone 1 UD 9  o  1 of 1 in service",
        "zone 2 UD 0  o  1 of 1 in service",
        "zone 2 UD 9  o  1 of 1 in service",
    ]


def test_instances_without_a_domain():
    assert draw([instance("web_a")], NEW, None)[0] == "all  o  1 of 1 in service"
    assert draw([instance("web_a", zone="1")], NEW, None)[0] == "zone 1  o  1 of 1 in service"
    stopped = instance(0, power="deallocated")
    assert draw([stopped, instance(1, update_domain=4)], NEW, None)[:2] == [
        "no UD  x  0 of 1 in service",
        "UD 4   o  1 of 1 in service",
    ]


def test_nothing_is_drawn_of_nothing():
    assert draw([], NEW, None) == []
    assert draw([instance(0, provisioning_state="Deleting")], NEW, None) == []


def test_marks_stand_in_the_order_of_ids():
    instances = [instance(10), instance(9, image=NEW), instance(100, power="stopped")]
    assert draw(instances, NEW, None)[0] == "all  #ox  2 of 3 in service"


@pytest.mark.parametrize("domains", [1, 5, 20])
@pytest.mark.parametrize("zones", [0, 3])
def test_a_thousand_instances_fit_into_a_terminal(domains, zones):
    conditions = [{}, {"image": NEW}, {"provisioning_state": "Updating"}, {"health": "unhealthy"}, {"power": "stopped"}]
    instances = [
        instance(n, update_domain=n % domains, zone=str(n % zones + 1) if zones else None, **conditions[n % 7 % 5])
        for n in range(1000)
    ]
    lines = draw(instances, NEW, EXTENSION)
    assert max(len(line) for line in lines) < 120
    assert len(lines) == domains * (zones or 1) + 1


def test_a_row_that_is_too_wide_becomes_counts():
    instances = [instance(n, update_domain=0, image=NEW if n < 40 else instance().image) for n in range(61)]
    assert draw(instances, NEW, None)[0] == "UD 0  #40 o21  61 of 61 in service"
    assert draw(instances[1:], NEW, None)[0] == f"UD 0  {'#' * 39}{'o' * 21}  60 of 60 in service"


@given(fleets(), health_sources)
def test_every_instance_that_stays_has_a_mark_that_the_legend_explains(instances, source):
    lines = draw(instances, NEW, source)
    present = [one for one in instances if not one.leaving]
    assert sum(int(line.split(" of ")[-1].split()[0]) for line in lines[:-1]) == len(present)
    for one in present:
        symbol = mark(one, NEW, source)
        assert f"{symbol} {MARKS[symbol]}" in lines[-1]
