# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The command line: read a scenario, serve it, print where."""

from __future__ import annotations

import argparse
import logging
import math
import socket
import sys
import tempfile
from pathlib import Path

import armsim
from armsim import dump, scenario
from armsim.cli import env, ledger, schema
from armsim.cli.ready import Addresses, describe, publish
from armsim.common.clock import Clock, ScaledClock, StandingClock
from armsim.dump import DumpError
from armsim.identity.directory import Directory
from armsim.scenario import Scenario, ScenarioError
from armsim.service.simulation import Simulation
from armsim.web import server, tls
from armsim.web.app import application
from armsim.web.host import Host, Settings
from armsim.web.managed_identity import ManagedIdentity


def main(arguments: list[str] | None = None) -> int:
    """Run a sub-command, or else the simulator until it is to stop; returns the exit status."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["env"]:
        return env.main(words[1:])
    if words[:1] == ["ledger"]:
        return ledger.main(words[1:])
    if words[:1] == ["schema"]:
        return schema.main(words[1:])
    options = _parser().parse_args(words)
    if options.ready_file is not None:
        options.ready_file.unlink(missing_ok=True)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="armsim: %(levelname)s: %(message)s")
    try:
        dumps = [dump.read(paths) for paths in options.from_dump]
        spec = dump.with_dumps(_scenario(options.scenario), dumps)
        if not spec.scale_sets and not dumps:
            raise ScenarioError("there is no scale set: give --scenario, --from-dump or both")
        spec = _with_throttling(spec, options.throttling or ("on" if options.strict else None))
        clock: Clock = StandingClock() if math.isinf(options.speed) else ScaledClock(options.speed)
        directory = Directory(spec, strict=(options.auth or ("strict" if options.strict else "lenient")) == "strict")
        seed = spec.seed if options.seed is None else options.seed

        def start() -> Simulation:
            return Simulation(spec, clock, seed, dumps)

        simulation = start()
        for note in simulation.notes:
            print(f"armsim: note: {note}", file=sys.stderr, flush=True)
        host = Host(simulation, directory, Settings(options.speed, options.retry_after), start)
        listeners, identity_listeners = server.listen(options.port), server.listen(options.identity_port)
    except (ScenarioError, DumpError, server.PortTakenError) as error:
        for line in str(error).splitlines():
            print(f"armsim: {line}", file=sys.stderr)
        return 2
    _serve(host, listeners, identity_listeners, options.ready_file)
    return 0


def _scenario(name: str | None) -> Scenario | None:
    return None if name is None else scenario.load(scenario.locate(name))


def _with_throttling(spec: Scenario, wanted: str | None) -> Scenario:
    """The scenario with limits enforced or not; ``None`` leaves it as it is."""
    if wanted is None:
        return spec
    return spec.model_copy(update={"throttling": spec.throttling.model_copy(update={"enabled": wanted == "on"})})


def _serve(
    host: Host, listeners: list[socket.socket], identity_listeners: list[socket.socket], ready_file: Path | None
) -> None:
    certificate = tls.make()
    managed_identity = ManagedIdentity(host)
    front = server.Door(application(host), listeners, certificate.context)
    back = server.Door(managed_identity.application(), identity_listeners)
    with tempfile.TemporaryDirectory(prefix="armsim-") as folder:
        addresses = Addresses(
            base_url=f"https://{server.LOOPBACK}:{front.port}",
            identity_url=f"http://{server.LOOPBACK}:{back.port}",
            identity_header=managed_identity.header,
            ca_file=Path(folder, "ca.pem"),
            federated_token_file=Path(folder, "federated-token"),
        )
        addresses.ca_file.write_bytes(certificate.ca_bundle)
        token = host.directory.federation.token(host.directory.default)
        addresses.federated_token_file.write_text(token, encoding="ascii")

        def ready() -> None:
            host.simulation.timeline.begin()
            publish(describe(host.simulation, host.directory, addresses), ready_file)

        server.serve([front, back], ready)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="armsim",
        description="A local Azure Resource Manager for virtual machine scale sets.",
        epilog="also: armsim env, ledger and schema, each with --help",
    )
    parser.add_argument("--version", action="version", version=f"armsim {armsim.__version__}")
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
        "--identity-port", type=int, default=0, help="port of managed identity, plain HTTP; default: a free one"
    )
    parser.add_argument(
        "--auth",
        choices=("lenient", "strict"),
        help="strict: a token must be for Azure Resource Manager or for this endpoint; default: lenient, any will do",
    )
    parser.add_argument(
        "--speed",
        type=_speed,
        default=1.0,
        help="simulated seconds to the real second, or max: as fast as the clients send requests; default: 1",
    )
    parser.add_argument("--ready-file", type=Path, help="write the same JSON object here, once requests are served")
    parser.add_argument("--seed", type=int, help="seed of all random draws; default: the scenario's")
    parser.add_argument(
        "--retry-after",
        type=_at_least_one,
        help="whole real seconds for every Retry-After that the scenario sends, instead of its own",
    )
    parser.add_argument(
        "--throttling",
        choices=("on", "off"),
        help="on: refuse requests beyond Azure's limits; default: as the scenario has it, else off",
    )
    parser.add_argument(
        "--strict", action="store_true", help="as the real service: --auth strict and --throttling on, where not given"
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
