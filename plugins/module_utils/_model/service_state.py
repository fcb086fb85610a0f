# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Whether an instance is in service, and if not, why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from ansible_collections.azroll.vmss.plugins.module_utils._common.time import parse_time
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance

# An instance that is known to run, and one of which the answer does not say: there a healthy report is the evidence.
_RUNNING, _UNSAID = "running", (None, "unknown")

OLD_REPORT = "health report is older than the upgrade"
NO_REPORT = "no health report"
# What an instance reports, or does not report, before it has a verdict of its own.
UNDECIDED = frozenset({NO_REPORT, OLD_REPORT, "initializing"})

REFRESHED, ON_CHANGE = "refreshed", "on_change"
# Longer than the extension takes between two reports that it renews (documented: it asks once a minute at the least).
_NOT_RENEWED_FOR = timedelta(minutes=5)


def report_time(instances: Iterable[Instance], health_source: str | None, now: datetime | None) -> str:
    """What moves the time of health reports: each report (`refreshed`), or only another state (`on_change`).

    No recording has a health report, and the documentation leaves it open. So the set itself decides: where most of the
    instances that report healthy have done so for long, or without any time, the time moves on change. Otherwise a load
    balancer's probe is taken for such a source, and the extension for one that renews its reports (guessed); of the
    two, that is the one that never takes a report of the old system for one of the new.
    """
    times = [parse_time(one.health_time) for one in instances if reported_healthy(one) and not one.busy]
    old = sum(one is None or (now is not None and now - one > _NOT_RENEWED_FOR) for one in times)
    if old * 2 > len(times):
        return ON_CHANGE
    return ON_CHANGE if health_source == "load_balancer_probe" else REFRESHED


def demanded(since: datetime | None, now: datetime | None, settling: float | None) -> datetime | None:
    """The time that health reports must be younger than at `now`; None where any counts.

    `settling` seconds after `since`, any report counts that is healthy then: for sources whose time stands still,
    where an old system's report must be gone by then. None for sources that renew their reports.
    """
    if since is None or settling is None or now is None:
        return since
    return None if now - since >= timedelta(seconds=settling) else since


def trouble(instance: Instance, health_source: str | None, *, since: datetime | None = None) -> str | None:
    """Why the instance is not in service, in a few words; None when it is.

    With a health source, an instance that runs and reports that it is healthy is in service, whatever its provisioning
    is called: a failed extension does not stop the application (documented: `Failed` is the end of the last operation).
    A report from before that failure shows nothing, though. Only while an operation runs on it, or it is being deleted,
    does it not count. Without a health source it must be provisioned and running. With `since`, a health report must be
    younger than that. A missing report is not healthy (documented: `vmHealth` is absent until the first one), and any
    state that is not listed counts as not healthy yet.
    """
    if instance.busy or instance.leaving:
        return instance.provisioning_state
    healthy = health_source is not None and instance.health == "healthy" and not _outdated(instance)
    if instance.power != _RUNNING and not (healthy and instance.power in _UNSAID):
        return _unprovisioned(instance) or instance.power or "no power state"
    if healthy:
        stale = since is not None and not _fresh(instance, since)
        return OLD_REPORT if stale else None
    if why := _unprovisioned(instance):
        return why
    return None if health_source is None else instance.health or NO_REPORT


def never_reported(instances: Iterable[Instance], health_source: str | None) -> bool:
    """Whether the set has a health source that reports nothing of any instance, though some run.

    Azure shows no state of health before the first report (documented), so the source may be blocked, misconfigured, or
    in the model alone, which instances that were made before it do not follow.
    """
    present = [one for one in instances if not (one.leaving or one.attached)]
    runs = any(one.power == _RUNNING and not one.busy for one in present)
    return health_source is not None and runs and all(one.health is None for one in present)


def reported_healthy(instance: Instance) -> bool:
    """Whether it may be that it serves: nothing that is known of it contradicts that, though not all confirms it."""
    return instance.health == "healthy" and instance.power in (_RUNNING, *_UNSAID)


def in_service(instance: Instance, health_source: str | None) -> bool:
    """Whether the instance does its work as far as Azure reports."""
    return trouble(instance, health_source) is None


def out_of_service(instances: Iterable[Instance], health_source: str | None) -> tuple[str, ...]:
    """The ids that are missing from the set's capacity.

    Those being deleted are no longer part of it, and what was not made from the model is none of the
    rollout's.
    """
    return tuple(
        one.instance_id for one in instances if not (one.leaving or one.attached) and not in_service(one, health_source)
    )


def _unprovisioned(instance: Instance) -> str | None:
    if instance.failed:
        return f"provisioning failed ({instance.failure})" if instance.failure else "provisioning failed"
    if instance.provisioning_state.lower() == "succeeded":
        return None
    return instance.provisioning_state or "no provisioning state"


def doubtful(instances: Iterable[Instance], health_source: str | None) -> frozenset[str]:
    """The ids of those that count as out of service and may serve all the same.

    They have reported healthy, and their last operation has failed since then: where the time of a report moves on
    change only, that shows nothing.
    """
    return frozenset(
        one.instance_id
        for one in instances
        if health_source is not None and reported_healthy(one) and one.failed and not in_service(one, health_source)
    )


def _outdated(instance: Instance) -> bool:
    if not instance.failed:
        return False
    failed, reported = parse_time(instance.state_since), parse_time(instance.health_time)
    return failed is not None and reported is not None and reported < failed


def _fresh(instance: Instance, since: datetime) -> bool:
    reported = parse_time(instance.health_time)
    return reported is not None and reported >= since
