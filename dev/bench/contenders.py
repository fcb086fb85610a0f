# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""The three that are measured in turn: the role, Ansible with as many calls, and a script on the Azure SDK."""

from __future__ import annotations

import json
import re
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from armsim.launch import Simulator, running
from bench import cloud, interpreter, process
from checkout import BUILD, scripts, variables

FOLDER = BUILD / "bench"
ENVIRONMENT = "dev"
# The simulated instances return within a second: looking less often would measure the waits.
LOOK_EVERY_SECONDS = 1
_TASK = re.compile(r"^TASK \[", re.MULTILINE)
_SDK_SCRIPT = Path(__file__).with_name("sdk_script.py")


@dataclass(frozen=True)
class Measured:
    """One run: what it cost, what it sent to Azure, the tasks that it showed, and the modules that it called."""

    cost: process.Cost
    requests: cloud.Requests
    tasks: int
    calls: tuple[interpreter.ModuleCall, ...]

    @property
    def modules_cpu(self) -> float:
        """Seconds of processor time of all calls of modules together."""
        return sum(one.cpu for one in self.calls)


class NotUpgraded(Exception):
    """A run ended well, but not all instances have the image: what it cost says nothing."""


def role(sets: int, capacity: int, *, throttling: bool = False) -> Measured:
    """The role on so many sets in one play."""
    with _simulator(sets, capacity, throttling) as simulator:
        return _roll(simulator, sets)


def role_twice(capacity: int) -> tuple[Measured, Measured]:
    """The role on one set, and once more: then it finds nothing to do."""
    with _simulator(1, capacity) as simulator:
        first, second = _roll(simulator, 1), _roll(simulator, 1)
        return first, replace(second, requests=second.requests.since(first.requests))


def floor(like: Measured) -> Measured:
    """As many tasks as that run showed, and as many calls of the smallest module: what Ansible itself costs."""
    playbook = FOLDER / "floor.json"
    shown = max(like.tasks - len(like.calls), 0)
    calls = [{"name": f"Call a module ({number})", "ansible.builtin.ping": {}} for number in range(len(like.calls))]
    others = [{"name": f"Show ({number})", "ansible.builtin.debug": {"msg": "."}} for number in range(shown)]
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [*calls, *others]}
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    return _ansible(None, playbook, 1)


def sdk(capacity: int) -> Measured:
    """The script on the SDK, on one set."""
    with _simulator(1, capacity) as simulator:
        names = (simulator.ready["subscription_id"], cloud.RESOURCE_GROUP, "web-0", cloud.NEW)
        command: list[str | Path] = [scripts(ENVIRONMENT) / "python", _SDK_SCRIPT, *names]
        cost = process.run(command, {**variables(ENVIRONMENT), **simulator.env("sdk")}, FOLDER / "sdk.log")
        if not cloud.upgraded(simulator):
            raise NotUpgraded(f"the script did not upgrade {capacity} instances")
        return Measured(cost, cloud.requests_of(simulator), 0, ())


def _simulator(sets: int, capacity: int, throttling: bool = False) -> AbstractContextManager[Simulator]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    scenario = cloud.write_scenario(FOLDER / "scenario.yaml", sets, capacity)
    return running(scenario, speed=cloud.SPEED, throttling=throttling)


def _roll(simulator: Simulator, sets: int) -> Measured:
    playbook = FOLDER / "role.json"
    playbook.write_text(json.dumps(_role_play(sets)), encoding="utf-8")
    run = _ansible(simulator, playbook, sets)
    if not cloud.upgraded(simulator):
        raise NotUpgraded(f"the role did not upgrade all instances of {sets} sets:\n{run.cost.output[-4000:]}")
    return run


def _ansible(simulator: Simulator | None, playbook: Path, hosts: int) -> Measured:
    python = interpreter.install(FOLDER, scripts(ENVIRONMENT) / "python")
    names = [f"web-{number}" for number in range(hosts)]
    environment = {
        **variables(ENVIRONMENT),
        **(simulator.env() if simulator else {}),
        "ANSIBLE_PYTHON_INTERPRETER": str(python),
        "ANSIBLE_FORKS": str(hosts),
    }
    inventory = ",".join([*names, "localhost"])
    command: list[str | Path] = [scripts(ENVIRONMENT) / "ansible-playbook", "-i", inventory, playbook]
    cost = process.run(command, environment, FOLDER / f"{playbook.stem}.log")
    requests = cloud.requests_of(simulator) if simulator else cloud.Requests(0, 0, 0, 0, {})
    return Measured(cost, requests, len(_TASK.findall(cost.output)), tuple(interpreter.read(FOLDER)))


def _role_play(sets: int) -> list[cloud.Json]:
    options = {
        "rollout_resource_group": cloud.RESOURCE_GROUP,
        "rollout_scale_set": "{{ inventory_hostname }}",
        "rollout_image": {"version": cloud.NEW},
        # One batch for each update domain.
        "rollout_canary": 0,
        "rollout_poll_interval": LOOK_EVERY_SECONDS,
        "rollout_health_delay": LOOK_EVERY_SECONDS,
    }
    role = {"name": "azroll.vmss.rollout", "vars": options}
    strategy = "free" if sets > 1 else "linear"
    play = {"hosts": "web-*", "connection": "local", "gather_facts": False, "strategy": strategy, "roles": [role]}
    return [play]
