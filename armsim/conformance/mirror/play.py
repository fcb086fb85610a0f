# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Plays a recording to a simulator: the same requests in the same order, with the simulator's own names for things."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from armsim.actions.scaling import create_instance, delete_surplus, excess
from armsim.common.clock import ManualClock
from armsim.dump import DumpError
from armsim.operations.failure import Failure
from armsim.scale_sets.scale_set import ScaleSet
from armsim.service.simulation import Simulation
from conformance.mirror.compare import Difference, differences, places
from conformance.mirror.driver import Driver
from conformance.mirror.kinds import MACHINE, POLL, SETS, Kind, kind_of, machine_of_set
from conformance.mirror.recordings import Answer, Exchange, Recording
from conformance.mirror.steps import Steps
from conformance.mirror.surroundings import deployed_before, models_in, scenario_of, seed_of
from conformance.mirror.uncompared import Uncompared

# States that pass.
PASSING = ("Creating", "Updating", "Deleting", "InProgress", "RollingForward")
_PASSING_CODE = re.compile(
    r"ProvisioningState/(creating|updating|deleting)|PowerState/(creating|starting|stopping)", re.I
)
# The service is given so many events to come to rest before an answer is taken as it is.
PATIENCE = 20_000
_OPERATION = re.compile(r"/operations/([0-9a-f-]{36})", re.IGNORECASE)


@dataclass(frozen=True)
class Outcome:
    """How one exchange went; without a simulated answer it was not compared.

    ``seeded``: what the simulator answers about comes from this very answer of the recording.
    """

    recording: str
    exchange: Exchange
    kind: Kind
    differences: tuple[Difference, ...] = ()
    simulated: Answer | None = None
    seeded: bool = False

    @property
    def year(self) -> int | None:
        """When it was recorded: by the date of the answer, else by the name of the suite."""
        if self.exchange.day is not None:
            return self.exchange.day.year
        named = re.match(r"[a-z]+(\d{4})", self.recording)
        return int(named[1]) if named else None

    @property
    def compared(self) -> bool:
        return self.simulated is not None


def play(recording: Recording, uncompared: Uncompared) -> Iterator[Outcome]:
    """Play a whole recording; yields an outcome for each exchange."""
    player = _Player(recording, uncompared)
    for exchange in recording.exchanges:
        yield player.play(exchange)


