# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What happens to an instance over time: creation, upgrade, reimage, restart, power, deletion.

An upgrade takes the instance out of service at once: it is stopped and its disk replaced (`upgrade`), then it boots
(`boot`), the agent reports (`agent`) and provisioning is complete; the first health report follows (`first_report`).
A reimage goes the same way; a restart and a start boot from the disk that is there. The service may show the agent's
first report later than provisioning (`late_agent`).
Each instance draws from its own seeded source, so its times do not depend on what happens to others.

Every method takes a callback ``done``, called with the failure or None when it is over, and with `PREEMPTED` when
something newer took its place.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from armsim.common.clock import Timeline
from armsim.common.spread import Spread
from armsim.common.wire import Json, guid
from armsim.images.catalogue import Image
from armsim.instances import flapping
from armsim.instances.instance import Instance, Model, OldReport, Power, Work
from armsim.operations.failure import PREEMPTED, Done, Failure
from armsim.scenario import Timings

# What becomes of an instance whose agent never reports (code and text reported; after how long is a guess).
GIVEN_UP = Failure(
    "OSProvisioningTimedOut",
    "OS Provisioning for VM did not finish in the allotted time. The VM may still finish provisioning successfully. "
    "Please check provisioning state later.",
)
# Part of the upgrade time in which the instance still shuts down: a guess.
SHUTDOWN_SHARE = 0.25
OFF: tuple[Power, ...] = ("stopped", "deallocated")


@dataclass(frozen=True)
class Disk:
    """What a disk is made from: the model it belongs to, its image, and the reference the instance shows."""

    model: Model
    image: Image
    reference: Json | None


