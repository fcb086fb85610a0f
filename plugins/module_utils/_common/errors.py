# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The one exception tree of the collection: each error has what was tried, what Azure said and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from ansible_collections.azroll.vmss.plugins.module_utils._common.wording import MODULE, worded

# The attributes of an error that say what follows from it.
CONSEQUENCES = ("transient", "waited_out", "no_answer", "unseen", "retry_instances", "denied", "blocks_rollback")
_ROLLING_UPGRADE = "a rolling upgrade of Azure's own is running"
# Whose the scale set is, by the guard that found it.
_OWNERS = {
    "managed": "another service owns the scale set",
    "service_fabric": "the scale set carries Service Fabric nodes",
    "rolling_upgrade": _ROLLING_UPGRADE,
    "lease": "another rollout holds the scale set",
}
_ANOTHER_CLIENT = "another client is changing the scale set"


@dataclass(frozen=True)
class ArmFault:
    """What the service answered: HTTP status, ARM's code, message and target, and the id to quote in a support case.

    `detail_codes` are those of what it names as the reason, `policies` the assignments of Azure Policy that deny it.
    """

    status: int | None = None
    code: str | None = None
    message: str | None = None
    target: str | None = None
    request_id: str | None = None
    detail_codes: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether Azure has refused, and will refuse again: none of a fault of the service, and of throttling."""
        return self.status is not None and 400 <= self.status < 500 and self.status not in (408, 429)


class VmssError(Exception):
    """Base of the tree. `kind` names the error for programs, `message` and `advice` speak to people.

    The other attributes say what follows from it for a rollout; they are in the `error` key of a
    module's result. A `transient` one passes by itself: the same request may succeed a little later.
    """

    kind = "error"
    transient = False
    # The same call goes through as soon as there is room again, or another client's operation has ended.
    waited_out = False
    # Azure did not answer: a check that ends with it shows nothing about the instances, but may be repeated for a
    # while.
    no_answer = False
    # Azure did not answer, or not about what was asked: neither the image nor the instances are to blame.
    unseen = False
    # Instances failed, or were never begun: they may be retried, each once.
    retry_instances = False
    # Azure denies the request for its own reasons, and denies it again: a caller that can do without goes on.
    denied = False
    # Why nothing is written any more after it, a rollback neither: another client is at work, or Azure cannot be worked
    # with. Empty where it forbids nothing.
    blocks_rollback = ""
    # Whether it is a write that failed, and Azure may have received it all the same.
    unanswered = False

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
        return self.describe()

    def describe(self, layer: str = MODULE) -> str:
        """All an operator needs in one text: the trouble, Azure's own words where there are any, what to do."""
        message = worded(self.message, layer)
        parts = [message if message.endswith((".", "?", "!")) else message + "."]
        if self.fault.code or self.fault.message:
            said = ": ".join(text for text in (self.fault.code, self.fault.message) if text)
            parts.append(f"Azure said: {said}" if said.endswith((".", "!", "?")) else f"Azure said: {said}.")
        if self.advice:
            parts.append(worded(self.advice, layer))
        return " ".join(parts)

    def to_dict(self, layer: str = MODULE) -> dict[str, object]:
        """The `error` key of a module's result."""
        return {
            "kind": self.kind,
            **{name: getattr(self, name) for name in CONSEQUENCES},
            "message": worded(self.message, layer),
            "advice": worded(self.advice, layer),
            "attempted": self.attempted,
            "instances": list(self.instances),
            "arm": {
                name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self.fault).items()
            },
        }


class BadInput(VmssError):
    """What the user asked for cannot be meant: unknown domain or instance, options that contradict each other."""

    kind = "bad_input"


class Refused(VmssError):
    """A guard refused before anything was written; `kind` of the instance names the guard."""

    def __init__(self, guard: str, message: str, *, advice: str, instances: Sequence[str] = ()) -> None:
        super().__init__(message, advice=advice, instances=instances)
        self.kind = guard
        self.blocks_rollback = self.blocks_rollback or _OWNERS.get(guard, "")


class NoRoom(Refused):
    """The limits let no more instances out of service."""

    waited_out = True

    def __init__(self, message: str, *, advice: str, instances: Sequence[str] = ()) -> None:
        super().__init__("max_unavailable", message, advice=advice, instances=instances)


