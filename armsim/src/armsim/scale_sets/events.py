# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Events of scale sets, published to the platform's services and to the actors of a scenario."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from armsim.instances.instance import Instance
from armsim.scenario import Event


@dataclass(frozen=True)
class SetEvent:
    """Something that happened to a scale set, or to some of its instances.

    A `batch` is a ``manualupgrade`` that had something to do; a model write is published when it was accepted.
    """

    kind: Event
    scale_set: str
    instances: tuple[str, ...] = ()


class EventBus:
    """Calls its subscribers at once; they must not change the simulation before the present step is over."""

    def __init__(self) -> None:
        self._subscribers: list[Callable[[SetEvent], None]] = []
        self._trouble: dict[str, Event | None] = {}

    def subscribe(self, subscriber: Callable[[SetEvent], None]) -> None:
        self._subscribers.append(subscriber)

    def publish(self, kind: Event, scale_set: str, *instances: Instance) -> None:
        event = SetEvent(kind, scale_set, tuple(instance.id for instance in instances))
        for subscriber in self._subscribers:
            subscriber(event)

    def watch(self, scale_set: str, instance: Instance, now: float) -> None:
        """Publish when an instance has failed, or has begun to report that it is unhealthy."""
        report = instance.health(now)
        trouble: Event | None = None
        if instance.provisioning == "Failed":
            trouble = "instance_failed"
        elif report is not None and report[0] in ("unhealthy", "unknown"):
            trouble = "instance_unhealthy"
        if trouble is not None and self._trouble.get(instance.vm_id) != trouble:
            self.publish(trouble, scale_set, instance)
        self._trouble[instance.vm_id] = trouble
