# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Ids and tags keep instances out of a rollout, in any case, unless a tag's value takes it back."""

from __future__ import annotations

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._model.marks import NO_MARKS, Marks
from ansible_collections.azroll.vmss.tests.unit.builders import instance


@pytest.mark.parametrize(
    ("value", "counts"),
    [("true", True), ("", True), ("since noon", True), ("false", False), ("No", False), ("OFF", False), ("0", False)],
)
def test_a_tag_counts_unless_its_value_is_a_no(value, counts):
    tagged = instance(0, tags={"In-Use": value})
    assert Marks(busy_tags=("in-use",)).busy(tagged) is counts
    assert Marks(skip_tags=("in-use",)).skips(tagged) is counts
    assert not Marks(busy_tags=("in-use",)).skips(tagged)
    assert not Marks(busy_tags=("other",)).busy(tagged)


def test_an_id_counts_in_any_case():
    assert Marks(skip_ids=("WEB_1A",)).skips(instance("web_1a"))
    assert not Marks(skip_ids=("web_1",)).skips(instance("web_1a"))


def test_without_marks_nothing_is_kept_out():
    assert not NO_MARKS.busy(instance(0))
    assert not NO_MARKS.skips(instance(0))
