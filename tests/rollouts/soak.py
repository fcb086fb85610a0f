# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Roll through random worlds for as long as told, and print the numbers.

python -m rollouts.soak                      10,000 of them; writes the page of the documentation
python -m rollouts.soak --rollouts 500
python -m rollouts.soak --seconds 3600
python -m rollouts.soak --seed 4711          one world again, with everything that happened in it
"""

from __future__ import annotations

import argparse
import gc
import itertools
import multiprocessing
import random
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from rollouts.page import PAGE, page
from rollouts.rollout import Outcome, roll
from rollouts.trace import differences
from rollouts.worlds import noisy_world, random_world

Played = TypeVar("Played")

ROLLOUTS = 10_000
HEALTHY = 1_000
# In so many worlds the role itself is held against the driver.
COMPARED = 500
MOST_FALSE_HALTS = 0.05
PROGRESS = 15.0
# So many rollouts are handed out at a time.
BEGUN = 32
SHOWN = 20


@dataclass
class Tally:
    """The numbers of many rollouts."""

    outcomes: Counter[str] = field(default_factory=Counter)
    stops: Counter[str] = field(default_factory=Counter)
    sums: Counter[str] = field(default_factory=Counter)
    lowest: int | None = None
    violations: list[tuple[int, str]] = field(default_factory=list)

    @property
    def rollouts(self) -> int:
        return sum(self.outcomes.values())

    @property
    def stopped(self) -> int:
        return sum(self.stops.values())

    def add(self, seed: int, outcome: Outcome) -> None:
        self.outcomes[outcome.result] += 1
        if outcome.cause is not None:
            self.stops[outcome.cause] += 1
        for name in ("size", "runs", "batches", "kills", "faults"):
            self.sums[name] += getattr(outcome, name)
        if outcome.lowest is not None:
            self.lowest = outcome.lowest if self.lowest is None else min(self.lowest, outcome.lowest)
        self.violations += [(seed, violation) for violation in outcome.violations]

    def lines(self) -> Iterator[str]:
        sums = self.sums
        yield f"rollouts                     {self.rollouts:>9,}   runs {sums['runs']:,}"
        yield f"instances                    {sums['size']:>9,}"
        yield f"batches                      {sums['batches']:>9,}"
        yield f"kills                        {sums['kills']:>9,}"
        yield f"faults                       {sums['faults']:>9,}"
        for result, count in self.outcomes.most_common():
            yield f"  {result:<26} {count:>9,}"
        yield f"stops by cause               {self.stopped:>9,}"
        for cause, count in self.stops.most_common():
            yield f"  {cause:<26} {count:>9,}"
        yield f"margin above the minimum in service       {self.lowest if self.lowest is not None else '-':>9}"
        yield f"violations                   {len(self.violations):>9,}"
        for seed, violation in self.violations[:SHOWN]:
            yield f"  {_broken(seed, violation)}"


def _broken(seed: int, violation: str) -> str:
    return f"{violation[:200]}   again: make soak SEED={seed}"


def play(seed: int, *, noisy: bool = False) -> tuple[int, Outcome]:
    """The rollout of a seed. Raises RuntimeError, which alone comes through to another process, for whatever it
    raises.
    """
    draw = random.Random(seed)
    try:
        return seed, roll(noisy_world(draw) if noisy else random_world(draw))
    except Exception as broken:
        raise RuntimeError(f"seed {seed}: {traceback.format_exc()}") from broken


def many(seeds: Iterator[int], tally: Tally, *, noisy: bool = False, until: float = float("inf")) -> None:
    """Roll through the worlds of these seeds in two processes, or until the time is up."""

    def progress() -> str:
        return f"{tally.rollouts:,} rollouts, {len(tally.violations)} violations ..."

    for seed, outcome in _in_two_processes(partial(play, noisy=noisy), seeds, progress, until):
        tally.add(seed, outcome)
        for violation in outcome.violations:
            print(_broken(seed, violation), flush=True)


def compare(worlds: int) -> int:
    """Hold the role's own task files against the driver in so many worlds; returns the number of differences."""
    found = done = 0

    def progress() -> str:
        return f"the role in {done} worlds, {found} differences ..."

    for differ in _in_two_processes(differences, iter(range(worlds)), progress):
        done += 1
        found += len(differ)
        print("".join(f"{one}\n" for one in differ), end="", flush=True)
    print(f"The role itself was played in {worlds} worlds, and did otherwise than the driver {found} times.")
    return found


