# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Rolling upgrades of a scale set: started by a write of the model, cancelled by a client."""

from __future__ import annotations

from functools import partial

from armsim.errors import operation_not_allowed
from armsim.instance import Failure, Instance
from armsim.instance_work import upgrade_instance
from armsim.operations import Operation
from armsim.rolling import RollingUpgrade
from armsim.scale_set import Accepted, ScaleSet


def start_rolling_upgrade(scale_set: ScaleSet, operation: Operation) -> None:
    policy = (scale_set.document["properties"].get("upgradePolicy") or {}).get("rollingUpgradePolicy") or {}

    def ended(failure: Failure | None) -> None:
        scale_set.end(operation, failure)
        scale_set.world.happenings.tell("rolling_upgrade_ended", scale_set.name)

    scale_set.world.happenings.tell("rolling_upgrade_started", scale_set.name)
    scale_set.rolling = RollingUpgrade(
        scale_set.world.timeline,
        policy,
        scale_set.lagging(scale_set.active()),
        scale_set.active,
        ended,
        lambda batch: scale_set.world.happenings.tell("rolling_batch_ended", scale_set.name, *batch),
    )
    scale_set.rolling.begin(partial(upgrade_batch, scale_set))


def cancel_rolling_upgrade(scale_set: ScaleSet) -> Accepted:
    """Stop a rolling upgrade after the batch in progress."""
    if scale_set.rolling is None or not scale_set.rolling.active:
        raise operation_not_allowed("There is no ongoing Rolling Upgrade to cancel.")
    scale_set.rolling.cancel()
    operation = scale_set.start()
    scale_set.world.timeline.after(scale_set.world.timings.write.draw(scale_set.rng), lambda: scale_set.end(operation))
    return Accepted(operation, 0)


def upgrade_batch(scale_set: ScaleSet, instances: list[Instance]) -> None:
    """Bring instances to the present model without an operation of their own: for rolling upgrades."""
    scale_set.world.happenings.tell("rolling_batch_started", scale_set.name, *instances)
    for instance in instances:
        upgrade_instance(scale_set, instance, lambda _failure: None)
