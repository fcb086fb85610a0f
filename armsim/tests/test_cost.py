# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What a thousand instances cost. Time is processor time, so that a busy machine does not fail the test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PAGES = 30


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_megabytes(pid: int) -> float:
    """Most memory that a process has held so far."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads what Linux reports of a process")
def test_a_thousand_instances_start_list_and_fit_within_their_limits(new_client):
    client = new_client("thousand")
    pid = client.simulator.process.pid
    assert cpu_seconds(pid) < 2
    before = cpu_seconds(pid)
    for _ in range(PAGES):
        page = client.get(f"{client.web}/virtualMachines", query="$expand=instanceView")
        assert len(page.json()["value"]) == 120
    assert (cpu_seconds(pid) - before) / PAGES < 0.030
    assert resident_megabytes(pid) < 200
