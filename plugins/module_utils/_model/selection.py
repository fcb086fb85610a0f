# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Picking instances of a scale set by domain, zone or id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._common.validation import shown
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance

# selection field -> attribute of an instance
_FIELDS = {
    "zones": "zone",
    "placement_groups": "placement_group",
    "update_domains": "update_domain",
    "fault_domains": "fault_domain",
    "instance_ids": "instance_id",
}


@dataclass(frozen=True)
class Selection:
    """What to pick: an instance must meet every field that is not empty. An empty selection picks all."""

    zones: tuple[str, ...] = ()
    placement_groups: tuple[str, ...] = ()
    update_domains: tuple[str, ...] = ()
    fault_domains: tuple[str, ...] = ()
    instance_ids: tuple[str, ...] = ()

    @classmethod
    def from_options(cls, options: Mapping[str, Any], option: str = "only") -> Selection:
        """From options of these names; numbers and texts mean the same. Raises BadInput, with `option`, for others."""
        unknown = sorted(set(options) - set(_FIELDS))
        if unknown:
            raise BadInput(
                f"Unknown way to select instances in {option}: {listed([shown(name) for name in unknown])}",
                advice=f"Select by {', '.join(_FIELDS)}.",
            )
        return cls(**{name: _texts(options.get(name)) for name in _FIELDS})


def select(
    instances: Iterable[Instance], selection: Selection, *, missing_ids: bool = False, option: str = ""
) -> list[Instance]:
    """The instances that meet the selection, in the order given.

    Raises BadInput where a value names nothing that exists, and names what does. With `missing_ids`, ids that are gone
    are passed over: between two reads of a scale set instances may vanish. `option` is where the selection was given.
    """
    everything = list(instances)
    chosen = everything
    for name, attribute in _FIELDS.items():
        wanted = [value.lower() for value in getattr(selection, name)]
        if not wanted:
            continue
        present = {value.lower() for value in _values(everything, name)}
        unknown = [value for value in getattr(selection, name) if value.lower() not in present]
        if unknown and not (missing_ids and name == "instance_ids"):
            raise _unknown(name, unknown, everything, option)
        chosen = [one for one in chosen if str(getattr(one, attribute)).lower() in wanted]
    if everything and not chosen and not missing_ids:
        raise BadInput(
            "No instance meets the whole selection: each value exists, but not together",
            advice="An update domain number counts within one zone and placement group; see "
            "ansible_facts.vmss.domains of azroll.vmss.vmss_instance_facts.",
        )
    return chosen


def by_id(instance_id: str) -> tuple[int, int, str]:
    """Sort key: Uniform ids as numbers, Flexible ones as text."""
    return (0, int(instance_id), instance_id) if instance_id.isdecimal() else (1, 0, instance_id)


def listed(texts: Sequence[str], most: int = 10) -> str:
    """The texts in a row, cut short after `most` of them."""
    return ", ".join(texts[:most]) + (f" and {len(texts) - most} more" if len(texts) > most else "")


def _unknown(name: str, unknown: Sequence[str], instances: Sequence[Instance], option: str) -> BadInput:
    what = name.replace("_", " ") + (f" in {option}" if option else "")
    present = _values(instances, name)
    if present:
        return BadInput(f"Unknown {what}: {listed(unknown)}", advice=f"There are: {listed(present, 20)}.")
    usable = [field for field in _FIELDS if _values(instances, field)]
    if not usable:
        return BadInput(f"There is no instance to select by {what}: the scale set is empty")
    return BadInput(
        f"The instances of this scale set have no {what}", advice=f"Select by {' or '.join(usable)} instead."
    )


def _values(instances: Sequence[Instance], name: str) -> list[str]:
    found = {getattr(one, _FIELDS[name]) for one in instances} - {None}
    return sorted((str(value) for value in found), key=by_id)


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(one) for one in (value if isinstance(value, (list, tuple)) else [value]))
