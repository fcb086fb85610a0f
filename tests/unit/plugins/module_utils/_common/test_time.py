# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Times as Azure writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._common.time import parse_tag_time, parse_time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-01-24T06:10:08.6080479+00:00", datetime(2025, 1, 24, 6, 10, 8, 608047, UTC)),
        ("2025-01-24T06:10:04.307+00:00", datetime(2025, 1, 24, 6, 10, 4, 307000, UTC)),
        ("2018-06-05T12:07:03.78947-07:00", datetime(2018, 6, 5, 19, 7, 3, 789470, UTC)),
        ("2018-06-05T12:07:03-07:00", datetime(2018, 6, 5, 19, 7, 3, 0, UTC)),
        ("2017-11-02T02:23:16.4472171+08:00", datetime(2017, 11, 1, 18, 23, 16, 447217, UTC)),
        ("2025-04-01T00:00:00Z", datetime(2025, 4, 1, tzinfo=UTC)),
        ("2025-04-01T00:00:00.1234567Z", datetime(2025, 4, 1, 0, 0, 0, 123456, UTC)),
        ("2025-04-01T00:00:00", datetime(2025, 4, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00+00:00", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_every_recorded_form_is_read(text, expected):
    assert parse_time(text) == expected
    assert parse_time(text).utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    [None, "", "never", "2025-01-24", "2025-13-41T25:61:61Z", "0001-01-01T00:00:00+08:00", "2025-04-01T00:00:00 CET"],
)
def test_what_is_no_time_is_none(text):
    assert parse_time(text) is None


@given(st.text())
def test_no_text_is_too_odd(text):
    assert parse_time(text) is None or isinstance(parse_time(text), datetime)


OFFSETS = [st.just(timezone(timedelta(minutes=minutes))) for minutes in (-720, -210, 0, 330, 840)]


@given(st.datetimes(timezones=st.one_of(OFFSETS), min_value=datetime(1970, 1, 1)))
def test_what_python_writes_is_read_back(when):
    assert parse_time(when.isoformat()) == when


def test_a_time_in_a_tag():
    assert parse_tag_time("8/26/2024 9:42:41 AM +00:00") == datetime(2024, 8, 26, 9, 42, 41, tzinfo=UTC)
    assert parse_tag_time("12/1/2024 12:00:01 PM +00:00") == datetime(2024, 12, 1, 12, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", [None, "", "yesterday", "2024-08-26T09:42:41Z", "13/26/2024 9:42:41 AM +00:00"])
def test_a_tag_that_holds_no_time(text):
    assert parse_tag_time(text) is None
