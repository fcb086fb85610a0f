# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""One virtual machine of a scale set: what it is made of and the state it is in."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import Literal

from armsim.common.clock import Event
from armsim.common.wire import Json
from armsim.images.catalogue import Image
from armsim.model.document import HEALTH_EXTENSIONS
from armsim.operations.failure import Done, Failure
from armsim.scenario import Flapping, HealthReport

Provisioning = Literal["Updating", "Succeeded", "Failed", "Deleting"]
Power = Literal["creating", "starting", "running", "stopping", "stopped", "deallocating", "deallocated"]

# How often the agent's status is renewed, in simulated seconds (recorded since 2021: reports up to a minute old).
AGENT_INTERVAL = 60.0
# A load balancer probes every five seconds unless configured otherwise (documented default of the probe).
PROBE_INTERVAL = 5.0


@dataclass(frozen=True)
class HealthSource:
    """Where health reports come from; interval and grace period in simulated seconds.

    A rich extension reports ``initializing`` until the first verdict or the end of the grace period, and then
    ``overdue`` (documented).
    """

    interval: float
    rich: bool = False
    grace: float = 0.0
    overdue: Literal["unknown", "unhealthy"] = "unknown"


def health_source(profile: Json) -> HealthSource | None:
    """The health source of a virtual machine profile: the health extension, else the load balancer's probe."""
    for extension in (profile.get("extensionProfile") or {}).get("extensions") or []:
        properties = extension.get("properties") or {}
        if properties.get("type") in HEALTH_EXTENSIONS:
            given = properties.get("settings")
            settings = given if isinstance(given, dict) else {}
            interval = _number(settings.get("intervalInSeconds"), PROBE_INTERVAL)
            grace = _number(settings.get("gracePeriod"), interval * _number(settings.get("numberOfProbes"), 1.0))
            return HealthSource(
                interval,
                rich=str(properties.get("typeHandlerVersion", "")).startswith("2"),
                grace=grace,
                # There is no unknown state where all that is tried is a connection (documented).
                overdue="unhealthy" if str(settings.get("protocol", "")).lower() == "tcp" else "unknown",
            )
    if ((profile.get("networkProfile") or {}).get("healthProbe") or {}).get("id"):
        return HealthSource(PROBE_INTERVAL)
    return None


@dataclass(frozen=True)
class Model:
    """One version of a scale set's model, as far as instances are made from it. ``profile`` is never changed."""

    version: int
    profile: Json
    sku: str
    health_source: HealthSource | None
    # When it was written; None where that is not known.
    created: float | None = None

    @classmethod
    def of(cls, version: int, document: Json, created: float | None = None) -> Model:
        profile: Json = document["properties"].get("virtualMachineProfile") or {}
        return cls(version, profile, (document.get("sku") or {}).get("name", ""), health_source(profile), created)


@dataclass(frozen=True)
class Place:
    """Where an instance stands. Update domains count only within one zone and placement group."""

    zone: str | None = None
    placement_group: str | None = None
    update_domain: int | None = None
    fault_domain: int | None = None

    def domain(self) -> str:
        """The update domain in words, for the ledger."""
        parts = {"zone": self.zone, "placementGroup": self.placement_group, "updateDomain": self.update_domain}
        return ",".join(f"{name}={value}" for name, value in parts.items() if value is not None) or "none"


@dataclass
class OldReport:
    """The last report of a system that is being replaced: it goes on until that is shut down, and is shown longer."""

    state: str
    first: float
    interval: float
    stopped: float | None = None
    until: float | None = None

    def shown(self, now: float) -> tuple[str, float] | None:
        """State and time of it; None when it is gone."""
        if self.until is not None and now >= self.until:
            return None
        last = now if self.stopped is None else min(now, self.stopped)
        return self.state, _last_tick(self.first, self.interval, last)


@dataclass
class Work:
    """A change in progress: what it leads to, its events, and who waits for its end."""

    goal: Hashable
    # Work that leaves the instance running as it is.
    gentle: bool = False
    # It is announced to the instance, which serves until it begins.
    announced: bool = False
    # By how much the etag is raised at its end (recorded: not at all of a creation and of a PUT).
    counted: int = 1
    events: list[Event] = field(default_factory=list)
    waiting: list[Done] = field(default_factory=list)


