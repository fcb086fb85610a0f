# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The decisions of a rolling upgrade that the platform runs: the next batch, and when to stop. No state, no clock.

Documented: batches stay within one update domain, and within one zone unless the policy allows otherwise; unhealthy
instances elsewhere make a batch smaller; one threshold is checked before each batch, the other one after it.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from armsim.common.wire import Json
from armsim.instances.instance import Place
from armsim.operations.failure import Failure

# The policy where the model has none, for a write of the model and for extensions (documented).
DEFAULTS: Json = {
    "maxBatchInstancePercent": 20,
    "maxUnhealthyInstancePercent": 20,
    "maxUnhealthyUpgradedInstancePercent": 20,
    "pauseTimeBetweenBatches": "PT0S",
}
# The same for an OS upgrade that a client starts (recorded).
OS_UPGRADE_DEFAULTS: Json = {
    **DEFAULTS,
    "maxUnhealthyInstancePercent": 100,
    "maxUnhealthyUpgradedInstancePercent": 100,
}
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


@dataclass(frozen=True)
class Candidate:
    """As much of an instance as the decisions depend on."""

    id: str
    place: Place
    serving: bool


def next_batch(policy: Json, waiting: Sequence[Candidate], members: Sequence[Candidate]) -> list[Candidate]:
    """The instances to upgrade next, at least one while any is waiting; ``members`` is the whole set."""
    if not waiting:
        return []
    first_of = list(waiting)
    if policy.get("prioritizeUnhealthyInstances"):
        first_of.sort(key=lambda candidate: candidate.serving)
    domain = _domain(policy, first_of[0])
    mates = [candidate for candidate in first_of if _domain(policy, candidate) == domain]
    size = batch_size(policy, len(members))
    # Those that are unhealthy elsewhere count as if they were in the batch; those in the batch count once.
    out_of_service = sum(not member.serving for member in members)
    batch: list[Candidate] = []
    for mate in mates[:size]:
        out_of_service += mate.serving
        if batch and out_of_service > size:
            break
        batch.append(mate)
    return batch


def batch_size(policy: Json, members: int) -> int:
    """How many of ``members`` instances a batch has at most."""
    return max(1, members * int(policy["maxBatchInstancePercent"]) // 100)


def breach_before(policy: Json, members: Sequence[Candidate], *, first: bool) -> Failure | None:
    """Why no further batch may start: too many unhealthy instances in the set."""
    unhealthy = sum(not member.serving for member in members)
    limit = int(policy["maxUnhealthyInstancePercent"])
    if not members or unhealthy * 100 <= limit * len(members):
        return None
    moment = "BeforeRollingUpgrade" if first else "InRollingUpgrade"
    return Failure(
        f"MaxUnhealthyInstancePercentExceeded{moment}",
        "Rolling Upgrade failed after exceeding the MaxUnhealthyInstancePercent value defined in the "
        f"RollingUpgradePolicy. {unhealthy * 100 // len(members)}% of instances are in an unhealthy state - more than "
        f"the threshold of {limit}%.",
    )


def breach_after(policy: Json, upgraded: Sequence[Candidate]) -> Failure | None:
    """Why the upgrade stops after a batch: too many of those upgraded so far are unhealthy (text recorded)."""
    failed = [candidate for candidate in upgraded if not candidate.serving]
    limit = int(policy["maxUnhealthyUpgradedInstancePercent"])
    if not failed or len(failed) * 100 <= limit * len(upgraded):
        return None
    return Failure(
        "MaxUnhealthyUpgradedInstancePercentExceededInRollingUpgrade",
        "Rolling Upgrade failed after exceeding the MaxUnhealthyUpgradedInstancePercent value defined in the "
        f"RollingUpgradePolicy. {len(failed) * 100 // len(upgraded)}% of instances are in an unhealthy state after "
        f"being upgraded - more than the threshold of {limit}%. The most impactful error is: Instance found to be "
        f"unhealthy or unreachable.. First failed instance ID is: {failed[0].id}.",
    )


def seconds(duration: str) -> float:
    """Seconds of an ISO 8601 duration such as ``PT30S``, ``PT5M``, ``PT1H30M`` or ``P1D``; 0 for anything else."""
    match = _DURATION.fullmatch(duration)
    if match is None:
        return 0.0
    days, hours, minutes, rest = (int(part or 0) for part in match.groups())
    return days * 86_400.0 + hours * 3600.0 + minutes * 60.0 + rest


def _domain(policy: Json, candidate: Candidate) -> Hashable:
    place = candidate.place
    if policy.get("enableCrossZoneUpgrade"):
        return place.update_domain
    return (place.zone, place.placement_group, place.update_domain)
