# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Writes of the model: PATCH, PUT and changes of the capacity; what is refused, and what a write sets off."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import partial

from armsim.actions.instance_actions import carry_out
from armsim.actions.instance_work import upgrade_instance
from armsim.actions.rolling_upgrades import first_batch, start_rolling_upgrade
from armsim.actions.scaling import scale
from armsim.common.wire import Json, etag
from armsim.images.catalogue import Image, reference_kind
from armsim.instances.instance import Model
from armsim.model.defaults import complete, identified
from armsim.model.document import as_object, check_types, merge_patch, replace, without_nulls
from armsim.model.rules import check_changes, check_image, check_plan_stays, check_values, property_change_not_allowed
from armsim.model.secret_fields import digests
from armsim.operations.failure import Failure
from armsim.operations.operation import Operation
from armsim.operations.parts import Parts
from armsim.protocol.errors import ArmError, bad_request, invalid_parameter, operation_not_allowed, precondition_failed
from armsim.scale_sets.scale_set import Accepted, ScaleSet, storage_profile

# A Uniform set refuses a further model while its instances refer to ten (reported).
MODEL_LIMIT = 10
GROUP_CAPACITY = 100
EXTENSION_DEFAULTS: Json = {"autoUpgradeMinorVersion": False, "settings": {}}
# What the making of a set ends at, where instances were made in excess (recorded).
_ETAG_OF_NEW = 2


def patch(scale_set: ScaleSet, body: object, if_match: str | None, if_none_match: str | None) -> Accepted:
    """PATCH of the model."""
    _check_etag(scale_set, if_match, if_none_match)
    document = _completed(scale_set, merge_patch(scale_set.document, check_types(body)))
    return _write(scale_set, document, digests(body))


def put(scale_set: ScaleSet, body: object, if_match: str | None, if_none_match: str | None) -> Accepted:
    """PUT of the whole model of an existing set."""
    _check_etag(scale_set, if_match, if_none_match)
    document = _completed(scale_set, replace(scale_set.document, check_types(body)))
    return _write(scale_set, document, digests(body))


def resize(scale_set: ScaleSet, capacity: int) -> Accepted:
    """Change the capacity, as autoscale would: a model write of its own."""
    document = copy.deepcopy(scale_set.document)
    document.setdefault("sku", {})["capacity"] = capacity
    return _write(scale_set, document, {})


def furnish(scale_set: ScaleSet, body: object, capacity: int) -> Accepted:
    """Make the instances of a set that has just been created from ``body``: not one more write, so its etag stays
    (recorded).
    """
    document = copy.deepcopy(scale_set.document)
    document.setdefault("sku", {})["capacity"] = capacity
    return _write(scale_set, document, digests(body), counted=False)


def put_extension(scale_set: ScaleSet, name: str, body: object) -> Accepted:
    """Add an extension to the model, or change that of this name, which keeps what is not given (recorded)."""
    properties = without_nulls(body).get("properties")
    if not isinstance(properties, dict):
        raise invalid_parameter("properties", "Required parameter 'properties' is missing (null).")
    document = copy.deepcopy(scale_set.document)
    extensions = _extensions(document)
    others = [extension for extension in extensions if extension["name"].lower() != name.lower()]
    named = (item["properties"] for item in extensions if item["name"].lower() == name.lower())
    extension = {"name": name, "properties": {**EXTENSION_DEFAULTS, **next(named, {}), **properties}}
    document["properties"]["virtualMachineProfile"]["extensionProfile"]["extensions"] = [*others, extension]
    check_types({"properties": document["properties"]})
    return _write(scale_set, document, digests({"extensions": [{**as_object(body), "name": name}]}))


def delete_extension(scale_set: ScaleSet, name: str) -> Accepted | None:
    """Take an extension out of the model; null when there is none of this name."""
    document = copy.deepcopy(scale_set.document)
    extensions = _extensions(document)
    others = [extension for extension in extensions if extension["name"].lower() != name.lower()]
    if len(others) == len(extensions):
        return None
    document["properties"]["virtualMachineProfile"]["extensionProfile"]["extensions"] = others
    return _write(scale_set, document, {})


