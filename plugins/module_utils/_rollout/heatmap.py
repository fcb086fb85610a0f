# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The scale set as text: a row for each domain, a mark for each instance."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import by_id
from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import in_service, trouble
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import is_stale

MARKS = {"#": "new", "o": "old", "~": "in progress", "!": "in trouble", "x": "stopped", "-": "not in the rollout"}
_WIDEST_ROW = 60


def mark(instance: Instance, target: Image, health_source: str | None) -> str:
    """One character of MARKS for an instance."""
    if instance.attached:
        return "-"
    if instance.deallocated:
        return "x"
    if in_service(instance, health_source):
        return "o" if is_stale(instance, target) else "#"
    booted = not is_stale(instance, target) and trouble(instance, None) is None
    return "~" if instance.busy or (booted and instance.health in (None, "initializing")) else "!"


def draw(instances: Sequence[Instance], target: Image, health_source: str | None) -> list[str]:
    """Lines of text: a row for each zone and update domain, over all placement groups, and a legend of what occurs.

    A row that is wider than a terminal becomes counts.
    """
    rows: dict[tuple[str, int], list[Instance]] = {}
    for one in instances:
        if not one.leaving:
            domain = -1 if one.update_domain is None else one.update_domain
            rows.setdefault((one.zone or "", domain), []).append(one)
    names = {key: _name(*key) or ("all" if len(rows) == 1 else "no UD") for key in rows}
    width = max((len(name) for name in names.values()), default=0)
    lines = []
    seen: set[str] = set()
    for key in sorted(rows):
        members = sorted(rows[key], key=lambda one: by_id(one.instance_id))
        marks = "".join(mark(one, target, health_source) for one in members)
        seen |= set(marks)
        serving = sum(in_service(one, health_source) for one in members)
        cells = marks if len(marks) <= _WIDEST_ROW else _counts(marks)
        lines.append(f"{names[key]:<{width}}  {cells}  {serving} of {len(members)} in service")
    if seen:
        lines.append("  ".join(f"{symbol} {word}" for symbol, word in MARKS.items() if symbol in seen))
    return lines


def _name(zone: str, domain: int) -> str:
    parts = [f"zone {zone}" if zone else "", f"UD {domain}" if domain >= 0 else ""]
    return " ".join(part for part in parts if part)


def _counts(marks: str) -> str:
    return " ".join(f"{symbol}{marks.count(symbol)}" for symbol in MARKS if symbol in marks)
