# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Every parameter of every filter with values that nobody should give: an answer, or one line that names it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._options.filter_values import read_set
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.report import build_report
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.state import begin_batch, end_batch, start
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, instance, vmss_facts
from ansible_collections.azroll.vmss.tests.unit.filters import FILTERS

VMSS = vmss_facts([instance(n, zone=str(n % 2 + 1), update_domain=n % 5) for n in range(6)])
TARGET = NEW.to_dict()
BATCH = {"name": "canary", "instance_ids": ["0"], "canary": True}
STARTED = begin_batch(start("web", "web-rg", "10:00"), BATCH, "10:01")
JOURNAL = {**end_batch(STARTED, "failed", "10:02"), "target_image": TARGET, "cause": "x"}
BUDGET = {
    "max_unavailable": "20%",
    "max_unavailable_per_zone": 1,
    "max_unavailable_per_fault_domain": 1,
    "ignore_missing": False,
}
ORDER = {
    "by": "zone",
    "canary": 1,
    "batches": [1],
    "zone_order": ["1"],
    "domain_order": ["1"],
    "unhealthy_first": True,
    "until": "50%",
    "only": {"zones": ["1"]},
    "skip": {"tags": ["a"]},
    "busy_tags": ["b"],
    "missing_ids": False,
    "by_model": True,
}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("plan", {"vmss": VMSS, "target": TARGET, **BUDGET, **ORDER}),
    (
        "baseline",
        {
            "vmss": VMSS,
            "target": TARGET,
            "any_capacity": False,
            "scaled_by_others": True,
            "by_model": True,
            "ours": ["0"],
        },
    ),
    ("heatmap", {"vmss": VMSS, "target": TARGET}),
    ("previous_image", {"vmss": VMSS, "skip": {"tags": ["a"]}, "only": {"instance_ids": ["0"]}, "remembers": True}),
    ("report_lines", {"report": build_report(JOURNAL, *read_set(VMSS), planned=False)}),
    ("options", {"options": {"rollout_soak": 1}, "folders": ["/nonexistent"], "defaults": {"rollout_soak": 0}}),
    ("given", {"options": {"rollout_soak": "1"}, "defaults": {"rollout_soak": 0}}),
    ("status", {"vmss": VMSS}),
    ("holder", {"job": "5"}),
]
NAMES = [name for name, _call in CALLS]
HUGE = "x" * 100_000
VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 10**30, float("nan"), float("inf")),
    *("", " ", "a\nb", "a\x00b", "\x1b[31m", "名前", "{{ 1 + 1 }}", "../..", "{}", "[1", "hush-hush", HUGE),
    *([], [None], [[]], [{}], ["", 1, None], [HUGE], ["x"] * 5000),
    *({}, {"unknown": 1}, {"": None}, {1: 2}, {"id": 1}, {"instances": [1]}, {"groups": 1}, {"expires": []}),
]


def trouble_with(name: str, call: dict[str, Any], changed: str) -> str:
    """What is wrong with how a call is answered: nothing for data, or for one line that names what was changed."""
    try:
        json.dumps(FILTERS[f"rollout_{name}"](**call))
    except AnsibleFilterError as error:
        words = str(error)
        return "" if changed in words and "\n" not in words and len(words) < 900 else words[:900]
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, OSError) as error:
        return repr(error)[:300]
    return ""


@pytest.mark.parametrize(("name", "call"), CALLS, ids=NAMES)
def test_a_good_call_is_answered(name: str, call: dict[str, Any]) -> None:
    assert FILTERS[f"rollout_{name}"](**call) is not None


def test_every_parameter_of_every_filter_is_given() -> None:
    for name, function in FILTERS.items():
        given_to = {key for one, call in CALLS if f"rollout_{one}" == name for key in call}
        assert set(inspect.signature(function).parameters) <= given_to, name


@pytest.mark.parametrize(("name", "call"), CALLS, ids=NAMES)
def test_no_value_lets_a_traceback_out(name: str, call: dict[str, Any]) -> None:
    wrong = []
    for parameter in call:
        for value in VALUES:
            trouble = trouble_with(name, {**call, parameter: value}, parameter)
            if trouble:
                wrong.append(f"{parameter}={str(value)[:50]!r}: {trouble}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_a_call_with_too_little_or_too_much_is_told_what(name: str) -> None:
    parameters = inspect.signature(FILTERS[name]).parameters
    needed = [key for key, one in parameters.items() if one.default is one.empty]
    if needed:
        with pytest.raises(AnsibleFilterError, match=f"{name}: missing a required .*'{needed[0]}'"):
            FILTERS[name]()
    with pytest.raises(AnsibleFilterError, match=f"{name}: too many positional arguments"):
        FILTERS[name](*range(30))


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to everything inside a record."""
    if path:
        yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield from places(one, (*path, key))


def spoilt(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    """The record with something else in one place; ``...`` takes it out."""
    if not path:
        return other
    if isinstance(value, dict):
        kept = {key: one for key, one in value.items() if key != path[0]}
        return kept if path[1:] == () and other is ... else {**value, path[0]: spoilt(value[path[0]], path[1:], other)}
    return [spoilt(one, path[1:], other) if at == path[0] else one for at, one in enumerate(value)]


DEEP = [
    (name, call, (parameter, *path))
    for name, call in CALLS
    for parameter, value in call.items()
    for path in places(value)
]


@settings(max_examples=400)
@given(st.sampled_from(DEEP), st.sampled_from([..., *VALUES]))
def test_no_spoilt_record_lets_a_traceback_out(case: tuple[str, dict[str, Any], tuple[Any, ...]], other: Any) -> None:
    name, call, path = case
    if other is ... and not isinstance(path[-1], str):
        other = None
    assert trouble_with(name, spoilt(call, path, other), path[0]) == ""
