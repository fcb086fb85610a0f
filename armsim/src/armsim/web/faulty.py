# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Answers that something is wrong with: what a fault makes of a request."""

from __future__ import annotations

import asyncio
import time

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from armsim.protocol import errors
from armsim.scenario import (
    AnswerFault,
    ExpiredTokenFault,
    ResetFault,
    SlowFault,
    StaleFault,
    StaleSkipTokenFault,
    StatusFault,
    TruncatedFault,
)
from armsim.web import connections
from armsim.web.call import Call

_BUCKET = "HighCostGetVMScaleSetResource"
_MEASURED = {"operationGroup": _BUCKET, "allowedRequestCount": 30, "measuredRequestCount": 31}
_UNEXPECTED = "An unexpected error occurred while processing the request."
# Codes and texts of the service (reported); whether the gateway itself sends them.
_USUAL = {
    400: ("BadRequest", "The request was invalid.", False),
    401: ("InvalidAuthenticationToken", "The access token is invalid.", True),
    403: (
        "AuthorizationFailed",
        "The client does not have authorization to perform the action over the scope, or the scope is invalid. If "
        "access was recently granted, please refresh your credentials.",
        True,
    ),
    404: ("NotFound", "The entity was not found in this Azure location.", False),
    409: (
        "Conflict",
        "The request failed due to conflict with a concurrent request. To resolve it, please refer to "
        "https://aka.ms/activitylog to get more details on the conflicting requests.",
        False,
    ),
    412: ("PreconditionFailed", "The condition given in the request headers was not met.", False),
    500: ("InternalServerError", _UNEXPECTED, False),
    502: ("BadGateway", _UNEXPECTED, True),
    503: ("ServiceUnavailable", _UNEXPECTED, False),
    504: (
        "GatewayTimeout",
        "The gateway did not receive a response from 'Microsoft.Compute' within the specified time period.",
        True,
    ),
}
_PAGE = """<html>
<head><title>{status} {title}</title></head>
<body>
<center><h1>{status} {title}</h1></center>
<hr><center>Microsoft-Azure-Application-Gateway/v2</center>
</body>
</html>
"""


class Reset(Exception):
    """The connection shall be cut without an answer."""


def instead(fault: AnswerFault | None, call: Call) -> Response | None:
    """The answer in place of the request's own, if any; raises Reset, or ArmError for one in the usual form."""
    match fault:
        case ResetFault(when="before"):
            raise Reset
        case StatusFault(body="json"):
            raise refusal(fault)
        case StatusFault():
            return _bare(fault)
        case StaleFault():
            return call.host.earlier.older(call.address, call.simulation.timeline.now - fault.seconds)
        case ExpiredTokenFault():
            now = time.time()
            raise call.host.directory.expired(call.base_url, now - 1, now)
        case StaleSkipTokenFault():
            raise errors.invalid_parameter("$skiptoken", "The value of parameter $skiptoken is invalid.")
    return None


def afterwards(fault: AnswerFault | None, call: Call, response: Response) -> Response:
    """What becomes of the answer to a request that took effect; raises Reset."""
    match fault:
        case ResetFault():
            raise Reset
        case SlowFault(seconds=float(seconds)):
            return Late(response, seconds)
        case SlowFault(simulated_seconds=float(simulated)):
            return Late(response, simulated / call.host.settings.speed)
        case TruncatedFault():
            return Truncated(response)
    return response


def _headers(fault: StatusFault) -> dict[str, str]:
    return {**({} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}), **fault.headers}


def refusal(fault: StatusFault) -> errors.ArmError:
    """The error that a fault stands for, in the usual form."""
    if fault.status == 429:
        error = errors.too_many_requests(_BUCKET, _MEASURED, None)
    else:
        code, message, gateway = _USUAL[fault.status]
        error = errors.ArmError(fault.status, code, message, gateway=gateway)
    error.code = fault.code or error.code
    error.message = fault.message or error.message
    error.target = fault.target or error.target
    error.details = fault.details or error.details
    error.inner = fault.inner_error or error.inner
    error.additional_info = fault.additional_info
    error.headers.update(_headers(fault))
    return error


def _bare(fault: StatusFault) -> Response:
    """An answer of something that stands before the service: an HTML page, or nothing."""
    if fault.body == "empty":
        return Response(b"", fault.status, _headers(fault))
    code = fault.code or ("TooManyRequests" if fault.status == 429 else _USUAL[fault.status][0])
    title = "".join(f" {letter}" if letter.isupper() else letter for letter in code).strip()
    content = _PAGE.format(status=fault.status, title=title)
    return Response(content, fault.status, _headers(fault), media_type="text/html")


class _Spoiled(Response):
    """An answer that does not arrive as it should."""

    def __init__(self, answer: Response) -> None:
        self.answer = answer
        super().__init__(answer.body, answer.status_code)
        self.raw_headers = answer.raw_headers


class Late(_Spoiled):
    """An answer that is kept back for so many real seconds."""

    def __init__(self, answer: Response, seconds: float) -> None:
        super().__init__(answer)
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(self._seconds)
        await self.answer(scope, receive, send)


class Truncated(_Spoiled):
    """Half of the body, although ``Content-Length`` promises all of it. Half of nothing sends no answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.body:
            raise Reset
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await connections.close(scope["client"])
