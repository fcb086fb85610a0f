# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Where a rollout takes place: the simulation, its time, the weather on the way to it, and what was written."""

from __future__ import annotations

import atexit
import os
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance as Listed
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import own_tags
from armsim import scenario
from armsim.actors import actor_actions
from armsim.common.clock import ManualClock
from armsim.identity.directory import Directory
from armsim.instances.instance import Instance, Place
from armsim.operations.failure import PREEMPTED, Failure
from armsim.operations.operation import Fate, Operation
from armsim.protocol.errors import ArmError
from armsim.scale_sets.scale_set import ScaleSet
from armsim.service.simulation import Simulation
from armsim.web.host import Host, Settings

FOLDER = Path(mkdtemp(prefix="rollouts-"))
NUMBERS = count()
atexit.register(rmtree, FOLDER, ignore_errors=True)


# How old a list may be that is given again, in seconds.
OLDEST_LIST = 8.0


class Killed(BaseException):
    """The process was killed: nothing of it may run any more, so nothing catches this but whoever starts the next."""


@dataclass(frozen=True)
class Weather:
    """How requests fare: `rate` is the chance that one attempt meets trouble, `outages` are times without any answer.

    `conflicts` is the chance that a write meets another operation (409), `fates` that an accepted operation ends badly
    whatever comes of what it does, `touches` that somebody writes the set between a read and a write based on it, and
    `old_lists` that a list of the instances is one of some seconds ago (reported of the service's caches).
    """

    rate: float = 0.0
    conflicts: float = 0.0
    fates: float = 0.0
    touches: float = 0.0
    old_lists: float = 0.0
    outages: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Look:
    """The truth at the moment at which the instances were listed, but for those that were not made from the model.

    `places` are where they stood then: whatever is deallocated loses its domains. `stale` run another image than the
    one that is rolled; `current` are what the model makes, or on their way to it.
    """

    at: float
    present: frozenset[str]
    serving: frozenset[str]
    stale: frozenset[str]
    current: frozenset[str]
    places: Mapping[str, Place]
    # How many more the model asks for, as it was read right before.
    missing: int = 0
    protected: frozenset[str] = frozenset()
    # Shown as what they are about to become, and at rest, though an operation has begun: nobody can tell.
    ahead: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Write:
    """A write that took effect. `taken` lost their service by it, `out` are not in service right after it.

    `image` is that of the model right after it, `image_before` right before.
    """

    kind: str
    at: float
    run: int
    image: str | None = None
    image_before: str | None = None
    # The capacity when the batches began, and as it was read last before this write.
    first_capacity: int | None = None
    read_capacity: int | None = None
    instance_ids: tuple[str, ...] = ()
    look: Look | None = None
    taken: frozenset[str] = frozenset()
    out: frozenset[str] = frozenset()
    # Out of service right before it, through no act of this write.
    out_before: frozenset[str] = frozenset()
    # Whether the set has tags of a lease right after it.
    leased: bool = False
    # The operation that it led to, and whether the process was told of it.
    operation: Operation | None = None
    answered: bool = True
    # When the process had last read the model, the instances and what else there is, by their names.
    reads: Mapping[str, float] = field(default_factory=dict)
    # The last look before it, by whichever process.
    before: Look | None = None


@dataclass(frozen=True)
class Refused:
    """A write that Azure answered with an error. `image` is that of the model."""

    run: int
    at: float
    kind: str
    code: str
    image: str | None


@dataclass(frozen=True)
class Called:
    """A call of a module, with all of its options, those that nobody has set included."""

    module: str
    check_mode: bool
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Wait:
    """A wait for instances that began, and those that were protected when they had been listed last."""

    run: int
    at: float
    instance_ids: tuple[str, ...]
    protected: frozenset[str]


