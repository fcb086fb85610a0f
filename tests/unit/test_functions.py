# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""No function of the plugins is longer than a screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.azroll.vmss.tests.unit.measure import functions, name

MOST_LINES = 40
PLUGINS = Path(__file__).parents[2] / "plugins"
# Their mains are argument specifications, one line for each option; `test_modules_are_wiring.py` has their limit.
SOURCES = sorted(path for path in PLUGINS.rglob("*.py") if path.parent.name != "modules")


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_functions_are_short(path: Path) -> None:
    found = dict(functions(path.read_text(encoding="utf-8")))
    assert {one: lines for one, lines in found.items() if lines > MOST_LINES} == {}