class Lifecycle:
    """Moves instances through their states on the timeline; ``changed`` is called after every step."""

    def __init__(self, timeline: Timeline, timings: Timings, seed: str, changed: Callable[[Instance], None]) -> None:
        self._timeline = timeline
        self._timings = timings
        self._seed = seed
        self._changed = changed

    def create(self, instance: Instance, done: Done) -> None:
        """Let a new instance come up on its own model and image; it is `Updating` meanwhile (recorded)."""
        work = self._begin(instance, _to(instance.model), done)
        # The first version of it (recorded).
        instance.etag, work.counted = 1, 0
        instance.power = "creating"
        self._boot(instance, work, self._draws(instance), new_disk=True)
        self._changed(instance)

    def upgrade(self, instance: Instance, disk: Disk, done: Done) -> None:
        """Bring an instance to the model and image of ``disk``; one to the same model in progress is joined.

        Where the image is the one it has, it keeps its disk and runs on (recorded: 7 of 7).
        """
        goal = _to(disk.model)
        if self._joined(instance, goal, done):
            return
        keeps = instance.image.key == disk.image.key and instance.provisioning != "Failed"
        keeps &= not instance.own_definition and not instance.disk_attached
        work = self._begin(instance, goal, done)
        if keeps:
            self._apply_in_place(instance, work, disk)
        else:
            self._replace_disk(instance, work, disk, self._timings.upgrade)

    def reimage(self, instance: Instance, disk: Disk, done: Done) -> None:
        """Give an instance a new disk; its model stays what it is."""
        self._replace_disk(instance, self._begin(instance, object(), done), disk, self._timings.reimage)

    def restart(self, instance: Instance, done: Done) -> None:
        """Stop an instance and boot it from the same disk. One that is off stays off (a guess)."""
        self._cycle(instance, self._timings.stop, done)

    def redeploy(self, instance: Instance, done: Done) -> None:
        """Shut an instance down and boot it on another host, from the same disk."""
        self._cycle(instance, self._timings.redeploy, done)

    def start(self, instance: Instance, done: Done) -> None:
        """Boot an instance that is off; a running one stays as it is."""
        if self._joined(instance, "start", done):
            return
        work = self._begin(instance, "start", done)
        if instance.power == "running":
            self._settle(instance, work, self._timings.current)
            return
        new_host = instance.power == "deallocated"
        instance.power = "starting"
        instance.hibernated = False
        self._boot(instance, work, self._draws(instance), new_disk=False, new_host=new_host)
        self._changed(instance)

    def power_off(self, instance: Instance, done: Done, *, skip_shutdown: bool = False) -> None:
        """Stop an instance; it keeps its host. ``skip_shutdown`` pulls the plug."""
        spread = self._timings.current if skip_shutdown else self._timings.stop
        self._turn_off(instance, "stopping", "stopped", spread, lambda: None, done)

    def deallocate(self, instance: Instance, released: Callable[[], None], done: Done) -> None:
        """Stop an instance and give its host back: then ``released`` is called."""
        self._turn_off(instance, "deallocating", "deallocated", self._timings.deallocate, released, done)

    def touch(self, instance: Instance, done: Done, *, changes: bool = True) -> None:
        """Write what does not disturb an instance: it is `Updating` for a moment and stays in service afterwards.

        Its etag stays where the write changes nothing (recorded).
        """
        before = instance.etag
        work = self._begin(instance, object(), done)
        instance.etag, work.counted = before + changes, 0
        self._settle(instance, work, self._timings.write)

    def settle(self, instance: Instance) -> None:
        """Let an instance be `Updating` for a while, in service: what was made beside it goes (recorded)."""
        work = self._begin(instance, object(), lambda _failure: None)
        work.counted = 0
        self._settle(instance, work, self._timings.settle)

    def delete(self, instance: Instance, removed: Callable[[], None], done: Done, *, force: bool = False) -> None:
        """Take an instance out of service at once; ``removed`` is called when it has been deleted, before ``done``.

        What was made in excess takes its own time. A forced deletion takes as little time as any (a guess). A second
        deletion joins the first.
        """
        if self._joined(instance, "deleted", done):
            return
        work = self._begin(instance, "deleted", done)
        flapping.stop(instance)
        instance.provisioning = "Deleting"
        self._silence(instance, "stopping")
        self._changed(instance)
        spread = self._timings.surplus if instance.surplus else self._timings.delete
        seconds = spread.min if force else spread.draw(self._draws(instance))

        def gone() -> None:
            instance.work = None
            removed()
            for waiter in work.waiting:
                waiter(None)

        self._timeline.after(seconds, gone)

    def hang(self, instance: Instance) -> None:
        """Begin an operation that never ends; whatever begins later takes its place."""
        self._begin(instance, object(), lambda _failure: None)
        self._changed(instance)

    def abandon(self, instance: Instance) -> None:
        """Pre-empt whatever is being done to an instance."""
        work, instance.work = instance.work, None
        if work is not None:
            for event in work.events:
                event.cancel()
            for done in work.waiting:
                done(PREEMPTED)

    # --- steps ------------------------------------------------------------------------------------------------------

    def _joined(self, instance: Instance, goal: Hashable, done: Done) -> bool:
        if instance.work is None or instance.work.goal != goal:
            return False
        instance.work.waiting.append(done)
        return True

    def _begin(self, instance: Instance, goal: Hashable, done: Done) -> Work:
        self.abandon(instance)
        flapping.stop(instance)
        instance.work = Work(goal, waiting=[done])
        instance.failure = None
        instance.attempts += 1
        instance.provisioning = "Updating"
        instance.changed = self._timeline.now
        instance.etag += 1
        return instance.work

    def _draws(self, instance: Instance) -> random.Random:
        return random.Random(f"{self._seed}/{instance.id}/{instance.attempts}")

    def _replace_disk(self, instance: Instance, work: Work, disk: Disk, spread: Spread) -> None:
        draws = self._draws(instance)
        seconds = spread.draw(draws)
        was_off = instance.power in OFF
        notice = 0.0 if was_off else self._notice(instance, draws)

        def stopped() -> None:
            instance.power = "stopped"
            if instance.old_report is not None:
                instance.old_report.stopped = self._timeline.now
            self._changed(instance)

        def replaced() -> None:
            instance.model = disk.model
            instance.image = disk.image
            instance.reference = disk.reference
            instance.own_definition = False
            instance.disk_attached = False
            instance.disk = guid(draws).replace("-", "")
            if was_off:
                self._provisioned(instance, None)
                return
            instance.power = "starting"
            self._boot(instance, work, draws, new_disk=True)
            self._changed(instance)

        def begin() -> None:
            work.gentle = work.announced = False
            if not was_off:
                self._keep_report(instance)
                self._silence(instance, "stopping")
                work.events.append(self._timeline.after(seconds * SHUTDOWN_SHARE, stopped))
            work.events.append(self._timeline.after(seconds, replaced))
            self._changed(instance)

        if notice:
            # The machine may prepare for it, and serves until then.
            work.gentle = work.announced = True
            work.events.append(self._timeline.after(notice, begin))
            self._changed(instance)
        else:
            begin()

    def _apply_in_place(self, instance: Instance, work: Work, disk: Disk) -> None:
        work.gentle = instance.agent_since is not None

        def applied() -> None:
            instance.model, instance.reference = disk.model, disk.reference
            self._provisioned(instance, None)

        work.events.append(self._timeline.after(self._timings.upgrade.draw(self._draws(instance)), applied))
        self._changed(instance)

    def _notice(self, instance: Instance, draws: random.Random) -> float:
        events = instance.model.profile.get("scheduledEventsProfile") or {}
        enabled = (events.get("osImageNotificationProfile") or {}).get("enable")
        return self._timings.os_image_notice.draw(draws) if enabled else 0.0

    def _keep_report(self, instance: Instance) -> None:
        """Let the last report be shown for longer than the system lives, where the scenario has it so."""
        source, now = instance.model.health_source, self._timeline.now
        report = instance.health(now)
        instance.old_report = None
        if source is not None and report is not None and self._timings.old_report.max:
            interval = math.inf if instance.reports_on_change else source.interval
            instance.old_report = OldReport(report[0], report[1], interval)

    def _cycle(self, instance: Instance, spread: Spread, done: Done) -> None:
        work = self._begin(instance, object(), done)
        if instance.power in OFF:
            self._settle(instance, work, self._timings.current)
            return
        draws = self._draws(instance)
        self._silence(instance, "stopping")

        def stopped() -> None:
            instance.power = "starting"
            self._boot(instance, work, draws, new_disk=False)
            self._changed(instance)

        work.events.append(self._timeline.after(spread.draw(draws), stopped))
        self._changed(instance)

    def _turn_off(
        self,
        instance: Instance,
        meanwhile: Power,
        finally_: Power,
        spread: Spread,
        released: Callable[[], None],
        done: Done,
    ) -> None:
        if self._joined(instance, finally_, done):
            return
        work = self._begin(instance, finally_, done)
        # A deallocated instance is stopped as well.
        if instance.power in ("deallocated", finally_):
            self._settle(instance, work, self._timings.current)
            return
        self._silence(instance, meanwhile)

        def off() -> None:
            instance.power = finally_
            if finally_ == "deallocated":
                instance.last_agent_report = None
            released()
            self._provisioned(instance, None)

        work.events.append(self._timeline.after(spread.draw(self._draws(instance)), off))
        self._changed(instance)

    def _silence(self, instance: Instance, power: Power) -> None:
        instance.last_agent_report = instance.shown_agent_time(self._timeline.now)
        instance.power = power
        instance.agent_since = instance.reporting_since = None

    def _settle(self, instance: Instance, work: Work, spread: Spread) -> None:
        delay = spread.draw(self._draws(instance))
        work.gentle = instance.agent_since is not None
        work.events.append(self._timeline.after(delay, lambda: self._provisioned(instance, None)))
        self._changed(instance)

    def _boot(
        self, instance: Instance, work: Work, draws: random.Random, *, new_disk: bool, new_host: bool = False
    ) -> None:
        """Boot; what the image does to a new disk is drawn once, and true of it until the next.

        On a new host, and on a new disk with Windows, the agent's report is late (recorded).
        """
        behaviour = instance.image.behaviour
        boot = self._timings.boot.draw(draws) * behaviour.boot_factor * instance.boot_factor
        agent = self._timings.agent.draw(draws)
        report = self._timings.first_report.draw(draws)
        failure = None
        self._silence(instance, instance.power)
        if new_disk:
            instance.last_agent_report = None
            failure = self._failure(instance, draws)
            instance.verdict = behaviour.health if draws.random() < behaviour.health_share else "healthy"
            instance.verdict_since = -math.inf
            instance.flaps = behaviour.flap if draws.random() < behaviour.flap_share else None
            instance.mute = draws.random() < behaviour.never_returns_share
        late = new_host or (new_disk and instance.image.os_type == "Windows")
        instance.agent_delay = self._timings.late_agent.draw(draws) if late else 0.0

        def running() -> None:
            instance.power = "running"
            self._changed(instance)

        def ready() -> None:
            if failure is None:
                instance.agent_since = self._timeline.now
                if instance.agent_delay:
                    self._timeline.after(instance.agent_delay, lambda: self._changed(instance))
                if instance.verdict != "none":
                    self._await_report(instance, report)
            self._provisioned(instance, failure)
            if instance.flaps is not None and failure is None:
                flapping.start(self._timeline, instance, instance.flaps, self._changed)

        work.events.append(self._timeline.after(boot, running))
        if instance.mute or instance.never_returns:
            give_up = boot + self._timings.give_up.draw(draws)
            work.events.append(self._timeline.after(give_up, lambda: self._provisioned(instance, GIVEN_UP)))
        else:
            work.events.append(self._timeline.after(boot + agent, ready))

    def _failure(self, instance: Instance, draws: random.Random) -> Failure | None:
        fails, key = instance.image.behaviour.upgrade_fails, instance.image.key
        if fails is None or draws.random() >= fails.share:
            return None
        if fails.times is not None and instance.failures[key] >= fails.times:
            return None
        instance.failures[key] += 1
        return Failure(fails.code, fails.message)

    def _await_report(self, instance: Instance, report: float) -> None:
        """Let health be reported after ``report`` seconds; a rich extension waits for a valid answer until its grace
        period ends (documented).
        """
        source = instance.model.health_source
        grace = source.grace if source is not None and source.rich else 0.0
        if grace and instance.verdict == "unknown":
            report = grace
        instance.reporting_since = self._timeline.now + report
        for moment in sorted({report, min(grace or report, report)}):
            self._timeline.after(moment, lambda: self._changed(instance))

    def _provisioned(self, instance: Instance, failure: Failure | None) -> None:
        instance.provisioning = "Failed" if failure else "Succeeded"
        instance.failure = failure
        instance.changed = self._timeline.now
        work, instance.work = instance.work, None
        instance.etag += work.counted if work else 1
        if instance.old_report is not None and instance.old_report.until is None:
            lingers = self._timings.old_report.draw(self._draws(instance))
            instance.old_report.until = self._timeline.now + lingers
            self._timeline.after(lingers, lambda: self._changed(instance))
        self._changed(instance)
        for done in work.waiting if work else []:
            done(failure)


def _to(model: Model) -> Hashable:
    """The goal of creating an instance on a model, and of upgrading one to it."""
    return ("model", model.version)
