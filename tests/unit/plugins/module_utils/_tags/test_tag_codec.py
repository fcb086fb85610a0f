# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Texts and images in tags: whatever is written can be read again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import PLATFORM_FIELDS, Image
from ansible_collections.azroll.vmss.plugins.module_utils._tags.tag_codec import (
    VALUE_LIMIT,
    image_text,
    joined,
    read_image,
    split,
)
from ansible_collections.azroll.vmss.tests.unit.builders import NEW

PART = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=20)
PLATFORM = st.builds(Image, **dict.fromkeys(PLATFORM_FIELDS, PART))


@given(st.text(max_size=4 * VALUE_LIMIT))
def test_a_text_comes_back_from_its_tags(text: str) -> None:
    tags = split("azroll-held", text)
    assert joined(tags, "azroll-held") == text
    assert all(0 < len(part) <= VALUE_LIMIT for part in tags.values())


def test_an_empty_text_needs_no_tag() -> None:
    assert split("azroll-held", "") == {}


def test_a_text_ends_where_a_tag_is_missing() -> None:
    tags = split("x", "a" * VALUE_LIMIT + "b" * VALUE_LIMIT + "c")
    del tags["x-2"]
    assert joined(tags, "x") == "a" * VALUE_LIMIT


@given(PLATFORM | st.builds(Image, id=PART) | st.builds(Image, uri=PART.map("https://x/{}.vhd".format)))
def test_an_image_comes_back_from_its_text(image: Image) -> None:
    assert read_image(image_text(image)) == image


@pytest.mark.parametrize("image", [None, Image()])
def test_no_image_is_no_text(image: Image | None) -> None:
    assert image_text(image) == ""


@given(st.text())
def test_a_damaged_text_is_no_image_and_no_error(text: str) -> None:
    image = read_image(text)
    assert image is None or image_text(image) == text


@pytest.mark.parametrize("text", ["", "id=", "Canonical:ubuntu:server", "Canonical::server:1", "publisher=Canonical"])
def test_half_an_image_is_none(text: str) -> None:
    assert read_image(text) is None
    assert read_image(image_text(NEW)) == NEW
