# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""What is set up for GitHub and for pre-commit is what the checkout has."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import yaml

from checkout import ROOT
from parts import PARTS
from run_parts import commands_with

(LINT,) = [part for part in PARTS if part.name == "lint"]


def _read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _hooks() -> list[dict[str, Any]]:
    return [hook for repo in _read(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]


def test_pre_commit_runs_every_command_of_make_lint() -> None:
    run = [step for hook in _hooks() for step in commands_with(hook["entry"].partition("ONLY=")[2], LINT.steps)]
    assert sorted(shlex.join(step.command) for step in run) == sorted(shlex.join(step.command) for step in LINT.steps)


@pytest.mark.parametrize("hook", _hooks(), ids=lambda hook: hook["id"])
def test_a_hook_is_a_command_of_make_lint(hook: dict[str, Any]) -> None:
    before, _, word = hook["entry"].partition("ONLY=")
    assert before == "make lint "
    assert commands_with(word, LINT.steps)


def test_each_ansible_core_that_is_promised_is_tested() -> None:
    matrix = _read(".github/workflows/test.yml")["jobs"]["ansible-core"]["strategy"]["matrix"]["include"]
    tested = [_numbers(entry["core"]) for entry in matrix]
    (lowest,) = re.findall(r">=(\d+\.\d+)\.0$", _read("meta/runtime.yml")["requires_ansible"])
    # On each Python, the newest that runs there.
    locked = re.findall(
        r"^ansible-core==(\d+\.\d+)\.", (ROOT / "dev/requirements/dev.txt").read_text("utf-8"), re.MULTILINE
    )
    first, last = _numbers(lowest), max(map(_numbers, locked))
    assert tested == [(first[0], minor) for minor in range(first[1], last[1] + 1)]


@pytest.mark.parametrize("form", ["bug", "feature"])
def test_an_issue_asks_for_the_report(form: str) -> None:
    fields = {field["id"]: field for field in _read(f".github/ISSUE_TEMPLATE/{form}.yml")["body"] if "id" in field}
    assert "report.json" in fields["report"]["attributes"]["description"]


def test_the_artifact_has_nothing_of_the_checkout_alone() -> None:
    ignored = _read("galaxy.yml")["build_ignore"]
    tracked = {path.name for path in ROOT.iterdir() if path.name.startswith(".") and path.name != ".git"}
    assert {".github", ".editorconfig", ".pre-commit-config.yaml"} <= tracked
    assert tracked <= {*ignored}


def test_the_licence_at_the_root_is_that_of_every_file() -> None:
    texts = {(ROOT / name).read_bytes() for name in ("COPYING", "armsim/COPYING", "LICENSES/GPL-3.0-or-later.txt")}
    assert len(texts) == 1
