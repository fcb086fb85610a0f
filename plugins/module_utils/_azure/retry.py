# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The wire: repeating requests, within the time there is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import (
    BACKOFF,
    RETRIES,
    THROTTLE_WAIT,
    Deadline,
)

if TYPE_CHECKING:
    from azure.core.exceptions import IncompleteReadError, ServiceRequestError, ServiceResponseError
    from azure.core.pipeline.policies import HTTPPolicy

    Policy = HTTPPolicy[Any, Any]
else:
    try:
        from azure.core.exceptions import IncompleteReadError, ServiceRequestError, ServiceResponseError
        from azure.core.pipeline.policies import HTTPPolicy as Policy
    except ImportError:
        # `client.connect` names what is missing.
        Policy = object

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 60.0
TRANSIENT = frozenset({408, 500, 502, 503, 504})
READS = frozenset({"GET", "HEAD"})


class Retry(Policy):
    """Repeats reads, in place of the SDK's own policy: no wait of it ends after the deadline.

    A 429 is waited out as long as the deadline allows, however often it comes, but not by the reads of a decision: what
    was read before it would be old afterwards. `decides`: whether reads here may be those of a decision; polls are not.

    A write is never repeated, because Azure may have received it: `waiter.decide` reads again first. But for a 401,
    which shows that it was not received: the SDK forgets its token, so that the request is sent again with another.
    """

    def __init__(self, deadline: Deadline, *, decides: bool = True) -> None:
        super().__init__()
        self._deadline = deadline
        self._decides = decides

    def send(self, request: Any) -> Any:
        failures = 0
        renewed = False
        options = request.context.options
        read = request.http_request.method in READS
        deciding = self._decides and self._deadline.deciding
        options.setdefault("connection_timeout", CONNECT_TIMEOUT)
        while True:
            if read and deciding:
                self._deadline.check_fresh("read the scale set")
            options["read_timeout"] = max(min(READ_TIMEOUT, self._deadline.remaining()), CONNECT_TIMEOUT)
            try:
                response = self.next.send(request)
            except (ServiceRequestError, ServiceResponseError, IncompleteReadError) as exc:
                pause = BACKOFF * 2**failures
                if not read or failures >= RETRIES or untrusted(exc) or pause > self._time_left(deciding):
                    raise
            else:
                status = response.http_response.status_code
                given = retry_after(response.http_response.headers)
                if status == 401 and not renewed:
                    renewed, pause = True, 0.0
                elif not read:
                    return response
                elif status == 429 and not deciding:
                    pause = given or THROTTLE_WAIT
                elif status in TRANSIENT and failures < RETRIES:
                    pause = given or BACKOFF * 2**failures
                else:
                    return response
                if pause > self._time_left(deciding):
                    return response
                failures -= status in (401, 429)
            failures += 1
            self._deadline.unanswered += pause
            request.context.transport.sleep(pause)

    def _time_left(self, deciding: bool) -> float:
        left = self._deadline.remaining()
        return min(left, self._deadline.fresh()) if deciding else left


class Freshness(Policy):
    """The last policy before a request leaves: what a write rests on is still fresh, after the login as well."""

    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def send(self, request: Any) -> Any:
        method = request.http_request.method
        if method not in READS:
            self._deadline.check_fresh("write the scale set", write=True)
        return self.next.send(request)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the service asks to wait: a number, or the time until a date."""
    text = headers.get("Retry-After")
    if not text:
        return None
    try:
        return max(float(text), 0.0)
    except ValueError:
        pass
    try:
        return max((parsedate_to_datetime(text) - datetime.now(timezone.utc)).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None


def untrusted(exc: BaseException) -> bool:
    """Whether the server's certificate was not signed by anybody trusted: asking again does not help."""
    return "CERTIFICATE_VERIFY_FAILED" in str(exc)
