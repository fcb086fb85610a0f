# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Options in every form that they are given in: YAML, `-e name=value` and surveys."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._options.forms import read_options

DEFAULTS: dict[str, Any] = {
    "rollout_flag": True,
    "rollout_number": 30,
    "rollout_list": [],
    "rollout_only": {},
    "rollout_image": {},
    "rollout_text": "20%",
}
FIELDS = st.sampled_from(["zones", "instance_ids"])


def read(name: str, value: Any) -> Any:
    return read_options({name: value}, DEFAULTS)[name]


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_what_a_survey_leaves_empty_is_the_default(empty: str | None) -> None:
    assert read_options(dict.fromkeys(DEFAULTS, empty), DEFAULTS) == DEFAULTS


@given(
    st.fixed_dictionaries(
        {
            "rollout_flag": st.booleans(),
            "rollout_number": st.integers(-(10**9), 10**9),
            "rollout_list": st.lists(st.integers(0, 99) | st.sampled_from(["a", "20%"]), min_size=1),
            "rollout_only": st.dictionaries(
                st.sampled_from(["zones", "instance_ids"]), st.lists(st.sampled_from("123"), min_size=1)
            ),
        }
    )
)
def test_a_text_means_the_same_as_the_value(options: dict[str, Any]) -> None:
    assert read_options(options, DEFAULTS) == {**DEFAULTS, **options}
    texts = {name: json.dumps(value) for name, value in options.items()}
    assert read_options(texts, DEFAULTS) == {**DEFAULTS, **options}


@pytest.mark.parametrize(
    ("text", "entries"), [("a, b,,c", ["a", "b", "c"]), ("['a', 'b']", ["a", "b"]), ('["a"]', ["a"]), ("7", ["7"])]
)
def test_lists_in_all_their_forms(text: str, entries: list[str]) -> None:
    assert read("rollout_list", text) == entries
    assert read("rollout_list", 7) == [7]


def test_fields_of_a_selection_are_lists_and_those_of_an_image_texts() -> None:
    for zones in ('{"zones": "1,2"}', {"zones": "1,2", "tags": ""}, {"zones": ["1", "2"]}):
        assert read("rollout_only", zones) == {"zones": ["1", "2"]}
    assert read("rollout_only", "zones=1") == {"zones": ["1"]}
    assert read("rollout_image", "version=latest") == {"version": "latest"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("rollout_flag", "perhaps"), ("rollout_number", "3.5"), ("rollout_list", "[1"), ("rollout_only", "zones")],
)
def test_what_cannot_be_read_stays_for_the_check_to_refuse(name: str, value: str) -> None:
    assert read(name, value) == value


def test_a_number_for_a_text_is_a_text_and_a_flag_is_not() -> None:
    assert read("rollout_text", 4) == "4"
    assert read("rollout_text", True) is True


@given(st.dictionaries(st.sampled_from(sorted(DEFAULTS)), st.none() | st.booleans() | st.integers() | st.text()))
def test_no_value_is_an_error_here_and_reading_twice_changes_nothing(options: dict[str, Any]) -> None:
    once = read_options(options, DEFAULTS)
    assert set(once) == set(DEFAULTS)
    assert read_options(once, DEFAULTS) == once
