# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The small print of the wire: timestamps, identifiers, and what depends on the api-version."""

from __future__ import annotations

import random
import re
import string
import uuid
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

Json = dict[str, Any]

COMPUTE = "Microsoft.Compute"
# The tag of virtual machines that were made from a Flexible set's model (recorded).
PROFILE_TAG = "VirtualMachineProfileTimeCreated"

_API_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-[a-z]+)?", re.IGNORECASE)
_BASE36 = string.digits + string.ascii_uppercase


def is_api_version(text: str) -> bool:
    """Whether ``text`` has the form of an api-version, such as ``2024-07-01`` or ``2016-04-30-preview``."""
    return _API_VERSION.fullmatch(text) is not None


class Calendar:
    """Turns simulated seconds into the dates that the service writes."""

    def __init__(self, start: datetime) -> None:
        self.start = start.astimezone(UTC)

    def at(self, seconds: float) -> datetime:
        return self.start + timedelta(seconds=seconds)

    def stamp(self, seconds: float) -> str:
        """ISO 8601 with up to seven fractional digits, trailing zeros dropped (recorded)."""
        return stamp(self.start, seconds)

    def mark(self, seconds: float) -> str:
        """As the mark of what was made from a model has it (recorded): ``8/26/2024 9:42:41 AM +00:00``."""
        moment = self.at(seconds)
        half = "AM" if moment.hour < 12 else "PM"
        return f"{moment.month}/{moment.day}/{moment.year} {moment.hour % 12 or 12}:{moment:%M:%S} {half} +00:00"


# Most times in a list are those of the list before.
@lru_cache(maxsize=16_384)
def stamp(start: datetime, seconds: float) -> str:
    """``seconds`` after ``start`` in the service's form, for example ``2026-11-20T08:00:01.25+00:00``."""
    ticks = start.microsecond * 10 + round(seconds * 10_000_000)
    whole, fraction = divmod(ticks, 10_000_000)
    moment = start.replace(microsecond=0) + timedelta(seconds=whole)
    digits = f"{fraction:07d}".rstrip("0")
    return f"{moment.isoformat()[:19]}{'.' + digits if digits else ''}+00:00"


def http_date(moment: datetime) -> str:
    """The ``Date`` header's form (RFC 9110), independent of the locale."""
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return (
        f"{days[moment.weekday()]}, {moment.day:02d} {months[moment.month - 1]} {moment.year:04d} {moment:%H:%M:%S} GMT"
    )


def guid(rng: random.Random) -> str:
    """A version 4 GUID from a seeded source."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def computer_name(prefix: str, instance_id: int) -> str:
    """The prefix and six base-36 digits of the id (recorded: instance 61 is ``test00001P``)."""
    digits = ""
    while instance_id:
        instance_id, digit = divmod(instance_id, 36)
        digits = _BASE36[digit] + digits
    return prefix + digits.rjust(6, "0")


def etag(counter: int) -> str:
    """An etag as it is written: a quoted decimal counter (recorded)."""
    return f'"{counter}"'