class Site:
    """One world: everything in it happens in the order of its own clock, and by its own seeded draws."""

    def __init__(self, spec: scenario.Scenario, target: str, weather: Weather, kills: Sequence[int], seed: int) -> None:
        self.target = target
        self._clock = ManualClock()
        self.simulation = Simulation(spec, self._clock, spec.seed)
        self.host = Host(self.simulation, Directory(spec), Settings(1.0), lambda: self.simulation)
        self.web: ScaleSet = self.simulation.scale_sets()[0]
        self.weather = weather
        self.luck = random.Random(f"{seed}/weather")
        self.kills = list(kills)
        # After so many tasks another host of the play fails; 0 for never.
        self.company = 0
        self.writes: list[Write] = []
        self.refused: list[Refused] = []
        self.calls: list[Called] = []
        self.waits: list[Wait] = []
        # The capacity when the batches of this run began, and when it was last read.
        self.first_capacity: int | None = None
        self.read_capacity: int | None = None
        # Where every instance stands that was ever listed.
        self.places: dict[str, Place] = {}
        # What was not made from the model.
        self.attached = frozenset(one.id for one in self.web.active() if one.attached)
        # The image of the model when a run listed the instances for the first time.
        self.first_images: dict[int, str | None] = {}
        self.faults: Counter[str] = Counter()
        self.requests = 0
        self.run = 0
        self.kills_met = 0
        self.last_look: Look | None = None
        # What the last list told, of which moment.
        self._list: tuple[Look, list[Listed]] | None = None
        # That of the model when it was read last.
        self.capacity = 0
        # Of each run, the version that was asked for (empty: the image before), and how it ended.
        self.ends: dict[int, tuple[str, str]] = {}
        self._steps = 0
        # What the waits of the run that is on remember.
        self._last_wait: tuple[object, ...] = ()
        self.wait_state = _own_folder() / f"{next(NUMBERS)}.json"

    def now(self) -> float:
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        """Let simulated time pass."""
        self._clock.advance(max(seconds, 0.0))
        self.simulation.timeline.catch_up()

    def step(self) -> None:
        """A place where the process may be killed; raises Killed where this is the one."""
        self._steps += 1
        if self.kills and self._steps >= self.kills[0]:
            self.kills.pop(0)
            self._steps = 0
            self.kills_met += 1
            raise Killed

    def left_alone(self) -> bool:
        """Whether no other host of the play has failed by this task; once one has, Ansible ends this one with it."""
        self.company -= 1
        return self.company != 0

    def start_run(self) -> None:
        """Another process begins."""
        self.run += 1
        self.first_capacity = None
        self._steps = 0
        self.wait_state.unlink(missing_ok=True)

    def trouble(self, *, write: bool) -> str | None:
        """What one attempt of a request meets, if anything."""
        now = self.now()
        if any(start <= now < end for start, end in self.weather.outages):
            return self._count("unavailable")
        if write and self.luck.random() < self.weather.conflicts:
            return self._count("conflict")
        if self.luck.random() >= self.weather.rate:
            return None
        return self._count(self.luck.choice(["throttled", "throttled briefly", "unavailable", "reset", "answer lost"]))

    def fate(self) -> Fate | None:
        """How an operation that was just accepted is to end, where it is not to end as it would."""
        if self.luck.random() >= self.weather.fates:
            return None
        self._count("operation ends badly")
        failure = Failure("InternalExecutionError", "An internal execution error occurred. Please retry later.")
        return self.luck.choice([Fate("Failed", failure), Fate("Canceled", PREEMPTED), Fate("never", failure)])

    def touch(self) -> None:
        """Perhaps somebody writes a tag of the set right now."""
        if self.luck.random() < self.weather.touches:
            self._count("touched")
            self.web.etag += 1

    def look(self) -> Look:
        """Note the truth as of now, because the instances are being listed."""
        web, now = self.web, self.now()
        active = self._rolled()
        goal = ("model", web.model.version)
        self.last_look = Look(
            now,
            frozenset(one.id for one in active),
            frozenset(one.id for one in active if one.in_service(now)),
            frozenset(one.id for one in active if not one.image.key.endswith(self.target)),
            frozenset(
                one.id
                for one in active
                if one.model is web.model or (one.work and one.work.goal == goal) or one.applies(web.model)
            ),
            {one.id: one.place for one in active},
            max(self.capacity - len(self.web.active()), 0),
            frozenset(one.id for one in active if one.protect_from_scale_set_actions),
            frozenset(one.id for one in active if one.shown_model and one.provisioning == "Succeeded"),
        )
        self.first_images.setdefault(self.run, web.target())
        self.places |= {one.id: one.place for one in active if one.id not in self.places}
        return self.last_look

    def keep_list(self, look: Look, told: list[Listed]) -> None:
        """Note what a list told."""
        self._list = look, told

    def older_list(self) -> tuple[Look, list[Listed]] | None:
        """What is told in place of how the instances are now, if the service has one of a moment ago at hand."""
        if self._list is None or self.now() - self._list[0].at > OLDEST_LIST:
            return None
        return self._list if self.luck.random() < self.weather.old_lists else None

    def begin_batches(self, capacity: int) -> None:
        """Note what a run has seen of the capacity when its batches begin."""
        self.first_capacity = capacity

    def wait_for(self, phase: str, instance_ids: Sequence[str]) -> None:
        """Note that somebody begins to wait for these instances, or goes on with it."""
        wait = (self.run, phase, *instance_ids)
        if wait == self._last_wait:
            return
        self._last_wait = wait
        protected = self.last_look.protected if self.last_look else frozenset()
        self.waits.append(Wait(self.run, self.now(), tuple(instance_ids), protected))

    def broken(self) -> frozenset[str]:
        """Those with the image that is rolled, or on their way to it, that are out of service and served before."""
        now = self.now()
        sent = {one for write in self.writes if write.kind == "upgrade" for one in write.instance_ids}
        unhealthy = {one for write in self.writes if write.look for one in set(write.instance_ids) - write.look.serving}
        return frozenset(
            one.id
            for one in self._rolled()
            if (one.id in sent or one.image.key.endswith(self.target))
            and one.id not in unhealthy
            and not one.in_service(now)
        )

    def grow(self, number: int) -> list[str]:
        """Autoscale, or anybody, adds instances; their ids."""
        before = {one.id for one in self.web.active()}
        actor_actions.apply(self.simulation, scenario.ActorAction(scale_set="web", capacity=f"+{number}"), self.luck)
        return [one.id for one in self.web.active() if one.id not in before]

    @contextmanager
    def noting(
        self, path: str, body: Mapping[str, Any], look: Look | None, reads: Mapping[str, float]
    ) -> Iterator[None]:
        """Note a write when it has taken effect, and what it did to the service, or that it was refused."""
        before, image_before = self._serving(), self.web.target()
        try:
            yield
        except ArmError as error:
            self.refused.append(Refused(self.run, self.now(), _kind(path, body), error.code, image_before))
            raise
        after = self._serving()
        present = frozenset(one.id for one in self._rolled())
        self.writes.append(
            Write(
                _kind(path, body),
                self.now(),
                self.run,
                self.web.target(),
                image_before,
                self.first_capacity,
                self.read_capacity,
                _instance_ids(path, body),
                look,
                taken=frozenset(before - after),
                out=present - after,
                out_before=present - before,
                leased=bool(own_tags(self.web.document.get("tags") or {})),
                reads=dict(reads),
                before=self.last_look,
            )
        )

    def _serving(self) -> set[str]:
        """Who serves, and goes on to: what is announced to an instance, or shown of it beforehand, takes it soon."""
        now = self.now()
        staying = [one for one in self._rolled() if not one.announced and one.shown_model is None]
        return {one.id for one in staying if one.in_service(now)}

    def _rolled(self) -> list[Instance]:
        """Those of the set's instances that a rollout may touch at all: those that were made from its model."""
        return [one for one in self.web.active() if not one.attached]

    def _count(self, kind: str) -> str:
        self.faults[kind] += 1
        return kind


def _own_folder() -> Path:
    """That of this process: those that play worlds side by side have been forked, and count alike."""
    folder = FOLDER / str(os.getpid())
    folder.mkdir(exist_ok=True)
    return folder


def _instance_ids(path: str, body: Mapping[str, Any]) -> tuple[str, ...]:
    parent, _slash, name = path.rpartition("/")
    return (name,) if parent.endswith("/virtualMachines") else tuple(body.get("instanceIds") or ())


def _kind(path: str, body: Mapping[str, Any]) -> str:
    """What a write is about: `upgrade`, `image`, `policy`, `protect`, `suspend`, `resume`, `tags`, `autoscale`, or else
    the end of its path.
    """
    name = path.rpartition("/")[2]
    if "/autoscaleSettings/" in path:
        return "autoscale"
    if name == "manualUpgrade":
        return "upgrade"
    if "protectionPolicy" in (body.get("properties") or {}):
        return "protect"
    if "virtualMachineProfile" in (body.get("properties") or {}):
        return "image"
    if "upgradePolicy" in (body.get("properties") or {}):
        return "policy"
    return str(body["action"]).lower() if "action" in body else "tags" if "tags" in body else name
