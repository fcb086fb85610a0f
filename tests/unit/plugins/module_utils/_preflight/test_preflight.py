# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Every finding has a case that brings it about, and nothing that Azure may send brings the look down."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    ArmFault,
    Forbidden,
    ImageNotFound,
    ImageNotReplicated,
)
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._image.image_details import ImageDetails, plan_of
from ansible_collections.azroll.vmss.plugins.module_utils._model.alerts import Alert
from ansible_collections.azroll.vmss.plugins.module_utils._model.autoscale import Autoscale
from ansible_collections.azroll.vmss.plugins.module_utils._model.facts import Snapshot
from ansible_collections.azroll.vmss.plugins.module_utils._model.locks import Lock
from ansible_collections.azroll.vmss.plugins.module_utils._model.raw_documents import Documents
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import Selection
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import Marks
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import Budget
from ansible_collections.azroll.vmss.plugins.module_utils._plan.limit import Limit
from ansible_collections.azroll.vmss.plugins.module_utils._plan.types import Order
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.findings import CODES, Finding
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.inputs import Inputs, Intent
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.run import examine, proves_image, writes_model
from ansible_collections.azroll.vmss.plugins.module_utils._tags.image_history import ImageHistory
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import Claim, Lease, write_lease
from ansible_collections.azroll.vmss.tests.unit.builders import GALLERY_IMAGE, NEW, OLD, instance, scale_set, ubuntu
from ansible_collections.azroll.vmss.tests.unit.strategies import fleets, orders

NOW = "2026-11-22T10:15:00+00:00"
EVERYTHING = ({"actions": ["*"], "notActions": []},)
LINUX = ImageDetails("Linux", "Generalized", "V2", "TrustedLaunchSupported")
SCALING = Autoscale.from_wire(
    {
        "name": "web-cpu",
        "properties": {"enabled": True, "profiles": [{"name": "all", "capacity": {"minimum": "2", "maximum": "10"}}]},
    }
)


def order(limit: str = "20%", *, zone: str = "", domain: str = "", **fields: Any) -> Order:
    parts = [Limit.parse(text, "limit") if text else None for text in (zone, domain)]
    return Order("update_domain", Budget(Limit.parse(limit, "max_unavailable"), *parts), **fields)


def look(**given: Any) -> list[Finding]:
    """The findings for a set of five that is fit to be rolled, but for what a case says."""
    intent = {"order": order(), "claim": Claim("mine"), **given.pop("intent", {})}
    profile = given.pop("profile", {})
    views = [{"properties": {"instanceView": {"hyperVGeneration": "V2"}}}]
    model = {"properties": {"virtualMachineProfile": profile}, "plan": given.pop("plan", None)}
    documents = Documents(model, views)
    instances = tuple(given.pop("instances", [instance(number) for number in range(5)]))
    states = {name: given.pop(name) for name in ("rolling_upgrade", "repairs_state") if name in given}
    snapshot = Snapshot(scale_set(**given.pop("model", {})), instances, NOW, documents=documents, **states)
    known = {"target": NEW, "previous": OLD, "target_details": LINUX, "previous_details": LINUX}
    return examine(Inputs(snapshot, **{**known, "permissions": EVERYTHING, **given}), Intent(**intent))


def held(**fields: Any) -> dict[str, Any]:
    lease = Lease(**{"run_id": "theirs", "expires": "2026-11-22T11:00:00Z", **fields})
    return {"model": {"tags": write_lease({}, lease)}}


def five(**fields: Any) -> list[Any]:
    return [instance(0, **fields), *(instance(number) for number in range(1, 5))]


