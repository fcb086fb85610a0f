# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Finding, reading and checking a scenario file; every error names file, line, field and what is allowed there."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from armsim.scenario.consistency import misfits
from armsim.scenario.problems import Problem, ScenarioError, problems
from armsim.scenario.text import Text
from armsim.scenario.whole import VERSIONS, Scenario

BUNDLED = Path(__file__).parent / "bundled"


def locate(name: str) -> Path:
    """The scenario file for a path, or for the bare name of a bundled scenario."""
    path = Path(name)
    if path.is_file():
        return path
    bundled = BUNDLED / f"{name}.yaml"
    if "/" not in name and bundled.is_file():
        return bundled
    known = ", ".join(sorted(file.stem for file in BUNDLED.glob("*.yaml")))
    raise ScenarioError(f"no scenario file {name}; bundled scenarios are: {known}")


def load(path: Path) -> Scenario:
    """Read and check a scenario file; :class:`ScenarioError` names file, line, field and what is allowed."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: cannot be read: {error}") from error
    return parse(text, str(path))


def parse(text: str, source: str) -> Scenario:
    """Check the YAML text of a scenario; ``source`` names it in errors."""
    marked = Text(text, source)
    try:
        return check(marked.data).read_from(marked)
    except ScenarioError as error:
        raise error.at(marked.place) from error


def check(document: object) -> Scenario:
    """Check a scenario document; :class:`ScenarioError` names each field that does not fit."""
    if not isinstance(document, dict):
        raise ScenarioError("must be a mapping with the fields of a scenario: version, images, resource_groups, ...")
    version = document.get("version")
    if isinstance(version, bool) or version not in VERSIONS:
        known = ", ".join(str(item) for item in VERSIONS)
        what = f"unknown version {version!r}" if "version" in document else "this field is required"
        raise ScenarioError(Problem(("version",), f"{what}; this release reads version {known}"))
    try:
        spec = Scenario.model_validate(document)
    except ValidationError as error:
        raise ScenarioError(*problems(error, Scenario)) from error
    if wrong := list(misfits(spec)):
        raise ScenarioError(*wrong)
    return spec
