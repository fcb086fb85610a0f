# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What preflight reads: all that was read of a scale set and its surroundings, and what is to be done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.defaults import SUSPEND_REPAIRS
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._common.time import parse_time
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._image.image_details import ImageDetails, plan_of
from ansible_collections.azroll.vmss.plugins.module_utils._model.alerts import Alert
from ansible_collections.azroll.vmss.plugins.module_utils._model.autoscale import Autoscale
from ansible_collections.azroll.vmss.plugins.module_utils._model.facts import Snapshot
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.locks import Lock
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import select
from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import out_of_service
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import is_stale, obstacle
from ansible_collections.azroll.vmss.plugins.module_utils._plan.batches import in_progress
from ansible_collections.azroll.vmss.plugins.module_utils._plan.types import Order
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import Claim, Lease, read_lease

_SERVICES = {
    "microsoft.containerservice/": "AKS",
    "microsoft.databricks/": "Databricks",
    "microsoft.batch/": "Batch",
}


@dataclass(frozen=True)
class Intent:
    """What the rollout is to do, and the claim that it will make to the scale set."""

    order: Order
    claim: Claim
    set_manual: bool = False
    restore_policy: bool = False
    suspend_repairs: bool = SUSPEND_REPAIRS
    hold_autoscale: bool = False
    any_capacity: bool = False
    quarantine: bool = False
    retry_failed: bool = False
    probe_instances: bool = False
    rollback: bool = False


@dataclass(frozen=True)
class Inputs:
    """All that was read. `permissions`, `autoscale` and `locks` are None where they cannot be read.

    `autoscale_permissions` and `autoscale_locks` are those on each autoscale setting, by its label: it may live in
    another resource group.
    `target_error` and `previous_error` say why the image cannot be used; the image is then as it was asked for.
    `previous` is the image before, one of no kind where it is not known for certain; `candidates` are then those that
    instances run.
    `holder_dead`: the process that holds the lease is dead for certain. `owner` is the service that owns the set.
    `alerts_error` is why the requested alerts cannot be read, `unread` why anything else cannot.
    `silent_source` is the health source of the model where no instance has ever reported: it is then excluded from
    `snapshot`, so that all else is judged as after its acceptance.
    `by_model`: instances on the target are stale, too, if they do not follow the latest model. They are not where the
    set itself remembers that it is `noted_by_image`.
    """

    snapshot: Snapshot
    target: Image
    previous: Image
    candidates: tuple[Image, ...] = ()
    target_error: VmssError | None = None
    previous_error: VmssError | None = None
    target_details: ImageDetails | None = None
    previous_details: ImageDetails | None = None
    autoscale: tuple[Autoscale, ...] | None = ()
    permissions: Sequence[Mapping[str, Any]] | None = ()
    autoscale_permissions: Mapping[str, Sequence[Mapping[str, Any]] | None] = field(default_factory=dict)
    locks: tuple[Lock, ...] | None = ()
    autoscale_locks: Mapping[str, tuple[Lock, ...] | None] = field(default_factory=dict)
    subscription_state: str | None = None
    owner: str | None = None
    holder_dead: bool = False
    by_model: bool = True
    noted_by_image: bool = False
    alerts: tuple[Alert, ...] = ()
    alerts_error: VmssError | None = None
    unread: tuple[VmssError, ...] = ()
    silent_source: str | None = None

    @property
    def lease(self) -> Lease | None:
        """Who rolls the set, by its tags."""
        return read_lease(self.snapshot.scale_set.tags)

    @property
    def held(self) -> tuple[str, ...]:
        """What is held by the lease; the run that takes the lease releases that with the rest."""
        return self.lease.held if self.lease else ()

    @property
    def now(self) -> datetime | None:
        """The time on Azure's clock."""
        return parse_time(self.snapshot.gathered_at)

    @property
    def present(self) -> tuple[Instance, ...]:
        """The instances that belong to the set's capacity and to the rollout."""
        return tuple(one for one in self.snapshot.instances if not (one.leaving or one.attached))

    @property
    def attached(self) -> tuple[Instance, ...]:
        """Those that were not made from the model."""
        return tuple(one for one in self.snapshot.instances if one.attached and not one.leaving)

    @property
    def stale(self) -> tuple[Instance, ...]:
        """The instances that are not where they should be."""
        return tuple(one for one in self.present if is_stale(one, self.target, by_model=self.by_model))

    def wanted(self, order: Order) -> tuple[Instance, ...]:
        """The stale ones that the rollout is about. Raises BadInput where it is confined to what does not exist."""
        chosen = {one.instance_id for one in select((*self.present, *self.attached), order.only)}
        return tuple(one for one in self.stale if one.instance_id in chosen and not order.marks.skips(one))

    def movable(self, order: Order) -> tuple[Instance, ...]:
        """Those of the `wanted` that nothing keeps from being moved."""
        return tuple(one for one in self.wanted(order) if obstacle(one) is None)

    def in_progress(self, order: Order) -> tuple[str, ...]:
        """The ids that an earlier run may have left on their way, which the rollout waits for first.

        Raises BadInput as `wanted` does.
        """
        source, excluded = self.snapshot.scale_set.health_source, order.excluded((*self.present, *self.attached))
        return in_progress(self.present, self.target, source, by_model=self.by_model, excluded=excluded)

    def out(self, order: Order) -> set[str]:
        """The ids that count as out of service, but for those that the rollout waits for first (`in_progress`)."""
        source = self.snapshot.scale_set.health_source
        return set(out_of_service(self.present, source)).difference(self.in_progress(order))

    @property
    def plan(self) -> tuple[str, str, str]:
        """Publisher, product and name of the plan of the scale set, all empty where it has none."""
        return plan_of((self.snapshot.documents.scale_set if self.snapshot.documents else {}).get("plan"))

    @property
    def profile(self) -> Mapping[str, Any]:
        """The model's `virtualMachineProfile`, as on the wire."""
        model = self.snapshot.documents.scale_set if self.snapshot.documents else {}
        profile = (model.get("properties") or {}).get("virtualMachineProfile")
        return profile if isinstance(profile, Mapping) else {}


def owner_of(tags: Mapping[str, str], group: Mapping[str, Any] | None) -> str | None:
    """The service that a set belongs to, by the owner of its resource group, or by its tags.

    The owner of the group is documented (`managedBy`); the tags of Databricks and Batch are reported.
    """
    owner = str((group or {}).get("managedBy") or "")
    if owner:
        return next((name for mark, name in _SERVICES.items() if mark in owner.lower()), owner.rsplit("/", 1)[-1])
    names = {name.lower(): value.lower() for name, value in tags.items()}
    if names.get("vendor") == "databricks" or "databricks-instance-name" in names:
        return "Databricks"
    return "Batch" if "batchaccountname" in names else None
