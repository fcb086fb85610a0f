# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""The drawing of the packages: what imports what, on which floor it stands, and how that is drawn."""

from __future__ import annotations

from graphlib import CycleError
from pathlib import Path

import pytest

from drawing import Tree, drawing, floors, packages, section


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A tree with a package of each kind: below another one, with files beside it, and without anything."""
    files = {
        "__init__.py": "from shop.web import app",
        "web/__init__.py": '"""Answers requests.\n\nNothing else."""',
        "web/app.py": "from shop import store\nfrom shop.store.shelf import Shelf\nimport shop.common.time",
        "web/late.py": "def late():\n    from ..common import time",
        "store/__init__.py": "from shop.store.shelf import Shelf",
        "store/shelf.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shop.common.time import Time",
        "store/cold/deep.py": "from . import other\nfrom ..shelf import Shelf\nimport json",
        "store/cold/other.py": "",
        "common/time.py": "",
        "empty/__init__.py": "# Nothing.",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Tree("shop", tmp_path, "shop")


def test_a_package_imports_what_any_of_its_files_does_wherever_it_does(tree: Tree) -> None:
    assert packages(tree) == {
        "common": set(),
        "store": {"common"},
        "store/cold": {"store"},
        "web": {"common", "store"},
    }


def test_a_package_stands_above_all_that_it_imports() -> None:
    assert floors({"a": set(), "b": {"a"}, "c": {"a"}, "d": {"a", "b"}}) == [["a"], ["b", "c"], ["d"]]


def test_packages_in_a_circle_stand_nowhere() -> None:
    with pytest.raises(CycleError):
        floors({"a": {"b"}, "b": {"c"}, "c": {"a"}})


def test_the_marks_are_left_of_the_diagonal() -> None:
    lines = drawing({"base": set(), "top": {"base", "mid"}, "mid": {"base"}})
    assert [line.split() for line in lines if "floor" not in line] == [
        ["top", "●", "●", "3"],
        ["mid", "●", "2"],
        ["base", "1"],
    ]


def test_the_page_has_what_a_package_says_of_itself(tree: Tree) -> None:
    text = section(tree)
    assert "   * - ``web/``\n     - Answers requests.\n" in text
    assert "``common/``" not in text
