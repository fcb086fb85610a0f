# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""A whole rollout before your eyes: the plan, the rollout, and the same again, against the simulator.

It ends with what the report says and what the simulator counted; the exit status is 1 when anything is not as promised.
"""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from armsim.launch import Simulator, running
from checkout import BUILD, ROOT, scripts, variables

RESOURCE_GROUP, SCALE_SET = "rg-shop", "web"
MAX_UNAVAILABLE_PERCENT = 20
REPORTS = BUILD / "demo"
SECOND_REPORTS = REPORTS / "second-run"
# A minute of the simulated cloud is a second here, so the role looks at it more often than it would at the real one.
SPEED = 60
LOOK_EVERY_SECONDS = 1

Json = dict[str, Any]


def play(simulator: Simulator, title: str, reports: Path, *arguments: str) -> None:
    """Runs the playbook on the terminal; raises CalledProcessError when it fails."""
    command = [
        "ansible-playbook",
        "azroll.vmss.upgrade",
        *("-e", f"rollout_resource_group={RESOURCE_GROUP}"),
        *("-e", f"rollout_scale_set={SCALE_SET}"),
        *("-e", '{"rollout_image": {"version": "latest"}}'),
        *("-e", f"rollout_max_unavailable={MAX_UNAVAILABLE_PERCENT}%"),
        *("-e", f"rollout_report_dir={reports.relative_to(ROOT)}"),
        *("-e", f"rollout_poll_interval={LOOK_EVERY_SECONDS}"),
        *("-e", f"rollout_health_delay={LOOK_EVERY_SECONDS}"),
        *arguments,
    ]
    print(f"\n# {title}\n\n$ {shlex.join(command)}", flush=True)
    environment = {**variables("runtime"), **simulator.env(), "ANSIBLE_CALLBACKS_ENABLED": "azroll.vmss.heatmap"}
    subprocess.run([scripts("runtime") / command[0], *command[1:]], cwd=ROOT, env=environment, check=True)


def keep(ledger: Json, reports: Path) -> Json:
    """Writes the simulator's count beside the role's report; returns the count."""
    reports.mkdir(parents=True, exist_ok=True)
    (reports / "ledger.json").write_text(json.dumps(ledger, indent=2) + "\n", encoding="utf-8")
    return ledger


def read_report(reports: Path) -> Json:
    report: Json = json.loads((reports / "report.json").read_text(encoding="utf-8"))
    return report


def judge(after_plan: Json, after: Json, after_second: Json) -> list[tuple[bool, str]]:
    """Each promise: whether it was kept, and the numbers; from the ledgers after the plan and after each run."""
    report, second_report = read_report(REPORTS), read_report(SECOND_REPORTS)
    counted = after["scale_sets"][SCALE_SET]
    capacity, lowest = counted["capacity"], counted["min_in_service"]
    floor = capacity - capacity * MAX_UNAVAILABLE_PERCENT // 100
    planned = after_plan["requests"]["writes"]
    requests, writes = after["requests"]["total"], after["requests"]["writes"]
    second_writes = after_second["requests"]["writes"] - writes
    on_target = counted["instances_on_target"]
    return [
        (planned == 0, f"The plan wrote nothing ({planned} writes)."),
        (
            report["result"] == "succeeded" and on_target == report["instances_on_target"] == capacity,
            f"The rollout {report['result']}: the target image is on {on_target} of {capacity} instances.",
        ),
        (lowest >= floor, f"In service were never fewer than {lowest} of {capacity} (allowed: {floor})."),
        (0 < writes < requests, f"It took {requests} requests, {writes} of them writes."),
        (
            second_report["result"] == "nothing_to_do" and second_writes == 0,
            f"The second run found {second_report['result'].replace('_', ' ')} ({second_writes} writes).",
        ),
    ]


def main() -> int:
    shutil.rmtree(REPORTS, ignore_errors=True)
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    with running("quickstart", speed=SPEED) as simulator:
        print(f"The simulator is Azure at {simulator.ready['base_url']}, {SPEED} times as fast.")
        play(simulator, "1. The plan", REPORTS, "--check")
        after_plan = simulator.ledger()
        play(simulator, "2. The rollout", REPORTS)
        after = keep(simulator.ledger(), REPORTS)
        play(simulator, "3. The same again", SECOND_REPORTS)
        after_second = keep(simulator.ledger(), SECOND_REPORTS)
    promises = judge(after_plan, after, after_second)
    print("\n# What was seen\n")
    for kept, text in promises:
        print(f"{'ok    ' if kept else 'BROKEN'} {text}")
    print("\nThe report and the simulator's count:")
    for path in (REPORTS / "report.json", REPORTS / "ledger.json"):
        print(f"  {path.relative_to(ROOT)}")
    return 0 if all(kept for kept, _ in promises) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"\nThe playbook failed with exit status {error.returncode}.")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
