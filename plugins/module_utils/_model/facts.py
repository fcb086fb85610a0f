# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""A scale set with its instances as the facts that the module returns, and how waiting for them stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.time import parse_time
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.progress import count
from ansible_collections.azroll.vmss.plugins.module_utils._model.raw_documents import Documents
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import by_id
from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import in_service, report_time, trouble
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import is_stale


@dataclass(frozen=True)
class Snapshot:
    """What was read of a scale set.

    `rolling_upgrade` and `repairs_state` are None where they were not or cannot be read, `documents` while waiting.
    """

    scale_set: ScaleSet
    instances: tuple[Instance, ...]
    gathered_at: str | None
    rolling_upgrade: str | None = None
    repairs_state: str | None = None
    documents: Documents | None = None


def to_facts(snapshot: Snapshot, target: Image, *, by_model: bool = True) -> dict[str, Any]:
    """`ansible_facts.vmss`: staleness is judged against `target`, the instances come in the order of their ids."""
    source = snapshot.scale_set.health_source
    instances = sorted(snapshot.instances, key=lambda one: by_id(one.instance_id))
    return {
        **snapshot.scale_set.to_dict(),
        "rolling_upgrade": snapshot.rolling_upgrade,
        "repairs_state": snapshot.repairs_state,
        "health_report_time": report_time(instances, source, parse_time(snapshot.gathered_at)) if source else None,
        "instances": [
            {
                **one.to_dict(),
                "stale": is_stale(one, target, by_model=by_model),
                "in_service": in_service(one, source),
                "trouble": trouble(one, source),
            }
            for one in instances
        ],
        "domains": _domains(instances, target, source, by_model),
        "counts": count(instances, target, source, by_model=by_model),
        "gathered_at": snapshot.gathered_at,
    }


def _domains(instances: Sequence[Instance], target: Image, source: str | None, by_model: bool) -> list[dict[str, Any]]:
    groups: dict[tuple[str | None, str | None, int | None], list[Instance]] = {}
    for one in instances:
        groups.setdefault((one.zone, one.placement_group, one.update_domain), []).append(one)
    # Instances without a zone, a group or a domain come last: deallocated ones and those of Flexible sets.
    ordered = sorted(groups, key=lambda key: tuple((part is None, str(part)) for part in key))
    return [
        {
            "zone": zone,
            "placement_group": group,
            "update_domain": domain,
            "instance_ids": [one.instance_id for one in groups[zone, group, domain]],
            "stale": sum(is_stale(one, target, by_model=by_model) for one in groups[zone, group, domain]),
            "in_service": sum(in_service(one, source) for one in groups[zone, group, domain]),
        }
        for zone, group, domain in ordered
    ]
