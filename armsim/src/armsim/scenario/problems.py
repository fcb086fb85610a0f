# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What is wrong with a scenario, in words: the field, what is allowed there, and what may have been meant."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError

Loc = tuple[int | str, ...]
_SHORT = 60


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong at ``loc``; ``of_name``: it is the field's name, not its value."""

    loc: Loc
    message: str
    of_name: bool = False

    def __str__(self) -> str:
        return f"{'.'.join(str(step) for step in self.loc)}: {self.message}" if self.loc else self.message


class ScenarioError(Exception):
    """A scenario that cannot be used; the text has a readable line for each problem."""

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = [Problem((), item) if isinstance(item, str) else item for item in problems]
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def at(self, place: Callable[[Problem], str]) -> ScenarioError:
        """The same error, with the ``place`` of each problem, such as ``web.yaml:12:5: scale_sets.0.name``."""
        return ScenarioError(*(f"{place(problem)}: {problem.message}" for problem in self.problems))


def problems(error: ValidationError, model: type[BaseModel] | None = None) -> list[Problem]:
    """The problems of a document, from ``error``: each with what is allowed there, by name where ``model`` is given."""
    return [_problem(item, model) for item in error.errors(include_url=False)]


def _problem(item: Any, model: type[BaseModel] | None) -> Problem:
    loc: Loc = item["loc"]
    if model is None:
        return Problem(loc, item["msg"].removeprefix("Value error, ") + _given(item))
    if item["type"] == "extra_forbidden":
        allowed = _fields(model, loc[:-1])
        near = difflib.get_close_matches(str(loc[-1]), allowed, 1)
        meant = f"did you mean {near[0]}? " if near else ""
        return Problem(loc, f"unknown field; {meant}allowed: {', '.join(allowed)}", of_name=True)
    if item["type"] == "missing":
        return Problem(loc, "this field is required")
    if item["type"] in ("model_type", "model_attributes_type"):
        return Problem(loc, f"must be a mapping with the fields {', '.join(_fields(model, loc))}{_given(item)}")
    return Problem(loc, item["msg"].removeprefix("Value error, ") + _given(item))


def _given(item: Any) -> str:
    """The offending value, where it is short and helps."""
    value = item.get("input")
    if item["type"] == "value_error" or isinstance(value, dict | list | BaseModel):
        return ""
    shown = repr(value)
    return f"; it is {shown}" if len(shown) <= _SHORT else ""


def _fields(model: type[BaseModel], loc: Loc) -> list[str]:
    """Names of the fields that are allowed at ``loc``; of a union, those of all its members that fit the way there."""
    root = _schema(model)
    here = [root]
    for step in loc:
        named = [tagged for node in _plain(root, here) for tagged in _member(node, str(step))]
        inner = [child for node in _plain(root, here) for child in _children(node, step)]
        # Into a member of a union, whose name pydantic puts in between.
        here = named or inner or here
    return sorted({name for node in _plain(root, here) for name in node.get("properties", {})})


@lru_cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _plain(root: dict[str, Any], nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The nodes themselves, with references followed and unions opened."""
    for node in nodes:
        if "$ref" in node:
            yield from _plain(root, [root["$defs"][node["$ref"].rpartition("/")[2]]])
            continue
        yield node
        yield from _plain(root, [*node.get("anyOf", []), *node.get("oneOf", [])])


def _children(node: dict[str, Any], step: int | str) -> list[dict[str, Any]]:
    if isinstance(step, int):
        return [node["items"]] if "items" in node else []
    if step in node.get("properties", {}):
        return [node["properties"][step]]
    rest = node.get("additionalProperties")
    return [rest] if isinstance(rest, dict) else []


def _member(node: dict[str, Any], tag: str) -> list[dict[str, Any]]:
    reference = node.get("discriminator", {}).get("mapping", {}).get(tag)
    return [{"$ref": reference}] if reference else []
