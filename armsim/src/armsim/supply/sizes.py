# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Sizes of virtual machines: what their names stand for, where they can be had, and how one that cannot is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from armsim import scenario
from armsim.common.wire import Json
from armsim.images.catalogue import region_name, same_region
from armsim.protocol.errors import ArmError, invalid_parameter

# A name: series, number, constrained cores, features, accelerator, version (documented naming conventions).
_NAME = re.compile(
    r"(Standard|Basic)_(?P<series>[A-Z]+)(?P<number>\d+)(-\d+)?(?P<features>[a-z]*)"
    r"(?P<accelerator>(_(?!v\d)(?!Promo)\w+?)*)(_v(?P<version>\d+))?(_Promo)?",
    re.IGNORECASE,
)
# The highest version of each series (documented).
_SERIES = {
    "A": 2,
    "B": 2,
    "D": 7,
    "DS": 2,
    "DC": 6,
    "E": 7,
    "EC": 6,
    "F": 7,
    "FX": 2,
    "G": 1,
    "GS": 1,
    "L": 4,
    "M": 3,
    "H": 1,
    "HB": 5,
    "HC": 1,
    "HX": 1,
    "NC": 6,
    "NCC": 5,
    "ND": 6,
    "NG": 1,
    "NP": 1,
    "NV": 5,
}
# Cores by the numbers of series that do not contain their cores (documented).
_D = {1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 11: 2, 12: 4, 13: 8, 14: 16, 15: 20}
_A = {0: 1, 1: 1, 2: 2, 3: 4, 4: 8, 5: 2, 6: 4, 7: 8}
_G = {1: 2, 2: 4, 3: 8, 4: 16, 5: 32}
_NUMBERED = {("D", 1): _D, ("D", 2): _D, ("DS", 1): _D, ("DS", 2): _D, ("A", 1): _A, ("G", 1): _G, ("GS", 1): _G}
# GiB to a core (documented of the usual sizes of the series).
_MEMORY = {"E": 8, "EC": 8, "M": 16, "L": 8, "F": 2, "A": 2, "G": 14, "GS": 14}
_SPECIAL_MEMORY = {"standard_b1s": 1, "standard_b1ls": 0.5, "standard_b1ms": 2, "standard_b2s": 4}
# Those that lists show beside the ones of the scenario.
_WELL_KNOWN = (
    *("Standard_B2s", "Standard_B2ms", "Standard_D2s_v3", "Standard_D2s_v5", "Standard_D4s_v5", "Standard_D8s_v5"),
    *("Standard_E2s_v5", "Standard_E4s_v5", "Standard_F2s_v2", "Standard_F4s_v2"),
)


@dataclass(frozen=True)
class Size:
    """One size of virtual machines; ``family`` is the quota that it takes, memory is in GiB."""

    name: str
    cores: int
    memory: float
    family: str
    features: str
    version: int

    @property
    def disks(self) -> int:
        """How many data disks it takes: two to a core, at least four, at most 32 (documented of most)."""
        return min(32, max(4, 2 * self.cores))


