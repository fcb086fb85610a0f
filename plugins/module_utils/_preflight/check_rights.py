# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Preflight of the rights of the principal: what each step takes, and what releasing a dead run's things takes."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.azroll.vmss.plugins.module_utils._preflight.findings import NEEDS_ACCEPTANCE, WARNING, Finding
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.inputs import Inputs, Intent
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.role_actions import missing_actions
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import AUTOSCALE, REPAIRS, named

# A step, and the action that it takes (facts of Azure's list of actions).
_Right = tuple[str, str]

_SET = "Microsoft.Compute/virtualMachineScaleSets"
_ALWAYS: tuple[_Right, ...] = (
    # The upgrade policy is restored by the same action.
    ("write the image and the lease into the model", f"{_SET}/write"),
    ("upgrade instances", f"{_SET}/manualUpgrade/action"),
    # Without it the very first write would be refused as soon as it is waited for.
    ("follow what a write begins, and see why it failed", "Microsoft.Compute/locations/operations/read"),
)
_SERVICE_STATE = f"{_SET}/setOrchestrationServiceState/action"
_AUTOSCALE_WRITE = "Microsoft.Insights/autoscaleSettings/write"
_SEE_REPAIRS: _Right = ("see whether automatic repairs run", f"{_SET}/instanceView/read")
_SEE_UPGRADES: _Right = ("see whether a rolling upgrade runs", f"{_SET}/rollingUpgrades/read")
_SEE_LOCKS: _Right = ("see whether a lock forbids the writes", "Microsoft.Authorization/locks/read")
_PROTECT: _Right = ("quarantine failed instances", f"{_SET}/virtualMachines/write")
_REIMAGE: _Right = ("retry failed instances", f"{_SET}/reimage/action")


def right_findings(inputs: Inputs, intent: Intent) -> Iterator[Finding]:
    """Every right that is missing; a rollout goes on without those that let it see more, or do what it need not."""
    if inputs.permissions is None:
        yield Finding(
            "permissions_unreadable",
            WARNING,
            "The permissions of the principal cannot be read: a missing one will show when it is needed",
            "Allow Microsoft.Authorization/permissions/read.",
        )
        return
    needed = [*_ALWAYS, *_of_repairs(inputs, intent), *_of_probes(inputs, intent)]
    useful = [one for one in _useful(intent) if one not in needed]
    for severity, rights in ((NEEDS_ACCEPTANCE, needed), (WARNING, useful)):
        for step, action in rights:
            if missing_actions(inputs.permissions, [action]):
                yield _missing(severity, action, inputs.snapshot.scale_set.name, step)
    yield from _of_autoscale(inputs, intent)


def _missing(severity: str, action: str, place: str, step: str) -> Finding:
    return Finding(
        "permission_missing",
        severity,
        f"The principal lacks {action} on {place}, which it takes to {step}",
        "Assign a role that holds the action; a new assignment takes some minutes to be seen.",
    )


def _useful(intent: Intent) -> Iterator[_Right]:
    yield from (_SEE_UPGRADES, _SEE_REPAIRS, _SEE_LOCKS)
    if intent.quarantine:
        yield _PROTECT
    if intent.retry_failed:
        yield _REIMAGE


def _of_repairs(inputs: Inputs, intent: Intent) -> Iterator[_Right]:
    scale_set, state = inputs.snapshot.scale_set, (inputs.snapshot.repairs_state or "").lower()
    left = REPAIRS in inputs.held
    # Their state is read by a run that is to suspend or resume them; Flexible sets do not report it (recorded).
    asked = scale_set.automatic_repairs and not scale_set.flexible and (intent.suspend_repairs or left)
    if asked:
        yield _SEE_REPAIRS
    if intent.suspend_repairs and state == "running":
        yield "suspend and resume automatic repairs", _SERVICE_STATE
    elif left and (state == "suspended" or (asked and not state)):
        yield "resume the automatic repairs that an earlier run has left suspended", _SERVICE_STATE


def _of_autoscale(inputs: Inputs, intent: Intent) -> Iterator[Finding]:
    left = named(inputs.held, AUTOSCALE)
    for one in inputs.autoscale or ():
        granted = inputs.autoscale_permissions.get(one.label)
        holds = intent.hold_autoscale and one.enabled
        # Where the rights cannot be read, a missing one will show when it is needed.
        if (holds or one.label in left) and granted is not None and missing_actions(granted, [_AUTOSCALE_WRITE]):
            step = "hold autoscale" if holds else "switch on again what an earlier run has left switched off"
            yield _missing(NEEDS_ACCEPTANCE, _AUTOSCALE_WRITE, f"autoscale setting {one.label}", step)


def _of_probes(inputs: Inputs, intent: Intent) -> Iterator[_Right]:
    if intent.probe_instances:
        place = "Microsoft.Network" if inputs.snapshot.scale_set.flexible else _SET
        yield "find the addresses of instances", f"{place}/networkInterfaces/read"
