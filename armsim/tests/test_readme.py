# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What the simulator's README shows is true."""

from __future__ import annotations

import re
from pathlib import Path

from armsim import scenario
from armsim.scenario import BUNDLED

from .test_layout import FLOORS

README = Path(__file__).parents[1].joinpath("README.md").read_text(encoding="utf-8")


def test_the_example_overlay_is_a_scenario_without_scale_sets():
    (overlay,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    spec = scenario.parse(overlay, "README.md")
    assert spec.scale_sets == []
    assert [version.health for version in spec.images.platform[0].versions] == ["healthy", "unhealthy"]


def test_the_table_of_scenarios_is_complete():
    table = README.partition("## Scenarios")[2].partition("\n\n")[2].partition("\n\n")[0]
    named = re.findall(r"^\| `([\w-]+)`", table, re.MULTILINE)
    assert sorted(named) == sorted(file.stem for file in BUNDLED.glob("*.yaml"))


def test_every_package_is_in_the_layout():
    layout = README.partition("## Layout")[2]
    named = re.findall(r"^\| `(\w+)/`", layout, re.MULTILINE)
    assert named == [*FLOORS]
