# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""From which image to which, in one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import LATEST, Image, same_image


def describe_change(before: Image, target: Image, wanted: Mapping[str, Any]) -> str:
    """Both images in full, `before` of no kind where it is not known, and what a `wanted` floating one became."""
    asked = Image.from_options(wanted)
    floats = asked.floating or (asked.kind == "none" and (asked.version or "").lower() == LATEST)
    became = f" ({asked.version or LATEST})" if floats and not target.floating else ""
    if before.kind == "none":
        return f"Image: not known -> {target.describe()}{became}"
    if same_image(before, target):
        return f"Image: {target.describe()}{became}, as before"
    return f"Image: {before.describe()} -> {target.describe()}{became}"


def journal_change(journal: Mapping[str, Any]) -> str:
    """The same of a rollout by its journal, or its report; empty where no target is known."""
    model, target, left, previous = (
        Image.from_dict(journal[name] or {}) for name in ("model_image", "target_image", "left_image", "previous_image")
    )
    if target.kind == "none":
        return ""
    others = (one for one in (model, left, previous) if one.kind != "none" and not same_image(one, target))
    # A run that continues another finds the target in the model already.
    before = next(others, model if previous.kind != "none" else previous)
    return describe_change(before, target, journal["wanted_image"] or {})
