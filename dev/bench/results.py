# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""What was measured, as plain data: median, least and most of each figure, and the ratios that are compared."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

from bench.contenders import Measured

LAST = Path(__file__).with_name("ratios.json")
# So much worse than last time is named.
TOLERANCE = 1.2


@dataclass(frozen=True)
class Spread:
    """A figure in several runs."""

    least: float
    median: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(min(values), statistics.median(values), max(values))


@dataclass(frozen=True)
class Summary:
    """The runs of one contender at one size. Seconds and megabytes; None where that could not be measured."""

    runs: int
    wall: Spread
    cpu: Spread
    controller_cpu: Spread | None
    modules_cpu: Spread
    peak_mb: Spread | None
    tasks: int
    requests: int
    writes: int
    logins: int
    throttled: int
    operations: Mapping[str, int]
    # For each module: calls, seconds of processor time of one, and the most memory of one.
    modules: Mapping[str, tuple[int, float, float]]


@dataclass
class Results:
    """All of them: `by_size` by the number of instances and the contender, `single` what was run once."""

    by_size: dict[int, dict[str, Summary]] = field(default_factory=dict)
    single: dict[str, Summary] = field(default_factory=dict)


def summarize(runs: Sequence[Measured]) -> Summary:
    """Of the requests and tasks, those of the run in the middle: they differ by a poll or two."""
    middle = sorted(runs, key=lambda run: run.requests.total)[len(runs) // 2]
    modules = defaultdict(list)
    for call in middle.calls:
        modules[call.module].append(call)
    return Summary(
        runs=len(runs),
        wall=Spread.of([run.cost.wall for run in runs]),
        cpu=Spread.of([run.cost.cpu for run in runs]),
        controller_cpu=_known([run.cost.own_cpu for run in runs]),
        modules_cpu=Spread.of([run.modules_cpu for run in runs]),
        peak_mb=_known([run.cost.peak_mb for run in runs]),
        tasks=middle.tasks,
        requests=middle.requests.total,
        writes=middle.requests.writes,
        logins=middle.requests.logins,
        throttled=max(run.requests.throttled for run in runs),
        operations=middle.requests.by_operation,
        modules={
            name: (len(calls), statistics.median(one.cpu for one in calls), max(one.peak_mb for one in calls))
            for name, calls in sorted(modules.items())
        },
    )


def _known(values: Sequence[float | None]) -> Spread | None:
    known = [value for value in values if value is not None]
    return Spread.of(known) if known else None


def ratios(results: Results) -> dict[str, float]:
    """What is compared with the last time: quotients of one machine in one run, and counts."""
    found: dict[str, float] = {}
    for size, contenders in results.by_size.items():
        role, floor, sdk = (contenders[name] for name in ("role", "floor", "sdk"))
        found[f"processor time of the role, Ansible alone = 1, {size} instances"] = role.cpu.median / floor.cpu.median
        found[f"processor time of the role, script = 1, {size} instances"] = role.cpu.median / sdk.cpu.median
        found[f"requests of the role, {size} instances"] = role.requests
        found[f"requests of the second run, {size} instances"] = contenders["second run"].requests
    return {name: round(value, 2) for name, value in found.items()}


def worse(now: Mapping[str, float]) -> list[str]:
    """What got more than 20 % worse than what is committed; empty where nothing is."""
    last: Mapping[str, float] = json.loads(LAST.read_text(encoding="utf-8")) if LAST.exists() else {}
    return [
        f"{name}: {value:g}, was {last[name]:g}"
        for name, value in now.items()
        if name in last and value > TOLERANCE * last[name]
    ]


def keep(now: Mapping[str, float]) -> None:
    """Make these the ones that the next run is compared with."""
    LAST.write_text(json.dumps(now, indent=2) + "\n", encoding="utf-8")


def machine() -> str:
    """On what it was measured."""
    return (
        f"{os.cpu_count()} processors ({platform.machine()}, {platform.system()}), Python {platform.python_version()}, "
        f"ansible-core {version('ansible-core')}, azure-mgmt-compute {version('azure-mgmt-compute')}, "
        f"azure-identity {version('azure-identity')}, bytecode kept"
    )


def plain(results: Results) -> str:
    """Everything as JSON, for other tools."""
    return json.dumps(asdict(results), indent=2) + "\n"
