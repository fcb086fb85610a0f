# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Plays a case: a simulator with its world, its playbooks one after the other, and the judgement."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

from armsim.launch import running
from e2e.conftest import GROUP, SET, SPEED, Run, Site
from matrix.case import OPTIONS, Case, Play, Trigger
from matrix.judge import Ended, Seen, judge_play, judge_world, judge_writes

PATIENCE = 240.0
CALLBACKS = Path(__file__).parent / "callbacks"
NAMES = {"rollout_resource_group": GROUP, "rollout_scale_set": SET}


def play_case(case: Case, folder: Path) -> Seen:
    """Play a case in a new folder. What is wrong stands in the row; nothing is raised for it."""
    started = time.monotonic()
    scenario = folder / "scenario.yaml"
    scenario.write_text(yaml.safe_dump(case.document()), encoding="utf-8")
    wrong: list[str] = []
    results = []
    with running(scenario, speed=SPEED) as simulator:
        site = Site(simulator, folder)
        before = simulator.state()["scale_sets"][SET]
        for number, play in enumerate(case.plays, start=1):
            writes = site.ledger()["requests"]["writes"]
            ended = run(site, play, {**NAMES, **OPTIONS, **case.options, **play.options})
            results.append(ended.result)
            if play.fixed:
                simulator.clear_faults()
            wrong += judge_play(play, ended, number)
            # A rival writes as well.
            if play.rival is None:
                wrong += judge_writes(play, ended, number, site.ledger()["requests"]["writes"] - writes)
        ledger, state = site.ledger(), simulator.state()["scale_sets"][SET]
        wrong += judge_world(case, ledger, state, before)
        if case.again:
            wrong += _write_nothing(site, {**NAMES, **OPTIONS, **case.options}, ledger["requests"]["writes"])
    return Seen(
        case=case.name,
        results=results,
        least=ledger["min_in_service"],
        instances=ledger["capacity"],
        on_target=ledger["instances_on_target"],
        requests=ledger["requests"]["total"],
        writes=ledger["requests"]["writes"],
        seconds=round(time.monotonic() - started),
        wrong=wrong,
    )


def run(site: Site, play: Play, options: dict[str, Any]) -> Ended:
    """Run the playbook of a play to its end, or to that which is made for it."""
    playbook = f"azroll.vmss.{play.playbook}"
    if play.kill is not None:
        return kill(site, playbook, options, play.kill, play.victim)
    check = ("--check",) if play.check else ()
    if play.rival is None:
        return _ended(_report(site, playbook, options, *check))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(_report, site, playbook, options)
        _await(site, play.rival, first.done)
        second = _report(site, playbook, {**options, **play.rival_options})
        # The end that is judged is that of the loser; the winner must have gone through.
        winner, loser = sorted((first.result(), second), key=lambda one: one.rc)
    return _ended(loser) if winner.rc == 0 else _ended(winner)


def kill(site: Site, playbook: str, options: dict[str, Any], moment: Trigger, victim: str) -> Ended:
    """Start a playbook and kill it, or the module at work, with SIGKILL at that moment."""
    if moment.task:
        return _die_after(site, playbook, options, moment.task)
    folder = Path(tempfile.mkdtemp(prefix="report-", dir=site.folder))
    with site.start(playbook, {**options, "rollout_report_dir": str(folder)}) as process:
        _await(site, moment, lambda: process.poll() is not None)
        if victim == "playbook":
            return Ended(-signal.SIGKILL, "killed", "", "")
        for module in _modules(process.pid):
            os.kill(module, signal.SIGKILL)
        process.wait(PATIENCE)
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return Ended(process.returncode, report["result"], report.get("cause") or "", "")


def _await(site: Site, moment: Trigger, over: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while moment.request and site.ledger()["requests"]["by_operation"].get(moment.request, 0) < moment.count:
        if over() or time.monotonic() > deadline:
            raise RuntimeError(f"the run ended before the request {moment.request} that was waited for")
        time.sleep(0.05)


def _die_after(site: Site, playbook: str, options: dict[str, Any], task: str) -> Ended:
    plugin = f"[defaults]\ncallback_plugins={CALLBACKS}\ncallbacks_enabled=kill\n[kill]\nafter_task={task}\n"
    site.configuration.write_text(plugin, encoding="utf-8")
    run = _report(site, playbook, options)
    site.configuration.write_text("", encoding="utf-8")
    return Ended(run.rc, "killed" if run.rc == -signal.SIGKILL else "not killed", "", run.output)


def _report(site: Site, playbook: str, options: dict[str, Any], *arguments: str) -> Run:
    folder = Path(tempfile.mkdtemp(prefix="report-", dir=site.folder))
    return site.play(playbook, {**options, "rollout_report_dir": str(folder)}, *arguments)


def _ended(run: Run) -> Ended:
    return Ended(run.rc, run.report.get("result", "no report"), run.report.get("cause") or "", run.output)


def _write_nothing(site: Site, options: dict[str, Any], writes: int) -> Iterator[str]:
    """What is wrong when the same play runs again after it succeeded."""
    again = _ended(_report(site, "azroll.vmss.upgrade", options))
    if again.result != "nothing_to_do":
        yield f"the run after it ended with {again.result}: {again.cause}"
    more = site.ledger()["requests"]["writes"] - writes
    if more:
        yield f"the run after it wrote {more} times"


def _modules(ancestor: int) -> list[int]:
    """The Python processes below a process that execute a module of Ansible."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=2) for line in listed.splitlines()]
    below = {ancestor}
    for _depth in range(8):
        below |= {int(pid) for pid, parent, _args in rows if int(parent) in below}
    return [int(pid) for pid, _parent, args in rows if int(pid) in below and "AnsiballZ_vmss" in args]


def write_row(seen: Seen, folder: Path) -> None:
    """Keep a row for the page."""
    (folder / f"{seen.case}.json").write_text(json.dumps(seen.to_dict(), indent=1) + "\n", encoding="utf-8")
