# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""The façade of `_arm.py` on a simulation in this process: the same answers and errors, without HTTP and without SDK."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from ansible_collections.azroll.vmss.plugins.module_utils._arm import (
    BACKOFF,
    COMPUTE_API,
    POLL_INTERVAL,
    RETRIES,
    THROTTLE_WAIT,
)
from ansible_collections.azroll.vmss.plugins.module_utils._errors import ArmFault, ConnectionFailed, WaitTimeout
from ansible_collections.azroll.vmss.plugins.module_utils._fault import failed_operation, read_fault, refusal
from ansible_collections.azroll.vmss.plugins.module_utils._instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._wait import Deadline
from armsim import instance_actions, model_write, orchestration_services
from armsim.errors import ArmError, not_allowed_on_flexible
from armsim.instance import Instance as Machine
from armsim.operations import Operation as Running
from armsim.scale_set import Accepted
from armsim.wire import Json
from rollouts.site import Look, Site, Write

# A request takes a moment, in which the world goes on.
LATENCY = 0.2
SHORT_THROTTLE = 3.0

Answer = TypeVar("Answer")


class Operation:
    """An operation that was accepted, as `_arm.Operation`."""

    def __init__(self, arm: Arm, running: Running, attempted: str, started_at: str | None) -> None:
        self._arm, self._running, self._attempted = arm, running, attempted
        self.started_at = started_at

    def wait(self) -> None:
        while (body := self._arm.poll(self._running, self._attempted))["status"] == "InProgress":
            if self._arm.deadline.remaining() <= 0:
                raise WaitTimeout(f"Could not {self._attempted} in time", attempted=self._attempted)
            self._arm.deadline.sleep(POLL_INTERVAL)
        if body["status"] != "Succeeded":
            raise failed_operation(read_fault(json.dumps(body), status=200, request_id=None), self._attempted)


