# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Time as fast as the clients send requests: when the clock stands, when it jumps and how far."""

from __future__ import annotations

import contextlib
import json
import random
from typing import Any

import pytest
import requests

from armsim import scenario
from armsim.common.clock import StandingClock, Timeline
from armsim.common.wire import Calendar
from armsim.launch import SimulatorError
from armsim.operations.operation import Operation, Operations
from armsim.service.pace import BUSY, LONGEST, PATIENCE, PAUSE, Pace, PacedRequest

from .conftest import Client
from .test_wire import NEW

WRITE = PacedRequest("a", None)
READ = PacedRequest("a", "/web")


class Room:
    """A timeline on a standing clock, clients before it, and real time that the test moves."""

    def __init__(self) -> None:
        self.timeline = Timeline(StandingClock())
        self.seconds = 0.0
        self.connected = {"a", "b"}
        self.pace = Pace(self.connected.__contains__, lambda: self.seconds)

    def send(self, request: PacedRequest) -> float:
        """The simulated time at which a request is answered."""
        self.pace.before(request, self.timeline)
        return self.timeline.now

    def operation(self, *, ends_after: float | None) -> Operation:
        calendar = Calendar(scenario.Clock(start="2026-11-20T08:00:00Z").start)
        operations = Operations(self.timeline, calendar, random.Random(1))
        operation = operations.start("westeurope")
        if ends_after is not None:
            self.timeline.after(ends_after, lambda: operations.finish(operation))
        return operation


@pytest.fixture
def room() -> Room:
    return Room()


def test_the_clock_stands_while_there_is_something_new_to_read(room):
    room.timeline.after(5, lambda: None)
    assert [room.send(request) for request in (WRITE, READ, PacedRequest("a", "/other"), WRITE, READ)] == [
        0,
        0,
        0,
        0,
        0,
    ]


@pytest.mark.parametrize(("due", "moment"), [(3, PAUSE), (30, 30), (500, PATIENCE), (None, PATIENCE)])
def test_a_repeated_read_waits_for_the_next_event_within_reason(room, due, moment):
    if due is not None:
        room.timeline.after(due, lambda: None)
    assert [room.send(READ), room.send(READ)] == [0, moment]


def test_after_a_jump_the_same_read_is_a_repetition_again(room):
    room.timeline.after(20, lambda: None)
    room.timeline.after(45, lambda: None)
    assert [room.send(READ) for _ in range(3)] == [0, 20, 45]


def test_what_happened_outside_makes_a_read_worth_repeating(room):
    room.send(READ)
    room.pace.disturb()
    assert room.send(READ) == 0


def test_a_poll_of_an_operation_in_progress_waits_for_its_end(room):
    room.timeline.after(20, lambda: None)
    operation = room.operation(ends_after=45)
    assert room.send(PacedRequest("a", "/operation", operation)) == 45
    assert operation.status == "Succeeded"
    assert room.send(PacedRequest("a", "/operation", operation)) == 45


def test_an_operation_without_an_end_does_not_run_the_clock_away(room):
    operation = room.operation(ends_after=None)
    room.timeline.after(2 * LONGEST, lambda: None)
    polls = [room.send(PacedRequest("a", "/operation", operation)) for _ in range(2)]
    assert polls == [PAUSE, 2 * PAUSE]


def test_a_client_at_work_is_not_overtaken(room):
    other = PacedRequest("b", "/other")
    room.send(READ)
    room.send(other)
    assert room.send(READ) == 0
    room.seconds += BUSY
    assert room.send(READ) == PATIENCE


def test_a_client_that_has_hung_up_holds_nobody_up(room):
    room.send(READ)
    room.send(PacedRequest("b", "/other"))
    room.connected.remove("b")
    assert room.send(READ) == PATIENCE


