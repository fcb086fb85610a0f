# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The preflight before the first write: all its findings about a rollout at once."""

from __future__ import annotations

from ansible_collections.azroll.vmss.plugins.module_utils._guards.image_change import profile_reasons
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import same_image, same_reference
from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import in_service
from ansible_collections.azroll.vmss.plugins.module_utils._plan.image_write import ImageUpdate
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.check_actors import actor_findings
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.check_alerts import alert_findings
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.check_image import image_findings
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.check_instances import instance_findings
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.check_model import model_findings, of_guard
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.check_writes import write_findings
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.findings import Finding
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.inputs import Inputs, Intent


def examine(inputs: Inputs, intent: Intent) -> list[Finding]:
    """All findings, by subject. Raises BadInput where `intent.order` is confined to what does not exist."""
    missing = [of_guard(reason) for reason in profile_reasons(inputs.snapshot.scale_set)]
    if missing:
        # Everything else is about the model.
        return missing
    return [
        *write_findings(inputs, intent),
        *model_findings(inputs, intent),
        *image_findings(inputs, intent),
        *instance_findings(inputs, intent),
        *actor_findings(inputs, intent),
        *alert_findings(inputs),
    ]


def proves_image(inputs: Inputs, intent: Intent) -> bool:
    """Whether the image of the model, which an earlier rollout did not bring to a good end, has proved itself since.

    So it is where nothing is left to do and every instance runs it and reports that it is well. Under another policy
    than Manual nothing is written of that: Azure might act on the write.
    """
    scale_set, source = inputs.snapshot.scale_set, inputs.snapshot.scale_set.health_source
    present = inputs.present
    return bool(
        not intent.rollback
        and scale_set.image_history.unproven(inputs.target)
        and same_reference(scale_set.image, inputs.target)
        and scale_set.manual
        and inputs.lease is None
        and source is not None
        and present
        and all(same_image(one.image, inputs.target) and in_service(one, source) for one in present)
    )


def writes_model(inputs: Inputs, intent: Intent) -> bool:
    """Whether the model's image or its policy is to be written; a policy that is restored, for instances only."""
    if not inputs.snapshot.scale_set.has_profile:
        return False
    change = ImageUpdate(inputs.snapshot.scale_set, inputs.target, intent.set_manual)
    return change.image_changes or (change.policy_changes and not intent.restore_policy)
