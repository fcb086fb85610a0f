# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Documentation is text: a colon and a space make a mapping of a sentence, and ansible-doc refuses the page."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PLUGINS = [path for path in (ROOT / "plugins").rglob("*.*") if path.suffix in (".py", ".yml")]
SOURCES = [*PLUGINS, ROOT / "roles" / "rollout" / "meta" / "argument_specs.yml"]
TEXTS = ("description", "short_description", "notes", "details")


def documents(path):
    """What a plugin, its page or a role says of itself, parsed."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".yml":
        return [yaml.safe_load(text)]
    constants = {
        target.id: node.value.value
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    names = ("DOCUMENTATION", "RETURN") if path.parent.name != "doc_fragments" else ()
    return [yaml.safe_load(constants[name]) for name in names if name in constants]


def no_text(value, place=""):
    """The places below a value whose description holds something else than text."""
    if isinstance(value, list):
        for number, entry in enumerate(value):
            yield from no_text(entry, f"{place}[{number}]")
    if not isinstance(value, dict):
        return
    for key, entry in value.items():
        here = f"{place}.{key}"
        # An option may be called "notes", too: then it has a mapping of its own, with a description.
        if key in TEXTS and not (isinstance(entry, dict) and "description" in entry):
            lines = entry if isinstance(entry, list) else [entry]
            yield from (here for line in lines if not isinstance(line, str))
        yield from no_text(entry, here)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_sentence_is_text(path):
    assert [place for document in documents(path) for place in no_text(document)] == []


def test_a_sentence_that_yaml_takes_for_a_mapping_is_found():
    page = yaml.safe_load("DOCUMENTATION: {options: {batches: {description: [one, two: three]}}}")
    assert list(no_text(page)) == [".DOCUMENTATION.options.batches.description"]
