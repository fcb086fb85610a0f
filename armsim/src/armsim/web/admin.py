# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The simulator's own interface, below ``/armsim/``: ledger, state, faults, read-only mode, changes, time, reset."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from armsim.actors import actor_actions
from armsim.common.wire import Json
from armsim.protocol.errors import ArmError
from armsim.scenario import FAULT, ActorAction, problems
from armsim.web.host import Host

PREFIX = "/armsim"


class ReadOnly(BaseModel):
    model_config = ConfigDict(extra="forbid")

    enabled: bool


class Advance(BaseModel):
    model_config = ConfigDict(extra="forbid")

    seconds: float = Field(ge=0, le=31 * 86_400)


def routes(host: Host) -> list[Route]:
    async def ledger(_request: Request) -> Response:
        host.simulation.timeline.catch_up()
        return JSONResponse(host.simulation.ledger())

    async def state(_request: Request) -> Response:
        host.simulation.timeline.catch_up()
        return JSONResponse(host.simulation.state())

    async def read_only(request: Request) -> Response:
        host.simulation.read_only = ReadOnly.model_validate(await _json(request)).enabled
        return JSONResponse({"read_only": host.simulation.read_only})

    async def faults(request: Request) -> Response:
        body = await _json(request)
        ordered = [FAULT.validate_python(item) for item in (body if isinstance(body, list) else [body])]
        host.simulation.faults.order(ordered)
        return JSONResponse({"ordered": len(ordered)})

    async def pending_faults(_request: Request) -> Response:
        return JSONResponse(host.simulation.faults.report())

    async def clear_faults(_request: Request) -> Response:
        host.simulation.faults.clear()
        return JSONResponse({"cleared": True})

    async def change(request: Request) -> Response:
        action = _action(await _json(request))
        host.simulation.timeline.catch_up()
        actor_actions.apply(host.simulation, action, host.simulation.outside)
        return JSONResponse({"changed": True})

    async def advance(request: Request) -> Response:
        seconds = Advance.model_validate(await _json(request)).seconds
        if host.pace is None:
            raise ArmError(409, "NotAllowed", "time passes by itself: only --speed max lets it be advanced")
        timeline = host.simulation.timeline
        return JSONResponse({"elapsed_seconds": round(timeline.leap(timeline.now + seconds), 3)})

    async def reset(_request: Request) -> Response:
        host.reset()
        return JSONResponse({"reset": True})

    def counted(method: str, name: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
        async def serve(request: Request) -> Response:
            host.simulation.requests.other["admin"] += 1
            if method != "GET":
                host.disturb()
            return await endpoint(request)

        return Route(f"{PREFIX}/{name}", serve, methods=[method])

    return [
        counted("GET", "ledger", ledger),
        counted("GET", "state", state),
        counted("POST", "read-only", read_only),
        counted("GET", "faults", pending_faults),
        counted("POST", "faults", faults),
        counted("DELETE", "faults", clear_faults),
        counted("POST", "change", change),
        counted("POST", "advance", advance),
        counted("POST", "reset", reset),
    ]


def _action(body: Any) -> ActorAction:
    try:
        return ActorAction.model_validate(body)
    except ValidationError as error:
        wrong = "; ".join(str(problem) for problem in problems(error, ActorAction))
        raise ArmError(400, "InvalidRequest", wrong) from error


async def _json(request: Request) -> Any:
    try:
        return await request.json()
    except ValueError as error:
        raise ArmError(400, "InvalidRequestContent", f"the body is not JSON: {error}") from error


def invalid(error: ValidationError) -> Json:
    """The body for a request that does not fit: every field with what is allowed there."""
    wrong = "; ".join(str(problem) for problem in problems(error))
    return {"error": {"code": "InvalidRequest", "message": wrong}}
