# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""How long a service asks to wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._azure.retry import retry_after, untrusted


@given(st.integers(0, 10**6))
def test_seconds(seconds: int) -> None:
    assert retry_after({"Retry-After": str(seconds)}) == seconds


def test_a_date() -> None:
    then = datetime.now(UTC) + timedelta(seconds=90)
    wait = retry_after({"Retry-After": format_datetime(then, usegmt=True)})
    assert wait is not None
    assert 80 < wait <= 90


@pytest.mark.parametrize("text", ["-5", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_what_is_over_is_no_wait(text: str) -> None:
    assert retry_after({"Retry-After": text}) == 0


@pytest.mark.parametrize("headers", [{}, {"Retry-After": ""}, {"Retry-After": "soon"}])
def test_nothing_that_can_be_read(headers: dict[str, str]) -> None:
    assert retry_after(headers) is None


def test_a_certificate_that_nobody_trusts() -> None:
    assert untrusted(OSError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"))
    assert not untrusted(OSError("Connection reset by peer"))
