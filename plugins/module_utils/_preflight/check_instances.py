# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Preflight of the instances: which will be excluded, and whether the budget lets anything move."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import Refused
from ansible_collections.azroll.vmss.plugins.module_utils._common.time import parse_time
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import by_id
from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import in_service
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import is_stale
from ansible_collections.azroll.vmss.plugins.module_utils._plan.batches import make_plan
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import Share, missing_of, shares
from ansible_collections.azroll.vmss.plugins.module_utils._plan.limit import smallest_percentage_for
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.findings import (
    NEEDS_ACCEPTANCE,
    REFUSAL,
    WARNING,
    Finding,
)
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.inputs import Inputs, Intent

# In seconds. No recorded or documented operation on an instance that ends takes as long: an upgrade takes minutes.
STUCK_AFTER = 3600


def instance_findings(inputs: Inputs, intent: Intent) -> Iterator[Finding]:
    """The findings about the instances. Raises BadInput where the order is confined to what does not exist."""
    yield from _room(inputs, intent)
    yield from _floors(inputs, intent)
    yield from _missing(inputs, intent)
    yield from _quarantine(inputs, intent)
    yield from _attached(inputs)
    source = inputs.snapshot.scale_set.health_source
    out = [one for one in inputs.present if not in_service(one, source)]
    yield from _immovable(inputs, intent, out)
    yield from _failed(inputs, intent, out)
    yield from _of_another_model(inputs)


def _immovable(inputs: Inputs, intent: Intent, out: Sequence[Instance]) -> Iterator[Finding]:
    stale, wanted = inputs.stale, inputs.wanted(intent.order)
    yield from _some(
        "instances_protected",
        (one for one in wanted if one.protected),
        ("is", "are"),
        "protected from scale set actions, although to be moved, and will be left as before",
        "Where it is not meant, or their study is over, take the protection off with "
        "azroll.vmss.vmss_instance_protection; the next run moves them then.",
    )
    yield from _some(
        "instances_protected",
        (one for one in out if one.protected and one not in stale),
        ("is", "are"),
        "out of service on the image already, and protected from scale set actions: quarantined, as it seems",
        "They count as out of service. When their study is over, take the protection off with "
        "azroll.vmss.vmss_instance_protection, and fix or delete them.",
    )
    yield from _some(
        "instances_deallocated",
        (one for one in wanted if one.deallocated),
        ("is", "are"),
        "deallocated or stopped, although to be moved, and will be left as before",
        "Start them before the rollout, or run again when they are started.",
    )


def _failed(inputs: Inputs, intent: Intent, out: Sequence[Instance]) -> Iterator[Finding]:
    failed = [one for one in inputs.present if one.failed]
    yield from _some(
        "instances_failed",
        (one for one in failed if one in out),
        ("has", "have"),
        "failed before the rollout, which counts as out of service",
        "See their own messages. Those to be moved go along: a new image may be the cure.",
    )
    yield from _in_progress(inputs, intent)
    yield from _some(
        "instances_failed",
        (one for one in failed if one not in out),
        ("has failed, but reports", "have failed, but report"),
        "healthy, which counts as in service",
        "See their own messages: an operation on them failed, not the application. Those to be moved are treated as "
        "any instance that serves, and have to be healthy afterwards.",
    )


def _of_another_model(inputs: Inputs) -> Iterator[Finding]:
    yield from _some(
        "instances_behind_model",
        (one for one in inputs.present if _left_by_image(one, inputs)),
        ("runs", "run"),
        "the image and does not follow the latest model, as after writes of tags that make one, or where the model "
        "got its image back: the image alone counts",
        "Bring them to the model with azroll.vmss.vmss_domain_upgrade (all_instances) where that is wanted.",
    )
    yield from _some(
        "instances_own_model",
        (one for one in inputs.present if one.own_model),
        ("has", "have"),
        "a model to itself (modelDefinitionApplied is VirtualMachine), and may never follow the latest one",
        "They are judged by their image alone.",
    )