def _extensions(document: Json) -> list[Json]:
    profile = document["properties"].get("virtualMachineProfile")
    if not profile:
        raise operation_not_allowed("The Virtual Machine Scale Set has no profile that an extension could be part of.")
    extensions: list[Json] = profile.setdefault("extensionProfile", {}).setdefault("extensions", [])
    return extensions


def _completed(scale_set: ScaleSet, document: Json) -> Json:
    """The document with what the service adds; 4xx where a new image cannot be used."""
    _check_kind(scale_set, document)
    check_plan_stays(scale_set.document, document)
    _check_plan(scale_set, document)
    check_values(document)
    scale_set.world.sizes.check_known(document)
    return identified(complete(document, _system(scale_set, document)), scale_set.world.tenant_id)


def _system(scale_set: ScaleSet, document: Json) -> str:
    """The type of the operating system. Only another image is looked up: the one that is there may be gone by now."""
    storage = storage_profile(document)
    before = storage_profile(scale_set.document)
    if storage and storage != before:
        image = scale_set.world.catalogue.admit(storage, scale_set.location)
        if storage.get("imageReference") != before.get("imageReference"):
            check_image(document, image, _known(scale_set, before))
        return image.os_type
    profile = document["properties"].get("virtualMachineProfile") or {}
    return "Windows" if "windowsConfiguration" in (profile.get("osProfile") or {}) else "Linux"


def _known(scale_set: ScaleSet, storage: Json) -> Image | None:
    """The image that a storage profile stands for; null where there is none, or none any more."""
    try:
        return scale_set.world.catalogue.resolve(storage, scale_set.location)
    except ArmError:
        return None


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


def _write(scale_set: ScaleSet, document: Json, secrets: Mapping[str, str], *, counted: bool = True) -> Accepted:
    """Check and make a write; one that is ``counted`` raises the etag. ``secrets``: digests of those in it."""
    scale_set.refuse_if_deleting("Create or Update VM Scale Set")
    capacity = int((document.get("sku") or {}).get("capacity") or 0)
    model = Model.of(scale_set.model.version + 1, document, scale_set.world.timeline.now)
    is_new = (model.profile, model.sku) != (scale_set.model.profile, scale_set.model.sku)
    is_new |= scale_set.tags_are_model and document.get("tags") != scale_set.document.get("tags")
    # Another secret makes another model, though nothing of it is seen (recorded of custom data).
    is_new |= counted and not secrets.items() <= scale_set.secrets.items()
    if is_new and not scale_set.flexible:
        _check_model_limit(scale_set)
    _check_placement_groups(scale_set, document, capacity)
    _check_supply(scale_set, document, capacity)
    if document["properties"].get("upgradePolicy", {}).get("mode") == "Rolling" and model.health_source is None:
        raise bad_request(
            "Rolling Upgrade mode is not supported for this Virtual Machine Scale Set because a health probe or "
            "health extension was not provided."
        )
    check_changes(scale_set.document, document)
    scale_set.preempt_write()
    if scale_set.rolling is not None:
        scale_set.rolling.preempt()
    if counted:
        scale_set.etag += _counts(scale_set, document, is_new=is_new)
    reformed = _policy(document) != _policy(scale_set.document)
    scale_set.document = document
    scale_set.written |= counted
    scale_set.secrets.update(secrets)
    if is_new:
        scale_set.model = model
        scale_set.profile_created = scale_set.world.timeline.now
    scale_set.world.events.publish("model_written", scale_set.name)
    return _set_off(scale_set, scale_set.start(), capacity, counted=counted, reformed=reformed)