def test_when_all_clients_wait_the_clock_jumps(room):
    room.send(READ)
    room.send(PacedRequest("b", "/web"))
    assert room.timeline.now == 0, "the first client was at work when the second repeated its read"
    assert room.send(READ) == PATIENCE


def _roll(client: Client) -> list[str]:
    """A roll of two batches, each read until it is healthy; returns all ids that were drawn, and the ledger."""
    drawn = []

    def follow(answer: requests.Response) -> None:
        drawn.extend([answer.headers["x-ms-request-id"], answer.headers["Azure-AsyncOperation"].partition("?p=")[2]])
        assert client.poll(answer)["status"] == "Succeeded"

    follow(client.patch_image({"version": NEW}))
    ids = [entry["instanceId"] for entry in client.instances()]
    for batch in (ids[:4], ids[4:8]):
        follow(client.upgrade(*batch))
        for instance in batch:
            while "vmHealth" not in client.get(f"{client.web}/virtualMachines/{instance}/instanceView").json():
                pass
    ledger = client.http.get(f"{client.ready['admin_url']}/ledger", timeout=30)
    return [*drawn, ledger.text]


def _brave(client: Client) -> list[str]:
    """Writes and reads whatever comes of them, until everybody in the storm has had a cause to act; the ledger."""

    def send(method: str, path: str, **options: Any) -> None:
        with contextlib.suppress(requests.ConnectionError):
            client.call(method, path, **options)

    image = {"imageReference": {"version": "24.04.202511100"}}
    send("PATCH", client.web, json={"properties": {"virtualMachineProfile": {"storageProfile": image}}})
    for first in range(0, 25, 5):
        for number in range(first, first + 5):
            send("POST", f"{client.web}/manualupgrade", json={"instanceIds": [str(number)]})
        for _ in range(12):
            send("GET", f"{client.web}/virtualMachines", query="$expand=instanceView")
    return [client.http.get(f"{client.ready['admin_url']}/ledger", timeout=30).text]


@pytest.mark.parametrize(("name", "drive"), [("quickstart", _roll), ("storm", _brave)])
def test_the_same_requests_on_a_virtual_clock_leave_the_same_ledger_byte_for_byte(new_client, name, drive):
    text = scenario.locate(name).read_text(encoding="utf-8") + "clock: {start: 2026-11-20T08:00:00Z}\n"
    first, second = (drive(new_client(text, speed="max")) for _ in range(2))
    assert first == second
    ledger = json.loads(first[-1])
    assert ledger["clock"]["elapsed_seconds"] > 150
    assert len({entry["name"] for entry in ledger["actors"]}) >= (5 if name == "storm" else 0)


def test_who_waited_when_the_clock_jumped_for_another_gets_the_time_to_read(room):
    room.send(READ)
    room.send(PacedRequest("b", "/other"))
    room.send(READ)
    room.seconds += BUSY
    jumped = room.send(PacedRequest("b", "/other"))
    assert jumped == PATIENCE
    assert room.send(PacedRequest("b", "/other")) == jumped
    assert room.send(PacedRequest("b", "/other")) == jumped
    room.seconds += BUSY
    assert room.send(PacedRequest("b", "/other")) > jumped


def test_time_can_be_advanced_only_where_it_does_not_pass_by_itself(new_client, client):
    text = scenario.locate("spot").read_text(encoding="utf-8")
    still = new_client(text, speed="max").simulator
    still.advance(590)
    ledger = still.ledger()
    assert ledger["clock"]["elapsed_seconds"] == 590
    assert [entry["at"] for entry in ledger["actors"]] == [90, 210, 330, 450]
    with pytest.raises(SimulatorError, match="only --speed max lets it be advanced"):
        client.simulator.advance(10)


def test_clients_are_not_made_to_wait_and_never_told_zero(new_client):
    client = new_client("quickstart", speed="max")
    answer = client.patch_image({"version": NEW})
    assert (answer.headers.get("Retry-After"), answer.headers["x-ms-retry-after-ms"]) == (None, "50")
