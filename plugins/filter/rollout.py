# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""The filters by which the role asks the collection's pure functions; the .yml file of its name documents each."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.validation import (
    check_type_bool,
    check_type_dict,
    check_type_int,
    check_type_list,
)

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput, VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._common.time import parse_time
from ansible_collections.azroll.vmss.plugins.module_utils._common.validation import shown
from ansible_collections.azroll.vmss.plugins.module_utils._common.wording import ROLE
from ansible_collections.azroll.vmss.plugins.module_utils._guards.baseline import Witness
from ansible_collections.azroll.vmss.plugins.module_utils._image.change_text import journal_change
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import Selection
from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import ON_CHANGE, REFRESHED
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import Marks
from ansible_collections.azroll.vmss.plugins.module_utils._operations.lease_process import holder_name
from ansible_collections.azroll.vmss.plugins.module_utils._options.forms import PREFIX, read_options
from ansible_collections.azroll.vmss.plugins.module_utils._options.role_options import wrong_options
from ansible_collections.azroll.vmss.plugins.module_utils._plan.batches import make_plan
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import (
    OF_FAULT_DOMAIN,
    OF_SET,
    OF_ZONE,
    read_budget,
)
from ansible_collections.azroll.vmss.plugins.module_utils._plan.limit import Limit
from ansible_collections.azroll.vmss.plugins.module_utils._plan.types import Order, Plan, describe_plan, plan_to_dict
from ansible_collections.azroll.vmss.plugins.module_utils._rollout import state as rollout_state
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.check_streak import (
    Probe,
    Slow,
    describe_waits,
    step,
    waits,
)
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.failure_policy import (
    HALT,
    KEEP,
    RESTORE,
    WAYS,
    Reaction,
    react,
)
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.heatmap import draw
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.quarantine import Aside, choose_aside
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.report import build_report, describe_report
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.retry import already_retried, decide_retry
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.rollback_image import rollback_target
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.status import describe_status
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import is_due

Filter = Callable[..., Any]

# The records that filters take, and where each comes from.
_RECORDS = {
    "vmss": "the ansible_facts.vmss of azroll.vmss.vmss_instance_facts",
    "details": "the vmss_details of azroll.vmss.vmss_instance_facts",
    "target": "an image as azroll.vmss.vmss_image_update returns it",
    "journal": "what azroll.vmss.rollout_journal returned",
    "facts": "what the event of the journal takes",
    "report": "what azroll.vmss.rollout_report returned",
    "probe": "what azroll.vmss.rollout_probe returned",
    "lease": "the lease that azroll.vmss.vmss_hold returned",
}


def _speaking(function: Filter) -> Filter:
    """Let no error out but such as Ansible prints as they are."""
    name, takes = function.__name__, signature(function)
    records = ", ".join(f"{one} must be {_RECORDS[one]}" for one in takes.parameters if one in _RECORDS)

    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            takes.bind(*args, **kwargs)
        except TypeError as exc:
            raise AnsibleFilterError(f"{name}: {exc}.") from None
        # Without their causes: ansible-core adds the words of each, with all of the value that it stumbled over.
        try:
            return function(*args, **kwargs)
        except VmssError as exc:
            raise AnsibleFilterError(exc.describe(ROLE)) from None
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as exc:
            # Options are checked one by one; a record is taken as whole, and what is wrong may be anywhere inside.
            why = f"{type(exc).__name__}: {shown(next(iter(exc.args), ''))}"
            raise AnsibleFilterError(f"{name} cannot read what it was given ({why}): {records}.") from None

    return wrapper


_KINDS = {
    check_type_bool: "neither true nor false",
    check_type_dict: "no dictionary",
    check_type_int: "no whole number",
    check_type_list: "no list",
}


