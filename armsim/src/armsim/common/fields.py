# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Fields of a JSON document by path, such as ``value[*].properties.instanceView.vmHealth``.

Names are parted by dots and are looked up in any case; ``[*]`` stands for all entries of a list, ``[0]`` for one by its
place, ``[instanceId=3]`` for those in which a field has this text; ``["a.b"]`` is a name with dots in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_STEP = re.compile(
    r'\.?(?P<name>[^.\[\]"=*]+)|\[(?P<all>\*)\]|\[(?P<place>\d+)\]|\[(?P<field>[^\]"=*]+)=(?P<text>[^\]]*)\]'
    r'|\["(?P<quoted>[^"]+)"\]'
)


@dataclass(frozen=True)
class Step:
    """One step of a path: a field by ``name``, or the entries of a list that ``picks`` accepts."""

    name: str | None = None
    place: int | None = None
    where: tuple[str, str] | None = None

    def picks(self, place: int, entry: Any) -> bool:
        """Whether the path goes on into this entry of a list."""
        if self.where is not None:
            field, text = self.where
            return isinstance(entry, dict) and str(entry.get(_actual(entry, field))) == text
        return self.place is None or self.place == place


def parse(path: str) -> tuple[Step, ...]:
    """The steps of a path; raises ValueError for text that is none, or that does not end in the name of a field."""
    steps, at = [], 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None or (at == 0 and path.startswith(".")):
            raise ValueError(f"{path} is not a path such as value[*].properties.instanceView.vmHealth")
        name = match["name"] or match["quoted"]
        place = int(match["place"]) if match["place"] else None
        where = (match["field"], match["text"]) if match["field"] else None
        steps.append(Step(name, place, where))
        at = match.end()
    if not steps or steps[-1].name is None:
        raise ValueError(f"{path} does not end in the name of a field")
    return tuple(steps)


def drop(document: Any, path: str) -> None:
    """Take the field away wherever it is."""
    for owner, name in _owners(document, parse(path), make=False):
        owner.pop(name, None)


def put(document: Any, path: str, value: Any) -> None:
    """Give the field this value; mappings on the way to it that are missing are made, entries of lists are not."""
    for owner, name in _owners(document, parse(path), make=True):
        owner[name] = value


def _owners(node: Any, steps: tuple[Step, ...], *, make: bool) -> Iterator[tuple[dict[str, Any], str]]:
    """The mappings that hold, or would hold, the field at the end of a path, with its name there."""
    step, rest = steps[0], steps[1:]
    if step.name is None:
        for place, entry in enumerate(node if isinstance(node, list) else []):
            if step.picks(place, entry):
                yield from _owners(entry, rest, make=make)
    elif isinstance(node, dict):
        name = _actual(node, step.name)
        if not rest:
            yield node, name
        elif name in node or (make and rest[0].name is not None):
            yield from _owners(node.setdefault(name, {}), rest, make=make)


def _actual(node: dict[str, Any], name: str) -> str:
    """The name as the document has it."""
    return next((one for one in node if one.lower() == name.lower()), name)
