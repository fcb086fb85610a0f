# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The buckets of one simulation: requests draw tokens, and time puts them back."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from armsim.common.wire import COMPUTE
from armsim.protocol.errors import ArmError, requests_throttled, too_many_requests
from armsim.throttling.policies import FRONT_DOOR, Limit, Policy, policies_of

_HEADER = "x-ms-ratelimit-remaining-"
_KINDS = {"PUT": "writes", "PATCH": "writes", "POST": "writes", "DELETE": "deletes"}
# Full buckets need not be remembered; beyond so many they are dropped.
_REMEMBERED = 2_000


@dataclass
class Bucket:
    """Tokens as they were at the simulated second ``since``."""

    limit: Limit
    tokens: float
    since: float

    def at(self, now: float) -> float:
        """The tokens there are now; less than 0 where more was charged than there was."""
        return min(self.tokens + (now - self.since) * self.limit.refill / 60.0, float(self.limit.size))

    def take(self, tokens: int, now: float, least: float) -> None:
        self.tokens = max(self.at(now) - tokens, least)
        self.since = now

    def wait(self, now: float) -> float:
        """Simulated seconds until there is a token."""
        missing = 1.0 - self.at(now)
        return missing * 60.0 / self.limit.refill if missing > 0 else 0.0


@dataclass
class Drawn:
    """What a request has drawn on so far, for its headers."""

    front_door: dict[str, str] = field(default_factory=dict)
    provider: list[tuple[Policy, str]] = field(default_factory=list)


class Throttle:
    """Counts what requests draw, and refuses them when ``enforced``. ``limits`` by policy replace Azure's own."""

    def __init__(
        self, now: Callable[[], float], stamp: Callable[[float], str], enforced: bool, limits: Mapping[str, Limit]
    ) -> None:
        self.enforced = enforced
        self._now = now
        self._stamp = stamp
        self._limits = limits
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def enter(self, method: str, subscription: str, caller: str) -> Drawn:
        """Draw on the limits of Azure Resource Manager itself; raises 429."""
        kind = _KINDS.get(method, "reads")
        own, everybody = FRONT_DOOR[kind]
        for policy, key in ((own, caller), (everybody, "")):
            bucket = self._bucket(policy, key)
            if self.enforced and (wait := bucket.wait(self._now())) > 0:
                raise requests_throttled(kind, subscription, caller, wait)
            self._take(bucket, 1)
        left = {f"{_HEADER}{everybody.name}": self._left(everybody, "")}
        left[f"{_HEADER}{own.name}"] = self._left(own, caller)
        return Drawn(left)

    def reach(self, drawn: Drawn, operation: str, resource: str) -> None:
        """Draw on the limits of the provider for an operation on ``resource``; raises 429."""
        policies = [(policy, resource if policy.reach == "resource" else "") for policy in policies_of(operation)]
        drawn.provider = policies
        if self.enforced:
            for policy, key in policies:
                bucket = self._bucket(policy, key)
                if (wait := bucket.wait(self._now())) > 0:
                    raise self._refusal(policy, bucket.limit, wait)
        for policy, key in policies:
            if policy.cost == "request":
                self._take(self._bucket(policy, key), 1)

    def headers(self, drawn: Drawn, charge: int | None) -> dict[str, str]:
        """The headers of an answer of the provider; ``charge`` draws on the limits that count instances."""
        shown = []
        for policy, key in drawn.provider:
            if policy.cost == "charge":
                if charge is None:
                    continue
                self._take(self._bucket(policy, key), charge)
            shown.append(f"{COMPUTE}/{policy.name};{self._left(policy, key)}")
            if policy.name.startswith("VMScaleSetBatched"):
                # Not a bucket but the length of a queue: 0 in all recordings since 2022.
                shown.append(f"{COMPUTE}/VmssQueuedVMOperations;0")
        headers = dict(drawn.front_door)
        if shown:
            headers[f"{_HEADER}resource"] = ",".join(shown)
        return headers

    def _bucket(self, policy: Policy, key: str) -> Bucket:
        found = self._buckets.get((policy.name, key))
        if found is None:
            if len(self._buckets) >= _REMEMBERED:
                self._forget()
            limit = self._limits.get(policy.name, policy.limit)
            found = self._buckets[policy.name, key] = Bucket(limit, float(limit.size), self._now())
        return found

    def _forget(self) -> None:
        now = self._now()
        self._buckets = {key: item for key, item in self._buckets.items() if item.at(now) < item.limit.size}

    def _take(self, bucket: Bucket, tokens: int) -> None:
        """Take tokens; a charge is known only afterwards, so that more may be owed, but only while it matters."""
        bucket.take(tokens, self._now(), -math.inf if self.enforced else 0.0)

    def _left(self, policy: Policy, key: str) -> str:
        return str(max(int(self._bucket(policy, key).at(self._now())), 0))

    def _refusal(self, policy: Policy, limit: Limit, wait: float) -> ArmError:
        now = self._now()
        measured = {
            "operationGroup": policy.name,
            "startTime": self._stamp(now),
            "endTime": self._stamp(now + wait),
            "allowedRequestCount": limit.size,
            "measuredRequestCount": limit.size + 1,
        }
        return too_many_requests(policy.name, measured, wait)
