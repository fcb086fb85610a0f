# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The end of a run: release the scale set, read it again, create the report."""

from __future__ import annotations

from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._options.filter_values import read_marks, read_set
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.report import build_report, describe_report
from ansible_collections.azroll.vmss.plugins.module_utils._steps.calls import FACTS, attempt, failed
from ansible_collections.azroll.vmss.plugins.module_utils._steps.lease import prove, release
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import Answer, Failure, ModuleCall, Steps
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import State

_PROVEN = (
    "An earlier rollout of this image did not succeed. Now every instance runs the image and is healthy, so a later "
    "rollback may use it."
)


def finish(state: State) -> Steps[Answer]:
    """Release what this run may hold and create the report; it never fails.

    Returns `report`, in `lines` what it says, and whether the play fails with it (`halted`). A run that preflight
    stopped writes nothing at all.
    """
    lines = []
    if state.journal["lease_acquired"]:
        yield from release(state)
    elif _proves_image(state) and (yield from prove(state)):
        lines.append(_PROVEN)
    if state.folder:
        # A remaining temporary folder is no reason to fail.
        yield ModuleCall("ansible.builtin.file", {"path": state.folder, "state": "absent"})
        state.folder = ""
    if state.journal["lease_acquired"]:
        yield from _read_at_end(state)
    state.note(finished_at=state.now())
    report = _report(state)
    state.report_lines = [*lines, *describe_report(report)]
    return {"report": report, "lines": state.report_lines, "halted": "cause" in report}


def _report(state: State) -> dict[str, Any]:
    # Nothing is known of a scale set that could not be read.
    scale_set, instances = read_set(state.vmss) if state.vmss else (None, [])
    return build_report(
        state.journal,
        scale_set,
        instances,
        planned=state.dry_run and state.anything_to_do,
        marks=read_marks(state.options["skip"]),
        as_of=state.vmss.get("gathered_at"),
    )


def report_failed(state: State, failure: Failure) -> Steps[Answer]:
    """The report could not be written: the play fails with that, and with its own cause."""
    yield from ()
    return {"lines": [f"The report could not be written: {failure.said}", *state.report_lines], "halted": True}


def _proves_image(state: State) -> bool:
    """Whether a run that found nothing to do found an image that has succeeded since its own rollout failed.

    Custom health checks run in a rollout only: with them, only a rollout that succeeds proves the image.
    """
    idle = not state.dry_run and not state.anything_to_do and state.journal["cause"] is None
    remembers = state.options["lease"] > 0 and bool(state.preflight.get("proves_image"))
    return idle and remembers and not state.custom_checks


def _read_at_end(state: State) -> Steps[None]:
    """Read what is reported: writes may have changed the instances since the last read.

    If Azure does not answer, the report contains the time of its data.
    """
    result = yield from attempt(state, FACTS, target_image=state.journal["target_image"] or None, wait_timeout=120)
    if not failed(result):
        state.vmss = dict(result["ansible_facts"]["vmss"])
    state.note(outdated=failed(result))
