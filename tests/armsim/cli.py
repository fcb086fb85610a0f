# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The command line: read a scenario, serve it, say where."""

from __future__ import annotations

import argparse
import json
import logging
import math
import os
import socket
import sys
import tempfile
from pathlib import Path

from armsim import dump, scenario, summary, tls
from armsim.clock import Clock, ScaledClock, StandingClock
from armsim.dump import DumpError
from armsim.principal import Principal
from armsim.scenario import Scenario, ScenarioError
from armsim.simulation import Simulation
from armsim.web import server
from armsim.web.admin import PREFIX
from armsim.web.app import application
from armsim.web.gateway import Host, Settings
from armsim.wire import Json

METADATA_VERSION = "2022-09-01"


def main(arguments: list[str] | None = None) -> int:
    """Run the sub-command ``ledger``, or else the simulator until it is told to stop; returns the exit status."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["ledger"]:
        return summary.main(words[1:])
    options = _parser().parse_args(words)
    if options.ready_file is not None:
        options.ready_file.unlink(missing_ok=True)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="armsim: %(levelname)s: %(message)s")
    try:
        dumps = [dump.read(paths) for paths in options.from_dump]
        spec = dump.with_dumps(_scenario(options.scenario), dumps)
        if not spec.scale_sets and not dumps:
            raise ScenarioError("there is no scale set: give --scenario, --from-dump or both")
        clock: Clock = StandingClock() if math.isinf(options.speed) else ScaledClock(options.speed)
        principal = Principal(spec.principal, spec.tenant_id)
        seed = spec.seed if options.seed is None else options.seed

        def start() -> Simulation:
            return Simulation(spec, clock, seed, principal, dumps)

        simulation = start()
        for note in simulation.notes:
            print(f"armsim: note: {note}", file=sys.stderr, flush=True)
        host = Host(simulation, Settings(options.speed, options.retry_after), start)
        listener = server.listen(options.port)
    except (ScenarioError, DumpError, server.PortTakenError) as error:
        for line in str(error).splitlines():
            print(f"armsim: {line}", file=sys.stderr)
        return 2
    _serve(host, spec, listener, options.ready_file)
    return 0


def _scenario(name: str | None) -> Scenario | None:
    return None if name is None else scenario.load(scenario.locate(name))


def _serve(host: Host, spec: Scenario, listener: socket.socket, ready_file: Path | None) -> None:
    identity = tls.make()
    with tempfile.TemporaryDirectory(prefix="armsim-") as directory:
        ca_file = Path(directory, "ca.pem")
        ca_file.write_bytes(identity.ca_bundle)
        base_url = f"https://{server.LOOPBACK}:{listener.getsockname()[1]}"

        def ready() -> None:
            host.simulation.timeline.begin()
            text = json.dumps(_ready(host.simulation, spec, base_url, ca_file), indent=2)
            if ready_file is not None:
                _write_atomically(ready_file, text)
            print(text, flush=True)

        server.serve(application(host), listener, identity.context, ready)


def _ready(simulation: Simulation, spec: Scenario, base_url: str, ca_file: Path) -> Json:
    return {
        "base_url": base_url,
        "metadata_url": f"{base_url}/metadata/endpoints?api-version={METADATA_VERSION}",
        "authority": base_url,
        "tenant_id": spec.tenant_id,
        "client_id": spec.principal.client_id,
        "client_secret": spec.principal.client_secret,
        "subscription_id": spec.subscription.id,
        "ca_file": str(ca_file),
        "admin_url": f"{base_url}{PREFIX}",
        "scale_sets": [
            {
                "name": item.name,
                "resource_group": item.resource_group,
                "location": item.location,
                "id": item.id,
                "capacity": item.capacity,
            }
            for item in simulation.scale_sets()
        ],
        "notes": simulation.notes,
    }


def _write_atomically(path: Path, text: str) -> None:
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8"
    ) as file:
        file.write(text + "\n")
    os.replace(file.name, path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m armsim", description="A local Azure Resource Manager for virtual machine scale sets."
    )
    parser.add_argument("--scenario", help="a scenario file, or the name of a bundled scenario")
    parser.add_argument(
        "--from-dump",
        nargs="+",
        action="append",
        default=[],
        metavar="FILE",
        help="a scale set of yours: set.json and instances.json, as the Azure CLI prints them, or a folder with both; "
        "may be repeated",
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; default: a free one")
    parser.add_argument(
        "--speed",
        type=_speed,
        default=1.0,
        help="simulated seconds to the real second, or max: as fast as the clients ask; default: 1",
    )
    parser.add_argument("--ready-file", type=Path, help="write the same JSON object here, once requests are served")
    parser.add_argument("--seed", type=int, help="seed of all random draws; default: the scenario's")
    parser.add_argument(
        "--retry-after",
        type=_at_least_one,
        help="whole real seconds for every Retry-After that the scenario sends, instead of its own",
    )
    return parser


def _at_least_one(text: str) -> int:
    # Clients take a Retry-After of 0 for none at all, and then wait for half a minute.
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def _speed(text: str) -> float:
    if text == "max":
        return math.inf
    value = float(text)
    if not 0 < value < 1_000_000:
        raise argparse.ArgumentTypeError("must be max, or above 0 and below 1000000")
    return value
