# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Writes that Azure accepts and that change nothing are noticed after one more read, whatever it is that is held."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    ArmFault,
    ModelLimit,
    NoEffect,
    OperationFailed,
)
from ansible_collections.azroll.vmss.plugins.module_utils._operations.hold_release import Holds
from ansible_collections.azroll.vmss.tests.unit.plugins.module_utils._operations.test_hold_release import (
    ALL,
    FREE,
    Azure,
    Operation,
    hold,
    lease_manager,
    release,
)
from ansible_collections.azroll.vmss.tests.unit.wire import Clock


class Deaf(Azure):
    """It accepts the writes of one kind, which end as `operation` says, and forgets them."""

    def __init__(self, kind: str, *, operation: Operation | None = None) -> None:
        super().__init__()
        self.kind = kind
        self.operation = operation or Operation()

    def patch_scale_set(self, scale_set: Any, body: Any) -> Any:
        if self.kind == "patch":
            return self.operation
        if self.kind == "policy":
            body = {name: value for name, value in body.items() if name != "properties"}
        return super().patch_scale_set(scale_set, body)

    def set_repairs(self, scale_set: Any, action: str) -> Any:
        if action == self.kind:
            return self.operation
        return super().set_repairs(scale_set, action)

    def put_autoscale_setting(self, resource_group: str, name: str, body: Any) -> Any:
        if self.kind == "autoscale":
            return {"properties": {**body["properties"], "enabled": not body["properties"]["enabled"]}}
        return super().put_autoscale_setting(resource_group, name, body)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("patch", "the lease's part of the tags and the upgrade policy (Automatic, not Manual) are as before"),
        ("policy", "the upgrade policy (Automatic, not Manual) is as before"),
        ("Suspend", "those of web are running as before"),
        ("autoscale", "autoscale setting cpu has succeeded, but it is on as before"),
    ],
)
def test_what_is_not_held_is_said_and_nothing_is_begun(kind: str, words: str) -> None:
    azure, clock = Deaf(kind), Clock()
    with pytest.raises(NoEffect) as caught:
        lease_manager(azure, clock=clock).hold("rg-shop", "web", ALL)
    assert words in caught.value.message
    assert "activity log" in caught.value.advice
    assert sum(clock.sleeps) <= 10


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("policy", "the upgrade policy (Manual, not Automatic) is as before"),
        ("Resume", "those of web are suspended as before"),
        ("autoscale", "autoscale setting cpu has succeeded, but it is off as before"),
        ("patch", "the lease's part of the tags is as before"),
    ],
)
def test_what_stays_held_is_said(kind: str, words: str) -> None:
    azure = Deaf("")
    hold(azure)
    azure.kind = kind
    with pytest.raises(NoEffect) as caught:
        release(azure)
    assert words in caught.value.message
    # Once Azure does what it accepts, the same sets all free.
    azure.kind = ""
    release(azure, remembered=("upgrade_policy=Automatic",))
    assert azure.state() == FREE


def test_an_operation_that_failed_is_told_as_that() -> None:
    azure = Deaf("patch", operation=Operation(OperationFailed("no quota", advice="Ask for more.")))
    with pytest.raises(OperationFailed, match="no quota"):
        hold(azure)


def test_at_the_limit_of_models_the_lease_says_how_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    azure = Azure()
    hold(azure)

    def refused(_scale_set: Any, _body: Any) -> Operation:
        raise ModelLimit("ten", fault=ArmFault(409, "OperationNotAllowed", "limit of 10 models"))

    monkeypatch.setattr(azure, "patch_scale_set", refused)
    with pytest.raises(ModelLimit) as caught:
        release(azure)
    assert "ends by itself at 2026-11-22T12:15:00Z" in caught.value.advice
    assert "O(minutes=0)" in caught.value.advice
    assert caught.value.fault.code == "OperationNotAllowed"
    assert azure.repairs == "Running", "what tags are not needed for is released"


def test_a_read_that_is_behind_the_write_is_no_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    azure, clock = Azure(policy="Manual"), Clock()
    # Before the holds is worked out, before the write, after it, and again.
    state = iter(["Running", "Running", "Running", "Suspended"])
    monkeypatch.setattr(azure, "repairs_state", lambda _scale_set: next(state))
    assert lease_manager(azure, clock=clock).hold("rg-shop", "web", Holds(repairs=True)).held == ("repairs",)
    assert clock.sleeps == [10]
