# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Preflight of the scale set itself: who upgrades it, under which policy, and by what its health is judged."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.azroll.vmss.plugins.module_utils._guards.image_change import (
    Reason,
    automatic_upgrade_reasons,
    ownership_reasons,
    policy_reasons,
    rolling_upgrade_reasons,
)
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import same_reference
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import by_id
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.findings import (
    NEEDS_ACCEPTANCE,
    REFUSAL,
    WARNING,
    Finding,
)
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.inputs import Inputs, Intent

MODEL_LIMIT = 10
CLOSE = 8


def model_findings(inputs: Inputs, intent: Intent) -> Iterator[Finding]:
    """The findings about the scale set and its model."""
    scale_set = inputs.snapshot.scale_set
    for reason in ownership_reasons(scale_set, inputs.owner):
        yield of_guard(reason)
    yield from _policy(inputs, intent)
    for reason in automatic_upgrade_reasons(scale_set):
        yield of_guard(reason)
    for reason in rolling_upgrade_reasons(scale_set, inputs.snapshot.rolling_upgrade):
        yield of_guard(reason)
    yield from _models(inputs)
    yield from _health(inputs)


def of_guard(reason: Reason) -> Finding:
    """The finding with the refusal that the guard will raise, which stands unless it has an override."""
    severity = NEEDS_ACCEPTANCE if reason.override else REFUSAL
    return Finding(reason.guard, severity, reason.message, reason.way_out.rstrip(".") + ".")


def _policy(inputs: Inputs, intent: Intent) -> Iterator[Finding]:
    scale_set = inputs.snapshot.scale_set
    for reason in policy_reasons(scale_set):
        if intent.set_manual:
            advice = "It will be set to Manual together with the image."
            yield Finding(reason.guard, WARNING, reason.message, advice)
        elif will_write(inputs, intent):
            yield Finding(reason.guard, REFUSAL, reason.message, reason.way_out)
        else:
            yield Finding(reason.guard, WARNING, reason.message, "There is nothing to do. " + reason.way_out)


def will_write(inputs: Inputs, intent: Intent) -> bool:
    """Whether the rollout writes the model: its image, or as soon as it has anything to do the tags of its lease."""
    return bool(
        not same_reference(inputs.snapshot.scale_set.image, inputs.target)
        or inputs.movable(intent.order)
        or inputs.lease
        or (intent.restore_policy and inputs.in_progress(intent.order))
    )


def _models(inputs: Inputs) -> Iterator[Finding]:
    # Models differ in more than images, so this is the least number there can be; Flexible sets know no such limit.
    if inputs.snapshot.scale_set.flexible:
        return
    known = len({one.image for one in inputs.present} | {inputs.snapshot.scale_set.image})
    name = inputs.snapshot.scale_set.name
    if known < CLOSE or same_reference(inputs.snapshot.scale_set.image, inputs.target):
        return
    yield Finding(
        "model_limit",
        NEEDS_ACCEPTANCE if known >= MODEL_LIMIT else WARNING,
        f"{name} and its instances refer to at least {known} models (as many images are seen), "
        f"and Azure refuses another one when there are {MODEL_LIMIT}",
        "Bring the instances left behind to the latest model first (azroll.vmss.vmss_domain_upgrade with "
        "all_instances), then set the image.",
    )


def _health(inputs: Inputs) -> Iterator[Finding]:
    scale_set = inputs.snapshot.scale_set
    if inputs.silent_source:
        running = [one.instance_id for one in inputs.present if one.power == "running"]
        yield Finding(
            "health_never_reported",
            NEEDS_ACCEPTANCE,
            f"{scale_set.name} has a health source ({inputs.silent_source.replace('_', ' ')}), but none of its "
            f"{len(running)} running instances has ever reported its health: all of them would count as out of "
            "service, and no batch would ever be healthy",
            "See whether the source works: the extension is on the instances and not only in the model, its port and "
            "path answer, and the network lets its requests pass. Otherwise judge by checks of another kind "
            "(rollout_health_url, rollout_health_instance_url or rollout_health_tasks of the role). Once this is "
            "accepted, the state of the instances alone is judged beside those checks.",
            tuple(sorted(running, key=by_id)),
        )
    elif scale_set.health_source is None:
        yield Finding(
            "health_source_missing",
            NEEDS_ACCEPTANCE,
            f"{scale_set.name} has no health source: an instance counts as in service as soon as it runs, "
            "whether or not its application works",
            "Add the application health extension or a load balancer probe to the model, or judge by checks of your "
            "own (a URL, a task file).",
        )
    probe = ((inputs.profile.get("networkProfile") or {}).get("healthProbe") or {}).get("id")
    if scale_set.health_source == "application_health_extension" and probe:
        yield Finding(
            "health_source_twice",
            WARNING,
            f"{scale_set.name} has both the application health extension and a load balancer probe as health sources",
            "What the instances report is judged, whichever of them it comes from. Remove one of the two.",
        )
