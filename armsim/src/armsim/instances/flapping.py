# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Health reports that change to and fro."""

from __future__ import annotations

from collections.abc import Callable

from armsim.common.clock import Timeline
from armsim.instances.instance import Instance
from armsim.scenario import Flapping


def start(timeline: Timeline, instance: Instance, spec: Flapping, changed: Callable[[Instance], None]) -> None:
    """Let ``instance`` report unhealthy for part of each period, from now on and until something else is done to it."""
    end = None if spec.lasts is None else timeline.now + spec.lasts

    def report(verdict: bool) -> None:
        over = end is not None and timeline.now >= end
        instance.pronounce("healthy" if verdict or over else "unhealthy", timeline.now)
        lasts = spec.period * (1 - spec.unhealthy if verdict else spec.unhealthy)
        instance.flapping = None if over else timeline.after(lasts, lambda: report(not verdict))
        changed(instance)

    stop(instance)
    report(False)


def stop(instance: Instance) -> None:
    """Leave the report as it is."""
    if instance.flapping is not None:
        instance.flapping.cancel()
        instance.flapping = None
