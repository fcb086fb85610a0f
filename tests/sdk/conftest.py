# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A simulator started as a user would start it, and the environment that its shell lines make."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from azure.identity import DefaultAzureCredential
from azure.mgmt.compute import ComputeManagementClient

# A Python that has the simulator; the one that runs the tests may have the SDK alone.
PYTHON = os.environ.get("ARMSIM_PYTHON", sys.executable)
WORLD = Path(__file__).with_name("world.yaml")
# Whatever runs is over before the first poll.
SPEED = "max"


def armsim(*arguments: str) -> list[str]:
    return [PYTHON, "-m", "armsim", *arguments]


@dataclass
class Simulator:
    """The ready object of a running simulator, its shell lines put into effect, and its admin interface."""

    ready: dict[str, Any]
    environment: dict[str, str]

    def admin(self, name: str, body: object = None) -> dict[str, Any]:
        """POST to the admin interface, or GET without a body."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.ready['admin_url']}/{name}", data, {"Content-Type": "application/json"}
        )
        context = ssl.create_default_context(cafile=self.ready["ca_file"])
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        with opener.open(request, timeout=30) as response:
            answer: dict[str, Any] = json.load(response)
            return answer

    def principal(self, name: str) -> dict[str, str]:
        (found,) = [item for item in self.ready["principals"] if item["name"] == name]
        return dict(found)


def _evaluated(ready_file: Path) -> dict[str, str]:
    """What the shell lines for the SDK make of a shell whose user works behind a proxy."""
    lines = subprocess.run(
        armsim("env", "--ready-file", str(ready_file), "--for", "sdk"),
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    script = f'eval "$1"; exec "{sys.executable}" -c "import json, os; print(json.dumps(dict(os.environ)))"'
    shell = subprocess.run(
        ["sh", "-c", script, "sh", lines],
        env={"PATH": os.environ.get("PATH", os.defpath), "HTTPS_PROXY": "http://127.0.0.1:9"},
        check=True,
        capture_output=True,
        text=True,
    )
    environment: dict[str, str] = json.loads(shell.stdout)
    return environment


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """One strict simulator for all tests."""
    ready_file = tmp_path_factory.mktemp("armsim") / "ready.json"
    command = armsim("--scenario", str(WORLD), "--speed", SPEED, "--auth", "strict", "--ready-file", str(ready_file))
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 30
            while not ready_file.exists():
                assert process.poll() is None, "the simulator ended"
                assert time.monotonic() < deadline, "the simulator was not ready in time"
                time.sleep(0.02)
            yield Simulator(json.loads(ready_file.read_text(encoding="utf-8")), _evaluated(ready_file))
        finally:
            process.terminate()


@pytest.fixture
def simulator(running: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """The simulator at its start, with this process in the environment that its shell lines make."""
    running.admin("reset", {})
    for name in os.environ:
        if name.startswith("AZURE_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    return running


@pytest.fixture
def client_for(simulator: Simulator) -> Iterator[Callable[[Any], ComputeManagementClient]]:
    """A compute client as the documentation makes it, for a credential."""
    clients: list[ComputeManagementClient] = []

    def make(credential: Any) -> ComputeManagementClient:
        environment = simulator.environment
        client = ComputeManagementClient(
            credential, environment["AZURE_SUBSCRIPTION_ID"], base_url=environment["ARMSIM_BASE_URL"]
        )
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(client_for: Callable[[Any], ComputeManagementClient]) -> Iterator[ComputeManagementClient]:
    """A client of whoever the environment names."""
    with DefaultAzureCredential() as credential:
        yield client_for(credential)
