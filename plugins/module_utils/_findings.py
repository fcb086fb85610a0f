# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What a look before the first write finds: each finding has a code, a sentence and a way out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._select import listed

REFUSAL = "refusal"
NEEDS_ACCEPTANCE = "needs_acceptance"
WARNING = "warning"
SEVERITIES = (REFUSAL, NEEDS_ACCEPTANCE, WARNING)

# Every code, with what it stands for; the documentation's table is held against this one.
CODES: Mapping[str, str] = {
    # The scale set
    "service_fabric": "The instances are Service Fabric nodes, which only the cluster may upgrade.",
    "managed": "Another service (AKS, Databricks, Batch) owns the scale set.",
    "upgrade_policy": "The upgrade policy is not Manual, so that a write of the model restarts instances by itself.",
    "automatic_os_upgrade": "Automatic OS upgrades are on.",
    "rolling_upgrade": "A rolling upgrade of Azure's own is running.",
    "model_limit": "The instances refer to ten models, or nearly: Azure allows no more in a Uniform set.",
    "health_source_missing": "The scale set has no health source: only the state of its instances can be judged.",
    "health_source_twice": "The scale set has two health sources.",
    # The image
    "image_not_found": "The image, or this version of it, does not exist.",
    "image_not_replicated": "The image is not in the region of the scale set, or not yet.",
    "image_unreadable": "The principal may not read the image.",
    "image_deprecated": "The publisher has deprecated the image, or says when it will be.",
    "image_excluded": "The version is kept out of latest.",
    "image_kind_change": "The image is of another kind than the present one.",
    "image_os_type": "The image has another operating system.",
    "image_os_state": "The image is generalized and the present one specialized, or the other way round.",
    "image_generation": "The image is made for another generation of virtual machines.",
    "image_security_type": "The image does not fit the security type of the scale set.",
    "rollback_impossible": "The present image is gone: instances could not be brought back to it.",
    # The instances
    "max_unavailable": "The budget lets no instance move.",
    "below_floor": "More instances are out of service than the budget allows, before anything was done.",
    "instances_protected": "Instances are protected from scale set actions, and left out.",
    "instances_deallocated": "Instances are deallocated or stopped, and left out.",
    "instances_failed": "Instances have failed.",
    "instances_own_model": "Instances were given a model of their own, and may never follow that of the scale set.",
    # Others, and what the principal may do
    "lease": "Another run rolls the scale set, or has left its lease behind.",
    "autoscale": "Autoscale settings act on the scale set.",
    "autoscale_unreadable": "Whether autoscale acts on the scale set is not known.",
    "repairs_running": "Automatic repairs stay on during the rollout.",
    "repairs_suspended": "Automatic repairs are suspended, and no run says that it holds them.",
    "permission_missing": "The principal lacks actions for a step of the rollout.",
    "permissions_unreadable": "Which actions the principal holds is not known.",
}


@dataclass(frozen=True)
class Finding:
    """One thing that was found. `instances` are the ids concerned.

    A `refusal` stands until its cause is gone, what `needs_acceptance` stands until it is accepted, and a `warning`
    stops nothing.
    """

    code: str
    severity: str
    message: str
    advice: str
    instances: tuple[str, ...] = ()
    accepted: bool = False

    def __post_init__(self) -> None:
        if self.code not in CODES or self.severity not in SEVERITIES:
            raise ValueError(f"Unknown finding {self.code} ({self.severity})")

    @property
    def stops(self) -> bool:
        """Whether a rollout must not begin as long as it stands."""
        return self.severity != WARNING and not self.accepted

    def to_dict(self) -> dict[str, Any]:
        """An entry of the result's `findings`."""
        return {**asdict(self), "instances": list(self.instances)}


def check_codes(accept: Iterable[str]) -> frozenset[str]:
    """The codes that the user accepts. Raises BadInput for one that does not exist."""
    wanted = frozenset(accept)
    unknown = sorted(wanted - set(CODES))
    if unknown:
        raise BadInput(
            f"There is no finding to accept with the code {listed([code[:40] for code in unknown])}",
            advice=f"The codes are: {', '.join(sorted(CODES))}.",
        )
    return wanted


def accepted(findings: Iterable[Finding], codes: Iterable[str]) -> list[Finding]:
    """The findings, the most serious first, with those accepted that may be: a refusal cannot be overridden."""
    wanted = set(codes)
    marked = [
        replace(one, accepted=True) if one.severity == NEEDS_ACCEPTANCE and one.code in wanted else one
        for one in findings
    ]
    return sorted(marked, key=lambda one: (not one.stops, SEVERITIES.index(one.severity)))


def ready(findings: Iterable[Finding]) -> bool:
    """Whether nothing stands in the way of a rollout."""
    return not any(one.stops for one in findings)


def describe(findings: Iterable[Finding]) -> list[str]:
    """One line for each finding, for people: how serious, the code, what is the matter and what to do."""
    return [_line(one) for one in findings]


def summarize(name: str, image: str, findings: Iterable[Finding]) -> str:
    """One sentence: whether a rollout of `image` may begin."""
    every = list(findings)
    stopping = [one.code for one in every if one.stops]
    if stopping:
        return f"{name} is not ready for {image}: {', '.join(dict.fromkeys(stopping))}."
    left = len(every)
    return f"{name} is ready for {image}" + (f", with {left} warning{'' if left == 1 else 's'}." if left else ".")


def _line(one: Finding) -> str:
    kind = "accepted" if one.accepted else one.severity.replace("_", " ")
    ids = f" ({listed(one.instances)})" if one.instances else ""
    ways = [one.advice]
    if one.severity == NEEDS_ACCEPTANCE and not one.accepted:
        ways.append(f"To go on in spite of it, accept {one.code}.")
    return " ".join([f"{kind}: {one.code}: {one.message.rstrip('.')}{ids}.", *(way for way in ways if way)])
