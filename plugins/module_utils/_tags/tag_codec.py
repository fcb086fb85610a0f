# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What does not fit into one tag of Azure's, and images, as tags."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import PLATFORM_FIELDS, Image

# Documented limits; names are compared without regard to case.
VALUE_LIMIT = 256
TAG_LIMIT = 50

_IMAGE_FIELDS = ("id", "shared_gallery_image_id", "community_gallery_image_id", "uri")


def split(name: str, text: str) -> dict[str, str]:
    """The tags of a text: it goes on in `NAME-2`, `NAME-3` and so on. None for an empty text."""
    parts = [text[start : start + VALUE_LIMIT] for start in range(0, len(text), VALUE_LIMIT)]
    return {name if number == 1 else f"{name}-{number}": part for number, part in enumerate(parts, 1)}


def joined(tags: Mapping[str, str], name: str) -> str:
    """The text that `split` made tags of; the names of `tags` are in lower case."""
    text, number = tags.get(name, ""), 2
    while part := tags.get(f"{name}-{number}", ""):
        text, number = text + part, number + 1
    return text


def image_text(image: Image | None) -> str:
    """An image as `PUBLISHER:OFFER:SKU:VERSION` or `FIELD=VALUE`; empty for none."""
    if image is None or image.kind == "none":
        return ""
    if image.kind == "platform":
        return ":".join(getattr(image, name) or "" for name in PLATFORM_FIELDS)
    return next(f"{name}={value}" for name in _IMAGE_FIELDS if (value := getattr(image, name)))


def read_image(text: str) -> Image | None:
    """The image that `image_text` wrote; None where the text is damaged."""
    name, _equals, value = text.partition("=")
    if name in _IMAGE_FIELDS and value:
        return Image(**{name: value})
    parts = text.split(":")
    if len(parts) != len(PLATFORM_FIELDS) or not all(parts):
        return None
    return Image(**dict(zip(PLATFORM_FIELDS, parts, strict=True)))
