# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What one `manualupgrade` call carries: decided right before the call, from a fresh list."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.marks import NO_MARKS, Marks
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import by_id
from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import (
    doubtful,
    out_of_service,
    reported_healthy,
)
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import (
    BUSY,
    CURRENT,
    IN_USE,
    NO_ROOM,
    Exclusion,
    is_stale,
    obstacle,
)
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import (
    Budget,
    Share,
    exceeded,
    fitting,
    shares,
    too_many,
)


@dataclass(frozen=True)
class Upgrade:
    """The ids to send, and those that were asked for but are excluded.

    Of the ids to send, `unhealthy_before` are out of service for certain, and `failed_before` have failed.
    """

    instance_ids: tuple[str, ...]
    excluded: tuple[Exclusion, ...]
    unhealthy_before: tuple[str, ...] = ()
    failed_before: tuple[str, ...] = ()


def plan_upgrade(
    instances: Sequence[Instance],
    chosen: Sequence[Instance],
    target: Image,
    *,
    health_source: str | None,
    budget: Budget,
    capacity: int | None = None,
    by_model: bool = True,
    marks: Marks = NO_MARKS,
    partial: bool = False,
) -> Upgrade:
    """Sort the chosen instances into those to send and those to leave out, and hold them against the budget.

    `instances` is the whole set as just listed, and `capacity` what its model asks for. Raises Refused
    (`max_unavailable`) where the upgrade together with what is already out of service would take more instances away
    than allowed; with `partial`, only where that leaves none to send: the others are deferred.
    """
    send: list[str] = []
    excluded: list[Exclusion] = []
    for one in sorted(chosen, key=lambda each: by_id(each.instance_id)):
        reason = _reason_to_skip(one, target, by_model, marks)
        if reason is None:
            send.append(one.instance_id)
        else:
            excluded.append(Exclusion(one.instance_id, reason))
    parts = shares(instances, budget, capacity)
    out = out_of_service(instances, health_source)
    doubt = doubtful(instances, health_source)
    fitting = _fitting(parts, out, send, doubt) if partial else send
    tight = exceeded(parts, out, fitting or send, doubt)
    if tight:
        raise too_many(tight, out, fitting or send, "Upgrading")
    excluded += [Exclusion(one, NO_ROOM) for one in send if one not in fitting]
    return Upgrade(
        tuple(fitting),
        tuple(excluded),
        unhealthy_before=tuple(
            one.instance_id
            for one in chosen
            if one.instance_id in fitting and one.instance_id in out and not reported_healthy(one)
        ),
        failed_before=tuple(one.instance_id for one in chosen if one.failed and one.instance_id in fitting),
    )


def _reason_to_skip(instance: Instance, target: Image, by_model: bool, marks: Marks) -> str | None:
    if not instance.attached and not is_stale(instance, target, by_model=by_model):
        return CURRENT
    reason = obstacle(instance, marks)
    if reason:
        return reason
    if instance.busy:
        return BUSY
    return IN_USE if marks.busy(instance) else None


def _fitting(parts: Sequence[Share], out: Sequence[str], send: Sequence[str], doubt: Collection[str]) -> list[str]:
    """Those of `send` that may go now: the ones that are out already, and of the others as many as there is room.

    Those in `doubt` take room as well, in case they serve.
    """
    certain = [one for one in out if one not in doubt]
    others = fitting((one for one in send if one not in out), {part: part.room(out) for part in parts})
    taking = fitting(
        (one for one in send if one in others or one in doubt), {part: part.room(certain) for part in parts}
    )
    return sorted([one for one in send if one in certain] + taking, key=by_id)
