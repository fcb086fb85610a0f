# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What several plugins return is documented once."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from shared_docs import BLOCK, plugins, shared, sources

RETURN = re.compile(r'^RETURN(?: = r"""|:)\n(?P<text>.*?)(?:^"""|\Z)', re.MULTILINE | re.DOTALL)
# So many lines in a row are no accident.
LINES = 10


def test_a_block_is_written_as_deep_as_its_marks() -> None:
    text = "a:\n  # shared: x\n  old: 1\n  # end of x\nb: 2\n"
    assert shared(text, {"x": "new:\n  - 1\n"}) == "a:\n  # shared: x\n  new:\n    - 1\n  # end of x\nb: 2\n"


def test_what_is_written_stays_as_it_is() -> None:
    once = shared("# shared: x\n# end of x\n", {"x": "new: 1\n"})
    assert shared(once, {"x": "new: 1\n"}) == once


@pytest.mark.parametrize("text", ["# shared: x\na: 1\n", "a: 1\n# end of x\n", "# shared: y\n# end of y\n"])
def test_a_mark_that_leads_nowhere_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"x has no|no dev/shared_docs/y"):
        shared(text, {"x": "a: 1\n"})


def test_every_shared_text_is_in_several_places() -> None:
    used = [match["name"] for path in plugins() for match in BLOCK.finditer(path.read_text(encoding="utf-8"))]
    assert {name for name in sources() if used.count(name) < 2} == set()


def test_no_return_value_is_described_twice() -> None:
    places = defaultdict(set)
    for path in plugins():
        found = RETURN.search(path.read_text(encoding="utf-8"))
        assert found is not None, path
        lines = [line.strip() for line in BLOCK.sub("\n", found["text"]).splitlines()]
        for start in range(len(lines) - LINES + 1):
            places[tuple(lines[start : start + LINES])].add(path.name)
    assert {where for where in map(tuple, map(sorted, places.values())) if len(where) > 1} == set()
