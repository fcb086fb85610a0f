# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import ArmFault, Forbidden
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.check_actors import actor_findings
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import Claim
from ansible_collections.azroll.vmss.tests.unit.builders import OLD
from ansible_collections.azroll.vmss.tests.unit.preflight import (
    SCALING,
    Case,
    assert_found_alone,
    done,
    held,
    prepared,
)

OFF = replace(SCALING, enabled=False)
FORBIDDEN = Forbidden("Could not read it", advice="Assign a role.")
CLUSTER: dict[str, Any] = {"model": {"tags": {"cluster-autoscaler-enabled": "true"}}}
POOL: dict[str, Any] = {"model": {"tags": {"__AzureDevOpsElasticPool": "agents"}}}
ANY_CAPACITY: dict[str, Any] = {"intent": {"any_capacity": True}}
HOLD: dict[str, Any] = {"intent": {"hold_autoscale": True}}
NO_LEASE: dict[str, Any] = {"intent": {"claim": Claim("mine", minutes=0)}}
TAKE_OVER: dict[str, Any] = {"intent": {"claim": Claim("mine", take_over=True)}}
SEVERAL_LEFT_OFF = held(run_id="mine", held=("autoscale=web-rg/web-cpu", "autoscale=ops/nightly", "repairs"))


def tagged(count: int, **model: Any) -> dict[str, Any]:
    """A set with so many tags of its owner."""
    return {"model": {"tags": {f"tag-{number}": "" for number in range(count)}, **model}}


CASES: dict[str, Case] = {
    "held by another": Case("lease", "refusal", "Wait until it has ended", held()),
    "a lease without a readable end": Case("lease", "refusal", "O(take_over_lease=true)", held(expires=None)),
    "a lease, and no time on Azure's clock": Case(
        "lease", "refusal", "Wait until it has ended", {**held(expires="2026-11-22T10:00:00Z"), "now": None}
    ),
    "expired lease": Case("lease", "warning", "It will be taken over", held(expires="2026-11-22T10:00:00Z")),
    "a lease that ends now": Case("lease", "warning", "It will be taken over", held(expires="2026-11-22T10:15:00Z")),
    "lease of the dead": Case("lease", "warning", "It will be taken over", {**held(), "holder_dead": True}),
    "taken over": Case("lease", "warning", "It will be taken over", {**held(), **TAKE_OVER}),
    "autoscale": Case("autoscale", "warning", "Set O(hold_autoscale=true)", {"autoscale": (SCALING,)}),
    "autoscale to be held": Case(
        "autoscale", "warning", "held for the time of the rollout", {"autoscale": (SCALING,), **HOLD}
    ),
    "scaled by others": Case("scaled_by_others", "needs_acceptance", "O(capacity_changes=accept)", CLUSTER),
    "scaled by others as accepted": Case(
        "scaled_by_others", "warning", "takes more than half of them", {**CLUSTER, **ANY_CAPACITY}
    ),
    "no room for the lease": Case("tag_limit", "refusal", "O(lease_minutes=0)", tagged(45)),
    "no room for what outlasts the lease": Case("tag_limit", "warning", "give rollout_image to roll back", tagged(40)),
    "unknown autoscale": Case("autoscale_unreadable", "warning", "autoscaleSettings/read", {"autoscale": None}),
    "unknown autoscale to be held": Case(
        "autoscale_unreadable", "refusal", "or set O(hold_autoscale=false)", {"autoscale": None, **HOLD}
    ),
    "unknown autoscale that a run has left held": Case(
        "autoscale_unreadable",
        "needs_acceptance",
        "or switch them on yourself",
        {**SEVERAL_LEFT_OFF, "autoscale": None},
    ),
    "repairs that stay on": Case(
        "repairs_running",
        "warning",
        "Set O(suspend_repairs=true)",
        {"repairs_state": "Running", "intent": {"suspend_repairs": False}},
    ),
    "repairs that nobody holds": Case(
        "repairs_suspended", "warning", "azroll.vmss.vmss_automatic_repairs", {"repairs_state": "Suspended"}
    ),
    "what cannot be read": Case("unreadable", "warning", "Assign a role", {"unread": (FORBIDDEN,)}),
}
NOTHING: dict[str, dict[str, Any]] = {
    "an ordinary set": {},
    "the lease of this run": held(run_id="mine"),
    "autoscale that is off": {"autoscale": (OFF,)},
    "autoscale that is off, to be held": {"autoscale": (OFF,), **HOLD},
    "repairs that are to be held": {"repairs_state": "Running"},
    "repairs that an earlier run of this id holds": {
        **held(run_id="mine", held=("repairs",)),
        "repairs_state": "Suspended",
    },
    "repairs in another state": {"repairs_state": "NotRunning", "intent": {"suspend_repairs": False}},
    "many tags, without a lease": {**tagged(45), **NO_LEASE},
    "many tags, and nothing to do": {**done(), **tagged(45, image=done()["model"]["image"])},
    "few tags": tagged(30),
}


