# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What must hold of every rollout, judged from what really happened in the simulator."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._plan.limit import Limit
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import own_tags
from armsim.instances.instance import Instance, Place
from rollouts.options import Options
from rollouts.site import Look, Site, Write
from rollouts.worlds import NEW, OLD, World

# What a write rests on was read so many seconds before it at most: what others did since then cannot have been known.
FRESH = 10.0
HOLDS = ("suspend", "resume", "tags", "policy", "autoscale")
# What has to be read for each kind of write.
RESTS_ON = {
    "upgrade": ("model", "instances", "latest"),
    "reimage": ("model", "instances", "latest"),
    "protect": ("model", "instances"),
    "image": ("model", "latest"),
    "policy": ("model",),
    "tags": ("model",),
    "suspend": ("instanceView",),
    "resume": ("instanceView",),
    "autoscale": ("autoscaleSettings",),
}


@dataclass(frozen=True)
class Held:
    """What a rollout may hold, as it was before."""

    repairs: str
    autoscale: list[Any]
    policy: str

    @classmethod
    def by(cls, site: Site) -> Held:
        """As it is now."""
        autoscale = [one["properties"] for one in site.simulation.autoscale.told()]
        return cls(site.web.repairs_state, autoscale, site.web.policy)


def margins(write: Write, options: Options) -> Iterator[tuple[str, int]]:
    """Every part of the set that a write took instances from, and how many are above its minimum in service right
    after it.

    The minimum in service is what the limit allows of the instances that were there when the write was decided. Not
    counted are those that others took out of service, or brought to the set, since then.
    """
    look = write.look
    if not write.taken or look is None:
        return
    unknown = write.out_before & look.serving if write.at - look.at <= FRESH else frozenset()
    out = (write.out & look.present) - unknown
    for name, members, allowed in _parts(look, options):
        if members & write.taken:
            yield name, allowed - len(out & members)


def _missing(look: Look, options: Options) -> int:
    """How many the capacity asks for and the list did not have; they are out of service, unless that was accepted."""
    return 0 if "instances_missing" in options.accept else look.missing


def _parts(look: Look, options: Options) -> Iterator[tuple[str, Set[str], int]]:
    """The set, its zones and its fault domains: name, members, how many of them may be out of service.

    Of a zone or a fault domain at least one may be.
    """
    missing = _missing(look, options)
    allowed = Limit.parse(options.max_unavailable, "max_unavailable").of(len(look.present) + missing)
    yield "the set", look.present, allowed - missing
    zones, domains = defaultdict(set), defaultdict(set)
    for one in look.present:
        place = look.places[one]
        if place.zone:
            zones[f"zone {place.zone}"].add(one)
        if place.fault_domain is not None:
            domains[f"fault domain {place.fault_domain} of zone {place.zone}"].add(one)
    limits = ((options.max_unavailable_per_zone, zones), (options.max_unavailable_per_fault_domain, domains))
    for given, parts in limits:
        for name, members in parts.items() if given else ():
            yield name, members, max(Limit.parse(given, name).of(len(members)), 1)


def in_scope(instance: Instance, options: Options) -> bool:
    """Whether the rollout may touch an instance at all."""
    return _may_touch(instance.id, instance.place, options)


