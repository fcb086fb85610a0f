# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The commands of the rehearsal guide, run in order in one shell, as the page prints them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from armsim.dump.files import LIST, SHOW
from armsim.launch import running

from .conftest import GROUP, ROOT, SET, SPEED, Site

pytestmark = pytest.mark.newest

GUIDE = (ROOT / "docs" / "docsite" / "rst" / "guide_rehearsal.rst").read_text()
BIN = Path(sys.executable).parent
READY = "build/rehearsal/ready.json"
# What stands for the user's Azure: one instance to roll, so that it is short.
REAL = """
version: 1
images:
  platform:
    - {publisher: Canonical, offer: ubuntu-24_04-lts, sku: server, versions: [{version: 24.04.202510010}]}
resource_groups: [{name: rg-shop, location: westeurope}]
scale_sets:
  - name: web
    resource_group: rg-shop
    update_domains: 2
    image: {publisher: Canonical, offer: ubuntu-24_04-lts, sku: server, version: 24.04.202510010}
    instances:
      "1": {}
      "2": {protect_from_scale_set_actions: true}
      "5": {protect_from_scale_set_actions: true}
      "6": {protect_from_scale_set_actions: true}
      "9": {protect_from_scale_set_actions: true}
"""
# They need the network, and are held against the files that they repeat.
SETUP = ["git clone https://github.com/azroll/vmss", "cd vmss", "dev/env runtime"]


def blocks() -> list[tuple[str, str, str]]:
    """The code blocks: language, caption and text."""
    found = re.findall(r"^\.\. code-block:: (\w+)\n(?:   :caption: (.+)\n)?\n((?:   .*\n|\n)+)", GUIDE, re.MULTILINE)
    return [(language, caption, re.sub(r"^   ", "", text, flags=re.MULTILINE)) for language, caption, text in found]


def commands() -> list[str]:
    return [line for language, _, text in blocks() if language == "sh" for line in text.splitlines() if line]


def checkout(folder: Path) -> Path:
    """A folder that looks like the checkout, with a build folder of its own."""
    made = folder / "vmss"
    (made / "build").mkdir(parents=True)
    for name in ("dev", "tests", "meta"):
        (made / name).symlink_to(ROOT / name)
    (made / "build" / "collections").symlink_to(ROOT / "build" / "collections")
    (made / ".env").mkdir()
    (made / ".env" / "runtime").symlink_to(BIN.parent)
    return made


def run_in_one_shell(lines: list[str], folder: Path, environment: dict[str, str]) -> dict[str, tuple[int, str]]:
    """Run the lines as somebody types them: the next one when the one before has ended, or its simulator is ready."""
    script = []
    for number, line in enumerate(lines):
        script += [line, f'echo "@@ {number} $?"']
        if line.endswith("&"):
            script.append(f"until [ -e {READY} ]; do kill -0 $! || exit 9; sleep 0.1; done")
    shell = subprocess.Popen(
        ["bash"],
        env=environment,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = shell.communicate("\n".join(script), timeout=600)
    except subprocess.TimeoutExpired:
        # The simulator in the background, too.
        os.killpg(shell.pid, signal.SIGKILL)
        output, _ = shell.communicate()
    print(output)
    parts = re.split(r"^@@ (\d+) (\d+)\n", output, flags=re.MULTILINE)
    return {lines[int(parts[i + 1])]: (int(parts[i + 2]), parts[i]) for i in range(0, len(parts) - 1, 3)}


def test_the_setup_is_that_of_the_checkout():
    shown = commands()
    assert shown[: len(SETUP)] == SETUP
    assert (ROOT / "dev" / "env").stat().st_mode & 0o100
    assert (ROOT / "dev" / "requirements" / "runtime.txt").exists()
    az = [line.split(" > ") for line in shown if line.startswith("az ")]
    assert [command for command, _file in az] == [
        text.replace("GROUP", GROUP).replace("NAME", SET) for text in (SHOW, LIST)
    ]
    assert [Path(file).name for _command, file in az] == ["set.json", "instances.json"]


def test_the_rehearsal_runs_as_the_guide_prints_it(tmp_path):
    real = tmp_path / "real.yaml"
    real.write_text(REAL)
    folder = checkout(tmp_path)
    for language, caption, text in blocks():
        if language == "yaml":
            (folder / caption).parent.mkdir(exist_ok=True)
            (folder / caption).write_text(text)
    lines = [line for line in commands() if line not in SETUP and not line.startswith("az ")]
    with running(real, speed=SPEED) as azure:
        site = Site(azure, tmp_path)
        # What the guide relies on is the configuration of the checkout.
        own = ("ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_INVENTORY")
        environment = {name: text for name, text in site.environment().items() if name not in own}
        ended = run_in_one_shell(lines, folder, environment)
        assert azure.ledger()["requests"]["writes"] == 0, "nothing of the rehearsal reaches Azure"
    assert list(ended) == list(dict.fromkeys(lines)), "each ran"
    good, bad = (
        next(line for line in lines if "--check" not in line and f'{version}"' in line) for version in ("100", "180")
    )
    assert {line: status for line, (status, _output) in ended.items() if status} == {bad: 2}
    assert "contain web with 5 instances" in " ".join(ended[lines[1]][1].split())
    assert "1 of 5 instances to move" in next(output for line, (_, output) in ended.items() if "--check" in line)
    assert "Cause, in canary" in ended[bad][1]
    assert "To roll back: run azroll.vmss.rollback with the same options and -e" in ended[bad][1]
    report = json.loads(ended["python -m json.tool build/rehearsal/report.json"][1])
    assert (report["result"], report["instances_on_target"]) == ("halted", 1)
    assert "Rollout of web: succeeded." in ended[good][1]
    service, target, requests, *_ = ended[f"armsim ledger --ready-file {READY}"][1].splitlines()
    assert service == "web: 5 of 5 in service, never fewer than 4"
    assert target.endswith("24.04.202511100")
    assert re.search(r"[1-9]\d* throttled", requests)
