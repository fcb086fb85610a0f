# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""A YAML document that remembers where each of its fields stands."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from armsim.scenario.problems import Problem, ScenarioError

MERGE = "tag:yaml.org,2002:merge"


class Text:
    """YAML text from ``source``, a file's name; :class:`ScenarioError` when it is not YAML or gives a field twice."""

    def __init__(self, text: str, source: str) -> None:
        self.source = source
        loader = yaml.SafeLoader(text)
        try:
            self._root = loader.get_single_node()
            twice = list(_twice(self._root, set()))
            self.data: object = None if self._root is None else loader.construct_document(self._root)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = f"{source}:{mark.line + 1}:{mark.column + 1}" if mark else source
            raise ScenarioError(f"{place}: not YAML: {error.problem or error.context}") from error
        except yaml.YAMLError as error:
            raise ScenarioError(f"{source}: not YAML: {' '.join(str(error).split())}") from error
        finally:
            loader.dispose()
        if twice:
            raise ScenarioError(
                *(
                    f"{source}:{_position(second)}: {second.value}: given twice; first in line {_line(first)}"
                    for first, second in twice
                )
            )

    def place(self, problem: Problem) -> str:
        """Where a problem stands, for example ``web.yaml:12:5: scale_sets.0.name``; a missing field's is the place of
        what it is missing from.
        """
        if self._root is None:
            return self.source
        name = value = self._root
        path = []
        for number, step in enumerate(problem.loc, 1):
            last = number == len(problem.loc)
            found = _child(value, step)
            # Steps that lead nowhere are the names of a union's members, and the numbers of lists given in short.
            leads = found is not None and (last or not isinstance(found[1], yaml.ScalarNode))
            if found is not None and leads:
                name, value = found
            if leads or last:
                path.append(str(step))
        place = f"{self.source}:{_position(name if problem.of_name else value)}"
        return ": ".join([place, ".".join(path)] if path else [place])


def _child(node: yaml.Node, step: int | str) -> tuple[yaml.Node, yaml.Node] | None:
    """Name and value of a field or an item, where there is one."""
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    if isinstance(node, yaml.MappingNode):
        return next(((name, value) for name, value in node.value if name.value == str(step)), None)
    return None


def _twice(node: yaml.Node | None, seen: set[int]) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """Pairs of equal names within one mapping: YAML forbids them, the library lets the last one win."""
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _twice(item, seen)
    elif isinstance(node, yaml.MappingNode):
        names: dict[str, yaml.Node] = {}
        for name, value in node.value:
            if isinstance(name, yaml.ScalarNode) and name.tag != MERGE:
                if name.value in names:
                    yield names[name.value], name
                names.setdefault(name.value, name)
            yield from _twice(value, seen)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _position(node: yaml.Node) -> str:
    return f"{_line(node)}:{node.start_mark.column + 1}"
