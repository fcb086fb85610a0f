# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Real playbooks, in processes of their own, against the simulator: it keeps the ledger by which they are judged."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from armsim.launch import Simulator, running

ROOT = Path(__file__).resolve().parents[2]
# The interpreter that runs the tests is the one whose ansible-core is tested.
ANSIBLE_PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"
GROUP, SET = "rg-shop", "web"
# Four simulated minutes to the second, so the control node's inventory asks for waiting in short steps.
SPEED = 240
# Parts of the names of the tests that take more than a minute.
LONGEST = ("left_alone[", "rehearsal_runs")
INVENTORY = {
    "all": {
        "hosts": {
            "localhost": {
                "ansible_connection": "local",
                "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                "rollout_poll_interval": 1,
                "rollout_health_delay": 1,
            },
        }
    }
}


@dataclass
class Run:
    """How a playbook ended."""

    rc: int
    output: str
    report: dict[str, Any] = field(default_factory=dict)

    def play_recap(self) -> str:
        """The recap line of localhost, with the counts of changed and failed tasks."""
        lines = [line for line in self.output.splitlines() if line.startswith("localhost") and "changed=" in line]
        return lines[-1] if lines else ""


class Site:
    """A simulator, and a control node that points at it."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.simulator = simulator
        self.folder = folder
        self.inventory = folder / "inventory.json"
        self.inventory.write_text(json.dumps(INVENTORY))
        self.configuration = folder / "ansible.cfg"
        self.configuration.touch()

    def environment(self) -> dict[str, str]:
        """What ansible-playbook needs to know, and nothing of the user's own configuration."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "AZURE_"))}
        return {
            **kept,
            **self.simulator.env(),
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_REMOTE_TMP": str(self.folder / "ansible" / "tmp"),
            "ANSIBLE_CONFIG": str(self.configuration),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build" / "collections"),
            "ANSIBLE_INVENTORY": str(self.inventory),
            "ANSIBLE_NOCOLOR": "true",
        }

    def command(self, playbook: str, options: Mapping[str, Any], *arguments: str) -> list[str]:
        """The command line; options go as one JSON document."""
        return [str(ANSIBLE_PLAYBOOK), playbook, "-e", json.dumps(dict(options)), *arguments]

    def play(self, playbook: str, options: Mapping[str, Any], *arguments: str, timeout: int = 300) -> Run:
        """Run a playbook to its end."""
        done = subprocess.run(
            self.command(playbook, options, *arguments),
            env=self.environment(),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=timeout,
            check=False,
        )
        print(done.stdout)
        report = Path(options.get("rollout_report_dir", "nowhere")) / "report.json"
        return Run(done.returncode, done.stdout, json.loads(report.read_text()) if report.exists() else {})

    def upgrade(self, *arguments: str, **options: Any) -> Run:
        """Run azroll.vmss.upgrade; the report is read from a folder of its own."""
        report_dir = self.folder / f"report-{len(list(self.folder.glob('report-*')))}"
        fixed = {"rollout_resource_group": GROUP, "rollout_scale_set": SET, "rollout_report_dir": str(report_dir)}
        return self.play("azroll.vmss.upgrade", {**fixed, **options}, *arguments)

    @contextmanager
    def start(self, playbook: str, options: Mapping[str, Any]) -> Iterator[subprocess.Popen[bytes]]:
        """Start a playbook in a process group of its own, which is killed on leaving."""
        process = subprocess.Popen(
            self.command(playbook, options),
            env=self.environment(),
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def ledger(self) -> dict[str, Any]:
        """The ledger's entry of the scale set, with the requests beside it."""
        ledger = self.simulator.ledger()
        return {**ledger["scale_sets"][SET], "requests": ledger["requests"]}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest, so that no worker is left alone with one of them at the end."""
    items.sort(key=lambda item: not any(name in item.name for name in LONGEST))


@pytest.fixture
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A simulator running the scenario that the test's `scenario` mark or parameter names (quickstart without one)."""
    mark = request.node.get_closest_marker("scenario")
    parameters = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    scenario = mark.args[0] if mark else parameters.get("scenario", "quickstart")
    with running(scenario, speed=SPEED) as simulator:
        yield Site(simulator, tmp_path)
