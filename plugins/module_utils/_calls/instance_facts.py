# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Reading a scale set, once or until its instances have come as far as they shall, as vmss_instance_facts does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._calls.call import (
    Call,
    Options,
    Request,
    Result,
    Work,
    image_if_given,
)
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._common.time import parse_time
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.facts import Snapshot, to_facts
from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import ON_CHANGE
from ansible_collections.azroll.vmss.plugins.module_utils._operations.read_facts import gather
from ansible_collections.azroll.vmss.plugins.module_utils._operations.waiter import Limits
from ansible_collections.azroll.vmss.plugins.module_utils._operations.watch import Wait, Watch, failed_wait, target_of
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.failure_details import bundle
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.heatmap import draw

AT_LEAST_ONE = ("wait_interval", "wait_successes", "answered_timeout", "unanswered_timeout")
TIMES = ("fresher_than", "sent_at")


@dataclass(frozen=True, kw_only=True)
class FactsRequest(Request):
    """What is to be read; `wait` is None where nothing is to be waited for.

    Staleness is judged against `wanted`, None for the image of the model, and with `by_model` by the model as well.
    `raw` asks for all documents, `details` for what those of `instance_ids` report, or where that is None, what failed.
    """

    wanted: Image | None
    by_model: bool
    include: tuple[str, ...]
    instance_ids: tuple[str, ...] | None
    raw: bool
    details: bool
    wait: Wait | None

    @classmethod
    def from_options(cls, options: Options) -> FactsRequest:
        """Raises BadInput."""
        check_waiting(options)
        return cls(
            resource_group=options["resource_group"],
            name=options["name"],
            wanted=image_if_given(options["target_image"]),
            by_model=options["by_model"],
            include=tuple(options["include_instances"]),
            instance_ids=None if options["instance_ids"] is None else tuple(options["instance_ids"]),
            raw=options["raw"],
            details=options["details"],
            wait=read_wait(options) if options["wait_for"] else None,
        )


def check_waiting(options: Options) -> None:
    """Raise BadInput for options of a wait that cannot be meant, whether there is one or not."""
    for name in TIMES:
        if options[name] and parse_time(options[name]) is None:
            raise BadInput(
                f"{name} is {options[name][:40]!r}, which is not a valid time",
                advice="Give a time like 2026-11-22T10:15:00Z, for example started_at of vmss_domain_upgrade.",
            )
    for name in AT_LEAST_ONE:
        if options[name] < 1:
            raise BadInput(f"{name} is {options[name]}", advice="Give at least 1.")


def read_wait(options: Options) -> Wait:
    """What is waited for, of options that `check_waiting` has seen."""
    limits = Limits(options["answered_timeout"], options["unanswered_timeout"])
    return Wait(
        phase=options["wait_for"],
        instance_ids=tuple(options["instance_ids"] or ()),
        interval=options["wait_interval"],
        successes=options["wait_successes"],
        since=parse_time(options["fresher_than"]),
        settling=options["report_settling"] if options["report_time"] == ON_CHANGE else None,
        by_model=options["by_model"],
        unhealthy=tuple(options["unhealthy_before"]),
        failed_before=tuple(options["failed_before"]),
        same_model=options["same_model"],
        same_profile=options["same_profile"],
        operations=tuple(options["operation_id"]),
        sent_at=parse_time(options["sent_at"]),
        include=tuple(options["include_instances"]),
        state_file=options["wait_state"] or "",
        limits=limits if options["wait_state"] else None,
    )


@dataclass
class FactsResult(Result):
    """What was read, and how far the instances are."""

    ansible_facts: dict[str, Any] = field(default_factory=dict)
    done: bool = False
    expired: bool = False
    vmss_progress: dict[str, Any] | None = None
    heatmap: list[str] = field(default_factory=list)
    resources: dict[str, Any] | None = None
    vmss_details: dict[str, Any] | None = None

    def report(self, snapshot: Snapshot, request: FactsRequest, *, facts: bool = True) -> None:
        """What a list of all instances shows."""
        target = target_of(snapshot.scale_set, request.wanted)
        self.heatmap = draw(snapshot.instances, target, snapshot.scale_set.health_source)
        if facts:
            self.ansible_facts = {"vmss": to_facts(snapshot, target, by_model=request.by_model)}


def read_or_wait(call: Call, request: FactsRequest, result: FactsResult) -> None:
    """Read once, or wait. Raises as `gather` and `Watch.until` do, and for instances that failed."""
    if request.wait is None:
        read_once(call, request, result)
    else:
        wait_for(call, request, request.wait, result)


def read_once(call: Call, request: FactsRequest, result: FactsResult) -> None:
    """The facts, and the documents that are asked for."""
    snapshot = gather(call.arm, *request.address, include=request.include)
    result.report(snapshot, request)
    if request.raw and snapshot.documents is not None:
        result.resources = snapshot.documents.to_resources()
    if request.details and snapshot.documents is not None:
        source = snapshot.scale_set.health_source
        result.vmss_details = bundle(snapshot.documents.instances, source, request.instance_ids)
    result.done, result.msg = True, f"{request.name} has {len(snapshot.instances)} instances."


def wait_for(call: Call, request: FactsRequest, wait: Wait, result: FactsResult) -> None:
    """One call of a wait. Raises OperationFailed, Preempted, and what ends it for good."""
    watch = Watch(call.arm, *request.address, request.wanted, wait)
    outcome = watch.until(call.deadline)
    if watch.snapshot is not None:
        # A wait that has not come to its end is repeated, or fails: nobody wants to read a thousand records then.
        result.report(watch.snapshot, request, facts=outcome.done)
    result.done, result.expired = outcome.done, outcome.error is not None
    result.vmss_progress, result.msg = outcome.progress.to_dict(), f"{request.name}: {outcome.describe()}"
    if outcome.done and watch.unread:
        call.warn(
            f"The operation on the instances of {request.name} could not be read, so only the instances show that "
            f"they are {wait.phase}. Reading it takes the action Microsoft.Compute/locations/operations/read."
        )
    if outcome.failed:
        raise failed_wait(request.name, outcome.progress, watch.fault)
    if outcome.error is not None:
        raise outcome.error


INSTANCE_FACTS = Work(FactsRequest.from_options, read_or_wait, FactsResult)
