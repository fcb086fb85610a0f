# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Finding, reading and checking a scenario file; every error names the file, the field and what is allowed there."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import ValidationError

from armsim.scenario.whole import Scenario

BUNDLED = Path(__file__).parent.parent / "scenarios"


class ScenarioError(Exception):
    """A scenario that cannot be used; the text is one line and fit for people."""


def problems(error: ValidationError, whole: str) -> list[str]:
    """One line for each field that does not fit, with what is allowed there; ``whole`` names the document itself."""
    return [
        f"{'.'.join(str(step) for step in problem['loc']) or whole}: {problem['msg'].removeprefix('Value error, ')}"
        for problem in error.errors(include_url=False)
    ]


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
    """Read and check a scenario file; :class:`ScenarioError` names file, field and what is allowed."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise ScenarioError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    return parse(document, str(path))


def parse(document: object, source: str) -> Scenario:
    """Check a scenario document that came from ``source``."""
    try:
        return Scenario.model_validate(document)
    except ValidationError as error:
        raise ScenarioError(f"{source}: {'; '.join(problems(error, 'the file'))}") from error
