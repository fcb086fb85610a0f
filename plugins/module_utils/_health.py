# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Whether an instance is in service, and if not, why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ansible_collections.azroll.vmss.plugins.module_utils._instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._time import parse_time


def trouble(instance: Instance, health_source: str | None, *, since: datetime | None = None) -> str | None:
    """Why the instance is not in service, in a few words; None when it is.

    In service means provisioned, running, and healthy where the set has a health source. With `since`, a health report
    must be younger than that. A missing report is not healthy (documented: `vmHealth` is absent until the first one),
    and any state that is not listed counts as not healthy yet.
    """
    state = instance.provisioning_state.lower()
    if state == "failed":
        return f"provisioning failed ({instance.failure})" if instance.failure else "provisioning failed"
    if state != "succeeded":
        return instance.provisioning_state or "no provisioning state"
    if instance.power != "running":
        return instance.power or "no power state"
    if health_source is None:
        return None
    if instance.health is None:
        return "no health report"
    if instance.health != "healthy":
        return instance.health
    if since is not None and not _fresh(instance, since):
        return "health report is older than the upgrade"
    return None


def in_service(instance: Instance, health_source: str | None) -> bool:
    """Whether the instance does its work as far as Azure can tell."""
    return trouble(instance, health_source) is None


def out_of_service(instances: Iterable[Instance], health_source: str | None) -> tuple[str, ...]:
    """The ids that are missing from the set's capacity.

    Those being deleted are no longer part of it, and what was not made from the model is none of the
    rollout's.
    """
    return tuple(
        one.instance_id for one in instances if not (one.leaving or one.attached) and not in_service(one, health_source)
    )


def _fresh(instance: Instance, since: datetime) -> bool:
    reported = parse_time(instance.health_time)
    return reported is not None and reported >= since