def parse(name: str) -> Size | None:
    """The size that a name stands for; null where it is not the name of one."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    series, number, version = match["series"].upper(), int(match["number"]), int(match["version"] or 1)
    if version > _SERIES.get(series, 0) or (version >= 3 and series in ("D", "E") and number % 2):
        return None
    cores = _NUMBERED.get((series, version), {}).get(number, number)
    if not cores:
        return None
    features = match["features"].lower()
    usual = (3.5 if number <= 5 else 7) if _NUMBERED.get((series, version)) is _D else _MEMORY.get(series, 4)
    memory = _SPECIAL_MEMORY.get(name.lower(), cores * usual)
    return Size(name, cores, memory, _family(series, features, version), features, version)


def _family(series: str, features: str, version: int) -> str:
    """The quota of a size, as the service names it: ``standardDSv5Family`` (documented)."""
    if series == "A" and version == 1:
        return "standardA0_A7Family"
    # The amount of memory makes no family of its own, where other features are named, too.
    kept = re.sub("[mlt]", "", features) if series == "B" else features
    return f"standard{series}{kept.upper()}{f'v{version}' if version > 1 else ''}Family"


class Sizes:
    """The sizes there are: those that the scenario names, and all others whose name is one."""

    def __init__(self, rules: Iterable[scenario.Size]) -> None:
        self._rules = {rule.name.lower(): rule for rule in rules}
        # Sizes that sets have are sizes, whatever they are called.
        self._used: dict[str, str] = {}

    def use(self, name: str) -> None:
        """Let a size be known, since a set has it."""
        self._used.setdefault(name.lower(), name)

    def find(self, name: str) -> Size | None:
        """The size of this name, in any case; null where there is none."""
        rule = self._rules.get(name.lower())
        size = parse(name)
        if size is None:
            if rule is None and name.lower() not in self._used:
                return None
            size = Size(name, 2, 8, f"{name.replace('_', '')}Family", "", 1)
        if rule is None:
            return size
        return Size(
            rule.name,
            rule.cores or size.cores,
            rule.memory_gb or (size.memory / size.cores) * (rule.cores or size.cores),
            rule.family or size.family,
            size.features,
            size.version,
        )

    def listed(self, location: str) -> list[Size]:
        """The sizes that lists of a location show: the scenario's, those of its sets, and some well-known ones."""
        names = {name.lower(): name for name in _WELL_KNOWN}
        names |= self._used | {key: rule.name for key, rule in self._rules.items()}
        found = [self.find(names[key]) for key in sorted(names) if self._exists(key, location)]
        return [size for size in found if size is not None]

    def _exists(self, name: str, location: str) -> bool:
        rule = self._rules.get(name.lower())
        if rule is None or rule.locations is None:
            return True
        return any(same_region(location, region) for region in rule.locations)

    def restrictions(self, name: str, location: str) -> list[Json]:
        """The restrictions of a size in the list, where the subscription may not have it (documented form)."""
        rule = self._rules.get(name.lower())
        if rule is None or rule.restricted != "subscription":
            return []
        zones = {"zones": list(rule.restricted_zones)} if rule.restricted_zones else {}
        return [
            {
                "type": "Zone" if zones else "Location",
                "values": [location],
                "restrictionInfo": {"locations": [location], **zones},
                "reasonCode": "NotAvailableForSubscription",
            }
        ]

    def check_known(self, document: Json) -> None:
        """400 where the model's size is not a valid one, or not in its location (reported). ``Mix`` stands
        for several.
        """
        name = (document.get("sku") or {}).get("name")
        if name is None or str(name).lower() == "mix":
            return
        location = str(document.get("location") or "")
        if self.find(str(name)) is None:
            raise invalid_parameter(
                "vmSize",
                f"The value {name} provided for the VM size is not valid. The valid sizes in the current region are: "
                f"{self._names(location)}. Find out more on the valid VM sizes in each region at "
                "https://aka.ms/azure-regions.",
            )
        if location and not self._exists(str(name), location):
            raise invalid_parameter(
                "vmSize",
                f"The requested VM size {name} is not available in the current region. The sizes available in the "
                f"current region are: {self._names(location)}. Find out more on the available VM sizes in each region "
                "at https://aka.ms/azure-regions.",
            )

    def _names(self, location: str) -> str:
        return ",".join(size.name for size in self.listed(location))

    def check_available(self, document: Json) -> None:
        """409 where no more instances of the model's size can be made (documented, of capacity reported)."""
        name = str((document.get("sku") or {}).get("name"))
        rule = self._rules.get(name.lower())
        zones: Sequence[str] = document.get("zones") or []
        if rule is None or rule.restricted is None:
            return
        if rule.restricted_zones and not set(rule.restricted_zones) & set(zones):
            return
        raise _not_available(rule, document, ",".join(zones))


def _not_available(rule: scenario.Size, document: Json, zones: str) -> ArmError:
    location, resource_id = region_name(str(document["location"])), str(document["id"])
    if rule.restricted == "capacity":
        text = (
            f"The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: {rule.name}' "
            f"is currently not available in location '{location}'. Please try another size or deploy to a different "
            "location or different zone. See https://aka.ms/azureskunotavailable for details."
        )
    else:
        text = (
            f"The requested size for resource '{resource_id}' is currently not available in location '{location}' "
            f"zones '{zones}' for subscription '{resource_id.split('/')[2]}'. Please try another size or deploy to a "
            "different location or zones. See https://aka.ms/azureskunotavailable for details."
        )
    return ArmError(409, "SkuNotAvailable", text)
