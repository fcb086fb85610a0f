# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The page on scenario files: its samples are scenarios, its tables are the schema."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from armsim import scenario
from armsim.cli import schema
from armsim.cli.command import main
from armsim.scale_sets.events import Event

from .conftest import World

PAGE = Path(__file__).parents[1].joinpath("SCENARIOS.md").read_text(encoding="utf-8")
SAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.count("\n"))
def test_every_sample_is_a_scenario_that_runs(sample):
    world = World(scenario.parse(sample, "SCENARIOS.md"))
    world.wait(3_600)
    assert len(world.instances) >= 18


def test_the_sample_with_everything_makes_what_it_contains():
    world = World(scenario.parse(SAMPLES[0], "SCENARIOS.md"))
    assert len(world.instances) == 20
    assert world.web.instances["5"].power == "deallocated"
    assert world.web.instances["8"].place.update_domain == 4


def test_the_tables_are_those_of_the_schema():
    """`armsim schema --markdown` prints what belongs between the marks."""
    tables = PAGE.partition("--markdown -->\n")[2].partition("<!-- end -->")[0]
    assert tables.strip() == schema.tables().strip()


def test_every_event_is_explained():
    table = PAGE.partition("| event | published when |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+_\w+)`", table)) == set(get_args(Event))


def test_every_field_has_a_meaning():
    silent = [line for line in schema.tables().splitlines() if line.startswith("| `") and line.endswith("|  |")]
    assert silent == []


def test_the_schema_is_printed_for_programs(capsys):
    assert main(["schema"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["properties"]["actors"]["items"] == {"$ref": "#/$defs/Actor"}
    assert printed["$defs"]["ScaleSet"]["additionalProperties"] is False