def judge_writes(site: Site, world: World) -> Iterator[str]:
    """Every write that took effect, in the light of those before.

    Of a bad image, those count that were in service: it takes the canary away, and nothing further while that is there.
    """
    options = world.options
    yield from _judge_decisions(site)
    yield from _judge_operations(site)
    moved: set[str] = set()
    images: set[str | None] = set()
    kept: set[str] = set()
    returned = False
    for write in site.writes:
        where = f"run {write.run}, {write.at:.1f} s, {write.kind} {' '.join(write.instance_ids[:10])}"
        kept.update(write.instance_ids if write.kind == "protect" else ())
        if write.kind == "image":
            if write.image_before not in {*images, site.first_images.get(write.run), write.image}:
                yield f"{where}: over {write.image_before}, which another client had set meanwhile"
            returned = write.image in images and write.image != write.image_before
            images.add(write.image)
        if strangers := site.attached.intersection(write.instance_ids):
            yield f"{where}: not made from the model: {' '.join(sorted(strangers))}"
        if write.kind != "upgrade":
            if write.taken:
                yield f"{where}: took {len(write.taken)} instances out of service"
            continue
        if write.look is None:
            yield f"{where}: without a list of the instances"
            continue
        for part, above in margins(write, options):
            if above < 0:
                yield f"{where}: {-above} below the minimum in service of {part}"
        if outside := [
            one for one in write.instance_ids if one in site.places and not _may_touch(one, site.places[one], options)
        ]:
            yield f"{where}: not part of this rollout: {' '.join(outside)}"
        # The share is that of the first rollout, none of what follows it.
        if site.ends.get(write.run, (NEW, ""))[0] == NEW and _beyond(write, world):
            yield f"{where}: more on the target than {options.until}"
        if sent := kept.intersection(write.instance_ids):
            yield f"{where}: sent although quarantined: {' '.join(sorted(sent))}"
        on_it = write.look.serving & (write.look.present - write.look.stale)
        wanted = site.ends[write.run][0] if write.run in site.ends else ""
        forward = bool(wanted) and str(write.image).endswith(wanted) and wanted != OLD
        if options.lease and forward and returned and (twice := on_it & set(write.instance_ids)):
            yield f"{where}: restarted, though on the image that came back: {' '.join(sorted(twice))}"
        if again := _moved_by_tags(write, world):
            yield f"{where}: moved because of tags: {' '.join(sorted(again))}"
        if again := set(write.instance_ids) & write.look.current:
            yield f"{where}: upgraded again: {' '.join(sorted(again))}"
        # Who asks for the image again, once all is taken back, gets another canary.
        moved -= set() if str(write.image).endswith(NEW) else set(write.instance_ids)
        if world.breaks_all and world.options.canary and write.taken and str(write.image).endswith(NEW):
            if len(write.taken) > world.options.canary:
                yield f"{where}: a bad image took {len(write.taken)} instances at once"
            # What was quarantined after it had failed is out of this for good.
            if others := (moved & write.look.present) - kept - set(write.instance_ids):
                yield f"{where}: a bad image past the canary {' '.join(sorted(others))}"
            moved |= write.taken


def judge_capacity(site: Site, world: World, cause: str) -> Iterator[str]:
    """Where others may scale the set, that stops nothing as long as half of it is left, and everything beyond."""
    if world.options.capacity_changes != "accept" or world.autoscaled:
        return
    for write in site.writes:
        first, read = write.first_capacity, write.read_capacity
        if write.kind == "upgrade" and first and read is not None and read * 2 < first:
            yield f"run {write.run}, {write.at:.1f} s: upgraded with {read} of {first} instances left"
    if "the capacity was" in cause:
        yield f"stopped by a change of the capacity that is accepted: {cause}"


def judge_waits(site: Site, world: World) -> Iterator[str]:
    """Nothing waits for instances that the rollout leaves as they are, but for what it sent: they may never settle.

    What somebody protects while it is waited for already may be waited for to the end.
    """
    begun: dict[int, set[str]] = defaultdict(set)
    for wait in site.waits:
        sent = {
            one
            for write in site.writes
            if write.kind == "upgrade" and write.at <= wait.at
            for one in write.instance_ids
        }
        alone = [
            one
            for one in wait.instance_ids
            # What is not made from the model has no place.
            if one not in site.places or not _may_touch(one, site.places[one], world.options) or one in wait.protected
        ]
        if waited := set(alone) - sent - begun[wait.run]:
            yield f"run {wait.run}, {wait.at:.1f} s: waits for what is excluded: {' '.join(sorted(waited))}"
        begun[wait.run] |= set(wait.instance_ids) - set(alone)


def _moved_by_tags(write: Write, world: World) -> Set[str]:
    """The instances that were sent though they ran the image: with nobody else about, only tags made the model new."""
    disturbed = world.kills or world.document["actors"] or world.weather.rate or world.weather.touches
    again = world.back or world.sequel or not str(write.image).endswith(NEW)
    if disturbed or again or write.look is None or not world.document["scale_sets"][0].get("tags_are_model"):
        return frozenset()
    return frozenset(write.instance_ids) - write.look.stale


def _judge_decisions(site: Site) -> Iterator[str]:
    """Each write rests on reads of its own, none of which is old: also one that repeats a write without an answer."""
    spent: set[tuple[str, int, float]] = set()
    for write in site.writes:
        where = f"run {write.run}, {write.at:.1f} s, {write.kind}"
        for thing in RESTS_ON[write.kind]:
            at = write.reads.get(thing)
            if at is None or write.at - at > FRESH:
                yield f"{where}: {thing} was read {'never' if at is None else f'{write.at - at:.0f} s before'}"
            elif (write.kind, write.run, at) in spent:
                yield f"{where}: twice by one reading of {thing}"
        spent |= {(write.kind, write.run, write.reads[thing]) for thing in write.reads}


