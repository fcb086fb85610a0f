# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    ArmFault,
    BadInput,
    Forbidden,
    ImageNotFound,
    ImageNotReplicated,
    VmssError,
)
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._image.image_details import ImageDetails, plan_of
from ansible_collections.azroll.vmss.plugins.module_utils._model.raw_documents import Documents
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.check_image import image_findings
from ansible_collections.azroll.vmss.plugins.module_utils._tags.image_history import ImageHistory
from ansible_collections.azroll.vmss.tests.unit.builders import GALLERY_IMAGE, NEW, OLD, instance
from ansible_collections.azroll.vmss.tests.unit.preflight import (
    LINUX,
    NOW,
    Case,
    assert_found_alone,
    done,
    five,
    prepared,
    skipping,
)

FORBIDDEN = Forbidden("Could not read it", advice="Assign a role.")
MISSING = ImageNotFound("There is none", advice="Check the spelling.")
ELSEWHERE = ImageNotReplicated("Not here", advice="Add the region.")
GONE = ImageNotFound("There is none", advice="Choose another.", fault=ArmFault(404, "ImageVersionDeprecated"))
PLAN = {"name": "server", "publisher": "Canonical", "product": "ubuntu"}
OTHER_PLAN = {**PLAN, "name": "pro"}
MANAGED = Image(id="/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/web")
BY_GALLERY = Image(id=f"{GALLERY_IMAGE}/versions/1.0.0")
FROM_MANAGED: dict[str, Any] = {
    "model": {"image": MANAGED},
    "previous": MANAGED,
    "target": replace(MANAGED, id=f"{MANAGED.id}-2"),
    "target_details": None,
}
SAME_OS = "Choose an image of the same operating system"
SAME_GENERATION = "Choose an image of the same generation"
NEWER = "Choose a newer version"
SECURITY = "Choose an image whose feature SecurityType includes"
SAME_PLAN = "Choose a version of the present image"


def security(wanted: str) -> dict[str, Any]:
    return {"profile": {"securityProfile": {"securityType": wanted}}}


def storage(**fields: Any) -> dict[str, Any]:
    return {"profile": {"storageProfile": fields}}


def target(**fields: Any) -> dict[str, Any]:
    """The target image fits, but for these details."""
    return {"target_details": replace(LINUX, **fields)}


