# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Polling of long-running operations. Every poll is 200, whatever became of the operation (recorded)."""

from __future__ import annotations

from armsim.protocol import errors
from armsim.web.call import Call, Endpoint, Reply
from armsim.web.paths import COMPUTE

# Seconds after which what failed by an error of the service itself may be tried again (recorded: 4 of 4).
_AFTER_INTERNAL_ERROR = 480.0


def poll(call: Call) -> Reply:
    """The state of an operation; with ``monitor=true`` an empty body: 202 in progress, afterwards 200.

    Of a write, the first poll in progress has a `Retry-After`; later ones, and those of actions, have none (recorded:
    1,900 of 1,932). Where time does not pass as it does for the service, all have one: the interval of their own to
    which clients fall back is of real time.
    """
    operations = call.simulation.operations
    operation = operations.find(call.params["operation"])
    if operation is None:
        raise errors.entity_not_found()
    in_progress = operation.status == "InProgress"
    shown = not call.host.as_recorded or (operation.of_write and not operation.polled)
    operation.polled = True
    headers = call.host.retry_after(call.simulation.spec.retry_after.poll) if in_progress and shown else {}
    if operation.failure is not None and "InternalE" in operation.failure.code:
        headers = call.host.retry_after(_AFTER_INTERNAL_ERROR)
    if call.query.get("monitor", "").lower() != "true":
        return Reply(operations.body(operation, call.api_version), headers=headers)
    if in_progress:
        return Reply(None, 202, {**headers, "Location": f"{call.base_url}{call.address}"})
    return Reply(None, 200)


ENDPOINTS = [
    Endpoint(
        "GET",
        f"{COMPUTE}/locations/{{location}}/operations/{{operation}}",
        "Operations_Get",
        "Microsoft.Compute/locations/operations/read",
        poll,
    ),
]
