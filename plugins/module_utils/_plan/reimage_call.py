# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Giving failed instances a new disk of the image they have: which of them one `reimage` call carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image, same_image
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import Selection, by_id, select
from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import doubtful, out_of_service
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import BUSY, VANISHED, Exclusion, obstacle
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import Budget, exceeded, shares, too_many

BEHIND = "not on the image of the model"


@dataclass(frozen=True)
class Reimage:
    """The ids to send, and those that were asked for but are excluded."""

    instance_ids: tuple[str, ...]
    excluded: tuple[Exclusion, ...]


def plan_reimage(
    instances: Sequence[Instance],
    instance_ids: Sequence[str],
    target: Image,
    *,
    health_source: str | None,
    budget: Budget,
    capacity: int | None = None,
) -> Reimage:
    """Sort the named instances into those to send and those to leave out, and hold them against the budget.

    `instances` is the whole set as just listed, and `capacity` what its model asks for. An instance on another image
    than `target` is excluded: a reimage would bring its own image back (reported, Azure/azure-cli 6388). One that is
    gone is excluded as well. Raises BadInput without ids, which would mean all instances (documented), and Refused
    (`max_unavailable`).
    """
    if not instance_ids:
        raise BadInput("instance_ids is an empty list", advice="Name the instances: without ids Azure reimages all.")
    known = {one.instance_id.lower() for one in instances}
    excluded = [Exclusion(one, VANISHED) for one in instance_ids if one.lower() not in known]
    chosen = select(instances, Selection(instance_ids=tuple(instance_ids)), missing_ids=True)
    send: list[str] = []
    for one in sorted(chosen, key=lambda each: by_id(each.instance_id)):
        reason = _reason_to_skip(one, target)
        if reason is None:
            send.append(one.instance_id)
        else:
            excluded.append(Exclusion(one.instance_id, reason))
    out = out_of_service(instances, health_source)
    tight = exceeded(shares(instances, budget, capacity), out, send, doubtful(instances, health_source))
    if tight:
        raise too_many(tight, out, send, "Reimaging")
    return Reimage(tuple(send), tuple(excluded))


def _reason_to_skip(instance: Instance, target: Image) -> str | None:
    reason = obstacle(instance)
    if reason:
        return reason
    if instance.busy:
        return BUSY
    return None if same_image(instance.image, target) else BEHIND
