# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Azure Resource Manager's front door: what every request passes before a handler sees it.

Order: an ordered fault, authentication, limits, api-version, subscription, authorization, resource group, locks.
Only what passes reaches the provider, which has limits of its own.
"""

from __future__ import annotations

from starlette.responses import Response

from armsim.common.wire import is_api_version
from armsim.identity.locks import TYPE as LOCK
from armsim.operations.faults import Seen
from armsim.protocol import errors
from armsim.scenario import AnswerFault, ChangedFault
from armsim.service.pace import PacedRequest
from armsim.web.call import Call, Endpoint, Reply
from armsim.web.faulty import afterwards, instead
from armsim.web.host import Host
from armsim.web.instance_actions import without_effect
from armsim.web.rendering import render

WRITES = ("PUT", "PATCH", "POST", "DELETE")


def answer(host: Host, call: Call, endpoint: Endpoint) -> Response:
    """Serve one request; it is counted whatever becomes of it. Raises Reset when there shall be no answer."""
    simulation = host.simulation
    if host.pace is not None:
        host.pace.before(_paced(call), simulation.timeline)
    simulation.timeline.catch_up()
    requests = simulation.requests
    requests.total += 1
    requests.by_operation[endpoint.name] += 1
    seen = _seen(call, endpoint)
    fault = simulation.faults.of_answer(seen)
    if fault is not None:
        requests.faults[fault.kind] += 1
    try:
        response = instead(fault, call) or _serve(call, endpoint, seen, fault)
    except errors.ArmError as error:
        response = _refuse(call, error)
    if fault is None and call.method == "GET" and simulation.faults.repeat_answers:
        host.earlier.keep(call.address, response, seen.now)
    requests.throttled += response.status_code == 429
    return afterwards(fault, call, response)


def _serve(call: Call, endpoint: Endpoint, seen: Seen, fault: AnswerFault | None) -> Response:
    """Let a request take effect; raises ArmError when it is refused."""
    simulation = call.simulation
    requests = simulation.requests
    writes = _writes(call, endpoint)
    _check(call, endpoint)
    if writes:
        requests.writes += 1
    fate = simulation.faults.of_action(seen) if writes and "scale_set" in call.params else None
    reply = endpoint.handler(call) if fate is None else without_effect(call)
    simulation.actors.requested(endpoint.name)
    if call.method == "HEAD":
        # Only whether it is there (documented).
        reply = Reply(None, 204)
    if call.operation is not None:
        call.operation.fate = fate or simulation.faults.of_operation(seen)
        if call.operation.fate is not None:
            requests.faults["operation"] += 1
    if reply.charge is not None:
        requests.charge += reply.charge
        if reply.reports_charge:
            reply.headers["x-ms-request-charge"] = str(reply.charge)
    reply.headers.update(simulation.throttle.headers(call.drawn, reply.charge))
    if isinstance(fault, ChangedFault):
        reply.body = fault.change(reply.body)
    return render(simulation, reply)


def _writes(call: Call, endpoint: Endpoint) -> bool:
    return call.method in WRITES and not endpoint.envelope


def _refuse(call: Call, error: errors.ArmError) -> Response:
    """The answer to a refused request; those of the gateway itself do not report limits (recorded)."""
    simulation = call.simulation
    headers = dict(error.headers)
    if error.retry_after is not None:
        headers.update(call.host.refused_until(error.retry_after))
    if not error.gateway:
        charge = headers.get("x-ms-request-charge")
        headers.update(simulation.throttle.headers(call.drawn, None if charge is None else int(charge)))
    return render(simulation, Reply(error.body(), error.status, headers), gateway=error.gateway)


def _seen(call: Call, endpoint: Endpoint) -> Seen:
    query = call.query
    return Seen(
        endpoint.name,
        call.path,
        query.get("api-version", ""),
        "$skiptoken" in query,
        call.simulation.timeline.now,
        call.method,
    )


def _paced(call: Call) -> PacedRequest:
    if call.method in WRITES:
        return PacedRequest(call.client, None)
    polled = call.simulation.operations.find(call.params.get("operation", ""))
    return PacedRequest(call.client, call.address, polled)


def _is_known(call: Call, subscription: str) -> bool:
    """The scenario's subscription has everything; others have galleries alone, and can be read themselves."""
    if subscription.lower() == call.subscription.lower():
        return True
    if call.params.keys() == {"subscription"} and call.path.rstrip("/").count("/") == 2:
        return call.host.directory.owner(subscription) is not None
    return "gallery" in call.params and call.simulation.catalogue.has_galleries_in(subscription)


def _check(call: Call, endpoint: Endpoint) -> None:
    simulation = call.simulation
    directory = call.host.directory
    caller = directory.authenticate(call.headers.get("authorization"), call.base_url)
    principal = caller.principal
    call.principal, call.tenant = caller
    call.drawn = simulation.throttle.enter(call.method, call.subscription, principal.spec.object_id)
    call.api_version = call.query.get("api-version", "")
    if not call.api_version:
        raise errors.missing_api_version(call.path)
    if not is_api_version(call.api_version):
        raise errors.invalid_api_version(call.api_version)
    subscription = call.params.get("subscription")
    if subscription is not None:
        directory.check_tenant(caller, subscription, call.base_url)
    if subscription is not None and not _is_known(call, subscription):
        raise errors.subscription_not_found(subscription)
    if endpoint.action is not None:
        principal.authorize(endpoint.action, _scope(call.path))
    group = call.params.get("group")
    if group is not None and group.lower() not in simulation.groups:
        raise errors.resource_group_not_found(group)
    writes = _writes(call, endpoint)
    if writes and simulation.spec.subscription.state == "Disabled":
        simulation.requests.refused += 1
        raise errors.subscription_disabled(call.subscription)
    locked = _locked(call) if writes else []
    if locked:
        simulation.requests.refused += 1
        raise errors.scope_locked(_scope(call.path), locked, call.method)
    simulation.throttle.reach(call.drawn, endpoint.name, "/".join(call.params.values()).lower())


def _locked(call: Call) -> list[str]:
    """The scopes that are locked against a write; a lock may be written, and taken away, in spite of all locks."""
    simulation, scope = call.simulation, _scope(call.path)
    if simulation.read_only:
        return [f"/subscriptions/{call.subscription}"]
    return [] if f"/providers/{LOCK}/".lower() in scope.lower() else simulation.locks.against(scope, call.method)


def _scope(path: str) -> str:
    """The resource that a path names: without the action behind it."""
    parts = path.rstrip("/").split("/")
    return "/".join(parts if len(parts) % 2 else parts[:-1])
