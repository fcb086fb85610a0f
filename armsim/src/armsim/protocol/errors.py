# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The errors of the service, by origin: the gateway (Azure Resource Manager itself) and the compute provider.

Gateway errors carry ``x-ms-failure-cause: gateway`` (recorded). Codes and texts are recorded or reported by users; the
README lists which.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from armsim.common.wire import Json


@dataclass
class ArmError(Exception):
    """An answer of status ``status`` with the body ``{"error": {"code", "message", ...}}``.

    ``retry_after`` is how many simulated seconds the client shall wait before it sends again.
    """

    status: int
    code: str
    message: str
    target: str | None = None
    details: list[Json] | None = None
    inner: Json | None = None
    additional_info: list[Json] | None = None
    gateway: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    retry_after: float | None = None

    def body(self) -> Json:
        error: Json = {"code": self.code, "message": self.message}
        if self.target is not None:
            error["target"] = self.target
        if self.details is not None:
            error["details"] = self.details
        if self.inner is not None:
            error["innererror"] = self.inner
        if self.additional_info is not None:
            error["additionalInfo"] = self.additional_info
        return {"error": error}


def gateway(status: int, code: str, message: str, **headers: str) -> ArmError:
    """An error of Azure Resource Manager itself."""
    return ArmError(status, code, message, gateway=True, headers=headers)


