# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Writes of the model: PATCH, PUT and changes of the capacity; what is refused, and what a write sets off."""

from __future__ import annotations

import copy

from armsim.catalogue import reference_kind
from armsim.document import check_types, merge_patch, replace
from armsim.errors import ArmError, bad_request, operation_not_allowed, precondition_failed
from armsim.instance import Instance, Model
from armsim.instance_actions import carry_out
from armsim.instance_work import upgrade_instance
from armsim.operations import Operation
from armsim.rolling_upgrades import start_rolling_upgrade
from armsim.scale_set import Accepted, ScaleSet, storage_profile
from armsim.scaling import scale
from armsim.wire import Json, etag

# A Uniform set refuses a further model while its instances refer to ten (reported).
MODEL_LIMIT = 10


def patch(scale_set: ScaleSet, body: object, if_match: str | None, if_none_match: str | None) -> Accepted:
    """PATCH of the model."""
    _check_etag(scale_set, if_match, if_none_match)
    return _write(scale_set, merge_patch(scale_set.document, check_types(body)))


def put(scale_set: ScaleSet, body: object, if_match: str | None, if_none_match: str | None) -> Accepted:
    """PUT of the whole model of an existing set."""
    _check_etag(scale_set, if_match, if_none_match)
    return _write(scale_set, replace(scale_set.document, check_types(body)))


def resize(scale_set: ScaleSet, capacity: int) -> Accepted:
    """Change the capacity, as autoscale would: a model write of its own."""
    document = copy.deepcopy(scale_set.document)
    document.setdefault("sku", {})["capacity"] = capacity
    return _write(scale_set, document)


def set_policy(scale_set: ScaleSet, mode: str) -> None:
    """Change the upgrade policy as an operator would, without upgrading anything."""
    scale_set.document = copy.deepcopy(scale_set.document)
    scale_set.document["properties"].setdefault("upgradePolicy", {})["mode"] = mode
    scale_set.etag += 1


def _check_etag(scale_set: ScaleSet, if_match: str | None, if_none_match: str | None) -> None:
    if if_match is not None and if_match not in ("*", etag(scale_set.etag)):
        raise precondition_failed("if-match", if_match, etag(scale_set.etag))
    if if_none_match == "*":
        raise precondition_failed("if-none-match", if_none_match, etag(scale_set.etag))


def _write(scale_set: ScaleSet, document: Json) -> Accepted:
    scale_set.refuse_if_deleting("Create or Update VM Scale Set")
    _check_kind(scale_set, document)
    if storage_profile(document) != storage_profile(scale_set.document):
        scale_set.world.catalogue.resolve(storage_profile(document), scale_set.location)
    capacity = int((document.get("sku") or {}).get("capacity") or 0)
    model = Model.of(scale_set.model.version + 1, document)
    is_new = (model.profile, model.sku) != (scale_set.model.profile, scale_set.model.sku)
    if is_new and not scale_set.flexible:
        _check_model_limit(scale_set)
    if document["properties"].get("upgradePolicy", {}).get("mode") == "Rolling" and model.health_source is None:
        raise bad_request(
            "Rolling Upgrade mode is not supported for this Virtual Machine Scale Set because a health probe or "
            "health extension was not provided."
        )
    if document["properties"].get("orchestrationMode", "Uniform") != scale_set.document["properties"].get(
        "orchestrationMode", "Uniform"
    ):
        raise _property_change_not_allowed("orchestrationMode")
    scale_set.preempt_write()
    if scale_set.rolling is not None:
        scale_set.rolling.preempt()
    scale_set.document = document
    if is_new:
        scale_set.model = model
        scale_set.profile_created = scale_set.world.timeline.now
    scale_set.etag += 1
    scale_set.world.happenings.tell("model_written", scale_set.name)
    operation = scale_set.start()
    affected = scale(scale_set, capacity)
    if scale_set.policy == "Automatic":
        affected += [instance for instance in scale_set.lagging(scale_set.active()) if instance not in affected]
    elif scale_set.policy == "Rolling" and scale_set.lagging(scale_set.active()):
        start_rolling_upgrade(scale_set, operation)
        return Accepted(operation, 0)
    _finish_after(scale_set, operation, affected)
    return Accepted(operation, len(affected))


def _check_kind(scale_set: ScaleSet, document: Json) -> None:
    before, after = reference_kind(storage_profile(scale_set.document)), reference_kind(storage_profile(document))
    # Reported for platform and id; that VHDs are no different is a guess. Galleries may follow one another.
    fixed = ("platform", "vhd")
    if before != after and (before in fixed or after in fixed):
        raise operation_not_allowed("The Image type for a Virtual Machine Scale Set may not be changed.")


def _check_model_limit(scale_set: ScaleSet) -> None:
    versions = {instance.model.version for instance in scale_set.active()} | {scale_set.model.version}
    if len(versions) >= MODEL_LIMIT:
        raise operation_not_allowed(
            f"Virtual Machine Scale Set '{scale_set.name}' has reached its limit of {MODEL_LIMIT} models that may be "
            "referenced by one or more VMs belonging to the Virtual Machine Scale Set. Upgrade the VMs to the "
            "latest model of the Virtual Machine Scale Set before trying again."
        )


def _finish_after(scale_set: ScaleSet, operation: Operation, affected: list[Instance]) -> None:
    """End a model write: soon when it touches no instance, else when the instances are done."""
    if affected:
        scale_set.current_write = (operation, None)
        carry_out(scale_set, operation, affected, upgrade_instance)
        return
    delay = scale_set.world.timings.write.draw(scale_set.rng)

    def written() -> None:
        scale_set.current_write = None
        scale_set.end(operation)

    scale_set.current_write = (operation, scale_set.world.timeline.after(delay, written))


def _property_change_not_allowed(name: str) -> ArmError:
    return ArmError(409, "PropertyChangeNotAllowed", f"Changing property '{name}' is not allowed.", target=name)