def _in_two_processes(
    act: Callable[[int], Played], seeds: Iterator[int], progress: Callable[[], str], until: float = float("inf")
) -> Iterator[Played]:
    """What comes of each seed, in any order, until the time is up; says now and then how far it is."""
    told = time.monotonic()
    # The pool takes all that it is given at once; this has it wait for what it has begun.
    begun, over = threading.Semaphore(BEGUN), threading.Event()
    with multiprocessing.Pool(2, _collect_seldom) as pool:
        try:
            for played in pool.imap_unordered(act, _until(seeds, until, begun, over), chunksize=4):
                begun.release()
                yield played
                if time.monotonic() - told > PROGRESS:
                    told = time.monotonic()
                    print(progress(), flush=True)
        finally:
            # After an error, the end of the pool waits for what hands out the seeds, and that for this.
            over.set()
            begun.release()


def _collect_seldom() -> None:
    """Look for garbage a hundredth as often: a world makes millions of records, few of them in circles."""
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)


def _until(seeds: Iterator[int], until: float, begun: threading.Semaphore, over: threading.Event) -> Iterator[int]:
    """The seeds, fed no faster than they are used up, until the time is up or nobody wants more."""
    for seed in seeds:
        begun.acquire()
        if over.is_set() or time.monotonic() >= until:
            return
        yield seed


def again(seed: int, *, noisy: bool) -> Tally:
    """The rollout of a seed again, told write by write."""
    draw = random.Random(seed)
    world = noisy_world(draw) if noisy else random_world(draw)
    outcome = roll(world, tell=print)
    for name, value in {**world.document["scale_sets"][0], **vars(world.options)}.items():
        print(f"{name:<34}{str(value)[:160]}")
    print(f"{'images':<34}{world.document['images']['platform'][0]['versions']}")
    print(f"{'actors':<34}{world.document['actors']}")
    print(world.weather)
    tally = Tally()
    tally.add(seed, outcome)
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rollouts", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--noisy", action="store_true", help="with --seed: one of the healthy rollouts")
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    if given.seed is not None:
        tally = again(given.seed, noisy=given.noisy)
        print("\n".join(tally.lines()))
        return bool(tally.violations)
    whole = given.rollouts is None and given.seconds is None
    started = time.monotonic()
    tally = Tally()
    if given.seconds is not None:
        many(itertools.count(given.first), tally, until=started + given.seconds)
    else:
        many(iter(range(given.first, given.first + (given.rollouts or ROLLOUTS))), tally)
    print("\n".join(tally.lines()))
    print(f"{time.monotonic() - started:.0f} s")
    healthy = Tally()
    many(iter(range(HEALTHY if whole else max(tally.rollouts // 10, 1))), healthy, noisy=True)
    share = healthy.stopped / healthy.rollouts
    noisy = [
        f"healthy rollouts             {healthy.rollouts:>9,}",
        f"stopped                      {healthy.stopped:>9,}   {share:.1%}",
        f"violations                   {len(healthy.violations):>9,}",
    ]
    print("\n".join(noisy))
    differ = compare(COMPARED if whole else max(tally.rollouts // 20, 1))
    if whole:
        PAGE.write_text(page(tally.lines(), noisy, HEALTHY, COMPARED), encoding="utf-8")
        print(f"Written: {PAGE}")
    return bool(tally.violations or healthy.violations or differ) or share > MOST_FALSE_HALTS


if __name__ == "__main__":
    sys.exit(main())
