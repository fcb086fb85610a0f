# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What happens to an instance over time: upgrade, boot, first health report, deletion.

An upgrade takes the instance out of service at once: it is stopped and its disk replaced (`upgrade`), then it boots
(`boot`), the agent reports (`agent`) and provisioning is complete; the first health report follows (`first_report`).
Each instance draws from its own seeded source, so its times do not depend on what happens to others.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from armsim.catalogue import Image
from armsim.clock import Timeline
from armsim.instance import PREEMPTED, Done, Failure, Instance, Model, Work
from armsim.scenario import Timings
from armsim.wire import Json, guid

# Part of the upgrade time in which the instance still shuts down: a guess.
SHUTDOWN_SHARE = 0.25


class Lifecycle:
    """Moves instances through their states on the timeline; ``changed`` is told after every step."""

    def __init__(self, timeline: Timeline, timings: Timings, seed: str, changed: Callable[[Instance], None]) -> None:
        self._timeline = timeline
        self._timings = timings
        self._seed = seed
        self._changed = changed

    def create(self, instance: Instance, done: Done) -> None:
        """Let a new instance come up on its own model and image."""
        instance.provisioning = "Creating"
        instance.power = "creating"
        instance.agent_since = instance.reporting_since = None
        work = self._begin(instance, instance.model, done)
        self._boot(instance, work, self._draws(instance))
        self._changed(instance)

    def upgrade(self, instance: Instance, model: Model, image: Image, reference: Json | None, done: Done) -> None:
        """Bring an instance to ``model`` and ``image``.

        An upgrade to the same model already in progress is joined; one to another model is pre-empted.
        """
        if instance.work is not None and instance.work.model is model:
            instance.work.waiting.append(done)
            return
        work = self._begin(instance, model, done)
        draws = self._draws(instance)
        seconds = self._timings.upgrade.draw(draws)
        was_off = instance.power in ("stopped", "deallocated")
        instance.provisioning = "Updating"
        instance.changed = self._timeline.now
        if not was_off:
            instance.power = "stopping"
        instance.agent_since = instance.reporting_since = None

        def stopped() -> None:
            instance.power = "stopped"
            self._changed(instance)

        def replaced() -> None:
            instance.model = model
            instance.image = image
            instance.reference = reference
            instance.disk = guid(draws).replace("-", "")
            if was_off:
                self._provisioned(instance, None)
                return
            instance.power = "starting"
            self._boot(instance, work, draws)
            self._changed(instance)

        if not was_off:
            work.events.append(self._timeline.after(seconds * SHUTDOWN_SHARE, stopped))
        work.events.append(self._timeline.after(seconds, replaced))
        self._changed(instance)

    def delete(self, instance: Instance, gone: Callable[[], None]) -> None:
        """Take an instance out of service at once; ``gone`` is called when it has been deleted."""
        self.abandon(instance)
        instance.provisioning = "Deleting"
        instance.power = "stopping"
        instance.changed = self._timeline.now
        instance.agent_since = instance.reporting_since = None
        self._changed(instance)
        self._timeline.after(self._timings.delete.draw(self._draws(instance)), gone)

    def abandon(self, instance: Instance) -> None:
        """Pre-empt whatever is being done to an instance."""
        work, instance.work = instance.work, None
        if work is not None:
            for event in work.events:
                event.cancel()
            for done in work.waiting:
                done(PREEMPTED)

    def _begin(self, instance: Instance, model: Model, done: Done) -> Work:
        self.abandon(instance)
        instance.work = Work(model, waiting=[done])
        instance.failure = None
        instance.attempts += 1
        return instance.work

    def _draws(self, instance: Instance) -> random.Random:
        return random.Random(f"{self._seed}/{instance.id}/{instance.attempts}")

    def _boot(self, instance: Instance, work: Work, draws: random.Random) -> None:
        behaviour = instance.image.behaviour
        boot = self._timings.boot.draw(draws) * behaviour.boot_factor
        agent = self._timings.agent.draw(draws)
        report = self._timings.first_report.draw(draws)
        fails = behaviour.upgrade_fails
        failure = Failure(fails.code, fails.message) if fails and draws.random() < fails.share else None
        instance.verdict = behaviour.health if draws.random() < behaviour.health_share else "healthy"

        def running() -> None:
            instance.power = "running"
            self._changed(instance)

        def ready() -> None:
            if failure is None:
                instance.agent_since = self._timeline.now
                if instance.verdict != "none":
                    instance.reporting_since = self._timeline.now + report
                    self._timeline.after(report, lambda: self._changed(instance))
            self._provisioned(instance, failure)

        work.events.append(self._timeline.after(boot, running))
        work.events.append(self._timeline.after(boot + agent, ready))

    def _provisioned(self, instance: Instance, failure: Failure | None) -> None:
        instance.provisioning = "Failed" if failure else "Succeeded"
        instance.failure = failure
        instance.changed = self._timeline.now
        instance.etag += 1
        work, instance.work = instance.work, None
        self._changed(instance)
        for done in work.waiting if work else []:
            done(failure)
