# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Rolling upgrades of a scale set: started by a write of the model or a client, cancelled by a client."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from armsim.actions.instance_work import upgrade_instance
from armsim.actions.scaling import can_make, create_instance, delete_instance
from armsim.common.wire import Json
from armsim.instances.instance import Instance
from armsim.instances.lifecycle import Disk
from armsim.operations.failure import Done, Failure
from armsim.operations.operation import Operation
from armsim.protocol.errors import operation_not_allowed
from armsim.rolling.policy import DEFAULTS, batch_size
from armsim.rolling.upgrade import Code, Record, Rollback, RollingUpgrade, StartedBy, Work, recorded
from armsim.scale_sets.scale_set import Accepted, ScaleSet

# By how much the etag is raised when a rolling upgrade is over: one of extensions (recorded; an OS upgrade: guessed),
# and one that a write set off (recorded once).
OF_UPGRADE = 3
_OF_WRITE = 4


def policy_of(scale_set: ScaleSet, defaults: Json) -> Json:
    """The rolling upgrade policy of the model, filled up with ``defaults``."""
    given = (scale_set.document["properties"].get("upgradePolicy") or {}).get("rollingUpgradePolicy") or {}
    return {**defaults, **given}


def start_rolling_upgrade(scale_set: ScaleSet, operation: Operation) -> None:
    """Bring all lagging instances to the present model; ``operation`` lasts until that is over."""
    policy = policy_of(scale_set, DEFAULTS)
    work = ModelUpgrade(scale_set, policy, rollback_of(scale_set, policy))
    lagging = scale_set.lagging(scale_set.active())
    # Where nothing is behind it was the policy that changed.
    check = 0.0 if lagging else scale_set.world.timings.policy_check.draw(scale_set.rng)
    begin(scale_set, operation, lagging, work, policy, check=check, counted=_OF_WRITE)


def first_batch(scale_set: ScaleSet) -> int:
    """How many instances a rolling upgrade takes first: what the write that sets it off is charged for (recorded)."""
    return batch_size(policy_of(scale_set, DEFAULTS), len(scale_set.active()))


def rollback_of(scale_set: ScaleSet, policy: Json) -> Rollback:
    """What the policy wants to be done about failed instances: of Uniform sets only (documented)."""
    wanted = policy.get("rollbackFailedInstancesOnPolicyBreach") and not scale_set.flexible
    return "on breach" if wanted else "never"


def begin(
    scale_set: ScaleSet,
    operation: Operation,
    waiting: list[Instance],
    work: Work,
    policy: Json,
    started_by: StartedBy = "User",
    check: float = 0.0,
    counted: int = OF_UPGRADE,
) -> RollingUpgrade:
    """Start a rolling upgrade of ``waiting``, after ``check`` seconds; ``operation`` lasts until it is over, and the
    etag is then raised by ``counted``.
    """
    publish = scale_set.world.events.publish

    def ended(failure: Failure | None) -> None:
        scale_set.etag += counted
        scale_set.end(operation, failure)
        publish("rolling_upgrade_ended", scale_set.name)

    record = Record(scale_set.world.timeline.now, policy, started_by=started_by)
    publish("rolling_upgrade_started", scale_set.name)
    scale_set.rolling = RollingUpgrade(scale_set.world.timeline, record, waiting, work, ended)
    scale_set.rolling.operation = operation
    if check:
        scale_set.world.timeline.after(check, scale_set.rolling.begin)
    else:
        scale_set.rolling.begin()
    return scale_set.rolling


def check_none_is_active(scale_set: ScaleSet) -> None:
    """Refuse a second rolling upgrade beside one that goes on (guessed)."""
    if scale_set.rolling is not None and scale_set.rolling.record.active:
        raise operation_not_allowed(
            f"A Rolling Upgrade is already in progress on Virtual Machine Scale Set '{scale_set.name}'."
        )


def cancel_rolling_upgrade(scale_set: ScaleSet) -> Accepted:
    """Start no batch after the one in progress."""
    if scale_set.rolling is None or not scale_set.rolling.record.active:
        raise operation_not_allowed("There is no ongoing Rolling Upgrade to cancel.")
    scale_set.rolling.cancel()
    operation = scale_set.start()
    scale_set.world.timeline.after(scale_set.world.timings.write.draw(scale_set.rng), lambda: scale_set.end(operation))
    return Accepted(operation, 0)


def set_record(scale_set: ScaleSet, code: str) -> None:
    """Let the set have the record of an upgrade in state ``code``, which does nothing by itself."""
    known: Code = next(one for one in get_args(Code) if one == code)
    scale_set.rolling = recorded(scale_set.world.timeline, known, policy_of(scale_set, DEFAULTS))


class ModelUpgrade:
    """Brings instances to the present model: in place, or with MaxSurge by new ones that take their place."""

    def __init__(self, scale_set: ScaleSet, policy: Json, rollback: Rollback = "never") -> None:
        self._set = scale_set
        self._surge = bool(policy.get("maxSurge"))
        self.rollback = rollback
        self._before: dict[str, Disk] = {}
        self._new: list[Instance] = []

    def members(self) -> list[Instance]:
        return self._set.active()

    def begin_batch(self, batch: Sequence[Instance]) -> list[Instance]:
        self._set.world.events.publish("rolling_batch_started", self._set.name, *batch)
        # Where no new ones can be made, the old ones are upgraded in place (documented for a lack of quota).
        self._new = (
            [create_instance(self._set, _ignore) for _ in batch]
            if self._surge and can_make(self._set, len(batch))
            else []
        )
        if self._new:
            return self._new
        for instance in batch:
            self._before[instance.id] = Disk(instance.model, instance.image, instance.reference)
            self.upgrade(instance)
        return list(batch)

    def upgrade(self, instance: Instance) -> None:
        """What is done to one instance in place."""
        upgrade_instance(self._set, instance, _ignore)

    def end_batch(self, batch: Sequence[Instance], *, good: bool) -> None:
        """With MaxSurge the old instances go when the new ones are healthy; otherwise the new ones go (guessed)."""
        if self._new:
            for instance in batch if good else self._new:
                if instance in self._set.active():
                    delete_instance(self._set, instance, _ignore)
        self._set.world.events.publish("rolling_batch_ended", self._set.name, *batch)

    def restorable(self, failed: Sequence[Instance]) -> list[Instance]:
        """Those that were upgraded in place and are still there: new ones of MaxSurge have no old disk."""
        return [one for one in failed if one.id in self._before and one in self._set.active()]

    def restore(self, instance: Instance, done: Done) -> None:
        self._set.lifecycle.reimage(instance, self._before[instance.id], done)


def _ignore(_failure: Failure | None) -> None:
    """The upgrade checks the instances itself."""
