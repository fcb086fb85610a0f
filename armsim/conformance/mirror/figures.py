# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The figures of the comparison in the simulator's README, between two markers; one row for each folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from conformance.mirror.report import Report, Row

BEGIN = "<!-- figures of the recordings: begin -->"
END = "<!-- figures of the recordings: end -->"
_HEAD = (
    "| recordings | scenarios | all | of 2022 and later | answers that show instances | parts |",
    "|---|---|---|---|---|---|",
)


def write(readme: Path, reports: Mapping[str, Report]) -> list[str]:
    """Put the rows of these folders in place of their old ones; those of other folders stay.

    Returns the rows that were there of folders in which fewer exchanges agree now: they stay, too. Raises ValueError
    where the markers are missing.
    """
    before, begin, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{readme} lacks the lines {BEGIN} and {END}.")
    rows = {line.split("|")[1].strip(" `"): line for line in old.splitlines() if line.startswith("| `")}
    worse = [row for name, row in rows.items() if name in reports and _agreed(row) > _shown(reports[name].total)]
    rows |= {name: _row(name, report) for name, report in reports.items() if rows.get(name) not in worse}
    table = "\n".join((*_HEAD, *rows.values()))
    readme.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}", encoding="utf-8")
    return worse


def _agreed(row: str) -> float:
    """The percentage of all exchanges in a row of the table."""
    return float(row.split("|")[3].partition("%")[0])


def _shown(row: Row) -> float:
    return round(row.percentage, 1)


def _row(name: str, report: Report) -> str:
    parts = ", ".join(f"{report.parts[part].percentage:.1f}" for part in sorted(report.parts))
    shown = (report.total, report.modern, report.instances)
    return f"| `{name}` | {len(report.recordings)} | {' | '.join(map(_cell, shown))} | {parts} |"


def _cell(row: Row) -> str:
    return f"{row.percentage:.1f} % of {row.total:,}"
