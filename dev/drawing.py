# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Draws how collection and simulator are built, from their imports, into the page "How it is built".

make drawing               writes it
make lint ONLY=drawing     says whether it is out of date

A package is a folder; files that lie beside packages are one package with the name of the folder that they are in. Its
line has a mark in the column of each package that it imports. What a package imports is on a lower floor, so all marks
are left of the diagonal: one to the right of it would be part of a circle.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from checkout import ROOT

PAGE = ROOT / "docs" / "docsite" / "rst" / "how_it_is_built.rst"
Graph = dict[str, set[str]]


@dataclass(frozen=True)
class Tree:
    """Python files that belong together: their folder, the name by which they import each other, the title."""

    title: str
    folder: Path
    name: str


TREES = (
    Tree("collection", ROOT / "plugins", "ansible_collections.azroll.vmss.plugins"),
    Tree("simulator", ROOT / "armsim" / "src" / "armsim", "armsim"),
)


def modules(tree: Tree) -> dict[str, Path]:
    """The files of a tree by the dotted name below it; a folder's ``__init__`` has the name of the folder."""
    found = {}
    for file in sorted(tree.folder.rglob("*.py")):
        parts = file.relative_to(tree.folder).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imported(tree: Tree, name: str, file: Path) -> Iterator[str]:
    """The dotted names below the tree that a file imports, wherever in it: modules, or names in one."""
    package = name.split(".") if file.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            bases = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = [tree.name, *package][: len(package) + 2 - node.level] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            bases = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (base.removeprefix(f"{tree.name}.") for base in bases if base.startswith(f"{tree.name}."))


def package_of(files: Mapping[str, Path], tree: Tree, dotted: str) -> str | None:
    """The folder, below the tree, of the module that a dotted name is or leads into; None if there is no such."""
    words = dotted.split(".")
    for length in range(len(words), 0, -1):
        file = files.get(".".join(words[:length]))
        if file is not None:
            folder = file.parent.relative_to(tree.folder)
            return folder.as_posix() if folder.parts else None
    return None


def packages(tree: Tree) -> Graph:
    """The packages of a tree, and which others each of them imports. What lies beside all packages is excluded."""
    files = modules(tree)
    graph: Graph = {}
    for name, file in files.items():
        own = package_of(files, tree, name)
        if own is None or (file.name == "__init__.py" and not _says_anything(file)):
            continue
        others = {package_of(files, tree, dotted) for dotted in imported(tree, name, file)}
        graph.setdefault(own, set()).update(other for other in others if other not in (None, own))
    return {name: others & graph.keys() for name, others in graph.items()}


def _says_anything(file: Path) -> bool:
    return bool(ast.parse(file.read_text(encoding="utf-8")).body)


def floors(graph: Graph) -> list[list[str]]:
    """The packages from the ground up: each stands on the lowest floor that is above all that it imports.

    Raises CycleError where packages import each other in a circle.
    """
    height: dict[str, int] = {}
    for name in TopologicalSorter(graph).static_order():
        height[name] = max((height[other] + 1 for other in graph[name]), default=0)
    return [sorted(name for name in height if height[name] == level) for level in range(max(height.values()) + 1)]


def drawing(graph: Graph) -> list[str]:
    """One line for each package, the highest floor on top; a column for each, the ground floor on the left."""
    levels = floors(graph)
    order = [name for level in levels for name in level]
    width = max(map(len, order))
    lines = []
    for number, level in reversed([*enumerate(levels)]):
        lines.append(f"floor {number} ".ljust(width + 2, "─") + "─" * (3 * len(order) + 1))
        for name in level:
            place = order.index(name)
            marks = ["●" if other in graph[name] else "·" for other in order[:place]]
            lines.append(f"{name:<{width}}  {''.join(f'{mark:>3}' for mark in [*marks, str(place + 1)])}")
    return lines


def about(tree: Tree, name: str) -> str:
    """What a package says of itself in the first paragraph of its ``__init__``, if it does."""
    init = tree.folder / name / "__init__.py"
    said = ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))) if init.exists() else None
    return "" if said is None else " ".join(said.partition("\n\n")[0].split())


def section(tree: Tree) -> str:
    """What stands in the page for a tree: the drawing, and what the packages say of themselves."""
    graph = packages(tree)
    lines = [".. code-block:: text", "", *(f"   {line}" for line in drawing(graph)), ""]
    words = {name: about(tree, name) for level in reversed(floors(graph)) for name in level}
    said = [(name, text) for name, text in words.items() if text]
    if said:
        lines += [".. list-table::", "   :widths: 20 80", ""]
        lines += [line for name, text in said for line in (f"   * - ``{name}/``", f"     - {text}")]
        lines.append("")
    return "\n".join(lines)


def with_drawings(page: str) -> str:
    """The page with what stands between the marks of each tree made anew."""
    for tree in TREES:
        begin, end = f".. drawing of the {tree.title}: make drawing\n\n", ".. end of the drawing\n"
        before, found, rest = page.partition(begin)
        _old, closed, after = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"{PAGE.name} has no place for the drawing of the {tree.title}")
        page = f"{before}{begin}{section(tree)}\n{end}{after}"
    return page


def main() -> int:
    parser = argparse.ArgumentParser(description="Draw how collection and simulator are built, from their imports.")
    parser.add_argument("--check", action="store_true", help="only tell whether the page is out of date")
    options = parser.parse_args()
    old = PAGE.read_text(encoding="utf-8")
    try:
        new = with_drawings(old)
    except CycleError as error:
        print(f"Packages import each other in a circle: {' -> '.join(error.args[1])}")
        return 1
    if new == old:
        return 0
    if options.check:
        print(f"{PAGE.relative_to(ROOT)} does not show the packages as they import each other now: run make drawing")
        return 1
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
