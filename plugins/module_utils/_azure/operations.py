# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The wire: long-running operations."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._azure.error_map import read_fault
from ansible_collections.azroll.vmss.plugins.module_utils._azure.pipeline import COMPUTE_API, Client, resource_path
from ansible_collections.azroll.vmss.plugins.module_utils._azure.sdk_errors import speaking
from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import ArmFault, WaitTimeout
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet

_ID = re.compile(r"/operations/(?P<id>[\w-]{1,64})(?=[?/]|$)", re.IGNORECASE)
# Documented; any other status is taken to be running.
_ENDED = ("succeeded", "failed", "canceled", "cancelled")


@dataclass(frozen=True)
class OperationEnd:
    """The end of an operation; `fault` is why it failed or was cancelled, None where it went well."""

    fault: ArmFault | None = None


class Operation:
    """A long-running operation that was accepted; `answer` is the one that accepted it.

    `started_at` is the server's time of that, in ISO 8601, and `id` names the operation below its location. Its address
    may be signed (recorded), so nobody but the SDK gets to see that.
    """

    def __init__(self, poller: Any, attempted: str, deadline: Deadline, answer: Any) -> None:
        self._poller = poller
        self._attempted = attempted
        self._deadline = deadline
        self.started_at = server_time(answer) if answer is not None else None
        self.id = operation_id(answer.headers) if answer is not None else None

    def wait(self) -> None:
        """Wait for the end of it. Raises OperationFailed, Preempted, or WaitTimeout at the deadline."""
        with speaking(self._attempted):
            self._poller.wait(self._deadline.remaining())
        if not self._poller.done():
            raise WaitTimeout(
                f"Could not {self._attempted} within {self._deadline.seconds:.0f} seconds: "
                "the operation is still running",
                advice="It goes on in Azure. Raise O(wait_timeout), or follow it with azroll.vmss.vmss_instance_facts.",
                attempted=self._attempted,
            )


class OperationReads:
    """What may be read of operations that another process began."""

    _client: Client
    subscription_id: str

    def operation_end(self, scale_set: ScaleSet, operation_id: str) -> OperationEnd | None:
        """How an operation on the set ended; None while it runs.

        It is asked by its id, without the signature that its own address may have. That Azure answers there is a guess.
        """
        body = self._operation(scale_set, operation_id)
        status = str(body.get("status") or "").lower()
        if status not in _ENDED:
            return None
        fault = read_fault(json.dumps(body), status=200, request_id=None) if status != "succeeded" else None
        return OperationEnd(fault)

    def _operation(self, scale_set: ScaleSet, operation_id: str) -> Any:
        path = resource_path(
            "subscriptions",
            self.subscription_id,
            "providers",
            "Microsoft.Compute",
            "locations",
            scale_set.location.replace(" ", "").lower(),
            "operations",
            operation_id,
        )
        return self._client.get(path, COMPUTE_API, f"read the operation on the instances of {scale_set.name}")


def operation_id(headers: Mapping[str, str]) -> str | None:
    """What names the operation in the address that an answer leads to, and nothing else of it."""
    match = _ID.search(headers.get("Azure-AsyncOperation") or headers.get("Location") or "")
    return match["id"] if match else None


def server_time(response: Any) -> str | None:
    """The time of an answer by the service's own clock, in ISO 8601."""
    text = response.headers.get("Date")
    try:
        time = parsedate_to_datetime(text) if text else None
        # Without a zone (-0000) it is UTC, too (RFC 5322).
        zoned = time.replace(tzinfo=timezone.utc) if time and time.tzinfo is None else time
        return zoned.astimezone(timezone.utc).isoformat() if zoned else None
    except (OverflowError, TypeError, ValueError):
        return None
