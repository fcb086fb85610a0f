# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What changes between two answers about the same resource, and what stays.

The values themselves are made up by the service; that one stays is a fact about it. An etag is a counter: by how much
it grows is compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from conformance.mirror.compare import Difference

_VIEW = ("placementGroupId", "platformUpdateDomain", "platformFaultDomain")
_PROPERTIES = ("vmId", "uniqueId", "timeCreated")


class Steps:
    """Remembers of each resource what was last recorded and last simulated; ``key`` distinguishes resources."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], tuple[Any, Any]] = {}

    def differences(self, key: str, recorded: Any, simulated: Any) -> tuple[Difference, ...]:
        """What stays in one and changes in the other, since the last answer that showed it in both."""
        return tuple(self._found(key, dict(_facts(recorded)), dict(_facts(simulated))))

    def _found(self, key: str, real: dict[str, Any], ours: dict[str, Any]) -> Iterator[Difference]:
        for name in real.keys() & ours.keys():
            before = self._last.get((key, name))
            self._last[key, name] = (real[name], ours[name])
            if before is None:
                continue
            steps = [_step(*pair) for pair in zip(before, (real[name], ours[name]), strict=True)]
            if steps[0] != steps[1]:
                yield Difference(f"step of {name}", f"{steps[1]} instead of {steps[0]}")


def _facts(body: Any) -> Iterator[tuple[str, Any]]:
    """What is compared, by name, in a resource or in an instance view."""
    if not isinstance(body, dict):
        return
    properties = body.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    view = properties.get("instanceView", body)
    yield from ((name, view[name]) for name in _VIEW if name in view)
    yield from ((name, properties[name]) for name in _PROPERTIES if name in properties)
    if isinstance(body.get("etag"), str):
        yield "etag", body["etag"]
    storage = properties.get("storageProfile") or {}
    if "exactVersion" in (storage.get("imageReference") or {}):
        yield "exactVersion", storage["imageReference"]["exactVersion"]
    if "name" in (storage.get("osDisk") or {}):
        yield "osDisk", storage["osDisk"]["name"]


def _step(before: Any, after: Any) -> str:
    numbers = [re.fullmatch(r'"(\d+)"', str(value)) for value in (before, after)]
    if numbers[0] and numbers[1]:
        return f"{int(numbers[1][1]) - int(numbers[0][1]):+d}"
    return "the same" if before == after else "another"
