# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Whether what Azure accepted shows: a write can succeed, and change nothing (Azure/azure-powershell 22195)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import NoEffect

T = TypeVar("T")

# In seconds. A read may be behind the write, so it takes a second one, so much later.
NO_EFFECT_AFTER = 10.0
# Why a model may be as before although it was written.
WRITTEN_BACK = "policies of Azure Policy that alter what is written, and clients that write it back"


def until_shown(read: Callable[[], T], shown: Callable[[T], bool], deadline: Deadline) -> tuple[T, bool]:
    """What is read after a write, at once or some seconds later, and whether it shows the write."""
    found = read()
    if not shown(found):
        deadline.sleep(NO_EFFECT_AFTER)
        found = read()
    return found, shown(found)


def with_verb(left: Sequence[str]) -> str:
    """What is as it was, several things perhaps, as the beginning of a sentence."""
    return f"{' and '.join(left)} {'are' if len(left) > 1 else 'is'}"


def write_without_effect(
    what: str, left: str, *, attempted: str, reasons: str = "", instances: Sequence[str] = ()
) -> NoEffect:
    """The error for a write of `what` that shows nowhere: `left` is what is as it was, `reasons` what is known."""
    return NoEffect(
        f"Azure reports that {what} has succeeded, but {left} as before",
        advice=f"{reasons}See in the activity log of the scale set what Azure did, and who else writes it; then run "
        "again. This says nothing about the image.",
        attempted=attempted,
        instances=instances,
    )
