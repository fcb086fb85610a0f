# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Random worlds: a scale set, its instances, images and neighbours, how requests fare, and when a run is killed.

All draws come from one `random.Random`, so that a seed names a world, and hypothesis can shrink one.
"""

from __future__ import annotations

import math
import random
import re
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._operations.lease_process import holder_name
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.findings import CODES, NEEDS_ACCEPTANCE
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.check_streak import between_renewals
from armsim import scenario
from rollouts.options import HOOK, Options
from rollouts.site import Weather

PUBLISHER = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server"}
WINDOWS = {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2022-datacenter-g2"}
WINDOWS_VERSIONS = {"os_type": "Windows", "versions": [{"version": "20348.2655.240810"}]}
OLD, NEW, OTHER = "24.04.202510010", "24.04.202511100", "24.04.202511180"
LARGEST = 1_000
# Whoever plays with everything takes everything upon himself.
ACCEPTABLE = tuple(code for code, about in CODES.items() if NEEDS_ACCEPTANCE in about.severities)
# What Azure refuses for good, with statuses that races and missing rights have as well: status, code and message.
REFUSALS = (
    (409, "OperationNotAllowed", "Operation could not be completed as it results in exceeding approved cores quota."),
    (409, "OperationNotAllowed", "The operation is not allowed in the present state of the scale set."),
    (409, "SkuNotAvailable", "The requested size for resource 'web' is currently not available in 'westeurope'."),
    (409, "ScopeLocked", "The scope cannot perform write operation because following scope(s) are locked."),
    (403, "RequestDisallowedByPolicy", "Resource 'web' was disallowed by policy."),
    (403, "LinkedAuthorizationFailed", "The client does not have permission to perform action(s) on the linked scope."),
    (400, "InvalidParameter", "The value of parameter is invalid."),
)
# What it may say only when it has begun (reported): quota and capacity.
IN_THE_OPERATION = ("OperationNotAllowed", "QuotaExceeded", "SkuNotAvailable", "AllocationFailed")
# A process of this host that is no more: what the lease of a killed run names.
DEAD_PROCESS = re.sub(r"/\d+\.", "/0.", holder_name())


@dataclass(frozen=True)
class World:
    """What a rollout meets. `breaks_all`: no instance survives the new image. `back`: an operator wants the old one
    again, however the rollout ended. `sequel`: autoscale adds instances, then a third image is rolled, and rolled back
    again without naming the one before. `company`: another host of the play fails after so many tasks. `healthy`:
    nothing in it is a reason to stop."""

    document: dict[str, Any]
    options: Options
    weather: Weather
    kills: tuple[int, ...]
    seed: int
    breaks_all: bool
    size: int
    back: bool = False
    sequel: bool = False
    company: int = 0
    healthy: bool = False

    @property
    def autoscaled(self) -> bool:
        """Whether autoscale may change the capacity while a rollout is on."""
        setting = self.document["scale_sets"][0].get("autoscale") or {"enabled": False}
        return not self.options.hold_autoscale and setting.get("enabled", True)

    @property
    def rewrites_tags(self) -> bool:
        """Whether another client writes the tags without those of a rollout: what these remember is gone then."""
        return any("tags" in actor["do"].get("patch", {}) for actor in self.document["actors"])

    def scenario(self) -> scenario.Scenario:
        """For the simulator."""
        return scenario.check(self.document)


def random_world(draw: random.Random, largest: int = LARGEST) -> World:
    """Any world at all."""
    # Large sets take most of the time, so they are rarer.
    size = min(int(math.exp(draw.uniform(0.0, 1.0) ** 1.5 * math.log(largest + 1))), largest)
    flexible = draw.random() < 0.15
    health = _health(draw, flexible)
    behaviour, breaks_all = _behaviour(draw, health is not None)
    set_ = {
        "name": "web",
        "resource_group": "rg-shop",
        "orchestration_mode": "Flexible" if flexible else "Uniform",
        "capacity": size,
        "image": {**PUBLISHER, "version": OLD},
        "zones": draw.choice([[], [], ["1", "2"], ["1", "2", "3"]]),
        "placement_groups": draw.choice([1, 1, 2, 3]),
        "update_domains": draw.choice([1, 3, 5, 5, 20 if size < 100 else 5]),
        "fault_domains": draw.choice([1, 2, 5]),
        "health": health or {"source": "none"},
        "overprovision": draw.random() < 0.5,
        "id_holes": 0.0,
        "instances": _attached(draw, size) if flexible else _special_instances(draw, size),
    }
    if health is not None and draw.random() < 0.5:
        state = draw.choice(["Running", "Running", "Running", "Suspended"])
        action = draw.choice(["Replace", "Restart", "Reimage"])
        grace = f"PT{draw.choice([10, 20, 30])}M"
        set_["automatic_repairs"] = {"grace_period": grace, "action": action, "state": state}
    if draw.random() < 0.3:
        set_["autoscale"] = {"min": size // 2, "max": min(size + 10, LARGEST), "enabled": draw.random() < 0.8}
    # Somebody who makes instances flap would make those of an unhealthy image look well at times.
    actors = [one for one in _actors(draw) if not (breaks_all and "health" in behaviour and "flap" in one["do"])]
    actors += [] if flexible else _starts(random.Random(f"{size}/starts"), set_)
    document = _document(draw, set_, behaviour, actors)
    kills = [int(math.exp(draw.uniform(0.0, math.log(400)))) for _ in range(draw.choice([0, 0, 0, 1, 1, 2, 3]))]
    seed = draw.randrange(2**31)
    options = _limited(draw, _options(draw, size, seed), set_)
    others = random.Random(f"{seed}/others")
    if others.random() < 0.2:
        options = replace(options, capacity_changes="accept")
        document["actors"] = [*actors, *_outside_scaler(others)]
    if draw.random() < 0.1:
        mode = draw.choice(["Automatic", "Rolling"])
        # Azure takes no Rolling one without a source of health (documented).
        set_["upgrade_policy"] = {"mode": mode if health else "Automatic"}
        options = replace(options, upgrade_policy="set_manual", restore_policy=draw.random() < 0.5)
    options = _hanging(random.Random(f"{seed}/hanging"), options, set_)
    options = _short(random.Random(f"{seed}/short"), options, set_)
    _slow_health(random.Random(f"{seed}/slow health"), document, set_)
    back = draw.random() < 0.15
    if draw.random() < 0.15:
        document["faults"] = [
            {
                "kind": "operation",
                "outcome": draw.choice(["Canceled", "Failed", "Succeeded"]),
                "operation": "*_UpdateInstances",
                "begins": False,
                "code": random.Random(f"{seed}/operation").choice([None, *IN_THE_OPERATION]),
                "rate": 0.5,
                "times": draw.randint(1, 3),
            }
        ]
    document["faults"] = [*document.get("faults", []), *_refusals(random.Random(f"{seed}/refusals"))]
    sequel = random.Random(f"{seed}/sequel")
    options = replace(options, failed_image=sequel.choice(["restore", "restore", "restore", "keep"]))
    around = random.Random(f"{seed}/hooks")
    hooks = [around.choice([HOOK, ""]) for _ in range(2)] if around.random() < 0.1 else ["", ""]
    options = replace(options, before_batch=hooks[0], after_batch=hooks[1])
    if options.by == "update_domain" and not flexible and around.random() < 0.1:
        options = replace(options, domain_order=tuple(around.sample(["0", "1", "2"], 2)))
    more = not back and size < 90 and sequel.random() < 0.25
    document["throttling"] = {"enabled": random.Random(f"{seed}/limits").random() < 0.2}
    weather = _weather(draw)
    # Whoever does not know an operation, because the answer was lost, has nothing but the instances to go by.
    ahead = random.Random(f"{seed}/ahead").choice([0, 0, 0, 5, 30, 90])
    set_["tags_are_model"] = random.Random(f"{seed}/tags").random() < 0.15
    set_["model_shown_ahead"] = min(ahead, 5) if weather.rate else ahead
    play = random.Random(f"{seed}/play")
    company = int(math.exp(play.uniform(0.0, math.log(60)))) if play.random() < 0.05 else 0
    world = World(document, permitted(options), weather, tuple(kills), seed, breaks_all, size, back, more, company)
    return quiet(world) if random.Random(f"{seed}/quiet").random() < 0.1 else world


def quiet(world: World) -> World:
    """The world without anything that is a reason to stop a rollout once it has begun: what is, has to be found before.

    So nothing is accepted, and whatever never comes to rest is excluded.
    """
    (set_,) = world.document["scale_sets"]
    skipped, only = world.options.skip.get("instance_ids", ()), world.options.only
    left = {
        number: one
        for number, one in set_["instances"].items()
        if one.get("state") != "updating"
        or one.get("protect_from_scale_set_actions")
        or number in skipped
        or (only and one.get("zone") not in (None, *only["zones"]))
    }
    document = {**world.document, "images": _images({}), "faults": [], "actors": []}
    # Where tags make models, a long rollout comes to the most that instances may refer to.
    document["scale_sets"] = [{**set_, "instances": left, "tags_are_model": False}]
    options = replace(world.options, accept=(), site_check=None)
    weather = Weather(old_lists=world.weather.old_lists)
    return _undisturbed(world, document, options, weather, healthy=True)


def noisy_world(draw: random.Random, largest: int = 100) -> World:
    """A healthy one, whose probes are as noisy as the retries of a gate are meant to bear: for false halts."""
    world = random_world(draw, largest)
    period = draw.choice([20, 30, 60])
    flap = {"period": period, "unhealthy": draw.choice([0.2, 0.35, 0.5]), "lasts": draw.choice([60, 120, 180])}
    set_ = {**world.document["scale_sets"][0], "health": {"source": "extension"}, "instances": {}}
    set_.pop("automatic_repairs", None)
    set_.pop("missing", None)
    set_["orchestration_mode"] = "Uniform"
    document = _document(draw, set_, {"flap": flap, "flap_share": draw.choice([0.1, 0.25, 0.5])}, [])
    luck, bad = random.Random(f"{world.seed}/site"), draw.choice([0.05, 0.15, 0.3])
    options = replace(world.options, health_retries=30, health_delay=10, health_successes=2)
    options = replace(options, max_unavailable="1" if world.size < 5 else "20%", by="update_domain")
    options = replace(options, site_check=lambda: luck.random() >= bad)
    weather = Weather(rate=draw.choice([0.0, 0.02, 0.05]))
    options = replace(options, until="", only={}, skip={}, checkpoint="never")
    return _undisturbed(world, document, options, weather, healthy=False)


def throttled_world(draw: random.Random, largest: int = LARGEST) -> World:
    """A healthy one, in which nothing is in the way but Azure's limits; the options are the defaults."""
    world = random_world(draw, largest)
    set_ = {**world.document["scale_sets"][0], "health": {"source": "extension"}, "instances": {}}
    set_.pop("automatic_repairs", None)
    document = {**_document(draw, set_, {}, []), "throttling": {"enabled": True}}
    most = "1" if world.size < 5 else "20%"
    options = Options(image={"version": NEW}, accept=ACCEPTABLE, on_failure="rollback", max_unavailable=most)
    if set_.get("upgrade_policy"):
        options = replace(options, upgrade_policy="set_manual")
    return _undisturbed(world, document, options, Weather(), healthy=True)