class _Player:
    def __init__(self, recording: Recording, uncompared: Uncompared) -> None:
        self._recording = recording
        self._uncompared = uncompared
        spec = scenario_of(recording)
        self._clock = ManualClock()
        self._simulation = Simulation(spec, self._clock, spec.seed)
        self._driver = Driver(self._simulation)
        self._groups = dict(self._simulation.groups)
        # Recorded operation ids, and the addresses of the simulator's own: to poll and to wait at.
        self._operations: dict[str, tuple[str, str]] = {}
        # Recorded instance ids, and the simulator's own, by set.
        self._ids: dict[str, dict[str, str]] = {}
        self._steps = Steps()

    def play(self, exchange: Exchange) -> Outcome:
        kind = kind_of(exchange)
        if kind.of == MACHINE:
            self._seed(exchange)
        address = self._address(exchange, kind)
        if not kind.served or address is None:
            return Outcome(self._recording.name, exchange, Kind(kind.name, kind.of, served=False))
        self._set_scene(exchange)
        seeded = self._seed(exchange)
        body, made_up = self._own_body(exchange)
        answer = self._ask(exchange, kind, address, body)
        self._learn(exchange, answer)
        different = differences(exchange.answer, answer)
        if exchange.answer.status == answer.status:
            key = re.sub(r"/instanceview$", "", exchange.path.lower())
            different += self._steps.differences(key, exchange.answer.body, answer.body)
        found = self._uncompared.compared(different, suite=self._recording.name, kind=kind.name, day=exchange.day)
        return Outcome(self._recording.name, exchange, kind, found, answer, seeded or made_up)

    # --- before the request -----------------------------------------------------------------------------------------

    def _set_scene(self, exchange: Exchange) -> None:
        """Groups come and go without the compute provider: the recorded answer shows whether one is there."""
        if exchange.group is None:
            return
        name = exchange.group.lower()
        if exchange.answer.error_code == "ResourceGroupNotFound":
            self._simulation.groups.pop(name, None)
            for scale_set in self._simulation.scale_sets(name):
                self._simulation.remove_scale_set(scale_set)
        else:
            self._simulation.groups[name] = self._groups[name]

    def _seed(self, exchange: Exchange) -> bool:
        """Let the set that the answer shows to exist be there, if no recorded request made it; returns whether it does
        by this very answer.
        """
        set_id = _set_id(exchange)
        creates = exchange.method == "PUT" and exchange.answer.status == 201
        if set_id is None or creates or exchange.answer.status == 404 or self._scale_set(exchange) is not None:
            return False
        dump = seed_of(self._recording, exchange, set_id)
        if dump is None:
            return False
        try:
            self._simulation.restore(dump)
        except DumpError:
            # What it refers to is not there, because an earlier answer differs; so will this one.
            return False
        if deployed_before(self._recording, exchange, set_id):
            self._as_deployed(exchange)
        return dump.model is exchange.answer.body

    def _as_deployed(self, exchange: Exchange) -> None:
        """Let a set be as it is when the deployment that made it has just ended: what was made in excess is going."""
        scale_set = self._scale_set(exchange)
        assert scale_set is not None
        kept = scale_set.active()
        surplus = [create_instance(scale_set, lambda _failure: None) for _ in range(excess(scale_set, len(kept), 0))]
        delete_surplus(scale_set, surplus, kept)

    def _address(self, exchange: Exchange, kind: Kind) -> str | None:
        """The address in the simulator's own names; none for an operation that it did not start."""
        path, _, query = exchange.url.partition("?")
        path = re.sub(r"^https?://[^/]+", "", path)
        if kind.of == POLL:
            polled = self._operations.get(exchange.segments[-1].lower())
            return polled and polled["monitor" in exchange.query]
        scale_set = self._scale_set(exchange)
        if kind.of == MACHINE:
            if scale_set is None or not scale_set.flexible:
                return None
            own_name = scale_set.instances[self._own_id(exchange, scale_set, exchange.segments[7])].name
            path = re.sub(r"(/virtualMachines/)[^/?]+", rf"\g<1>{own_name}", path, flags=re.I)
        if scale_set is not None and kind.of.startswith(f"{SETS}/{{}}/virtualMachines/{{}}"):
            recorded = exchange.segments[9]
            own = self._own_id(exchange, scale_set, recorded)
            path = re.sub(f"(/virtualMachines/){re.escape(recorded)}(?=/|$)", rf"\g<1>{own}", path, flags=re.I)
        return f"{path}?{query}"

    def _own_id(self, exchange: Exchange, scale_set: ScaleSet, recorded: str) -> str:
        """The simulator's id for a recorded instance; the two are paired in the order in which they are named."""
        known = self._ids.setdefault(scale_set.id.lower(), {})
        if recorded not in known and exchange.answer.status != 404:
            # Not one of those that are made in excess, and deleted when enough are there.
            while len(scale_set.active()) > scale_set.capacity and self._skip():
                pass
            staying = [instance.id for instance in scale_set.active()]
            free = [name for name in staying if name not in known.values()]
            if recorded in staying or not free:
                known[recorded] = recorded
            else:
                known[recorded] = free[0]
        if recorded not in known and recorded.isdigit():
            # What was not there has no partner: the id of none.
            return str(scale_set.highest_id + 1)
        return known.get(recorded, recorded)

    # --- the request ------------------------------------------------------------------------------------------------

    def _ask(self, exchange: Exchange, kind: Kind, address: str, body: Any) -> Answer:
        """The answer, when the simulator has come to rest if the real service had: only then does time pass."""
        if kind.of == POLL:
            self._fail(exchange)
        sent = {name: value for name, value in exchange.headers.items() if name in ("if-match", "if-none-match")}
        answer = self._driver.call(exchange.method, address, body, sent)
        for _ in range(PATIENCE):
            if exchange.method != "GET" or not _is_behind(answer, exchange.answer) or not self._skip():
                break
            answer = self._driver.call(exchange.method, address, body, sent)
        return answer

    def _skip(self) -> bool:
        """Let time pass until the next event; returns whether there was one."""
        due = self._simulation.timeline.next_due()
        if due is None:
            return False
        self._clock.advance(due - self._clock.now())
        self._simulation.timeline.catch_up()
        return True

    def _own_body(self, exchange: Exchange) -> tuple[Any, bool]:
        """The body with the simulator's ids. Where the suite kept no bodies, that of a model is what came of it;
        returns whether it is.
        """
        body = exchange.body
        if body is None and exchange.method in ("PUT", "PATCH") and any(models_in(exchange)):
            # A PATCH keeps what it does not name.
            unnamed = {"identity": {"type": "None"}} if exchange.method == "PATCH" else {}
            return {**unnamed, **exchange.answer.body}, True
        scale_set = self._scale_set(exchange)
        if scale_set is None or not isinstance(body, dict) or not isinstance(body.get("instanceIds"), list):
            return body, False
        own = [name if name == "*" else self._own_id(exchange, scale_set, name) for name in body["instanceIds"]]
        return {**body, "instanceIds": own}, False

    def _fail(self, exchange: Exchange) -> None:
        """Why an operation failed is not recorded; so it fails as it did."""
        body = exchange.answer.body
        if not isinstance(body, dict) or body.get("status") != "Failed":
            return
        address, _ = self._operations[exchange.segments[-1].lower()]
        operation = self._simulation.operations.find(_operation_id(address))
        assert operation is not None
        failure = Failure(body["error"]["code"], body["error"]["message"], body["error"].get("target"))
        for scale_set in self._simulation.scale_sets():
            scale_set.end(operation, failure)

    # --- after the answer -------------------------------------------------------------------------------------------

    def _learn(self, exchange: Exchange, answer: Answer) -> None:
        recorded = exchange.answer.headers.get("azure-asyncoperation") or exchange.answer.headers.get("location")
        poll = answer.headers.get("azure-asyncoperation")
        if recorded and poll and "/operations/" in recorded:
            self._operations[_operation_id(recorded)] = (poll, answer.headers.get("location", poll))

    def _scale_set(self, exchange: Exchange) -> ScaleSet | None:
        set_id = _set_id(exchange)
        if set_id is None:
            return None
        return self._simulation.scale_set(exchange.segments[3], set_id.rpartition("/")[2])


