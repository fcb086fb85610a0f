# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Simulators to test: one in this process on a clock that the test moves, and real ones on the loopback."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import settings

from armsim import scenario
from armsim.common.clock import ManualClock
from armsim.instances.instance import Instance
from armsim.launch import Simulator, running
from armsim.scale_sets.scale_set import ScaleSet
from armsim.service.simulation import Simulation

# The same examples on every machine, however slow, and in every run: a red test is red again when it is examined.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")

VERSION = "2024-07-01"
# Ten simulated minutes to the second: an upgrade is over in a fifth of one.
SPEED = 600.0


class World:
    """A simulation in this process, and its clock."""

    def __init__(self, spec: scenario.Scenario, seed: int | None = None) -> None:
        self.clock = ManualClock()
        self.simulation = Simulation(spec, self.clock, spec.seed if seed is None else seed)

    @classmethod
    def bundled(cls, name: str, seed: int | None = None) -> World:
        return cls(scenario.load(scenario.locate(name)), seed)

    @property
    def web(self) -> ScaleSet:
        return self.simulation.scale_sets()[0]

    @property
    def instances(self) -> list[Instance]:
        return list(self.web.instances.values())

    def wait(self, seconds: float) -> None:
        """Let simulated time pass."""
        self.clock.advance(seconds)
        self.simulation.timeline.catch_up()

    def account(self) -> dict[str, Any]:
        """The ledger's entry of the set."""
        account: dict[str, Any] = self.simulation.ledger()["scale_sets"]["web"]
        return account


class Client:
    """An HTTP client of a running simulator, logged in."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.ready = simulator.ready
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = self.ready["ca_file"]
        self.web: str = self.ready["scale_sets"][0]["id"]
        self.subscription = f"/subscriptions/{self.ready['subscription_id']}"
        self.authorization = {"Authorization": f"Bearer {self.login().json()['access_token']}"}

    def login(self, tenant: str | None = None, **form: str) -> requests.Response:
        """Request a token from the v2 endpoint; ``form`` overrides what is right."""
        right = {
            "grant_type": "client_credentials",
            "client_id": self.ready["client_id"],
            "client_secret": self.ready["client_secret"],
            "scope": f"{self.ready['base_url']}/.default",
        }
        address = f"{self.ready['base_url']}/{tenant or self.ready['tenant_id']}/oauth2/v2.0/token"
        return self.http.post(address, data={**right, **form}, timeout=30)

    def call(
        self, method: str, path: str, version: str | None = VERSION, query: str = "", **options: Any
    ) -> requests.Response:
        """A request to Azure Resource Manager; ``query`` goes before the api-version as it is."""
        parts = [query] if query else []
        parts += [f"api-version={version}"] if version else []
        headers = {**self.authorization, **options.pop("headers", {})}
        address = path if path.startswith("https://") else f"{self.ready['base_url']}{path}"
        if parts:
            address += f"?{'&'.join(parts)}"
        return self.http.request(method, address, headers=headers, timeout=30, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.call("GET", path, **options)

    def patch_image(self, reference: dict[str, Any], **options: Any) -> requests.Response:
        body = {"properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": reference}}}}
        return self.call("PATCH", self.web, json=body, **options)

    def poll(self, answer: requests.Response) -> dict[str, Any]:
        """Follow an operation to its end; returns its last body."""
        while True:
            poll = self.get(answer.headers["Azure-AsyncOperation"], version=None)
            assert poll.status_code == 200
            body: dict[str, Any] = poll.json()
            if body["status"] != "InProgress":
                return body
            time.sleep(0.05)

    def upgrade(self, *ids: str) -> requests.Response:
        return self.call("POST", f"{self.web}/manualupgrade", json={"instanceIds": list(ids)})

    def instances(self, **options: Any) -> list[dict[str, Any]]:
        """All pages of the instance list."""
        answer = self.get(f"{self.web}/virtualMachines", **options)
        entries: list[dict[str, Any]] = []
        while True:
            body = answer.json()
            entries += body["value"]
            if "nextLink" not in body:
                return entries
            answer = self.get(body["nextLink"], version=None)


@pytest.fixture
def world() -> World:
    """The quickstart scenario on a clock of the test's own."""
    return World.bundled("quickstart")


class Pool:
    """Simulators of bundled scenarios, started when first requested and set back for every test."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._running: dict[str, Simulator] = {}

    def __call__(self, name: str) -> Simulator:
        if name in self._running:
            self._running[name].reset()
        else:
            self._running[name] = self._stack.enter_context(running(name, speed=SPEED))
        return self._running[name]


@pytest.fixture(scope="session")
def simulator_of() -> Iterator[Pool]:
    """The simulator of a bundled scenario, at its start."""
    with ExitStack() as stack:
        yield Pool(stack)


@pytest.fixture
def client_of(simulator_of: Pool) -> Iterator[Callable[[str], Client]]:
    """A logged-in client of a bundled scenario, at its start."""
    with ExitStack() as stack:

        def make(name: str) -> Client:
            client = Client(simulator_of(name))
            stack.callback(client.http.close)
            return client

        yield make


@pytest.fixture
def client(client_of: Callable[[str], Client]) -> Client:
    """A logged-in client of the quickstart scenario, at its start."""
    return client_of("quickstart")


@pytest.fixture
def new_client(tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """Start a simulator of the test's own, for a bundled scenario or a YAML text; returns a logged-in client."""
    with ExitStack() as stack:

        def make(scenario: str, **options: Any) -> Client:
            if "\n" in scenario:
                path = tmp_path / "scenario.yaml"
                path.write_text(scenario, encoding="utf-8")
                scenario = str(path)
            client = Client(stack.enter_context(running(scenario, **{"speed": SPEED, **options})))
            stack.callback(client.http.close)
            return client

        yield make