def _judge_operations(site: Site) -> Iterator[str]:
    """On its way forward, no run begins anything while an operation that it knows of is running."""
    sent: list[Write] = []
    for write in site.writes:
        if write.kind not in ("upgrade", "reimage") or not str(write.image).endswith(NEW):
            continue
        for earlier in sent:
            operation = earlier.operation
            if operation is None or earlier.run != write.run or not earlier.answered:
                continue
            if operation.ended is None or operation.ended > write.at:
                yield (
                    f"run {write.run}, {write.at:.1f} s, {write.kind}: while the operation of {earlier.at:.1f} s runs "
                    f"({' '.join(earlier.instance_ids[:10])})"
                )
        sent.append(write)


def judge_rollback(site: Site, first: int) -> Iterator[str]:
    """From run `first` on, the old image is wanted: no run writes the one that was rolled, or sends instances to it."""
    for write in site.writes:
        if write.run >= first and write.kind in ("image", "upgrade") and str(write.image).endswith(NEW):
            yield f"run {write.run}, {write.at:.1f} s, {write.kind}: towards the image that is to be left"


# The gates' own verdicts: nobody else is at work, and Azure answers.
PROOFS = ("timeout", "not upgraded in time", "not healthy in time", "operation_failed", "custom_checks")


def judge_model(site: Site, world: World, report: Mapping[str, Any], kind: str) -> Iterator[str]:
    """After a run that failed its proof, and left the instances as they are: the model has the failed image no more.

    But where the user wants it so, where another client or the weather kept the run from it, where it says that nothing
    tells which image was there before, or that all became healthy a little late, which is so.
    """
    if "healthy after the time for it had ended" in str(report.get("decision")) and not site.broken():
        return
    model, target = str(site.web.target()), report["target_image"]
    if world.options.direction == "rollback" or not target or not model.endswith(target["version"]):
        return
    sent = any(batch["sent"] for batch in report["batches"][-1:])
    if report["result"] != "halted" or kind not in PROOFS or not sent or world.options.failed_image == "keep":
        return
    calm = not (world.weather.rate or world.weather.conflicts or world.weather.fates or world.weather.outages)
    unknown = "it is not known for certain" in report["image_kept_why"]
    overtaken = bool(world.weather.touches) and "another write is in the way" in report["image_kept_why"]
    excused = unknown or overtaken or bool(world.document["actors"])
    if not report["image_kept_why"] or (calm and not excused):
        yield f"halted by {kind}, and the failed image is still in the model"


def judge_new_instances(site: Site, ids: Sequence[str], *, failed: bool, report: Mapping[str, Any]) -> Iterator[str]:
    """What Azure makes after a run that failed is of the image that the report says, and not of the failed one."""
    said = str((report["model_image"] or {}).get("version"))
    for one in site.web.active():
        if one.id in ids and failed and report["image_restored"] and not one.image.key.endswith(said):
            yield f"{one.id} was made from {one.image.key} after a halt, and the report says {said}"


def judge_images(site: Site, world: World) -> Iterator[str]:
    """Each image that was written and not asked for by name: the last one that came to a good end, and never a bad one.

    Without a lease nothing is remembered, nor where another client rewrites the tags. Whoever sets an image after a run
    was killed may mean it, or not: instances have not run it, so that either is the one before.
    """
    bad: set[str | None] = set()
    # Those of runs that were killed when they had released the scale set, or that could not release it: they may have
    # come to a good end, or not, or nothing remembers that.
    unknown: set[str | None] = set()
    before: tuple[str | None, ...] = tuple(site.first_images.values())[:1]
    remembers = world.options.lease and not world.rewrites_tags
    ours, seen = None, 0
    for write in site.writes:
        if write.kind != "image":
            continue
        for run in range(seen, write.run):
            wanted, result = site.ends.get(run, ("", ""))
            # One that was killed when it had released the scale set had come to its end, which may have been a good
            # one. A run that finds nothing to do writes only where the image has proved itself since.
            last = next((one for one in reversed(site.writes) if one.run == run), None)
            over = result in ("killed", "nothing_to_do")
            let_go = over and last is not None and last.kind == "tags" and not last.leased
            if result in ("succeeded", "unreleased") or let_go:
                tried = {one for one in bad if wanted and str(one).endswith(wanted)}
                bad -= tried
                unknown = unknown | tried if result in ("killed", "unreleased") else unknown - tried
        seen = write.run
        where = f"run {write.run}, {write.at:.1f} s, image {write.image}"
        wanted = site.ends.get(write.run, ("", ""))[0]
        if wanted and str(write.image).endswith(wanted):
            if write.image_before not in bad and write.image_before != write.image:
                killed = site.ends.get(write.run - 1, ("", ""))[1] == "killed"
                either = killed or write.image_before in unknown
                before = (*before, write.image_before) if either else (write.image_before,)
            # Whoever rolls out an image that was there before leaves nothing to go back to but what was before that.
            before = tuple(one for one in before if one != write.image)
            bad.add(write.image)
        else:
            # What this run was to roll out, because another client had set it before, is no image to go back to.
            other = [one for one in before if not (wanted and str(one).endswith(wanted))]
            if remembers and write.image in bad:
                yield f"{where}: rolled back to an image that failed"
            elif remembers and write.image_before == ours and other and write.image not in other:
                yield f"{where}: rolled back, but the image before was {other[-1]}"
            bad.add(write.image_before)
        ours = write.image


