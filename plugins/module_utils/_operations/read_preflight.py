# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Reads all that preflight checks. What may not be read is not an error: a finding reports it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    BadInput,
    ImageNotFound,
    VmssError,
)
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image, merge
from ansible_collections.azroll.vmss.plugins.module_utils._image.image_details import ImageDetails
from ansible_collections.azroll.vmss.plugins.module_utils._model.alerts import Alert, Watched, ids_of, outcome
from ansible_collections.azroll.vmss.plugins.module_utils._model.autoscale import Autoscale
from ansible_collections.azroll.vmss.plugins.module_utils._model.facts import Snapshot
from ansible_collections.azroll.vmss.plugins.module_utils._model.locks import Lock
from ansible_collections.azroll.vmss.plugins.module_utils._model.origin import check_included
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import never_reported
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import is_stale
from ansible_collections.azroll.vmss.plugins.module_utils._operations.lease_process import is_dead
from ansible_collections.azroll.vmss.plugins.module_utils._operations.read_facts import OptionalReads, answered, gather
from ansible_collections.azroll.vmss.plugins.module_utils._operations.repairs_and_autoscale import find_autoscale
from ansible_collections.azroll.vmss.plugins.module_utils._operations.resolve_image import read_details, resolve_image
from ansible_collections.azroll.vmss.plugins.module_utils._plan.types import Order
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.inputs import (
    Inputs,
    owner_of,
)
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.rollback_image import followers, previous_image
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import read_lease

if TYPE_CHECKING:
    from ansible_collections.azroll.vmss.plugins.module_utils._azure.client import Arm


def read_inputs(
    arm: Arm,
    resource_group: str,
    name: str,
    wanted: Image,
    *,
    order: Order,
    by_model: bool = True,
    watched: Watched | None = None,
    include: Collection[str] = (),
) -> Inputs:
    """Read the set, its image and what is around it. Raises what `gather` raises, and BadInput for a wrong image.

    The image before is that of the model, or what a run remembers that has not ended, or wrote the image which is
    there already; where none is known, the one that the instances of the `order` agree on.
    """
    optional = OptionalReads()
    snapshot = gather(arm, resource_group, name, optional, include=include)
    check_included(snapshot.instances, include)
    scale_set = snapshot.scale_set
    if not scale_set.has_profile:
        # There is no model to hold an image against.
        return Inputs(snapshot=snapshot, target=wanted, previous=scale_set.image)
    inputs = _images(arm, optional, snapshot, merge(scale_set.image, wanted), order)
    history = scale_set.image_history
    noted_by_image = by_model and history.judged_by_image(inputs.target, scale_set.image, scale_set.profile)
    by_model = by_model and not noted_by_image
    silent_source = _silent_source(snapshot, inputs.target, by_model)
    if silent_source:
        snapshot = replace(snapshot, scale_set=replace(scale_set, health_source=None))
    alerts, alerts_error = _alerts(arm, scale_set, watched or Watched())
    lease = read_lease(scale_set.tags)
    inputs = replace(
        _surroundings(arm, optional, scale_set, inputs),
        snapshot=snapshot,
        holder_dead=lease is not None and is_dead(lease.holder),
        by_model=by_model,
        noted_by_image=noted_by_image,
        alerts=alerts,
        alerts_error=alerts_error,
        silent_source=silent_source,
    )
    return replace(inputs, unread=tuple(optional.trouble))


def _images(arm: Arm, optional: OptionalReads, snapshot: Snapshot, wanted: Image, order: Order) -> Inputs:
    """The image to write and the one before, and what is known of both."""
    scale_set = snapshot.scale_set
    history, model, location = scale_set.image_history, scale_set.image, scale_set.location
    target, target_error = _resolved(arm, wanted, location)
    details = None if target_error else _details(optional, arm, target, location)
    images = followers(snapshot.instances, order.marks, order.only)
    known = (history.interrupted_from, model, history.previous(model))
    found = previous_image(target, images, known, history)
    previous = found.image or Image()
    previous_error, previous_details = None, details
    if found.image is not None:
        previous_error = _trouble(arm, previous, location)
        previous_details = None if previous_error else _details(optional, arm, previous, location)
    return Inputs(
        snapshot=snapshot,
        target=target,
        previous=previous,
        candidates=found.candidates,
        target_error=target_error,
        previous_error=previous_error,
        target_details=details,
        previous_details=previous_details,
    )


