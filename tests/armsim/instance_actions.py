# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Actions on instances of a scale set."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from armsim.errors import invalid_parameter
from armsim.instance import Failure, Instance
from armsim.instance_work import upgrade_instance
from armsim.operations import Operation
from armsim.scale_set import Accepted, ScaleSet


def upgrade_instances(scale_set: ScaleSet, body: object) -> Accepted:
    """``manualupgrade``: unknown ids refuse the whole call; protected and current instances are passed over."""
    lagging = scale_set.lagging(_chosen(scale_set, body))
    operation = scale_set.start()
    if lagging:
        scale_set.etag += 1
        scale_set.world.happenings.tell("batch_started", scale_set.name, *lagging)
        bring_to_latest(
            scale_set,
            operation,
            lagging,
            lambda: scale_set.world.happenings.tell("batch_ended", scale_set.name, *lagging),
        )
    else:
        delay = scale_set.world.timings.current.draw(scale_set.rng)
        scale_set.world.timeline.after(delay, lambda: scale_set.end(operation))
    return Accepted(operation, len(lagging))


def bring_to_latest(
    scale_set: ScaleSet, operation: Operation, instances: list[Instance], ended: Callable[[], None] = lambda: None
) -> None:
    """Let ``operation`` last until ``instances`` are on the present model; one failure fails it."""
    operation.pending = {instance.id for instance in instances}
    failures: list[Failure] = []

    def done(instance: Instance, failure: Failure | None) -> None:
        if failure is not None:
            failures.append(failure)
        operation.pending.discard(instance.id)
        if not operation.pending:
            scale_set.etag += 1
            if scale_set.current_write is not None and scale_set.current_write[0] is operation:
                scale_set.current_write = None
            scale_set.end(operation, failures[0] if failures else None)
            ended()

    for instance in instances:
        upgrade_instance(scale_set, instance, partial(done, instance))


def _chosen(scale_set: ScaleSet, body: object) -> list[Instance]:
    ids = body.get("instanceIds") if isinstance(body, dict) else None
    if not isinstance(ids, list) or not ids or not all(isinstance(item, str) for item in ids):
        raise invalid_parameter("instanceIds", "Required parameter 'instanceIds' is missing (null).")
    if "*" in ids:
        return scale_set.active()
    by_id = {instance.id.lower(): instance for instance in scale_set.active()}
    for item in ids:
        if item.lower() not in by_id:
            raise invalid_parameter(
                "instanceIds",
                f"The provided instanceId {item} is not an active Virtual Machine Scale Set VM instanceId.",
            )
    return [by_id[item] for item in dict.fromkeys(item.lower() for item in ids)]
