# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The actors of a scenario on their marks: each acts at its time, or when something happens."""

from __future__ import annotations

import fnmatch
import random
from dataclasses import dataclass, field
from functools import partial

from armsim.actors import actor_actions
from armsim.common.wire import Json
from armsim.protocol.errors import ArmError
from armsim.scale_sets.events import EventBus, SetEvent
from armsim.scenario import Actor


@dataclass
class _Part:
    """An actor's part: what it has seen so far, how often it has acted, and where its luck comes from."""

    actor: Actor
    rng: random.Random
    seen: int = 0
    acted: int = 0


@dataclass
class Actors:
    """All actors of a simulation; ``record`` is what the ledger shows of them."""

    stage: actor_actions.Stage
    record: list[Json] = field(default_factory=list)
    _parts: list[_Part] = field(default_factory=list)

    def enter(self, actors: list[Actor], events: EventBus, seed: int) -> None:
        """Let the actors take their places at the start of the simulation."""
        self._parts = [_Part(actor, random.Random(f"{seed}/actors/{actor.name}")) for actor in actors]
        for part in self._parts:
            if part.actor.when.at is not None:
                self.stage.timeline.after(part.actor.when.at, partial(self._on_time, part))
        events.subscribe(self._on_event)

    def requested(self, operation: str) -> None:
        """A request for an operation has been answered."""
        for part in self._parts:
            pattern = part.actor.when.request
            if pattern is not None and fnmatch.fnmatchcase(operation.lower(), pattern.lower()):
                self._cue(part, None)

    def _on_event(self, event: SetEvent) -> None:
        for part in self._parts:
            when = part.actor.when
            if when.event == event.kind and when.scale_set in (None, event.scale_set):
                self._cue(part, event)

    def _cue(self, part: _Part, cause: SetEvent | None) -> None:
        """Count an occurrence, and act once the present step is over if this is one to act upon."""
        when = part.actor.when
        part.seen += 1
        if part.seen >= when.count and part.seen < when.count + (part.actor.times or 1):
            self.stage.timeline.after(when.after, lambda: self._act(part, cause))

    def _on_time(self, part: _Part) -> None:
        self._act(part, None)
        part.acted += 1
        every = part.actor.when.every
        if every is not None and (part.actor.times is None or part.acted < part.actor.times):
            self.stage.timeline.after(every, lambda: self._on_time(part))

    def _act(self, part: _Part, cause: SetEvent | None) -> None:
        for action in part.actor.do:
            entry: Json = {"at": round(self.stage.timeline.now, 3), "name": part.actor.name}
            entry["action"] = action.model_dump(mode="json", exclude_unset=True)
            try:
                chosen = actor_actions.apply(self.stage, action, part.rng, cause)
            except ArmError as error:
                entry["refused"] = f"{error.code}: {error.message}"
            else:
                if action.instances is not None:
                    entry["instances"] = [instance.id for instance in chosen]
            self.record.append(entry)