class ConcurrentChange(Refused):
    """Another client changed what the rollout rests on."""

    blocks_rollback = _ANOTHER_CLIENT

    def __init__(self, message: str, *, advice: str) -> None:
        super().__init__("concurrent_change", message, advice=advice)


class MissingLibrary(VmssError):
    """A Python library of the Azure SDK is not there for the interpreter that runs the module."""

    kind = "missing_library"


class CredentialError(VmssError):
    """No credentials, or ones that the identity platform refused."""

    kind = "credentials"
    unseen = True
    blocks_rollback = "Azure cannot be logged in to"


class ConnectionFailed(VmssError):
    """No answer: name, network, proxy or TLS."""

    kind = "connection"
    transient = True
    no_answer = True
    unseen = True
    blocks_rollback = "Azure cannot be reached"


class Untrusted(ConnectionFailed):
    """The server's certificate was not signed by anybody trusted: another try does not help."""

    transient = False


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
    unseen = True
    denied = True
    blocks_rollback = "a permission is missing"


class Conflict(VmssError):
    """A race with another write: 412, and 409 where its code is one of a race."""

    kind = "conflict"
    transient = True
    waited_out = True
    unseen = True
    blocks_rollback = _ANOTHER_CLIENT


class PolicyViolation(VmssError):
    """A policy of Azure Policy denies the write."""

    kind = "policy"
    denied = True


class Locked(VmssError):
    """A lock on the resource, or on what holds it, forbids the write."""

    kind = "locked"
    denied = True
    blocks_rollback = "a lock forbids writes"


class QuotaExceeded(VmssError):
    """The subscription's quota does not allow it."""

    kind = "quota"
    denied = True


class NoCapacity(VmssError):
    """Azure has no machines of this size there, or none for this subscription."""

    kind = "capacity"
    denied = True


class FeatureNotRegistered(VmssError):
    """It takes a preview feature that the subscription is not registered for."""

    kind = "feature_not_registered"
    denied = True


class SubscriptionBlocked(VmssError):
    """The subscription takes no writes: it is disabled, or not registered for the resource provider."""

    kind = "subscription"
    unseen = True
    denied = True
    blocks_rollback = "the subscription takes no writes"


class RollingUpgradeRuns(VmssError):
    """A rolling upgrade of Azure's own lets nothing else be changed."""

    kind = "rolling_upgrade"
    blocks_rollback = _ROLLING_UPGRADE


class Rejected(VmssError):
    """Any other refusal of what was asked for: asking again in the same way ends alike."""

    kind = "rejected"
    denied = True


class Throttled(VmssError):
    """The rate limit held for longer than the caller would wait. `retry_after` are the seconds that Azure asked for."""

    kind = "throttled"
    transient = True
    retry_after: float | None = None
    no_answer = True
    unseen = True
    blocks_rollback = "Azure throttles the requests"


class Preempted(VmssError):
    """A newer write to the scale set put an end to the operation (code OperationPreempted, or it was cancelled)."""

    kind = "preempted"
    transient = True
    retry_instances = True
    blocks_rollback = _ANOTHER_CLIENT


class OperationFailed(VmssError):
    """A long-running operation ended as Failed or Canceled."""

    kind = "operation_failed"
    retry_instances = True


class NoEffect(VmssError):
    """Azure reports that an operation has succeeded, and nothing was changed by it."""

    kind = "no_effect"
    blocks_rollback = (
        "Azure reports that its operation has succeeded, but it changed nothing, which is not the image's fault"
    )


class ServiceError(VmssError):
    """Any other refusal or fault of the service."""

    kind = "service_error"
    unseen = True
    blocks_rollback = "Azure refused a request"


class Unavailable(ServiceError):
    """The service answered, but only that it cannot do anything at the moment (5xx), however often it was asked."""

    kind = "unavailable"
    transient = True
    no_answer = True
    blocks_rollback = "Azure does not do anything at the moment"


class Outdated(Unavailable):
    """What a write was decided on had become too old before it was sent: it was not sent."""


class WaitTimeout(VmssError):
    """The deadline passed with something still open."""

    kind = "timeout"
