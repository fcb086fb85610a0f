# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Writes of the model: PATCH, PUT and changes of the capacity; what is refused, and what a write sets off."""

from __future__ import annotations

import copy
from functools import partial

from armsim.catalogue import reference_kind
from armsim.defaults import complete, identified
from armsim.document import check_types, merge_patch, replace
from armsim.errors import ArmError, bad_request, invalid_parameter, operation_not_allowed, precondition_failed
from armsim.instance import Failure, Model
from armsim.instance_actions import carry_out
from armsim.instance_work import upgrade_instance
from armsim.operations import Operation
from armsim.parts import Parts
from armsim.rolling_upgrades import start_rolling_upgrade
from armsim.scale_set import Accepted, ScaleSet, storage_profile
from armsim.scaling import scale
from armsim.wire import Json, etag

# A Uniform set refuses a further model while its instances refer to ten (reported).
MODEL_LIMIT = 10
_REGULAR = "Regular"
GROUP_CAPACITY = 100


def patch(scale_set: ScaleSet, body: object, if_match: str | None, if_none_match: str | None) -> Accepted:
    """PATCH of the model."""
    _check_etag(scale_set, if_match, if_none_match)
    return _write(scale_set, _completed(scale_set, merge_patch(scale_set.document, check_types(body))))


def put(scale_set: ScaleSet, body: object, if_match: str | None, if_none_match: str | None) -> Accepted:
    """PUT of the whole model of an existing set."""
    _check_etag(scale_set, if_match, if_none_match)
    return _write(scale_set, _completed(scale_set, replace(scale_set.document, check_types(body))))


def resize(scale_set: ScaleSet, capacity: int) -> Accepted:
    """Change the capacity, as autoscale would: a model write of its own."""
    document = copy.deepcopy(scale_set.document)
    document.setdefault("sku", {})["capacity"] = capacity
    return _write(scale_set, document)


def furnish(scale_set: ScaleSet, capacity: int) -> Accepted:
    """Make the instances of a set that has just been created: not one more write, so its etag stays (recorded)."""
    document = copy.deepcopy(scale_set.document)
    document.setdefault("sku", {})["capacity"] = capacity
    return _write(scale_set, document, counted=False)


def put_extension(scale_set: ScaleSet, name: str, properties: Json) -> Accepted:
    """Add an extension to the model, or change that of this name, which keeps what is not given (recorded)."""
    document = copy.deepcopy(scale_set.document)
    extensions = _extensions(document)
    others = [extension for extension in extensions if extension["name"].lower() != name.lower()]
    named = (item["properties"] for item in extensions if item["name"].lower() == name.lower())
    before: Json = next(named, {})
    filled = {"autoUpgradeMinorVersion": False, "settings": {}, **before, **properties}
    extension = {"name": name, "properties": filled}
    document["properties"]["virtualMachineProfile"]["extensionProfile"]["extensions"] = [*others, extension]
    check_types({"properties": document["properties"]})
    return _write(scale_set, document)


def delete_extension(scale_set: ScaleSet, name: str) -> Accepted | None:
    """Take an extension out of the model; null when there is none of this name."""
    document = copy.deepcopy(scale_set.document)
    extensions = _extensions(document)
    others = [extension for extension in extensions if extension["name"].lower() != name.lower()]
    if len(others) == len(extensions):
        return None
    document["properties"]["virtualMachineProfile"]["extensionProfile"]["extensions"] = others
    return _write(scale_set, document)


def _extensions(document: Json) -> list[Json]:
    profile = document["properties"].get("virtualMachineProfile")
    if not profile:
        raise operation_not_allowed("The Virtual Machine Scale Set has no profile that an extension could be part of.")
    extensions: list[Json] = profile.setdefault("extensionProfile", {}).setdefault("extensions", [])
    return extensions


def _completed(scale_set: ScaleSet, document: Json) -> Json:
    """The document with what the service adds; 4xx where a new image cannot be used."""
    _check_kind(scale_set, document)
    _check_plan(scale_set, document)
    return identified(complete(document, _system(scale_set, document)), scale_set.world.tenant_id)


def _system(scale_set: ScaleSet, document: Json) -> str:
    """The type of the operating system. Only another image is looked up: the one that is there may be gone by now."""
    storage = storage_profile(document)
    if storage and storage != storage_profile(scale_set.document):
        return scale_set.world.catalogue.admit(storage, scale_set.location).os_type
    profile = document["properties"].get("virtualMachineProfile") or {}
    return "Windows" if "windowsConfiguration" in (profile.get("osProfile") or {}) else "Linux"


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