def ten(*unhealthy: int) -> list[Any]:
    """Even ones in zone 1, odd ones in zone 2, and two of each fault domain, one in each zone."""
    return [
        instance(n, zone=str(n % 2 + 1), fault_domain=n // 2, health="unhealthy" if n in unhealthy else "healthy")
        for n in range(10)
    ]


SKIP_FIRST = {"order": order(marks=Marks(skip_ids=("0",)))}
BUT_FIRST = {"order": order(only=Selection(instance_ids=("1", "2", "3", "4")))}


FORBIDDEN = Forbidden("Could not read it", advice="Assign a role.")
MISSING = ImageNotFound("There is none", advice="Check the spelling.")
ELSEWHERE = ImageNotReplicated("Not here", advice="Add the region.")
GONE = ImageNotFound("There is none", advice="Choose another.", fault=ArmFault(404, "ImageVersionDeprecated"))
BLIND = [{"actions": ["*"], "notActions": ["*/instanceView/read"]}]
OVER = ImageDetails(end_of_life="2026-01-01T00:00:00Z")
ALERT = Alert("/x/1", "cpu", "Sev1", "/x/web", "2026-11-22T09:30:00Z")
NINE = [instance(number, image=ubuntu(f"1.{number}.0")) for number in range(9)]
PLAN = {"name": "server", "publisher": "Canonical", "product": "ubuntu"}
MANAGED = Image(id="/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/web")
CLUSTER: dict[str, Any] = {"model": {"tags": {"cluster-autoscaler-enabled": "true"}}}
POOL: dict[str, Any] = {"model": {"tags": {"__AzureDevOpsElasticPool": "agents"}}, "intent": {"any_capacity": True}}
FULL: dict[str, Any] = {"model": {"tags": {f"tag-{number}": "" for number in range(45)}}}
ON_NEW: dict[str, Any] = {"model": {**FULL["model"], "image": NEW}}
HELD = f"autoscale={SCALING.label}"
FREEZE = Lock("freeze", "ReadOnly", "/subscriptions/s/resourceGroups/rg-shop")
ON_SETTING = {"autoscale_locks": {SCALING.label: (FREEZE,)}, "autoscale_permissions": {SCALING.label: EVERYTHING}}
CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a health source that is silent": (
        "health_never_reported",
        "needs_acceptance",
        {"silent_source": "application_health_extension", "model": {"health_source": None}},
    ),
    "judged by the image, as the set remembers": (
        "instances_behind_model",
        "warning",
        {
            "model": {"image": NEW},
            "previous": NEW,
            "instances": [instance(image=NEW, latest_model=False)],
            "by_model": False,
            "noted_by_image": True,
        },
    ),
    "a share that comes to one, and instances to be quarantined": (
        "quarantine",
        "warning",
        {"intent": {"quarantine": True}},
    ),
    "a lock": ("locked", "refusal", {"locks": (FREEZE,)}),
    "a lock, and nothing to do": (
        "locked",
        "warning",
        {"locks": (FREEZE,), "model": {"image": NEW}, "instances": [instance(image=NEW)], "previous": NEW},
    ),
    "a lock on an autoscale setting that an earlier run has left switched off": (
        "locked",
        "needs_acceptance",
        {**ON_SETTING, "autoscale": (replace(SCALING, enabled=False),), **held(run_id="mine", held=(HELD,))},
    ),
    "a disabled subscription": ("subscription_disabled", "refusal", {"subscription_state": "Disabled"}),
    "a subscription that is not paid for": ("subscription_disabled", "warning", {"subscription_state": "PastDue"}),
    "a set that is being deleted": ("scale_set_deleting", "refusal", {"model": {"provisioning_state": "Deleting"}}),
    "Service Fabric": ("service_fabric", "refusal", {"model": {"service_fabric": True}}),
    "AKS by its tags": ("managed", "needs_acceptance", {"model": {"managed_by": "AKS"}}),
    "Databricks by its group": ("managed", "needs_acceptance", {"owner": "Databricks"}),
    "Automatic": ("upgrade_policy", "refusal", {"model": {"upgrade_policy": "Automatic"}}),
    "Rolling, to be set": (
        "upgrade_policy",
        "warning",
        {"model": {"upgrade_policy": "Rolling"}, "intent": {"set_manual": True}},
    ),
    "Automatic, all done": (
        "upgrade_policy",
        "warning",
        {"model": {"upgrade_policy": "Automatic", "image": NEW}, "instances": [instance(image=NEW)], "previous": NEW},
    ),
    "Automatic, all done but the skipped": (
        "upgrade_policy",
        "warning",
        {"model": {"upgrade_policy": "Automatic", "image": NEW}, "instances": five()[:1], "intent": SKIP_FIRST},
    ),
    "Automatic, a lease to be taken over": (
        "upgrade_policy",
        "refusal",
        {
            "model": {**held(run_id="mine")["model"], "upgrade_policy": "Automatic", "image": NEW},
            "instances": [instance(image=NEW)],
            "previous": NEW,
        },
    ),
    "Automatic, to be restored once the last ones are well": (
        "upgrade_policy",
        "refusal",
        {
            "model": {"upgrade_policy": "Automatic", "image": NEW},
            "instances": [instance(image=NEW, health="unhealthy")],
            "previous": NEW,
            "intent": {"restore_policy": True},
        },
    ),
    "Automatic, some left": ("upgrade_policy", "refusal", {"model": {"upgrade_policy": "Automatic", "image": NEW}}),
    "automatic OS upgrades": ("automatic_os_upgrade", "needs_acceptance", {"model": {"automatic_os_upgrade": True}}),
    "rolling upgrade": ("rolling_upgrade", "refusal", {"rolling_upgrade": "RollingForward"}),
    "nine models": ("model_limit", "warning", {"instances": NINE[:7], "intent": {"order": order("50%")}}),
    "ten models": ("model_limit", "needs_acceptance", {"instances": NINE}),
    "no health": ("health_source_missing", "needs_acceptance", {"model": {"health_source": None}}),
    "two sources": ("health_source_twice", "warning", {"profile": {"networkProfile": {"healthProbe": {"id": "/p"}}}}),
    "no image": (
        "image_not_found",
        "refusal",
        {"target_error": MISSING, "target_details": None},
    ),
    "elsewhere": ("image_not_replicated", "refusal", {"target_error": ELSEWHERE}),
    "unreadable image": ("image_unreadable", "refusal", {"target_error": FORBIDDEN}),
    "withdrawn": ("image_deprecated", "refusal", {"target_error": GONE}),
    "past its end": (
        "image_deprecated",
        "needs_acceptance",
        {"target_details": OVER},
    ),
    "deprecated": ("image_deprecated", "needs_acceptance", {"target_details": ImageDetails(deprecation="Deprecated")}),
    "to be deprecated": (
        "image_deprecated",
        "warning",
        {"target_details": ImageDetails(deprecation="ScheduledForDeprecation", end_of_life="2027-01-01T00:00:00Z")},
    ),
    "excluded": ("image_excluded", "warning", {"target_details": ImageDetails(excluded=True)}),
    "another kind": ("image_kind_change", "needs_acceptance", {"target": Image(id=f"{GALLERY_IMAGE}/versions/1.0.0")}),
    "Windows": ("image_os_type", "refusal", {"target_details": ImageDetails("Windows")}),
    "Windows, by the model's disk": (
        "image_os_type",
        "refusal",
        {
            "target_details": ImageDetails("Windows"),
            "previous_details": None,
            "profile": {"storageProfile": {"osDisk": {"osType": "Linux"}}},
        },
    ),
    "specialized": ("image_os_state", "needs_acceptance", {"target_details": ImageDetails(os_state="Specialized")}),
    "generation 1": ("image_generation", "needs_acceptance", {"target_details": ImageDetails(generation="V1")}),
    "generation 1, by the instances": (
        "image_generation",
        "needs_acceptance",
        {"target_details": ImageDetails(generation="V1"), "previous_details": None},
    ),
    "no Trusted Launch": (
        "image_security_type",
        "needs_acceptance",
        {"target_details": ImageDetails(), "profile": {"securityProfile": {"securityType": "TrustedLaunch"}}},
    ),
    "confidential only": (
        "image_security_type",
        "needs_acceptance",
        {"target_details": ImageDetails(security="ConfidentialVM")},
    ),
    "an image that failed before": (
        "image_unproven",
        "warning",
        {"model": {"image_history": ImageHistory(unproven_images=(NEW,))}},
    ),
    "no image before": ("rollback_image_unknown", "warning", {"previous": Image(), "candidates": (OLD,)}),
    "managed on Trusted Launch": (
        "image_security_type",
        "refusal",
        {
            "model": {"image": MANAGED},
            "target": replace(MANAGED, id=f"{MANAGED.id}-2"),
            "previous": MANAGED,
            "target_details": None,
            "profile": {"securityProfile": {"securityType": "TrustedLaunch"}},
        },
    ),
    "a disk smaller than the image": (
        "image_disk_size",
        "needs_acceptance",
        {
            "target_details": replace(LINUX, disk_gb=64),
            "profile": {"storageProfile": {"osDisk": {"diskSizeGB": 30}}},
        },
    ),
    "an image for SCSI alone": (
        "image_disk_controller",
        "needs_acceptance",
        {
            "target_details": replace(LINUX, disk_controllers=("scsi",)),
            "profile": {"storageProfile": {"diskControllerType": "NVMe"}},
        },
    ),
    "another sku under a plan": (
        "image_plan",
        "needs_acceptance",
        {"target": replace(NEW, sku="pro"), "plan": PLAN, "target_details": replace(LINUX, plan=plan_of(PLAN))},
    ),
    "an image with a plan for a set without": (
        "image_plan",
        "needs_acceptance",
        {"target_details": replace(LINUX, plan=plan_of(PLAN))},
    ),
    "an image without the plan of the set": (
        "image_plan",
        "needs_acceptance",
        {"plan": PLAN, "target_details": replace(LINUX, plan=("", "", ""))},
    ),
    "no rollback": ("rollback_impossible", "needs_acceptance", {"previous_error": MISSING}),
    "no rollback to be seen": ("rollback_impossible", "needs_acceptance", {"previous_error": FORBIDDEN}),
    "two instances": ("max_unavailable", "refusal", {"instances": [instance(0), instance(1)]}),
    "below the minimum in service": (
        "below_minimum",
        "needs_acceptance",
        {"instances": [instance(n, health="unhealthy" if n < 2 else "healthy") for n in range(5)]},
    ),
    "a zone below its minimum in service": (
        "below_minimum",
        "needs_acceptance",
        {"instances": ten(0, 2), "intent": {"order": order("30%", zone="20%")}},
    ),
    "too many are out of service beside the skipped": (
        "max_unavailable",
        "refusal",
        {"instances": five(health="unhealthy"), "intent": SKIP_FIRST},
    ),
    "protected": ("instances_protected", "warning", {"instances": five(protected=True)}),
    "quarantined": (
        "instances_protected",
        "warning",
        {
            "instances": [*five()[1:], instance(0, image=NEW, protected=True, health="unhealthy")],
            "intent": {"order": order("2")},
        },
    ),
    "deallocated": (
        "instances_deallocated",
        "warning",
        {"instances": five(power="deallocated"), "intent": {"order": order("2")}},
    ),
    "failed": ("instances_failed", "warning", {"instances": five(provisioning_state="Failed", health=None)}),
    "failed, but serving": ("instances_failed", "warning", {"instances": five(provisioning_state="Failed")}),
    "missing": ("instances_missing", "warning", {"model": {"capacity": 6}, "intent": {"order": order("40%")}}),
    "missing, and no room": ("instances_missing", "needs_acceptance", {"model": {"capacity": 6}}),
    "in progress": ("instances_in_progress", "warning", {"instances": five(provisioning_state="Updating")}),
    "in progress for long": (
        "instances_in_progress",
        "needs_acceptance",
        {"instances": five(provisioning_state="Creating", state_since="2026-11-22T09:14:59Z")},
    ),
    "in progress for long, and skipped": (
        "instances_in_progress",
        "warning",
        {
            "instances": five(provisioning_state="Updating", state_since="2026-11-20T10:00:00Z"),
            "intent": {"order": order("40%", marks=Marks(skip_ids=("0",)))},
        },
    ),
    "in progress, skipped, and all that may be out": (
        "instances_in_progress",
        "needs_acceptance",
        {"instances": five(provisioning_state="Updating"), "intent": SKIP_FIRST},
    ),
    "in progress, skipped, and all of its zone that may be out": (
        "instances_in_progress",
        "needs_acceptance",
        {
            "instances": [
                replace(one, provisioning_state="Updating") if one.instance_id == "0" else one for one in ten()
            ],
            "intent": {"order": order("40%", zone="1", marks=Marks(skip_ids=("0",)))},
        },
    ),
    "no profile": ("profile_missing", "refusal", {"model": {"orchestration_mode": "Flexible", "has_profile": False}}),
    "attached": (
        "instances_attached",
        "warning",
        {
            "model": {"orchestration_mode": "Flexible"},
            "instances": [*five(), instance("winvm", attached="it runs Windows")],
        },
    ),
    "nothing but attached ones": (
        "instances_attached",
        "needs_acceptance",
        {"model": {"orchestration_mode": "Flexible"}, "instances": five(attached="no mark")[:1]},
    ),
    "own model": ("instances_own_model", "warning", {"instances": five(own_model=True)}),
    "held by another": ("lease", "refusal", held()),
    "lease without end": ("lease", "refusal", held(expires=None)),
    "expired lease": ("lease", "warning", held(expires="2026-11-22T10:00:00Z")),
    "lease of the dead": ("lease", "warning", {**held(), "holder_dead": True}),
    "taken over": ("lease", "warning", {**held(), "intent": {"claim": Claim("mine", take_over=True)}}),
    "autoscale": ("autoscale", "warning", {"autoscale": (SCALING,)}),
    "autoscale to be held": ("autoscale", "warning", {"autoscale": (SCALING,), "intent": {"hold_autoscale": True}}),
    "scaled by others": ("scaled_by_others", "needs_acceptance", CLUSTER),
    "scaled by others as accepted": ("scaled_by_others", "warning", {**CLUSTER, "intent": {"any_capacity": True}}),
    "forty-five tags": ("tag_limit", "refusal", FULL),
    "forty tags": ("tag_limit", "warning", {"model": {"tags": {f"tag-{number}": "" for number in range(40)}}}),
    "unknown autoscale": ("autoscale_unreadable", "warning", {"autoscale": None}),
    "unknown autoscale to be held": (
        "autoscale_unreadable",
        "refusal",
        {"autoscale": None, "intent": {"hold_autoscale": True}},
    ),
    "unknown autoscale that a run has left held": (
        "autoscale_unreadable",
        "needs_acceptance",
        {**held(run_id="mine", held=("autoscale=web-rg/web-cpu",)), "autoscale": None},
    ),
    "repairs on": ("repairs_running", "warning", {"repairs_state": "Running", "intent": {"suspend_repairs": False}}),
    "repairs off": ("repairs_suspended", "warning", {"repairs_state": "Suspended"}),
    "blind": (
        "permission_missing",
        "warning",
        {"permissions": BLIND},
    ),
    "alerts before": ("alerts_fired", "warning", {"alerts": (ALERT,)}),
    "alerts of an interrupted run": (
        "alerts_fired",
        "needs_acceptance",
        {**held(run_id="mine", since="2026-11-22T09:00:00Z"), "alerts": (ALERT,)},
    ),
    "unknown alerts": ("alerts_unreadable", "refusal", {"alerts_error": FORBIDDEN}),
    "unknown permissions": ("permissions_unreadable", "warning", {"permissions": None}),
    "unknown state": ("unreadable", "warning", {"unread": (FORBIDDEN,)}),
}
NOTHING: dict[str, dict[str, Any]] = {
    "all well": {},
    "a disk as large as the image": {
        "target_details": replace(LINUX, disk_gb=30, disk_controllers=("scsi", "nvme")),
        "profile": {"storageProfile": {"osDisk": {"diskSizeGB": 30}, "diskControllerType": "NVMe"}},
    },
    "another version under the same plan": {"plan": PLAN, "target_details": replace(LINUX, plan=plan_of(PLAN))},
    "Trusted Launch": {"profile": {"securityProfile": {"securityType": "TrustedLaunch"}}},
    "own lease": held(run_id="mine"),
    "forty-five tags, without a lease": {**FULL, "intent": {"claim": Claim("mine", minutes=0)}},
    "forty-five tags, and nothing to do": {**FULL, "instances": [instance(n, image=NEW) for n in range(5)], **ON_NEW},
    "autoscale off": {"autoscale": (Autoscale.from_wire({"name": "web-cpu", "properties": {"enabled": False}}),)},
    "another image on a Flexible set of many": {
        "model": {"orchestration_mode": "Flexible"},
        "instances": NINE,
    },
    "unhealthy as far as the budget goes": {"instances": five(health="unhealthy")},
    "a zone below its minimum in service that nothing goes from": {
        "instances": ten(0, 2),
        "intent": {"order": order("30%", zone="20%", only=Selection(zones=("2",)))},
    },
    "below the minimum in service, and all that is left is skipped": {
        "instances": [instance(n, health="unhealthy" if n < 2 else "healthy") for n in range(5)],
        "intent": {"order": order(marks=Marks(skip_ids=tuple("01234")))},
    },
    "protected, but skipped": {"instances": five(protected=True), "intent": SKIP_FIRST},
    "protected, but not to be moved": {"instances": five(protected=True), "intent": BUT_FIRST},
    "deallocated, but skipped": {
        "instances": five(power="deallocated"),
        "intent": {"order": order("2", marks=Marks(skip_ids=("0",)))},
    },
    "protected, but done": {"instances": five(protected=True, image=NEW)},
    "instances may be quarantined": {"intent": {"order": order("40%"), "quarantine": True}},
    "instances were to be quarantined, but there is nothing to do": {
        "intent": {"quarantine": True},
        "model": {"image": NEW},
        "previous": NEW,
        "instances": [instance(n, image=NEW) for n in range(5)],
    },
    "a lock against deletion": {"locks": (Lock("keep", "CanNotDelete", FREEZE.scope),)},
    "locks that cannot be read": {"locks": None},
    "a subscription that is well": {"subscription_state": "Enabled"},
    "the present image, gone": {
        "model": {"image": NEW},
        "previous": NEW,
        "previous_error": MISSING,
        "instances": [instance(image=NEW)],
    },
}


