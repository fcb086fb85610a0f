# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Which of the instances that a rollout broke are kept as they are, for people to study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image, same_image
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import by_id
from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import in_service, out_of_service
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import Budget, Share, fitting, shares
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.state import not_ours, sent_ids


@dataclass(frozen=True)
class Quarantine:
    """The instances to protect, and where there are none although some were wished for, why."""

    instance_ids: tuple[str, ...] = ()
    why: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for the role."""
        return {**asdict(self), "instance_ids": list(self.instance_ids)}


def choose_quarantine(
    journal: Mapping[str, Any], scale_set: ScaleSet, instances: Sequence[Instance], *, most: int, budget: Budget
) -> Quarantine:
    """At most so many of the newly broken instances, by the set as it is after the failure.

    They stay out of service until an operator releases them, so each part of the set that has a limit must bear that:
    its minimum in service holds as it is, and with what is quarantined and what was unhealthy before there is room for
    one more instance to be out. Otherwise nothing could be upgraded, forward or back, until they are released. Those
    that are protected already, by a run that was interrupted here, come first.
    """
    if most < 1:
        return Quarantine()
    if journal["blocks_rollback"]:
        return Quarantine(why=f"None was quarantined: {journal['blocks_rollback']}.")
    if scale_set.flexible:
        return Quarantine(why="None was quarantined: Azure protects no instances of Flexible scale sets.")
    broken = newly_broken(journal, scale_set, instances)
    if not broken:
        return Quarantine(why="None was quarantined: no instance that this rollout broke is at rest.")
    out = out_of_service(instances, scale_set.health_source)
    staying = set(out) - {one.instance_id for one in broken}

    def room(part: Share) -> int:
        return part.room(staying) - 1 if part.room(out) >= 0 else 0

    ordered = sorted(broken, key=lambda one: (not one.protected, by_id(one.instance_id)))
    chosen = fitting(
        (one.instance_id for one in ordered),
        {part: room(part) for part in shares(instances, budget, scale_set.capacity)},
    )
    if not chosen:
        return Quarantine(
            why="None was quarantined: too few others would be left in service to go on, forward or back."
        )
    return Quarantine(tuple(sorted(chosen[:most], key=by_id)))


def newly_broken(
    journal: Mapping[str, Any], scale_set: ScaleSet, instances: Sequence[Instance]
) -> tuple[Instance, ...]:
    """The instances at rest and out of service that were sent by this rollout, or made by its image, and served before.

    Of a rollout that an earlier run had begun, that run's count as well.
    """
    target = Image.from_dict(journal["target_image"] or {})
    sent, before = sent_ids(journal), not_ours(journal)

    def ours(one: Instance) -> bool:
        moved = same_image(one.image, target) and one.instance_id not in before
        return one.instance_id in sent or moved

    return tuple(
        one
        for one in instances
        if not (one.leaving or one.attached or one.busy or one.deallocated)
        and not in_service(one, scale_set.health_source)
        and one.instance_id not in journal["unhealthy_before"]
        and ours(one)
    )
