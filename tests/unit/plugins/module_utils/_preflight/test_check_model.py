# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._guards.image_change import Reason
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.check_model import (
    CLOSE,
    MODEL_LIMIT,
    model_findings,
    of_guard,
    will_write,
)
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, instance, ubuntu
from ansible_collections.azroll.vmss.tests.unit.preflight import (
    Case,
    assert_found_alone,
    done,
    five,
    held,
    order,
    prepared,
    skipping,
)

AUTOMATIC, ON_NEW = {"upgrade_policy": "Automatic"}, {"upgrade_policy": "Automatic", "image": NEW}
PROBE = {"networkProfile": {"healthProbe": {"id": "/probe"}}}
SET_MANUAL = "Set O(upgrade_policy=set_manual)"


def models(count: int) -> dict[str, Any]:
    """A set that refers to so many models with its own, and has room to move an instance."""
    images = [ubuntu(f"1.{number}.0") for number in range(count - 1)]
    return {
        "instances": [instance(number, image=image) for number, image in enumerate(images)],
        "intent": {"order": order("50%")},
    }


CASES: dict[str, Case] = {
    "Service Fabric": Case("service_fabric", "refusal", "There is no override", {"model": {"service_fabric": True}}),
    "AKS by its tags": Case("managed", "needs_acceptance", "through AKS", {"model": {"managed_by": "AKS"}}),
    "Databricks by its group": Case("managed", "needs_acceptance", "through Databricks", {"owner": "Databricks"}),
    "Automatic": Case("upgrade_policy", "refusal", SET_MANUAL, {"model": AUTOMATIC}),
    "Rolling, to be set": Case(
        "upgrade_policy",
        "warning",
        "set to Manual together with the image",
        {"model": {"upgrade_policy": "Rolling"}, "intent": {"set_manual": True}},
    ),
    "Automatic, all done": Case("upgrade_policy", "warning", "There is nothing to do", {**done(), "model": ON_NEW}),
    "Automatic, all done but the skipped": Case(
        "upgrade_policy",
        "warning",
        "There is nothing to do",
        {"model": ON_NEW, "instances": five()[:1], "intent": skipping("0")},
    ),
    "Automatic, a lease to be taken over": Case(
        "upgrade_policy", "refusal", SET_MANUAL, {**done(), "model": {**held(run_id="mine")["model"], **ON_NEW}}
    ),
    "Automatic, to be restored once the last ones are well": Case(
        "upgrade_policy",
        "refusal",
        SET_MANUAL,
        {**done(1, health="unhealthy"), "model": ON_NEW, "intent": {"restore_policy": True}},
    ),
    "Automatic, some left": Case("upgrade_policy", "refusal", SET_MANUAL, {"model": ON_NEW}),
    "automatic OS upgrades": Case(
        "automatic_os_upgrade",
        "needs_acceptance",
        "enableAutomaticOSUpgrade off",
        {"model": {"automatic_os_upgrade": True}},
    ),
    "rolling upgrade": Case(
        "rolling_upgrade", "refusal", "Wait until it has ended", {"rolling_upgrade": "RollingForward"}
    ),
    "a rolling upgrade back": Case("rolling_upgrade", "refusal", "cancel it", {"rolling_upgrade": "RollingBack"}),
    "close to the limit of models": Case("model_limit", "warning", "to the latest model first", models(CLOSE)),
    "one below the limit of models": Case("model_limit", "warning", "all_instances", models(MODEL_LIMIT - 1)),
    "as many models as there may be": Case("model_limit", "needs_acceptance", "all_instances", models(MODEL_LIMIT)),
    "no health source": Case(
        "health_source_missing",
        "needs_acceptance",
        "Add the application health extension",
        {"model": {"health_source": None}},
    ),
    "two health sources": Case("health_source_twice", "warning", "Remove one of the two", {"profile": PROBE}),
    "a health source that is silent": Case(
        "health_never_reported",
        "needs_acceptance",
        "rollout_health_url",
        {"silent_source": "application_health_extension", "model": {"health_source": None}},
    ),
}
NOTHING: dict[str, dict[str, Any]] = {
    "an ordinary set": {},
    "a rolling upgrade that has ended": {"rolling_upgrade": "Completed"},
    "fewer models than are close to the limit": models(CLOSE - 1),
    "many models, and the image is in the model already": {**models(MODEL_LIMIT), "model": {"image": NEW}},
    "another image on a Flexible set of many": {**models(MODEL_LIMIT), "model": {"orchestration_mode": "Flexible"}},
    "many models of instances that are being deleted": {
        "instances": [
            instance(number, image=ubuntu(f"1.{number}.0"), provisioning_state="Deleting" if number else "Succeeded")
            for number in range(MODEL_LIMIT)
        ]
    },
    "a probe alone": {"model": {"health_source": "load_balancer_probe"}, "profile": PROBE},
    "the extension alone": {"profile": {"networkProfile": {"healthProbe": None}}},
}


@pytest.mark.parametrize("case", CASES)
def test_each_case_is_found_alone_with_a_way_out(case: str) -> None:
    assert_found_alone(CASES[case])


@pytest.mark.parametrize("case", NOTHING)
def test_nothing_is_made_up(case: str) -> None:
    assert list(model_findings(*prepared(**NOTHING[case]))) == []


def test_the_owner_in_the_tags_goes_before_that_of_the_group() -> None:
    (found,) = model_findings(*prepared(model={"managed_by": "AKS"}, owner="Databricks"))
    assert "belongs to AKS" in found.message


def test_what_can_be_overridden_can_be_accepted_and_nothing_else() -> None:
    assert of_guard(Reason("managed", "It is so", "Do it", override="managed")).severity == "needs_acceptance"
    found = of_guard(Reason("service_fabric", "It is so", "Do it."))
    assert (found.code, found.severity, found.message, found.advice) == (
        "service_fabric",
        "refusal",
        "It is so",
        "Do it.",
    )


def test_models_are_counted_by_the_images_that_are_seen() -> None:
    (found,) = model_findings(*prepared(**models(MODEL_LIMIT)))
    assert f"at least {MODEL_LIMIT} models" in found.message


def test_of_a_silent_source_the_instances_that_run_are_named_in_their_order() -> None:
    instances = [*(instance(number) for number in (10, 9)), instance(3, power="stopped")]
    (found,) = model_findings(
        *prepared(silent_source="load_balancer_probe", model={"health_source": None}, instances=instances)
    )
    assert found.instances == ("9", "10")
    assert "health source (load balancer probe), but none of its 2 running instances" in found.message


@pytest.mark.parametrize(
    ("given", "writes"),
    [
        ({}, True),
        (done(), False),
        ({"model": {"image": NEW}}, True),
        ({**done(), "model": {}}, True),
        ({"model": {"image": NEW}, "instances": five(protected=True)[:1]}, False),
        ({**done(), "model": {**held()["model"], "image": NEW}}, True),
        ({**done(health="unhealthy"), "intent": {"restore_policy": False}}, False),
        ({**done(health="unhealthy"), "intent": {"restore_policy": True}}, True),
        ({**done(), "intent": {"restore_policy": True}}, False),
    ],
    ids=[
        "another image",
        "nothing to do",
        "instances to be moved",
        "the image alone",
        "no instance that can be moved",
        "a lease to be released",
        "unhealthy ones",
        "a policy to be restored when they are well",
        "a policy that was never changed",
    ],
)
def test_the_model_is_written_where_there_is_anything_to_do(given: dict[str, Any], writes: bool) -> None:
    assert will_write(*prepared(**given)) is writes
