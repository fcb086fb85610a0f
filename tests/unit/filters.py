# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""All filters of the collection, as Ansible finds them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "plugins" / "filter"
FILES = sorted(FOLDER.glob("*.py"))


def _filters_of(path: Path) -> dict[str, Callable[..., Any]]:
    plugin = importlib.import_module(f"ansible_collections.azroll.vmss.plugins.filter.{path.stem}")
    found: dict[str, Callable[..., Any]] = plugin.FilterModule().filters()
    return found


FILTERS = {name: function for path in FILES for name, function in _filters_of(path).items()}
