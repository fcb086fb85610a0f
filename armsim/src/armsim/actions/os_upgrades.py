# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""OS upgrades: to the newest version that a floating image reference stands for. By a client, or by the platform."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

from armsim.actions.rolling_upgrades import ModelUpgrade, begin, check_none_is_active, policy_of, rollback_of
from armsim.common.wire import Json
from armsim.instances.instance import Instance
from armsim.protocol.errors import ArmError, operation_not_allowed
from armsim.rolling.policy import DEFAULTS, OS_UPGRADE_DEFAULTS
from armsim.rolling.upgrade import OsUpgrade, Rollback, StartedBy
from armsim.scale_sets.events import SetEvent
from armsim.scale_sets.scale_set import Accepted, ScaleSet, storage_profile

# The history has the last five attempts (documented).
HISTORY = 5
# The platform never takes more at once (documented).
MAX_BATCH = 20


def floats(storage: Json) -> bool:
    """Whether an image reference stands for the newest version, whichever that is."""
    reference = storage.get("imageReference") or {}
    for name in ("sharedGalleryImageId", "communityGalleryImageId"):
        if reference.get(name):
            return str(reference[name]).lower().endswith("/versions/latest")
    if reference.get("id"):
        path = str(reference["id"]).lower()
        return "/galleries/" in path and "/versions/" not in path
    return str(reference.get("version", "")).lower() == "latest"


def start_os_upgrade(scale_set: ScaleSet) -> Accepted:
    """``osRollingUpgrade``: refused where no unprotected instance has an image reference that floats (reported)."""
    scale_set.refuse_if_deleting("osRollingUpgrade")
    check_none_is_active(scale_set)
    unprotected = [one for one in scale_set.active() if not one.protect_from_scale_set_actions]
    if not any(floats(one.model.profile.get("storageProfile") or {}) for one in unprotected):
        raise operation_not_allowed(
            "The OS Rolling Upgrade API cannot be used on a Virtual Machine Scale Set unless the Virtual Machine Scale "
            "Set has some unprotected instances which have imageReference.version set to latest."
        )
    policy = policy_of(scale_set, OS_UPGRADE_DEFAULTS)
    return _start(scale_set, policy, rollback_of(scale_set, policy), "User")


def start_extension_upgrade(scale_set: ScaleSet) -> Accepted:
    """``extensionRollingUpgrade``: all instances take the newest versions of their extensions, and keep running."""
    scale_set.refuse_if_deleting("extensionRollingUpgrade")
    check_none_is_active(scale_set)
    policy = policy_of(scale_set, DEFAULTS)
    operation = scale_set.start()
    begin(scale_set, operation, scale_set.active(), _ExtensionUpgrade(scale_set, {}), policy)
    return Accepted(operation, 0)


class _ExtensionUpgrade(ModelUpgrade):
    def upgrade(self, instance: Instance) -> None:
        self._set.lifecycle.touch(instance, lambda _failure: None)


def _outdated(scale_set: ScaleSet) -> list[Instance]:
    newest = scale_set.target()
    if newest is None:
        return []
    return [
        instance
        for instance in scale_set.active()
        if instance.image.key != newest and not instance.protect_from_scale_set_actions
    ]


def _start(scale_set: ScaleSet, policy: Json, rollback: Rollback, started_by: StartedBy) -> Accepted:
    operation = scale_set.start()
    waiting = _outdated(scale_set)
    # That there is nothing to do takes a while to find out, and does not end it at once (recorded: 4 of 4).
    check = 0.0 if waiting else scale_set.world.timings.os_upgrade_check.draw(scale_set.rng)
    work = ModelUpgrade(scale_set, policy, rollback)
    upgrade = begin(scale_set, operation, waiting, work, policy, started_by, check)
    reference = scale_set.disk().reference or {}
    scale_set.os_upgrades = [OsUpgrade(upgrade, reference), *scale_set.os_upgrades][:HISTORY]
    return Accepted(operation, 0)


class AutomaticOsUpgrades:
    """The platform's own upgrades of the sets whose policy wants them: a newer version, a floating reference, health.

    It checks some time after the start, after a version was published, and after a model was written; and again after
    a rolling upgrade that was in its way.
    """

    def __init__(self, scale_sets: Callable[[], Iterable[ScaleSet]], seed: int) -> None:
        self._scale_sets = scale_sets
        self._luck = random.Random(f"{seed}/automatic-os-upgrades")
        self._in_the_way: set[str] = set()

    def begin(self) -> None:
        """Check all sets some time from now: at the start, and when a version has been published."""
        for scale_set in self._scale_sets():
            self._schedule(scale_set)

    def on_event(self, event: SetEvent) -> None:
        """Check a set again whose model was written, or whose rolling upgrade is over."""
        for scale_set in self._scale_sets():
            if scale_set.name != event.scale_set:
                continue
            if event.kind == "model_written":
                self._schedule(scale_set)
            elif event.kind == "rolling_upgrade_ended" and scale_set.id in self._in_the_way:
                self._in_the_way.remove(scale_set.id)
                self._schedule(scale_set)

    def _schedule(self, scale_set: ScaleSet) -> None:
        if _automatic(scale_set):
            world = scale_set.world
            delay = world.timings.automatic_os_upgrade.draw(self._luck)
            world.timeline.after(delay, lambda: self._check(scale_set))

    def _check(self, scale_set: ScaleSet) -> None:
        settings = _automatic(scale_set)
        if not settings or scale_set.model.health_source is None:
            return
        if scale_set.rolling is not None and scale_set.rolling.record.active:
            self._in_the_way.add(scale_set.id)
            return
        try:
            due = floats(storage_profile(scale_set.document)) and bool(_outdated(scale_set))
        except ArmError:
            # The image has been withdrawn: there is nothing to upgrade to.
            return
        if due:
            own = policy_of(scale_set, DEFAULTS) if settings.get("useRollingUpgradePolicy") else dict(DEFAULTS)
            policy = {**own, "maxBatchInstancePercent": min(MAX_BATCH, int(own["maxBatchInstancePercent"]))}
            # Each failed instance gets its old disk back, whether or not the upgrade goes on (documented).
            rollback: Rollback = "never" if settings.get("disableAutomaticRollback") else "each batch"
            _start(scale_set, policy, rollback, "Platform")


def _automatic(scale_set: ScaleSet) -> Json:
    """The automatic OS upgrade policy where it is on; empty otherwise."""
    policy: Json = scale_set.document["properties"].get("upgradePolicy") or {}
    settings: Json = policy.get("automaticOSUpgradePolicy") or {}
    return settings if settings.get("enableAutomaticOSUpgrade") else {}