def test_a_zone_of_which_nothing_could_go_is_refused_before_the_rollout():
    instances = [replace(ten()[0], power="stopped"), *ten()[1:]]
    found = look(instances=instances, intent={"order": order("40%", zone="1")})
    assert ("max_unavailable", "refusal") in [(one.code, one.severity) for one in found]


@pytest.mark.parametrize("case", CASES)
def test_each_case_is_found_alone_with_a_way_out(case):
    code, severity, given = CASES[case]
    (found,) = look(**given)
    assert (found.code, found.severity) == (code, severity)
    assert found.message
    assert found.advice
    assert not found.accepted


def test_every_code_and_severity_has_a_case():
    shown = {(code, severity) for code, severity, _given in CASES.values()}
    # Needed permissions come by several at once: below.
    shown.add(("permission_missing", "needs_acceptance"))
    assert shown == {(code, severity) for code, one in CODES.items() for severity in one.severities}


def test_of_a_service_that_writes_the_tags_the_lease_is_spoken_of():
    (found,) = look(**POOL)
    assert "O(lease_minutes=0)" in found.advice
    without = {**POOL["intent"], "claim": Claim("mine", minutes=0)}
    (found,) = look(**{**POOL, "intent": without})
    assert "lease" not in found.advice


@pytest.mark.parametrize("case", NOTHING)
def test_nothing_is_made_up(case):
    assert look(**NOTHING[case]) == []