def _typed(check: Callable[[Any], Any], value: Any, name: str) -> Any:
    """The value as Ansible converts options: `-e name=value` makes a text of everything."""
    try:
        return check(value)
    except (ArithmeticError, TypeError, ValueError) as exc:
        raise BadInput(f"{name} is {shown(value)}, which is {_KINDS[check]}") from exc


def _read(vmss: Any) -> tuple[ScaleSet, list[Instance]]:
    if not isinstance(vmss, Mapping) or not {"id", "name", "resource_group", "location", "instances"} <= set(vmss):
        raise BadInput(
            "This is no record of a scale set",
            advice="Give the whole ansible_facts.vmss that azroll.vmss.vmss_instance_facts returned.",
        )
    return ScaleSet.from_dict(vmss), [Instance.from_dict(record) for record in vmss["instances"]]


def _target(target: Any) -> Image:
    image = Image.from_dict(_typed(check_type_dict, target, "target"))
    if image.kind == "none":
        # Every instance differs from no image, so a plan for it would move them all.
        raise BadInput(
            "The target names no image",
            advice="Give a whole image, such as the one that azroll.vmss.vmss_image_update returns.",
        )
    return image


def _selection(only: Any) -> Selection:
    fields = _typed(check_type_dict, only or {}, "rollout_only")
    return Selection.from_options(
        {
            name: _typed(check_type_list, value, f"rollout_only.{name}")
            for name, value in fields.items()
            if value not in (None, "")
        },
        "rollout_only",
    )


def _time(value: Any, name: str) -> datetime:
    time = parse_time(value) if isinstance(value, str) else None
    if time is None:
        raise BadInput(f"{name} is {shown(value)}, which is no time", advice="Give a time like 2026-11-22T10:15:00Z.")
    return time


def _texts(value: Any, name: str) -> tuple[str, ...]:
    return tuple(str(one) for one in _typed(check_type_list, value, name)) if value not in (None, "") else ()


def _marks(skip: Any, busy_tags: Any = None) -> Marks:
    fields = _typed(check_type_dict, skip or {}, "rollout_skip")
    unknown = sorted(str(one) for one in set(fields) - {"instance_ids", "tags"})
    if unknown:
        raise BadInput(f"Unknown way to skip instances: {', '.join(unknown)}", advice="Skip by instance_ids or tags.")
    return Marks(
        skip_ids=_texts(fields.get("instance_ids"), "rollout_skip.instance_ids"),
        skip_tags=_texts(fields.get("tags"), "rollout_skip.tags"),
        busy_tags=_texts(busy_tags, "rollout_busy_tags"),
    )


def rollout_plan(
    vmss: Mapping[str, Any],
    target: Mapping[str, Any],
    by: str = "update_domain",
    max_unavailable: str | int = "20%",
    max_unavailable_per_zone: str | int | None = None,
    max_unavailable_per_fault_domain: str | int | None = None,
    canary: int = 1,
    batches: Sequence[str | int] | None = None,
    zone_order: Sequence[str] | None = None,
    domain_order: Sequence[str] | None = None,
    unhealthy_first: bool = False,
    until: str | int | None = None,
    only: Mapping[str, Any] | None = None,
    skip: Mapping[str, Any] | None = None,
    busy_tags: Sequence[str] | None = None,
    missing_ids: bool = False,
    by_model: bool = True,
    ignore_missing: bool = False,
) -> dict[str, Any]:
    limits = {
        OF_SET: max_unavailable,
        OF_ZONE: max_unavailable_per_zone,
        OF_FAULT_DOMAIN: max_unavailable_per_fault_domain,
        "ignore_missing": _typed(check_type_bool, ignore_missing, "ignore_missing"),
    }
    # What cannot be planned is told as data: a role that fails with the words alone is easier to read than a template
    # that could not be finished.
    try:
        scale_set, instances = _read(vmss)
        order = Order(
            str(by),
            read_budget(limits, "rollout_"),
            canary=_typed(check_type_int, canary, "rollout_canary"),
            sizes=tuple(Limit.parse(size, "rollout_batches") for size in _texts(batches, "rollout_batches")),
            zones=_texts(zone_order, "rollout_zone_order"),
            domains=_texts(domain_order, "rollout_domain_order"),
            unhealthy_first=_typed(check_type_bool, unhealthy_first, "rollout_unhealthy_first"),
            until=None if until in (None, "") else Limit.parse(until, "rollout_until"),
            only=_selection(only),
            marks=_marks(skip, busy_tags),
        )
        plan = make_plan(
            instances,
            _target(target),
            order,
            health_source=scale_set.health_source,
            capacity=scale_set.capacity,
            by_model=_typed(check_type_bool, by_model, "by_model"),
            missing_ids=_typed(check_type_bool, missing_ids, "missing_ids"),
        )
    except VmssError as refusal:
        return {**plan_to_dict(Plan((), (), (), 0, 0)), "lines": [], "refused": refusal.describe(ROLE)}
    return {**plan_to_dict(plan), "lines": describe_plan(plan, str(order.budget.of_set)), "refused": None}


