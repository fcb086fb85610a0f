# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""The filters by which the role asks the collection's pure functions; each is documented in the .yml file of its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import wraps
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.azroll.vmss.plugins.module_utils import _journal
from ansible_collections.azroll.vmss.plugins.module_utils._errors import VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._heatmap import draw
from ansible_collections.azroll.vmss.plugins.module_utils._image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._limit import Limit
from ansible_collections.azroll.vmss.plugins.module_utils._plan import (
    Order,
    describe_plan,
    make_plan,
    plan_to_dict,
    unsettled,
)
from ansible_collections.azroll.vmss.plugins.module_utils._probe import Probe, step, waits
from ansible_collections.azroll.vmss.plugins.module_utils._report import build_report, describe_report
from ansible_collections.azroll.vmss.plugins.module_utils._scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._select import Selection
from ansible_collections.azroll.vmss.plugins.module_utils._status import describe_status

Filter = Callable[..., Any]


def _speaking(function: Filter) -> Filter:
    """Turn the collection's errors into ones that Ansible prints as they are."""

    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except VmssError as exc:
            raise AnsibleFilterError(str(exc)) from exc

    return wrapper


def _instances(vmss: Mapping[str, Any]) -> list[Instance]:
    return [Instance.from_dict(record) for record in vmss.get("instances") or []]


def rollout_plan(
    vmss: Mapping[str, Any],
    target: Mapping[str, Any],
    by: str = "update_domain",
    max_unavailable: str | int = "20%",
    canary: int = 1,
    only: Mapping[str, Any] | None = None,
    missing_ids: bool = False,
) -> dict[str, Any]:
    scale_set = ScaleSet.from_dict(vmss)
    instances = _instances(vmss)
    image = Image.from_dict(target)
    limit = Limit.parse(max_unavailable, "rollout_max_unavailable")
    order = Order(by, limit, int(canary), Selection.from_options(only or {}))
    plan = make_plan(instances, image, order, health_source=scale_set.health_source, missing_ids=missing_ids)
    return {
        **plan_to_dict(plan),
        "unsettled": list(unsettled(instances, image, scale_set.health_source)),
        "lines": describe_plan(plan, str(limit)),
    }


def rollout_heatmap(vmss: Mapping[str, Any], target: Mapping[str, Any]) -> list[str]:
    return draw(_instances(vmss), Image.from_dict(target), vmss.get("health_source"))


def rollout_journal(journal: Mapping[str, Any], event: str, **facts: Any) -> dict[str, Any]:
    events: dict[str, Filter] = {
        "note": _journal.note,
        "begin_batch": _journal.begin_batch,
        "end_batch": _journal.end_batch,
    }
    if event == "start":
        return _journal.start(**facts)
    if event not in events:
        raise AnsibleFilterError(f"rollout_journal: unknown event {event!r}; there are start, {', '.join(events)}")
    return dict(events[event](journal, **facts))


def rollout_report(
    journal: Mapping[str, Any], vmss: Mapping[str, Any] | None = None, planned: bool = False
) -> dict[str, Any]:
    scale_set = ScaleSet.from_dict(vmss) if vmss else None
    return build_report(journal, scale_set, _instances(vmss or {}), planned=planned)


def rollout_report_lines(report: Mapping[str, Any]) -> list[str]:
    return describe_report(report)


def rollout_probe(probe: Mapping[str, Any], good: bool, successes: int, retries: int) -> dict[str, Any]:
    return asdict(step(Probe(**probe), good, successes=int(successes), retries=int(retries)))


def rollout_waits(
    upgrade_timeout: int, health_retries: int, health_delay: int, health_successes: int
) -> dict[str, dict[str, int]]:
    return waits(
        upgrade_timeout=int(upgrade_timeout),
        health_retries=int(health_retries),
        health_delay=int(health_delay),
        health_successes=int(health_successes),
    )


def rollout_status(vmss: Mapping[str, Any]) -> list[str]:
    return describe_status(ScaleSet.from_dict(vmss), _instances(vmss))


class FilterModule:
    """The collection's filters."""

    def filters(self) -> dict[str, Filter]:
        """Name to function."""
        each = (
            rollout_plan,
            rollout_heatmap,
            rollout_journal,
            rollout_report,
            rollout_report_lines,
            rollout_probe,
            rollout_waits,
            rollout_status,
        )
        return {function.__name__: _speaking(function) for function in each}
