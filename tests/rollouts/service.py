# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The service behind the façade: armsim's own endpoints, asked without HTTP, with the patience of `_azure/retry.py`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from starlette.routing import compile_path

from ansible_collections.azroll.vmss.plugins.module_utils._azure.error_map import read_fault, refusal
from ansible_collections.azroll.vmss.plugins.module_utils._azure.pace import left_of, pages_of
from ansible_collections.azroll.vmss.plugins.module_utils._azure.pipeline import Client
from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import (
    BACKOFF,
    RETRIES,
    THROTTLE_WAIT,
    Deadline,
)
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    ArmFault,
    ConnectionFailed,
    Throttled,
    VmssError,
)
from armsim.actions.instance_actions import stillborn
from armsim.common.wire import Json
from armsim.operations.faults import Seen
from armsim.operations.operation import Operation
from armsim.protocol.errors import ArmError
from armsim.scenario import ChangedFault, StatusFault
from armsim.web import faulty
from armsim.web.app import ENDPOINTS
from armsim.web.call import Call, Endpoint
from armsim.web.paths import scale_set_of
from armsim.web.scale_sets import accepted_action
from rollouts.site import Look, Site

# A request takes a moment, in which the world goes on.
LATENCY = 0.2
PAUSES = {"throttled": 4 * THROTTLE_WAIT, "throttled briefly": 3.0}
HOST = "https://armsim"
ROUTES = [(endpoint, re.compile(compile_path(endpoint.path)[0].pattern, re.IGNORECASE)) for endpoint in ENDPOINTS]

Answer = TypeVar("Answer")


