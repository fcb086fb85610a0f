# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Eviction of a Spot instance: the platform takes its host back."""

from __future__ import annotations

from armsim.actions.instance_actions import delete_chosen, refuse_if_deleting
from armsim.instances.instance import Instance
from armsim.protocol.errors import operation_not_allowed
from armsim.scale_sets.scale_set import ScaleSet


def simulate_eviction(scale_set: ScaleSet, instance: Instance) -> None:
    """Evict an instance at the request of a client; 409 unless it is a Spot instance (recorded)."""
    if instance.model.profile.get("priority") not in ("Spot", "Low"):
        raise operation_not_allowed("Operation 'simulateEviction' is allowed only for Spot Virtual Machines")
    scale_set.refuse_if_deleting("simulateEviction")
    refuse_if_deleting("simulateEviction", instance)
    evict(scale_set, instance)


def evict(scale_set: ScaleSet, instance: Instance, policy: str | None = None) -> None:
    """Evict an instance now: it is deallocated, keeping its domains (recorded), or deleted.

    ``policy`` is `Deallocate` or `Delete`; None takes that of its model.
    """
    if instance.provisioning == "Deleting" or scale_set.instances.get(instance.id) is not instance:
        return
    if (policy or instance.model.profile.get("evictionPolicy")) == "Delete":
        delete_chosen(scale_set, [instance], force=True)
    else:
        scale_set.lifecycle.deallocate(instance, lambda: None, lambda _failure: None)
