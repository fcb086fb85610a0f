# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What oav reports, and which of it the real service gets as well."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from conformance.traffic.exchanges import Exchange, query_of

ACCEPTED = Path(__file__).with_name("accepted.yaml")

# After an empty line; only an exchange that oav failed to judge lacks the first of the two.
_BETWEEN = re.compile(r"(?:\A|\n\n)(?=(?:specFilePath|payloadFilePath):)")


class ReportError(Exception):
    """oav printed something that is not a report."""


@dataclass(frozen=True)
class Finding:
    """One difference between an exchange and the description.

    ``name`` is the exchange's, ``side`` request or response, ``where`` the place in the body, ``definition`` the one it
    breaks, ``subject`` the property in question (or what else oav names; empty if nothing).
    """

    name: str
    operation: str
    side: str
    code: str
    subject: str
    definition: str
    where: str
    message: str

    def kind(self) -> tuple[str, str, str]:
        return self.code, self.subject, self.definition

    def __str__(self) -> str:
        place = f"{self.name} {self.where}".rstrip()
        return f"{self.operation}: {self.message} (in the {self.side} {self.definition}, {place})"


def read_report(text: str) -> list[Finding]:
    """Findings in what ``oav validate-traffic --pretty --report ""`` writes to standard error.

    It is one YAML document after the other, without separators. An exchange that oav failed to judge is a finding, too.
    """
    findings: dict[Finding, None] = {}  # an operation in two files of the description is reported twice
    for part in filter(str.strip, _BETWEEN.split(text)):
        try:
            document = yaml.safe_load(part)
        except yaml.YAMLError as error:
            raise ReportError(f"{error}\n{part}") from error
        if not isinstance(document, dict) or "payloadFilePath" not in document:
            raise ReportError(part)
        findings.update(dict.fromkeys(_findings(document)))
    return list(findings)


def _findings(document: Mapping[str, Any]) -> Iterable[Finding]:
    name = Path(document["payloadFilePath"]).stem
    operation = (document.get("operationInfo") or {}).get("operationId", "")
    for error in document.get("errors") or []:
        yield Finding(
            name=name,
            operation=operation,
            side=error["issueSource"],
            code=error["code"],
            subject=str((error.get("params") or [""])[0]),
            definition=(error.get("source") or {}).get("jsonRef", "").rpartition("/")[2],
            where=" ".join(error.get("jsonPathsInPayload") or []),
            message=error["message"],
        )
    for exception in document.get("runtimeExceptions") or []:
        yield Finding(name, operation, "", exception["code"], "", "", "", exception["message"])


@dataclass(frozen=True)
class Accepted:
    """A kind of finding that the real service gets as well; with ``query`` only where the request has that option.

    ``source`` is where it is published that the service answers so, if it is not in recordings.
    """

    code: str
    subject: str
    definition: str
    reason: str
    query: str = ""
    source: str = ""

    def covers(self, finding: Finding, exchange: Exchange) -> bool:
        return (
            finding.side == "response"
            and finding.kind() == (self.code, self.subject, self.definition)
            and (not self.query or self.query in query_of(exchange))
        )

    def __str__(self) -> str:
        return f"{self.code} {self.subject} in {self.definition}" + (f" with {self.query}" if self.query else "")


def load_accepted(path: Path = ACCEPTED) -> list[Accepted]:
    return [Accepted(**entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]


@dataclass
class Verdict:
    """``new``: findings that nothing covers; ``accepted``: how many each entry covers, zero where it covers none."""

    new: list[Finding]
    accepted: Counter[Accepted]

    @property
    def unproved(self) -> list[Accepted]:
        """Entries that should be covered by recordings of the real service, if these were judged, and are not."""
        return [entry for entry, count in self.accepted.items() if not count and not entry.source]


def judge(findings: Iterable[Finding], exchanges: Mapping[str, Exchange], accepted: Iterable[Accepted]) -> Verdict:
    """Sort the findings. What is wrong with a request counts only if it was not refused."""
    verdict = Verdict([], Counter(dict.fromkeys(accepted, 0)))
    for finding in findings:
        exchange = exchanges[finding.name]
        if finding.side == "request" and exchange["response"]["status"] >= 400:
            continue
        entry = next((entry for entry in verdict.accepted if entry.covers(finding, exchange)), None)
        if entry is None:
            verdict.new.append(finding)
        else:
            verdict.accepted[entry] += 1
    return verdict
