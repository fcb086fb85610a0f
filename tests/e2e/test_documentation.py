# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What the documentation prints is run as it is printed."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from .conftest import ROOT, SET, Site

pytestmark = pytest.mark.newest

README = (ROOT / "README.md").read_text()
META_REQUIREMENTS = (ROOT / "meta" / "ee-requirements.txt").read_text()
BIN = Path(sys.executable).parent


def blocks(text: str, language: str) -> list[str]:
    """The fenced code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def commands() -> list[str]:
    """Every shell command of the README."""
    return [line for block in blocks(README, "sh") for line in block.splitlines() if line.strip()]


def documented_examples() -> dict[str, str]:
    """The EXAMPLES of each module, as ansible-doc reads them."""
    modules = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
    environment = {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build" / "collections"), "PATH": "/usr/bin:/bin"}
    names = [f"azroll.vmss.{module}" for module in modules]
    done = subprocess.run(
        [BIN / "ansible-doc", "-t", "module", "-j", *names],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return {name: doc["examples"] for name, doc in json.loads(done.stdout).items()}


def run_tasks(site: Site, tasks: str) -> None:
    """Run a list of tasks as a play on localhost."""
    play = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": yaml.safe_load(tasks)}]
    playbook = site.folder / "examples.yml"
    playbook.write_text(yaml.safe_dump(play, sort_keys=False))
    assert site.play(str(playbook), {}).rc == 0


# The examples of the probe need somebody who answers: they run where one does, among the checks of health.
@pytest.mark.parametrize("name", [name for name in documented_examples() if not name.endswith("_probe")])
def test_the_examples_of_each_module_run(site, name):
    run_tasks(site, documented_examples()[name])


@pytest.mark.parametrize("command", [line for line in commands() if line.startswith("ansible-playbook")])
def test_the_playbooks_run_as_the_readme_prints_them(site, command):
    program, *arguments = shlex.split(command)
    environment = {**site.environment(), "PATH": f"{BIN}:/usr/bin:/bin"}
    done = subprocess.run(
        [program, *arguments], env=environment, cwd=site.folder, capture_output=True, text=True, check=False
    )
    print(done.stdout, done.stderr)
    assert done.returncode == 0
    assert "20 of 20 instances" in done.stdout


@pytest.mark.parametrize(("file", "arguments"), [("README.md", []), ("roles/rollout/README.md", ["--check"])])
def test_the_playbook_of_each_readme_runs(site, file, arguments):
    (play,) = [block for block in blocks((ROOT / file).read_text(), "yaml") if "hosts:" in block]
    playbook = site.folder / "play.yml"
    playbook.write_text(play)
    assert site.play(str(playbook), {}, *arguments).rc == 0
    ledger = site.simulator.ledger()["scale_sets"][SET]
    newest = "24.04.202511180"
    assert (ledger["target_image"].endswith(newest), ledger["min_in_service"]) == (
        (False, 20) if arguments else (True, 16)
    )


def test_every_other_command_of_the_readme_is_what_it_says():
    """make is run by make itself; what needs the network is held against the files that it repeats."""
    wanted = [line for line in META_REQUIREMENTS.splitlines() if line and not line.startswith("#")]
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text())
    for command in commands():
        program, *arguments = shlex.split(command)
        if program == "make":
            assert set(arguments) <= targets
        elif program == "pip":
            assert sorted(arguments[1:]) == sorted(wanted)
        elif program == "ansible-galaxy":
            assert arguments[-1] == f"{galaxy['namespace']}.{galaxy['name']}"
        elif program == "export":
            names = [argument.split("=")[0] for argument in arguments]
            assert names == ["AZURE_SUBSCRIPTION_ID", "AZURE_TENANT", "AZURE_CLIENT_ID", "AZURE_SECRET"]
        else:
            assert program == "ansible-playbook", f"nothing runs {command!r}"
