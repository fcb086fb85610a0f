# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What must still be true of a scale set right before instances are sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._guards.baseline import Baseline, check_baseline, check_target
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image, merge
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import require_own


@dataclass(frozen=True)
class Terms:
    """`run_id` must hold the lease, the model must have the image `target`, and the set look as `baseline` has seen it
    but for the rollout's own work. What is empty is not asked for.
    """

    run_id: str = ""
    target: Image | None = None
    baseline: Baseline | None = None

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Terms:
        """From the options `run_id`, `target_image` and `baseline` of a module. Raises BadInput."""
        return cls(
            run_id=options["run_id"],
            target=Image.from_options(options["target_image"]) if options["target_image"] else None,
            baseline=Baseline.from_dict(options["baseline"]) if options["baseline"] else None,
        )

    def without(self, instance_ids: Collection[str]) -> Terms:
        """The same, for a rollout that may have moved these instances."""
        return replace(self, baseline=self.baseline.without(instance_ids)) if self.baseline else self

    def check(
        self, scale_set: ScaleSet, instances: Sequence[Instance], *, now: str | None, by_model: bool = True
    ) -> None:
        """Hold them against the set as it was just read. Raises LeaseLost, and Refused (`concurrent_change`)."""
        if self.run_id:
            require_own(scale_set.name, scale_set.tags, self.run_id, now)
        if self.target:
            check_target(scale_set, merge(scale_set.image, self.target), now=now)
        if self.baseline:
            check_baseline(self.baseline, scale_set, instances, scale_set.image, now=now, by_model=by_model)


NO_TERMS = Terms()
