# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._model.locks import Lock
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.check_writes import write_findings
from ansible_collections.azroll.vmss.tests.unit.preflight import (
    FREEZE,
    SCALING,
    Case,
    assert_found_alone,
    done,
    held,
    prepared,
)

LOCKED_SETTING: dict[str, Any] = {"autoscale_locks": {SCALING.label: (FREEZE,)}}
HOLD: dict[str, Any] = {"intent": {"hold_autoscale": True}}
LEFT_OFF: dict[str, Any] = {
    "autoscale": (replace(SCALING, enabled=False),),
    **held(run_id="mine", held=(f"autoscale={SCALING.label}",)),
}
CASES: dict[str, Case] = {
    "a set that is being deleted": Case(
        "scale_set_deleting", "refusal", "Check the name", {"model": {"provisioning_state": "Deleting"}}
    ),
    "a lock": Case("locked", "refusal", "az lock delete", {"locks": (FREEZE,)}),
    "a lock, and nothing to do": Case("locked", "warning", "az lock delete", {**done(), "locks": (FREEZE,)}),
    "a lock on an autoscale setting that an earlier run has left switched off": Case(
        "locked", "needs_acceptance", "or switch it on yourself later", {**LOCKED_SETTING, **LEFT_OFF}
    ),
    "a disabled subscription": Case(
        "subscription_disabled", "refusal", "enable it again", {"subscription_state": "Disabled"}
    ),
    "a deleted subscription": Case(
        "subscription_disabled", "refusal", "enable it again", {"subscription_state": "Deleted"}
    ),
    "a disabled subscription, and nothing to do": Case(
        "subscription_disabled", "warning", "enable it again", {**done(), "subscription_state": "Disabled"}
    ),
    "a subscription that is not paid for": Case(
        "subscription_disabled", "warning", "settle the payment", {"subscription_state": "PastDue"}
    ),
    "a subscription that has been warned": Case(
        "subscription_disabled", "warning", "settle the payment", {"subscription_state": "Warned"}
    ),
}
NOTHING: dict[str, dict[str, Any]] = {
    "an ordinary set": {},
    "a lock against deletion": {"locks": (Lock("keep", "CanNotDelete", FREEZE.scope),)},
    "locks that cannot be read": {"locks": None},
    "a subscription that is well": {"subscription_state": "Enabled"},
    "a set that is being updated": {"model": {"provisioning_state": "Updating"}},
    "a lock on a setting that is not held": {**LOCKED_SETTING, "autoscale": (SCALING,)},
    "a lock on a setting that is off already": {
        **LOCKED_SETTING,
        **HOLD,
        "autoscale": (replace(SCALING, enabled=False),),
    },
    "a lock against deletion on a setting": {
        **HOLD,
        "autoscale": (SCALING,),
        "autoscale_locks": {SCALING.label: (Lock("keep", "CanNotDelete", FREEZE.scope),)},
    },
    "locks of a setting that cannot be read": {
        **HOLD,
        "autoscale": (SCALING,),
        "autoscale_locks": {SCALING.label: None},
    },
    "a lock on a setting that is no longer there": {**LOCKED_SETTING, **LEFT_OFF, "autoscale": ()},
    "autoscale that cannot be read": {**LOCKED_SETTING, **HOLD, "autoscale": None},
}


@pytest.mark.parametrize("case", CASES)
def test_each_case_is_found_alone_with_a_way_out(case: str) -> None:
    assert_found_alone(CASES[case])


@pytest.mark.parametrize("case", NOTHING)
def test_nothing_is_made_up(case: str) -> None:
    assert list(write_findings(*prepared(**NOTHING[case]))) == []


def test_a_lock_on_an_autoscale_setting_is_an_obstacle_where_it_is_held() -> None:
    (found,) = write_findings(*prepared(autoscale=(SCALING,), **LOCKED_SETTING, **HOLD))
    assert (found.code, found.severity) == ("locked", "refusal")
    assert found.message.startswith(f"Autoscale setting {SCALING.label} cannot be held")
    assert "or set O(hold_autoscale=false)" in found.advice


def test_a_lock_that_is_above_both_is_named_once() -> None:
    (found,) = write_findings(*prepared(autoscale=(SCALING,), locks=(FREEZE,), **LOCKED_SETTING, **HOLD))
    assert found.message.startswith("web cannot be written")
    assert "hold_autoscale" not in found.advice


def test_every_lock_that_forbids_writes_is_named() -> None:
    locks = (FREEZE, Lock("keep", "CanNotDelete", "/subscriptions/s"), Lock("audit", "readOnly", "/subscriptions/s"))
    (found,) = write_findings(*prepared(locks=locks))
    assert found.message.endswith(
        "because of the ReadOnly lock freeze on resource group rg-shop and the readOnly lock audit on subscription s"
    )


def test_all_that_forbids_writes_is_found_at_once() -> None:
    found = write_findings(
        *prepared(locks=(FREEZE,), subscription_state="Disabled", model={"provisioning_state": "deleting"})
    )
    assert [one.code for one in found] == ["scale_set_deleting", "subscription_disabled", "locked"]