def _undisturbed(world: World, document: dict[str, Any], options: Options, weather: Weather, *, healthy: bool) -> World:
    """The world with these instead, in which the image works, nothing is killed, and nothing follows the rollout."""
    return replace(
        world,
        document=document,
        options=permitted(options),
        weather=weather,
        kills=(),
        breaks_all=False,
        back=False,
        sequel=False,
        company=0,
        healthy=healthy,
    )


def _document(
    draw: random.Random, set_: dict[str, Any], behaviour: dict[str, Any], actors: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "version": 1,
        "seed": draw.randrange(2**31),
        "clock": {"start": "2026-11-20T08:00:00Z"},
        "images": _images(behaviour),
        "resource_groups": [{"name": "rg-shop", "location": "westeurope"}],
        "scale_sets": [set_],
        "actors": actors,
    }


def _images(behaviour: dict[str, Any]) -> dict[str, Any]:
    """Three versions of one image, of which the one that is rolled behaves so, and one for Windows."""
    versions = [{"version": OLD}, {"version": NEW, **behaviour}, {"version": OTHER}]
    return {"platform": [{**PUBLISHER, "versions": versions}, {**WINDOWS, **WINDOWS_VERSIONS}]}


def _health(draw: random.Random, flexible: bool) -> dict[str, Any] | None:
    kind = draw.choice(["extension"] * 5 + ["rich", "probe", "none"])
    if kind == "none" or (kind == "probe" and flexible):
        return None
    if kind == "rich":
        return {"source": "extension", "rich": True, "grace_period": 120}
    return {"source": kind}


