# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What follows when something fails: a retry, a quarantine, a rollback or a halt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.defaults import MAX_UNAVAILABLE
from ansible_collections.azroll.vmss.plugins.module_utils._options.filter_values import (
    read_choice,
    read_flag,
    read_limits,
    read_marks,
    read_number,
    read_selection,
    read_set,
    read_target,
    read_texts,
)
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.failure_policy import (
    HALT,
    KEEP,
    RESTORE,
    WAYS,
    Reaction,
    react,
)
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.quarantine import Quarantine, choose_quarantine
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.retry import already_retried, decide_retry
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.rollback_image import rollback_target


def rollout_reaction(
    journal: Mapping[str, Any],
    vmss: Mapping[str, Any] | None = None,
    on_failure: str = HALT,
    only: Mapping[str, Any] | None = None,
    failed_image: str = KEEP,
    recovered: bool = False,
) -> dict[str, Any]:
    """What the role does after a failure, and why. Without `vmss`, nothing could be read."""
    read_choice(failed_image, "rollout_failed_image", (RESTORE, KEEP))
    read_choice(on_failure, "rollout_on_failure", WAYS)
    if not vmss:
        unread = "What the model has now is not known: see to it that it is not left with an image that failed."
        return Reaction(False, "Halted: the scale set could not be read.", kept=unread).to_dict()
    late = read_flag(recovered, "recovered")
    return react(journal, *read_set(vmss), on_failure, read_selection(only), failed_image, recovered=late).to_dict()


def rollout_retry(
    vmss: Mapping[str, Any],
    target: Mapping[str, Any],
    details: Mapping[str, Any],
    journal: Mapping[str, Any],
    instance_ids: Sequence[str],
    unhealthy_before: Sequence[str] | None = None,
    failed_before: Sequence[str] | None = None,
    by_model: bool = True,
    operation: str = "",
) -> dict[str, Any]:
    """Which of those that were sent get a second try, and how."""
    decided = decide_retry(
        read_set(vmss)[1],
        details["groups"],
        read_target(target),
        sent=read_texts(instance_ids, "instance_ids"),
        unhealthy=read_texts(unhealthy_before, "unhealthy_before"),
        retried=already_retried(journal["batches"]),
        failed_before=read_texts(failed_before, "failed_before"),
        by_model=read_flag(by_model, "by_model"),
        operation=str(operation or ""),
    )
    return decided.to_dict()


def rollout_quarantine(
    journal: Mapping[str, Any],
    vmss: Mapping[str, Any] | None = None,
    most: int = 0,
    max_unavailable: str | int = MAX_UNAVAILABLE,
    max_unavailable_per_zone: str | int | None = None,
    max_unavailable_per_fault_domain: str | int | None = None,
    ignore_missing: bool = False,
) -> dict[str, Any]:
    """Which of the instances that failed stay as they are, for people to look at. Without `vmss`, none."""
    if not vmss:
        return Quarantine().to_dict()
    limits = (max_unavailable, max_unavailable_per_zone, max_unavailable_per_fault_domain)
    most, budget = read_number(most, "rollout_quarantine"), read_limits(*limits, ignore_missing)
    return choose_quarantine(journal, *read_set(vmss), most=most, budget=budget).to_dict()


def rollout_previous_image(
    vmss: Mapping[str, Any],
    skip: Mapping[str, Any] | None = None,
    only: Mapping[str, Any] | None = None,
    remembers: bool = True,
) -> dict[str, Any]:
    """The image to roll back to, or why there is none."""
    scale_set, instances = read_set(vmss)
    remembers = read_flag(remembers, "remembers")
    found = rollback_target(
        scale_set, instances, marks=read_marks(skip), only=read_selection(only), remembers=remembers
    )
    return found.to_dict()
