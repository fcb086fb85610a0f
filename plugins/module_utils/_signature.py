# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Signatures of shared access: whoever has such an address may use it, so none is shown or kept."""

from __future__ import annotations

import re

_SIGNATURE = re.compile(r"(?<=[?&]sig=)[^&\s\"'<>]+", re.IGNORECASE)


def signatures(text: str) -> set[str]:
    """The signatures in the addresses of a text."""
    return set(_SIGNATURE.findall(text))


def unsigned(text: str) -> str:
    """The text with its addresses without their signatures."""
    return _SIGNATURE.sub("REDACTED", text)