def _behaviour(draw: random.Random, reports: bool) -> tuple[dict[str, Any], bool]:
    """What the new image does, and whether it breaks every instance as far as the set can tell."""
    kind = draw.choice(
        ["good"] * 5 + ["slow", "flaps", "some fail", "some fail once", "all fail", "all unhealthy", "none returns"]
    )
    share = draw.choice([0.05, 0.2, 0.5])
    match kind:
        case "slow":
            return {"boot_factor": draw.choice([2, 5, 8])}, False
        case "flaps":
            return {"flap": {"period": 40, "unhealthy": 0.4, "lasts": 120}, "flap_share": share}, False
        case "some fail":
            return {"upgrade_fails": {"share": share}}, False
        case "some fail once":
            return {"upgrade_fails": {"code": "OSProvisioningTimedOut", "share": share, "times": 1}}, False
        case "all fail":
            return {"upgrade_fails": {"share": 1.0}}, True
        case "all unhealthy" if reports:
            return {"health": draw.choice(["unhealthy", "unknown", "none"])}, True
        case "none returns":
            return {"never_returns_share": 1.0}, True
    return {}, False


def _special_instances(draw: random.Random, size: int) -> dict[str, Any]:
    states = [
        {"state": "stopped"},
        {"state": "deallocated"},
        {"state": "failed"},
        {"health": "unhealthy"},
        {"protect_from_scale_set_actions": True},
    ]
    most = draw.choice([0, 0, 0, size // 20, size // 8])
    return {str(draw.randrange(size)): draw.choice(states) for _ in range(most)}


def _attached(draw: random.Random, size: int) -> dict[str, Any]:
    """Virtual machines of a Flexible set that were not made from its model."""
    kinds: list[dict[str, Any]] = [
        {"attached": "image", "image": {**WINDOWS, "version": "latest"}},
        {"attached": "image", "image": {**PUBLISHER, "version": draw.choice([OLD, NEW, OTHER])}},
        {"attached": "image"},
        {"attached": "disk", "os_type": draw.choice(["Linux", "Windows"])},
    ]
    states = ["running", "running", "stopped", "deallocated", "failed"]
    most = min(draw.choice([0, 0, 1, 3, size // 4]), size)
    return {f"vm-{number}": {**draw.choice(kinds), "state": draw.choice(states)} for number in range(most)}


def _actors(draw: random.Random) -> list[dict[str, Any]]:
    actions = [
        {"capacity": f"+{draw.randint(1, 5)}"},
        {"capacity": f"-{draw.randint(1, 3)}"},
        {"autoscale": f"+{draw.randint(1, 5)}"},
        {"autoscale": f"-{draw.randint(1, 5)}"},
        {"instances": {"count": 1}, "evict": draw.choice(["Deallocate", "Delete"])},
        {"instances": {"share": 0.1}, "upgrade": True},
        {"image": {"version": OTHER}},
        {"instances": {"count": 1}, "protect": True},
        {"instances": {"count": 1}, "power": draw.choice(["stopped", "deallocated"])},
        {"instances": {"share": 0.05}, "health": "unhealthy"},
        {"instances": {"count": 1}, "boot_factor": 6},
        {"preempt": True},
        {"instances": {"share": 0.2}, "flap": {"period": 30, "unhealthy": 0.4, "lasts": 180}},
    ]
    actors = []
    for number in range(draw.choice([0, 0, 0, 1, 1, 2, 3])):
        when: dict[str, Any] = {"at": round(draw.uniform(0, 900), 1)}
        if draw.random() < 0.5:
            event = draw.choice(["batch_started", "batch_ended", "model_written"])
            when = {"event": event, "count": 1 if event == "model_written" else draw.randint(1, 4)}
            when["after"] = round(draw.uniform(0, 60), 1)
        actors.append({"name": f"actor {number}", "when": when, "do": draw.choice(actions)})
    return actors


def _starts(draw: random.Random, set_: dict[str, Any]) -> list[dict[str, Any]]:
    """Who starts what is deallocated: it comes up where a new instance would go, which may be another domain."""
    return [
        {
            "name": f"start {number}",
            "when": {"at": round(draw.uniform(0, 900), 1)},
            "do": {"instances": [number], "power": "running"},
        }
        for number, one in set_["instances"].items()
        if one.get("state") == "deallocated" and draw.random() < 0.5
    ]


def _outside_scaler(draw: random.Random) -> list[dict[str, Any]]:
    """A service that scales the set up and down, and perhaps writes its tags as it read them before the rollout."""
    actions: list[dict[str, Any]] = [
        {"capacity": draw.choice(["+1", "+4", "+25%", "-1", "-25%", "-60%"])} for _ in range(draw.choice([1, 2, 3]))
    ]
    if draw.random() < 0.3:
        actions.append({"patch": {"tags": {"__AzureDevOpsElasticPool": "agents"}}})
    return [
        {"name": f"scaler {number}", "when": {"at": round(draw.uniform(5, 600), 1)}, "do": action}
        for number, action in enumerate(actions)
    ]


def _refusals(draw: random.Random) -> list[dict[str, Any]]:
    """Perhaps Azure refuses a write, once or from then on, for a reason that does not pass by itself."""
    if draw.random() > 0.1:
        return []
    status, code, message = draw.choice(REFUSALS)
    which = draw.choice(["*_UpdateInstances", "*_UpdateInstances", "VirtualMachineScaleSets_Update", "*_Reimage"])
    first = draw.randint(1, 4)
    calls = draw.choice([f"{first}", f"{first}-"])
    return [{"kind": "status", "status": status, "code": code, "message": message, "operation": which, "calls": calls}]


def _options(draw: random.Random, size: int, seed: int) -> Options:
    # Large sets with tiny budgets take a hundred batches, which show nothing that ten do not.
    least = max(1, size // 12)
    count = draw.randint(least, max(least, size // 3))
    least = -(-100 * least // size)
    percent = draw.randint(least, max(least, 50))
    luck, bad = random.Random(f"{seed}/site"), draw.choice([0.0, 0.2])
    return Options(
        quarantine=random.Random(f"{seed}/aside").choice([0, 0, 1, 2]),
        image={"version": NEW},
        by=draw.choice(["update_domain", "update_domain", "fault_domain", "zone", "batch"]),
        max_unavailable=draw.choice([str(count), f"{percent}%"]),
        canary=draw.choice([0, 1, 1, 1, 2, 3]),
        max_unavailable_per_zone=draw.choice(["50%", "50%", "100%", "34%", "2" if size < 40 else "40%"]),
        max_unavailable_per_fault_domain=draw.choice(["", "", "", "50%"]),
        batches=draw.choice([(), (), ("1", "20%"), ("1", "5", "20%")]),
        unhealthy_first=draw.random() < 0.3,
        on_failure=draw.choice(["halt", "halt", "rollback", "rollback_batch", "rollback_instances"]),
        retry_failed=draw.random() < 0.8,
        accept=ACCEPTABLE,
        # The shortest stands for the shortest that the role takes.
        lease=draw.choice([120, 120, 1, 0]),
        holder=draw.choice(["soak@elsewhere", DEAD_PROCESS]),
        hold_autoscale=draw.random() < 0.5,
        warm_up=draw.choice([0, 0, 20]),
        soak=draw.choice([0, 0, 30]),
        bake=draw.choice([0, 0, 0, 60]),
        suspend_repairs=draw.random() < 0.8,
        upgrade_timeout=draw.choice([600, 900, 1800]),
        poll_interval=draw.choice([10, 15, 30] if size < 200 else [30]),
        health_retries=draw.choice([10, 20, 30]),
        health_delay=draw.choice([10, 15] if size < 200 else [20]),
        site_check=(lambda: luck.random() >= bad) if draw.random() < 0.2 else None,
    )


def permitted(options: Options) -> Options:
    """The options, changed where the role would refuse them."""
    if options.max_unavailable == "1":
        # Beside one that is quarantined, none could be upgraded.
        options = replace(options, quarantine=0)
    if options.checkpoint == "canary" and not (options.canary or options.batches):
        options = replace(options, checkpoint="batch")
    wait = between_renewals(
        upgrade_timeout=options.upgrade_timeout,
        health_retries=options.health_retries,
        health_delay=options.health_delay,
        health_successes=options.health_successes,
        warm_up=options.warm_up,
        sweep_delay=options.sweep_delay,
    )
    return replace(options, lease=max(options.lease, -(-2 * wait // 60))) if options.lease else options


def _slow_health(draw: random.Random, document: dict[str, Any], set_: dict[str, Any]) -> None:
    """Perhaps the old system's report stays visible, reports move on change, upgrades are announced, health is slow."""
    if set_["health"]["source"] == "none":
        return
    if draw.random() < 0.2:
        document["timings"] = {"old_report": draw.choice([20, 60, 100])}
    if draw.random() < 0.2:
        set_["health"] = {**set_["health"], "report_time": "on_change"}
    if draw.random() < 0.05:
        set_["os_image_notification"] = True
    if set_["health"].get("rich") and draw.random() < 0.3:
        set_["health"] = {**set_["health"], "grace_period": 900}
        document["timings"] = {**document.get("timings", {}), "first_report": {"min": 10, "median": 300, "max": 800}}


def _short(draw: random.Random, options: Options, set_: dict[str, Any]) -> Options:
    """Perhaps some instances of the capacity are not there, or have failed and serve all the same."""
    size = set_["capacity"]
    numbers = [] if set_["orchestration_mode"] == "Flexible" else [str(number) for number in range(size)]
    if set_["health"]["source"] != "none" and draw.random() < 0.1:
        share = draw.choice([0.1, 0.5, 1.0])
        failed = {one: {"state": "failed", "health": "healthy"} for one in numbers if draw.random() < share}
        set_["instances"] = {**failed, **set_["instances"]}
    if size > 4 and not set_["instances"] and draw.random() < 0.1:
        set_["missing"] = draw.randint(1, size // 4)
    if draw.random() < 0.9:
        options = replace(options, accept=tuple(one for one in options.accept if one != "instances_missing"))
    return options


def _limited(draw: random.Random, options: Options, set_: dict[str, Any]) -> Options:
    """Perhaps confined to a part of the set, or in steps between which an operator is asked."""
    kind = draw.choice([""] * 10 + ["until", "only", "skip", "checkpoint", "order"])
    zones, size = set_["zones"], set_["capacity"]
    match kind:
        case "until":
            return replace(options, until=draw.choice(["25%", "50%", "1", str(size // 2 or 1)]))
        case "only" if len(zones) > 1 and size >= len(zones):
            return replace(options, only={"zones": [draw.choice(zones)]})
        case "skip" if set_["orchestration_mode"] == "Uniform":
            return replace(options, skip={"instance_ids": [str(draw.randrange(size)) for _ in range(3)]})
        case "order" if zones:
            return replace(options, zone_order=tuple(draw.sample(zones, 1)))
        case "checkpoint":
            person, willing = random.Random(draw.randrange(2**31)), draw.choice([0.0, 0.5, 0.9])
            checkpoint = draw.choice(["canary", "batch"])
            return replace(options, checkpoint=checkpoint, answer=lambda: person.random() < willing)
    return options


def _hanging(draw: random.Random, options: Options, set_: dict[str, Any]) -> Options:
    """Perhaps an instance is in progress for ever, mostly one that the rollout leaves as it is."""
    if set_["orchestration_mode"] == "Flexible" or draw.random() > 0.15:
        return options
    one, zones = str(draw.randrange(set_["capacity"])), set_["zones"]
    kind = draw.choice(["protected", "skipped", "skipped", "outside", "not excluded"])
    state: dict[str, Any] = {"state": "updating"}
    if kind == "protected":
        state["protect_from_scale_set_actions"] = True
    if kind == "outside" and len(zones) > 1 and set_["capacity"] >= len(zones):
        state["zone"] = zones[0]
        options = replace(options, only={"zones": zones[1:]})
    elif kind == "skipped":
        skip = {"instance_ids": [*options.skip.get("instance_ids", ()), one]}
        options = replace(options, skip=skip)
    set_["instances"] = {**set_["instances"], one: state}
    return options


def _weather(draw: random.Random) -> Weather:
    outages = []
    if draw.random() < 0.15:
        start = draw.uniform(0, 900)
        outages.append((start, start + draw.choice([5, 60, 400])))
    return Weather(
        rate=draw.choice([0.0, 0.0, 0.0, 0.01, 0.05]),
        conflicts=draw.choice([0.0, 0.0, 0.0, 0.1]),
        fates=draw.choice([0.0, 0.0, 0.0, 0.05]),
        touches=draw.choice([0.0, 0.0, 0.2]),
        outages=tuple(outages),
        old_lists=draw.choice([0.0, 0.0, 0.0, 0.3]),
    )
