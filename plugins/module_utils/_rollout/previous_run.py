# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What can be known of the run that another one continues: its lease, and how far the instances had come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import listed

_OF_LEASE = ("holder", "target", "since", "expires", "held")


def earlier_run(hold: Mapping[str, Any], on_target: Sequence[str]) -> dict[str, Any]:
    """By the result of vmss_hold, and the ids that were on the target image when it was taken. Plain data.

    An interrupted run leaves no more than that: which of the instances it moved itself is not known.
    """
    lease = hold["lease_before"] or {}
    return {
        "run_id": hold["continues"],
        **{name: lease.get(name) for name in _OF_LEASE},
        "on_target": list(on_target),
    }


def describe_earlier(run: Mapping[str, Any] | None) -> list[str]:
    """The same as two lines of text; none where no run was continued."""
    if run is None:
        return []
    times = [
        *([f"began at {run['since']}"] if run["since"] else []),
        *([f"was to end at {run['expires']}"] if run["expires"] else []),
    ]
    who = f" of {run['holder']}" if run["holder"] else ""
    lease = f", whose lease {' and '.join(times)}" if times else ""
    held = f"It held {', '.join(run['held'])}. " if run["held"] else ""
    return [f"It continued the unfinished run {run['run_id']}{who}{lease}.", f"{held}{_moved(run['on_target'])}"]


def _moved(ids: Sequence[str]) -> str:
    if not ids:
        return "No instance was on the image when this run began."
    count = "1 instance was" if len(ids) == 1 else f"{len(ids)} instances were"
    return f"{count} on the image when this run began: {listed(ids)}."
