# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Runs a command and measures all processes that come of it. Where there is no /proc, memory is not measured."""

from __future__ import annotations

import os
import subprocess
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from checkout import ROOT

PROC = Path("/proc")
LOOK_EVERY_SECONDS = 0.25


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds by the wall and of processor time, and the most memory of all processes together.

    `own_cpu` is that of the first process alone, `peak_mb` is the proportional set size; None where it is not known.
    """

    wall: float
    cpu: float
    own_cpu: float | None
    peak_mb: float | None
    output: str


def run(command: Sequence[str | Path], environment: Mapping[str, str], log: Path) -> Cost:
    """Run to the end; the output goes to a file. Raises CalledProcessError where the command fails."""
    begun, peak = time.monotonic(), 0.0
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        # Until it is waited for, an ended process still shows the processor time that it took.
        while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            peak = max(peak, _memory_mb(process.pid))
            time.sleep(LOOK_EVERY_SECONDS)
        wall, own = time.monotonic() - begun, cpu_of(process.pid)
        _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args, log.read_text(encoding="utf-8"))
    return Cost(wall, used.ru_utime + used.ru_stime, own, peak or None, log.read_text(encoding="utf-8"))


def cpu_of(pid: int) -> float | None:
    """Seconds of processor time that a process has used itself so far; None where that is not known."""
    try:
        fields = (PROC / str(pid) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(root: int) -> float:
    return sum(_pss_kb(pid) for pid in _descendants(root)) / 1024


def _descendants(root: int) -> list[int]:
    children: dict[int, list[int]] = defaultdict(list)
    for folder in PROC.glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        children[parent].append(int(folder.name))
    found, left = [], [root]
    while left:
        found.append(left.pop())
        left += children[found[-1]]
    return found


def _pss_kb(pid: int) -> int:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
