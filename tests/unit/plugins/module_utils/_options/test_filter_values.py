# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What filters are given, read as Ansible reads options; an error names what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._options import filter_values as values
from ansible_collections.azroll.vmss.plugins.module_utils._plan.limit import Limit
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, instance, vmss_facts


@pytest.mark.parametrize(
    ("read", "given", "expected"),
    [
        (values.read_flag, "yes", True),
        (values.read_flag, 0, False),
        (values.read_number, "7", 7),
        (values.read_dict, '{"a": 1}', {"a": 1}),
        (values.read_texts, "a,b", ("a", "b")),
        (values.read_texts, [1, "b"], ("1", "b")),
        (values.read_texts, None, ()),
        (values.read_texts, "", ()),
    ],
)
def test_values_and_their_texts(read: Any, given: Any, expected: Any) -> None:
    assert read(given, "x") == expected


@pytest.mark.parametrize(
    ("read", "given"),
    [
        (values.read_flag, "perhaps"),
        (values.read_number, "many"),
        (values.read_number, float("inf")),
        (values.read_dict, ["a"]),
        (values.read_texts, {"a": 1}),
    ],
)
def test_a_wrong_value_is_refused_by_name(read: Any, given: Any) -> None:
    with pytest.raises(BadInput, match="rollout_thing"):
        read(given, "rollout_thing")


def test_a_record_of_a_scale_set_is_whole() -> None:
    vmss = vmss_facts([instance(0)])
    scale_set, (one,) = values.read_set(vmss)
    assert (scale_set.name, one.instance_id) == ("web", "0")
    for wrong in ({}, None, "web", {name: vmss[name] for name in vmss if name != "instances"}):
        with pytest.raises(BadInput):
            values.read_set(wrong)


def test_a_target_is_an_image() -> None:
    assert values.read_target(NEW.to_dict()) == NEW
    with pytest.raises(BadInput):
        values.read_target({})


def test_a_selection_and_marks_may_be_texts_and_lists() -> None:
    assert values.read_selection({"zones": "1,2", "instance_ids": None}) == values.read_selection({"zones": [1, 2]})
    marks = values.read_marks({"instance_ids": [1], "tags": "old"}, "busy,backup")
    assert (marks.skip_ids, marks.skip_tags, marks.busy_tags) == (("1",), ("old",), ("busy", "backup"))
    with pytest.raises(BadInput, match="ids"):
        values.read_marks({"ids": ["1"]})


def test_limits_are_those_of_the_role() -> None:
    budget = values.read_limits("20%", "", None, "no")
    assert (budget.of_set, budget.of_zone, budget.ignore_missing) == (Limit(20, percent=True), None, False)
    with pytest.raises(BadInput, match="rollout_max_unavailable"):
        values.read_limits("all", None, None, False)
