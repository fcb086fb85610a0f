# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""A tag is released if version and changelog fit it, and not otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from release import complaints_of_armsim, complaints_of_collection


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout in which both products may be released: the collection as 1.2.0, the simulator as 0.3.0."""
    files = {
        "galaxy.yml": "version: 1.2.0\n",
        "changelogs/changelog.yaml": "releases:\n  1.2.0: {}\n",
        "changelogs/fragments/.keep": "",
        "armsim/src/armsim/__init__.py": '"""armsim."""\n\n__version__ = "0.3.0"\n',
        "armsim/CHANGELOG.md": "# Changelog\n\n## 0.3.0\n\n## 0.2.0\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_what_fits_may_be_released(root: Path) -> None:
    assert complaints_of_collection(root, "1.2.0") == []
    assert complaints_of_armsim(root, "armsim-0.3.0") == []


def test_another_tag_may_not(root: Path) -> None:
    assert complaints_of_collection(root, "1.3.0") == [
        "galaxy.yml has version 1.2.0, the tag is 1.3.0.",
        "The changelog has no release 1.3.0: run antsibull-changelog release.",
    ]
    assert complaints_of_armsim(root, "armsim-0.2.0") == [
        "armsim has version 0.3.0, the tag is armsim-0.2.0.",
        "armsim/CHANGELOG.md begins with 0.3.0, not with armsim-0.2.0.",
    ]


def test_what_is_in_no_release_is_named(root: Path) -> None:
    (root / "changelogs" / "fragments" / "new.yml").write_text("minor_changes: []\n", encoding="utf-8")
    assert complaints_of_collection(root, "1.2.0") == ["Fragments are in no release: new.yml."]


def test_an_unreleased_heading_is_no_release(root: Path) -> None:
    (root / "armsim" / "CHANGELOG.md").write_text("# Changelog\n\n## 0.3.0 (unreleased)\n", encoding="utf-8")
    assert complaints_of_armsim(root, "armsim-0.3.0") == [
        "armsim/CHANGELOG.md begins with 0.3.0 (unreleased), not with armsim-0.3.0."
    ]