def rollout_witness(
    vmss: Mapping[str, Any],
    target: Mapping[str, Any],
    any_capacity: bool = False,
    by_model: bool = True,
    scaled_by_others: bool = False,
    ours: Sequence[str] | None = None,
) -> dict[str, Any]:
    scale_set, instances = _read(vmss)
    witness = Witness.of(
        scale_set,
        instances,
        _target(target),
        at=vmss.get("gathered_at"),
        any_capacity=_typed(check_type_bool, any_capacity, "any_capacity"),
        scaled_by_others=_typed(check_type_bool, scaled_by_others, "scaled_by_others"),
        by_model=_typed(check_type_bool, by_model, "by_model"),
    )
    return witness.without(_texts(ours, "ours")).to_dict()


def rollout_heatmap(vmss: Mapping[str, Any], target: Mapping[str, Any]) -> list[str]:
    scale_set, instances = _read(vmss)
    return draw(instances, _target(target), scale_set.health_source)


def rollout_journal(journal: Mapping[str, Any], event: str, **facts: Any) -> dict[str, Any]:
    events: dict[str, Filter] = {
        "note": rollout_state.note,
        "look": rollout_state.look,
        "hold": rollout_state.hold,
        "explain": rollout_state.explain,
        "set_aside": rollout_state.set_aside,
        "release": rollout_state.release,
        "begin_batch": rollout_state.begin_batch,
        "retry": rollout_state.retry,
        "end_batch": rollout_state.end_batch,
    }
    if event == "start":
        return rollout_state.start(**facts)
    if event not in events:
        raise BadInput(f"Unknown event {str(event)[:40]!r}", advice=f"There are start, {', '.join(events)}.")
    return dict(events[event](journal, **facts))


def rollout_reaction(
    journal: Mapping[str, Any],
    vmss: Mapping[str, Any] | None = None,
    on_failure: str = HALT,
    only: Mapping[str, Any] | None = None,
    failed_image: str = KEEP,
    recovered: bool = False,
) -> dict[str, Any]:
    if failed_image not in (RESTORE, KEEP):
        raise BadInput(f"rollout_failed_image is {str(failed_image)[:40]!r}", advice=f"Give one of {RESTORE}, {KEEP}.")
    if on_failure not in WAYS:
        raise BadInput(f"rollout_on_failure is {str(on_failure)[:40]!r}", advice=f"Give one of {', '.join(WAYS)}.")
    if not vmss:
        unread = "What the model has now is not known: see to it that it is not left with an image that failed."
        return Reaction(False, "Halted: the scale set could not be read.", kept=unread).to_dict()
    late = _typed(check_type_bool, recovered, "recovered")
    return react(journal, *_read(vmss), on_failure, _selection(only), failed_image, recovered=late).to_dict()


