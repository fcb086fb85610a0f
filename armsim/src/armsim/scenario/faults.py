# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Faults: what goes wrong with requests, and which requests it befalls."""

from __future__ import annotations

import copy
import re
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, model_validator

from armsim.common import fields
from armsim.scenario.part import Part

_SPAN = re.compile(r"(\d+)(-(\d*))?")


class _Fault(Part):
    """Which requests: those that fit the patterns (``*`` for anything), and of them by number or by lot."""

    operation: str = Field(default="*", description="name or pattern, such as VirtualMachineScaleSets_*")
    path: str = Field(default="*", description="pattern of the whole path, such as */virtualMachines/7*")
    api_version: str = Field(default="*", description="pattern, such as 2024-*")
    calls: str | list[str] | None = Field(
        default=None, description='by number among those that fit, from 1: 3, "2-5", "7-" or a list of these'
    )
    rate: float | None = Field(default=None, ge=0, le=1, description="chance of each, drawn by the seed")
    between: tuple[float, float] | None = Field(default=None, description="simulated seconds since the start")
    times: Annotated[int, Field(ge=1)] | Literal["unlimited"] = Field(
        default=1, description="so often; default: once, or unlimited where calls, rate or between are given"
    )

    @model_validator(mode="before")
    @classmethod
    def _as_often_as_chosen(cls, given: object) -> object:
        if isinstance(given, dict) and "times" not in given and {"calls", "rate", "between"} & given.keys():
            return {**given, "times": "unlimited"}
        return given

    @model_validator(mode="after")
    def _spans_can_be_read(self) -> _Fault:
        self.chooses(0)
        return self

    def chooses(self, number: int) -> bool:
        """Whether the call of this number, from 1, is among ``calls``."""
        if self.calls is None:
            return True
        return any(_spans(text, number) for text in (self.calls if isinstance(self.calls, list) else [self.calls]))


def _spans(text: str, number: int) -> bool:
    """Whether ``number`` is within a span such as ``3``, ``2-5`` or ``7-``."""
    match = _SPAN.fullmatch(text)
    if match is None:
        raise ValueError(f'calls: {text} is none of: a number, "2-5", "7-"')
    first, last = int(match[1]), match[3] if match[2] else match[1]
    return first <= number and (not last or number <= int(last))


class StatusFault(_Fault):
    """The request is answered with an error and has no effect."""

    kind: Literal["status"] = Field(description="this fault")
    status: Literal[400, 401, 403, 404, 409, 412, 429, 500, 502, 503, 504] = Field(description="of the answer")
    body: Literal["json", "html", "empty"] = Field(default="json", description="of the answer")
    code: str | None = Field(default=None, description="in place of the usual one")
    message: str | None = Field(default=None, description="in place of the usual one")
    target: str | None = Field(default=None, description="of the error")
    details: list[dict[str, Any]] | None = Field(default=None, description="of the error, such as further errors")
    inner_error: dict[str, Any] | None = Field(default=None, description="`innererror` of the error")
    additional_info: list[dict[str, Any]] | None = Field(
        default=None, description="`additionalInfo` of the error, such as the policy that is violated"
    )
    headers: dict[str, str] = Field(default={}, description="more of them, or in place of the usual ones")
    retry_after: int | None = Field(default=None, ge=0, description="whole real seconds")


class ResetFault(_Fault):
    """The connection is cut without an answer."""

    kind: Literal["reset"] = Field(description="this fault")
    when: Literal["before", "after"] = Field(default="before", description="before or after the request took effect")


class SlowFault(_Fault):
    """The request takes effect at once, but its answer comes late."""

    kind: Literal["slow"] = Field(description="this fault")
    seconds: float | None = Field(default=None, gt=0, description="real seconds")
    simulated_seconds: float | None = Field(default=None, gt=0, description="in place of real ones")

    @model_validator(mode="after")
    def _one(self) -> SlowFault:
        if (self.seconds is None) == (self.simulated_seconds is None):
            raise ValueError("give either seconds or simulated_seconds")
        return self


class TruncatedFault(_Fault):
    """The request takes effect, but its answer breaks off in the middle of the body."""

    kind: Literal["truncated"] = Field(description="this fault")


class ChangedFault(_Fault):
    """The request takes effect, but fields of its answer are missing, or have other values.

    Fields are named by paths such as `value[*].properties.instanceView.vmHealth`: `[*]` is every entry of a list, `[0]`
    one by its place, `[instanceId=3]` one by the text of a field, `["a.b"]` a name with dots. Refusals stay so.
    """

    kind: Literal["changed"] = Field(description="this fault")
    drop: list[str] = Field(default=[], description="paths of fields that are missing")
    put: dict[str, Any] = Field(
        default={}, description="values by the paths of fields; missing mappings on the way are made"
    )

    @model_validator(mode="after")
    def _paths_can_be_read(self) -> ChangedFault:
        if not self.drop and not self.put:
            raise ValueError("give drop or put")
        for path in (*self.drop, *self.put):
            fields.parse(path)
        return self

    def change(self, document: Any) -> Any:
        """The document of an answer as this fault has it; the one given stays as it is."""
        changed = copy.deepcopy(document)
        for path in self.drop:
            fields.drop(changed, path)
        for path, value in self.put.items():
            fields.put(changed, path, copy.deepcopy(value))
        return changed


class StaleFault(_Fault):
    """A GET is answered as the same request was before: with a list that is older than the last one, for example.

    What has not been requested since the fault was ordered is answered as ever.
    """

    kind: Literal["stale"] = Field(description="this fault")
    seconds: float = Field(gt=0, description="simulated; the answer is as old, or the oldest there is")


class ExpiredTokenFault(_Fault):
    """The token is taken for expired: 401."""

    kind: Literal["expired_token"] = Field(description="this fault")


class StaleSkipTokenFault(_Fault):
    """The ``$skiptoken`` of a further page is refused: 400."""

    kind: Literal["stale_skiptoken"] = Field(description="this fault")


class OperationFault(_Fault):
    """An operation that was accepted ends badly, when it would have ended, or never; what it did stays done.

    With ``begins: false`` a write or an action of a scale set does nothing at all, and ends a moment later; only
    then may it report that it has succeeded.
    """

    kind: Literal["operation"] = Field(description="this fault")
    outcome: Literal["Failed", "Canceled", "never", "Succeeded"] = Field(default="Failed", description="how it ends")
    code: str | None = Field(default=None, description="of the error, in place of the usual one")
    message: str | None = Field(default=None, description="of the error, in place of the usual one")
    target: str | None = Field(default=None, description="of the error, such as the id of an instance")
    begins: bool = Field(
        default=True, description="whether it does anything; `false` befalls writes and actions of scale sets"
    )

    @model_validator(mode="after")
    def _succeeds_by_doing_nothing(self) -> OperationFault:
        if self.outcome == "Succeeded" and self.begins:
            raise ValueError("outcome Succeeded is a fault only with begins: false")
        return self


AnswerFault = (
    StatusFault
    | ResetFault
    | SlowFault
    | TruncatedFault
    | ChangedFault
    | StaleFault
    | ExpiredTokenFault
    | StaleSkipTokenFault
)
Fault = Annotated[AnswerFault | OperationFault, Field(discriminator="kind")]
FAULT: TypeAdapter[AnswerFault | OperationFault] = TypeAdapter(Fault)