class Arm:
    """One process's wire to the site."""

    def __init__(self, site: Site, deadline: Deadline, known: dict[str, tuple[object, Instance, float]]) -> None:
        self._site = site
        self._known = known
        self._look: Look | None = None
        self.deadline = deadline
        self.server_time: str | None = None
        self.subscription_id = site.simulation.spec.subscription.id

    # Scale sets

    def get_scale_set(self, resource_group: str, name: str) -> ScaleSet:
        return ScaleSet.from_wire(self.scale_set_document(resource_group, name), resource_group=resource_group)

    def scale_set_document(self, resource_group: str, name: str) -> Json:
        views, web = self._site.simulation.views, self._site.web
        return self._ask(f"read scale set {name}", lambda: views.scale_set(web, COMPUTE_API))

    def patch_scale_set(self, scale_set: ScaleSet, body: Mapping[str, Any]) -> Operation:
        self._site.touch()
        kind = "image" if "virtualMachineProfile" in (body.get("properties") or {}) else "model"
        act = partial(model_write.patch, self._site.web, dict(body), scale_set.etag, None)
        return self._begin(f"write the model of scale set {scale_set.name}", kind, act)

    def upgrade_instances(self, scale_set: ScaleSet, instance_ids: Sequence[str], *, follow: bool) -> Operation:
        assert instance_ids
        act = partial(instance_actions.upgrade_instances, self._site.web, {"instanceIds": list(instance_ids)})
        return self._begin(f"upgrade instances of scale set {scale_set.name}", "upgrade", act, tuple(instance_ids))

    def list_instances(self, scale_set: ScaleSet) -> list[Instance]:
        return self._ask("list the instances", lambda: [self._read(one) for one in self._listed()])

    def instance_documents(self, scale_set: ScaleSet) -> list[Json]:
        return self._ask("list the instances", lambda: [self._document(one) for one in self._listed()])

    def rolling_upgrade(self, scale_set: ScaleSet) -> str | None:
        return self._ask("read the rolling upgrade", lambda: None)

    def repairs_state(self, scale_set: ScaleSet) -> str | None:
        def read() -> str:
            if self._site.web.flexible:
                raise not_allowed_on_flexible("VirtualMachineScaleSets.instanceView.GET", self._site.web.name)
            return self._site.web.repairs_state

        return self._ask("read the state of automatic repairs", read)

    def set_repairs(self, scale_set: ScaleSet, action: str) -> Operation:
        body = {"serviceName": "AutomaticRepairs", "action": action}
        act = partial(orchestration_services.set_orchestration_service_state, self._site.web, body)
        return self._begin(f"{action.lower()} the automatic repairs", action.lower(), act)

    # Images

    def platform_versions(self, location: str, publisher: str, offer: str, sku: str) -> list[str]:
        images = self._site.simulation.spec.images.platform
        return self._ask("list the versions", lambda: [one.version for image in images for one in image.versions])

    # How it is asked

    def poll(self, running: Running, attempted: str) -> Json:
        """Look at an operation."""
        operations = self._site.simulation.operations
        return self._ask(attempted, lambda: operations.body(running, COMPUTE_API))

    def _ask(self, attempted: str, act: Callable[[], Answer], *, write: bool = False) -> Answer:
        """One request with the patience of `_arm._Retry`."""
        site, failures = self._site, 0
        while True:
            site.step()
            site.sleep(LATENCY)
            trouble = site.trouble(write=write)
            answer: Answer | None = None
            pause = BACKOFF * 2**failures
            if trouble in (None, "answer lost"):
                try:
                    answer = act()
                except ArmError as error:
                    raise _refused(error, attempted) from error
                finally:
                    moment = site.simulation.calendar.at(site.now()).replace(microsecond=0)
                    self.server_time = moment.isoformat()
            if trouble is None:
                site.step()
                return answer  # type: ignore[return-value]
            if trouble == "conflict":
                raise refusal(ArmFault(409, "Conflict", "Another operation is in progress."), attempted)
            if trouble.startswith("throttled"):
                pause = SHORT_THROTTLE if trouble.endswith("briefly") else THROTTLE_WAIT * 4
            if (failures >= RETRIES and not trouble.startswith("throttled")) or pause > self.deadline.remaining():
                raise _given_up(trouble, attempted)
            failures += not trouble.startswith("throttled")
            site.sleep(pause)

    def _begin(
        self, attempted: str, kind: str, act: Callable[[], Accepted], instance_ids: tuple[str, ...] = ()
    ) -> Operation:
        accepted = self._ask(attempted, partial(self._write, kind, act, instance_ids), write=True)
        return Operation(self, accepted.operation, attempted, self.server_time)

    def _write(self, kind: str, act: Callable[[], Accepted], instance_ids: tuple[str, ...]) -> Accepted:
        """Let a write take effect, and note what it did to the service."""
        site, web = self._site, self._site.web
        before = _serving(site)
        accepted = act()
        accepted.operation.fate = accepted.operation.fate or site.fate()
        after = _serving(site)
        present = {one.id: one.place.zone for one in web.active()}
        site.writes.append(
            Write(
                kind,
                site.now(),
                site.run,
                web.target(),
                instance_ids,
                self._look,
                taken=frozenset(before - after),
                out=frozenset(present) - after,
                out_before=frozenset(present) - before,
                zones=present,
            )
        )
        return accepted

    def _listed(self) -> list[Machine]:
        self._look = self._site.look()
        return list(self._site.web.instances.values())

    def _document(self, machine: Machine) -> Json:
        views, web, now = self._site.simulation.views, self._site.web, self._site.now()
        render = views.virtual_machine if web.flexible else views.instance
        return render(web, machine, now, COMPUTE_API, view=True)

    def _read(self, machine: Machine) -> Instance:
        """From the document; where nothing but the time of its report has changed since the last look, from that.

        That time is asked only whether it lies after the last upgrade, so one that does need not be the latest.
        """
        report = machine.health(self._site.now())
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
        )
        known = self._known.get(machine.id)
        if known is None or known[0] != state:
            instance = Instance.from_wire(self._document(machine))
        else:
            instance = known[1]
            if report is None or known[2] >= self._site.last_write:
                return instance
            instance = replace(instance, health_time=self._site.simulation.calendar.stamp(report[1]))
        self._known[machine.id] = (state, instance, report[1] if report else 0.0)
        return instance


def _serving(site: Site) -> set[str]:
    now = site.now()
    return {one.id for one in site.web.active() if one.in_service(now)}


def _refused(error: ArmError, attempted: str) -> Exception:
    fault = read_fault(json.dumps(error.body()), status=error.status, request_id=None)
    return refusal(fault, attempted, retry_after=error.retry_after)


def _given_up(trouble: str, attempted: str) -> Exception:
    if trouble.startswith("throttled"):
        return refusal(ArmFault(429, "TooManyRequests", "Too many requests."), attempted)
    if trouble == "unavailable":
        return refusal(ArmFault(503, "ServiceUnavailable", "The service is unavailable."), attempted)
    return ConnectionFailed(f"Could not {attempted}: no connection to Azure", attempted=attempted)