def rollout_retry(
    vmss: Mapping[str, Any],
    target: Mapping[str, Any],
    details: Mapping[str, Any],
    journal: Mapping[str, Any],
    instance_ids: Sequence[str],
    sick_ids: Sequence[str] | None = None,
    failed_before: Sequence[str] | None = None,
    by_model: bool = True,
    operation: str = "",
) -> dict[str, Any]:
    decided = decide_retry(
        _read(vmss)[1],
        details["groups"],
        _target(target),
        sent=_texts(instance_ids, "instance_ids"),
        sick=_texts(sick_ids, "sick_ids"),
        retried=already_retried(journal["batches"]),
        failed_before=_texts(failed_before, "failed_before"),
        by_model=_typed(check_type_bool, by_model, "by_model"),
        operation=str(operation or ""),
    )
    return decided.to_dict()


def rollout_aside(
    journal: Mapping[str, Any],
    vmss: Mapping[str, Any] | None = None,
    most: int = 0,
    max_unavailable: str | int = "20%",
    max_unavailable_per_zone: str | int | None = None,
    max_unavailable_per_fault_domain: str | int | None = None,
    ignore_missing: bool = False,
) -> dict[str, Any]:
    if not vmss:
        return Aside().to_dict()
    limits = {
        OF_SET: max_unavailable,
        OF_ZONE: max_unavailable_per_zone,
        OF_FAULT_DOMAIN: max_unavailable_per_fault_domain,
        "ignore_missing": _typed(check_type_bool, ignore_missing, "ignore_missing"),
    }
    budget = read_budget(limits, "rollout_")
    return choose_aside(
        journal, *_read(vmss), most=_typed(check_type_int, most, "rollout_set_aside"), budget=budget
    ).to_dict()


def rollout_previous_image(
    vmss: Mapping[str, Any],
    skip: Mapping[str, Any] | None = None,
    only: Mapping[str, Any] | None = None,
    remembers: bool = True,
) -> dict[str, Any]:
    scale_set, instances = _read(vmss)
    remembers = _typed(check_type_bool, remembers, "remembers")
    found = rollback_target(scale_set, instances, marks=_marks(skip), only=_selection(only), remembers=remembers)
    return found.to_dict()


def rollout_image_change(journal: Mapping[str, Any]) -> str:
    return journal_change(journal)


