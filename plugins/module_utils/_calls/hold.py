# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Holding a scale set and releasing it, as vmss_hold does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._calls.call import (
    Call,
    DiffResult,
    Options,
    Request,
    Work,
    image_if_given,
)
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import listed
from ansible_collections.azroll.vmss.plugins.module_utils._operations.hold_release import Holds, LeaseManager, Outcome
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import Claim

HELD = "held"


@dataclass(frozen=True, kw_only=True)
class HoldRequest(Request):
    """Whether the set is to be `held` or `released` under which claim; the rest as `LeaseManager` takes it."""

    state: str
    claim: Claim
    remembered: tuple[str, ...]
    holds: Holds
    restore_policy: bool
    finished: Image | None
    by_image: bool
    current: str

    @classmethod
    def from_options(cls, options: Options) -> HoldRequest:
        """Raises BadInput."""
        return cls(
            resource_group=options["resource_group"],
            name=options["name"],
            state=options["state"],
            claim=Claim(
                options["run_id"], options["holder"], options["target"], options["minutes"], options["take_over"]
            ),
            remembered=tuple(options["held"]),
            holds=Holds(
                repairs=options["repairs"],
                autoscale=options["autoscale"],
                set_manual=options["upgrade_policy"] == "set_manual",
                previous_image=image_if_given(options["previous_image"]),
            ),
            restore_policy=options["restore_policy"],
            finished=image_if_given(options["finished_image"]),
            by_image=options["by_image"],
            current=options["current_instance"],
        )


@dataclass
class HoldResult(DiffResult):
    """How things stand afterwards."""

    lease: dict[str, Any] | None = None
    lease_before: dict[str, Any] | None = None
    held: list[str] = field(default_factory=list)
    continues: str | None = None
    image_before: dict[str, Any] = field(default_factory=dict)
    lost: bool = False
    made_model: bool | None = None

    def report(self, outcome: Outcome, request: HoldRequest) -> None:
        """What was there, and what is."""
        before, lease = outcome.before, outcome.lease
        # A lease that is let go does not remember the image any more.
        remembers = (lease or before) if request.state == HELD else before
        self.lease = lease.to_dict() if lease else None
        self.lease_before = before.to_dict() if before else None
        self.held = list(outcome.held)
        if request.state == HELD and before is not None and before.run_id != request.claim.run_id:
            self.continues = before.run_id or "unknown"
        self.image_before = remembers.previous_image.to_dict() if remembers and remembers.previous_image else {}
        self.lost, self.made_model = outcome.lost, outcome.made_model
        self.diff = {"before": {"lease": self.lease_before or {}}, "after": {"lease": self.lease or {}}}


def hold_or_release(call: Call, request: HoldRequest, result: HoldResult) -> None:
    """Hold or release. Raises as `LeaseManager.hold` and `LeaseManager.release` do."""
    lease_manager = LeaseManager(
        call.arm, call.deadline, request.claim, remembered=request.remembered, check_mode=call.check_mode
    )
    try:
        outcome = _act(lease_manager, request)
    finally:
        result.changed = bool(lease_manager.actions)
        result.lease = lease_manager.found.to_dict() if lease_manager.found else None
        result.held = list(lease_manager.held)
    result.report(outcome, request)
    result.msg = say(request, lease_manager, outcome, check_mode=call.check_mode)
    for warning in warnings(request.name, outcome):
        call.warn(warning)


def _act(lease_manager: LeaseManager, request: HoldRequest) -> Outcome:
    if request.state == HELD:
        return lease_manager.hold(*request.address, request.holds, by_image=request.by_image, current=request.current)
    return lease_manager.release(
        *request.address,
        restore_policy=request.restore_policy,
        finished=request.finished,
        by_image=request.by_image,
        current=request.current,
    )


def say(request: HoldRequest, lease_manager: LeaseManager, outcome: Outcome, *, check_mode: bool) -> str:
    """One sentence for people."""
    name, run_id = request.name, request.claim.run_id
    if outcome.lost:
        return f"{name} is not held by run {run_id}: nothing was released."
    until = f" until {outcome.lease.expires}" if outcome.lease and request.state == HELD else ""
    if not lease_manager.actions:
        return f"{name} is {request.state} already{until}."
    would = "would be" if check_mode else "is"
    return f"{name} {would} {request.state} by run {run_id}{until} ({', '.join(lease_manager.actions)})."


def warnings(name: str, outcome: Outcome) -> Iterator[str]:
    """What to know beside the result."""
    if outcome.made_model:
        yield (
            f"A write of the tags of {name} made a new model, which leaves all instances behind. Judge them by their "
            "image (O(by_model=false))."
        )
    if outcome.lost and outcome.before:
        yield f"{name} belongs to another run: {outcome.before.describe()}. What is held stays held for it."
    if outcome.lagging:
        yield (
            f"The upgrade policy of {name} stays Manual: instances {listed(outcome.lagging)} lag behind the model, "
            f"and Azure would upgrade them by itself ({outcome.held[0]}). Bring them to the model, or the model back "
            "to them, then release again."
        )


HOLD = Work(HoldRequest.from_options, hold_or_release, HoldResult)
