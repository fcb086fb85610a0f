# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""From which image to which, in one line."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._image.change_text import describe_change, journal_change
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD, ubuntu

NONE = Image()


def journal(**fields: Any) -> dict[str, Any]:
    images = {"model_image": OLD, "target_image": NEW, "left_image": NONE, "previous_image": OLD, **fields}
    return {**{name: image.to_dict() for name, image in images.items()}, "wanted_image": {}}


def test_both_images_are_named_in_full() -> None:
    assert describe_change(OLD, NEW, {}) == f"Image: {OLD.describe()} -> {NEW.describe()}"


def test_an_image_that_stays_is_named_once() -> None:
    line = describe_change(NEW, NEW, {})
    assert line.count(NEW.describe()) == 1
    assert "as before" in line


def test_an_image_before_that_nobody_knows() -> None:
    assert "not known" in describe_change(NONE, NEW, {})


@pytest.mark.parametrize(("wanted", "said"), [({"version": "latest"}, True), ({"version": "1"}, False), ({}, False)])
def test_what_latest_became_is_said(wanted: dict[str, str], said: bool) -> None:
    assert ("(latest)" in describe_change(OLD, NEW, wanted)) is said


def test_a_rollout_without_a_target_has_no_line() -> None:
    assert journal_change(journal(target_image=NONE)) == ""


def test_a_run_that_continues_another_names_the_image_before_both() -> None:
    left = ubuntu("22.04.1")
    assert journal_change(journal(model_image=NEW, left_image=left)).startswith(f"Image: {left.describe()} ->")
    assert journal_change(journal(model_image=NEW)).startswith(f"Image: {OLD.describe()} ->")


def test_where_nothing_tells_of_the_image_before_it_is_not_known() -> None:
    assert "not known" in journal_change(journal(model_image=NEW, previous_image=NONE))
