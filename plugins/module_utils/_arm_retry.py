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
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._wait import THROTTLE_WAIT, Deadline

try:
    from azure.core.exceptions import IncompleteReadError, ServiceRequestError, ServiceResponseError
    from azure.core.pipeline.policies import HTTPPolicy
except ImportError:
    HTTPPolicy = object  # type: ignore[assignment,misc]

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 60.0
# Passing faults are tried again this often, after 0.8, 1.6, 3.2 and 6.4 seconds.
RETRIES = 4
BACKOFF = 0.8
PASSING = frozenset({408, 500, 502, 503, 504})
# The option by which a request says that it acts on instances.
ACTION = "azroll_action"


class Retry(HTTPPolicy):  # type: ignore[type-arg]
    """Repeats requests, in place of the SDK's own policy: no wait of it ends after the deadline.

    Every request of the collection may be sent twice: reads, a write that If-Match guards, and actions whose goal is a
    state. A 429 is waited out as long as the deadline allows, however often it comes. After a 401 the SDK forgets its
    token, so that the request is sent once more with another one: a token may expire on its way.

    An action on instances (`ACTION`) is not held back for long: by then the look that allowed it would be an old one.
    """

    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def send(self, request: Any) -> Any:
        failures = 0
        renewed = False
        options = request.context.options
        # The SDK repeats a call's options in the requests by which it follows the operation.
        action = options.pop(ACTION, False) and request.http_request.method == "POST"
        options.setdefault("connection_timeout", CONNECT_TIMEOUT)
        while True:
            options["read_timeout"] = max(min(READ_TIMEOUT, self._deadline.remaining()), CONNECT_TIMEOUT)
            try:
                response = self.next.send(request)
            except (ServiceRequestError, ServiceResponseError, IncompleteReadError) as exc:
                pause = BACKOFF * 2**failures
                if failures >= RETRIES or untrusted(exc) or pause > self._deadline.remaining():
                    raise
            else:
                status = response.http_response.status_code
                given = retry_after(response.http_response.headers) if not action else None
                if status == 429 and action:
                    return response
                if status == 429:
                    pause = given or THROTTLE_WAIT
                elif status == 401 and not renewed:
                    renewed, pause = True, 0.0
                elif status in PASSING and failures < RETRIES:
                    pause = given or BACKOFF * 2**failures
                else:
                    return response
                if pause > self._deadline.remaining():
                    return response
                failures -= status in (401, 429)
            failures += 1
            request.context.transport.sleep(pause)


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
