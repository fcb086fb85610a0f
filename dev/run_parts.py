# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Runs the parts of "make test" in order, stops at the first that fails, and ends with a table of them.

make test                  all parts
make test PART=units       one part, or several: PART="lint units"
make test PART=--list      what there is
make lint ONLY=ruff        of a part, only the commands with this word in them
"""

from __future__ import annotations

import argparse
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from checkout import variables
from parts import PARTS, Part, Step

# What pytest closes with, such as "===== 12 passed, 1 skipped in 0.34s =====".
CLOSING_LINE = re.compile(r"^=+ .*\d+ (passed|failed|errors?|skipped|deselected|warnings?).* in .+ =+$")


@dataclass
class Outcome:
    """How one part went: passed, FAILED or skipped; seconds; the failing command or the reason; the closing lines."""

    part: Part
    result: str
    seconds: float = 0.0
    cause: str = ""
    closing_lines: list[str] = field(default_factory=list)


def run_step(step: Step, closing_lines: list[str]) -> int:
    """Runs one command, shows its output as it comes and keeps the closing lines in it; returns the exit status."""
    print(f"\n$ {shlex.join(step.command)}", flush=True)
    with subprocess.Popen(
        step.command,
        cwd=step.folder,
        env={**variables(step.environment), "NO_COLOR": "1", **step.variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                sys.stdout.write(line)
                sys.stdout.flush()
                if CLOSING_LINE.match(line.rstrip()):
                    closing_lines.append(line.rstrip())
        except (KeyboardInterrupt, SystemExit):
            process.terminate()
            raise
    return process.returncode


def commands_with(word: str, steps: Sequence[Step]) -> list[Step]:
    """The steps that have a word in their command line; the empty word: all."""
    return [step for step in steps if word in shlex.join(step.command)]


def run_part(part: Part, word: str = "") -> Outcome:
    """Runs the steps of one part, or those with a word in their command, up to the first that fails."""
    reason = part.skip_reason()
    if reason:
        print(f"Skipped: {reason}.")
        return Outcome(part, "skipped", cause=reason)
    started = time.monotonic()
    outcome = Outcome(part, "passed")
    part.prepare()
    for step in commands_with(word, part.steps):
        status = run_step(step, outcome.closing_lines)
        if status:
            outcome.result = "FAILED"
            outcome.cause = f"exit status {status}: {shlex.join(step.command)}"
            break
    outcome.seconds = time.monotonic() - started
    return outcome


def summary(outcomes: Sequence[Outcome]) -> str:
    """The table of parts, with the closing lines of their runners as these printed them."""
    lines = ["", "# Summary", ""]
    for outcome in outcomes:
        lines.append(f"{outcome.part.name:<10} {outcome.result:<8} {outcome.seconds:6.0f} s  {outcome.cause}".rstrip())
        lines.extend(outcome.closing_lines)
    lines.append(f"{'total':<19} {sum(outcome.seconds for outcome in outcomes):6.0f} s")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Run the parts of 'make test'.")
    parser.add_argument("parts", nargs="*", metavar="PART", help="what to run (default: everything)")
    parser.add_argument("--only", default="", metavar="WORD", help="only the commands that have this word in them")
    parser.add_argument("--list", action="store_true", help="tell what there is")
    options = parser.parse_args(arguments)
    # Whoever ends the run ends the command that it is at, too.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    if options.list:
        print("\n".join(f"{part.name:<10} {part.about}" for part in PARTS))
        return 0
    unknown = set(options.parts) - {part.name for part in PARTS}
    if unknown:
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(part.name for part in PARTS)}")
    chosen = [part for part in PARTS if part.name in options.parts or not (options.parts or part.on_request)]
    chosen = [part for part in chosen if commands_with(options.only, part.steps)]
    if not chosen:
        parser.error(f"no command with {options.only} in it")

    outcomes: list[Outcome] = []
    started = time.monotonic()
    for number, part in enumerate(chosen, start=1):
        elapsed = f"{time.monotonic() - started:.0f} s so far"
        print(f"\n# Part {number} of {len(chosen)}: {part.name} ({part.about}; {elapsed})", flush=True)
        outcomes.append(run_part(part, options.only))
        if outcomes[-1].result == "FAILED":
            break
    print(summary(outcomes))
    if outcomes[-1].result == "FAILED":
        print(f"\nPart {outcomes[-1].part.name} failed. Once fixed: make test PART={outcomes[-1].part.name}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
