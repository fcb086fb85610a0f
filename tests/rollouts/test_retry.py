# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The retry of instances that fail for a reason that passes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._filters.reporting import rollout_report_lines
from armsim import scenario
from rollouts.driver import Rollout
from rollouts.options import Options
from rollouts.site import Site, Weather
from rollouts.worlds import ACCEPTABLE, NEW, OLD, PUBLISHER

PASSES = "OSProvisioningTimedOut"


def roll(
    fails: dict[str, Any],
    faults: Sequence[dict[str, Any]] = (),
    actors: Sequence[dict[str, Any]] = (),
    **options: Any,
) -> tuple[dict[str, Any], list[str]]:
    """The report of a roll of six instances, and the kinds of writes that moved instances."""
    document = {
        "version": 1,
        "seed": 7,
        "images": {
            "platform": [{**PUBLISHER, "versions": [{"version": OLD}, {"version": NEW, "upgrade_fails": fails}]}]
        },
        "faults": list(faults),
        "actors": list(actors),
        "resource_groups": [{"name": "rg-shop", "location": "westeurope"}],
        "scale_sets": [
            {"name": "web", "resource_group": "rg-shop", "capacity": 6, "image": {**PUBLISHER, "version": OLD}}
        ],
    }
    site = Site(scenario.check(document), NEW, Weather(), (), 7)
    chosen = Options(image={"version": NEW}, by="batch", max_unavailable="50%", accept=ACCEPTABLE)
    report = Rollout(site, Options(**{**vars(chosen), **options})).run()
    return report, [write.kind for write in site.writes if write.kind in ("upgrade", "reimage")]


def test_what_fails_once_is_reimaged_and_the_rollout_succeeds() -> None:
    report, writes = roll({"code": PASSES, "times": 1})
    assert report["result"] == "succeeded"
    assert writes[:2] == ["upgrade", "reimage"]
    retried = [one for batch in report["batches"] for one in batch["retried"]]
    assert sorted(retried) == sorted(one for batch in report["batches"] for one in batch["instance_ids"])
    canary = report["batches"][0]
    assert f"Retried in {canary['name']}: {canary['retried'][0]}" in rollout_report_lines(report)


@pytest.mark.parametrize(
    ("fails", "options", "writes"),
    [
        ({"code": PASSES}, {}, ["upgrade", "reimage"]),
        ({"code": PASSES, "times": 1}, {"retry_failed": False}, ["upgrade"]),
        ({"code": "VMExtensionProvisioningError", "times": 1}, {}, ["upgrade"]),
    ],
)
def test_what_fails_again_or_for_another_reason_stops_the_rollout(
    fails: dict[str, Any], options: dict[str, Any], writes: list[str]
) -> None:
    report, written = roll(fails, **options)
    assert (report["result"], report["cause_kind"], written) == ("halted", "operation_failed", writes)
    assert fails["code"] in report["cause"]


@pytest.mark.parametrize(
    ("outcome", "times", "result"),
    [("Canceled", 1, "succeeded"), ("Failed", 1, "succeeded"), ("Canceled", 2, "halted"), ("Failed", 2, "halted")],
)
def test_what_an_operation_never_began_is_sent_once_more(
    monkeypatch: pytest.MonkeyPatch, outcome: str, times: int, result: str
) -> None:
    fault = {"kind": "operation", "outcome": outcome, "operation": "*_UpdateInstances", "begins": False, "times": times}
    report, writes = roll({"share": 0.0}, faults=[fault])
    assert (report["result"], writes[:2]) == (result, ["upgrade", "upgrade"])
    assert report["batches"][0]["retried"] == report["batches"][0]["instance_ids"]
    if result == "halted":
        assert report["cause_kind"] == {"Canceled": "preempted", "Failed": "operation_failed"}[outcome]


def test_what_cannot_be_sent_once_more_has_had_its_chance() -> None:
    guard = {"name": "guard", "when": {"at": 60}, "do": {"instances": "all", "protect": True}}
    report, writes = roll({"code": PASSES}, actors=[guard])
    assert (report["result"], writes) == ("halted", ["upgrade"])
    canary = report["batches"][0]
    assert (canary["chosen_for_retry"], canary["retried"]) == (canary["instance_ids"], [])
