# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The options of the role in every form that they are given in: YAML, `-e name=value` and the surveys of AWX.

A survey and `-e name=value` make a text of everything, and a survey sends the empty text for what is not answered.
"""

from __future__ import annotations

import json
import re
from ast import literal_eval
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.validation import check_type_bool, check_type_dict

PREFIX = "rollout_"
# Their fields are lists; those of rollout_image are texts.
DICTS_OF_LISTS = ("rollout_only", "rollout_skip")
_WHOLE_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,12}\s*")


def read_options(options: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The options and all other defaults, each with the type of its default.

    An empty text and null stand for the default, and for the empty text where there is none. What cannot be read as the
    type stays as it is, for `wrong_options` to refuse. A value that has the type already is not changed, but for the
    empty fields of a dictionary, which are omitted.
    """
    read = {name: _read(name, value, defaults.get(name, "")) for name, value in options.items()}
    return {**defaults, **read}


def _read(name: str, value: Any, default: Any) -> Any:
    if value is None or (isinstance(value, str) and not value.strip()):
        return default
    if isinstance(default, bool):
        return _flag(value)
    if isinstance(default, int):
        return int(value) if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value) else value
    if isinstance(default, list):
        return _list(value)
    if isinstance(default, Mapping):
        return _dict(value, lists=name in DICTS_OF_LISTS)
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _flag(value: Any) -> Any:
    try:
        return check_type_bool(value)
    except TypeError:
        return value


def _list(value: Any) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return [value]
    if not isinstance(value, str):
        return value
    text = value.strip()
    if not text.startswith("["):
        return [entry for entry in map(str.strip, text.split(",")) if entry]
    for parse in (json.loads, literal_eval):
        try:
            return list(parse(text))
        except (MemoryError, RecursionError, SyntaxError, TypeError, ValueError):
            continue
    return value


def _dict(value: Any, *, lists: bool) -> Any:
    if isinstance(value, str):
        try:
            # JSON, or key=value as Ansible reads it.
            fields = check_type_dict(value.strip())
        except (TypeError, ValueError):
            return value
    else:
        fields = value
    if not isinstance(fields, Mapping):
        return value
    return {
        str(name): _list(one) if lists else one
        for name, one in fields.items()
        if one is not None and not (isinstance(one, str) and not one.strip())
    }
