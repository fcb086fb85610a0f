# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""The parts of "make test": what must hold, and the commands that show it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

from ansible_test._internal.python_requirements import get_venv_packages

from checkout import BUILD, COPY, ROOT, make_copy, scripts

PYTHON = ".".join(platform.python_version_tuple()[:2])
FLOOR_PYTHON = "3.12"
# Major versions of azure-mgmt-compute that must find nothing strange about the simulator, and where.
SDKS = ("33", "39")
SDK_PYTHONS = ("3.12", "3.13")
WORKERS = "2"
# ansible-test keeps its environments and downloads in the home folder.
ANSIBLE_TEST_HOME = ROOT / ".env" / "home"
ARTIFACT = BUILD / "artifact"
# Never in the artifact, so Ansible's own rules are not theirs; ruff, mypy and yamllint look at them.
NOT_THE_COLLECTION = (
    "armsim",
    "dev",
    "tests/e2e",
    "tests/matrix",
    "tests/rollouts",
    "tests/sdk",
)
SIMULATOR = ROOT / "armsim"
# Folders that only their owners have, given on the command line of make: recordings of the real service (several
# folders with colons between them), and the description of its API.
RECORDINGS = os.environ.get("RECORDINGS", "")
SPECS = os.environ.get("SPECS", "")
# Another ansible-core to test with, such as 2.18, and the Python for it; without it, the newest that it runs on here.
CORE = os.environ.get("CORE", "")
CORE_PYTHON = os.environ.get("CORE_PYTHON", "")
# Words in the names of the cases of the fault matrix to play; none: all.
CASES = os.environ.get("CASES", "").split()


@dataclass(frozen=True)
class Step:
    """One command, run in a folder, with programs from one environment of .env/."""

    command: Sequence[str]
    folder: Path = ROOT
    environment: str = "dev"
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """Steps that belong together.

    skip_reason says why the part cannot run on this machine (empty: it can); prepare is called before the first step.
    What is played on_request is no part of a plain "make test".
    """

    name: str
    about: str
    steps: Sequence[Step]
    prepare: Callable[[], None] = lambda: None
    skip_reason: Callable[[], str] = lambda: ""
    on_request: bool = False


def _fresh_artifact_folder() -> None:
    make_copy()
    shutil.rmtree(ARTIFACT, ignore_errors=True)


def _copy_for_ansible_test() -> None:
    make_copy()
    cache = ANSIBLE_TEST_HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    version = get_venv_packages(SimpleNamespace(version=PYTHON))["pip"]
    script = cache / f"get_pip_{version.replace('.', '_')}.py"
    if not script.exists():
        shutil.copy(ROOT / "dev" / "get_pip.py", script)
    # The user's settings of pip, a mirror for example, hold there too, in pip's newer place; its older one is ours.
    settings, own = ANSIBLE_TEST_HOME / ".config" / "pip", Path.home() / ".config" / "pip"
    if own.is_dir() and not settings.exists():
        settings.parent.mkdir(exist_ok=True)
        settings.symlink_to(own)
    quiet = ANSIBLE_TEST_HOME / ".pip" / "pip.conf"
    quiet.parent.mkdir(exist_ok=True)
    quiet.write_text("[global]\nquiet = 1\n", encoding="utf-8")


def _ansible_test(*arguments: str) -> Step:
    command = ("ansible-test", *arguments, "--python", PYTHON, "--color", "no")
    return Step(command, folder=COPY, variables={"HOME": str(ANSIBLE_TEST_HOME)})


def _pytest(folder: str, *arguments: str, environment: str = "dev", workers: str = WORKERS) -> Step:
    return Step(("python", "-m", "pytest", folder, "-n", workers, *arguments), environment=environment)


def _end_to_end(environment: str, *arguments: str) -> Step:
    # A test takes up to a minute, so each is told when it ends. One more than there are cores: now and then they wait.
    told = ("--verbose", "--durations=10", "--maxschedchunk=1")
    return _pytest("tests/e2e", *told, *arguments, environment=environment, workers="3")


