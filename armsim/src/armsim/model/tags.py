# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What tags a resource may have: their number and lengths are documented, codes and texts of refusals reported."""

from __future__ import annotations

import re

from armsim.common.wire import Json
from armsim.protocol.errors import ArmError, gateway

MAX_TAGS = 50
MAX_NAME = 512
MAX_VALUE = 256
_RESERVED = re.compile(r"[<>%&\\?/\x00-\x1f\x7f]")
# Tags of these kinds name other resources.
_LINKS = ("hidden-", "link:")


def check_tags(tags: Json) -> None:
    """Raise 400 for tags that a resource cannot have."""
    if len(tags) > MAX_TAGS:
        raise _refused("TooManyTags", f"The resource has {len(tags)} tags. It can have {MAX_TAGS} at most.")
    wrong = [name for name in tags if _RESERVED.search(name) and not name.lower().startswith(_LINKS)]
    if wrong:
        raise _refused(
            "InvalidTagNameCharacters",
            f"The tag names '{', '.join(wrong)}' have reserved characters '<,>,%,&,\\,?,/' or control characters.",
        )
    for kind, limit, texts in (("name", MAX_NAME, tags), ("value", MAX_VALUE, tags.values())):
        for text in texts:
            if len(str(text)) > limit:
                raise _refused(
                    "InvalidTagName" if kind == "name" else "InvalidTagValueLength",
                    f"Tag {kind} too large.  Following tag {kind} '{text}' exceeded the maximum length. Maximum "
                    f"allowed length for tag {kind} - '{limit}' characters.",
                )


def _refused(code: str, message: str) -> ArmError:
    return gateway(400, code, message)
