# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Automatic instance repairs: what the platform does to instances that stay unhealthy (documented).

An instance is repaired when it has been unhealthy for the grace period, which begins again with every write of the
model and every change of the instance. Protected instances, whichever way, and those whose provisioning failed are
passed over, and so are Service Fabric sets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from armsim.actions.instance_work import reimage_instance, restart_instance
from armsim.actions.scaling import can_make, create_instance, delete_instance
from armsim.common.clock import Event
from armsim.common.wire import Json
from armsim.instances.instance import Instance
from armsim.operations.failure import Failure
from armsim.rolling.policy import seconds
from armsim.scale_sets.events import SetEvent
from armsim.scale_sets.scale_set import ScaleSet

DEFAULT_GRACE = "PT10M"
# At most so many at a time, or one in a set of fewer than twenty (documented).
SHARE = 0.05
# So many repairs that did not help, and the service suspends itself. That it does is documented, the number is not.
PATIENCE = 5


class AutomaticRepairs:
    """The repair service of all scale sets."""

    def __init__(self, scale_sets: Callable[[], Iterable[ScaleSet]]) -> None:
        self._scale_sets = scale_sets
        self._repairing: dict[str, set[str]] = {}
        self._in_vain: dict[str, int] = {}
        self._written: dict[str, float] = {}
        # Since when, by set and instance id. The report shows what has recovered since then.
        self._unhealthy: dict[tuple[str, str], float] = {}
        # The next check of each set.
        self._checks: dict[str, Event] = {}

    def begin(self) -> None:
        """Watch what is unhealthy from the start."""
        for scale_set in self._scale_sets():
            now = scale_set.world.timeline.now
            for instance in scale_set.active():
                if _is_unhealthy(instance, now):
                    self._unhealthy[scale_set.id, instance.id] = now
            self._watch(scale_set)

    def on_event(self, event: SetEvent) -> None:
        """Something happened to a set."""
        scale_set = next((one for one in self._scale_sets() if one.name == event.scale_set), None)
        if scale_set is None:
            return
        if event.kind == "model_written":
            self._written[scale_set.id] = scale_set.world.timeline.now
            self._watch(scale_set)
        elif event.kind == "instance_unhealthy":
            for instance_id in event.instances:
                self._unhealthy[scale_set.id, instance_id] = scale_set.world.timeline.now
            self._watch(scale_set)
        elif event.kind in ("repairs_resumed", "protection_changed"):
            self._watch(scale_set)

    def _watch(self, scale_set: ScaleSet) -> None:
        """Check the set again when a grace period that begins now ends, if any instance is unhealthy."""
        now = scale_set.world.timeline.now
        if scale_set.repairs_state == "Running" and any(_is_unhealthy(one, now) for one in scale_set.active()):
            self._check_after(scale_set, _grace(scale_set))

    def _check_after(self, scale_set: ScaleSet, delay: float) -> None:
        """Check the set after so many seconds, or earlier where that is due anyway."""
        timeline = scale_set.world.timeline
        ahead = self._checks.get(scale_set.id)
        if ahead is not None:
            if ahead.due <= timeline.now + delay:
                return
            ahead.cancel()
        self._checks[scale_set.id] = timeline.after(delay, partial(self._check, scale_set))

    def _check(self, scale_set: ScaleSet) -> None:
        del self._checks[scale_set.id]
        if scale_set.repairs_state != "Running" or _service_fabric(scale_set):
            return
        now = scale_set.world.timeline.now
        grace = _grace(scale_set)
        under_way = self._repairing.setdefault(scale_set.id, set())
        room = max(1, int(len(scale_set.instances) * SHARE)) - len(under_way)
        later = []
        for instance in scale_set.active():
            if not _is_unhealthy(instance, now) or instance.vm_id in under_way:
                continue
            if instance.protect_from_scale_set_actions or instance.protect_from_scale_in:
                continue
            if instance.work is not None:
                later.append(now + grace)
                continue
            since = self._unhealthy.get((scale_set.id, instance.id), now)
            due = max(since, instance.changed, self._written.get(scale_set.id, since)) + grace
            if due > now:
                later.append(due)
            elif room > 0:
                room -= 1
                self._repair(scale_set, instance)
        if later:
            self._check_after(scale_set, min(later) - now)

    def _repair(self, scale_set: ScaleSet, instance: Instance) -> None:
        under_way = self._repairing[scale_set.id]
        under_way.add(instance.vm_id)
        repaired = [instance]

        def done(_failure: Failure | None) -> None:
            scale_set.world.timeline.after(_grace(scale_set), judge)

        def judge() -> None:
            under_way.discard(instance.vm_id)
            now = scale_set.world.timeline.now
            present = [one for one in repaired if one in scale_set.active()]
            helped = all(one.in_service(now) for one in present)
            self._in_vain[scale_set.id] = 0 if helped else self._in_vain.get(scale_set.id, 0) + 1
            if self._in_vain[scale_set.id] >= PATIENCE:
                scale_set.repairs_suspended = True
                self._in_vain[scale_set.id] = 0
            self._check_after(scale_set, 0.0)

        scale_set.world.events.publish("repair_started", scale_set.name, instance)
        match _policy(scale_set).get("repairAction", "Replace"):
            case "Restart":
                restart_instance(scale_set, instance, done)
            case "Reimage":
                reimage_instance(scale_set, instance, done)
            case _ if not can_make(scale_set, 0, instance.place):
                # Nothing could take its place: it stays as it is, and the repair is in vain (guessed).
                done(None)
            case _:
                delete_instance(scale_set, instance, lambda _failure: None)
                repaired[:] = [create_instance(scale_set, done, instance.place)]


def _policy(scale_set: ScaleSet) -> Json:
    policy: Json = scale_set.document["properties"].get("automaticRepairsPolicy") or {}
    return policy


def _grace(scale_set: ScaleSet) -> float:
    return seconds(str(_policy(scale_set).get("gracePeriod", DEFAULT_GRACE)))


def _is_unhealthy(instance: Instance, now: float) -> bool:
    """Whether an instance reports that it is not healthy, and not because of its provisioning."""
    report = instance.health(now)
    wanted = instance.provisioning in ("Succeeded", "Updating")
    return wanted and report is not None and report[0] in ("unhealthy", "unknown")


def _service_fabric(scale_set: ScaleSet) -> bool:
    extensions = (scale_set.model.profile.get("extensionProfile") or {}).get("extensions") or []
    return any("servicefabric" in str(one.get("properties", {}).get("publisher", "")).lower() for one in extensions)
