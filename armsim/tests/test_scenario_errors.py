# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What a scenario's reader reports about a wrong one: file, line, column, field, and what is allowed there."""

from __future__ import annotations

import re

import pytest

from armsim import scenario
from armsim.scenario import ScenarioError

from .conftest import World

QUICKSTART = scenario.locate("quickstart").read_text(encoding="utf-8")
# Stands in the samples before what the error shall point at.
POINT = "»"


def _refusal(text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        World(scenario.parse(text, "my.yaml"))
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("version: 1", "version: »2", "version: unknown version 2; this release reads version 1"),
        ("seed: 20", "seed: »many", r"seed: Input should be a valid integer, .*; it is 'many'"),
        (
            "    capacity: 20",
            "    »capactiy: 20\n    capacity: 20",
            r"scale_sets\.0\.capactiy: unknown field; did you mean capacity\? allowed: .*autoscale, capacity, ",
        ),
        (
            "    capacity: 20",
            "    capacity: 20\n    upgrade_policy: {mode: »Magic}",
            r"scale_sets\.0\.upgrade_policy\.mode: .*'Manual', 'Automatic' or 'Rolling'; it is 'Magic'",
        ),
        (
            "seed: 20",
            "timings: {boot: »{min: 9, median: 2, max: 3}}",
            r"timings\.boot: min, median and max must be in this order",
        ),
        (
            "    resource_group: rg-shop",
            "    resource_group: »rg-shops",
            r"scale_sets\.0\.resource_group: rg-shops is not among the resource_groups; allowed: rg-shop",
        ),
        (
            "    capacity: 20",
            "    capacity: 20\n    instances: {»999: {state: failed}}",
            r"scale_sets\.0\.instances\.999: there is no such instance; the ids are \d+, ",
        ),
        (
            "    capacity: 20",
            "    capacity: 20\n    health: »none",
            r"scale_sets\.0\.health: must be a mapping with the fields .*interval, path, .*; it is 'none'",
        ),
        (
            "    capacity: 20",
            "    capacity: 20\n    instances: {'0': {image: »{uri: https://nowhere/a.vhd}}}",
            r"scale_sets\.0\.instances\.0\.image: .*https://nowhere",
        ),
        (
            "name: rg-shop\n    location: westeurope\n",
            "»name: rg-shop\n",
            r"resource_groups\.0\.location: this field is required",
        ),
        (
            "seed: 20",
            "actors: [{name: a, when: {at: 1}, do: {faults: [{kind: status, status: 429, »tims: 3}]}}]",
            r"actors\.0\.do\.faults\.0\.tims: unknown field; did you mean times\? allowed: .*, status, target, times$",
        ),
        ("seed: 20", "seed: 20\n»seed: 21", r"seed: given twice; first in line \d+"),
        ("seed: 20", "seed: [20\nimages»: {}\n", r"not YAML: expected ',' or '\]'"),
    ],
)
def test_a_wrong_scenario_is_refused_by_place_field_and_what_is_allowed(right, wrong, words):
    assert QUICKSTART.count(right) == 1
    pointed = QUICKSTART.replace(right, wrong)
    before = pointed.partition(POINT)[0]
    (refusal,) = _refusal(pointed.replace(POINT, ""))
    place = f"my.yaml:{before.count(chr(10)) + 1}:{len(before.rpartition(chr(10))[2]) + 1}: "
    assert re.match(re.escape(place) + words, refusal), refusal


def test_all_problems_are_told_at_once_each_in_a_line():
    text = QUICKSTART.replace("seed: 20", "seed: many\nsede: 1").replace("capacity: 20", "capacity: -1")
    assert [re.sub(r"^my\.yaml:\d+:\d+: ", "", line).partition(":")[0] for line in _refusal(text)] == [
        "seed",
        "scale_sets.0.capacity",
        "sede",
    ]


def test_a_scenario_without_a_version_is_told_which_ones_are_read():
    assert _refusal(QUICKSTART.replace("version: 1\n", "")) == [
        "my.yaml:6:1: version: this field is required; this release reads version 1"
    ]


@pytest.mark.parametrize("text", ["", "just words", "- a\n- list"])
def test_a_file_that_is_no_mapping_is_refused(text):
    (refusal,) = _refusal(text)
    assert "must be a mapping with the fields of a scenario: version, images" in refusal
