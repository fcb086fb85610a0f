# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Preflight of what makes Azure refuse every write: locks, a disabled subscription, a set that is being deleted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ansible_collections.azroll.vmss.plugins.module_utils._model.locks import Lock
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.check_model import will_write
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.findings import (
    NEEDS_ACCEPTANCE,
    REFUSAL,
    WARNING,
    Finding,
)
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.inputs import Inputs, Intent
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import AUTOSCALE, named

# What the API calls the state of a subscription that takes no writes, and of one that soon may not (documented).
_DISABLED, _UNPAID = ("disabled", "deleted"), ("warned", "pastdue")


def write_findings(inputs: Inputs, intent: Intent) -> Iterator[Finding]:
    """Every reason for which Azure would refuse whatever the rollout writes."""
    name = inputs.snapshot.scale_set.name
    if inputs.snapshot.scale_set.provisioning_state.lower() == "deleting":
        yield Finding("scale_set_deleting", REFUSAL, f"{name} is being deleted", "Check the name, and who deletes it.")
    severity = REFUSAL if will_write(inputs, intent) else WARNING
    yield from _subscription(inputs, severity)
    forbidding = [one for one in inputs.locks or () if one.forbids_writes]
    if forbidding:
        yield _locked(f"{name} cannot be written: Azure refuses it", severity, forbidding)
    yield from _of_autoscale(inputs, intent, forbidding)


def _subscription(inputs: Inputs, severity: str) -> Iterator[Finding]:
    state = (inputs.subscription_state or "").lower()
    if state in _DISABLED:
        yield Finding(
            "subscription_disabled",
            severity,
            f"The subscription is {state}: Azure refuses every write in it",
            "Have its owner or the account's administrator enable it again.",
        )
    elif state in _UNPAID:
        yield Finding(
            "subscription_disabled",
            WARNING,
            f"The state of the subscription is {inputs.subscription_state}: a payment is outstanding, and Azure may "
            "disable the subscription in the middle of a rollout",
            "Have its owner or the account's administrator settle the payment first.",
        )


def _of_autoscale(inputs: Inputs, intent: Intent, reported: Iterable[Lock]) -> Iterator[Finding]:
    left = named(inputs.held, AUTOSCALE)
    for one in inputs.autoscale or ():
        locks = inputs.autoscale_locks.get(one.label) or ()
        forbidding = [lock for lock in locks if lock.forbids_writes and lock not in reported]
        if not forbidding:
            continue
        if intent.hold_autoscale and one.enabled:
            found = f"Autoscale setting {one.label} cannot be held: Azure refuses to write it"
            yield _locked(found, REFUSAL, forbidding, ", or set O(hold_autoscale=false)")
        elif one.label in left:
            found = (
                f"Autoscale setting {one.label}, which an earlier run has left switched off, cannot be switched on: "
                "Azure refuses to write it"
            )
            yield _locked(found, NEEDS_ACCEPTANCE, forbidding, ", or switch it on yourself later")


def _locked(what: str, severity: str, locks: Iterable[Lock], otherwise: str = "") -> Finding:
    return Finding(
        "locked",
        severity,
        f"{what} because of {' and '.join(one.describe() for one in locks)}",
        f"Remove the lock for the time of the rollout (az lock delete), or have its owner do it{otherwise}; it takes "
        "some minutes to be seen everywhere.",
    )
