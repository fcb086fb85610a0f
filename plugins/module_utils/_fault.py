# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What the service's refusals mean: by status and ARM's code, for one code alone stands for many things (recorded)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._errors import (
    ArmFault,
    Conflict,
    CredentialError,
    Forbidden,
    ImageChangeRefused,
    ImageNotFound,
    ModelLimit,
    NotFound,
    OperationFailed,
    Preempted,
    ServiceError,
    Throttled,
    Unavailable,
    VmssError,
)
from ansible_collections.azroll.vmss.plugins.module_utils._secrets import masked

# Plain ("perform action 'X' over scope 'Y'") and linked ("perform action(s) 'X' on the linked scope(s) 'Y'").
_ACTION = re.compile(
    r"perform action(?:\(s\))? '(?P<action>[^']+)' (?:over|on the linked) scope(?:\(s\))? '(?P<scope>[^']+)'"
)
_INACTIVE = re.compile(r"instanceIds? (?P<id>[\w.-]+) is not an active", re.IGNORECASE)
_TEN_MODELS = re.compile(r"limit of \d+ models", re.IGNORECASE)
_IMAGE_TYPE = re.compile(r"image type for a virtual machine scale set may not be changed", re.IGNORECASE)
_IMAGE_CODES = ("platformimagenotfound", "galleryimagenotfound", "imagenotfound")


def read_fault(body: str, *, status: int | None, request_id: str | None) -> ArmFault:
    """From the body of an answer: `{"error": {...}}`, a failed operation's body, or whatever a 503 carries."""
    error = _error_of(body)
    inner = next((one for one in error.get("details") or [] if isinstance(one, Mapping)), {})
    # A throttled request names the bucket in the details only.
    target = error.get("target") or (inner.get("target") if status == 429 else None)
    return ArmFault(
        status=status,
        code=_text(error.get("code")),
        message=_text(error.get("message")),
        target=_text(target),
        request_id=request_id,
    )


def refusal(fault: ArmFault, attempted: str, *, retry_after: float | None = None) -> VmssError:
    """The error for an answer that is none of 2xx. `attempted` completes "Could not ...\""""
    code = (fault.code or "").lower()
    said = fault.message or ""
    if fault.status == 401:
        return CredentialError(
            f"Could not {attempted}: Azure does not accept the credentials",
            advice="Check tenant, client_id and secret, that the subscription belongs to that tenant, and "
            "cloud_environment.",
            attempted=attempted,
            fault=fault,
        )
    if fault.status == 403:
        return _forbidden(fault, attempted)
    if fault.status == 429:
        after = f"; it asks to wait another {retry_after:.0f} seconds" if retry_after else ""
        throttled = Throttled(
            f"Could not {attempted}: Azure throttled the requests for longer than the timeout{after}",
            advice="Raise wait_timeout, look less often (wait_interval), or find out who else calls the compute API "
            "of this subscription.",
            attempted=attempted,
            fault=fault,
        )
        throttled.retry_after = retry_after
        return throttled
    if code in _IMAGE_CODES or (fault.target or "").lower().startswith("imagereference"):
        if code == "propertychangenotallowed":
            return _change_refused(fault, attempted)
        return ImageNotFound(
            f"Could not {attempted}: Azure does not find the image",
            advice="Check the image's fields, and that it exists in the region of the scale set.",
            attempted=attempted,
            fault=fault,
        )
    if code == "propertychangenotallowed" or _IMAGE_TYPE.search(said):
        return _change_refused(fault, attempted)
    if _TEN_MODELS.search(said):
        return ModelLimit(
            f"Could not {attempted}: the instances refer to ten different models already",
            advice="Bring the instances left behind to the latest model first (azroll.vmss.vmss_domain_upgrade with "
            "all_instances), then set the image again.",
            attempted=attempted,
            fault=fault,
        )
    if fault.status == 404 or code in ("invalidsubscriptionid", "subscriptionnotfound"):
        return _not_found(code, fault, attempted)
    if fault.status in (409, 412):
        return Conflict(
            f"Could not {attempted}: another write is in the way",
            advice="See who else changes the scale set (activity log), then run again.",
            attempted=attempted,
            fault=fault,
        )
    answered = f"Azure answered {fault.status}" if fault.status else "Azure's answer could not be read"
    passing = (fault.status or 500) >= 500
    if passing:
        return (Unavailable if fault.status else ServiceError)(
            f"Could not {attempted}: {answered}",
            advice="Run again later; quote the request id to Azure's support if it stays.",
            attempted=attempted,
            fault=fault,
        )
    return ServiceError(
        f"Could not {attempted}: {answered}",
        advice="Change what Azure names, then run again.",
        attempted=attempted,
        fault=fault,
    )


