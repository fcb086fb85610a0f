# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Each contradiction has options that show it, and options at its edge that do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._options.conflicts import (
    OF_MODULES,
    OF_THE_ROLE,
    OF_THE_WAY_FORWARD,
    check_combinations,
    contradictions,
)

ROLE = Path(__file__).parents[5] / "roles" / "rollout"
SPEC = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text("utf-8"))["argument_specs"]["main"]["options"]
NONE: list[Any] = [None, "", [], {}]
TIME = "2026-11-22T10:15:00Z"
LEASE = {
    "rollout_lease": 70,
    "rollout_upgrade_timeout": 1800,
    "rollout_health_retries": 29,
    "rollout_health_delay": 10,
    "rollout_health_successes": 1,
    "rollout_warm_up": 0,
    "rollout_sweep_delay": 0,
}
WAITS = ("rollout_upgrade_timeout", "rollout_warm_up", "rollout_soak", "rollout_bake", "rollout_sweep_delay")
# The options that a rule names, in its order, and what is given.
MODULES_WRONG: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    *[
        (("operation_id", "wait_for"), {"operation_id": ["o"], "wait_for": wait_for})
        for wait_for in (None, "healthy", "reported")
    ],
    *[(("sent_at", "wait_for"), {"sent_at": TIME, "wait_for": wait_for}) for wait_for in (None, "healthy", "idle")],
    *[
        (("fresher_than", "wait_for"), {"fresher_than": TIME, "wait_for": wait_for})
        for wait_for in (None, "upgraded", "idle")
    ],
    (("same_model", "wait_for"), {"same_model": True, "wait_for": None}),
    *[(("same_model", "target_image"), {"same_model": True, "target_image": none}) for none in NONE],
    *[
        (
            ("wait_successes", "wait_interval", "wait_timeout"),
            {"wait_successes": successes, "wait_interval": interval, "wait_timeout": timeout},
        )
        for successes, interval, timeout in ((2, 10, 0), (8, 10, 60), (9, 10, 61), (1000, 10, 600))
    ],
    (("skip_tags", "busy_tags"), {"skip_tags": ["Busy", "x"], "busy_tags": ["busy"]}),
    (("only", "skip"), {"only": {"instance_ids": ["0", "Web_1"]}, "skip": {"instance_ids": [2, 0, "web_1"]}}),
    (("scale_in", "scale_set_actions"), {"scale_in": None, "scale_set_actions": None}),
    (("repairs", "state"), {"repairs": True, "state": "released"}),
    (("autoscale", "state"), {"autoscale": True, "state": "released"}),
    (("upgrade_policy", "state"), {"upgrade_policy": "set_manual", "state": "released"}),
    (("take_over", "minutes", "state"), {"take_over": True, "minutes": 0, "state": "held"}),
]
MODULES_RIGHT: list[dict[str, Any]] = [
    *[{"operation_id": ["o"], "wait_for": wait_for} for wait_for in ("upgraded", "idle")],
    *[{"operation_id": none, "sent_at": none, "fresher_than": none, "wait_for": None} for none in NONE],
    {"sent_at": TIME, "wait_for": "upgraded"},
    *[{"fresher_than": TIME, "wait_for": wait_for} for wait_for in ("healthy", "reported")],
    {"same_model": True, "wait_for": "upgraded", "target_image": {"version": "1"}},
    {"same_model": False, "wait_for": None, "target_image": None},
    *[
        {"wait_successes": successes, "wait_interval": interval, "wait_timeout": timeout}
        for successes, interval, timeout in ((1, 10, 0), (7, 10, 60), (8, 10, 61))
    ],
    {"skip_tags": ["never"], "busy_tags": ["busy"]},
    {"skip_tags": None, "busy_tags": ["busy"]},
    {"only": {"instance_ids": ["0", "1"]}, "skip": {"instance_ids": ["0"]}},
    {"only": {"zones": ["1"]}, "skip": {"instance_ids": ["0"]}},
    {"only": {}, "skip": {"instance_ids": ["0"]}},
    *[{"scale_in": one, "scale_set_actions": None} for one in (True, False)],
    {"scale_in": None, "scale_set_actions": False},
    *[{name: False, "state": "released"} for name in ("repairs", "autoscale")],
    {"upgrade_policy": "keep", "state": "released"},
    {"repairs": True, "autoscale": True, "upgrade_policy": "set_manual", "state": "held"},
    {"take_over": True, "minutes": 0, "state": "released"},
    {"take_over": True, "minutes": 1, "state": "held"},
    {"take_over": False, "minutes": 0, "state": "held"},
]
ROLE_WRONG: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    *[
        (
            ("rollout_lease_take_over", "rollout_lease"),
            {"rollout_lease_take_over": value, "rollout_lease": none},
        )
        for value in (True, "yes", "1")
        for none in (0, "0")
    ],
    *[
        (("rollout_only", "rollout_skip"), {"rollout_only": only, "rollout_skip": skip})
        for only, skip in (
            ({"instance_ids": ["web_1", 2]}, {"instance_ids": ["2", "Web_1", "3"]}),
            ({"instance_ids": "1", "zones": ["1"]}, {"instance_ids": ["1"], "tags": ["x"]}),
        )
    ],
    (
        ("rollout_skip", "rollout_busy_tags"),
        {"rollout_skip": {"tags": ["Drain"]}, "rollout_busy_tags": ["batch-job", "drain"]},
    ),
]
FORWARD_WRONG: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    *[
        (("rollout_domain_order", "rollout_by"), {"rollout_domain_order": ["1"], "rollout_by": by})
        for by in ("zone", "batch")
    ],
    *[
        (
            ("rollout_checkpoint", "rollout_canary", "rollout_batches"),
            {"rollout_checkpoint": "canary", "rollout_canary": none, "rollout_batches": []},
        )
        for none in (0, "0")
    ],
    *[
        (
            ("rollout_quarantine", "rollout_max_unavailable"),
            {"rollout_quarantine": 1, "rollout_max_unavailable": one},
        )
        for one in (1, " 1 ")
    ],
    *[((name, "rollout_lease"), {name: 2131, "rollout_lease": lease}) for name in WAITS for lease in (71, "71")],
    # Room for 290 s and the upgrade, twice: 4180 s.
    (tuple(LEASE), {**LEASE, "rollout_lease": 69}),
    # The gates: 400 s of warm-up, health for 300 s, four times, and the sweep.
    (tuple(LEASE), {**LEASE, "rollout_warm_up": 400, "rollout_sweep_delay": 501}),
]
ROLE_RIGHT: list[dict[str, Any]] = [
    *[{"rollout_lease_take_over": value, "rollout_lease": 0} for value in (False, "false", "no", "0")],
    {"rollout_lease_take_over": True, "rollout_lease": 1},
    {"rollout_only": {"instance_ids": ["1", "2"]}, "rollout_skip": {"instance_ids": ["1"]}},
    {"rollout_only": {"zones": ["1"]}, "rollout_skip": {"instance_ids": ["1"]}},
    {"rollout_skip": {"tags": ["never"]}, "rollout_busy_tags": ["busy"]},
    {"rollout_domain_order": [], "rollout_by": "zone"},
    *[{"rollout_domain_order": ["1"], "rollout_by": by} for by in ("update_domain", "fault_domain")],
    {"rollout_checkpoint": "canary", "rollout_canary": 0, "rollout_batches": [1, "20%"]},
    {"rollout_checkpoint": "canary", "rollout_canary": 1, "rollout_batches": []},
    {"rollout_checkpoint": "batch", "rollout_canary": 0, "rollout_batches": []},
    {"rollout_quarantine": 1, "rollout_max_unavailable": 2},
    {"rollout_quarantine": 1, "rollout_max_unavailable": "1%"},
    {"rollout_quarantine": 0, "rollout_max_unavailable": "1"},
    *[{name: 2130, "rollout_lease": 71} for name in WAITS],
    *[{name: 7200, "rollout_lease": 0} for name in WAITS],
    LEASE,
    {**LEASE, "rollout_lease": 0},
    {**LEASE, "rollout_warm_up": 400, "rollout_sweep_delay": 500},
]