def _write(scale_set: ScaleSet, document: Json, *, counted: bool = True) -> Accepted:
    """Check and make a write; one that is ``counted`` raises the etag."""
    scale_set.refuse_if_deleting("Create or Update VM Scale Set")
    capacity = int((document.get("sku") or {}).get("capacity") or 0)
    model = Model.of(scale_set.model.version + 1, document, scale_set.world.timeline.now)
    is_new = (model.profile, model.sku) != (scale_set.model.profile, scale_set.model.sku)
    is_new |= scale_set.tags_are_model and document.get("tags") != scale_set.document.get("tags")
    if is_new and not scale_set.flexible:
        _check_model_limit(scale_set)
    _check_placement_groups(scale_set, document, capacity)
    if capacity > scale_set.capacity and storage_profile(document):
        scale_set.world.catalogue.admit(storage_profile(document), scale_set.location)
    if document["properties"].get("upgradePolicy", {}).get("mode") == "Rolling" and model.health_source is None:
        raise bad_request(
            "Rolling Upgrade mode is not supported for this Virtual Machine Scale Set because a health probe or "
            "health extension was not provided."
        )
    if document["properties"].get("orchestrationMode", "Uniform") != scale_set.document["properties"].get(
        "orchestrationMode", "Uniform"
    ):
        raise _property_change_not_allowed("orchestrationMode")
    if model.profile.get("priority", _REGULAR) != scale_set.model.profile.get("priority", _REGULAR):
        raise _property_change_not_allowed("priority")
    scale_set.preempt_write()
    if scale_set.rolling is not None:
        scale_set.rolling.preempt()
    scale_set.document = document
    if is_new:
        scale_set.model = model
        scale_set.profile_created = scale_set.world.timeline.now
    scale_set.etag += counted
    scale_set.world.happenings.tell("model_written", scale_set.name)
    return _set_off(scale_set, scale_set.start(), capacity, counted=counted)


def _set_off(scale_set: ScaleSet, operation: Operation, capacity: int, *, counted: bool) -> Accepted:
    """Scale, and upgrade what the policy wants upgraded; the operation lasts until both are done.

    A change of the capacity raises the etag by two more when it is over (recorded).
    """
    lagging = scale_set.lagging(scale_set.active())

    def written(failure: Failure | None) -> None:
        if counted and scaled:
            scale_set.etag += 2
        if scale_set.current_write is operation:
            scale_set.current_write = None
        scale_set.end(operation, failure)

    parts = Parts(2, written)
    scaled = scale(scale_set, capacity, parts.done)
    lagging = [instance for instance in lagging if instance.provisioning != "Deleting"]
    affected = lagging if scale_set.policy == "Automatic" else []
    if scale_set.policy == "Rolling" and lagging:
        start_rolling_upgrade(scale_set, operation)
        return Accepted(operation, scale_set.charge(scaled))
    scale_set.current_write = operation
    if not scaled:
        parts.done(None)
    if affected:
        carry_out(scale_set, affected, upgrade_instance, parts.done)
    else:
        scale_set.world.timeline.after(scale_set.world.timings.write.draw(scale_set.rng), partial(parts.done, None))
    return Accepted(operation, scale_set.charge(scaled + len(affected)))


def _check_kind(scale_set: ScaleSet, document: Json) -> None:
    before, after = reference_kind(storage_profile(scale_set.document)), reference_kind(storage_profile(document))
    # Reported for platform and id; that VHDs are no different is a guess. Galleries may follow one another.
    fixed = ("platform", "vhd")
    if before != after and (before in fixed or after in fixed):
        raise operation_not_allowed("The Image type for a Virtual Machine Scale Set may not be changed.")


def _check_plan(scale_set: ScaleSet, document: Json) -> None:
    """What is bought by a plan keeps its publisher, offer and sku (reported, by the service's staff)."""
    if not scale_set.document.get("plan"):
        return
    before, after = ((storage_profile(one) or {}).get("imageReference") or {} for one in (scale_set.document, document))
    for name in ("publisher", "offer", "sku"):
        if str(before.get(name)).lower() != str(after.get(name)).lower():
            raise _property_change_not_allowed(f"imageReference.{name}")


def _check_placement_groups(scale_set: ScaleSet, document: Json, capacity: int) -> None:
    """A single placement group has room for a hundred, and cannot be had back once it was given up (documented)."""
    before = scale_set.document["properties"].get("singlePlacementGroup")
    single = document["properties"].get("singlePlacementGroup")
    if single and before is False:
        raise _property_change_not_allowed("singlePlacementGroup")
    if single and capacity > max(GROUP_CAPACITY, scale_set.capacity):
        raise invalid_parameter(
            "sku.capacity",
            f"The specified capacity {capacity} is above the limit of {GROUP_CAPACITY} instances of a Virtual Machine "
            "Scale Set with a single placement group. Set singlePlacementGroup to false.",
        )


def _check_model_limit(scale_set: ScaleSet) -> None:
    # A model that no instance refers to (yet, or any more) does not count.
    versions = {instance.model.version for instance in scale_set.active()}
    if len(versions) >= MODEL_LIMIT:
        raise operation_not_allowed(
            f"Virtual Machine Scale Set '{scale_set.name}' has reached its limit of {MODEL_LIMIT} models that may be "
            "referenced by one or more VMs belonging to the Virtual Machine Scale Set. Upgrade the VMs to the "
            "latest model of the Virtual Machine Scale Set before trying again."
        )


def _property_change_not_allowed(name: str) -> ArmError:
    return ArmError(409, "PropertyChangeNotAllowed", f"Changing property '{name}' is not allowed.", target=name)
