# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Every finding has a case that leads to it, and nothing that Azure may send ends preflight."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput, Forbidden, ImageNotFound
from ansible_collections.azroll.vmss.plugins.module_utils._image.image_details import ImageDetails
from ansible_collections.azroll.vmss.plugins.module_utils._model.alerts import Alert
from ansible_collections.azroll.vmss.plugins.module_utils._model.facts import Snapshot
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.raw_documents import Documents
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import Selection
from ansible_collections.azroll.vmss.plugins.module_utils._plan.types import Order
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.findings import CODES
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.inputs import Inputs, Intent
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.run import examine, proves_image, writes_model
from ansible_collections.azroll.vmss.plugins.module_utils._tags.image_history import ImageHistory
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import Claim
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD, instance
from ansible_collections.azroll.vmss.tests.unit.plugins.module_utils._preflight import (
    test_check_actors,
    test_check_alerts,
    test_check_image,
    test_check_instances,
    test_check_model,
    test_check_rights,
    test_check_writes,
)
from ansible_collections.azroll.vmss.tests.unit.preflight import (
    FREEZE,
    NOW,
    SCALING,
    Case,
    assert_found_alone,
    findings,
    held,
    order,
    prepared,
)
from ansible_collections.azroll.vmss.tests.unit.strategies import fleets, orders

FORBIDDEN = Forbidden("Could not read it", advice="Assign a role.")
GONE = ImageNotFound("There is none", advice="Choose another.")
NO_PROFILE = {"orchestration_mode": "Flexible", "has_profile": False}
CASES: dict[str, Case] = {
    "no profile": Case("profile_missing", "refusal", "a scale set with a profile", {"model": NO_PROFILE}),
    "no profile, and all else that may be found": Case(
        "profile_missing",
        "refusal",
        "a scale set with a profile",
        {"model": {**NO_PROFILE, "managed_by": "AKS", "health_source": None}, "locks": (FREEZE,), "permissions": None},
    ),
}
BY_SUBJECT = (
    test_check_actors,
    test_check_alerts,
    test_check_image,
    test_check_instances,
    test_check_model,
    test_check_rights,
    test_check_writes,
)


@pytest.mark.parametrize("case", CASES)
def test_without_a_model_there_is_nothing_else_to_be_found(case: str) -> None:
    assert_found_alone(CASES[case])


def test_a_set_that_is_fit_has_no_findings() -> None:
    assert findings() == []


def test_every_code_and_severity_has_a_case() -> None:
    cases = [*CASES.values(), *(one for subject in BY_SUBJECT for one in subject.CASES.values())]
    assert {(one.code, one.severity) for one in cases} == {
        (code, severity) for code, one in CODES.items() for severity in one.severities
    }


def test_every_subject_is_looked_at_and_all_is_said_at_once() -> None:
    found = findings(
        locks=(FREEZE,),
        model={"upgrade_policy": "Rolling", "health_source": None},
        target_error=FORBIDDEN,
        instances=[instance(0, protected=True)],
        autoscale=None,
        permissions=None,
        alerts=(Alert("/x/1", "cpu", "Sev1", "/x/web", "2026-11-22T09:30:00Z"),),
    )
    assert [one.code for one in found] == [
        "locked",
        "upgrade_policy",
        "health_source_missing",
        "image_unreadable",
        "instances_protected",
        "autoscale_unreadable",
        "permissions_unreadable",
        "alerts_fired",
    ]


def test_a_rollout_that_is_confined_to_what_does_not_exist_is_an_error() -> None:
    with pytest.raises(BadInput, match="zones"):
        findings(intent={"order": order(only=Selection(zones=("9",)))})


UNPROVEN = ImageHistory(rollout_image=NEW, unproven_images=(NEW,))


@pytest.mark.parametrize(
    ("model", "instances", "intent", "proved"),
    [
        ({}, [instance(n, image=NEW) for n in range(3)], {}, True),
        ({}, [*[instance(n, image=NEW) for n in range(3)], instance(3, provisioning_state="Deleting")], {}, True),
        ({}, [instance(image=NEW), instance("winvm", attached="it runs Windows", health=None)], {}, True),
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
def test_an_image_has_proved_itself_when_every_instance_runs_it_and_is_well(
    model: dict[str, Any], instances: list[Instance], intent: dict[str, Any], proved: bool
) -> None:
    given = prepared(model={"image": NEW, "image_history": UNPROVEN, **model}, instances=instances, intent=intent)
    assert proves_image(*given) is proved


@pytest.mark.parametrize(
    ("model", "set_manual", "writes"),
    [
        ({}, False, True),
        ({"image": NEW}, False, False),
        ({"image": NEW}, True, False),
        ({"image": NEW, "upgrade_policy": "Rolling"}, False, False),
        ({"image": NEW, "upgrade_policy": "Rolling"}, True, True),
    ],
)
def test_whether_the_model_is_to_be_written(model: dict[str, Any], set_manual: bool, writes: bool) -> None:
    inputs, intent = prepared(model=model, instances=[], intent={"set_manual": set_manual})
    assert writes_model(inputs, intent) is writes
    # A policy that is restored at the end is no reason for a rollout.
    assert writes_model(inputs, replace(intent, restore_policy=True)) is ("image" not in model)


def test_a_set_without_a_model_is_not_written() -> None:
    assert writes_model(*prepared(model=NO_PROFILE)) is False


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
    document: dict[str, Any],
    instances: list[Instance],
    order: Order,
    target: ImageDetails | None,
    previous: ImageDetails | None,
    permissions: list[dict[str, Any]] | None,
    state: str,
    manual: bool,
    known: bool,
) -> None:
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