CASES: dict[str, Case] = {
    "no image": Case(
        "image_not_found", "refusal", "Check the spelling", {"target_error": MISSING, "target_details": None}
    ),
    "elsewhere": Case("image_not_replicated", "refusal", "Add the region", {"target_error": ELSEWHERE}),
    "unreadable": Case("image_unreadable", "refusal", "Assign a role", {"target_error": FORBIDDEN}),
    "withdrawn": Case("image_deprecated", "refusal", "Choose another", {"target_error": GONE}),
    "deprecated": Case("image_deprecated", "needs_acceptance", NEWER, target(deprecation="Deprecated")),
    "past its end": Case("image_deprecated", "needs_acceptance", NEWER, target(end_of_life="2026-01-01T00:00:00Z")),
    "at its end": Case("image_deprecated", "needs_acceptance", NEWER, target(end_of_life=NOW)),
    "to be deprecated": Case("image_deprecated", "warning", NEWER, target(deprecation="ScheduledForDeprecation")),
    "with an end": Case("image_deprecated", "warning", NEWER, target(end_of_life="2027-01-01T00:00:00Z")),
    "with an end, and no time on Azure's clock": Case(
        "image_deprecated", "warning", NEWER, {**target(end_of_life="2026-01-01T00:00:00Z"), "now": None}
    ),
    "excluded": Case("image_excluded", "warning", "Ask those who publish it", target(excluded=True)),
    "another kind": Case("image_kind_change", "needs_acceptance", "Stay with the same kind", {"target": BY_GALLERY}),
    "Windows": Case("image_os_type", "refusal", SAME_OS, target(os_type="Windows")),
    "Windows, by the model's disk": Case(
        "image_os_type",
        "refusal",
        SAME_OS,
        {**target(os_type="Windows"), "previous_details": None, **storage(osDisk={"osType": "Linux"})},
    ),
    "specialized": Case(
        "image_os_state", "needs_acceptance", "Choose an image of the same state", target(os_state="Specialized")
    ),
    "generation 1": Case("image_generation", "needs_acceptance", SAME_GENERATION, target(generation="V1")),
    "generation 1, by the instances": Case(
        "image_generation", "needs_acceptance", SAME_GENERATION, {**target(generation="V1"), "previous_details": None}
    ),
    "no Trusted Launch": Case(
        "image_security_type", "needs_acceptance", SECURITY, {**target(security=None), **security("TrustedLaunch")}
    ),
    "not for confidential machines": Case(
        "image_security_type", "needs_acceptance", SECURITY, security("ConfidentialVM")
    ),
    "for confidential machines only": Case(
        "image_security_type", "needs_acceptance", SECURITY, target(security="ConfidentialVM")
    ),
    "for Trusted Launch only": Case(
        "image_security_type", "needs_acceptance", SECURITY, target(security="TrustedLaunch")
    ),
    "a managed image for Trusted Launch": Case(
        "image_security_type", "refusal", "Choose an image of a gallery", {**FROM_MANAGED, **security("TrustedLaunch")}
    ),
    "a managed image for confidential machines, with details": Case(
        "image_security_type",
        "refusal",
        "Choose an image of a gallery",
        {**FROM_MANAGED, "target_details": LINUX, **security("ConfidentialVM")},
    ),
    "a disk smaller than the image": Case(
        "image_disk_size",
        "needs_acceptance",
        "Set osDisk.diskSizeGB of the model to at least 64",
        {**target(disk_gb=64), **storage(osDisk={"diskSizeGB": 63})},
    ),
    "an image for another disk controller": Case(
        "image_disk_controller",
        "needs_acceptance",
        "DiskControllerTypes",
        {**target(disk_controllers=("scsi",)), **storage(diskControllerType="NVMe")},
    ),
    "another sku under a plan": Case(
        "image_plan",
        "needs_acceptance",
        SAME_PLAN,
        {"target": replace(NEW, sku="pro"), "plan": PLAN, **target(plan=plan_of(PLAN))},
    ),
    "an image with a plan for a set without": Case(
        "image_plan", "needs_acceptance", SAME_PLAN, target(plan=plan_of(PLAN))
    ),
    "an image without the plan of the set": Case(
        "image_plan", "needs_acceptance", SAME_PLAN, {"plan": PLAN, **target(plan=plan_of({}))}
    ),
    "an image with another plan": Case(
        "image_plan", "needs_acceptance", SAME_PLAN, {"plan": PLAN, **target(plan=plan_of(OTHER_PLAN))}
    ),
    "an image that failed before": Case(
        "image_unproven",
        "warning",
        "See that the cause is gone",
        {"model": {"image_history": ImageHistory(unproven_images=(NEW,))}},
    ),
    "no image before": Case(
        "rollback_image_unknown", "warning", "azroll.vmss.rollback", {"previous": Image(), "candidates": (OLD,)}
    ),
    "no rollback": Case("rollback_impossible", "needs_acceptance", "repair forward", {"previous_error": MISSING}),
    "no rollback by its reference": Case(
        "rollback_impossible", "needs_acceptance", "repair forward", {"previous_error": BadInput("No")}
    ),
    "no rollback to be seen": Case(
        "rollback_impossible", "needs_acceptance", "Find out who withdrew it", {"previous_error": FORBIDDEN}
    ),
}
NOTHING: dict[str, dict[str, Any]] = {
    "an image that fits": {},
    "an image that nothing is known of": {"target_details": ImageDetails(), "previous_details": None},
    "an image that cannot be read in the details": {"target_details": None},
    "an image that is wanted": target(deprecation="Active"),
    "an end that cannot be read": target(end_of_life="some day"),
    "the same system in other letters": target(os_type="linux", os_state="generalized", generation="v2"),
    "Trusted Launch": security("TrustedLaunch"),
    "Trusted Launch and confidential machines": {
        **target(security="TrustedLaunchAndConfidentialVmSupported"),
        **security("ConfidentialVM"),
    },
    "confidential machines": {**target(security="ConfidentialVmSupported"), **security("ConfidentialVM")},
    "both kinds of machines on a set without a type": target(security="TrustedLaunchAndConfidentialVmSupported"),
    "a security type that is not known": security("Fortress"),
    "a managed image without a security type": FROM_MANAGED,
    "a disk as large as the image": {**target(disk_gb=30), **storage(osDisk={"diskSizeGB": 30})},
    "a disk of no size": {**target(disk_gb=30), **storage(osDisk={"diskSizeGB": None})},
    "an image of no size": storage(osDisk={"diskSizeGB": 30}),
    "an image for this controller too": {
        **target(disk_controllers=("scsi", "nvme")),
        **storage(diskControllerType="NVMe"),
    },
    "an image that names no controllers": storage(diskControllerType="NVMe"),
    "a set that names no controller": target(disk_controllers=("nvme",)),
    "another version under the same plan": {"plan": PLAN, **target(plan=plan_of(PLAN))},
    "another version, of which no plan is known": {"plan": PLAN, **target(plan=None)},
    "no plan at all": target(plan=plan_of({})),
    "another sku without a plan": {"target": replace(NEW, sku="pro")},
    "another gallery image under a plan": {
        "model": {"image": BY_GALLERY},
        "target": replace(BY_GALLERY, id=f"{GALLERY_IMAGE}-2/versions/1.0.0"),
        "plan": PLAN,
        **target(plan=plan_of(PLAN)),
    },
    "the image of the model, which failed before": {
        "model": {"image": NEW, "image_history": ImageHistory(unproven_images=(NEW,))}
    },
    "another image failed before": {"model": {"image_history": ImageHistory(unproven_images=(OLD,))}},
    "no image before, and it is a rollback": {"previous": Image(), "intent": {"rollback": True}},
    "no image before, and nothing to do": {**done(), "previous": Image()},
    "no image before, and all are skipped": {"previous": Image(), "intent": skipping(*"01234")},
    "no image before, and none can be moved": {"previous": Image(), "instances": five(protected=True)[:1]},
    "the present image, gone": {**done(), "previous_error": MISSING},
}


