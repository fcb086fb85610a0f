# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Preflight of the image: whether it can be used, whether it fits, and whether there is a rollback."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    BadInput,
    ImageNotFound,
    ImageNotReplicated,
    VmssError,
)
from ansible_collections.azroll.vmss.plugins.module_utils._common.time import parse_time
from ansible_collections.azroll.vmss.plugins.module_utils._guards.image_change import image_kind_reasons
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image, same_image, same_reference
from ansible_collections.azroll.vmss.plugins.module_utils._image.image_details import ImageDetails
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.check_model import of_guard
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.findings import (
    NEEDS_ACCEPTANCE,
    REFUSAL,
    WARNING,
    Finding,
)
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.inputs import Inputs, Intent

DEPRECATED = "imageversiondeprecated"
_TRUSTED = ("trustedlaunch", "trustedlaunchsupported", "trustedlaunchandconfidentialvmsupported")
_CONFIDENTIAL = ("confidentialvm", "confidentialvmsupported", "trustedlaunchandconfidentialvmsupported")


def image_findings(inputs: Inputs, intent: Intent) -> Iterator[Finding]:
    """The findings about the target image and the present one."""
    if inputs.target_error is not None:
        yield _unusable(inputs.target_error)
    for reason in image_kind_reasons(inputs.snapshot.scale_set, inputs.target):
        yield of_guard(reason)
    if inputs.target_details is None:
        yield from _security(inputs, ImageDetails()) if inputs.target.kind == "managed_image" else ()
    else:
        yield from _age(inputs, inputs.target_details)
        yield from _fit(inputs, inputs.target_details)
        yield from _security(inputs, inputs.target_details)
        yield from _disk(inputs, inputs.target_details)
        yield from _plan(inputs, inputs.target_details)
    yield from _rollback(inputs, intent)


def _unusable(error: VmssError) -> Finding:
    if (error.fault.code or "").lower() == DEPRECATED:
        code = "image_deprecated"
    elif isinstance(error, ImageNotReplicated):
        code = "image_not_replicated"
    elif isinstance(error, ImageNotFound):
        code = "image_not_found"
    else:
        code = "image_unreadable"
    return Finding(code, REFUSAL, error.message, error.advice)


def _age(inputs: Inputs, details: ImageDetails) -> Iterator[Finding]:
    image, end = inputs.target.describe(), parse_time(details.end_of_life)
    state = (details.deprecation or "").lower()
    advice = "Choose a newer version, or another image."
    over = end is not None and inputs.now is not None and end <= inputs.now
    if state == "deprecated" or over:
        since = f" since {details.end_of_life}" if over else ""
        message = f"The image {image} is deprecated{since}: new instances may not get it"
        yield Finding("image_deprecated", NEEDS_ACCEPTANCE, message, advice)
    elif state == "scheduledfordeprecation" or end is not None:
        on = f" on {details.end_of_life}" if details.end_of_life else ""
        yield Finding("image_deprecated", WARNING, f"The image {image} will be deprecated{on}", advice)
    if details.excluded:
        yield Finding(
            "image_excluded",
            WARNING,
            f"The version {image} is kept out of latest in {inputs.snapshot.scale_set.location}",
            "Ask those who publish it whether it is meant to be used.",
        )


def _fit(inputs: Inputs, details: ImageDetails) -> Iterator[Finding]:
    present = inputs.previous_details or ImageDetails()
    disk = (inputs.profile.get("storageProfile") or {}).get("osDisk") or {}
    system = present.os_type or disk.get("osType")
    if _differ(system, details.os_type):
        yield Finding(
            "image_os_type",
            REFUSAL,
            f"The instances run {system}, and the image {inputs.target.describe()} has {details.os_type}",
            "Choose an image of the same operating system, or make a new scale set.",
        )
    if _differ(present.os_state, details.os_state):
        yield Finding(
            "image_os_state",
            NEEDS_ACCEPTANCE,
            f"The present image is {str(present.os_state).lower()}, and the image {inputs.target.describe()} is "
            f"{str(details.os_state).lower()}: Azure refuses the change",
            "Choose an image of the same state, or make a new scale set.",
        )
    generation = present.generation or _generation(inputs)
    if _differ(generation, details.generation):
        yield Finding(
            "image_generation",
            NEEDS_ACCEPTANCE,
            f"The instances are of generation {generation}, and the image {inputs.target.describe()} is made for "
            f"{details.generation}: the size of the virtual machines must support it, and Azure may refuse the change",
            "Choose an image of the same generation, or make a new scale set.",
        )


def _security(inputs: Inputs, details: ImageDetails) -> Iterator[Finding]:
    wanted = str((inputs.profile.get("securityProfile") or {}).get("securityType") or "Standard")
    if inputs.target.kind == "managed_image" and wanted.lower() in ("trustedlaunch", "confidentialvm"):
        yield Finding(
            "image_security_type",
            REFUSAL,
            f"The security type of the scale set is {wanted}, for which Azure takes no managed images: it refuses the "
            "write (recorded)",
            "Choose an image of a gallery whose feature SecurityType includes the scale set's.",
        )
        return
    offered = (details.security or "").lower()
    fits = {
        "trustedlaunch": offered in _TRUSTED,
        "confidentialvm": offered in _CONFIDENTIAL,
        "standard": offered not in ("trustedlaunch", "confidentialvm"),
    }
    if not fits.get(wanted.lower(), True):
        yield Finding(
            "image_security_type",
            NEEDS_ACCEPTANCE,
            f"The security type of the scale set is {wanted}, and the image {inputs.target.describe()} "
            f"{'is for ' + str(details.security) if offered else 'does not name it among its features'}",
            "Choose an image whose feature SecurityType includes the scale set's.",
        )


