# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Runs ``oav validate-traffic``, installed by ``dev/oav-env``."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from conformance.traffic.exchanges import Exchange, write
from conformance.traffic.findings import Finding, ReportError, read_report

PROGRAM = Path(__file__).parents[3] / ".env" / "oav" / "node_modules" / ".bin" / "oav"
_UNDEFINED = "Error: Undefined operation"


def validate(exchanges: Mapping[str, Exchange], specs: Path, folder: Path) -> list[Finding]:
    """What oav finds in exchanges by the API description below ``specs``; ``folder`` is emptied for its files.

    oav reads nothing but the two folders: it would clone the description from the net only if configured to. Raises
    ReportError when it breaks down, or meets an exchange that the description does not know.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    traffic = folder / "traffic"
    write(exchanges, traffic)
    # Without an HTML report, and "pretty", it writes all that it knows of each finding to standard error.
    options = ["--pretty", "--logLevel", "off", "--report", "", "--logFilepath", str(folder / "log")]
    done = subprocess.run(
        [PROGRAM, "validate-traffic", traffic, specs.resolve(), *options],
        # From elsewhere oav's own pattern for the examples may miss them, and it takes them for descriptions.
        cwd=specs,
        capture_output=True,
        text=True,
        check=False,
    )
    (folder / "findings.yaml").write_text(done.stderr, encoding="utf-8")
    findings = read_report(done.stderr)
    if done.returncode != bool(findings):
        raise ReportError(f"exit status {done.returncode} with {len(findings)} findings\n{done.stderr[-2000:]}")
    undefined = done.stdout.count(_UNDEFINED)
    if undefined:
        raise ReportError(f"{undefined} exchanges that oav finds nowhere in the description\n{done.stdout[:2000]}")
    return findings
