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
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.inputs import Sight, Wish
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

# Where Azure tells no time, no lease has expired.
NEVER = datetime.min.replace(tzinfo=timezone.utc)


def actor_findings(sight: Sight, wish: Wish) -> Iterator[Finding]:
    """What is to be said of others who act on the scale set, and of the rights to act oneself."""
    yield from _lease(sight, wish)
    yield from _autoscale(sight, wish)
    yield from _scaler(sight, wish)
    yield from _tags(sight, wish)
    yield from _repairs(sight, wish)
    yield from right_findings(sight, wish)
    for error in sight.unread:
        said = f" ({error.fault.code})" if error.fault.code else ""
        yield Finding("unreadable", WARNING, f"{error.message}{said}", error.advice)


def _lease(sight: Sight, wish: Wish) -> Iterator[Finding]:
    lease, name = sight.lease, sight.snapshot.scale_set.name
    if lease is None or lease.run_id == wish.claim.run_id:
        return
    try:
        guard_lease(name, lease, wish.claim, sight.now or NEVER, holder_dead=sight.holder_dead)
    except Refused as error:
        advice = "Wait until it has ended. If you know that its run was interrupted, take its lease over "
        "(O(take_over_lease=true))."
        yield Finding("lease", REFUSAL, error.message, advice)
    else:
        found = f"A run has left its lease of {name} behind, or is to lose it: {lease.describe()}"
        yield Finding("lease", WARNING, found, "It will be taken over, with what it holds.")


def _autoscale(sight: Sight, wish: Wish) -> Iterator[Finding]:
    if sight.autoscale is None:
        yield _unknown_autoscale(sight, wish)
        return
    acting = [one for one in sight.autoscale if one.enabled]
    if acting:
        names = ", ".join(_named(one, sight.snapshot.scale_set.resource_group) for one in acting)
        yield Finding(
            "autoscale",
            WARNING,
            f"Autoscale acts on {sight.snapshot.scale_set.name}: {names}",
            "It will be held for the time of the rollout."
            if wish.hold_autoscale
            else "Instances that it makes get the new image or are swept; it may also take some away. "
            "Set O(hold_autoscale=true) to keep the number of instances.",
        )


def _scaler(sight: Sight, wish: Wish) -> Iterator[Finding]:
    name, scaler = sight.snapshot.scale_set.name, scaler_of(sight.snapshot.scale_set.tags)
    if scaler is None:
        return
    advice = (
        "Instances that it makes get the new image or are swept; it may also take some away. The rollout stops where "
        "it takes more than half of them."
        if wish.any_capacity
        else "The rollout stops as soon as that changes the capacity. Hold the service for the time of the rollout, or "
        "accept what it does (O(capacity_changes=accept))."
    )
    if scaler.rewrites_tags and wish.claim.minutes:
        advice += (
            " It writes the scale set with the tags that it read earlier. Where those of the lease are lost by that, "
            "the rollout stops and releases what it holds: hold the service, or roll without a lease "
            "(O(lease_minutes=0)) and see to it that no two rollouts meet."
        )
    severity = WARNING if wish.any_capacity else NEEDS_ACCEPTANCE
    yield Finding("scaled_by_others", severity, f"{name} is scaled by {scaler.name}, according to its tags", advice)


def _tags(sight: Sight, wish: Wish) -> Iterator[Finding]:
    """Whether there is room for the lease, with all that it may have to remember."""
    scale_set = sight.snapshot.scale_set
    if not wish.claim.minutes or not will_write(sight, wish):
        return
    old = sight.lease or Lease()
    lease = Lease("run", "holder", "target", "since", "expires", old.held, old.previous_image or sight.previous)
    lease = lease.holding(*_to_be_held(sight, wish))
    try:
        write_lease(scale_set.tags, lease)
    except Refused as error:
        yield Finding("tag_limit", REFUSAL, error.message, error.advice)
        return
    others = [name for name in scale_set.tags if not name.lower().startswith("azroll-")]
    before = None if sight.previous.kind == "none" else sight.previous
    needed = tags_needed(sight.target, before, lease, scale_set.image_history)
    if len(others) + needed > TAG_LIMIT:
        yield Finding(
            "tag_limit",
            WARNING,
            f"The rollout takes up to {needed} tags, and the scale set has {len(others)} others of at most "
            f"{TAG_LIMIT}: what outlasts the lease may not be written, so that a later rollback does not know the "
            "image before",
            "Remove tags that nobody needs, or give rollout_image to roll back.",
        )


def _to_be_held(sight: Sight, wish: Wish) -> Iterator[str]:
    scale_set = sight.snapshot.scale_set
    if wish.suspend_repairs and scale_set.automatic_repairs:
        yield REPAIRS
    if wish.hold_autoscale:
        yield from (f"{AUTOSCALE}={one.label}" for one in sight.autoscale or () if one.enabled)
    if wish.set_manual and not scale_set.manual:
        yield f"{POLICY}={scale_set.upgrade_policy}"


def _named(setting: Autoscale, group: str) -> str:
    elsewhere = setting.resource_group.lower() not in ("", group.lower())
    return setting.describe() + (f" of resource group {setting.resource_group}" if elsewhere else "")


def _unknown_autoscale(sight: Sight, wish: Wish) -> Finding:
    code, allow = "autoscale_unreadable", "Allow Microsoft.Insights/autoscaleSettings/read"
    unknown = "The autoscale settings cannot be read: "
    if wish.hold_autoscale:
        message = f"{unknown}they cannot be held"
        return Finding(code, REFUSAL, message, f"{allow}, or set O(hold_autoscale=false).")
    if left := named(sight.held, AUTOSCALE):
        message = f"{unknown}those that an earlier run has left switched off ({listed(left)}) cannot be switched on"
        return Finding(code, NEEDS_ACCEPTANCE, message, f"{allow}, or switch them on yourself.")
    message = f"{unknown}whether they act on the scale set is not known"
    return Finding(code, WARNING, message, f"{allow}. New instances are looked for after the batches either way.")


def _repairs(sight: Sight, wish: Wish) -> Iterator[Finding]:
    name, state = sight.snapshot.scale_set.name, (sight.snapshot.repairs_state or "").lower()
    if state == "suspended" and REPAIRS not in sight.held:
        yield Finding(
            "repairs_suspended",
            WARNING,
            f"Automatic repairs of {name} are suspended, and no run says that it holds them",
            "They will be left suspended. "
            "If this is not intended, resume them with azroll.vmss.vmss_automatic_repairs.",
        )
    if state == "running" and not wish.suspend_repairs:
        yield Finding(
            "repairs_running",
            WARNING,
            f"Automatic repairs of {name} stay on: Azure may replace instances while they move",
            "Set O(suspend_repairs=true) to hold them for the time of the rollout.",
        )
