# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What must hold of every rollout, judged from what really happened in the simulator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._lease import own_tags
from ansible_collections.azroll.vmss.plugins.module_utils._limit import Limit
from rollouts.site import Site, Write
from rollouts.worlds import NEW, World

# What was lost through others after the instances were listed cannot have been known; a list is not older than this.
FRESH = 15.0
HOLDS = ("suspend", "resume", "tags")


def margin(write: Write, limit: Limit) -> int | None:
    """Instances above the floor right after a write that took some out of service, None where it took none.

    The floor is what the limit allows of the instances that were there when the write was decided. Not counted are
    those that others took out of service, or brought to the set, since then.
    """
    if not write.taken or write.look is None:
        return None
    unknown = write.out_before & write.look.serving if write.at - write.look.at <= FRESH else frozenset()
    out = (write.out & write.look.present) - unknown
    return limit.of(len(write.look.present)) - len(out)


def judge_writes(site: Site, world: World) -> Iterator[str]:
    """Every write that took effect, in the light of those before.

    Of a bad image, those count that were in service: it takes the canary away, and nothing further while that is there.
    """
    limit = Limit.parse(world.options.max_unavailable, "max_unavailable")
    moved: set[str] = set()
    for write in site.writes:
        where = f"run {write.run}, {write.at:.1f} s, {write.kind} {' '.join(write.instance_ids[:10])}"
        if write.kind != "upgrade":
            if write.taken:
                yield f"{where}: took {len(write.taken)} instances out of service"
            continue
        if write.look is None:
            yield f"{where}: without a list of the instances"
            continue
        above = margin(write, limit)
        if above is not None and above < 0:
            yield f"{where}: {-above} below the floor"
        if again := set(write.instance_ids) & write.look.current:
            yield f"{where}: upgraded again: {' '.join(sorted(again))}"
        if world.breaks_all and world.options.canary and write.taken and str(write.image).endswith(NEW):
            if len(write.taken) > world.options.canary:
                yield f"{where}: a bad image took {len(write.taken)} instances at once"
            if others := (moved & write.look.present) - set(write.instance_ids):
                yield f"{where}: a bad image past the canary {' '.join(sorted(others))}"
            moved |= write.taken


def autoscale_of(site: Site) -> list[Any]:
    """What the autoscale settings of the set say."""
    return [one["properties"] for one in site.simulation.autoscale.told()]


def judge_holds(site: Site, repairs_before: str, autoscale_before: list[Any]) -> Iterator[str]:
    """After a run that came to its end: what was held runs as before, and no lease is left."""
    if site.web.repairs_state != repairs_before:
        yield f"automatic repairs were {repairs_before} and are {site.web.repairs_state}"
    if autoscale_of(site) != autoscale_before:
        yield "autoscale is not set as it was"
    left = own_tags(site.web.document.get("tags") or {})
    if left:
        yield f"tags of a lease are left: {' '.join(sorted(left))}"


def judge_end(site: Site, world: World, report: Mapping[str, Any], *, stopped_at: float | None) -> Iterator[str]:
    """A run that came to its end."""
    if stopped_at is not None:
        for write in site.writes:
            if write.run == site.run and write.at > stopped_at and write.kind not in HOLDS:
                yield f"{write.kind} after the decision to stop"
    look = site.last_look
    if look is None:
        return
    named = {one for ids in report["instances_by_image"].values() for one in ids}
    if report.get("cause") is None:
        left = look.stale & look.present - set(report["instances_left_out"])
        if left:
            yield f"{report['result']}, but neither on the target nor named: {' '.join(sorted(left))}"
    elif report["instances_total"] == len(look.present) and not look.present <= named:
        yield f"not named in the report: {' '.join(sorted(look.present - named))}"