def subscription_not_found(subscription: str) -> ArmError:
    return gateway(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")


def resource_group_not_found(group: str) -> ArmError:
    return gateway(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def resource_not_found(resource_type: str, name: str, group: str) -> ArmError:
    return gateway(
        404,
        "ResourceNotFound",
        f"The Resource '{resource_type}/{name}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def parent_resource_not_found(child_type: str, parent: str) -> ArmError:
    return gateway(
        404,
        "ParentResourceNotFound",
        f"Failed to perform 'read' on resource(s) of type '{child_type}', because the parent resource '{parent}' could "
        "not be found.",
    )


def authorization_failed(client_id: str, object_id: str, action: str, scope: str) -> ArmError:
    return gateway(
        403,
        "AuthorizationFailed",
        f"The client '{client_id}' with object id '{object_id}' does not have authorization to perform action "
        f"'{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh "
        "your credentials.",
    )


def denied_by_assignment(client_id: str, object_id: str, action: str, scope: str) -> ArmError:
    """403 for what the role allows and a deny assignment forbids (reported, of groups that Databricks manages)."""
    return gateway(
        403,
        "DenyAssignmentAuthorizationFailed",
        f"The client '{client_id}' with object id '{object_id}' has permission to perform action '{action}' on scope "
        f"'{scope}'; however, the access is denied because of the deny assignment with name 'System deny assignment "
        f"created by armsim' and Id 'de9a0000000040008000000000000001' at scope '{scope}'.",
    )


def linked_authorization_failed(write: str, scope: str, action: str, linked: str) -> ArmError:
    """403 for a write that refers to what the client may not use (recorded of a virtual machine and a vault)."""
    return gateway(
        403,
        "LinkedAuthorizationFailed",
        f"The client has permission to perform action '{write}' on scope '{scope}'; however, it does not have "
        f"permission to perform action '{action}' on the linked scope '{linked}'.",
    )


def linked_tenant_not_authorized(action: str, scope: str, tenant: str, subscription: str) -> ArmError:
    """403 for a write that refers to something of another tenant, without a token of that tenant (reported)."""
    return gateway(
        403,
        "LinkedAuthorizationFailed",
        f"The client has permission to perform action '{action}' on scope '{scope}', however the current tenant "
        f"'{tenant}' is not authorized to access linked subscription '{subscription}'.",
    )


def purchase_not_allowed(subscription: str, publisher: str, offer: str, plan: str) -> ArmError:
    """400 for what is bought by a plan whose terms were not accepted (reported in 2022)."""
    return gateway(
        400,
        "ResourcePurchaseValidationFailed",
        "User failed validation to purchase resources. Error message: 'You have not accepted the legal terms on this "
        f"subscription: '{subscription}' for this plan. Before the subscription can be used, you need to accept the "
        "legal terms of the image. To read and accept legal terms, use the Azure CLI commands described at "
        "https://go.microsoft.com/fwlink/?linkid=2110637 or the PowerShell commands available at "
        "https://go.microsoft.com/fwlink/?linkid=862451. Alternatively, deploying via the Azure portal provides a UI "
        f"experience for reading and accepting the legal terms. Offer details: publisher='{publisher}' offer = "
        f"'{offer}', sku = '{plan}', Correlation Id: '00000000-0000-0000-0000-000000000000'.'",
    )


def subscription_disabled(subscription: str) -> ArmError:
    """409 for every write of a subscription that is disabled (documented)."""
    return gateway(
        409,
        "ReadOnlyDisabledSubscription",
        f"The subscription '{subscription}' is disabled and therefore marked as read only. You cannot perform any "
        "write actions on this subscription until it is re-enabled.",
    )


def scope_locked(scope: str, locked: Iterable[str], method: str) -> ArmError:
    verb = "delete" if method == "DELETE" else "write"
    names = ",".join(f"'{one}'" for one in locked)
    return gateway(
        409,
        "ScopeLocked",
        f"The scope '{scope}' cannot perform {verb} operation because following scope(s) are locked: {names}. "
        "Please remove the lock and try again.",
    )


def missing_api_version(path: str) -> ArmError:
    return gateway(
        400,
        "MissingApiVersionParameter",
        f"The api-version query parameter (?api-version=) is required for all requests. Request path: '{path}'.",
    )


def invalid_api_version(version: str) -> ArmError:
    return gateway(400, "InvalidApiVersionParameter", f"The api-version '{version}' is invalid.")


def invalid_request_content(reason: str) -> ArmError:
    return gateway(
        400,
        "InvalidRequestContent",
        f"The request content was invalid and could not be deserialized: '{reason}'.",
    )


def request_content_too_large() -> ArmError:
    return gateway(413, "RequestContentTooLarge", "The request content size exceeds the maximum size of 4 MB.")


def unsupported_media_type(given: str) -> ArmError:
    return gateway(
        415,
        "UnsupportedMediaType",
        f"The content media type '{given}' is not supported. Only 'application/json' is supported.",
    )


def requests_throttled(kind: str, subscription: str, actor: str, wait: float) -> ArmError:
    """429 of the gateway itself (reported); ``wait`` is in simulated seconds."""
    error = gateway(
        429,
        "SubscriptionRequestsThrottled",
        f"Number of '{kind}' requests for subscription '{subscription}' actor '{actor}' exceeded. Please try again "
        f"after '{math.ceil(wait)}' seconds after additional tokens are available. Refer to "
        "https://aka.ms/arm-throttling for additional information.",
    )
    error.retry_after = wait
    return error


def too_many_requests(policy: str, measured: Json, wait: float | None) -> ArmError:
    """429 of the compute provider (reported): the message of its detail is JSON text itself."""
    return ArmError(
        429,
        "OperationNotAllowed",
        "The server rejected the request because too many requests have been received for this subscription.",
        details=[{"code": "TooManyRequests", "target": policy, "message": json.dumps(measured, separators=(",", ":"))}],
        inner={"internalErrorCode": "TooManyRequestsReceived"},
        retry_after=wait,
    )


def entity_not_found() -> ArmError:
    return ArmError(404, "NotFound", "The entity was not found in this Azure location.")


def invalid_parameter(target: str, message: str) -> ArmError:
    return ArmError(400, "InvalidParameter", message, target=target)


def bad_request(message: str) -> ArmError:
    return ArmError(400, "BadRequest", message)


def operation_not_allowed(message: str, status: int = 409) -> ArmError:
    return ArmError(status, "OperationNotAllowed", message)


def precondition_failed(header: str, sent: str, actual: str) -> ArmError:
    return ArmError(
        412,
        "PreconditionFailed",
        f"Etag provided in {header} header {sent} does not match etag {actual} of resource.",
    )


def not_allowed_on_flexible(operation: str, name: str) -> ArmError:
    """Uniform-only views requested of a Flexible set (reported)."""
    return operation_not_allowed(
        f"Operation '{operation}' is not allowed on Virtual Machine Scale Set '{name}'.", status=400
    )


def marked_for_deletion(operation: str, kind: str, name: str) -> ArmError:
    """A change of something that is being deleted (reported)."""
    return operation_not_allowed(
        f"Operation '{operation}' is not allowed on {kind} '{name}' since it is marked for deletion. You can only "
        "retry the Delete operation (or wait for an ongoing one to complete)."
    )
