# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The page of the steps names every step, what they return, and every key of a report."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from ansible_collections.azroll.vmss.plugins.module_utils._rollout import state as journal
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.report import build_report
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import State
from ansible_collections.azroll.vmss.plugins.module_utils._steps.steps import NAMES, outcome
from ansible_collections.azroll.vmss.plugins.modules import rollout_step as page
from ansible_collections.azroll.vmss.tests.unit.builders import instance, scale_set

OPTIONS: dict[str, Any] = yaml.safe_load(page.DOCUMENTATION)["options"]
# Only some steps return these, a wait before its end, or a failure.
OF_SOME = {"halted", "report", "msg", "vmss_progress", "heatmap", "failed_at"}
OF_ACTION = {"done", "calls"}


def returned() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(page.RETURN)
    return found


def report(**facts: Any) -> dict[str, Any]:
    known = journal.start("web", "web-rg", "10:00")
    known = journal.begin_batch(known, {"name": "canary", "instance_ids": ["0"]}, "10:01")
    return build_report(journal.note(known, **facts), scale_set(), [instance(0)], planned=False)


def test_only_the_step_is_required() -> None:
    assert {name for name, option in OPTIONS.items() if option.get("required")} == {"step"}


def test_the_choices_are_the_steps() -> None:
    assert sorted(OPTIONS["step"]["choices"]) == sorted(NAMES)


def test_what_every_step_returns_is_documented() -> None:
    state = State({}, "run-a", "ops@host", lambda: "10:00")
    # Ansible itself documents `changed`.
    assert set(returned()) == set(outcome(state, {})) - {"changed"} | OF_ACTION | OF_SOME


@pytest.mark.parametrize("cause", [None, "it broke"])
def test_the_keys_of_a_report_are_documented(cause: str | None) -> None:
    documented = returned()["report"]["contains"]
    wanted = {name for name, spec in documented.items() if cause or spec["returned"] == "always"}
    assert set(report(cause=cause)) == wanted


def test_the_keys_of_a_batch_and_of_an_earlier_run_are_documented() -> None:
    documented = returned()["report"]["contains"]
    held = {
        "continues": "run-b",
        "held": [],
        "image_before": None,
        "lease_before": {"run_id": "run-b", "holder": "x", "target": "y", "since": "9:00", "expires": "11:00"},
    }
    made = build_report(
        journal.begin_batch(
            journal.hold(journal.start("web", "web-rg", "10:00"), held), {"name": "canary", "instance_ids": ["0"]}, ""
        ),
        scale_set(),
        [],
        planned=False,
    )
    assert set(made["batches"][0]) == set(documented["batches"]["contains"])
    assert set(made["earlier_run"]) == set(documented["earlier_run"]["contains"])


def test_a_report_is_plain_data() -> None:
    assert json.loads(json.dumps(report(cause="it broke"))) == report(cause="it broke")
