# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Autoscale settings: which ones scale a set, and what to write to switch one off and on again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet

_GROUP = re.compile(r"/resourceGroups/(?P<group>[^/]+)/", re.IGNORECASE)


@dataclass(frozen=True)
class Autoscale:
    """One autoscale setting. `document` is as Azure sent it."""

    resource_group: str
    name: str
    target: str
    enabled: bool
    document: Mapping[str, Any]

    @classmethod
    def from_wire(cls, document: Mapping[str, Any]) -> Autoscale:
        """From an entry of the list of a resource group. What does not say that it is enabled is not (documented)."""
        properties = document.get("properties") or {}
        match = _GROUP.search(str(document.get("id") or ""))
        return cls(
            resource_group=match["group"] if match else "",
            name=str(document.get("name") or ""),
            target=str(properties.get("targetResourceUri") or ""),
            enabled=bool(properties.get("enabled", False)),
            document=document,
        )

    def describe(self) -> str:
        """Name and bounds, for people: `web-cpu (2 to 10 instances)`."""
        capacities = [profile.get("capacity") or {} for profile in self._profiles()]
        bounds = ", ".join(f"{one.get('minimum', '?')} to {one.get('maximum', '?')}" for one in capacities)
        return f"{self.name} ({bounds} instances)" if bounds else self.name

    def to_dict(self) -> dict[str, Any]:
        """An entry of the `autoscale` key of results; numbers are texts, as Azure writes them."""
        return {
            "name": self.name,
            "resource_group": self.resource_group,
            "enabled": self.enabled,
            "profiles": [
                {
                    "name": str(profile.get("name") or ""),
                    **{key: str((profile.get("capacity") or {}).get(key) or "") for key in ("minimum", "maximum")},
                }
                for profile in self._profiles()
            ],
        }

    def _profiles(self) -> Sequence[Mapping[str, Any]]:
        return (self.document.get("properties") or {}).get("profiles") or []

    @property
    def label(self) -> str:
        """`group/NAME`, neither of which may hold a slash or a comma. Azure spells groups in any case (recorded)."""
        return f"{self.resource_group.lower()}/{self.name}"

    def switched(self, enabled: bool) -> dict[str, Any]:
        """The whole setting, as it is to be written, with nothing changed but whether it is enabled.

        Holding minimum and maximum at the present capacity would do as well, but there is a pair of them in each
        profile, and schedules choose between profiles: more than tags can remember, and more that can go wrong.
        """
        kept = {key: self.document[key] for key in ("location", "tags") if key in self.document}
        return {**kept, "properties": {**(self.document.get("properties") or {}), "enabled": enabled}}


def settings_of(documents: Iterable[Mapping[str, Any]], scale_set: ScaleSet) -> list[Autoscale]:
    """Those that scale this set; ids are compared without regard to case."""
    every = [Autoscale.from_wire(document) for document in documents]
    return [one for one in every if one.target.rstrip("/").lower() == scale_set.id.lower()]
