# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""``python -m conformance.mirror --recordings FOLDER``: does the simulator answer as the real service did?

Every recording is played to a simulator of its own. Exit status 1 when fewer exchanges agree than ``--at-least`` says,
when a difference is not accepted, or when an accepted one does not occur any more.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from conformance.mirror import accepted
from conformance.mirror.play import play
from conformance.mirror.recordings import load
from conformance.mirror.report import Report
from conformance.mirror.uncompared import Uncompared

AT_LEAST = 95.0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m conformance.mirror", description=__doc__)
    parser.add_argument("--recordings", type=Path, required=True, help="folder of recordings of the real service")
    parser.add_argument("--at-least", type=float, default=AT_LEAST, help="percentage of exchanges that must agree")
    parser.add_argument("--only", default="", help="only recordings whose name has this in it")
    parser.add_argument("--verbose", action="store_true", help="name each exchange that differs, accepted or not")
    options = parser.parse_args(arguments)
    uncompared = Uncompared.read()
    report = Report(accepted.Judge(accepted.read()))
    for recording in load(options.recordings):
        if options.only in recording.name:
            for outcome in play(recording, uncompared):
                report.add(outcome)
    print("\n".join(report.lines(verbose=options.verbose)))
    # A part of the recordings needs only a part of the list.
    return 0 if report.passes(options.at_least, whole=not options.only) else 1


if __name__ == "__main__":
    sys.exit(main())