def _disk(inputs: Inputs, details: ImageDetails) -> Iterator[Finding]:
    storage = inputs.profile.get("storageProfile") or {}
    size = (storage.get("osDisk") or {}).get("diskSizeGB")
    if isinstance(size, int) and details.disk_gb is not None and size < details.disk_gb:
        yield Finding(
            "image_disk_size",
            NEEDS_ACCEPTANCE,
            f"The OS disk in the model has {size} GB, and that of the image {inputs.target.describe()} "
            f"{details.disk_gb} GB: Azure makes no disk that is smaller than its image, and refuses the write or fails "
            "the instances (reported: OperationNotAllowed, osDisk.diskSizeGB)",
            f"Set osDisk.diskSizeGB of the model to at least {details.disk_gb} first; that is a new model, which the "
            "rollout brings to the instances with the image.",
        )
    controller = str(storage.get("diskControllerType") or "").lower()
    if controller and details.disk_controllers and controller not in details.disk_controllers:
        yield Finding(
            "image_disk_controller",
            NEEDS_ACCEPTANCE,
            f"The disk controller of the scale set is {storage['diskControllerType']}, and the image "
            f"{inputs.target.describe()} names only {', '.join(details.disk_controllers)} among its features: its "
            "instances may not boot",
            "Choose an image whose feature DiskControllerTypes includes the scale set's.",
        )


def _plan(inputs: Inputs, details: ImageDetails) -> Iterator[Finding]:
    """What is bought by a plan stays with it: its sku cannot change, and the plan must be the image's (reported)."""
    model, target, plan = inputs.snapshot.scale_set.image, inputs.target, inputs.plan
    advice = "Choose a version of the present image, or make a new scale set. Without a plan, the sku can be changed."
    if any(plan) and _product(model) != _product(target) and "platform" in (model.kind, target.kind):
        yield Finding(
            "image_plan",
            NEEDS_ACCEPTANCE,
            f"The scale set is bought by the plan {' '.join(plan)}: Azure does not change publisher, offer or sku of "
            f"such an image in place, from {model.describe()} to {target.describe()}",
            advice,
        )
    elif details.plan is not None and details.plan != plan and any((*details.plan, *plan)):
        yield Finding(
            "image_plan",
            NEEDS_ACCEPTANCE,
            f"The image {target.describe()} is bought by {_named(details.plan)}, and the scale set by {_named(plan)}: "
            "Azure refuses instances whose plan is not that of their image",
            advice,
        )


def _product(image: Image) -> tuple[str, ...]:
    return tuple(str(part or "").lower() for part in (image.publisher, image.offer, image.sku))


def _named(plan: tuple[str, str, str]) -> str:
    return f"the plan {' '.join(plan)}" if any(plan) else "no plan"


def _rollback(inputs: Inputs, intent: Intent) -> Iterator[Finding]:
    scale_set = inputs.snapshot.scale_set
    if not same_reference(scale_set.image, inputs.target) and scale_set.image_history.unproven(inputs.target):
        yield Finding(
            "image_unproven",
            WARNING,
            f"An earlier rollout of the image {inputs.target.describe()} failed or was rolled back",
            "See that the cause is gone, or choose another image.",
        )
    if inputs.previous.kind == "none" and not intent.rollback and inputs.movable(intent.order):
        runs = f" Instances run {', '.join(one.describe() for one in inputs.candidates)}." if inputs.candidates else ""
        yield Finding(
            "rollback_image_unknown",
            WARNING,
            f"It is not known for certain which image the scale set had before {inputs.target.describe()}.{runs} A "
            "rollout that fails is not rolled back, and its image stays in the model",
            "If it fails, run azroll.vmss.rollback with the image to roll back to as rollout_image.",
        )
    error = inputs.previous_error
    if error is None or same_image(inputs.previous, inputs.target):
        return
    gone = isinstance(error, (BadInput, ImageNotFound))
    what = "cannot be used any more" if gone else "cannot be read with this login"
    yield Finding(
        "rollback_impossible",
        NEEDS_ACCEPTANCE,
        f"The present image {inputs.previous.describe()} {what}: if the rollout fails, instances may not be brought "
        "back to it",
        "Find out who withdrew it, or make sure that you can repair forward if the rollout fails.",
    )


def _generation(inputs: Inputs) -> str | None:
    # Where the present image is gone, its instances still show it (the instance view has it).
    documents = inputs.snapshot.documents
    others = {one.name for one in inputs.attached}
    for entry in documents.instances if documents else ():
        view = (entry.get("properties") or {}).get("instanceView") or {}
        if view.get("hyperVGeneration") and entry.get("name") not in others:
            return str(view["hyperVGeneration"])
    return None


def _differ(one: str | None, other: str | None) -> bool:
    return bool(one and other) and str(one).lower() != str(other).lower()
