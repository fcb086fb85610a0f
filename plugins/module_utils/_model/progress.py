# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""How far instances have come: the predicates that waiting asks, and the counts that people read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.time import parse_time
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import by_id, listed
from ansible_collections.azroll.vmss.plugins.module_utils._model.service_state import UNDECIDED, in_service, trouble
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import is_stale, on_target

STILL_OLD = "still on the old image"
UNDER_WAY = "its operation is still running"
SEEN_ONCE = "to be confirmed by one more read"
NOT_BEGUN = "shows the image, but nothing was done to it yet"


@dataclass(frozen=True)
class Progress:
    """One read of the instances that are waited for.

    `instance_ids` are all that are waited for; `waiting` and `failed` give the reason by id. Vanished instances are
    nobody's failure: they are gone from the set and the sweep sees to their successors.
    """

    phase: str
    total: int
    waiting: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    vanished: tuple[str, ...] = ()
    instance_ids: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        """Whether nothing is waited for any more."""
        return not self.waiting and not self.failed

    def describe(self) -> str:
        """One sentence for people."""
        ready = self.total - len(self.waiting) - len(self.failed) - len(self.vanished)
        parts = [f"{ready} of {self.total} instances {self.phase}"]
        open_ids = {**self.failed, **self.waiting}
        if open_ids:
            parts.append("open: " + listed([f"{one} ({open_ids[one]})" for one in sorted(open_ids, key=by_id)]))
        if self.vanished:
            parts.append(f"vanished: {listed(self.vanished)}")
        return "; ".join(parts)

    def without_operation(self) -> Progress:
        """The same where the operation that was to move them has ended badly: those that it never began have failed."""
        left = {one: f"{why}, and its operation is over" for one, why in self.waiting.items() if why == STILL_OLD}
        waiting = {one: why for one, why in self.waiting.items() if one not in left}
        return replace(self, waiting=waiting, failed={**self.failed, **left})

    def while_running(self) -> Progress:
        """The same while the operation runs: whatever the instances show, it may not have come to them yet.

        A list may be behind the operation, or ahead of it: the new image is shown before the disk is new. Nor is an
        operation over of which every instance has vanished: the next batch would begin beside it.
        """
        done = {one: UNDER_WAY for one in self.instance_ids if one not in (*self.waiting, *self.failed)}
        failed = {one: f"{why}; {UNDER_WAY}" for one, why in self.failed.items()}
        return replace(self, waiting={**done, **self.waiting, **failed}, failed={}, vanished=())

    def seen_once(self) -> Progress:
        """The same where nothing but one read shows that the instances are done: they have to be confirmed by one more
        read.
        """
        done = [one for one in self.instance_ids if one not in (*self.vanished, *self.waiting, *self.failed)]
        return replace(self, waiting={**self.waiting, **dict.fromkeys(done, SEEN_ONCE)})

    def to_dict(self) -> dict[str, Any]:
        """The `vmss_progress` key of a result."""
        return {
            "phase": self.phase,
            "done": self.done,
            "total": self.total,
            "waiting": dict(self.waiting),
            "failed": dict(self.failed),
            "vanished": list(self.vanished),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Progress:
        """From what `to_dict` made. Raises ValueError, TypeError, KeyError or AttributeError for anything else."""
        waiting, failed = ({str(one): str(why) for one, why in data[name].items()} for name in ("waiting", "failed"))
        return cls(str(data["phase"]), int(data["total"]), waiting, failed, tuple(map(str, data["vanished"])))


def upgraded(
    instances: Iterable[Instance],
    ids: Sequence[str],
    target: Image,
    *,
    by_model: bool = True,
    unhealthy: Collection[str] = (),
    failed_before: Collection[str] = (),
    sent_at: datetime | None = None,
) -> Progress:
    """Whether the instances run the target image and are up again; health is not asked.

    With `sent_at`, an instance whose provisioning state is older than that was not begun, whatever it shows: Azure may
    show the new image before the disk is new. Where Azure reports no time of the state, what it shows counts.

    Those of `unhealthy` were out of service before: they are waited for only while an operation runs on them, or may be
    about to. Those of `failed_before` had failed when they were sent: on the old image, that is the earlier failure,
    and they are waited for.
    """

    def begun(one: Instance) -> bool:
        since = parse_time(one.state_since)
        return sent_at is None or since is None or since >= sent_at

    def reason(one: Instance) -> str | None:
        stale = is_stale(one, target, by_model=by_model)
        if one.instance_id in unhealthy and not one.busy:
            return None if stale or begun(one) else NOT_BEGUN
        if stale and one.failed and one.instance_id in failed_before:
            return STILL_OLD
        if why := trouble(one, None):
            return why
        if stale:
            return STILL_OLD
        return None if begun(one) else NOT_BEGUN

    return _judge("upgraded", instances, ids, reason, ())


def healthy(
    instances: Iterable[Instance],
    ids: Sequence[str],
    health_source: str | None,
    *,
    since: datetime | None = None,
    unhealthy: Collection[str] = (),
) -> Progress:
    """Whether the instances are in service, by a report younger than `since`; those of `unhealthy` as for `upgraded`.

    Without a health source the guest agent must be ready, the weakest signal there is (it shows nothing about the
    application).
    """

    def reason(one: Instance) -> str | None:
        found = trouble(one, health_source, since=since)
        if found is None and health_source is None and one.agent_ready is False:
            return "guest agent is not ready"
        return found

    return _judge("healthy", instances, ids, reason, unhealthy)


def reported(
    instances: Iterable[Instance],
    ids: Sequence[str],
    health_source: str | None,
    *,
    since: datetime | None = None,
    unhealthy: Collection[str] = (),
) -> Progress:
    """Whether the instances have shown how they are by a report younger than `since`; those of `unhealthy` as for
    `upgraded`.

    `initializing` is not a verdict (documented: for as long as the grace period, a new instance is neither healthy nor
    unhealthy).
    """

    def reason(one: Instance) -> str | None:
        found = trouble(one, health_source, since=since)
        return found if found in UNDECIDED else None

    return _judge("reported", instances, ids, reason, unhealthy)


def idle(instances: Iterable[Instance], ids: Sequence[str], *, running: bool) -> Progress:
    """Whether nothing is done to the instances any more, however it ended; `running`: their operation still is."""

    def reason(one: Instance) -> str | None:
        if one.busy:
            return trouble(one, None) or UNDER_WAY
        return UNDER_WAY if running else None

    progress = _judge("idle", instances, ids, reason, ())
    return replace(progress, waiting={**progress.waiting, **progress.failed}, failed={})


def count(
    instances: Iterable[Instance], target: Image, health_source: str | None, *, by_model: bool = True
) -> dict[str, int]:
    """Numbers for people and programs: `total`, `on_target`, `stale`, `attached`, `in_service`, and so on.

    What is attached is neither on the target nor stale.
    """
    present = [one for one in instances if not one.leaving]
    stale = sum(is_stale(one, target, by_model=by_model) for one in present)
    serving = sum(in_service(one, health_source) for one in present)
    return {
        "total": len(present),
        "on_target": sum(on_target(one, target, by_model=by_model) for one in present),
        "stale": stale,
        "attached": sum(bool(one.attached) for one in present),
        "in_service": serving,
        "out_of_service": len(present) - serving,
        "busy": sum(one.busy for one in present),
    }


def _judge(
    phase: str,
    instances: Iterable[Instance],
    ids: Sequence[str],
    reason: Callable[[Instance], str | None],
    unhealthy: Collection[str],
) -> Progress:
    present = {one.instance_id: one for one in instances if not one.leaving}
    waiting: dict[str, str] = {}
    failed: dict[str, str] = {}
    for instance_id in ids:
        one = present.get(instance_id)
        if one is None or (instance_id in unhealthy and not one.busy):
            continue
        why = reason(one)
        if why:
            (failed if one.failed and why not in (STILL_OLD, NOT_BEGUN) else waiting)[instance_id] = why
    gone = tuple(instance_id for instance_id in ids if instance_id not in present)
    return Progress(phase, len(ids), waiting, failed, gone, tuple(ids))