@pytest.mark.parametrize("given", [{"locks": (FREEZE,)}, {}])
def test_a_lock_on_an_autoscale_setting_is_an_obstacle_where_it_is_held_and_is_said_once(given):
    intent = {"hold_autoscale": True}
    found = look(autoscale=(SCALING,), **ON_SETTING, **given, intent=intent)
    locked = [one for one in found if one.code == "locked"]
    assert [one.severity for one in locked] == ["refusal"]
    assert ("hold_autoscale=false" in locked[0].advice) is not bool(given)
    assert [one.code for one in look(autoscale=(SCALING,), **ON_SETTING)] == ["autoscale"]


def test_where_nothing_could_be_set_aside_what_would_work_is_said():
    (found,) = look(intent={"quarantine": True})
    assert found.advice == 'Set O(max_unavailable) to at least 2 or "40%".'
    intent = {"order": order("40%"), "quarantine": True}
    found = look(intent=intent, model={"orchestration_mode": "Flexible"})
    assert ("quarantine", "warning") in [(one.code, one.severity) for one in found]


def test_the_budget_says_what_would_work():
    (found,) = look(instances=[instance(0), instance(1)])
    assert found.advice == 'Set it to 1 or "50%".'


def test_every_part_below_its_floor_is_named():
    limits = {"order": order("20%", zone="20%", domain="1")}
    found = look(instances=ten(0, 2, 4), intent=limits)
    assert [(one.code, one.message, one.instances) for one in found] == [
        (
            "below_minimum",
            "3 of 10 instances are out of service already, and max_unavailable (20%) allows 2",
            ("0", "2", "4"),
        ),
        (
            "below_minimum",
            "3 of 5 instances of zone 1 are out of service already, and max_unavailable_per_zone (20%) allows 1",
            ("0", "2", "4"),
        ),
    ]
    both = [replace(one, zone=None) for one in ten(2, 3)]
    (found_domain,) = look(instances=both, intent=limits)
    assert found_domain.message == (
        "2 of 2 instances of fault domain 1 are out of service already, and max_unavailable_per_fault_domain (1) "
        "allows 1"
    )


