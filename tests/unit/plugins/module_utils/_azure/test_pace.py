# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Lists are as far apart as Azure's limit demands, and no further."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._azure.pace import (
    LIST_REFILL,
    LIST_TOKENS,
    SHORTEST,
    Pace,
    left_of,
    pages_of,
)

pages = st.integers(1, LIST_TOKENS)
left = st.integers(0, LIST_TOKENS)
wanted = st.floats(0, 3_600)


@given(pages, left, wanted, st.floats(0, 1_000))
def test_a_list_is_never_refused_when_nobody_else_lists(pages, left, wanted, passed):
    pace = Pace(pages, left, at=100.0)
    pause = pace.interval(wanted, 100.0 + passed)
    there = min(left + (passed + pause) * LIST_REFILL, LIST_TOKENS)
    assert there >= min(2 * pages, LIST_TOKENS) - 1e-6
    assert pause >= max(wanted, SHORTEST)


@given(pages, pages, left, left, wanted)
def test_dearer_lists_and_less_that_is_left_mean_longer_intervals(pages, more, left, less, wanted):
    pages, more = sorted((pages, more))
    less, left = sorted((less, left))
    assert Pace(pages, left).interval(wanted, 0) <= Pace(more, left).interval(wanted, 0)
    assert Pace(pages, left).interval(wanted, 0) <= Pace(pages, less).interval(wanted, 0)


@given(pages, left, wanted, st.floats(0, 1_000), st.floats(0, 1_000))
def test_time_only_helps(pages, left, wanted, sooner, later):
    sooner, later = sorted((sooner, later))
    pace = Pace(pages, left)
    assert pace.interval(wanted, later) <= pace.interval(wanted, sooner)


@given(pages, wanted)
def test_where_azure_told_nothing_the_wish_stands(pages, wanted):
    assert Pace(pages).interval(wanted, 0) == max(wanted, SHORTEST)


@given(st.integers(1, 1_000))
def test_lists_of_one_page_every_ten_seconds_go_on_for_ever(looks):
    pace, now, there = Pace(1, LIST_TOKENS, 0.0), 0.0, float(LIST_TOKENS)
    for _look in range(min(looks, 100)):
        pause = pace.interval(10, now)
        assert pause == 10
        now, there = now + pause, min(there + pause * LIST_REFILL, LIST_TOKENS) - 1
        pace = Pace(1, int(there), now)


@given(pages, left, st.floats(0, 1e6))
def test_it_is_read_back_as_it_was(pages, left, at):
    pace = Pace(pages, left, at)
    assert Pace.from_dict({"pages": pages, "left": left, "at": at}) == pace


@pytest.mark.parametrize(("instances", "expected"), [(0, 1), (1, 1), (120, 1), (121, 2), (1_000, 9), (10**9, 30)])
def test_a_page_has_120_instances(instances, expected):
    assert pages_of(instances) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("", None),
        ("Microsoft.Compute/GetVMScaleSetResource;35", None),
        ("Microsoft.Compute/HighCostGetImagesSubscriptionMaximum;3", None),
        (
            "Microsoft.Compute/HighCostGetVMScaleSetSubscriptionMaximum;1079,"
            "Microsoft.Compute/HighCostGetVMScaleSetResource;29,Microsoft.Compute/VMScaleSetVMViewsSubscriptionMaximum;9",
            29,
        ),
        ("Microsoft.Compute/HighCostGetVMScaleSet3Min;179,Microsoft.Compute/HighCostGetVMScaleSet30Min;12", 12),
        ("Microsoft.Compute/HighCostGetSubscriptionMaximum;899", 899),
        ("nonsense;;;", None),
    ],
)
def test_what_is_left_stands_in_a_header(header, expected):
    assert left_of(header) == expected
