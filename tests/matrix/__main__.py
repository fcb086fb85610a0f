# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Play the fault matrix, print it, and write its page of the documentation.

python -m matrix                     all cases, and the kills at every step
python -m matrix bad-image killed    those of a group, or whose names contain a word; their rows replace earlier ones
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from armsim.launch import SimulatorError
from e2e.conftest import ROOT
from matrix.case import Case, read_cases
from matrix.drive import play_case, write_row
from matrix.judge import Seen
from matrix.page import PAGE, page, read_rows, table
from matrix.steps import step_cases

ROWS = ROOT / "build" / "matrix"
WORKERS = 2
# What keeps a case from being played; it is a row like any other, and wrong.
UNPLAYABLE = (SimulatorError, RuntimeError, OSError, ValueError, KeyError, subprocess.SubprocessError)


def play(case: Case, rows: Path) -> Seen:
    """Play a case; its output goes to a file beside its row."""
    started = time.monotonic()
    with (rows / f"{case.name}.log").open("w", encoding="utf-8") as log, contextlib.redirect_stdout(log):
        try:
            with tempfile.TemporaryDirectory(prefix="matrix-") as folder:
                seen = play_case(case, Path(folder))
        except UNPLAYABLE as error:
            traceback.print_exc(file=log)
            seconds = round(time.monotonic() - started)
            seen = Seen(case.name, [], 0, 0, 0, 0, 0, seconds, [f"not played: {str(error).splitlines()[-1:]}"])
    write_row(seen, rows)
    return seen


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", help="parts of names of cases, or groups")
    words = parser.parse_args(arguments).words
    cases = [*read_cases(), *step_cases()]
    chosen = [case for case in cases if not words or any(word in case.name or word == case.group for word in words)]
    if not chosen:
        parser.error(f"no case has one of these words in its name: {' '.join(words)}")
    ROWS.mkdir(parents=True, exist_ok=True)
    if not words:
        for old in ROWS.glob("*.json"):
            old.unlink()
    wrong = 0
    with multiprocessing.Pool(WORKERS) as pool:
        for number, seen in enumerate(pool.imap_unordered(partial(play, rows=ROWS), chosen), start=1):
            wrong += bool(seen.wrong)
            print(
                f"{number:>3} of {len(chosen)}  {seen.seconds:>4} s  {seen.case:<44} {'WRONG' if seen.wrong else 'ok'}"
            )
            print("".join(f"        {line}\n" for line in seen.wrong), end="", flush=True)
    rows = read_rows(cases, ROWS)
    print("\n".join(table(cases, rows)))
    PAGE.write_text(page(cases, rows, PAGE.read_text(encoding="utf-8") if words else ""), encoding="utf-8")
    print(f"Written: {PAGE.relative_to(ROOT)}")
    print(f"{len(chosen)} cases played, {wrong} wrong")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