@pytest.mark.parametrize("case", CASES)
def test_each_case_is_found_alone_with_a_way_out(case: str) -> None:
    assert_found_alone(CASES[case])


@pytest.mark.parametrize("case", NOTHING)
def test_nothing_is_made_up(case: str) -> None:
    assert list(image_findings(*prepared(**NOTHING[case]))) == []


def message(**given: Any) -> str:
    (found,) = image_findings(*prepared(**given))
    return found.message


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (VmssError("No"), "image_unreadable"),
        (VmssError("No", fault=ArmFault(404, "imageVERSIONdeprecated")), "image_deprecated"),
        (ImageNotReplicated("No", fault=ArmFault(404, "ImageVersionDeprecated")), "image_deprecated"),
        (ImageNotFound("No", fault=ArmFault(404, "NotFound")), "image_not_found"),
    ],
)
def test_an_image_that_cannot_be_used_is_refused_for_what_azure_says(error: VmssError, code: str) -> None:
    (found,) = image_findings(*prepared(target_error=error, target_details=None))
    assert (found.code, found.severity, found.message) == (code, "refusal", "No")


def test_the_end_of_an_image_is_said_with_its_time() -> None:
    assert "is deprecated since 2026-01-01T00:00:00Z:" in message(**target(end_of_life="2026-01-01T00:00:00Z"))
    both = target(deprecation="ScheduledForDeprecation", end_of_life="2027-01-01T00:00:00Z")
    assert message(**both).endswith("will be deprecated on 2027-01-01T00:00:00Z")
    # Deprecated before the time that was announced.
    early = target(deprecation="Deprecated", end_of_life="2027-01-01T00:00:00Z")
    assert "is deprecated: new instances" in message(**early)


def test_the_generation_is_that_of_instances_made_from_the_model() -> None:
    inputs, intent = prepared(
        instances=[*five(), instance("winvm", name="winvm", attached="it runs Windows")],
        previous_details=None,
    )
    views = [
        {"name": name, "properties": {"instanceView": {"hyperVGeneration": generation}}}
        for name, generation in (("winvm", "V1"), ("web_0", None), ("web_1", "V2"))
    ]
    inputs = replace(inputs, snapshot=replace(inputs.snapshot, documents=Documents({}, views)))
    assert list(image_findings(inputs, intent)) == []
    first = replace(inputs, target_details=replace(LINUX, generation="V1"))
    assert [one.code for one in image_findings(first, intent)] == ["image_generation"]


def test_what_the_present_image_is_goes_before_what_the_model_and_the_instances_tell() -> None:
    present = {"previous_details": ImageDetails("Windows", generation="V1")}
    given = {**present, **target(os_type="Windows", generation="V1"), **storage(osDisk={"osType": "Linux"})}
    assert list(image_findings(*prepared(**given))) == []


def test_the_security_types_of_both_are_named() -> None:
    assert "is ConfidentialVM, and the image" in message(**security("ConfidentialVM"))
    assert message(**target(security="ConfidentialVM")).endswith("is for ConfidentialVM")
    assert message(**target(security=None), **security("TrustedLaunch")).endswith("does not name it among its features")


def test_plans_are_named_and_so_is_that_there_is_none() -> None:
    assert "bought by the plan canonical ubuntu server, and the scale set by no plan" in message(
        **target(plan=plan_of(PLAN))
    )
    assert "bought by no plan, and the scale set by the plan canonical ubuntu server" in message(
        plan=PLAN, **target(plan=plan_of({}))
    )
    # Of a change that Azure does not make at all the plan of the image is not spoken of.
    assert "does not change publisher, offer or sku" in message(
        plan=PLAN, target=replace(NEW, sku="pro"), **target(plan=plan_of(OTHER_PLAN))
    )


def test_where_the_image_before_is_not_known_those_that_run_are_named() -> None:
    assert f"Instances run {OLD.describe()}, {BY_GALLERY.describe()}." in message(
        previous=Image(), candidates=(OLD, BY_GALLERY)
    )
    assert "Instances run" not in message(previous=Image())


def test_an_image_that_is_gone_is_told_from_one_that_cannot_be_read() -> None:
    assert "cannot be used any more" in message(previous_error=MISSING)
    assert "cannot be read with this login" in message(previous_error=FORBIDDEN)


def test_all_that_does_not_fit_is_found_at_once() -> None:
    worst = ImageDetails("Windows", "Specialized", "V1", "ConfidentialVM", "Deprecated", excluded=True, disk_gb=64)
    found = image_findings(
        *prepared(target_details=worst, previous_error=MISSING, **storage(osDisk={"diskSizeGB": 30}))
    )
    assert [one.code for one in found] == [
        "image_deprecated",
        "image_excluded",
        "image_os_type",
        "image_os_state",
        "image_generation",
        "image_security_type",
        "image_disk_size",
        "rollback_impossible",
    ]
