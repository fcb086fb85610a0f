# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Measures what a rollout costs, beside Ansible alone and a script on the Azure SDK, and how fast the simulator is.

The whole of it writes the page of the documentation; a part of it, with --sizes, only prints.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import time
from functools import partial

from bench import contenders, load, page, results
from bench.contenders import Measured
from checkout import ROOT

# Instances, and how often each contender runs with so many.
ROUNDS = {20: 3, 100: 3, 1000: 2}
FLEET, FLEET_SIZE, LARGE_FLEET_SIZE = 20, 20, 100


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def show(name: str, found: Measured) -> Measured:
    say(
        f"{name}: {found.cost.cpu:.1f} s of processor time, {found.cost.wall:.1f} s, {found.requests.total} requests, "
        f"{found.requests.logins} logins, {len(found.calls)} module calls, {found.tasks} tasks"
    )
    return found


def at_size(size: int, rounds: int) -> dict[str, results.Summary]:
    """The contenders in turn, so that a busy minute of the machine meets all of them."""
    runs: dict[str, list[Measured]] = {"role": [], "floor": [], "sdk": [], "second run": []}
    for number in range(rounds):
        named = f"{size} instances, round {number + 1} of {rounds}"
        first, second = contenders.role_twice(size)
        runs["role"].append(show(f"{named}, role", first))
        runs["second run"].append(show(f"{named}, second run", second))
        runs["floor"].append(show(f"{named}, Ansible alone", contenders.floor(first)))
        runs["sdk"].append(show(f"{named}, script", contenders.sdk(size)))
    return {name: results.summarize(found) for name, found in runs.items()}


def with_limits() -> dict[str, results.Summary]:
    """What is run once: with Azure's limits, and many sets in one play."""
    runs = {
        "1 set of 1,000 instances, with limits": partial(contenders.role, 1, 1000, throttling=True),
        f"1 set of {FLEET_SIZE}": partial(contenders.role, 1, FLEET_SIZE, throttling=True),
        f"{FLEET} sets of {FLEET_SIZE}": partial(contenders.role, FLEET, FLEET_SIZE, throttling=True),
        f"{FLEET} sets of {LARGE_FLEET_SIZE}": partial(contenders.role, FLEET, LARGE_FLEET_SIZE, throttling=True),
    }
    return {name: results.summarize([show(name, run())]) for name, run in runs.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", help="only these numbers of instances, once each; no page")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    rounds = dict.fromkeys(options.sizes, 1) if options.sizes else ROUNDS
    found = results.Results({size: at_size(size, number) for size, number in rounds.items()})
    if not options.sizes:
        found.single = with_limits()
    (contenders.FOLDER / "results.json").write_text(results.plain(found), encoding="utf-8")
    now = results.ratios(found)
    print("\n# Ratios\n")
    print("\n".join(f"{value:>8g}  {name}" for name, value in now.items()))
    worse = results.worse(now)
    print("\n".join(["", "More than 20 % worse than the last time:", *worse]) if worse else "\nNothing is 20 % worse.")
    print("\n# The simulator\n", flush=True)
    errors = load.main([])
    if not options.sizes:
        page.write(found, results.machine())
        results.keep(now)
        print(f"\nWritten: {page.PAGE.relative_to(ROOT)} and {results.LAST.relative_to(ROOT)}")
    return errors


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error}\n{error.output[-4000:]}")
    except contenders.NotUpgraded as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
