# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Which management locks hold for a resource."""

from __future__ import annotations

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._model.locks import Lock, locks_of

GROUP = "/subscriptions/s/resourceGroups/rg-shop"
SET = f"{GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/web"


def entry(scope: str, level: str = "ReadOnly", name: str = "keep") -> dict[str, object]:
    return {"id": f"{scope}/providers/Microsoft.Authorization/locks/{name}", "properties": {"level": level}}


@pytest.mark.parametrize("scope", ["/subscriptions/s", GROUP, SET, SET.upper()])
def test_locks_at_and_above_a_resource_hold_for_it(scope: str) -> None:
    (found,) = locks_of(SET, [entry(scope)])
    assert found == Lock("keep", "ReadOnly", scope)
    assert found.forbids_writes


@pytest.mark.parametrize(
    "scope", [f"{SET}/virtualMachines/0", f"{SET}2", f"{GROUP}-2", "/subscriptions/s/resourceGroups/rg"]
)
def test_locks_below_and_beside_do_not(scope: str) -> None:
    assert locks_of(SET, [entry(scope)]) == ()


def test_a_lock_against_deletion_forbids_no_write() -> None:
    (found,) = locks_of(SET, [entry(GROUP, "CanNotDelete")])
    assert not found.forbids_writes


def test_what_is_no_lock_is_passed_over() -> None:
    assert locks_of(SET, [{}, {"id": None}, {"id": SET}]) == ()


@pytest.mark.parametrize(
    ("scope", "place"),
    [("/subscriptions/s", "subscription s"), (GROUP, "resource group rg-shop"), (SET, "virtualMachineScaleSets web")],
)
def test_where_a_lock_is(scope: str, place: str) -> None:
    assert locks_of(SET, [entry(scope)])[0].describe() == f"the ReadOnly lock keep on {place}"
