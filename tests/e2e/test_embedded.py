# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The role inside a playbook of the user's own, whose keywords must not reach its gates, and at a terminal."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from armsim.launch import running
from armsim.scenario import locate

from .conftest import GROUP, ROOT, SET, SPEED, Site

PATIENCE = 200.0
TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
QUESTION = "and the next run continues:"
OPTIONS = {
    "rollout_resource_group": GROUP,
    "rollout_scale_set": SET,
    "rollout_image": {"version": "latest"},
    "rollout_by": "batch",
    "rollout_max_unavailable": "50%",
    "rollout_sweep_delay": 1,
}


@pytest.fixture
def small(tmp_path: Path) -> Any:
    """A scale set of two instances."""
    document = yaml.safe_load(locate("bad-image").read_text(encoding="utf-8"))
    document["scale_sets"][0] |= {"capacity": 2, "automatic_repairs": {"enabled": True, "grace_period": "PT90M"}}
    scenario = tmp_path / "small.yaml"
    scenario.write_text(yaml.safe_dump(document))
    with running(scenario, speed=SPEED) as simulator:
        yield Site(simulator, tmp_path)


def play(site: Site, options: dict[str, Any], **keywords: Any) -> Any:
    """A playbook of one block with these keywords, which includes the role and then does something else."""
    role = {"name": "Roll", "ansible.builtin.include_role": {"name": "azroll.vmss.rollout"}}
    after = {"name": "Go on", "ansible.builtin.debug": {"msg": "went on"}}
    book = [{"hosts": "localhost", "gather_facts": False, "tasks": [{"block": [role], **keywords}, after]}]
    (site.folder / "site.yml").write_text(yaml.safe_dump(book))
    folder = site.folder / "report"
    return site.play(str(site.folder / "site.yml"), {**OPTIONS, "rollout_report_dir": str(folder), **options})


def test_ignored_errors_end_the_role_and_let_nothing_pass(small: Site) -> None:
    bad = {"rollout_image": {"version": "24.04.202511100"}, "rollout_health_retries": 3}
    run = play(small, bad, ignore_errors=True, ignore_unreachable=True)
    assert (run.rc, run.report["result"]) == (0, "halted")
    assert "went on" in run.output
    # The failed image is out of the model, so that it is the other instance which has what the model has.
    assert run.report["instances_on_target"] == small.ledger()["instances_on_target"] == 1
    assert run.report["image_restored"]
    assert small.ledger()["min_in_service"] == 1


def test_check_mode_may_be_a_keyword(small: Site) -> None:
    run = play(small, {}, check_mode=True)
    assert (run.rc, run.report["result"]) == (0, "planned")
    assert small.ledger()["requests"]["writes"] == 0


def at_a_terminal(site: Site, options: dict[str, Any], *answers: str) -> tuple[int, str]:
    """Run azroll.vmss.upgrade at a terminal, and give an answer to each question; status and output."""
    command = site.command("azroll.vmss.upgrade", {**OPTIONS, "rollout_checkpoint": "batch", **options})
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    output = ""
    with subprocess.Popen(
        [sys.executable, "-c", TERMINAL, *command], env=site.environment(), cwd=site.folder, text=True, **pipes
    ) as process:
        limit = threading.Timer(PATIENCE, process.kill)
        limit.start()
        for answer in answers:
            while not output.endswith(QUESTION) and (read := process.stdout.read(1)):
                output += read
            # What is typed before the question is complete is thrown away.
            time.sleep(1)
            process.stdin.write(f"{answer}\r")
            process.stdin.flush()
            output += "\n"
        output += process.stdout.read()
        limit.cancel()
    return process.returncode, output


@pytest.mark.newest
def test_a_person_is_asked_and_answers(small: Site) -> None:
    status, output = at_a_terminal(small, {}, "go")
    assert status == 0, output
    assert "Rollout of web: succeeded. 2 of 2 instances" in output


@pytest.mark.newest
def test_a_job_of_awx_asks_nobody_and_the_next_one_continues(small: Site) -> None:
    status, output = at_a_terminal(small, {"awx_job_id": 7})
    assert status == 0, output
    assert "Type" not in output
    assert "Rollout of web: waiting. 1 of 2 instances" in output
    assert small.ledger()["instances_on_target"] == 1
    # The next job sends its survey: everything is a text, and what was not answered is an empty one.
    defaults = yaml.safe_load((ROOT / "roles" / "rollout" / "defaults" / "main.yml").read_text(encoding="utf-8"))
    survey = {
        **dict.fromkeys(defaults, ""),
        "rollout_hosts": "",
        "rollout_resource_group": GROUP,
        "rollout_scale_set": SET,
        "rollout_image": '{"version": "latest"}',
        "rollout_by": "batch",
        "rollout_max_unavailable": "50%",
        "rollout_sweep_delay": "1",
        "rollout_batches": "1,50%",
        "rollout_skip": "tags=never",
        "rollout_accept": '["alerts_fired", "below_minimum"]',
        "rollout_health_url_status": "[200, 204]",
        "rollout_hold_autoscale": "no",
        "rollout_health_delay": "1",
        "rollout_poll_interval": "1",
        "rollout_report_dir": str(small.folder / "survey"),
    }
    texts = [part for name, value in survey.items() for part in ("-e", f"{name}='{value}'")]
    run = small.play("azroll.vmss.upgrade", {"awx_job_id": 8}, *texts)
    assert run.rc == 0, run.output
    assert small.ledger()["instances_on_target"] == 2
    assert (small.folder / "survey" / "report.json").exists()


@pytest.mark.parametrize(
    ("how", "rolled"),
    [
        ({"ansible.builtin.include_role": {"name": "azroll.vmss.rollout", "apply": {"tags": ["roll"]}}}, True),
        ({"ansible.builtin.import_role": {"name": "azroll.vmss.rollout"}}, True),
        ({"ansible.builtin.include_role": {"name": "azroll.vmss.rollout"}}, False),
    ],
    ids=["apply", "import", "include alone"],
)
def test_tags_select_the_whole_role_or_nothing(small: Site, how: dict[str, Any], rolled: bool) -> None:
    drain = small.folder / "drain.yml"
    drain.write_text(yaml.safe_dump([{"name": "Drain", "ansible.builtin.debug": {"msg": "drained"}}]))
    book = [{"hosts": "localhost", "gather_facts": False, "tasks": [{"name": "Roll", "tags": ["roll"], **how}]}]
    (small.folder / "tagged.yml").write_text(yaml.safe_dump(book))
    options = {**OPTIONS, "rollout_before_batch": str(drain)}
    run = small.play(str(small.folder / "tagged.yml"), options, "--tags", "roll")
    assert run.rc == 0
    assert ("Nothing was rolled" in run.output) is not rolled
    assert ("drained" in run.output) is rolled
    assert (small.ledger()["requests"]["writes"] > 0) is rolled
    assert small.ledger()["instances_on_target"] == 2


@pytest.mark.parametrize("task", ["Upgrade the batches", "Apply the plan", "Roll out the image"])
def test_a_start_in_the_middle_acts_on_nothing(small: Site, task: str) -> None:
    role = {"name": "Roll", "ansible.builtin.import_role": {"name": "azroll.vmss.rollout"}}
    (small.folder / "middle.yml").write_text(yaml.safe_dump([{"hosts": "localhost", "tasks": [role]}]))
    run = small.play(str(small.folder / "middle.yml"), OPTIONS, "--start-at-task", task)
    assert run.rc != 0 or "No matching task" in run.output
    assert small.ledger()["requests"]["writes"] == 0