def lacking(*actions: str, **given: Any) -> list[tuple[str, str]]:
    """What is missing for somebody who may do everything but `actions`: how serious each is, and the sentence."""
    granted = [{"actions": ["*"], "notActions": list(actions)}]
    on_settings = {one.label: granted for one in given.get("autoscale", ())}
    found = look(permissions=granted, autoscale_permissions=on_settings, **given)
    return [(one.severity, one.message) for one in found if one.code == "permission_missing"]


def test_permissions_are_named_with_the_steps_that_need_them():
    intent = {"hold_autoscale": True}
    given = {"repairs_state": "Running", "autoscale": (SCALING,), "intent": intent}
    missing = lacking("Microsoft.Compute/*", "*/autoscaleSettings/write", **given)
    needed = [message for severity, message in missing if severity == "needs_acceptance"]
    assert len(needed) == 5
    for action, step in (
        ("virtualMachineScaleSets/write", "write the image"),
        ("manualUpgrade/action", "upgrade instances"),
        ("locations/operations/read", "follow what a write begins"),
        ("setOrchestrationServiceState/action", "suspend and resume automatic repairs"),
        ("autoscaleSettings/write", "hold autoscale"),
    ):
        assert any(action in message and step in message for message in needed)


@pytest.mark.parametrize(
    ("item", "action", "state"),
    [
        ("repairs", "Microsoft.Compute/virtualMachineScaleSets/setOrchestrationServiceState/action", "Suspended"),
        ("repairs", "Microsoft.Compute/virtualMachineScaleSets/setOrchestrationServiceState/action", None),
        ("autoscale=web-rg/web-cpu", "Microsoft.Insights/autoscaleSettings/write", "Suspended"),
    ],
)
@pytest.mark.parametrize("holder", ["mine", "theirs"])
def test_what_a_dead_run_left_held_takes_the_right_to_let_go_of_it(item, action, state, holder):
    off = {"name": "web-cpu", "id": "/resourceGroups/web-rg/", "properties": {"enabled": False}}
    given = {"autoscale": (Autoscale.from_wire(off),), "intent": {"suspend_repairs": False}, "repairs_state": state}
    left = {**given, **held(run_id=holder, held=(item,)), "holder_dead": True}
    left["model"]["automatic_repairs"] = True
    ((severity, message),) = lacking(action, **left)
    assert severity == "needs_acceptance"
    assert action in message
    assert "earlier run" in message
    # What is not held, or has been released, takes no right.
    assert lacking(action, **given) == []
    if item == "repairs":
        assert lacking(action, **{**left, "repairs_state": "Running"}) == []
    else:
        assert lacking(action, **{**left, "autoscale": ()}) == []