def _surroundings(arm: Arm, optional: OptionalReads, scale_set: ScaleSet, inputs: Inputs) -> Inputs:
    """With autoscale, rights, locks, and who owns the set."""
    # Where there is no such provider, there are no such settings.
    none: list[Autoscale] = []
    no_locks: tuple[Lock, ...] = ()
    settings = optional(lambda: find_autoscale(arm, scale_set), none)
    autoscale = None if settings is None else tuple(settings)
    return replace(
        inputs,
        autoscale=autoscale,
        permissions=optional(lambda: arm.permissions(scale_set)),
        autoscale_permissions={
            one.label: optional(partial(arm.autoscale_permissions, one.resource_group, one.name))
            for one in autoscale or ()
        },
        locks=optional(lambda: arm.locks(scale_set), no_locks),
        autoscale_locks={
            one.label: optional(partial(arm.autoscale_locks, one.resource_group, one.name), no_locks)
            for one in autoscale or ()
        },
        subscription_state=optional(arm.subscription_state),
        owner=owner_of(scale_set.tags, optional(lambda: arm.resource_group(scale_set.resource_group))),
    )


def _silent_source(snapshot: Snapshot, target: Image, by_model: bool) -> str | None:
    """The health source, where no instance has ever reported, and that is not an effect of the target image."""
    source, instances = snapshot.scale_set.health_source, snapshot.instances
    to_move = [one for one in instances if is_stale(one, target, by_model=by_model)]
    return source if never_reported(instances, source) and never_reported(to_move, source) else None


def fired_alerts(arm: Arm, scale_set: ScaleSet, watched: Watched) -> tuple[Alert, ...]:
    """The alerts that stand on what is watched, resource by resource."""
    ids = ids_of(watched.resources, scale_set)
    return tuple(outcome((entry for one in ids for entry in arm.fired_alerts(one)), ids, watched.severity))


def _alerts(arm: Arm, scale_set: ScaleSet, watched: Watched) -> tuple[tuple[Alert, ...], VmssError | None]:
    try:
        return fired_alerts(arm, scale_set, watched), None
    except VmssError as error:
        if not answered(error):
            raise
        return (), error


def _resolved(arm: Arm, image: Image, location: str) -> tuple[Image, VmssError | None]:
    """The image to write, or as it was asked for, and why it cannot be used."""
    try:
        return resolve_image(arm, image, location, pin_latest=True), None
    except ImageNotFound as error:
        return image, _unreadable(arm, image, location) or error
    except VmssError as error:
        # It may be in another subscription or tenant, where the login counts for nothing.
        if not answered(error):
            raise
        return image, error


def _trouble(arm: Arm, image: Image, location: str) -> VmssError | None:
    """Why an image that is in use cannot be used again; its reference may be one that only Azure understands."""
    if image.kind == "none":
        return None
    try:
        return _resolved(arm, image, location)[1]
    except BadInput as error:
        return error


def _unreadable(arm: Arm, image: Image, location: str) -> VmssError | None:
    """Azure's own word on a platform version that is not listed: it may be deprecated rather than unknown."""
    if image.kind != "platform" or image.floating:
        return None
    try:
        read_details(arm, image, location)
    except VmssError as error:
        if (error.fault.code or "").lower() == "imageversiondeprecated":
            return ImageNotFound(
                f"The image {image.describe()} is deprecated, and Azure makes no instances of it any more",
                advice="Choose a newer version, or another image.",
                fault=error.fault,
            )
    return None


def _details(optional: OptionalReads, arm: Arm, image: Image, location: str) -> ImageDetails | None:
    return optional(lambda: read_details(arm, image, location), report=True)