def preempted(fault: ArmFault) -> bool:
    """Whether an operation was cancelled, by a newer one or by somebody."""
    return (fault.code or "").lower() in ("operationpreempted", "canceled", "cancelled")


def failed_operation(fault: ArmFault, attempted: str) -> VmssError:
    """The error for a long-running operation that ended as Failed or Canceled: HTTP 200, the trouble in the body."""
    if preempted(fault):
        return Preempted(
            f"Could not {attempted}: a newer write to the scale set put an end to it",
            advice="Run again: what is done already is left alone. The activity log tells who else writes.",
            attempted=attempted,
            fault=fault,
        )
    return OperationFailed(
        f"Could not {attempted}: the operation failed",
        advice="Look at the instances, then run again.",
        attempted=attempted,
        fault=fault,
    )


def inactive_instance(fault: ArmFault) -> str | None:
    """The id that a call on instances was refused for, because there is no such instance (any more)."""
    match = _INACTIVE.search(fault.message or "") if fault.status == 400 else None
    return match["id"] if match else None


def stale_page(fault: ArmFault) -> bool:
    """Whether a list's continuation token was too old (Azure/azure-sdk-for-java 27991)."""
    return fault.status == 400 and "skiptoken" in (fault.target or "").lower()


def _error_of(body: str) -> Mapping[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    if not isinstance(document, Mapping):
        return {}
    error = document.get("error")
    if isinstance(error, Mapping):
        return error
    # An operation that was cancelled may end without an error of its own.
    return {"code": document.get("status") or document.get("code"), "message": document.get("message")}


def _text(value: object) -> str | None:
    return masked(str(value)) if value else None


def _forbidden(fault: ArmFault, attempted: str) -> Forbidden:
    match = _ACTION.findall(fault.message or "")
    missing = " and ".join(f"{action} on {scope}" for action, scope in match)
    return Forbidden(
        f"Could not {attempted}: the principal lacks the permission" + (f" {missing}" if missing else ""),
        advice="Assign a role that holds the action; a new assignment takes some minutes to be seen.",
        attempted=attempted,
        fault=fault,
    )


def _change_refused(fault: ArmFault, attempted: str) -> ImageChangeRefused:
    return ImageChangeRefused(
        f"Could not {attempted}: Azure does not let this scale set change to such an image",
        advice="Stay with the kind, publisher, offer and sku of the present image, or make a new scale set.",
        attempted=attempted,
        fault=fault,
    )


def _not_found(code: str, fault: ArmFault, attempted: str) -> NotFound:
    if code in ("subscriptionnotfound", "invalidsubscriptionid"):
        what = "there is no such subscription, or the principal cannot see it"
        advice = (
            "Check subscription_id (AZURE_SUBSCRIPTION_ID), and that tenant and cloud_environment are the right ones."
        )
    elif code == "resourcegroupnotfound":
        what, advice = "there is no such resource group", "Check resource_group and subscription_id."
    else:
        what, advice = "there is no such resource", "Check name, resource_group and subscription_id."
    return NotFound(f"Could not {attempted}: {what}", advice=advice, attempted=attempted, fault=fault)
