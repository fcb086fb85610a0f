# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Quotas of cores: what is used of them, and how more than that is refused.

Deallocated machines count, overprovisioned ones do not (documented). Spot machines take a quota of their own in
place of those of their families (documented).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

from armsim import scenario
from armsim.common.wire import Json
from armsim.images.catalogue import region_name, same_region
from armsim.operations.failure import Failure
from armsim.protocol.errors import ArmError
from armsim.supply.sizes import Sizes

_ALL, _SPOT = "cores", "lowPriorityCores"
# What lists call them, and what refusals do (documented; recorded of all cores).
_LISTED = {_ALL: "Total Regional vCPUs", _SPOT: "Total Regional Low-priority vCPUs"}
_REFUSED = {_ALL: "Total Regional", _SPOT: "LowPriority"}
# What lists show where the scenario limits nothing (guessed).
_UNLIMITED = 100_000


class Machine(NamedTuple):
    """What quotas know of a virtual machine."""

    location: str
    size: str
    spot: bool


@dataclass(frozen=True)
class Lack:
    """A quota that would be exceeded; all numbers are cores."""

    quota: scenario.Quota
    location: str
    usage: int
    required: int
    subscription: str

    @property
    def message(self) -> str:
        """The refusal's text (reported in 2024 and 2025; without the two sentences on alerts recorded in 2020)."""
        name, needed = self.quota.family, self.usage + self.required
        request = (
            f'{{"subscriptionId":"{self.subscription}","command":"openQuotaApprovalBlade","quotas":[{{"location":'
            f'"{self.location}","providerId":"Microsoft.Compute","resourceName":"{name}","quotaRequest":{{"properties":'
            f'{{"limit":{needed},"unit":"Count","name":{{"value":"{name}"}}}}}}}}]}}'
        )
        page = "regional-quota-requests" if name == _ALL else "per-vm-quota-requests"
        limit, usage = self.quota.limit, self.usage
        refused = _REFUSED.get(name, name)
        return (
            f"Operation could not be completed as it results in exceeding approved {refused} Cores quota. Additional "
            f"details - Deployment Model: Resource Manager, Location: {self.location}, Current Limit: {limit}, Current "
            f"Usage: {usage}, Additional Required: {self.required}, (Minimum) New Limit Required: {needed}. Setup "
            "Alerts when Quota reaches threshold. Learn more at https://aka.ms/quotamonitoringalerting . Submit a "
            "request for Quota increase at "
            "https://aka.ms/ProdportalCRP/#blade/Microsoft_Azure_Capacity/UsageAndQuota.ReactView/Parameters/"
            f"{quote(request, safe=':,[]')} by specifying parameters listed in the \u2018Details\u2019 section for "
            "deployment to succeed. Please read more about quota limits at "
            f"https://docs.microsoft.com/en-us/azure/azure-supportability/{page}"
        )

    def error(self) -> ArmError:
        """The refusal of a request: 409 (reported)."""
        return ArmError(409, "OperationNotAllowed", self.message)

    def failure(self) -> Failure:
        """Why an operation failed that was not refused."""
        return Failure("OperationNotAllowed", self.message)


class Quotas:
    """The quotas of the subscription; ``machines`` are those that there are now."""

    def __init__(
        self,
        quotas: Sequence[scenario.Quota],
        sizes: Sizes,
        subscription: str,
        machines: Callable[[], Iterable[Machine]],
    ) -> None:
        self._quotas = quotas
        self._sizes = sizes
        self._subscription = subscription
        self._machines = machines

    def lack(self, wanted: Machine, count: int, released: Machine | None = None) -> Lack | None:
        """The quota that ``count`` more machines would exceed: that of all cores is checked first. ``released`` is
        one that there is, in whose stead they come.
        """
        size = self._sizes.find(wanted.size)
        if size is None or count <= 0:
            return None
        location, required = region_name(wanted.location), count * size.cores
        free = Counter(self._taken(released) if released is not None else {})
        for name in self._taken(wanted):
            found = self._find(name, location)
            if found is None:
                continue
            usage = self._used(location)[name] - free[name] + found.used
            if usage + required > found.limit:
                return Lack(found, location, usage, required, self._subscription)
        return None

    def usages(self, location: str) -> list[Json]:
        """What is used in a location, and how much may be (documented form)."""
        used = self._used(location)
        families = {size.family.lower(): size.family for size in self._sizes.listed(location)}
        families |= {one.family.lower(): one.family for one in self._quotas if one.family not in _LISTED}
        entries = []
        for name in (*_LISTED, *(families[key] for key in sorted(families))):
            found = self._find(name, location)
            limit, others = (found.limit, found.used) if found else (_UNLIMITED, 0)
            entries.append(_usage(name, _label(name), used[name.lower()] + others, limit))
        machines = sum(same_region(one.location, location) for one in self._machines())
        return [entries[0], _usage("virtualMachines", "Virtual Machines", machines, 25_000), *entries[1:]]

    def _find(self, name: str, location: str) -> scenario.Quota | None:
        """The quota of a location; one for each location where it has none of its own."""
        named = [one for one in self._quotas if one.family.lower() == name.lower()]
        own = [one for one in named if one.location is not None and same_region(one.location, location)]
        return next(iter([*own, *(one for one in named if one.location is None)]), None)

    def _used(self, location: str) -> Counter[str]:
        """Cores in use by quota, whose name is in lower case."""
        used: Counter[str] = Counter()
        for machine in self._machines():
            if same_region(machine.location, location):
                used.update(self._taken(machine))
        return used

    def _taken(self, machine: Machine) -> dict[str, int]:
        """What a machine takes of which quotas, whose names are in lower case."""
        size = self._sizes.find(machine.size)
        if size is None:
            return {}
        return {name.lower(): size.cores for name in ((_SPOT,) if machine.spot else (_ALL, size.family))}


def _label(name: str) -> str:
    """What the list calls a quota: ``standardDSv5Family`` is ``Standard DSv5 Family vCPUs``."""
    if name in _LISTED:
        return _LISTED[name]
    middle = name.removeprefix("standard").removesuffix("Family")
    return f"Standard {middle} Family vCPUs"


def _usage(name: str, label: str, value: int, limit: int) -> Json:
    return {"limit": limit, "unit": "Count", "currentValue": value, "name": {"value": name, "localizedValue": label}}
