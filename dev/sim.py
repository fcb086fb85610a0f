# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Runs the simulator until Ctrl-C, and prints the lines that point a shell at it."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys

from armsim.launch import SimulatorError, running
from armsim.launch.environment import shell_lines
from checkout import ROOT, scripts


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the simulator in the foreground.")
    parser.add_argument("--scenario", help="a bundled scenario or a file")
    parser.add_argument("--from-dump", nargs="+", default=[], help="set.json and instances.json, or their folder")
    parser.add_argument("--speed", type=float, required=True, help="simulated seconds to the real second")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    with running(options.scenario, from_dump=options.from_dump, speed=options.speed) as simulator:
        for note in simulator.ready["notes"]:
            print(f"# Note: {note}.")
        print("\n".join(shell_lines(simulator.ready, "ansible")))
        print(f"export ANSIBLE_CONFIG={shlex.quote(str(ROOT / 'dev' / 'ansible.cfg'))};")
        print(f'export PATH={shlex.quote(str(scripts("runtime")))}:"$PATH";')
        print("\n# It runs until Ctrl-C. After these lines, in another terminal, for example:", flush=True)
        for item in simulator.ready["scale_sets"]:
            arguments = f"-e rollout_resource_group={item['resource_group']} -e rollout_scale_set={item['name']}"
            print(f"# ansible-playbook azroll.vmss.status {arguments}")
        ready_file = shlex.quote(str(simulator.ready_file))
        print(
            f"# Lines for other clients: armsim env --ready-file {ready_file} --for az|sdk|azcollection",
            flush=True,
        )
        return simulator.process.wait()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SimulatorError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(0)
