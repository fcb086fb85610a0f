# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""One call of a module, whatever module it is: what it works with, what it reports, and how its parts are joined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image

if TYPE_CHECKING:
    from ansible_collections.azroll.vmss.plugins.module_utils._azure.client import Arm

Options = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """What a call works with: the wire, the time there is, whether it may write, and where warnings go."""

    arm: Arm
    deadline: Deadline
    check_mode: bool
    warn: Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked for. Every request is about one scale set."""

    resource_group: str
    name: str

    @property
    def address(self) -> tuple[str, str]:
        """Resource group and name of the scale set."""
        return self.resource_group, self.name


def image_if_given(given: Options | None) -> Image | None:
    """The image of an option; None where it is left out, or none of its fields is given. Raises BadInput."""
    return Image.from_options(given) if given and any(given.values()) else None


@dataclass
class Result:
    """What is reported. It is filled as things become known, so that a failure reports as much as a success."""

    changed: bool = False
    msg: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Under the names that the module documents."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


def no_diff() -> dict[str, Any]:
    """Before and after, as Ansible shows them, of what changes nothing."""
    return {"before": {}, "after": {}}


@dataclass
class DiffResult(Result):
    """The result of a module that writes."""

    diff: dict[str, Any] = field(default_factory=no_diff)


RequestT = TypeVar("RequestT", bound=Request)
ResultT = TypeVar("ResultT", bound=Result)


@dataclass(frozen=True)
class Work(Generic[RequestT, ResultT]):
    """All that a module does: `read` makes the request of its options, `act` fills the `result`.

    Both raise VmssError.
    """

    read: Callable[[Options], RequestT]
    act: Callable[[Call, RequestT, ResultT], None]
    result: Callable[[], ResultT]

    def carry_out(self, call: Call, options: Options, result: ResultT) -> None:
        """Do it, for options that are right one by one (`check_options`)."""
        call.arm.ignore_health_source = bool(options.get("ignore_health_source"))
        self.act(call, self.read(options), result)
