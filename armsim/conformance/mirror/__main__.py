# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""``python -m conformance.mirror --recordings FOLDER[:FOLDER...]``: does the simulator answer as the real service did?

Every recording is played to a simulator of its own, and every folder is reported by itself. Exit status 1 when in a
folder fewer exchanges agree in everything than ``--at-least`` requires, or than the file of ``--write`` has so far, and
when an accepted difference does not occur any more. What is accepted does not count as agreement.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from conformance.mirror import accepted, figures
from conformance.mirror.play import play
from conformance.mirror.recordings import load
from conformance.mirror.report import Report, part_of
from conformance.mirror.uncompared import Uncompared

AT_LEAST = 90.0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m conformance.mirror", description=__doc__)
    parser.add_argument("--recordings", required=True, help="folders of recordings of the real service")
    parser.add_argument("--at-least", type=float, default=AT_LEAST, help="percentage of exchanges that must agree")
    parser.add_argument("--only", default="", help="only recordings whose name has this in it")
    parser.add_argument("--part", type=int, help="only this part of each folder")
    parser.add_argument("--except-part", type=int, help="all but this part of each folder")
    parser.add_argument("--verbose", action="store_true", help="name each exchange that differs, accepted or not")
    parser.add_argument("--write", type=Path, help="write the figures into this file, between the markers there")
    options = parser.parse_args(arguments)
    folders = [Path(folder) for folder in options.recordings.split(os.pathsep) if folder]
    reports = {folder: _played(folder, options) for folder in folders}
    for folder, report in reports.items():
        print(f"\n{folder.name}: {len(report.recordings)} recordings")
        print("\n".join(report.lines(verbose=options.verbose)))
    passed = all(report.passes(options.at_least) for report in reports.values())
    if options.write is not None:
        worse = figures.write(options.write, {folder.name: report for folder, report in reports.items()})
        print("".join(f"\nFewer agree than {options.write} has, which stays as it was: {row}" for row in worse))
        passed &= not worse
    return 0 if passed else 1


def _played(folder: Path, options: argparse.Namespace) -> Report:
    uncompared = Uncompared.read()
    report = Report(accepted.Judge(accepted.read()))
    for recording in load(folder):
        part = part_of(recording.name)
        wanted = options.part in (None, part) and options.except_part != part
        if wanted and options.only in recording.name:
            for outcome in play(recording, uncompared):
                report.add(outcome)
    return report


if __name__ == "__main__":
    sys.exit(main())
