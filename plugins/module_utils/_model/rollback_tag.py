# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The mark of a scale set that was rolled back from an image.

While instances run two images, nothing in Azure separates a rollout that stopped half way from such a rollback: the one
would go on where the other came from. So a run that writes an older image into the model notes the image that it leaves
in a tag, in the same request; it goes with the last instance that runs that image, or with the next image.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image, same_image
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._tags.tag_codec import (
    TAG_LIMIT,
    image_text,
    joined,
    read_image,
    split,
)

_MARK = "azroll-rolled-back-from"
_OWN = re.compile(rf"{_MARK}(?:-\d+)?\Z", re.IGNORECASE)


def read_mark(tags: Mapping[str, str]) -> Image | None:
    """The image that the set was rolled back from, None where it was not."""
    return read_image(joined({name.lower(): value for name, value in tags.items() if _OWN.match(name)}, _MARK))


def write_mark(tags: Mapping[str, str], image: Image | None) -> dict[str, str]:
    """All tags with the mark of this image, or without one. Where Azure takes no more tags, there is none."""
    others = {name: value for name, value in tags.items() if not _OWN.match(name)}
    marked = {**others, **split(_MARK, image_text(image))}
    return marked if len(marked) <= TAG_LIMIT else others


def was_rolled_back(mark: Image | None, model: Image) -> bool:
    """Whether the model has another image than the one that the set was rolled back from."""
    return mark is not None and not same_image(model, mark)


def rolling_back(mark: Image | None, model: Image, instances: Iterable[Instance]) -> bool:
    """Whether instances still run the image that the set was rolled back from."""
    if mark is None or not was_rolled_back(mark, model):
        return False
    return any(not (one.leaving or one.attached) and same_image(one.image, mark) for one in instances)
