# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The table of the matrix, for the terminal and for the documentation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from e2e.conftest import ROOT
from matrix.case import Case

PAGE = ROOT / "docs" / "docsite" / "rst" / "fault_matrix.rst"
HEAD = """..
  Copyright (c) 2026, azroll.vmss contributors
  GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later

.. _ansible_collections.azroll.vmss.docsite.fault_matrix:

What happens when things go wrong
=================================

{count} cases, each a real run of the playbooks against a simulated Azure in which something goes wrong. This page was
written by the command that played them, from their reports and from the simulator's ledger:

.. code-block:: sh

   make matrix

*Expected* and *Seen* are the ``result`` of each run of the case, in order. *In service* is the number of instances in
service at the worst moment, of how many, and the least that is allowed: the minimum in service of the options, less
what the case itself takes away. *Who wins* says in words what becomes of the image and of the instances. After each
case the lease is gone, and automatic repairs and autoscale are as they were before, unless the case says otherwise.
Where every run was refused or a dry run, no instance was sent and the image is the one that was there; "Nothing was
written" is held against the ledger. *Killed at every step* has a case for each task of the role that acts outside of
ansible-playbook: what other tasks do dies with the process, so a kill after one of them leaves what a kill before it
leaves. ``tests/matrix/cases`` has the worlds, the options, and the words that the reports must have. ``make proof``
writes this page, and that of the random rollouts.
"""
TABLE = [".. list-table::", "   :header-rows: 1", "   :widths: 32 12 12 10 18 6 5 7", ""]
TITLES = {
    "healthy": "Healthy images",
    "images": "Bad images",
    "wire": "An unreliable API",
    "actors": "Others at work",
    "instances": "Instances that are different",
    "runs": "Runs that meet, wait and die",
    "steps": "Killed at every step",
}


def read_rows(cases: Sequence[Case], folder: Path) -> dict[str, dict[str, Any]]:
    """The rows that there are, by the name of the case."""
    files = {case.name: folder / f"{case.name}.json" for case in cases}
    return {name: json.loads(file.read_text(encoding="utf-8")) for name, file in files.items() if file.exists()}


def table(cases: Sequence[Case], rows: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The matrix in lines of text."""
    yield ""
    yield f"{'case':<44} {'expected':<24} {'seen':<24} {'in service':>11} {'requests':>8} {'writes':>6}  result"
    for case in cases:
        row = rows.get(case.name)
        if row is None:
            continue
        wanted, seen = " ".join(play.result for play in case.plays), " ".join(row["results"])
        service = f"{row['least']} of {row['instances']}, {case.floor - case.lost}"
        cost = f"{row['requests']:>8} {row['writes']:>6}"
        yield f"{case.name:<44} {wanted:<24} {seen:<24} {service:>11} {cost}  {_verdict(row)}"


def page(cases: Sequence[Case], rows: Mapping[str, Mapping[str, Any]], before: str = "") -> str:
    """The page of the documentation. Cases without a row keep the one that they have on the page as it was `before`."""
    cells = {**read_cells(before), **{case.name: _cells(case, rows[case.name]) for case in cases if case.name in rows}}
    text = [HEAD.format(count=sum(case.name in cells for case in cases))]
    for group, title in TITLES.items():
        found = [cells[case.name] for case in cases if case.group == group and case.name in cells]
        if found:
            text += ["", title, "-" * len(title), "", *TABLE]
            text += _row("Case", "Expected", "Seen", "In service", "Who wins", "Requests", "Writes", "Result")
            text += [line for each in found for line in _row(*each)]
    return "\n".join(text) + "\n"


def read_cells(text: str) -> dict[str, tuple[str, ...]]:
    """The cells of each row of a page, by the name of the case."""
    found = re.findall(r"^   \* - (``([\w-]+)``: .*)\n((?:     - .*\n)+)", text, re.MULTILINE)
    return {name: (first, *(line.removeprefix("     - ") for line in rest.splitlines())) for first, name, rest in found}


def _cells(case: Case, row: Mapping[str, Any]) -> tuple[str, ...]:
    expected, seen = ", ".join(play.result for play in case.plays), ", ".join(row["results"])
    return (
        f"``{case.name}``: {case.about}",
        expected,
        seen,
        f"{row['least']} of {row['instances']} (at least {case.floor - case.lost})",
        case.wins,
        str(row["requests"]),
        str(row["writes"]),
        _verdict(row),
    )


def _verdict(row: Mapping[str, Any]) -> str:
    return "; ".join(row["wrong"]) or "as expected"


def _row(*cells: str) -> list[str]:
    return [f"   {'* -' if number == 0 else '  -'} {cell}" for number, cell in enumerate(cells)]
