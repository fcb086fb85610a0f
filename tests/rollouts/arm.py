# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The façade of `client.py` on a simulation in this process: its own requests, without HTTP and without the SDK."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from ansible_collections.azroll.vmss.plugins.module_utils._azure import client
from ansible_collections.azroll.vmss.plugins.module_utils._azure import operations as azure_operations
from ansible_collections.azroll.vmss.plugins.module_utils._azure.error_map import failed_operation, read_fault
from ansible_collections.azroll.vmss.plugins.module_utils._azure.pace import Pace
from ansible_collections.azroll.vmss.plugins.module_utils._azure.pipeline import COMPUTE_API, POLL_INTERVAL
from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import WaitTimeout
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.origin import classify
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from armsim.common.wire import Json
from armsim.instances.instance import Instance as Machine
from armsim.operations import operation as operations
from armsim.operations.faults import Seen
from armsim.scenario import ChangedFault
from rollouts.service import Service
from rollouts.site import Site

# The SDK's methods for long-running operations: HTTP method, and what the path ends in.
METHODS = {
    "virtual_machine_scale_sets.begin_update": ("PATCH", ()),
    "virtual_machine_scale_sets.begin_update_instances": ("POST", ("manualUpgrade",)),
    "virtual_machine_scale_set_vms.begin_update": ("PUT", ("virtualMachines",)),
    "virtual_machine_scale_sets.begin_reimage": ("POST", ("reimage",)),
    "virtual_machine_scale_sets.begin_set_orchestration_service_state": ("POST", ("setOrchestrationServiceState",)),
}

# What an instance looked like when it was last read: its state, the record, and the time of its report.
Listed = TypeVar("Listed")
Known = dict[str, tuple[object, Instance, float]]


class Operation(azure_operations.Operation):
    """An operation that was accepted."""

    def __init__(self, service: Service, running: operations.Operation, attempted: str, started_at: str | None) -> None:
        super().__init__(running, attempted, service.deadline, None)
        self.started_at, self.id = started_at, running.id
        self._service, self._running = service, running

    def wait(self) -> None:
        """Wait for the end of it."""
        service = self._service
        bodies = service.site.simulation.operations
        while True:
            body = service.ask(self._attempted, lambda: bodies.body(self._running, COMPUTE_API), poll=True)
            if body["status"] != "InProgress":
                break
            if service.deadline.remaining() <= 0:
                raise WaitTimeout(f"Could not {self._attempted} in time", attempted=self._attempted)
            service.deadline.sleep(POLL_INTERVAL)
        if body["status"] != "Succeeded":
            raise failed_operation(read_fault(json.dumps(body), status=200, request_id=None), self._attempted)


class Arm(client.Arm):
    """One process's wire to the site."""

    def __init__(self, site: Site, deadline: Deadline, known: Known) -> None:
        self._site = site
        self._known = known
        self._service = Service(site, deadline, self._keep_time)
        super().__init__(lambda _note: self._service, site.simulation.spec.subscription.id, deadline)

    def list_instances(self, scale_set: ScaleSet, include: Collection[str] = ()) -> list[Instance]:
        """As the documents tell, of which only those are made that have changed since the last look."""

        def read() -> list[Instance]:
            changes = self._changes(scale_set)
            if changes is None:
                return self._told()
            return [Instance.from_wire(one) for one in self._documents(changes)]

        return classify(scale_set, self._paged(read), include)

    def instance_documents(self, scale_set: ScaleSet) -> list[Json]:
        """The same as the service tells it."""
        return self._paged(lambda: self._documents(self._changes(scale_set)))

    def _paged(self, act: Callable[[], list[Listed]]) -> list[Listed]:
        web, service = self._site.web, self._service
        found = service.list_pages("list the instances", act, flexible=web.flexible, instances=len(web.instances))
        self.pace = Pace(service.pages, service.lists_left, self._deadline.now())
        return found

    def get_scale_set(self, resource_group: str, name: str) -> ScaleSet:
        """And note the capacity that was read."""
        scale_set = super().get_scale_set(resource_group, name)
        self._site.read_capacity = scale_set.capacity
        return scale_set

    def _begin(
        self, method: str, attempted: str, scale_set: ScaleSet, body: Mapping[str, Any], *within: str, **options: Any
    ) -> Operation:
        verb, rest = METHODS[method]
        self._site.touch()
        headers = {name.lower(): text for name, text in options.get("headers", {}).items()}
        path = self._path_of(scale_set, *rest, *within)
        with client.writing():
            _answer, operation = self._service.write(attempted, verb, path, COMPUTE_API, body, **headers)
        assert operation is not None
        return Operation(self._service, operation, attempted, self.server_time)

    def _keep_time(self, at: str) -> None:
        self.server_time = at

    def _told(self) -> list[Instance]:
        older = self._site.older_list()
        if older is not None:
            self._service.look, found = older
            self._service.reads["instances"] = self._site.now()
            return found
        found = [self._read(one) for one in self._listed()]
        assert self._service.look is not None
        self._site.keep_list(self._service.look, found)
        return found

    def _listed(self) -> list[Machine]:
        self._service.look = self._site.look()
        self._service.reads["instances"] = self._site.now()
        return list(self._site.web.instances.values())

    def _changes(self, scale_set: ScaleSet) -> ChangedFault | None:
        """What an ordered fault makes of the list that is asked for right now."""
        name = "VirtualMachines_List" if scale_set.flexible else "VirtualMachineScaleSetVMs_List"
        path = self._path_of(scale_set, "virtualMachines")
        return self._service.changes(Seen(name, path, COMPUTE_API, False, self._site.now()))

    def _documents(self, changes: ChangedFault | None) -> list[Json]:
        page: Json = {"value": [self._document(one) for one in self._listed()]}
        documents: list[Json] = (changes.change(page) if changes else page)["value"]
        return documents

    def _document(self, machine: Machine) -> Json:
        views, web, now = self._site.simulation.views, self._site.web, self._site.now()
        render = views.virtual_machine if web.flexible else views.instance
        return render(web, machine, now, COMPUTE_API, view=True)

    def _read(self, machine: Machine) -> Instance:
        """From the document; where nothing but the time of its report has changed since the last look, from that."""
        report = machine.shown_health(self._site.now())
        state = (
            machine.etag,
            machine.provisioning,
            machine.power,
            machine.agent_time(self._site.now()) is None,
            report and report[0],
            machine.model is self._site.web.model,
            machine.image.key,
            machine.place,
            machine.protect_from_scale_set_actions,
            machine.protect_from_scale_in,
            machine.shown_model and machine.shown_model[0].version,
        )
        known = self._known.get(machine.id)
        if known is None or known[0] != state:
            instance = Instance.from_wire(self._document(machine))
        else:
            instance = known[1]
            if report is None or known[2] == report[1]:
                return instance
            # Not `replace`, which takes most of the time of a look.
            instance = copy.copy(instance)
            object.__setattr__(instance, "health_time", self._site.simulation.calendar.stamp(report[1]))
        self._known[machine.id] = (state, instance, report[1] if report else 0.0)
        return instance