def _counts(scale_set: ScaleSet, document: Json, *, is_new: bool) -> int:
    """By how much a write raises the etag: by one, and where it changes nothing by none (recorded once; of Flexible
    sets by one).

    The first write to an overprovisioned set of one raises it by two (six of eight; in two it had risen before).
    """
    if scale_set.flexible:
        return 1
    new = scale_set.etag <= _ETAG_OF_NEW and not scale_set.written
    young = new and scale_set.capacity == 1 and _overprovisions(scale_set)
    return young + (is_new or document != scale_set.document)


def _overprovisions(scale_set: ScaleSet) -> bool:
    return not scale_set.flexible and bool(scale_set.document["properties"].get("overprovision", True))


def _policy(document: Json) -> tuple[str, Json]:
    """The mode of the upgrade policy, and what it wants of automatic OS upgrades beyond the defaults."""
    policy = document["properties"].get("upgradePolicy") or {}
    automatic = policy.get("automaticOSUpgradePolicy") or {}
    return str(policy.get("mode")), {name: value for name, value in automatic.items() if value}


def _set_off(scale_set: ScaleSet, operation: Operation, capacity: int, *, counted: bool, reformed: bool) -> Accepted:
    """Scale, and upgrade what the policy wants upgraded; the operation lasts until both are done.

    A change of a Uniform set's capacity raises the etag by two more when it is over, the making of instances in excess
    by one. ``reformed``: the policy itself has changed; then the platform checks all instances, and charges them:
    under Rolling a batch, under Automatic each (recorded).
    """
    lagging = scale_set.lagging(scale_set.active())

    def written(failure: Failure | None) -> None:
        if scaled and not scale_set.flexible:
            scale_set.etag += 2 if counted else _overprovisions(scale_set)
        if scale_set.current_write is operation:
            scale_set.current_write = None
        scale_set.end(operation, failure)

    parts = Parts(2, written)
    scaled = scale(scale_set, capacity, parts.done)
    lagging = [instance for instance in lagging if instance.provisioning != "Deleting"]
    affected = lagging if scale_set.policy == "Automatic" else []
    checks_all = reformed and counted and not scaled and scale_set.policy != "Manual"
    if scale_set.policy == "Rolling" and (lagging or checks_all):
        start_rolling_upgrade(scale_set, operation)
        return Accepted(operation, scale_set.charge(scaled + first_batch(scale_set)))
    scale_set.current_write = operation
    if not scaled:
        parts.done(None)
    if affected:
        carry_out(scale_set, affected, upgrade_instance, parts.done)
    else:
        timings = scale_set.world.timings
        duration = timings.policy_check if checks_all else timings.write
        scale_set.world.timeline.after(duration.draw(scale_set.rng), partial(parts.done, None))
    charged = len(scale_set.active()) if checks_all else scaled + len(affected)
    return Accepted(operation, scale_set.charge(charged))


def _check_supply(scale_set: ScaleSet, document: Json, capacity: int) -> None:
    """4xx where there is no image, no size or no quota for more instances, or not for another size."""
    grows = capacity > scale_set.capacity
    if grows and storage_profile(document):
        scale_set.world.catalogue.admit(storage_profile(document), scale_set.location)
    if grows or (document.get("sku") or {}).get("name") != (scale_set.document.get("sku") or {}).get("name"):
        scale_set.world.sizes.check_available(document)
    lack = scale_set.lack(document, scale_set.growth(capacity)) if grows else None
    if lack is not None and lack.quota.refusal == "request":
        raise lack.error()


def _check_kind(scale_set: ScaleSet, document: Json) -> None:
    before, after = reference_kind(storage_profile(scale_set.document)), reference_kind(storage_profile(document))
    # Reported for platform and id; that VHDs do not differ is a guess. Galleries may follow one another.
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
            raise property_change_not_allowed(f"imageReference.{name}")


def _check_placement_groups(scale_set: ScaleSet, document: Json, capacity: int) -> None:
    """A single placement group has room for a hundred, and cannot be had back once it was given up (documented)."""
    before = scale_set.document["properties"].get("singlePlacementGroup")
    single = document["properties"].get("singlePlacementGroup")
    if single and before is False:
        raise property_change_not_allowed("singlePlacementGroup")
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