def rollout_report(
    journal: Mapping[str, Any],
    vmss: Mapping[str, Any] | None = None,
    planned: bool = False,
    skip: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    scale_set, instances = _read(vmss) if vmss else (None, [])
    planned = _typed(check_type_bool, planned, "planned")
    as_of = vmss.get("gathered_at") if vmss else None
    return build_report(journal, scale_set, instances, planned=planned, marks=_marks(skip), as_of=as_of)


def rollout_report_lines(report: Mapping[str, Any]) -> list[str]:
    return describe_report(report)


def rollout_probe(
    probe: Mapping[str, Any],
    good: bool,
    successes: int,
    retries: int,
    answered: bool = True,
    most_unanswered: int = 0,
) -> dict[str, Any]:
    state = step(
        Probe(**probe),
        _typed(check_type_bool, good, "good"),
        successes=_typed(check_type_int, successes, "rollout_health_successes"),
        retries=_typed(check_type_int, retries, "rollout_health_retries"),
        answered=_typed(check_type_bool, answered, "answered"),
        most_unanswered=_typed(check_type_int, most_unanswered, "most_unanswered"),
    )
    return asdict(state)


def rollout_waits(
    upgrade_timeout: int,
    health_retries: int,
    health_delay: int,
    health_successes: int,
    unanswered_timeout: int = 0,
    vmss: Mapping[str, Any] | None = None,
    report_time: str = "auto",
    report_settling: int = 0,
) -> dict[str, Any]:
    given = {
        "upgrade_timeout": upgrade_timeout,
        "health_retries": health_retries,
        "health_delay": health_delay,
        "health_successes": health_successes,
        "unanswered_timeout": unanswered_timeout,
    }
    typed = {name: _typed(check_type_int, value, f"rollout_{name}") for name, value in given.items()}
    settling = _typed(check_type_int, report_settling, "rollout_health_report_settling")
    if report_time not in ("auto", REFRESHED, ON_CHANGE):
        raise BadInput(
            f"rollout_health_report_time is {str(report_time)[:40]!r}",
            advice=f"Give one of auto, {REFRESHED}, {ON_CHANGE}.",
        )
    kind, slow = REFRESHED, Slow()
    if vmss:
        scale_set, _instances = _read(vmss)
        kind = (vmss.get("health_report_time") or REFRESHED) if report_time == "auto" else report_time
        notice, grace = (
            _typed(check_type_int, value, "vmss")
            for value in (scale_set.os_image_notification, scale_set.health_grace_period)
        )
        slow = Slow(notice, grace, settling if kind == ON_CHANGE and scale_set.health_source else 0)
    return {**waits(**typed, slow=slow), "report_time": kind, "lines": describe_waits(**typed, slow=slow)}


def rollout_given(options: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    read = read_options(_typed(check_type_dict, options, "options"), _typed(check_type_dict, defaults, "defaults"))
    return {str(name).removeprefix(PREFIX): value for name, value in read.items()}


def rollout_options(
    options: Mapping[str, Any], folders: Sequence[str] | None = None, defaults: Mapping[str, Any] | None = None
) -> list[str]:
    places = [Path(folder) for folder in _texts(folders, "folders")]

    def check_file(name: str, value: Any) -> None:
        if not any(os.path.isfile(folder / str(value)) for folder in places or (Path(),)):
            raise BadInput(
                f"{name} is {str(value)[:200]!r}, and there is no such file",
                advice="Give a whole path, for example {{ playbook_dir }}/drain.yml.",
            )

    def check_folder(name: str, value: Any) -> None:
        # The role makes the folder, and those above it, where they are missing.
        path = Path(str(value)).absolute()
        there = next(one for one in (path, *path.parents) if os.path.exists(one))
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            raise BadInput(
                f"{name} is {str(value)[:200]!r}, and {there} is no folder that can be written to",
                advice="Give a folder of your own, or leave it empty for no report.",
            )

    given = _typed(check_type_dict, options, "options")
    if defaults is not None:
        given = read_options(given, _typed(check_type_dict, defaults, "defaults"))
    return wrong_options(given, check_file=check_file, check_folder=check_folder)


def rollout_status(vmss: Mapping[str, Any]) -> list[str]:
    return describe_status(*_read(vmss))


def rollout_lease_due(
    lease: Mapping[str, Any] | None, minutes: int, gathered_at: str, looked_at: str, now: str
) -> bool:
    then, before, present = (
        _time(value, name) for value, name in ((gathered_at, "gathered_at"), (looked_at, "looked_at"), (now, "now"))
    )
    # Leases end by Azure's clock; this host's tells only how much time has passed.
    azure_now = then + (present - before)
    return bool(lease) and is_due(lease.get("expires"), _typed(check_type_int, minutes, "rollout_lease"), azure_now)


def rollout_holder(job: str | int = "") -> str:
    return holder_name(str(job))


class FilterModule:
    """The collection's filters."""

    def filters(self) -> dict[str, Filter]:
        """Name to function."""
        each = (
            rollout_plan,
            rollout_heatmap,
            rollout_journal,
            rollout_previous_image,
            rollout_image_change,
            rollout_reaction,
            rollout_retry,
            rollout_aside,
            rollout_report,
            rollout_report_lines,
            rollout_probe,
            rollout_waits,
            rollout_given,
            rollout_options,
            rollout_status,
            rollout_witness,
            rollout_holder,
            rollout_lease_due,
        )
        return {function.__name__: _speaking(function) for function in each}
