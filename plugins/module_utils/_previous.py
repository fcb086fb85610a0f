# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The image to go back to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ansible_collections.azroll.vmss.plugins.module_utils._image import Image, same_image
from ansible_collections.azroll.vmss.plugins.module_utils._instance import Instance


def previous_image(target: Image, instances: Iterable[Instance], known: Iterable[Image | None] = ()) -> Image | None:
    """The image before `target`, at a fixed version. None where nothing tells of another one.

    It is the first of the `known` ones that is another: what the model had, what a lease remembers. A floating one
    would lead to the newest image again, so that means the version which most of its instances got. Where none is
    known, because a run was killed when it had written the model, it is the image that most other instances run.
    """
    images = [one.image for one in instances if not (one.leaving or one.attached) and one.image.kind != "none"]
    others = [image for image in images if not same_image(image.pinned, target)]
    for before in known:
        if before is None or before.kind == "none" or same_image(before, target):
            continue
        if not before.floating:
            return before
        found = _commonest([image for image in others if same_image(image, before)])
        if found:
            return found
    return _commonest(others)


def _commonest(images: Sequence[Image]) -> Image | None:
    counted = Counter(image.pinned for image in images if not image.pinned.floating)
    return min(counted, key=lambda image: (-counted[image], image.describe())) if counted else None
