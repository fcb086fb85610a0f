# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What a case is, and the files that hold them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from armsim.scenario import locate

CASES = Path(__file__).parent / "cases"
# Few and large batches; nothing is waited for longer than it takes.
OPTIONS = {
    "rollout_image": {"version": "latest"},
    "rollout_by": "batch",
    "rollout_max_unavailable": "50%",
    "rollout_canary": 0,
    "rollout_health_retries": 20,
    "rollout_sweep_delay": 1,
    # Time is simulated, so a slow machine would have it renewed again and again.
    "rollout_lease": 1440,
}


@dataclass(frozen=True)
class Trigger:
    """A moment: so many requests of an operation in the ledger, or the end of a task of the role. Empty: at once."""

    request: str = ""
    count: int = 1
    task: str = ""


@dataclass(frozen=True)
class Play:
    """One run of a playbook, and how it must end.

    `result` is that of the report, or `killed`. `cause` are words of the report's cause, `says` words of the output,
    with white space as single blanks. `kill` names the moment at which `victim` gets SIGKILL: `playbook`, or the
    `module` that is at work. `rival` is when a second run of the same playbook starts, with `rival_options`; what is
    judged then is the end of the one that lost. `fixed` says that the service is well again after the run.
    """

    result: str
    cause: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    playbook: str = "upgrade"
    options: Mapping[str, Any] = field(default_factory=dict)
    check: bool = False
    kill: Trigger | None = None
    victim: str = "playbook"
    rival: Trigger | None = None
    rival_options: Mapping[str, Any] = field(default_factory=dict)
    fixed: bool = False


@dataclass(frozen=True)
class Case:
    """A world, what is done in it, and what must be seen.

    `set`, `timings`, `versions` (behaviour by image version), `actors`, `faults` and the actions that the
    principal is `denied` change the scenario. `floor` is how many
    instances the options promise to keep in service, `lost` how many the world itself takes away at the worst moment.
    `on_target` is how many must run the image of the model at the end (default: all where the last play succeeded).
    `once` says that no instance may leave service more than once, `again` that a further run must write nothing. `held`
    is what stays held, `state` what else must be true of the set. `wins` says in words who has his way, and `sample`
    that "make test" plays the case, too. `throttling` are the limits of the scenario, `locks` its management locks.
    """

    name: str
    about: str
    plays: tuple[Play, ...]
    wins: str
    group: str
    floor: int
    scenario: str = "quickstart"
    lost: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    set: Mapping[str, Any] = field(default_factory=dict)
    timings: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    actors: tuple[Mapping[str, Any], ...] | None = None
    faults: tuple[Mapping[str, Any], ...] = ()
    denied: tuple[str, ...] = ()
    on_target: int | None = None
    once: bool = False
    again: bool = False
    held: tuple[str, ...] = ()
    state: Mapping[str, Any] = field(default_factory=dict)
    sample: bool = False
    throttling: Mapping[str, Any] = field(default_factory=dict)
    locks: tuple[Mapping[str, Any], ...] = ()

    def document(self) -> dict[str, Any]:
        """The scenario of the case."""
        made: dict[str, Any] = copy.deepcopy(yaml.safe_load(locate(self.scenario).read_text(encoding="utf-8")))
        made["scale_sets"][0] |= self.set
        made["timings"] = {**made.get("timings", {}), **self.timings}
        for family in made.get("images", {}).get("platform", []):
            family["versions"] = [one | self.versions.get(one["version"], {}) for one in family["versions"]]
        if self.actors is not None:
            made["actors"] = list(self.actors)
        made.setdefault("principal", {})["denied_actions"] = list(self.denied)
        made["throttling"] = {**made.get("throttling", {}), **self.throttling}
        made["locks"] = list(self.locks)
        made["faults"] = [*made.get("faults", []), *self.faults]
        return made


def read_cases() -> list[Case]:
    """All cases, in the order of their files."""
    cases = [
        _case(file.stem.split("-", 1)[1], entry)
        for file in sorted(CASES.glob("*.yaml"))
        for entry in yaml.safe_load(file.read_text(encoding="utf-8"))
    ]
    names = [case.name for case in cases]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"cases with the same name: {', '.join(sorted(twice))}")
    return cases


def _case(group: str, entry: dict[str, Any]) -> Case:
    plays = tuple(_play(one) for one in entry.pop("plays"))
    for name in ("actors", "faults", "denied", "held", "locks"):
        if name in entry:
            entry[name] = tuple(entry[name])
    return Case(group=group, plays=plays, **entry)


def _play(entry: dict[str, Any]) -> Play:
    for name in ("cause", "says"):
        if name in entry:
            entry[name] = tuple(map(str, entry[name]))
    for name in ("kill", "rival"):
        if name in entry:
            entry[name] = Trigger(**entry[name])
    return Play(**entry)