def _no_python(version: str) -> str:
    found = subprocess.run(["dev/find-python", version], cwd=ROOT, capture_output=True, check=False)
    return "" if found.returncode == 0 else f"no Python {version} on this machine"


def _sdk(version: str, python: str) -> Sequence[Step]:
    """The tests of one major version of the Azure SDK on one Python."""
    environment = f"sdk{version}-{python}"
    # What others deprecate is theirs to fix. The simulator runs where it has what it needs.
    tests = ("python", "-m", "pytest", "tests/sdk", "-W", "ignore::DeprecationWarning")
    simulator = {"ARMSIM_PYTHON": str(scripts("dev") / "python")}
    return (
        Step(("dev/env", environment, python, f"sdk{version}")),
        Step(tests, environment=environment, variables=simulator),
    )


def _sdk_part(python: str) -> Part:
    return Part(
        f"sdk-{python}",
        f"the Azure SDK, {' and '.join(SDKS)}, on Python {python} against the simulator",
        tuple(step for version in SDKS for step in _sdk(version, python)),
        skip_reason=lambda: _no_python(python),
    )


def _no_validator() -> str:
    if not SPECS:
        return "no folder with the description of Azure's API; SPECS=folder names one"
    if not Path(ROOT, SPECS).is_dir():
        return f"no folder {SPECS}"
    checked = subprocess.run(["dev/oav-env", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    return checked.stderr.strip()


def _no_recordings() -> str:
    if not RECORDINGS:
        return "no folder with recordings of the real service; RECORDINGS=folder names one"
    missing = [folder for folder in RECORDINGS.split(os.pathsep) if not Path(ROOT, folder).is_dir()]
    return f"no folder {missing[0]}" if missing else ""


def _from_here(folders: str) -> str:
    """The folders, named on the command line of make, as they are called from anywhere."""
    return os.pathsep.join(str(Path(ROOT, folder)) for folder in folders.split(os.pathsep))


def _proof(package: str, *arguments: str) -> Step:
    """One of the simulator's two proofs, which are no part of what its users install."""
    return Step(("python", "-m", f"conformance.{package}", *arguments), folder=SIMULATOR)


def _judge_traffic() -> Step:
    given = () if _no_recordings() else ("--recordings", _from_here(RECORDINGS.split(os.pathsep)[0]))
    return _proof("traffic", "--specs", _from_here(SPECS), *given)


def _mypy(python: str, *targets: str) -> Step:
    return Step(("mypy", "--python-version", python, *targets))


def _schemas() -> Sequence[Step]:
    """What GitHub reads, checked by the schemas that it publishes."""
    forms = ROOT / ".github" / "ISSUE_TEMPLATE"
    files = {
        "dependabot": [ROOT / ".github" / "dependabot.yml"],
        "github-issue-config": [forms / "config.yml"],
        "github-issue-forms": sorted({*forms.glob("*.yml")} - {forms / "config.yml"}),
        "github-workflows": sorted((ROOT / ".github" / "workflows").glob("*.yml")),
    }
    command = ("check-jsonschema", "--no-cache", "--builtin-schema")
    return [
        Step((*command, f"vendor.{schema}", *(str(path.relative_to(ROOT)) for path in paths)))
        for schema, paths in files.items()
    ]


def _core() -> Sequence[Step]:
    """The tests on another ansible-core: what must hold there, and what says the same everywhere omitted."""
    environment = f"core-{CORE}"
    return (
        Step(("dev/core-env", CORE, *filter(None, [CORE_PYTHON]))),
        _pytest("tests/unit", environment=environment),
        _end_to_end(environment, "-m", "not newest"),
    )


PARTS: Sequence[Part] = (
    Part(
        "lint",
        "formatters, linters, types, licences",
        (
            Step(("ruff", "check", ".")),
            Step(("ruff", "format", "--check", ".")),
            _mypy("3.10", "-p", "ansible_collections.azroll.vmss.plugins"),
            _mypy("3.11", "-p", "armsim", "-p", "conformance", "-p", "rollouts", "-p", "matrix"),
            _mypy("3.11", "dev"),
            Step(("yamllint", "--strict", ".")),
            Step(("shellcheck", "dev/core-env", "dev/env", "dev/find-python", "dev/lock", "dev/oav-env", ".ci/run")),
            *_schemas(),
            Step(("ansible-lint", "--strict", "--nocolor")),
            Step(("python", "dev/defaults.py", "--check")),
            Step(("python", "dev/shared_docs.py", "--check")),
            Step(("python", "dev/role_readme.py", "--check")),
            Step(("python", "dev/drawing.py", "--check")),
            Step(("reuse", "lint", "--lines")),
            Step(("antsibull-changelog", "lint")),
        ),
    ),
    Part(
        "sanity",
        "ansible-test sanity",
        (_ansible_test("sanity", *(f"--exclude={folder}/" for folder in NOT_THE_COLLECTION)),),
        prepare=_copy_for_ansible_test,
    ),
    Part(
        "units",
        "ansible-test units",
        (_ansible_test("units", "--num-workers", WORKERS),),
        prepare=_copy_for_ansible_test,
    ),
    Part("tools", "the tools of the checkout, and what is set up for GitHub", (_pytest("dev/tests", workers="0"),)),
    Part("rollouts", "random rollouts in this process: a share of make soak", (_pytest("tests/rollouts"),)),
    Part("simulator", "the simulator's own tests", (_pytest("armsim/tests", "-m", "not wheel"),)),
    Part("wheel", "the simulator as its users install it", (_pytest("armsim/tests", "-m", "wheel", workers="0"),)),
    *(_sdk_part(python) for python in SDK_PYTHONS),
    Part(
        "mirror",
        "the simulator beside recordings of the real service",
        (_proof("mirror", "--recordings", _from_here(RECORDINGS), "--write", "README.md"),),
        skip_reason=_no_recordings,
    ),
    Part(
        "traffic",
        "the simulator's own traffic, judged with oav by the description of Azure's API",
        (Step(("dev/oav-env",)), _judge_traffic()),
        skip_reason=_no_validator,
    ),
    Part(
        "e2e",
        "real runs of ansible-playbook against the simulator, everything at its newest",
        (_end_to_end("dev"),),
    ),
    Part(
        "e2e-floor",
        f"the same with the oldest ansible-core and Azure SDK that are promised, on Python {FLOOR_PYTHON}",
        (
            Step(("dev/env", "floor", FLOOR_PYTHON)),
            _end_to_end("floor", "-m", "not newest"),
        ),
        skip_reason=lambda: _no_python(FLOOR_PYTHON),
    ),
    Part(
        "core",
        f"unit and end-to-end tests on ansible-core {CORE or 'VERSION'}",
        _core(),
        skip_reason=lambda: "" if CORE else "no version of ansible-core; CORE=2.18 names one",
        on_request=True,
    ),
    Part(
        "matrix",
        "the fault matrix, and the role killed at every step",
        (Step(("python", "-m", "matrix", *CASES), folder=ROOT / "tests"),),
        on_request=True,
    ),
    Part(
        "molecule",
        "the scenarios of extensions/molecule",
        (Step(("molecule", "test", "--all", "--no-command-borders")),),
    ),
    Part(
        "docs",
        "the documentation of plugins and role, and its pages",
        (
            Step(
                (
                    "antsibull-docs",
                    "lint-collection-docs",
                    "--plugin-docs",
                    "--validate-collection-refs=all",
                    "--disallow-unknown-collection-refs",
                    "--check-extra-docs-refs",
                    str(COPY),
                )
            ),
            Step((sys.executable, "dev/build_docs.py")),
        ),
        prepare=make_copy,
    ),
    Part(
        "build",
        "the artifact, and galaxy-importer on it",
        (
            Step(("ansible-galaxy", "collection", "build", str(COPY), "--output-path", str(ARTIFACT))),
            Step((sys.executable, "dev/import_artifact.py")),
        ),
        prepare=_fresh_artifact_folder,
    ),
)