def shown(options: dict[str, Any], *rules: Any, wrong: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    return [one.options for one in contradictions(rules, options, wrong)]


@pytest.mark.parametrize(("names", "options"), MODULES_WRONG, ids=repr)
def test_options_of_a_module_that_contradict_each_other_are_refused_by_name(
    names: tuple[str, ...], options: dict[str, Any]
) -> None:
    assert names in shown(options, *OF_MODULES)
    rule = next(one for one in OF_MODULES if one.options == names)
    with pytest.raises(BadInput) as caught:
        check_combinations(options)
    assert (caught.value.message, caught.value.advice) == (rule.message, rule.advice)


@pytest.mark.parametrize("options", MODULES_RIGHT, ids=repr)
def test_options_of_a_module_that_can_be_meant_together_are_taken(options: dict[str, Any]) -> None:
    assert shown(options, *OF_MODULES) == []
    check_combinations(options)


@pytest.mark.parametrize(("names", "options"), [*ROLE_WRONG, *FORWARD_WRONG], ids=repr)
def test_options_of_the_role_that_contradict_each_other_are_found_alone(
    names: tuple[str, ...], options: dict[str, Any]
) -> None:
    assert shown(options, *OF_THE_ROLE, *OF_THE_WAY_FORWARD) == [names]


@pytest.mark.parametrize("options", ROLE_RIGHT, ids=repr)
def test_options_of_the_role_that_can_be_meant_together_are_taken(options: dict[str, Any]) -> None:
    assert shown(options, *OF_THE_ROLE, *OF_THE_WAY_FORWARD) == []


@pytest.mark.parametrize(
    ("rules", "cases"), [(OF_MODULES, MODULES_WRONG), (OF_THE_ROLE, ROLE_WRONG), (OF_THE_WAY_FORWARD, FORWARD_WRONG)]
)
def test_every_contradiction_has_a_case(rules: Any, cases: list[tuple[tuple[str, ...], dict[str, Any]]]) -> None:
    assert {one.options for one in rules} == {names for names, _options in cases}


@pytest.mark.parametrize("rule", [*OF_MODULES, *OF_THE_ROLE, *OF_THE_WAY_FORWARD], ids=lambda one: one.message[:40])
def test_every_contradiction_names_its_options(rule: Any) -> None:
    said = rule.message + rule.advice
    # How often a check has to be good is a part of how long the gates take, which the message names by the retries.
    assert {name for name in rule.options if name not in said} <= {"rollout_health_successes", "state"}
    assert rule.advice.endswith(".")


def test_rules_of_the_role_are_of_options_that_it_has() -> None:
    # A misspelt one would never be looked at.
    assert {name for one in (*OF_THE_ROLE, *OF_THE_WAY_FORWARD) for name in one.options} <= set(SPEC)


def test_what_is_not_given_or_wrong_by_itself_is_not_looked_at() -> None:
    options = {"rollout_lease_take_over": True, "rollout_lease": 0}
    assert shown(options, *OF_THE_ROLE) == [("rollout_lease_take_over", "rollout_lease")]
    assert shown({"rollout_lease_take_over": True}, *OF_THE_ROLE) == []
    unread = {**options, "rollout_lease": "two hours"}
    assert shown(unread, *OF_THE_ROLE, wrong=("rollout_lease",)) == []


def test_all_contradictions_of_the_role_are_found_at_once() -> None:
    both = {**ROLE_WRONG[0][1], **ROLE_WRONG[-1][1]}
    assert shown(both, *OF_THE_ROLE) == [ROLE_WRONG[0][0], ROLE_WRONG[-1][0]]
