# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Preflight of everybody else: other runs, autoscale, repairs, and what the principal may do among them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from ansible_collections.azroll.vmss.plugins.module_utils._errors import Refused
from ansible_collections.azroll.vmss.plugins.module_utils._findings import NEEDS_ACCEPTANCE, REFUSAL, WARNING, Finding
from ansible_collections.azroll.vmss.plugins.module_utils._lease import REPAIRS, guard_lease
from ansible_collections.azroll.vmss.plugins.module_utils._permissions import missing_actions
from ansible_collections.azroll.vmss.plugins.module_utils._sight import Sight, Wish

# Where Azure tells no time, no lease has expired.
NEVER = datetime.min.replace(tzinfo=timezone.utc)

_SET = "Microsoft.Compute/virtualMachineScaleSets"
# What each step needs (facts of Azure's list of actions); without the rest a rollout goes on with less knowledge.
_WRITE = ("write the image and the lease into the model", f"{_SET}/write")
_UPGRADE = ("upgrade instances", f"{_SET}/manualUpgrade/action")
_REPAIRS = ("suspend and resume automatic repairs", f"{_SET}/setOrchestrationServiceState/action")
_AUTOSCALE = ("hold autoscale", "Microsoft.Insights/autoscaleSettings/write")
_PROBE = "find the addresses of instances"
_PROTECT = ("set failed instances aside", f"{_SET}/virtualMachines/write")
_REIMAGE = ("try failed instances once more", f"{_SET}/reimage/action")
_LOOK = (
    ("see whether a rolling upgrade runs", f"{_SET}/rollingUpgrades/read"),
    ("see whether automatic repairs run", f"{_SET}/instanceView/read"),
)


def actor_findings(sight: Sight, wish: Wish) -> Iterator[Finding]:
    """What is to be said of others who act on the scale set, and of the rights to act oneself."""
    yield from _lease(sight, wish)
    yield from _autoscale(sight, wish)
    yield from _repairs(sight, wish)
    yield from _permissions(sight, wish)


def _lease(sight: Sight, wish: Wish) -> Iterator[Finding]:
    lease, name = sight.lease, sight.snapshot.scale_set.name
    if lease is None or lease.run_id == wish.claim.run_id:
        return
    try:
        guard_lease(name, lease, wish.claim, sight.now or NEVER, holder_dead=sight.holder_dead)
    except Refused as error:
        advice = "Wait until it has ended. If you know that it is dead, take its lease over (take_over_lease: true)."
        yield Finding("lease", REFUSAL, error.message, advice)
    else:
        found = f"A run has left its lease of {name} behind, or is to lose it: {lease.describe()}"
        yield Finding("lease", WARNING, found, "It will be taken over, with what it holds.")


def _autoscale(sight: Sight, wish: Wish) -> Iterator[Finding]:
    if sight.autoscale is None:
        yield Finding(
            "autoscale_unreadable",
            WARNING,
            "The principal may not read autoscale settings: whether they act on the scale set is not known",
            "Allow Microsoft.Insights/autoscaleSettings/read. New instances are looked for after the batches either "
            "way.",
        )
        return
    acting = [one for one in sight.autoscale if one.enabled]
    if acting:
        names = ", ".join(one.describe() for one in acting)
        yield Finding(
            "autoscale",
            WARNING,
            f"Autoscale acts on {sight.snapshot.scale_set.name}: {names}",
            "It will be held for the time of the rollout."
            if wish.hold_autoscale
            else "Instances that it makes get the new image or are swept; it may also take some away. "
            "Set hold_autoscale: true to keep the number of instances.",
        )


def _repairs(sight: Sight, wish: Wish) -> Iterator[Finding]:
    name, state = sight.snapshot.scale_set.name, (sight.snapshot.repairs_state or "").lower()
    if state == "suspended" and REPAIRS not in (sight.lease.held if sight.lease else ()):
        yield Finding(
            "repairs_suspended",
            WARNING,
            f"Automatic repairs of {name} are suspended, and no run says that it holds them",
            "They will be left suspended. If nobody meant it, resume them with azroll.vmss.vmss_automatic_repairs.",
        )
    if state == "running" and not wish.suspend_repairs:
        yield Finding(
            "repairs_running",
            WARNING,
            f"Automatic repairs of {name} stay on: Azure may replace instances while they move",
            "Set suspend_repairs: true to hold them for the time of the rollout.",
        )


def _permissions(sight: Sight, wish: Wish) -> Iterator[Finding]:
    if sight.permissions is None:
        yield Finding(
            "permissions_unreadable",
            WARNING,
            "The permissions of the principal cannot be read: a missing one will show when it is needed",
            "Allow Microsoft.Authorization/permissions/read.",
        )
        return
    steps = [_WRITE, _UPGRADE]
    if wish.suspend_repairs and (sight.snapshot.repairs_state or "").lower() == "running":
        steps.append(_REPAIRS)
    if wish.hold_autoscale and any(one.enabled for one in sight.autoscale or ()):
        steps.append(_AUTOSCALE)
    if wish.probe_instances:
        place = "Microsoft.Network" if sight.snapshot.scale_set.flexible else _SET
        steps.append((_PROBE, f"{place}/networkInterfaces/read"))
    # Where an instance cannot be set aside, or tried once more, the rollout goes its way without.
    optional = [*_LOOK, *([_PROTECT] if wish.set_aside else []), *([_REIMAGE] if wish.retry_failed else [])]
    for severity, group in ((NEEDS_ACCEPTANCE, steps), (WARNING, optional)):
        for step, action in group:
            if missing_actions(sight.permissions, [action]):
                yield Finding(
                    "permission_missing",
                    severity,
                    f"The principal lacks {action} on {sight.snapshot.scale_set.name}, which it takes to {step}",
                    "Assign a role that holds the action; a new assignment takes some minutes to be seen.",
                )