@pytest.mark.parametrize(
    ("model", "intent", "severity"),
    [
        ({"automatic_repairs": True}, {}, "needs_acceptance"),
        ({"automatic_repairs": True}, {"suspend_repairs": False}, "warning"),
        ({"automatic_repairs": False}, {}, "warning"),
        ({"automatic_repairs": True, "orchestration_mode": "Flexible"}, {}, "warning"),
        (
            {"automatic_repairs": True, **held(held=("repairs",))["model"]},
            {"suspend_repairs": False},
            "needs_acceptance",
        ),
    ],
)
def test_repairs_that_cannot_be_seen_cannot_be_held(model, intent, severity):
    ((found, message),) = lacking("*/instanceView/read", model=model, intent=intent)
    assert found == severity
    assert "see whether automatic repairs run" in message


@pytest.mark.parametrize(
    ("intent", "action"),
    [
        ("quarantine", "virtualMachineScaleSets/virtualMachines/write"),
        ("retry_failed", "virtualMachineScaleSets/reimage"),
    ],
)
def test_a_set_without_the_right_to_what_a_rollout_can_do_without_is_rolled(intent, action):
    upgrader = [{"actions": ["*/read", "*/manualUpgrade/action", "Microsoft.Compute/virtualMachineScaleSets/write"]}]
    assert look(permissions=upgrader) == []
    (found,) = look(permissions=upgrader, intent={"order": order("40%"), intent: True})
    assert (found.code, found.severity) == ("permission_missing", "warning")
    assert action in found.message