def _quarantine(inputs: Inputs, intent: Intent) -> Iterator[Finding]:
    """Where a failed rollout could quarantine nothing, whatever the options are."""
    if not intent.quarantine or intent.rollback or not inputs.movable(intent.order):
        return
    scale_set = inputs.snapshot.scale_set
    whole = shares(inputs.present, intent.order.budget, scale_set.capacity)[0]
    useless = "O(quarantine) has no effect: "
    if scale_set.flexible:
        yield Finding(
            "quarantine",
            WARNING,
            f"{useless}Azure protects no instances of Flexible scale sets",
            "What a failed rollout broke is rolled back with the rest, or stays as it is where the rollout halts.",
        )
    elif whole.allowed < 2:
        enough = smallest_percentage_for(2, whole.total)
        yield Finding(
            "quarantine",
            WARNING,
            f"{useless}an instance that is quarantined stays out of service, and O({whole.option}) ({whole.limit}) "
            f"allows {whole.allowed} of {whole.total}, so that none could be upgraded beside it",
            f'Set O({whole.option}) to at least 2 or "{enough}%".',
        )


def _left_by_image(instance: Instance, inputs: Inputs) -> bool:
    """Whether it need not move only because the set remembers that its instances are judged by their image."""
    return (
        inputs.noted_by_image
        and is_stale(instance, inputs.target)
        and not is_stale(instance, inputs.target, by_model=False)
    )


def _in_progress(inputs: Inputs, intent: Intent) -> Iterator[Finding]:
    """By whether the rollout waits for them, and whether that has gone on for longer than an operation takes."""
    excluded = intent.order.excluded(inputs.present)
    busy = [one for one in inputs.present if one.busy]
    awaited = [one for one in busy if one.instance_id not in excluded]
    stuck = [one for one in awaited if _stuck(one, inputs)]
    waits = "the rollout waits for them before anything else, and ends where they never come to rest"
    advice = (
        "Bring them back (reimage or redeploy them; a support case where that does not help), or exclude them: name "
        "them in O(skip), or protect them from scale set actions (azroll.vmss.vmss_instance_protection)."
    )
    code, verbs = "instances_in_progress", ("has been", "have been")
    hours = f"{STUCK_AFTER // 3600} hour"
    yield from _some(code, stuck, verbs, f"in progress for longer than {hours}; {waits}", advice, NEEDS_ACCEPTANCE)
    recent = [one for one in awaited if one not in stuck]
    known = f"less than {hours}" if all(one.state_since for one in recent) else "a time that Azure does not report"
    yield from _some(code, recent, verbs, f"in progress for {known}; {waits}", advice)
    left = [one for one in busy if one.instance_id in excluded]
    full = _full(inputs, intent)
    place = f" of {full.name}" if full and full.name else ""
    yield from _some(
        code,
        left,
        ("is", "are"),
        "in progress and excluded from the rollout, which does not wait for them"
        + (f"; as long as they are, O({full.option}) lets no instance{place} go that is in service" if full else ""),
        "They count as out of service until they come to rest. Where they never do, reimage or redeploy them, open a "
        "support case" + (f", or set a higher O({full.option})." if full else "."),
        NEEDS_ACCEPTANCE if full else WARNING,
    )


def _full(inputs: Inputs, intent: Intent) -> Share | None:
    """The part whose budget is used up, as long as nothing comes back, though it has instances to be moved."""
    out = inputs.out(intent.order)
    movable = {one.instance_id for one in inputs.movable(intent.order)}
    # What is unhealthy and goes along may be cured.
    staying = out - movable
    parts = shares(inputs.present, intent.order.budget)
    return next((part for part in parts if (movable - out) & part.members and part.room(staying) < 1), None)


def _stuck(instance: Instance, inputs: Inputs) -> bool:
    since = parse_time(instance.state_since)
    return since is not None and inputs.now is not None and (inputs.now - since).total_seconds() > STUCK_AFTER


