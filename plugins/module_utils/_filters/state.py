# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The journal of a rollout: what has happened so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._image.change_text import journal_change
from ansible_collections.azroll.vmss.plugins.module_utils._rollout import state

EVENTS: Mapping[str, Callable[..., Any]] = {
    "note": state.note,
    "stop": state.stop,
    "look": state.look,
    "hold": state.hold,
    "explain": state.explain,
    "quarantine": state.quarantine,
    "release": state.release,
    "begin_batch": state.begin_batch,
    "retry": state.retry,
    "end_batch": state.end_batch,
}


def rollout_journal(journal: Mapping[str, Any], event: str, **facts: Any) -> dict[str, Any]:
    """The journal after an event. Raises BadInput for one that there is not."""
    if event == "start":
        return state.start(**facts)
    if event not in EVENTS:
        raise BadInput(f"Unknown event {str(event)[:40]!r}", advice=f"There are start, {', '.join(EVENTS)}.")
    return dict(EVENTS[event](journal, **facts))


def rollout_image_change(journal: Mapping[str, Any]) -> str:
    """From which image to which, for people."""
    return journal_change(journal)