class Service(Client):
    """One process's requests. `look` is what its last list of the instances showed."""

    def __init__(self, site: Site, deadline: Deadline, note: Callable[[str], None]) -> None:
        self.site = site
        self.deadline = deadline
        self.look: Look | None = None
        # When each thing was last read, by its name.
        self.reads: dict[str, float] = {}
        self.pages = 1
        self.lists_left: int | None = None
        self._note = note

    def close(self) -> None:
        """There is nothing to release."""

    def compute(self, subscription_id: str) -> Any:
        """There is no SDK here: `Arm._begin` writes by itself."""
        raise AssertionError(f"The SDK was asked for, for subscription {subscription_id}")

    def get(
        self, path: str, api: str, attempted: str, query: Mapping[str, str] | None = None, *, bare_list: bool = False
    ) -> Any:
        answer = self.ask(attempted, lambda: self.serve("GET", path, api, query=query)[0])
        assert isinstance(answer, list) is bare_list, path
        return answer

    def put(self, path: str, api: str, attempted: str, body: Mapping[str, Any]) -> Any:
        return self.write(attempted, "PUT", path, api, body)[0]

    def entries(self, path: str, api: str, attempted: str, query: Mapping[str, str] | None = None) -> list[Json]:
        found: list[Json] = []
        asked = dict(query or {})
        while True:
            page = self.get(path, api, attempted, asked)
            found += page["value"]
            if "nextLink" not in page:
                return found
            asked["$skiptoken"] = page["nextLink"].rpartition("$skiptoken=")[2]

    def write(
        self,
        attempted: str,
        method: str,
        path: str,
        api: str,
        body: Mapping[str, Any],
        **headers: str,
    ) -> tuple[Any, Operation | None]:
        """A write: what it answers, and the operation that it leads to."""

        def act() -> tuple[Any, Operation | None]:
            self.deadline.check_fresh(attempted, write=True)
            with self.site.noting(path, body, self.look, self.reads):
                answer, operation = self.serve(method, path, api, body=body, headers=headers)
            if operation is not None and operation.fate is None:
                operation.fate = self.site.fate()
            self.site.writes[-1] = replace(self.site.writes[-1], operation=operation)
            return answer, operation

        return self.ask(attempted, act, write=True)

    def serve(
        self,
        method: str,
        path: str,
        api: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Any, Operation | None]:
        """Let the simulator answer one request. Raises ArmError."""
        endpoint, params = _find(method, path)
        if method == "GET":
            self.reads[_thing(path)] = self.site.now()
        raw = json.dumps(body).encode() if body is not None else b""
        fields = {name.lower(): text for name, text in (query or {}).items()}
        given = {"content-type": "application/json", **(headers or {})}
        host = self.site.host
        call = Call(host, method, path, HOST, params, fields, given, "", raw, api_version=api)
        call.principal = host.directory.default
        self.draw(method, endpoint.name, "/".join(params.values()))
        seen = Seen(endpoint.name, path, api, False, self.site.now())
        changes = self.changes(seen)
        fate = self.site.simulation.faults.of_action(seen) if method == "POST" else None
        reply = endpoint.handler(call) if fate is None else accepted_action(call, stillborn(scale_set_of(call)))
        if call.operation is not None:
            call.operation.fate = fate
        if endpoint.name == "VirtualMachineScaleSets_Get":
            self.site.capacity = self.site.web.capacity
        self.site.simulation.actors.requested(endpoint.name)
        return changes.change(reply.body) if changes else reply.body, call.operation

    def changes(self, seen: Seen) -> ChangedFault | None:
        """What an ordered fault makes of the answer to this request. Raises ArmError where it refuses it."""
        fault = self.site.simulation.faults.of_answer(seen)
        if isinstance(fault, StatusFault):
            # What the pipeline would repeat is the weather's part, as is all that befalls connections.
            assert fault.status in (400, 401, 403, 404, 409, 412), fault
            raise faulty.refusal(fault)
        assert fault is None or isinstance(fault, ChangedFault), fault
        return fault

    def draw(self, method: str, operation: str, resource: str) -> int | None:
        """Draw on Azure's limits for one request, and say how many lists are left. Raises ArmError (429)."""
        throttle, host = self.site.simulation.throttle, self.site.host
        if not throttle.enforced:
            return None
        caller = host.directory.default.spec.object_id
        drawn = throttle.enter(method, self.site.simulation.spec.subscription.id, caller)
        try:
            throttle.reach(drawn, operation, resource.lower())
        except ArmError:
            self.site.faults["limit"] += 1
            raise
        return left_of(throttle.headers(drawn, None).get("x-ms-ratelimit-remaining-resource"))

    def list_pages(self, attempted: str, act: Callable[[], Answer], *, flexible: bool, instances: int) -> Answer:
        """A list of so many instances, page by page; what it shows is that of the last page."""
        operation = "VirtualMachines_List" if flexible else "VirtualMachineScaleSetVMs_List"
        resource = "rg-shop" if flexible else "rg-shop/web"
        self.pages = pages_of(instances)

        def page() -> None:
            self.lists_left = self.draw("GET", operation, resource)

        def last() -> Answer:
            page()
            return act()

        if self.pages == 1:
            return self.ask(attempted, last)
        self.ask(attempted, page)
        with self.deadline.finishing_list():
            for _page in range(self.pages - 2):
                self.deadline.read_page()
                self.ask(attempted, page)
            self.deadline.read_page()
            return self.ask(attempted, last)

    def ask(self, attempted: str, act: Callable[[], Answer], *, write: bool = False, poll: bool = False) -> Answer:
        """One request; reads are repeated as `Retry` does, writes never. `act` is how it takes effect.

        Raises the collection's errors.
        """
        site, failures = self.site, 0
        deciding = self.deadline.deciding and not poll
        while True:
            if deciding and not write:
                self.deadline.check_fresh(attempted)
            site.step()
            site.sleep(LATENCY)
            site.requests += 1
            trouble = site.trouble(write=write)
            answers = []
            if trouble in (None, "answer lost"):
                try:
                    answers.append(self._answer(attempted, act, write))
                except Throttled as error:
                    asked = error.retry_after or THROTTLE_WAIT
                    if write or deciding or asked > self.deadline.remaining():
                        raise
                    self.deadline.unanswered += asked
                    site.sleep(asked)
                    continue
            if trouble is None:
                site.step()
                return answers[0]
            if trouble == "conflict":
                raise refusal(ArmFault(409, "Conflict", "Another operation is in progress."), attempted)
            if write and answers:
                site.writes[-1] = replace(site.writes[-1], answered=False)
            throttled = PAUSES.get(trouble)
            pause = throttled or BACKOFF * 2**failures
            left = min(self.deadline.remaining(), self.deadline.fresh() if deciding else pause)
            given_up = write or (throttled is not None and deciding) or (throttled is None and failures == RETRIES)
            if given_up or pause > left:
                raise _given_up(trouble, attempted)
            self.deadline.unanswered += pause
            site.sleep(pause)
            failures += throttled is None

    def _answer(self, attempted: str, act: Callable[[], Answer], write: bool) -> Answer:
        site = self.site
        try:
            return act()
        except ArmError as error:
            fault = read_fault(json.dumps(error.body()), status=error.status, request_id=None)
            raise refusal(fault, attempted, retry_after=error.retry_after, write=write) from error
        finally:
            # The Date header knows whole seconds only.
            self._note(site.simulation.calendar.at(site.now()).replace(microsecond=0).isoformat())


def _thing(path: str) -> str:
    """What a path leads to: `model`, or the last part of it, such as `latest`, `instanceView`, `autoscaleSettings`."""
    parent, _slash, name = path.rpartition("/")
    return "model" if parent.endswith("/virtualMachineScaleSets") else name


def _find(method: str, path: str) -> tuple[Endpoint, dict[str, str]]:
    for endpoint, pattern in ROUTES:
        if endpoint.method == method and (match := pattern.match(path)):
            return endpoint, match.groupdict()
    raise ArmError(404, "InvalidResourceType", f"The resource type could not be found for the path '{path}'.")


def _given_up(trouble: str, attempted: str) -> VmssError:
    if trouble.startswith("throttled"):
        fault = ArmFault(429, "TooManyRequests", "Too many requests.")
        return refusal(fault, attempted, retry_after=PAUSES[trouble])
    if trouble == "unavailable":
        return refusal(ArmFault(503, "ServiceUnavailable", "The service is unavailable."), attempted)
    return ConnectionFailed(f"Could not {attempted}: no connection to Azure", attempted=attempted)
