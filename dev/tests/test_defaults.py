# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""To change a default is one edit: the rest is written."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from defaults import CONSTANTS, SHARED, constants, of_role, with_defaults, written

OPTIONS = """\
options:
  first:
    description: The value of default: is not here.
    type: str
    default: 20%
  second:
    suboptions:
      default:
        type: str
    default: true
  third:
    type: str
"""
NOW = {"first": "20%", "second": True, "third": None}
TEXTS = st.text(st.characters(codec="ascii"))
VALUES = st.one_of(st.booleans(), st.integers(), TEXTS, st.lists(st.integers() | TEXTS, max_size=3))


def test_what_is_right_stays_as_it_is() -> None:
    assert with_defaults(OPTIONS, 2, NOW) == OPTIONS


def test_only_what_differs_is_written() -> None:
    new = with_defaults(OPTIONS, 2, {**NOW, "first": "25%"})
    assert new == OPTIONS.replace("20%", "25%")


@pytest.mark.parametrize("wanted", [{**NOW, "third": 1}, {**NOW, "second": None}])
def test_a_default_without_its_counterpart_is_told(wanted: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"second|third"):
        with_defaults(OPTIONS, 2, wanted)


def test_a_default_of_several_lines_is_told() -> None:
    with pytest.raises(ValueError, match="one line"):
        with_defaults("  first:\n    default:\n      - 1\n", 2, {"first": [2]})


@given(VALUES)
def test_every_value_can_be_read_as_it_was_written(value: object) -> None:
    assert yaml.safe_load(f"default: {written(value)}\n") == {"default": value}


def test_another_default_of_the_role_is_another_constant_and_nothing_else() -> None:
    old = CONSTANTS.read_text(encoding="utf-8")
    new = constants({**of_role(), "rollout_max_unavailable": "25%"})
    assert new == old.replace('MAX_UNAVAILABLE = "20%"', 'MAX_UNAVAILABLE = "25%"') != old


def test_every_constant_is_used() -> None:
    plugins = CONSTANTS.parents[2]
    sources = [path.read_text(encoding="utf-8") for path in plugins.rglob("*.py") if path != CONSTANTS]
    used = [source for source in sources if "_common.defaults import" in source]
    assert {name for name in SHARED.values() if not any(name in source for source in used)} == set()
