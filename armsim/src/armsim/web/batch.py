# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Several requests in one, as the portal and some clients send them (reported; there is no documentation of it)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from starlette.responses import Response

from armsim.common.wire import Json
from armsim.protocol import errors
from armsim.web.call import Call, Endpoint, Reply

# So many are taken at once (reported).
_MOST = 20
# Not those of the whole answer.
_OF_CONNECTION = ("content-length", "content-type")


def post_batch(call: Call) -> Reply:
    """Serve each request as if it had come alone, in their order; the answers have their names."""
    match call.json():
        case {"requests": list(requests)}:
            pass
        case _:
            raise errors.gateway(400, "InvalidRequestContent", "The request content has no 'requests'.")
    if len(requests) > _MOST:
        raise errors.gateway(
            400, "InvalidRequestContent", f"The batch has {len(requests)} requests. It can have {_MOST} at most."
        )
    return Reply({"responses": [_served(call, request) for request in requests]})


def _served(call: Call, request: Any) -> Json:
    match request:
        case {"httpMethod": str(method), **rest} if isinstance(
            address := rest.get("url") or rest.get("relativeUrl"), str
        ):
            pass
        case _:
            raise errors.gateway(400, "InvalidRequestContent", "A request of the batch has no 'httpMethod' or 'url'.")
    parts = urlsplit(address)
    content = rest.get("content")
    response = call.host.serve(
        replace(
            call,
            method=method.upper(),
            path=unquote(parts.path),
            params={},
            query={name.lower(): value for name, value in parse_qsl(parts.query, keep_blank_values=True)},
            headers={**call.headers, "content-type": "application/json"},
            raw_query=parts.query,
            raw_body=b"" if content is None else json.dumps(content).encode(),
        )
    )
    return _answer(rest.get("name"), response)


def _answer(name: object, response: Response) -> Json:
    body = bytes(response.body)
    answer: Json = {
        "httpStatusCode": response.status_code,
        "headers": {key: text for key, text in response.headers.items() if key not in _OF_CONNECTION},
        "contentLength": len(body),
    }
    if name is not None:
        answer["name"] = name
    if body:
        answer["content"] = json.loads(body)
    return answer


ENDPOINTS = [Endpoint("POST", "/batch", "Batch_Post", None, post_batch, envelope=True)]
