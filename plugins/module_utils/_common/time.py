# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Azure's way of writing times."""

from __future__ import annotations

import re
from datetime import datetime, timezone

# As Azure writes times into tags (recorded): "8/26/2024 9:42:41 AM +00:00".
_IN_TAGS = "%m/%d/%Y %I:%M:%S %p %z"
_FORM = re.compile(r"^(?P<second>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(?P<part>\d+))?(?P<zone>Z|[+-]\d\d:\d\d)?$")


def parse_time(text: str | None) -> datetime | None:
    """An aware time, or None where the text is none.

    Azure writes up to seven fractional digits and drops trailing zeros (recorded), which `fromisoformat` of
    Python 3.10 does not read. A time without offset is taken for UTC.
    """
    match = _FORM.match(text or "")
    if match is None:
        return None
    microseconds = (match["part"] or "0")[:6].ljust(6, "0")
    zone = "+00:00" if match["zone"] in (None, "Z") else match["zone"]
    try:
        return datetime.fromisoformat(f"{match['second']}.{microseconds}{zone}").astimezone(timezone.utc)
    except (ValueError, OverflowError):  # the form of a time, but no such day, or before the year 1 in UTC
        return None


def parse_tag_time(text: str | None) -> datetime | None:
    """The time that Azure wrote into a tag, to the second; None where the text is none."""
    try:
        return datetime.strptime(text or "", _IN_TAGS).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None
