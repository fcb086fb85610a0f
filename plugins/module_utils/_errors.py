# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The one exception tree of the collection: each error says what was tried, what Azure said and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class ArmFault:
    """What the service said: HTTP status, ARM's code, message and target, and the id to quote in a support case."""

    status: int | None = None
    code: str | None = None
    message: str | None = None
    target: str | None = None
    request_id: str | None = None


class VmssError(Exception):
    """Base of the tree. `kind` names the error for programs, `message` and `advice` speak to people."""

    kind = "error"

    def __init__(
        self,
        message: str,
        *,
        advice: str = "",
        attempted: str = "",
        fault: ArmFault | None = None,
        instances: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.attempted = attempted
        self.fault = fault or ArmFault()
        self.instances = tuple(instances)

    def __str__(self) -> str:
        """All a person needs in one text: the trouble, Azure's own words where there are any, the way out."""
        parts = [self.message if self.message.endswith((".", "?", "!")) else self.message + "."]
        if self.fault.code or self.fault.message:
            said = ": ".join(text for text in (self.fault.code, self.fault.message) if text)
            parts.append(f"Azure said: {said}" if said.endswith((".", "!", "?")) else f"Azure said: {said}.")
        if self.advice:
            parts.append(self.advice)
        return " ".join(parts)

    def to_dict(self) -> dict[str, object]:
        """The `error` key of a module's result."""
        return {
            "kind": self.kind,
            "message": self.message,
            "advice": self.advice,
            "attempted": self.attempted,
            "instances": list(self.instances),
            "arm": asdict(self.fault),
        }


class BadInput(VmssError):
    """What the user asked for cannot be meant: unknown domain or instance, options that contradict each other."""

    kind = "bad_input"


class Refused(VmssError):
    """A guard said no before anything was written; `kind` of the instance names the guard."""

    def __init__(self, guard: str, message: str, *, advice: str, instances: Sequence[str] = ()) -> None:
        super().__init__(message, advice=advice, instances=instances)
        self.kind = guard


class MissingLibrary(VmssError):
    """A Python library of the Azure SDK is not there for the interpreter that runs the module."""

    kind = "missing_library"


class CredentialError(VmssError):
    """No credentials, or ones that the identity platform refused."""

    kind = "credentials"


class ConnectionFailed(VmssError):
    """No answer: name, network, proxy or TLS."""

    kind = "connection"


class NotFound(VmssError):
    """Subscription, resource group, scale set or instance does not exist."""

    kind = "not_found"


class ImageNotFound(VmssError):
    """The image or its version does not exist, or not in the scale set's region."""

    kind = "image_not_found"


class ImageNotReplicated(ImageNotFound):
    """The image exists, but the scale set's region does not have it, or not yet."""


class ModelLimit(VmssError):
    """The instances of the scale set refer to ten different models already, and Azure allows no more."""

    kind = "model_limit"


class ImageChangeRefused(VmssError):
    """Azure does not let the scale set change from its image to that one."""

    kind = "image_change_refused"


class Forbidden(VmssError):
    """The principal lacks an action."""

    kind = "forbidden"


class Conflict(VmssError):
    """Somebody else wrote: 409 or 412."""

    kind = "conflict"


class Throttled(VmssError):
    """The rate limit held for longer than the caller would wait. `retry_after` are the seconds that Azure asked for."""

    kind = "throttled"
    retry_after: float | None = None


class Preempted(VmssError):
    """A newer write to the scale set put an end to the operation (code OperationPreempted, or it was cancelled)."""

    kind = "preempted"


class OperationFailed(VmssError):
    """A long-running operation ended as Failed or Canceled."""

    kind = "operation_failed"


class ServiceError(VmssError):
    """Any other refusal or fault of the service."""

    kind = "service_error"


class Unavailable(ServiceError):
    """The service answered, but only that it cannot do anything at the moment (5xx), however often it was asked."""

    kind = "unavailable"


class WaitTimeout(VmssError):
    """The deadline passed with something still open."""

    kind = "timeout"