@pytest.mark.parametrize(
    ("model", "action"),
    [
        ({}, "Microsoft.Compute/virtualMachineScaleSets/networkInterfaces/read"),
        ({"orchestration_mode": "Flexible"}, "Microsoft.Network/networkInterfaces/read"),
    ],
)
def test_instances_that_cannot_be_found_cannot_be_asked(model, action):
    owner_but_one = [{"actions": ["*"], "notActions": ["*/networkInterfaces/read"]}]
    found = look(model=model, permissions=owner_but_one, intent={"probe_instances": True})
    (missing,) = (one for one in found if one.code == "permission_missing")
    assert missing.severity == "needs_acceptance"
    assert f"The principal lacks {action} on" in missing.message
    assert not [one for one in look(model=model, permissions=owner_but_one) if one.code == "permission_missing"]


def test_all_is_said_at_once():
    given = {"model": {"service_fabric": True, "upgrade_policy": "Rolling", "health_source": None}}
    found = look(**given, instances=[instance(0, protected=True)], permissions=None, autoscale=None)
    assert [one.code for one in found] == [
        "service_fabric",
        "upgrade_policy",
        "health_source_missing",
        "instances_protected",
        "autoscale_unreadable",
        "permissions_unreadable",
    ]


UNPROVEN = ImageHistory(rollout_image=NEW, unproven_images=(NEW,))


