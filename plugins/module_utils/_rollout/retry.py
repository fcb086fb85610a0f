# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Which of the instances that failed in a batch, or were never begun, are sent again, and by which means."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import by_id, listed
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import is_stale
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.transient_errors import passes


@dataclass(frozen=True)
class Retry:
    """The ids of those that are still behind the model (`upgrade`) and of those that have its image (`reimage`).

    Both are empty where the failure stands as it is; `why` is the reason in words.
    """

    why: str
    upgrade: tuple[str, ...] = ()
    reimage: tuple[str, ...] = ()


def decide_retry(
    instances: Iterable[Instance],
    groups: Iterable[Mapping[str, Any]],
    target: Image,
    *,
    sent: Collection[str],
    unhealthy: Collection[str] = (),
    retried: Collection[str] = (),
    failed_before: Collection[str] = (),
    by_model: bool = True,
    operation: str = "",
) -> Retry:
    """Decide by the instances as they are now, and by the causes of their failures (`groups` of `bundle`).

    `sent` are those that the batch upgraded, `unhealthy` those that were out of service before, `retried` those that
    had their retry, `failed_before` those that had failed when they were sent; `operation` is the code of Azure's
    error where the operation ended before it had begun all of them. All that failed go again, or none: one failure that
    stays ends the batch in any case, and then nothing more is to be written. An upgrade of an instance that has the
    model already does nothing (recorded), so that one is reimaged.
    """
    ours = [
        one for one in instances if one.instance_id in sent and one.instance_id not in unhealthy and not one.leaving
    ]
    unbegun = [one.instance_id for one in ours if operation and _untouched(one, target, by_model, failed_before)]
    failed = sorted((one for one in ours if one.failed or one.instance_id in unbegun), key=_number)
    if not failed:
        return Retry("No instance is seen as failed any more, so none is tried again.")
    ids = [one.instance_id for one in failed]
    again = [one for one in ids if one in retried]
    if again:
        return Retry(f"Not tried again, because they were already: {listed(again)}.")
    causes = {one: str(group["code"]) for group in groups for one in group["instance_ids"]}
    causes |= dict.fromkeys(unbegun, operation)
    staying = [one for one in ids if not passes(causes.get(one, ""))]
    if staying:
        return Retry(f"Not tried again, because the error is none that is known to pass: {listed(staying)}.")
    codes = sorted({causes[one] for one in ids})
    behind = tuple(one.instance_id for one in failed if is_stale(one, target, by_model=by_model))
    return Retry(
        f"Retried, because {listed(codes)} often passes: {listed(ids)}.",
        upgrade=behind,
        reimage=tuple(one for one in ids if one not in behind),
    )


def already_retried(batches: Sequence[Mapping[str, Any]]) -> list[str]:
    """The ids that had their retry in any batch of a journal."""
    return [one for batch in batches for one in batch["chosen_for_retry"]]


def _untouched(instance: Instance, target: Image, by_model: bool, failed_before: Collection[str]) -> bool:
    begun = instance.busy or (instance.failed and instance.instance_id not in failed_before)
    return not begun and is_stale(instance, target, by_model=by_model)


def _number(instance: Instance) -> tuple[int, int, str]:
    return by_id(instance.instance_id)