def _room(inputs: Inputs, intent: Intent) -> Iterator[Finding]:
    source = inputs.snapshot.scale_set.health_source
    try:
        make_plan(
            inputs.snapshot.instances,
            inputs.target,
            intent.order,
            health_source=source,
            capacity=inputs.snapshot.scale_set.capacity,
            by_model=inputs.by_model,
        )
    except Refused as error:
        yield Finding("max_unavailable", REFUSAL, error.message, error.advice, error.instances)


def _floors(inputs: Inputs, intent: Intent) -> Iterator[Finding]:
    """Of the whole set, of each zone and each fault domain, where instances are to go from it."""
    movable = {one.instance_id for one in inputs.movable(intent.order)}
    out = inputs.out(intent.order)
    # What is missing has a finding of its own.
    budget = replace(intent.order.budget, ignore_missing=True)
    for part in shares(inputs.present, budget):
        if part.room(out) >= 0 or not movable & part.members:
            continue
        gone = sorted(part.members & out, key=by_id)
        place = f" of {part.name}" if part.name else ""
        yield Finding(
            "below_minimum",
            NEEDS_ACCEPTANCE,
            f"{len(gone)} of {len(part.members)} instances{place} are out of service already, and {part.option} "
            f"({part.limit}) allows {part.allowed}",
            f"Bring them back first. Otherwise those of them that are to be moved go{'' if place else ' first'}, and "
            f"no other{place} until they are back.",
            tuple(gone),
        )


def _attached(inputs: Inputs) -> Iterator[Finding]:
    """Those that were not made from the model, by reason. Where there are no others, nothing would be rolled."""
    reasons: dict[str, list[str]] = {}
    total = len(inputs.present) + len(inputs.attached)
    for one in inputs.attached:
        reasons.setdefault(str(one.attached), []).append(one.instance_id)
    for reason, ids in sorted(reasons.items()):
        yield Finding(
            "instances_attached",
            WARNING if inputs.present else NEEDS_ACCEPTANCE,
            f"{len(ids)} of {total} instances are excluded from the rollout ({reason})",
            "They stay as they are, and count neither as in service nor as out of service. One that was made from an "
            "image of the same operating system can be named in O(include_instances).",
            tuple(sorted(ids, key=by_id)),
        )


def _missing(inputs: Inputs, intent: Intent) -> Iterator[Finding]:
    """Where the capacity asks for more instances than are listed; no finding where none is to be moved."""
    scale_set, budget = inputs.snapshot.scale_set, replace(intent.order.budget, ignore_missing=False)
    missing = missing_of(scale_set.capacity, inputs.snapshot.instances)
    movable = {one.instance_id for one in inputs.movable(intent.order)}
    if not missing or not movable:
        return
    out = inputs.out(intent.order)
    part = shares(inputs.snapshot.instances, budget, scale_set.capacity)[0]
    blocked = bool(movable - out) and part.room(out) < 1
    what = f"The capacity is {scale_set.capacity}, and {missing} of them are not listed"
    means = (
        f"the missing ones count as out of service, of which O(max_unavailable) ({part.limit}) allows {part.allowed}"
    )
    ways = "Wait for a scale-out that is on, or set the capacity to what is there."
    if scale_set.flexible:
        ways += " The capacity of a Flexible set may stay behind what was deleted or detached."
    if blocked:
        ways += " When it is accepted, the budget is a share of those that are listed."
    yield Finding(
        "instances_missing",
        NEEDS_ACCEPTANCE if blocked else WARNING,
        f"{what}: {means}" + (", so that no instance in service may go" if blocked else ""),
        ways,
    )


def _some(
    code: str,
    instances: Iterable[Instance],
    verbs: tuple[str, str],
    message: str,
    advice: str,
    severity: str = WARNING,
) -> Iterator[Finding]:
    ids = sorted((one.instance_id for one in instances), key=by_id)
    if ids:
        who = f"1 instance {verbs[0]}" if len(ids) == 1 else f"{len(ids)} instances {verbs[1]}"
        yield Finding(code, severity, f"{who} {message}", advice, tuple(ids))