@pytest.mark.parametrize(
    ("model", "instances", "given", "proved"),
    [
        ({}, [instance(n, image=NEW) for n in range(3)], {}, True),
        ({}, [], {}, False),
        ({}, [instance(0, image=NEW), instance(1)], {}, False),
        ({}, [instance(0, image=NEW), instance(1, image=NEW, health="unhealthy")], {}, False),
        ({}, [instance(0, image=NEW), instance(1, image=NEW, health="unhealthy", protected=True)], {}, False),
        ({"image": OLD}, [instance(image=NEW)], {}, False),
        ({"health_source": None}, [instance(image=NEW)], {}, False),
        ({"upgrade_policy": "Automatic"}, [instance(image=NEW)], {}, False),
        ({"image_history": ImageHistory(rollout_image=NEW)}, [instance(image=NEW)], {}, False),
        (held()["model"], [instance(image=NEW)], {}, False),
        ({}, [instance(image=NEW)], {"rollback": True}, False),
    ],
)
def test_an_image_has_proved_itself_when_every_instance_runs_it_and_is_well(model, instances, given, proved):
    snapshot = Snapshot(scale_set(**{"image": NEW, "image_history": UNPROVEN, **model}), tuple(instances), NOW)
    assert proves_image(Inputs(snapshot, NEW, OLD), Intent(order(), Claim("mine"), **given)) is proved


@pytest.mark.parametrize(
    ("model", "set_manual", "writes"),
    [({}, False, True), ({"image": NEW}, False, False), ({"image": NEW, "upgrade_policy": "Rolling"}, True, True)],
)
def test_whether_the_model_is_to_be_written(model, set_manual, writes):
    inputs = Inputs(Snapshot(scale_set(**model), (), NOW), NEW, OLD)
    intent = Intent(order(), Claim("mine"), set_manual=set_manual)
    assert writes_model(inputs, intent) == writes
    # A policy that is restored at the end is no reason for a rollout.
    assert writes_model(inputs, replace(intent, restore_policy=True)) == ("image" not in model)


_texts = st.sampled_from(["", "Manual", "Automatic", "TrustedLaunch", "nonsense", "2026-11-22T10:00:00Z"])
_leaves = st.one_of(st.none(), _texts)


@st.composite
def models(draw: st.DrawFn) -> dict[str, Any]:
    """A model with parts missing, null or of an unknown value, as other versions of the API may have them."""

    def part(*names: str) -> Any:
        return draw(
            st.one_of(st.none(), st.just({}), st.fixed_dictionaries({}, optional=dict.fromkeys(names, _leaves)))
        )

    profile = {
        "storageProfile": {"imageReference": part("publisher", "id", "version"), "osDisk": part("osType")},
        "networkProfile": draw(st.one_of(st.none(), st.just({"healthProbe": part("id")}))),
        "securityProfile": part("securityType"),
    }
    properties = {
        "upgradePolicy": part("mode"),
        "virtualMachineProfile": draw(st.one_of(st.none(), st.just(profile))),
        "orchestrationMode": draw(st.sampled_from([None, "Uniform", "Flexible"])),
    }
    tags = draw(st.dictionaries(st.sampled_from(["azroll-run", "azroll-held", "azroll-expires", "Vendor"]), _texts))
    return {"name": "web", "id": "/web", "location": draw(_texts), "tags": tags, "properties": properties}


_details = st.one_of(st.none(), st.builds(ImageDetails, *[st.one_of(st.none(), _texts)] * 6, st.booleans()))
_permissions = st.one_of(
    st.none(), st.lists(st.fixed_dictionaries({}, optional={"actions": st.lists(_texts), "notActions": st.none()}))
)


@given(models(), fleets(most=12), orders, _details, _details, _permissions, _texts, st.booleans(), st.booleans())
def test_whatever_azure_sends_there_are_findings_and_no_error(
    document, instances, order, target, previous, permissions, state, manual, known
):
    model = ScaleSet.from_wire(document, resource_group="rg-shop")
    snapshot = Snapshot(model, tuple(instances), NOW if known else None, state, state, Documents(document, [{}]))
    inputs = Inputs(
        snapshot,
        NEW,
        model.image,
        target_error=None if target else FORBIDDEN,
        previous_error=None if previous else GONE,
        target_details=target,
        previous_details=previous,
        autoscale=(SCALING,) if known else None,
        permissions=permissions,
    )
    for found in examine(inputs, Intent(order, Claim("mine"), set_manual=manual, hold_autoscale=known)):
        assert found.message
        assert found.advice
        assert set(found.instances) <= {one.instance_id for one in instances}
