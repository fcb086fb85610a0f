# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Starts a simulator as a process of its own, for tests and demonstrations. Needs the standard library only."""

from __future__ import annotations

import contextlib
import json
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from armsim.launch import environment

LOG = "log"
READY_FILE = "ready.json"


class SimulatorError(Exception):
    """The simulator did not start, or refused a request."""


@dataclass
class Simulator:
    """A running simulator. ``ready`` is the object that it wrote when it was ready."""

    ready: dict[str, Any]
    process: subprocess.Popen[str]
    folder: Path

    @property
    def ready_file(self) -> Path:
        """The file that holds ``ready``, for ``armsim env``; it goes when the simulator is stopped."""
        return self.folder / READY_FILE

    def env(self, client: environment.Client = "ansible") -> dict[str, str]:
        """Environment for a client: cloud, credentials, certificate authority; an empty value switches off."""
        return environment.variables(self.ready, client)

    def ledger(self) -> dict[str, Any]:
        """Requests counted so far, and service by scale set."""
        return self._admin("GET", "ledger")

    def state(self) -> dict[str, Any]:
        """One readable record for each instance."""
        return self._admin("GET", "state")

    def read_only(self, enabled: bool = True) -> None:
        """Refuse every write from now on (and count it), or accept writes again."""
        self._admin("POST", "read-only", {"enabled": enabled})

    def faults(self, *faults: dict[str, Any]) -> None:
        """Order faults, such as ``{"kind": "status", "status": 429, "retry_after": 1, "times": 2}``."""
        self._admin("POST", "faults", list(faults))

    def clear_faults(self) -> None:
        """Let no more faults come, regardless of which client ordered them."""
        self._admin("DELETE", "faults")

    def change(self, **change: Any) -> None:
        """Change the world from outside, such as ``scale_set="web", capacity=22``."""
        self._admin("POST", "change", change)

    def advance(self, seconds: float) -> None:
        """Let simulated seconds pass, with ``speed="max"``."""
        self._admin("POST", "advance", {"seconds": seconds})

    def reset(self) -> None:
        """Go back to the scenario's start, with an empty ledger."""
        self._admin("POST", "reset", {})

    def stop(self) -> int:
        """End the process and wait for it; returns its exit status. What it logged goes to standard error."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.folder.exists():
            sys.stderr.write(_log(self.folder))
            shutil.rmtree(self.folder)
        return self.process.returncode

    def _admin(self, method: str, name: str, body: object = None) -> dict[str, Any]:
        return request_admin(self.ready, method, name, body)


def request_admin(ready: dict[str, Any], method: str, name: str, body: object = None) -> dict[str, Any]:
    """Send a request to the admin interface of the simulator with this ready object.

    Raises SimulatorError where it refuses, and OSError where it does not answer.
    """
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"{ready['admin_url']}/{name}", data, {"Content-Type": "application/json"}, method=method
    )
    context = ssl.create_default_context(cafile=ready["ca_file"])
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(request, timeout=30) as response:
            answer: dict[str, Any] = json.load(response)
            return answer
    except urllib.error.HTTPError as error:
        with error:
            raise SimulatorError(f"{method} {name}: {error.code} {error.read().decode()}") from error


@contextlib.contextmanager
def running(
    scenario: str | Path | None = None,
    *,
    from_dump: Sequence[str | Path] = (),
    speed: float | Literal["max"] = 60.0,
    seed: int | None = None,
    port: int | None = None,
    retry_after: int | None = None,
    throttling: bool | None = None,
    auth: Literal["lenient", "strict"] | None = None,
    python: str = sys.executable,
    timeout: float = 60.0,
) -> Iterator[Simulator]:
    """A simulator serving ``scenario`` (a file or a bundled name) inside the ``with`` block.

    ``from_dump`` names the two files of a dump, or their folder; then the scenario may be left out.
    """
    simulator = start(
        scenario,
        from_dump=from_dump,
        speed=speed,
        seed=seed,
        port=port,
        retry_after=retry_after,
        throttling=throttling,
        auth=auth,
        python=python,
        timeout=timeout,
    )
    try:
        yield simulator
    finally:
        simulator.stop()


def start(
    scenario: str | Path | None = None,
    *,
    from_dump: Sequence[str | Path] = (),
    speed: float | Literal["max"] = 60.0,
    seed: int | None = None,
    port: int | None = None,
    retry_after: int | None = None,
    throttling: bool | None = None,
    auth: Literal["lenient", "strict"] | None = None,
    python: str = sys.executable,
    timeout: float = 60.0,
) -> Simulator:
    """Start a simulator and wait at most ``timeout`` seconds until it is ready; the caller stops it."""
    folder = Path(tempfile.mkdtemp(prefix="armsim-launch-"))
    ready_file = folder / READY_FILE
    command = [python, "-m", "armsim", "--speed", str(speed), "--ready-file", str(ready_file)]
    command += [] if scenario is None else ["--scenario", str(scenario)]
    command += ["--from-dump", *map(str, from_dump)] if from_dump else []
    given = {"--port": port, "--seed": seed, "--retry-after": retry_after, "--auth": auth}
    for name, value in given.items():
        command += [] if value is None else [name, str(value)]
    command += [] if throttling is None else ["--throttling", "on" if throttling else "off"]
    with (folder / LOG).open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            text=True,
        )
    deadline = time.monotonic() + timeout
    while not ready_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            reason = _log(folder).strip() or f"it was not ready after {timeout:g} seconds"
            shutil.rmtree(folder)
            raise SimulatorError(f"the simulator did not start: {reason}")
        time.sleep(0.01)
    return Simulator(json.loads(ready_file.read_text(encoding="utf-8")), process, folder)


def _log(folder: Path) -> str:
    return (folder / LOG).read_text(encoding="utf-8")
