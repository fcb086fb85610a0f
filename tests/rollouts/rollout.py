# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A whole rollout: run, killed, run again until one run comes to its end, and then again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import own_tags
from rollouts.driver import Rollout, Stop
from rollouts.judge import (
    Held,
    in_scope,
    judge_capacity,
    judge_end,
    judge_healthy,
    judge_holds,
    judge_images,
    judge_model,
    judge_new_instances,
    judge_reasons,
    judge_refusals,
    judge_report,
    judge_rollback,
    judge_rolled_back,
    judge_waits,
    judge_writes,
    margins,
    repairs_written,
)
from rollouts.options import Options
from rollouts.play import Result
from rollouts.site import Called, Killed, Site
from rollouts.worlds import DEAD_PROCESS, NEW, OLD, OTHER, World

# How long after a kill the next run is started.
AFTERWARDS = 120.0
# By then every boot has ended, well or not, and no actor has anything left to do.
QUIET = 4_000.0


@dataclass
class Outcome:
    """What came of a rollout. `lowest` is the least margin above the minimum in service after any write that took
    instances.
    """

    result: str
    cause: str | None
    size: int
    runs: int
    batches: int
    kills: int
    faults: int
    requests: int
    lowest: int | None
    violations: list[str] = field(default_factory=list)


class Run(Protocol):
    """A run of the role. `stop` is why it stopped, `stopped_at` when nothing more was to be written.

    `broken` are those that this rollout had put out of service by then.
    """

    stop: Stop | None
    stopped_at: float | None
    broken: frozenset[str]

    def run(self) -> Result:
        """Returns the report. Raises Killed."""


Player = Callable[[Site, Options], Run]


def roll(
    world: World,
    tell: Callable[[str], None] = lambda _line: None,
    *,
    player: Player = Rollout,
    calls: list[Called] | None = None,
) -> Outcome:
    """Roll the image through a world, and judge; `tell` hears what was written and how it ended.

    `player` is what stands for a run of the role; `calls`, where given, gets all calls of modules.
    """
    site = Site(world.scenario(), NEW, world.weather, world.kills, world.seed)
    site.company = world.company
    before = Held.by(site)
    rollout, report = run_to_its_end(site, player, world.options)
    violations = judge_run(site, world, rollout, report, before)
    violations += judge_healthy(world, rollout.stop.kind if rollout.stop else "", report)
    site.sleep(QUIET)
    if report["result"] == "rolled_back" and world.options.on_failure == "rollback":
        violations += judge_rolled_back(site, report)
    if report["result"] in ("succeeded", "nothing_to_do"):
        violations += run_again(site, player, world)
    if world.back:
        site.target = OLD
        # Where another client has set a third image, the one before it is not the old one.
        models = (site.first_images.get(1), site.web.target())
        named = world.size % 2 or not all(str(one).endswith((OLD, NEW)) for one in models)
        back = replace(world.options, direction="rollback", image={"version": OLD} if named else {}, until="")
        before = still(site, before)
        first = site.run + 1
        violations += judge_run(site, replace(world, options=back), *run_to_its_end(site, player, back), before)
        violations += judge_rollback(site, first)
    if world.sequel:
        violations += play_sequel(site, player, world, report, before)
    violations += judge_writes(site, world)
    violations += judge_waits(site, world)
    violations += judge_images(site, world)
    if calls is not None:
        calls += site.calls
    for write in site.writes:
        gone = f", {len(write.taken)} out of service" if write.taken else ""
        what = " ".join(write.instance_ids) or (str(write.image) if write.kind == "image" else "")
        tell(f"run {write.run} {write.at:9.1f} s  {write.kind} {what}{gone}")
    tell(f"{report['result']}: {report.get('cause', '')}")
    return Outcome(
        report["result"],
        rollout.stop.kind if rollout.stop else None,
        world.size,
        site.run,
        sum(write.kind == "upgrade" for write in site.writes),
        site.kills_met,
        sum(site.faults.values()),
        site.requests,
        min((above for write in site.writes for _part, above in margins(write, world.options)), default=None),
        violations,
    )


