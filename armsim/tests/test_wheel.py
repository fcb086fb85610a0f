# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What ``pip install ./armsim`` gives to a user who has nothing else: everything that the source tree has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import venv
import zipfile
from pathlib import Path

import pytest

import armsim
from armsim.launch import request_admin

pytestmark = pytest.mark.wheel

PRODUCT = Path(__file__).parents[1]
# Nothing that leads back to this checkout or to the environment of the tests; pip keeps the user's settings.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by what this environment has."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(folder))
    subprocess.run([sys.executable, "-m", "pip", "wheel", "--quiet", *options, str(PRODUCT)], check=True)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that holds the wheel and what it requires."""
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=True)
    pip = (folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-compile", "--no-input")
    subprocess.run([*pip, str(wheel)], env=ENVIRONMENT, cwd=folder, check=True)
    return folder / "bin"


def test_the_wheel_holds_every_file_of_the_package(wheel: Path):
    source = PRODUCT / "src"
    wanted = {str(file.relative_to(source)) for file in source.rglob("*") if file.is_file() and file.suffix != ".pyc"}
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == wanted
    assert {"armsim/py.typed", "armsim/scenario/bundled/quickstart.yaml"} <= held


@pytest.mark.parametrize("command", [("armsim",), ("python", "-m", "armsim")], ids=["command", "module"])
def test_it_serves_a_scenario(installed: Path, tmp_path: Path, command: tuple[str, ...]):
    ready_file = tmp_path / "ready.json"
    program, *arguments = command
    line = [installed / program, *arguments, "--scenario", "quickstart", "--ready-file", str(ready_file)]
    with subprocess.Popen(line, env=ENVIRONMENT, cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 60
            while not ready_file.exists():
                assert process.poll() is None, "it ended"
                assert time.monotonic() < deadline, "it was not ready in time"
                time.sleep(0.05)
            ledger = request_admin(json.loads(ready_file.read_text(encoding="utf-8")), "GET", "ledger")
        finally:
            process.terminate()
    assert ledger["scale_sets"]["web"]["in_service"] == 20
    assert process.returncode == 0


def test_it_says_its_version(installed: Path):
    printed = subprocess.run([installed / "armsim", "--version"], capture_output=True, text=True, check=True).stdout
    assert printed == f"armsim {armsim.__version__}\n"
