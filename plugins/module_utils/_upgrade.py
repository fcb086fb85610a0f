# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What one `manualupgrade` call carries: decided right before the call, from a fresh list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.azroll.vmss.plugins.module_utils._errors import Refused
from ansible_collections.azroll.vmss.plugins.module_utils._health import out_of_service
from ansible_collections.azroll.vmss.plugins.module_utils._image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._limit import Limit, smallest_percentage_for
from ansible_collections.azroll.vmss.plugins.module_utils._select import by_id, listed
from ansible_collections.azroll.vmss.plugins.module_utils._target import BUSY, CURRENT, LeftOut, is_stale, obstacle


@dataclass(frozen=True)
class Upgrade:
    """The ids to send, and those that were asked for but are left out."""

    instance_ids: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


def plan_upgrade(
    instances: Sequence[Instance],
    chosen: Sequence[Instance],
    target: Image,
    *,
    health_source: str | None,
    max_unavailable: Limit,
    by_model: bool = True,
) -> Upgrade:
    """Sort the chosen instances into those to send and those to leave out, and hold them against the budget.

    `instances` is the whole set as just listed. Raises Refused (`max_unavailable`) where the upgrade together with
    what is already out of service would take more instances away than allowed.
    """
    send: list[str] = []
    left_out: list[LeftOut] = []
    for one in sorted(chosen, key=lambda each: by_id(each.instance_id)):
        reason = _reason_to_skip(one, target, by_model)
        if reason is None:
            send.append(one.instance_id)
        else:
            left_out.append(LeftOut(one.instance_id, reason))
    if send:
        _check_budget(instances, send, health_source, max_unavailable)
    return Upgrade(tuple(send), tuple(left_out))


def _reason_to_skip(instance: Instance, target: Image, by_model: bool) -> str | None:
    if not is_stale(instance, target, by_model=by_model):
        return CURRENT
    return obstacle(instance) or (BUSY if instance.busy else None)


def _check_budget(
    instances: Sequence[Instance], send: Sequence[str], health_source: str | None, max_unavailable: Limit
) -> None:
    total = sum(not one.leaving for one in instances)
    allowed = max_unavailable.of(total)
    out = out_of_service(instances, health_source)
    others_out = [one for one in out if one not in send]
    needed = len(send) + len(others_out)
    # Instances that are out already take nothing more away: a sick scale set must be able to receive its cure.
    if needed <= allowed or not set(send) - set(out):
        return
    already = f" on top of those out of service already ({listed(others_out)})" if others_out else ""
    raise Refused(
        "max_unavailable",
        f"Upgrading {len(send)} of {total} instances{already} would take {needed} out of service at once, "
        f"and max_unavailable ({max_unavailable}) allows {allowed}",
        advice=f"Upgrade fewer at a time, bring the others back first, or set max_unavailable to {needed} or "
        f'"{smallest_percentage_for(needed, total)}%".',
        instances=send,
    )
