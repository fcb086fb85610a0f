# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Counts and percentages round the safe way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._plan.limit import Limit, smallest_percentage_for


def test_a_percentage_never_allows_more_than_its_share_and_less_than_one_instance_less():
    for total in range(1, 1001):
        for number in range(1, 101):
            allowed = Limit(number, True).of(total)
            assert allowed * 100 <= total * number < (allowed + 1) * 100


def test_a_count_is_that_many_but_not_more_than_there_are():
    for total in range(1, 1001):
        for number in (1, 4, 999, 1000, 5000):
            assert Limit(number, False).of(total) == min(number, total)


def test_the_smallest_percentage_is_enough_and_the_next_smaller_is_not():
    for total in range(1, 1001):
        for count in (1, 2, total // 2 or 1, total):
            if count <= total:
                enough = smallest_percentage_for(count, total)
                assert Limit(enough, True).of(total) >= count
                assert enough == 1 or Limit(enough - 1, True).of(total) < count


def test_no_percentage_of_nothing_is_enough():
    assert smallest_percentage_for(1, 0) == 100


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        (4, Limit(4, False)),
        ("4", Limit(4, False)),
        (" 4 ", Limit(4, False)),
        ("20%", Limit(20, True)),
        ("20 %", Limit(20, True)),
        ("100%", Limit(100, True)),
        ("1000", Limit(1000, False)),
    ],
)
def test_counts_and_percentages_are_read(text, limit):
    assert Limit.parse(text, "x") == limit


@pytest.mark.parametrize("text", [0, "0", "0%", "101%", -1, "-1", "", "%", "20%%", "0.2", 0.2, "a fifth", True, None])
def test_anything_else_is_refused_by_the_options_name(text):
    with pytest.raises(BadInput, match=r"^rollout_max_unavailable is .* neither a count nor a percentage"):
        Limit.parse(text, "rollout_max_unavailable")


@given(st.builds(Limit, st.integers(1, 100), st.booleans()))
def test_what_is_written_is_read_back(limit):
    assert Limit.parse(str(limit), "x") == limit
