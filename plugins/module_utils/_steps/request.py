# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What a step asks for, and how it fails."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar


@dataclass(frozen=True)
class ModuleCall:
    """A module to run; the answer is its result, whether it failed or not."""

    module: str
    options: Mapping[str, Any] = field(default_factory=dict)
    # Whether it only shows what it would do, in a rollout that writes.
    check_mode: bool = False


@dataclass(frozen=True)
class Pause:
    """Seconds in which nothing happens."""

    seconds: float


@dataclass(frozen=True)
class Progress:
    """The result of a module that has not come to its end: it is shown, and the step goes on."""

    result: Mapping[str, Any]


Request: TypeAlias = ModuleCall | Pause | Progress
Answer: TypeAlias = Mapping[str, Any]
T = TypeVar("T")
# The answer to a ModuleCall is a result; to the others there is none.
Steps: TypeAlias = Generator[Request, Any, T]


class StepFailed(Exception):
    """A step has failed: the rollout stops. `result` is that of the module that failed, empty where none did."""

    def __init__(self, message: str, result: Answer | None = None, *, kind: str = "") -> None:
        super().__init__(message)
        self.result: Answer = result or {}
        given = self.result.get("error")
        # What the module's error says of itself. A module that was killed says nothing.
        self.error: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
        self.kind = str(self.error.get("kind") or kind)

    def to_dict(self) -> dict[str, Any]:
        """The result of the task that fails with it."""
        shown = {name: value for name, value in self.result.items() if name not in ("ansible_facts", "invocation")}
        return {**shown, "failed": True, "msg": str(self), "error": dict(self.error) or None}


@dataclass(frozen=True)
class Failure:
    """Why the rollout stops: `said` in words, `error` that of a module, `progress` how far its instances had come.

    With `other_host` the failure is that of another host of the play, and nothing of this scale set has failed.
    """

    said: str
    error: Mapping[str, Any] = field(default_factory=dict)
    progress: Mapping[str, Any] = field(default_factory=dict)
    other_host: bool = False