def run_to_its_end(site: Site, player: Player, options: Options) -> tuple[Run, Result]:
    """Run until one run comes to an end that is none of a kill and waits for nobody; that run, and its report."""
    takes_over = options.lease > 0 and options.holder != DEAD_PROCESS
    while True:
        rollout = player(site, options)
        wanted = options.image.get("version", "")
        site.ends[site.run] = (wanted, "killed")
        try:
            report = rollout.run()
            # Where nothing stopped it, it failed to release what it held: the image has come to a good end, which the
            # tags may not say, or to the share that was asked for.
            unreleased = report["result"] == "halted" and rollout.stop is None
            end = "partial" if report["instances_deferred"] else "unreleased"
            site.ends[site.run] = (wanted, end if unreleased else report["result"])
        except Killed:
            # On another host it is not known for certain that the process is dead: an operator does.
            options = replace(options, lease_take_over=takes_over)
            site.sleep(AFTERWARDS)
            continue
        if report["result"] != "waiting":
            return rollout, report
        site.sleep(AFTERWARDS)


def play_sequel(site: Site, player: Player, world: World, report: Result, before: Held) -> list[str]:
    """More instances, after a halt the same again, then a third image, and back without a name."""
    failed = report["result"] == "halted" and world.options.failed_image == "restore"
    violations = list(judge_new_instances(site, site.grow(1 + world.size // 10), failed=failed, report=report))
    site.sleep(QUIET)
    if failed:
        violations += judge_run(site, world, *run_to_its_end(site, player, world.options), still(site, before))
        site.sleep(QUIET)
    options = replace(world.options, image={"version": OTHER}, until="")
    site.target = OTHER
    rolled, third = run_to_its_end(site, player, options)
    violations += judge_run(site, replace(world, options=options), rolled, third, still(site, before))
    if third["result"] not in ("succeeded", "nothing_to_do") or not options.lease:
        return violations
    site.sleep(QUIET)
    back = replace(options, direction="rollback", image={})
    run_to_its_end(site, player, back)
    return violations


def still(site: Site, before: Held) -> Held:
    """What was held before, as it is to be after a further run: Azure itself may have suspended repairs by then."""
    return before if repairs_written(site) == "suspend" else replace(before, repairs=site.web.repairs_state)


def judge_run(site: Site, world: World, rollout: Run, report: Result, before: Held) -> list[str]:
    """A run that has just come to its end."""
    violations = [*judge_end(site, world.options, report, stopped_at=rollout.stopped_at)]
    violations += judge_capacity(site, world, report.get("cause") or "")
    violations += judge_model(site, world, report, rollout.stop.kind if rollout.stop else "")
    violations += judge_reasons(rollout.stop.kind if rollout.stop else "", rollout.broken, report)
    violations += judge_refusals(site, world, report)
    violations += judge_report(site, report)
    # Without a lease nothing remembers for certain what was held, nor after a kill where another client rewrites the
    # tags, and a run refused at its start writes nothing.
    wiped = world.rewrites_tags and site.kills_met
    remembered = world.options.lease and not wiped and any(write.run == site.run for write in site.writes)
    if remembered and "could not be released" not in report.get("cause", ""):
        violations += judge_holds(site, before)
    return violations


def run_again(site: Site, player: Player, world: World) -> list[str]:
    """The same rollout again: where all that can be on the target is, it writes nothing."""
    look = site.look()
    if world.options.until:
        return []  # whoever comes or goes changes what the share is of
    if own_tags(site.web.document.get("tags") or {}):
        return []  # a policy that could not be restored: each run tries again
    left = [
        one
        for one in site.web.active()
        if one.id in look.stale
        and not one.attached
        and not one.protect_from_scale_set_actions
        and in_scope(one, world.options)
    ]
    if any(one.power == "running" for one in left) or not str(site.web.target()).endswith(NEW):
        return []  # others have been there since
    before = len(site.writes)
    site.kills.clear()
    player(site, world.options).run()
    return [f"the second run wrote: {write.kind}" for write in site.writes[before:]]
