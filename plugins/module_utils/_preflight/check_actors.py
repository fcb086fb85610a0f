# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Preflight of everybody else: other runs, autoscale, repairs, and what the principal may do among them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import Refused
from ansible_collections.azroll.vmss.plugins.module_utils._model.autoscale import Autoscale
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import listed
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.check_model import will_write
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.check_rights import right_findings
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.findings import (
    NEEDS_ACCEPTANCE,
    REFUSAL,
    WARNING,
    Finding,
)
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.inputs import Inputs, Intent
from ansible_collections.azroll.vmss.plugins.module_utils._tags.image_history import tags_needed
from ansible_collections.azroll.vmss.plugins.module_utils._tags.known_scalers import scaler_of
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import (
    AUTOSCALE,
    POLICY,
    REPAIRS,
    Lease,
    guard_lease,
    named,
    write_lease,
)
from ansible_collections.azroll.vmss.plugins.module_utils._tags.tag_codec import TAG_LIMIT

# Where Azure reports no time, no lease has expired.
NEVER = datetime.min.replace(tzinfo=timezone.utc)


def actor_findings(inputs: Inputs, intent: Intent) -> Iterator[Finding]:
    """The findings about other clients that act on the scale set, and about the run's own rights."""
    yield from _lease(inputs, intent)
    yield from _autoscale(inputs, intent)
    yield from _scaler(inputs, intent)
    yield from _tags(inputs, intent)
    yield from _repairs(inputs, intent)
    yield from right_findings(inputs, intent)
    for error in inputs.unread:
        said = f" ({error.fault.code})" if error.fault.code else ""
        yield Finding("unreadable", WARNING, f"{error.message}{said}", error.advice)


def _lease(inputs: Inputs, intent: Intent) -> Iterator[Finding]:
    lease, name = inputs.lease, inputs.snapshot.scale_set.name
    if lease is None or lease.run_id == intent.claim.run_id:
        return
    try:
        guard_lease(name, lease, intent.claim, inputs.now or NEVER, holder_dead=inputs.holder_dead)
    except Refused as error:
        advice = (
            "Wait until it has ended. If you know that its run was interrupted, take its lease over "
            "(O(take_over_lease=true))."
        )
        yield Finding("lease", REFUSAL, error.message, advice)
    else:
        found = f"A run has left its lease of {name} behind, or is to lose it: {lease.describe()}"
        yield Finding("lease", WARNING, found, "It will be taken over, with what it holds.")


def _autoscale(inputs: Inputs, intent: Intent) -> Iterator[Finding]:
    if inputs.autoscale is None:
        yield _unknown_autoscale(inputs, intent)
        return
    acting = [one for one in inputs.autoscale if one.enabled]
    if acting:
        names = ", ".join(_named(one, inputs.snapshot.scale_set.resource_group) for one in acting)
        yield Finding(
            "autoscale",
            WARNING,
            f"Autoscale acts on {inputs.snapshot.scale_set.name}: {names}",
            "It will be held for the time of the rollout."
            if intent.hold_autoscale
            else "Instances that it makes get the new image or are swept; it may also take some away. "
            "Set O(hold_autoscale=true) to keep the number of instances.",
        )


def _scaler(inputs: Inputs, intent: Intent) -> Iterator[Finding]:
    name, scaler = inputs.snapshot.scale_set.name, scaler_of(inputs.snapshot.scale_set.tags)
    if scaler is None:
        return
    advice = (
        "Instances that it makes get the new image or are swept; it may also take some away. The rollout stops where "
        "it takes more than half of them."
        if intent.any_capacity
        else "The rollout stops as soon as that changes the capacity. Hold the service for the time of the rollout, or "
        "accept what it does (O(capacity_changes=accept))."
    )
    if scaler.rewrites_tags and intent.claim.minutes:
        advice += (
            " It writes the scale set with the tags that it read earlier. Where those of the lease are lost by that, "
            "the rollout stops and releases what it holds: hold the service, or roll without a lease "
            "(O(lease_minutes=0)) and see to it that no two rollouts meet."
        )
    severity = WARNING if intent.any_capacity else NEEDS_ACCEPTANCE
    yield Finding("scaled_by_others", severity, f"{name} is scaled by {scaler.name}, according to its tags", advice)


