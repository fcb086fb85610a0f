# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""``python -m conformance.traffic --specs FOLDER [--recordings FOLDER]``: does the simulator answer as it is described?

A simulator of every bundled scenario gets requests for all that the API description has for scale sets. ``oav
validate-traffic`` judges the answers, and any finding that the real service does not get is a failure. With a folder
of recordings that is put to the proof, too: what oav finds in them is what the list of accepted findings contains.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from armsim.launch import running
from armsim.scenario import BUNDLED
from conformance.traffic.description import Operation, load, operation_of
from conformance.traffic.exchanges import VERSION, Exchange, recorded
from conformance.traffic.findings import ReportError, Verdict, judge, load_accepted
from conformance.traffic.recorder import Recorder
from conformance.traffic.site import Site
from conformance.traffic.tour import tour
from conformance.traffic.validator import PROGRAM, validate

WORK = Path(__file__).parents[3] / "build" / "conformance" / "traffic"
# The file of the description of which nothing may be left out.
SCALE_SETS = "virtualMachineScaleSet"
NOT_SERVED = ("InvalidResourceType", "MethodNotAllowed")


def scenarios() -> list[str]:
    """The names of the bundled scenarios."""
    return sorted(path.stem for path in BUNDLED.glob("*.yaml"))


def drive(scenario: str) -> dict[str, Exchange]:
    """The exchanges of a tour through one scenario."""
    with running(scenario, speed="max") as simulator:
        recorder = Recorder(simulator)
        tour(Site(simulator, recorder))
        recorder.close()
    return {f"{scenario}-{number:04d}": exchange for number, exchange in enumerate(recorder.exchanges)}


def is_served(exchange: Exchange) -> bool:
    """Whether the simulator has something at the address."""
    body = exchange["response"]["body"]
    error = body.get("error") if isinstance(body, dict) else None
    return not (isinstance(error, dict) and error.get("code") in NOT_SERVED)


def gaps(exchanges: Iterable[Exchange], operations: list[Operation]) -> tuple[list[str], list[str]]:
    """Operations that were requested and are never served, and operations of scale sets that were never requested."""
    served: dict[str, bool] = {}
    for exchange in exchanges:
        operation = operation_of(exchange, operations)
        if operation is None:
            raise ReportError(f"not described: {exchange['request']['method']} {exchange['request']['url']}")
        served[operation.name] = served.get(operation.name, False) or is_served(exchange)
    unrequested = [one.name for one in operations if one.file == SCALE_SETS and one.name not in served]
    return sorted(name for name, ever in served.items() if not ever), sorted(unrequested)


def show(title: str, exchanges: Mapping[str, Exchange], verdict: Verdict) -> None:
    print(f"{title}: {len(exchanges)} exchanges at {VERSION}")
    for entry, count in verdict.accepted.items():
        if count:
            print(f"  {count:5} times {entry}: {entry.reason}")
    for finding in verdict.new:
        print(f"  NEW {finding}")


def real_service_agrees(recordings: Path, specs: Path) -> bool:
    """Whether the findings in the recordings are the accepted ones, no more and no fewer."""
    operations = load(specs)
    real = {name: exchange for name, exchange in recorded(recordings) if operation_of(exchange, operations)}
    verdict = judge(validate(real, specs, WORK / "recorded"), real, load_accepted())
    show("The real service", real, verdict)
    for entry in verdict.unproved:
        print(f"  NOT FOUND in these recordings: {entry}")
    return not verdict.new and not verdict.unproved


def simulator_agrees(names: Iterable[str], specs: Path) -> bool:
    """Whether nothing but what is accepted is found in the answers to all that can be requested."""
    exchanges: dict[str, Exchange] = {}
    for name in names:
        exchanges.update(drive(name))
    verdict = judge(validate(exchanges, specs, WORK / "simulated"), exchanges, load_accepted())
    show("The simulator", exchanges, verdict)
    unserved, unrequested = gaps(exchanges.values(), load(specs))
    print(f"  not served: {', '.join(unserved) or 'nothing'}")
    if unrequested:
        print(f"  NOT REQUESTED: {', '.join(unrequested)}")
    return not verdict.new and not unrequested


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m conformance.traffic", description=__doc__)
    parser.add_argument("--specs", type=Path, required=True, help=f"folder of the API description, {VERSION}")
    parser.add_argument("--recordings", type=Path, help="folder of recordings of the real service")
    parser.add_argument(
        "--scenario", choices=scenarios(), action="append", help="only these; default: all bundled ones"
    )
    options = parser.parse_args(arguments)
    if not PROGRAM.exists():
        parser.error("oav is not installed; dev/oav-env does it")
    try:
        proved = options.recordings is None or real_service_agrees(options.recordings, options.specs)
        agreed = simulator_agrees(options.scenario or scenarios(), options.specs)
    except ReportError as error:
        print(f"No judgement: {error}", file=sys.stderr)
        return 1
    return 0 if proved and agreed else 1


if __name__ == "__main__":
    sys.exit(main())