@pytest.mark.parametrize("case", CASES)
def test_each_case_is_found_alone_with_a_way_out(case: str) -> None:
    assert_found_alone(CASES[case])


@pytest.mark.parametrize("case", NOTHING)
def test_nothing_is_made_up(case: str) -> None:
    assert list(actor_findings(*prepared(**NOTHING[case]))) == []


def messages(code: str, **given: Any) -> list[str]:
    return [one.message for one in actor_findings(*prepared(**given)) if one.code == code]


@pytest.mark.parametrize("given", [{}, TAKE_OVER])
def test_who_holds_the_lease_is_said(given: dict[str, Any]) -> None:
    (message,) = messages("lease", **held(holder="ops@ci#1"), **given)
    assert "run theirs (holder ops@ci#1) until 2026-11-22T11:00:00Z" in message


def test_each_setting_that_acts_is_named_with_its_group_where_that_is_another() -> None:
    settings = (SCALING, OFF, replace(SCALING, resource_group="WEB-RG"), replace(SCALING, resource_group="ops"))
    (message,) = messages("autoscale", autoscale=settings)
    here = "web-cpu (2 to 10 instances)"
    assert message == f"Autoscale acts on web: {here}, {here}, {here} of resource group ops"


def test_settings_that_cannot_be_read_and_were_left_off_are_named() -> None:
    (message,) = messages("autoscale_unreadable", **SEVERAL_LEFT_OFF, autoscale=None)
    assert "left switched off (web-rg/web-cpu, ops/nightly)" in message


def test_the_lease_is_spoken_of_where_a_service_writes_the_tags_and_there_is_one() -> None:
    def advice(*given: dict[str, Any]) -> str:
        intent = {name: value for one in given for name, value in one["intent"].items()}
        (found,) = actor_findings(*prepared(**POOL, intent=intent))
        return found.advice

    assert "O(lease_minutes=0)" in advice(ANY_CAPACITY)
    assert "lease" not in advice(ANY_CAPACITY, NO_LEASE)
    (cluster,) = actor_findings(*prepared(**CLUSTER))
    assert "lease" not in cluster.advice


@pytest.mark.parametrize("count", range(51))
def test_room_for_the_tags_ends_step_by_step(count: int) -> None:
    """Each tag more is as serious as the one before it or more so."""

    def seriousness(tags: int) -> int:
        found = [one.severity for one in actor_findings(*prepared(**tagged(tags))) if one.code == "tag_limit"]
        return ["warning", "refusal"].index(found[0]) + 1 if found else 0

    assert seriousness(count) <= seriousness(count + 1)
    assert (seriousness(0), seriousness(50)) == (0, 2)


@pytest.mark.parametrize(
    ("fewest", "given"),
    [
        # Run, holder, target, since, expires, and the image before.
        (45, {}),
        (44, {"intent": {"set_manual": True}, "upgrade_policy": "Rolling"}),
        (44, {"intent": {"suspend_repairs": True}, "automatic_repairs": True}),
        (45, {"intent": {"suspend_repairs": False}, "automatic_repairs": True}),
        (44, {**HOLD, "autoscale": (SCALING,)}),
        (45, {**HOLD, "autoscale": (OFF,)}),
        (46, {"previous": Image()}),
    ],
)
def test_the_lease_is_refused_by_all_that_it_may_have_to_remember(fewest: int, given: dict[str, Any]) -> None:
    model = {name: given[name] for name in ("upgrade_policy", "automatic_repairs") if name in given}
    more = {name: value for name, value in given.items() if name not in model}

    def refused(count: int) -> bool:
        found = actor_findings(*prepared(**tagged(count, **model), **more))
        return ("tag_limit", "refusal") in [(one.code, one.severity) for one in found]

    assert (refused(fewest - 1), refused(fewest)) == (False, True)


def test_tags_that_this_collection_wrote_make_room_for_the_new_ones() -> None:
    given = tagged(39)
    given["model"]["tags"] |= held(run_id="mine", holder="ops", since="2026-11-22T10:00:00Z", previous_image=OLD)[
        "model"
    ]["tags"]
    assert messages("tag_limit", **given) == messages("tag_limit", **tagged(39))


def test_what_cannot_be_read_is_said_with_azures_code_each_for_itself() -> None:
    denied = Forbidden("Could not read that", advice="Assign a role.", fault=ArmFault(403, "AuthorizationFailed"))
    assert messages("unreadable", unread=(FORBIDDEN, denied)) == [
        "Could not read it",
        "Could not read that (AuthorizationFailed)",
    ]