def _tags(inputs: Inputs, intent: Intent) -> Iterator[Finding]:
    """Whether there is room for the lease, with all that it may have to remember."""
    scale_set = inputs.snapshot.scale_set
    if not intent.claim.minutes or not will_write(inputs, intent):
        return
    old = inputs.lease or Lease()
    lease = Lease("run", "holder", "target", "since", "expires", old.held, old.previous_image or inputs.previous)
    lease = lease.holding(*_to_be_held(inputs, intent))
    try:
        write_lease(scale_set.tags, lease)
    except Refused as error:
        # The option has another name here than where the tags are written.
        advice = error.advice.replace("O(minutes=", "O(lease_minutes=")
        yield Finding("tag_limit", REFUSAL, error.message, advice)
        return
    others = [name for name in scale_set.tags if not name.lower().startswith("azroll-")]
    before = None if inputs.previous.kind == "none" else inputs.previous
    needed = tags_needed(inputs.target, before, lease, scale_set.image_history)
    if len(others) + needed > TAG_LIMIT:
        yield Finding(
            "tag_limit",
            WARNING,
            f"The rollout takes up to {needed} tags, and the scale set has {len(others)} others of at most "
            f"{TAG_LIMIT}: what outlasts the lease may not be written, so that a later rollback does not know the "
            "image before",
            "Remove tags that nobody needs, or give rollout_image to roll back.",
        )


def _to_be_held(inputs: Inputs, intent: Intent) -> Iterator[str]:
    scale_set = inputs.snapshot.scale_set
    if intent.suspend_repairs and scale_set.automatic_repairs:
        yield REPAIRS
    if intent.hold_autoscale:
        yield from (f"{AUTOSCALE}={one.label}" for one in inputs.autoscale or () if one.enabled)
    if intent.set_manual and not scale_set.manual:
        yield f"{POLICY}={scale_set.upgrade_policy}"


def _named(setting: Autoscale, group: str) -> str:
    elsewhere = setting.resource_group.lower() not in ("", group.lower())
    return setting.describe() + (f" of resource group {setting.resource_group}" if elsewhere else "")


def _unknown_autoscale(inputs: Inputs, intent: Intent) -> Finding:
    code, allow = "autoscale_unreadable", "Allow Microsoft.Insights/autoscaleSettings/read"
    unknown = "The autoscale settings cannot be read: "
    if intent.hold_autoscale:
        message = f"{unknown}they cannot be held"
        return Finding(code, REFUSAL, message, f"{allow}, or set O(hold_autoscale=false).")
    if left := named(inputs.held, AUTOSCALE):
        message = f"{unknown}those that an earlier run has left switched off ({listed(left)}) cannot be switched on"
        return Finding(code, NEEDS_ACCEPTANCE, message, f"{allow}, or switch them on yourself.")
    message = f"{unknown}whether they act on the scale set is not known"
    return Finding(code, WARNING, message, f"{allow}. New instances are looked for after the batches either way.")


def _repairs(inputs: Inputs, intent: Intent) -> Iterator[Finding]:
    name, state = inputs.snapshot.scale_set.name, (inputs.snapshot.repairs_state or "").lower()
    if state == "suspended" and REPAIRS not in inputs.held:
        yield Finding(
            "repairs_suspended",
            WARNING,
            f"Automatic repairs of {name} are suspended, and no run says that it holds them",
            "They will be left suspended. "
            "If this is not intended, resume them with azroll.vmss.vmss_automatic_repairs.",
        )
    if state == "running" and not intent.suspend_repairs:
        yield Finding(
            "repairs_running",
            WARNING,
            f"Automatic repairs of {name} stay on: Azure may replace instances while they move",
            "Set O(suspend_repairs=true) to hold them for the time of the rollout.",
        )
