# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""A scale set in a few lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.progress import count
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import by_id
from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import trouble
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.heatmap import draw
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.report import by_image


def describe_status(scale_set: ScaleSet, instances: Sequence[Instance]) -> list[str]:
    """What the set is, what its instances run, the heat map, and each instance in trouble with the reason."""
    present = [one for one in instances if not one.leaving]
    model, history = scale_set.image, scale_set.image_history
    by_model = not history.judged_by_image(model, model, scale_set.profile)
    counts = count(present, model, scale_set.health_source, by_model=by_model)
    lines = [
        f"{scale_set.name}: {scale_set.orchestration_mode}, upgrade policy {scale_set.upgrade_policy}, "
        f"health by {(scale_set.health_source or 'instance state').replace('_', ' ')}",
        f"model: {scale_set.image.describe()}",
        f"{counts['on_target']} of {counts['total']} instances on the model's image, {counts['in_service']} in service",
    ]
    if before := history.previous(model):
        lines.append(f"image before, to which azroll.vmss.rollback leads: {before.describe()}")
    if history.unproven_images:
        names = ", ".join(one.describe() for one in history.unproven_images)
        lines.append(f"images whose rollout failed, was rolled back or has not ended: {names}")
    lines += [f"  {image}: {len(ids)}" for image, ids in by_image(present).items()]
    lines += draw(present, scale_set.image, scale_set.health_source)
    for one in sorted(instances, key=lambda each: by_id(each.instance_id)):
        if why := trouble(one, scale_set.health_source):
            lines.append(f"  {one.instance_id}: {why}")
    return lines
