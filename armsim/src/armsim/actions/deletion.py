# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Deletion of a whole scale set."""

from __future__ import annotations

from collections.abc import Callable

from armsim.actions.scaling import delete_instance
from armsim.operations.failure import Failure
from armsim.scale_sets.scale_set import Accepted, ScaleSet


def delete_scale_set(scale_set: ScaleSet, gone: Callable[[], None], *, force: bool = False) -> Accepted:
    """Delete a set with its instances: `Deleting` until the last one has gone, then ``gone`` is called.

    Whatever else is running is pre-empted. A second deletion follows the first.
    """
    if scale_set.deletion is not None:
        return scale_set.deletion
    if scale_set.rolling is not None:
        scale_set.rolling.preempt()
    scale_set.preempt_write()
    operation = scale_set.start()
    instances = list(scale_set.instances.values())
    scale_set.deletion = Accepted(operation, None if scale_set.flexible else len(instances))

    def over() -> None:
        scale_set.end(operation)
        gone()

    def deleted(_failure: Failure | None) -> None:
        if not scale_set.instances:
            over()

    for instance in instances:
        delete_instance(scale_set, instance, deleted, force=force)
    if not instances:
        scale_set.world.timeline.after(scale_set.world.timings.delete.draw(scale_set.rng), over)
    return scale_set.deletion
