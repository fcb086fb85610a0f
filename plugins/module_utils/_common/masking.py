# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Secrets in what others wrote: texts and documents of the service are shown and kept without them."""

from __future__ import annotations

import re

MASK = "***"

# Any client that has a signed address may use it.
_SIGNATURE = re.compile(r"(?<=[?&]sig=)[^&\s\"'<>]+", re.IGNORECASE)
_NAME = (
    r"[\w-]*(?:(?:password|passwd|pwd|secret|token)s?|(?:account|access|api|private|sas)[_-]?key)"
    r"|(?:[\w-]*-)?(?:sig|authorization|custom[_-]?data|user[_-]?data|connection[_-]?string)"
)
# What a word that stands for a secret is set to: quoted, quoted inside a quoted text, or up to the next gap.
_VALUE = (
    r"(?:(?P<quote>\\+[\"']).*?(?:(?<!\\)(?P=quote)|\Z)"
    r"|\"(?:[^\"\\]|\\.)*(?:\"|\Z)|'(?:[^'\\]|\\.)*(?:'|\Z)|(?:bearer\s+)?[^\s,;&]+)"
)
# A name is looked for where a word with hyphens begins: looked for at each hyphen, a long line of them takes minutes.
_ASSIGNED = re.compile(
    rf"(?<![\w-])((?:{_NAME})\\*[\"']?\s*[=:]\s*|--(?:{_NAME})\s+){_VALUE}",
    re.IGNORECASE | re.DOTALL,
)
# The header of a token is short; without an end to it, a text of beginnings alone would take the square of its length.
_TOKEN = re.compile(r"\beyJ[\w-]{8,2000}\.[\w-]{8,}(?:\.[\w-]*)*")
# These are of any shape, so nothing after them is shown.
_SHAPELESS = re.compile(
    r"((?:protectedSettings\w*|additionalUnattendContent)\\*[\"']?\s*[=:]).*", re.IGNORECASE | re.DOTALL
)
_SECRET_NAME = re.compile(rf"(?:{_NAME})", re.IGNORECASE)


def signatures(text: str) -> set[str]:
    """The signatures in the addresses of a text."""
    return set(_SIGNATURE.findall(text))


def masked(text: str) -> str:
    """The text without signatures, tokens, and what is assigned to a word that stands for a secret."""
    for pattern, instead in (
        (_SIGNATURE, MASK),
        (_SHAPELESS, rf"\1 {MASK}"),
        (_TOKEN, MASK),
        (_ASSIGNED, rf"\1{MASK}"),
    ):
        text = pattern.sub(instead, text)
    return text


def names_secret(name: str) -> bool:
    """Whether a field of that name holds a secret."""
    return _SECRET_NAME.fullmatch(name) is not None