def judge_rolled_back(site: Site, report: Mapping[str, Any]) -> Iterator[str]:
    """After a rollback of everything, once the world is quiet: nothing that was sent is left on the image it was for.

    But for what stays as it is: quarantined, protected, or off.
    """
    sent = {
        one
        for write in site.writes
        if write.kind == "upgrade" and str(write.image).endswith(NEW)
        for one in write.instance_ids
    }
    for one in site.web.active():
        stays = (
            one.attached
            or one.protect_from_scale_set_actions
            or one.power != "running"
            or one.id in report["quarantine"]
        )
        if one.id in sent and one.image.key.endswith(NEW) and not stays:
            yield f"rolled back, but {one.id} came up on the image that was taken back"


def _may_touch(instance_id: str, place: Place, options: Options) -> bool:
    zones = options.only.get("zones")
    return (not zones or place.zone in zones) and instance_id not in options.skip.get("instance_ids", ())


def _beyond(write: Write, world: World) -> bool:
    """Whether a forward write moved more than `until` says; with others about, the share is of whatever is there."""
    look, until = write.look, world.options.until
    if look is None or not until or world.document["actors"] or not str(write.image).endswith(NEW):
        return False
    moved = (look.present - look.stale) | set(write.instance_ids)
    return len(moved) > Limit.parse(until, "until").of(world.size)


def judge_healthy(world: World, kind: str, report: Mapping[str, Any]) -> Iterator[str]:
    """Where nothing is a reason to stop, a rollout comes to a good end, or is refused before it begins.

    Azure's limits make it slower, and nothing else. Where everything is accepted, only a zone without instances is
    refused.
    """
    found = kind == "preflight" and not world.options.accept
    empty_zone = kind == "bad_input" and bool(world.options.only.get("zones"))
    refused = found or empty_zone
    if world.healthy and not refused and report["result"] not in ("succeeded", "nothing_to_do", "partial"):
        yield f"{report['result']} without a reason: {report.get('cause', '')}"


# What stops a rollout and says nothing of the image.
NO_NEWS = (
    *("throttled", "connection", "unavailable", "no_effect", "wait_state"),
    *("forbidden", "locked", "subscription", "other_host"),
)


def judge_refusals(site: Site, world: World, report: Mapping[str, Any]) -> Iterator[str]:
    """What Azure refuses for good is not asked for again by the same run, and ends it with Azure's own words.

    But for the tags: they cannot be renewed, not for the write that takes the image back either, and are to be removed
    at the end.
    """
    lasting = {fault["code"] for fault in world.document.get("faults", []) if fault["kind"] == "status"}
    asked: Counter[tuple[str, str | None]] = Counter()
    for one in site.refused:
        if one.run != site.run or one.code not in lasting:
            continue
        asked[one.kind, one.image] += 1
        if asked[one.kind, one.image] > (3 if one.kind == "tags" else 1):
            yield f"run {one.run}, {one.at:.1f} s, {one.kind}: asked for again, though refused for good ({one.code})"
        told = " ".join(str(report.get(name)) for name in ("cause", "decision", "image_kept_why"))
        if one.kind in ("upgrade", "image") and one.code not in told:
            yield f"run {one.run}: {one.kind} was refused ({one.code}), and the report does not say so: {told}"


def judge_reasons(kind: str, broken: Set[str], report: Mapping[str, Any]) -> Iterator[str]:
    """Nothing is rolled back for what says nothing of the image, nor for room that it has not taken.

    `broken` are those with the image that were out of service when the rollout stopped.
    """
    if report["result"] not in ("rolled_back", "rollback_failed"):
        return
    if kind in NO_NEWS:
        yield f"{report['result']} after {kind}, which says nothing of the image"
    if kind == "max_unavailable" and not broken:
        yield f"{report['result']} for want of room that others took: {report.get('cause', '')}"


