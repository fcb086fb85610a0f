# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Replies as HTTP responses."""

from __future__ import annotations

import json
from typing import Any

import orjson
from starlette.responses import Response

from armsim.common.wire import guid, http_date
from armsim.service.simulation import Simulation
from armsim.web.call import Reply


def render(simulation: Simulation, reply: Reply, *, gateway: bool = False) -> Response:
    """The response, with the headers that every answer of the service has."""
    now = simulation.calendar.at(simulation.timeline.now)
    request_id = guid(simulation.request_ids)
    headers = {
        "Cache-Control": "no-cache",
        "Pragma": "no-cache",
        "Expires": "-1",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "x-ms-request-id": request_id,
        "x-ms-correlation-request-id": request_id,
        "x-ms-routing-request-id": f"ARMSIM:{now:%Y%m%dT%H%M%SZ}:{request_id}",
        "Date": http_date(now),
        **reply.headers,
    }
    if gateway:
        headers["x-ms-failure-cause"] = "gateway"
    if reply.body is None:
        return Response(b"", reply.status, headers)
    if isinstance(reply.body, dict) and "etag" in reply.body:
        headers["ETag"] = reply.body["etag"]
    return Response(_encoded(reply.body), reply.status, headers, media_type="application/json; charset=utf-8")


def _encoded(body: Any) -> bytes:
    try:
        return orjson.dumps(body)
    except TypeError:
        # Half a surrogate pair, or a whole number beyond 64 bits: bodies of clients can have them.
        return json.dumps(body, separators=(",", ":")).encode()
