# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Faults that a test orders: the next so many requests of an operation are answered with an error, or cut off."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from armsim.errors import ArmError, too_many_requests

BUCKET = "HighCostGetVMScaleSetResource"


class _Fault(BaseModel):
    model_config = ConfigDict(extra="forbid")

    operation: str = Field(default="*", description="name or pattern, such as VirtualMachineScaleSets_*")
    times: int = Field(default=1, ge=1, description="so many requests")


class StatusFault(_Fault):
    """Answer with an error status."""

    kind: Literal["status"] = Field(description="this fault")
    status: Literal[429, 500, 503] = Field(description="of the answer")
    retry_after: int | None = Field(default=None, ge=0, description="seconds in `Retry-After`; default: no header")

    def error(self) -> ArmError:
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        if self.status == 429:
            measured = {"operationGroup": BUCKET, "allowedRequestCount": 30, "measuredRequestCount": 31}
            error = too_many_requests(BUCKET, measured, None)
            error.headers.update(headers)
            return error
        code = "InternalServerError" if self.status == 500 else "ServiceUnavailable"
        return ArmError(
            self.status, code, "An unexpected error occurred while processing the request.", headers=headers
        )


class ResetFault(_Fault):
    """Cut the connection before the request takes effect."""

    kind: Literal["reset"] = Field(description="this fault")


Fault = Annotated[StatusFault | ResetFault, Field(discriminator="kind")]
FAULT: TypeAdapter[StatusFault | ResetFault] = TypeAdapter(Fault)


class Faults:
    """The faults still to come, first ordered first served."""

    def __init__(self) -> None:
        self._pending: list[StatusFault | ResetFault] = []

    def order(self, faults: Iterable[StatusFault | ResetFault]) -> None:
        self._pending.extend(fault.model_copy() for fault in faults)

    def next(self, operation: str) -> StatusFault | ResetFault | None:
        """The fault that befalls this request, if any."""
        for fault in self._pending:
            if fnmatch.fnmatchcase(operation.lower(), fault.operation.lower()):
                fault.times -= 1
                if fault.times == 0:
                    self._pending.remove(fault)
                return fault
        return None
