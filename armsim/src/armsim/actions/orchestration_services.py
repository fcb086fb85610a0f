# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The services that the platform runs beside a scale set: automatic repairs."""

from __future__ import annotations

from armsim.protocol.errors import invalid_parameter, operation_not_allowed
from armsim.scale_sets.scale_set import REPAIRS, Accepted, ScaleSet


def set_orchestration_service_state(scale_set: ScaleSet, body: object) -> Accepted:
    """Suspend or resume automatic repairs."""
    body = body if isinstance(body, dict) else {}
    if body.get("serviceName") != REPAIRS:
        raise invalid_parameter("serviceName", "The value of parameter serviceName is invalid.")
    if body.get("action") not in ("Suspend", "Resume"):
        raise invalid_parameter("action", "The value of parameter action is invalid.")
    if scale_set.repairs_state == "NotRunning":
        raise operation_not_allowed(
            f"Orchestration service '{REPAIRS}' is not enabled on Virtual Machine Scale Set '{scale_set.name}'."
        )
    operation = scale_set.start()
    scale_set.etag += 1

    def done() -> None:
        set_repairs(scale_set, suspended=body["action"] == "Suspend")
        scale_set.end(operation)

    scale_set.world.timeline.after(scale_set.world.timings.service_state.draw(scale_set.rng), done)
    return Accepted(operation, 0)


def set_repairs(scale_set: ScaleSet, *, suspended: bool) -> None:
    """Suspend or resume automatic repairs at once."""
    scale_set.repairs_suspended = suspended
    if not suspended:
        scale_set.world.events.publish("repairs_resumed", scale_set.name)
