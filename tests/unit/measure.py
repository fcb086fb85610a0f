# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""How many lines of code there are: without docstrings, a plugin's documentation, blank lines and comments."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

DOCUMENTATION = {"DOCUMENTATION", "EXAMPLES", "RETURN"}
NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def code_lines(source: str) -> set[int]:
    """The numbers of the lines that have code."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr | ast.Assign) and _is_text(node):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


def functions(source: str) -> Iterator[tuple[str, int]]:
    """Each function with the number of its lines of code, those of functions inside of it included."""
    lines = code_lines(source)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            yield node.name, len(lines.intersection(range(node.lineno, (node.end_lineno or node.lineno) + 1)))


def name(path: Path) -> str:
    """As a file is called in what tests say: folder and file."""
    return f"{path.parent.name}/{path.name}"


def _is_text(node: ast.Expr | ast.Assign) -> bool:
    """A docstring, or a block of a plugin's documentation."""
    if isinstance(node, ast.Assign):
        names = {target.id for target in node.targets if isinstance(target, ast.Name)}
        return bool(names & DOCUMENTATION) and isinstance(node.value, ast.Constant)
    return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