def _set_id(exchange: Exchange) -> str | None:
    """The id of the scale set that a path is of or below; of a virtual machine, that of the set it is in."""
    if in_set := machine_of_set(exchange):
        return in_set
    low = [segment.lower() for segment in exchange.segments]
    if exchange.group is None or low[4:7] != ["providers", "microsoft.compute", SETS.lower()] or len(low) < 8:
        return None
    return "/" + "/".join(exchange.segments[:8])


def _operation_id(address: str) -> str:
    match = _OPERATION.search(address)
    return match[1].lower() if match else ""


def _is_behind(simulated: Answer, recorded: Answer) -> bool:
    """Whether the recorded answer shows the end of something that the simulated one does not show yet."""
    if not _at_rest(recorded):
        return False
    gone = recorded.status == 404 and simulated.status == 200
    return (
        gone
        or not _at_rest(simulated)
        or _powers(recorded) - _powers(simulated) == {"PowerState/deallocated"}
        or _silent_agents(recorded) < _silent_agents(simulated)
        or _charged_beyond(recorded) < _charged_beyond(simulated)
    )


def _silent_agents(answer: Answer) -> bool:
    """Whether an answer shows an agent that has not reported; one that is late reports in the end."""
    states = (place.states for path, place in places(answer.body).items() if path.endswith("vmAgent.statuses[0].code"))
    return any("ProvisioningState/Unavailable" in found for found in states)


def _charged_beyond(answer: Answer) -> int:
    """For how many instances that it does not show a list is charged: those made in excess, until they are gone."""
    entries = answer.body.get("value") if isinstance(answer.body, dict) else None
    charge = answer.headers.get("x-ms-request-charge", "")
    return int(charge) - len(entries) if isinstance(entries, list) and charge.isdigit() else 0


def _powers(answer: Answer) -> set[str]:
    states = (state for place in places(answer.body).values() for state in place.states)
    return {state for state in states if state.startswith("PowerState/")}


def _at_rest(answer: Answer) -> bool:
    """Whether nothing that an answer shows is in progress; a 202 to a poll of an operation is."""
    states = {state for place in places(answer.body).values() for state in place.states}
    return answer.status != 202 and not any(state in PASSING or _PASSING_CODE.match(state) for state in states)
