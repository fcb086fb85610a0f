# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Whose a scale set is, is judged by its tags, by Azure's clock, and by whether the holder's process is there."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import Refused, ServiceError
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._operations import acquire_lease
from ansible_collections.azroll.vmss.plugins.module_utils._operations.acquire_lease import (
    claim_lease,
    guard_claim,
    server_time,
)
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import Claim
from ansible_collections.azroll.vmss.tests.unit.builders import OLD, scale_set
from ansible_collections.azroll.vmss.tests.unit.plugins.module_utils._operations.conftest import Play
from ansible_collections.azroll.vmss.tests.unit.wire import NOW, get_model

THEIRS = {
    "azroll-run": "theirs",
    "azroll-holder": "eve@ctl2#7/1.0123456789ab",
    "azroll-since": "2020-01-01T10:00:00Z",
    "azroll-expires": "2020-01-01T12:00:00Z",
    "azroll-held": "repairs,upgrade_policy=Automatic",
    "azroll-previous-image": OLD.describe(),
}
# Long past by the clock of any control node.
DURING, AT_THE_END = "2020-01-01T11:59:59+00:00", "2020-01-01T12:00:00+00:00"
EITHER = pytest.mark.parametrize("judge", [guard_claim, claim_lease])

Judge = Callable[[Any, ScaleSet, Claim], object]


def azure(time: str | None = DURING) -> Any:
    return cast(Any, SimpleNamespace(server_time=time))


def held(**tags: str) -> ScaleSet:
    return scale_set(tags={"owner": "shop", **THEIRS, **tags})


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """Who is dead, by name; whoever was asked about is in it afterwards. Nobody is, but for what a test says."""
    dead: dict[str, bool] = {}
    monkeypatch.setattr(acquire_lease, "is_dead", lambda holder: dead.setdefault(holder, False))
    return dead


@EITHER
def test_the_time_of_a_lease_runs_by_azures_clock(judge: Judge) -> None:
    with pytest.raises(Refused, match="Another run rolls web: run theirs") as refusal:
        judge(azure(DURING), held(), Claim("ours"))
    assert refusal.value.kind == "lease"
    judge(azure(AT_THE_END), held(), Claim("ours"))


@EITHER
def test_whose_process_is_dead_holds_nothing_any_more(judge: Judge, asked: dict[str, bool]) -> None:
    asked[THEIRS["azroll-holder"]] = True
    judge(azure(), held(), Claim("ours"))
    with pytest.raises(Refused):
        judge(azure(), held(**{"azroll-holder": "adam@ctl3"}), Claim("ours"))
    assert asked["adam@ctl3"] is False


@EITHER
def test_of_a_set_that_nobody_holds_no_process_is_looked_for(judge: Judge, asked: dict[str, bool]) -> None:
    judge(azure(), scale_set(tags={"owner": "shop"}), Claim("ours"))
    assert asked == {}


@EITHER
def test_the_runs_own_set_is_its_own_and_another_ones_may_be_taken_over(judge: Judge) -> None:
    judge(azure(), held(), Claim("theirs"))
    judge(azure(), held(), Claim("ours", take_over=True))


@EITHER
@pytest.mark.parametrize("tags", [{}, THEIRS])
def test_without_azures_clock_no_lease_is_judged(judge: Judge, tags: dict[str, str]) -> None:
    with pytest.raises(ServiceError, match="carry no date") as caught:
        judge(azure(None), scale_set(tags=tags), Claim("theirs"))
    assert "Date" in caught.value.advice


def test_the_time_is_that_of_the_last_answer(play: Play) -> None:
    arm, _deadline = play(get_model(), get_model(headers={"Date": NOW.replace("10:15", "10:20")}))
    with pytest.raises(ServiceError, match="no date"):
        server_time(arm)
    seen = []
    for _read in range(2):
        arm.get_scale_set("rg-shop", "web")
        seen.append(server_time(arm).isoformat())
    assert seen == ["2026-11-22T10:15:00+00:00", "2026-11-22T10:20:00+00:00"]


def test_a_new_lease_begins_at_azures_time() -> None:
    lease = claim_lease(azure(), scale_set(), Claim("ours", "me@ctl1", minutes=30))
    assert (lease.run_id, lease.holder, lease.held, lease.previous_image) == ("ours", "me@ctl1", (), None)
    assert (lease.since, lease.expires) == ("2020-01-01T11:59:59Z", "2020-01-01T12:29:59Z")


def test_whoever_comes_after_a_dead_run_undoes_what_that_has_done(asked: dict[str, bool]) -> None:
    asked[THEIRS["azroll-holder"]] = True
    lease = claim_lease(azure(), held(), Claim("ours", "me@ctl1"))
    assert (lease.run_id, lease.holder) == ("ours", "me@ctl1")
    assert (lease.held, lease.previous_image) == (("repairs", "upgrade_policy=Automatic"), OLD)
    assert lease.since == "2020-01-01T11:59:59Z"