def repairs_written(site: Site) -> str:
    """What a rollout did last about automatic repairs: `suspend`, `resume` or nothing."""
    return next((write.kind for write in reversed(site.writes) if write.kind in ("suspend", "resume")), "")


def judge_holds(site: Site, before: Held) -> Iterator[str]:
    """After a run that came to its end: what was held runs as before, and no lease is left."""
    now = Held.by(site)
    # Azure suspends repairs that do not help by itself.
    ours = {"suspend": "Suspended", "resume": "Running"}.get(repairs_written(site))
    if now.repairs != before.repairs and now.repairs == ours:
        yield f"automatic repairs were {before.repairs} and are {now.repairs}"
    if now.autoscale != before.autoscale:
        yield "autoscale is not set as it was"
    left = own_tags(site.web.document.get("tags") or {})
    # What lags would be upgraded by Azure itself under the policy that was there before: that has to wait.
    # Protected as the release has seen it: somebody may have done that since.
    seen = next((one.look for one in reversed(site.writes) if one.kind == "tags" and one.look), None)
    protected = seen.protected if seen else frozenset()
    lagging = [
        one
        for one in site.web.active()
        if not (one.id in protected or one.attached)
        and not (one.model is site.web.model if site.web.flexible else one.applies(site.web.model))
    ]
    if left and not (lagging and now.policy == "Manual" != before.policy):
        yield f"tags of a lease are left: {' '.join(sorted(left))}"


def judge_report(site: Site, report: Mapping[str, Any]) -> Iterator[str]:
    """What a report says of the instances is so at its time, or it says that it is of an earlier one."""
    if not report["lease_acquired"] or report["as_of_outdated"]:
        return
    read = datetime.fromisoformat(report["as_of"])
    # What others have begun goes on after the read; of what this run did, the read must know.
    known = not site.writes or site.simulation.calendar.at(site.writes[-1].at).replace(microsecond=0) <= read
    moved = {one.id for one in site.web.active() if known and one.work is not None}
    # Whose deletion has begun after the read is in the report.
    look = site.last_look
    gone = look.present - {one.id for one in site.web.active()} if known and look is not None else frozenset()
    moved |= gone
    truth: dict[str, set[str]] = {}
    for one in site.web.active():
        if one.id in moved:
            continue
        # Where the service shows an image that is still to come, a report can know no better.
        image = one.shown_model[1] if one.shown_model else one.image
        truth.setdefault(image.key.rpartition(":")[2], set()).add(one.id)
    told: dict[str, set[str]] = {}
    for image, ids in report["instances_by_image"].items():
        told.setdefault(image.rpartition(":")[2], set()).update(set(ids) - moved)
    told = {image: ids for image, ids in told.items() if ids}
    if truth != told:
        yield f"the report has instances by image {_sizes(told)}, and in truth they are {_sizes(truth)}"
    back = report.get("rollback_image")
    if back and not moved and report["instances_on_rollback_image"] != len(truth.get(back["version"], ())):
        yield f"the report has {report['instances_on_rollback_image']} instances on the rollback image"


def _sizes(found: Mapping[str, Set[str]]) -> str:
    return ", ".join(f"{image}: {len(ids)}" for image, ids in sorted(found.items()))


def judge_end(site: Site, options: Options, report: Mapping[str, Any], *, stopped_at: float | None) -> Iterator[str]:
    """A run that came to its end."""
    if stopped_at is not None:
        for write in site.writes:
            if write.run == site.run and write.at > stopped_at and write.kind not in HOLDS:
                yield f"{write.kind} after the decision to stop"
    look = site.last_look
    if look is None:
        return
    if report.get("cause") is None:
        named = {*report["instances_excluded"], *report["instances_deferred"]}
        if unnamed := site.attached.intersection(one.id for one in site.web.active()) - named:
            yield f"not made from the model, and not named: {' '.join(sorted(unnamed))}"
        # What came after the run had released the scale set is another story, which its report tells.
        own = [write for write in site.writes if write.run == site.run]
        seen = own[-1].before if own and own[-1].kind == "tags" and own[-1].before else look
        # Of what this run has sent, it can tell; of what another client has begun a moment ago, nobody can.
        sent = {one for write in own for one in write.instance_ids}
        stale = seen.stale & seen.present & look.present - named - (seen.ahead - sent)
        left = [one for one in stale if _may_touch(one, site.places[one], options)]
        if left:
            yield f"{report['result']}, but neither on the target nor named: {' '.join(sorted(left))}"
        return
    named = {one for ids in report["instances_by_image"].values() for one in ids}
    if report["instances_total"] == len(look.present) and not look.present <= named:
        yield f"not named in the report: {' '.join(sorted(look.present - named))}"