@dataclass
class Instance:
    """An instance; all times are simulated seconds since the start (negative: before it)."""

    id: str
    name: str
    place: Place
    vm_id: str
    disk: str
    created: float
    model: Model
    image: Image
    reference: Json | None
    provisioning: Provisioning = "Succeeded"
    failure: Failure | None = None
    changed: float = 0.0
    power: Power = "running"
    hibernated: bool = False
    agent_since: float | None = None
    # Its first report is shown so much later.
    agent_delay: float = 0.0
    verdict: HealthReport = "healthy"
    reporting_since: float | None = None
    # The time of its reports moves with the state only, which it has reported since then.
    reports_on_change: bool = False
    verdict_since: float = -math.inf
    old_report: OldReport | None = None
    # The last report of an agent that is silent since its machine was stopped; it is shown on.
    last_agent_report: float | None = None
    protect_from_scale_in: bool = False
    protect_from_scale_set_actions: bool = False
    # Whether a client has written its protection, if only to switch it off.
    protection_written: bool = False
    # Data disks of its own, beside those of its model.
    attached_disks: list[Json] = field(default_factory=list)
    # Beside those of the set, which every instance shows as well.
    tags: dict[str, str] = field(default_factory=dict)
    # Set by a PUT of the instance: its definition is no longer the set's.
    own_definition: bool = False
    # Of a Flexible set, and not made from its model: by an image of its own, or from a disk that was there before.
    attached: bool = False
    disk_attached: bool = False
    # Made in excess, and being deleted: lists do not show it.
    surplus: bool = False
    etag: int = 1
    attempts: int = 0
    # How often its image has failed it, by the key of the image.
    failures: Counter[str] = field(default_factory=Counter)
    boot_factor: float = 1.0
    # The agent does not report after a boot: whatever the disk, or because of this disk's image.
    never_returns: bool = False
    mute: bool = False
    # How this disk's image lets the health report change to and fro; and the next such change, whatever the reason.
    flaps: Flapping | None = None
    flapping: Event | None = None
    work: Work | None = None
    # What it shows of a disk that it is to get in a while: model, image and reference.
    shown_model: tuple[Model, Image, Json | None] | None = None

    def applies(self, model: Model) -> bool:
        """Whether the instance is what ``model`` makes: `latestModelApplied`, for the set's present model."""
        if self.shown_model is not None:
            return self.shown_model[0] is model
        return self.model is model and not self.own_definition

    def pronounce(self, verdict: HealthReport, now: float) -> None:
        """Report this state from now on."""
        if verdict != self.verdict:
            self.verdict, self.verdict_since = verdict, now

    def shown_health(self, now: float) -> tuple[str, float] | None:
        """The health report that the service shows: for a while, that of the old system."""
        old = self.old_report.shown(now) if self.old_report is not None else None
        return old or self.health(now)

    def as_shown(self) -> Instance:
        """The instance with the model that it shows, which may be ahead of its disk."""
        if self.shown_model is None:
            return self
        model, image, reference = self.shown_model
        return replace(self, model=model, image=image, reference=reference, own_definition=False)

    def health(self, now: float) -> tuple[str, float] | None:
        """State and time of the last health report; None while there is none."""
        source = self.model.health_source
        if source is None or self.power != "running" or self.agent_since is None or self.verdict == "none":
            return None
        if self.reporting_since is not None and now >= self.reporting_since:
            return self.verdict, self._reported(self.reporting_since, source.interval, now)
        if not source.rich:
            return None
        grace_ends = self.agent_since + source.grace
        if now < grace_ends:
            return "initializing", self._tick(self.agent_since, source.interval, now)
        return source.overdue, self._tick(grace_ends, source.interval, now)

    def _reported(self, since: float, interval: float, now: float) -> float:
        return max(since, self.verdict_since) if self.reports_on_change else _last_tick(since, interval, now)

    def _tick(self, first: float, interval: float, now: float) -> float:
        return first if self.reports_on_change else _last_tick(first, interval, now)

    @property
    def announced(self) -> bool:
        """Whether it is about to be replaced, and serves until then."""
        return self.work is not None and self.work.announced

    def initializing(self, now: float) -> bool:
        """Whether the health extension has not made up its mind yet."""
        report = self.health(now)
        return report is not None and report[0] == "initializing"

    def agent_time(self, now: float) -> float | None:
        """When the agent last reported; None while it is not ready, or not shown to be."""
        if self.agent_since is None or self.power != "running" or now < self.agent_since + self.agent_delay:
            return None
        return _last_tick(self.agent_since, AGENT_INTERVAL, now)

    def shown_agent_time(self, now: float) -> float | None:
        """The agent's last report as the service shows it: also while the machine is off, and until it reports again
        (recorded: 22 of 24); not on another disk or host.
        """
        if self.power == "deallocated":
            return None
        current = self.agent_time(now)
        return self.last_agent_report if current is None else current

    def in_service(self, now: float) -> bool:
        """Provisioned and running, or running and healthy where there is a health source: a failed operation does not
        stop what serves.
        """
        settled = self.provisioning == "Succeeded" or (self.work is not None and self.work.gentle)
        if self.power != "running":
            return False
        if self.model.health_source is None:
            return settled
        if not settled and self.provisioning != "Failed":
            return False
        report = self.health(now)
        return report is not None and report[0] == "healthy"


def _number(setting: object, default: float) -> float:
    """A positive number from unchecked settings."""
    return float(setting) if isinstance(setting, int | float) and setting > 0 else default


def _last_tick(first: float, interval: float, now: float) -> float:
    if math.isinf(interval):
        return first
    return first + interval * ((now - first) // interval)
