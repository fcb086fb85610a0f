# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What two answers to the same request differ in: status, header names, keys and nesting of the body, and values that
decide something.

Other values are none of it, nor how long a list is: entries of a list are taken together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from conformance.mirror.recordings import Answer

# Strings that are states or codes, not values of the user's, by the key they stand under.
STATES = ("provisioningState", "status", "code", "level", "lastAction")
# Other values by which clients decide, or which the service fills in.
DECISIVE = (
    "latestModelApplied",
    "modelDefinitionApplied",
    "orchestrationMode",
    "protectFromScaleIn",
    "protectFromScaleSetActions",
    "enableAutomaticOSUpgrade",
    "disableAutomaticRollback",
    "maxSurge",
    "rollbackFailedInstancesOnPolicyBreach",
    "serviceState",
    "resilientVMDeletionStatus",
)
# Lists whose order means something: entries are compared one by one.
_ORDERED = ("statuses",)
# Below these the keys are the user's own.
_FREE = ("tags", "settings", "userAssignedIdentities")
_TYPES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number", float: "number"}


@dataclass(frozen=True, order=True)
class Difference:
    """``where``: ``status``, ``header NAME`` or the path of a key in the body; ``what``: how it differs."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass
class Place:
    """What stands at one path of a body: the JSON types, and the states in their order."""

    types: set[str] = field(default_factory=set)
    states: list[str] = field(default_factory=list)


def differences(recorded: Answer, simulated: Answer) -> list[Difference]:
    """What the simulated answer differs in from the recorded one."""
    if recorded.status != simulated.status:
        what = f"{_outcome(simulated)} instead of {_outcome(recorded)}"
        return [Difference("status", what)]
    found = [
        Difference(f"header {name}", "missing" if name in recorded.headers else "extra")
        for name in sorted(recorded.headers.keys() ^ simulated.headers.keys())
    ]
    return found + list(_header_values(recorded, simulated)) + list(_bodies(recorded.body, simulated.body))


def _header_values(recorded: Answer, simulated: Answer) -> Iterator[Difference]:
    """What an answer was charged, and the names of the limits it was charged to."""
    for name, read in (("x-ms-request-charge", str), ("x-ms-ratelimit-remaining-resource", _policies)):
        if name in recorded.headers and name in simulated.headers:
            real, ours = read(recorded.headers[name]), read(simulated.headers[name])
            if real != ours:
                yield Difference(f"header {name}", f"{ours} instead of {real}")


def _policies(header: str) -> str:
    """`Microsoft.Compute/GetVMScaleSet3Min;190,...` without the numbers; their order is that of the recording."""
    return ",".join(re.findall(r"[^,;]+(?=;)", header))


def places(body: Any) -> dict[str, Place]:
    """All paths of a body, for example ``properties.statuses[0].code``; the body itself is ``body``."""
    found: dict[str, Place] = {}
    _collect(body, "body", "", found)
    return found


def _outcome(answer: Answer) -> str:
    return f"{answer.status} {answer.error_code}" if answer.error_code else str(answer.status)


def _collect(value: Any, path: str, key: str, found: dict[str, Place]) -> None:
    place = found.setdefault(path, Place())
    place.types.add(_TYPES.get(type(value), "null"))
    match value:
        case dict() if key not in _FREE:
            for name, item in value.items():
                _collect(item, f"{path}.{name}", name, found)
        case list():
            for index, item in enumerate(value):
                inner = f"{path}[{index}]" if key in _ORDERED else f"{path}[]"
                _collect(item, inner, "", found)
        case str() if key in STATES or key in DECISIVE:
            place.states.append(value)
        case bool() if key in DECISIVE:
            place.states.append(json.dumps(value))


def _bodies(recorded: Any, simulated: Any) -> Iterator[Difference]:
    real, ours = places(recorded), places(simulated)
    for path in sorted(real.keys() | ours.keys()):
        if path not in real or path not in ours:
            owner = _owner(path)
            # Only the uppermost key is reported; and a list that is empty has no keys to compare.
            if owner in real and owner in ours and not _empty_list(path, real, ours):
                yield Difference(path, "missing" if path in real else "extra")
            continue
        if real[path].types != ours[path].types:
            yield Difference(path, f"{_words(ours[path].types)} instead of {_words(real[path].types)}")
        if (found := _states(real[path].states, ours[path].states)) is not None:
            yield Difference(path, found)


def _states(real: list[str], ours: list[str]) -> str | None:
    """How states differ: in their order where there are as many, else in which there are."""
    if real == ours or (len(real) != len(ours) and set(real) == set(ours)):
        return None
    if set(real) == set(ours):
        return "another order of " + _words(set(real))
    return f"{_words(set(ours))} instead of {_words(set(real))}"


def _owner(path: str) -> str:
    return path[: max(path.rfind("."), path.rfind("["))]


def _empty_list(path: str, real: dict[str, Place], ours: dict[str, Place]) -> bool:
    """Whether the path is that of a list's entries where one of the lists has none: a length, which is a value."""
    if not path.endswith("[]"):
        return False
    owner = _owner(path)
    return "array" in real[owner].types and "array" in ours[owner].types


def _words(values: set[str]) -> str:
    return ", ".join(sorted(values)) or "nothing"
