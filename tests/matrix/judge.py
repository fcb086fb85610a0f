# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What was seen of a case, and what is wrong with it: all of it from the reports and the simulator's ledger."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from matrix.case import Case, Play

Json = Mapping[str, Any]
SENDS = ("VirtualMachineScaleSets_UpdateInstances", "VirtualMachineScaleSets_Reimage")
TAG = "azroll-"
# What the scale set remembers of its images; these tags are no lease, and outlast it.
MEMORY = (
    "azroll-rolled-back-from",
    "azroll-rollout-image",
    "azroll-rollback-image",
    "azroll-unproven-images",
    "azroll-by-image",
)
# Results after which the run itself must have ended well.
# After these, no instance was sent, and the model has the image that it had.
UNTOUCHED = {"failed", "planned"}
GOOD = {"succeeded", "nothing_to_do", "planned", "waiting", "partial"}


@dataclass(frozen=True)
class Ended:
    """How a play ended: exit status, the report's result and cause, and the output."""

    rc: int
    result: str
    cause: str
    output: str


@dataclass(frozen=True)
class Seen:
    """A row of the table: results of the plays, the worst moment, the cost, and what is wrong."""

    case: str
    results: list[str]
    least: int
    instances: int
    on_target: int
    requests: int
    writes: int
    seconds: int
    wrong: list[str]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for the file of results."""
        return asdict(self)


def judge_play(play: Play, ended: Ended, number: int) -> Iterator[str]:
    """What is wrong with the end of one play."""
    if ended.result != play.result:
        yield f"play {number} ended with {ended.result}, not {play.result}: {ended.cause}"
        return
    if play.result != "killed" and (ended.rc == 0) != (play.result in GOOD):
        yield f"play {number} is {ended.result}, but ended with status {ended.rc}"
    for words in play.cause:
        if words not in ended.cause:
            yield f"play {number}: no {words!r} in the cause: {ended.cause}"
    output = " ".join(ended.output.split())
    for words in play.says:
        if words not in output:
            yield f"play {number} does not say {words!r}"


def judge_world(case: Case, ledger: Json, state: Json, before: Json) -> Iterator[str]:
    """What is wrong with the scale set at the end. `state` and `before` are the simulator's records of it."""
    least = ledger["min_in_service"]
    if least < case.floor - case.lost:
        lost = f", of which the world took {case.lost}" if case.lost else ""
        yield f"only {least} in service at the worst moment; the minimum in service is {case.floor}{lost}"
    # The rival of a play that was refused goes through.
    if all(play.result in UNTOUCHED and play.rival is None for play in case.plays):
        yield from _touched(ledger, state, before)
    wanted = case.on_target
    if wanted is None and case.plays[-1].result == "succeeded":
        wanted = ledger["capacity"]
    if wanted is not None and ledger["instances_on_target"] != wanted:
        yield f"{ledger['instances_on_target']} instances on the model's image, not {wanted}"
    still = sorted(held(state, before))
    if still != sorted(case.held):
        yield f"still held: {', '.join(still) or 'nothing'}"
    for name, value in case.state.items():
        if state[name] != value:
            yield f"{name} is {state[name]}, not {value}"
    left = departures(ledger["timeline"])
    if case.once and left > ledger["capacity"]:
        yield f"{left} departures from service of {ledger['capacity']} instances: some left twice"


def _touched(ledger: Json, state: Json, before: Json) -> Iterator[str]:
    sent = [name for name in SENDS if ledger["requests"]["by_operation"].get(name)]
    if sent:
        yield f"instances were sent: {', '.join(sent)}"
    if state["image"] != before["image"]:
        yield f"the image is {state['image']}, not {before['image']}"


def judge_writes(play: Play, ended: Ended, number: int, writes: int) -> Iterator[str]:
    """What is wrong with the number of `writes` of one play, by what it says itself."""
    says_none = play.check or "Nothing was written." in ended.output
    if writes and says_none:
        yield f"play {number} wrote {writes} times"
    if not writes and ended.result == "failed" and not says_none:
        yield f"play {number} does not say that nothing was written"


def held(state: Json, before: Json) -> Iterator[str]:
    """What a run left behind that was not so before."""
    if any(name.startswith(TAG) and not name.startswith(MEMORY) for name in state["tags"]):
        yield "lease"
    if state["repairs"] != before["repairs"]:
        yield "repairs"
    if state["autoscale"] != before["autoscale"]:
        yield "autoscale"


def departures(timeline: Sequence[Sequence[float]]) -> int:
    """How many instances have left service in all, from the ledger's changes of the number in service."""
    counts = [count for _seconds, count in timeline]
    return int(sum(max(before - after, 0) for before, after in itertools.pairwise(counts)))
