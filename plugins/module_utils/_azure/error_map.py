# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The service's answers that are none of 2xx, as errors of the collection; `_azure/refusals.py` has what they mean."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._azure.refusals import Refusal, meaning, particulars
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    ArmFault,
    OperationFailed,
    Preempted,
    Rejected,
    ServiceError,
    Throttled,
    Unavailable,
    VmssError,
)
from ansible_collections.azroll.vmss.plugins.module_utils._common.masking import masked

_INACTIVE = re.compile(r"instanceIds? (?P<id>[\w.-]+) is not an active", re.IGNORECASE)
# How a policy was named before `additionalInfo` (reported, Azure/azure-monitor-baseline-alerts 906).
_IDENTIFIERS = re.compile(r"Policy identifiers: '(?P<list>\[.*\])'", re.DOTALL)


def read_fault(body: str, *, status: int | None, request_id: str | None) -> ArmFault:
    """From the body of an answer: `{"error": {...}}`, a failed operation's body, or whatever a 503 carries."""
    error = _error_of(body)
    details = _mappings(error.get("details"))
    # A throttled request names the bucket in the details only.
    target = error.get("target") or (details[0].get("target") if details and status == 429 else None)
    return ArmFault(
        status=status,
        code=_text(error.get("code")),
        message=_text(error.get("message")),
        target=_text(target),
        request_id=request_id,
        detail_codes=tuple(str(one["code"]) for one in details if one.get("code")),
        policies=_policies(error),
    )


def refusal(fault: ArmFault, attempted: str, *, retry_after: float | None = None, write: bool = False) -> VmssError:
    """The error for an answer that is none of 2xx. `attempted` completes "Could not ...\""""
    if fault.status == 429 and (fault.code or "").lower() != "retryableerror":
        return _throttled(fault, attempted, retry_after)
    if fault.status is None or fault.status >= 500 or fault.status == 408:
        answered = f"Azure answered {fault.status}" if fault.status else "Azure's answer could not be read"
        return (Unavailable if fault.status else ServiceError)(
            f"Could not {attempted}: {answered}",
            advice="Run again later; quote the request id to Azure's support if it stays.",
            attempted=attempted,
            fault=fault,
        )
    refused, named = meaning(fault) or _unknown(fault), particulars(fault)
    # A read that is refused for a reason of its own leaves the state unknown; a write has merely not happened.
    error = ServiceError if refused.error is Rejected and not write else refused.error
    return error(
        f"Could not {attempted}: {refused.what}" + (f": {named}" if named else ""),
        advice=refused.advice,
        attempted=attempted,
        fault=fault,
    )


def preempted(fault: ArmFault) -> bool:
    """Whether an operation was cancelled, by a newer one or by a client."""
    return (fault.code or "").lower() in ("operationpreempted", "canceled", "cancelled")


def failed_operation(fault: ArmFault, attempted: str) -> VmssError:
    """The error for a long-running operation that ended as Failed or Canceled: HTTP 200, the trouble in the body."""
    if preempted(fault):
        return Preempted(
            f"Could not {attempted}: a newer write to the scale set put an end to it",
            advice="Run again: what is done already is left alone. The activity log shows who else writes.",
            attempted=attempted,
            fault=fault,
        )
    known = meaning(fault)
    return OperationFailed(
        f"Could not {attempted}: the operation failed",
        advice=known.advice if known else "See the state of the instances, then run again.",
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
    document = _json(body)
    if not isinstance(document, Mapping):
        return {}
    error = document.get("error")
    if isinstance(error, Mapping):
        return error
    # An operation that was cancelled may end without an error of its own.
    return {"code": document.get("status") or document.get("code"), "message": document.get("message")}


def _text(value: object) -> str | None:
    return masked(str(value)) if value else None


def _unknown(fault: ArmFault) -> Refusal:
    return Refusal(Rejected, f"Azure answered {fault.status}", "Change what Azure names, then run again.")


def _throttled(fault: ArmFault, attempted: str, retry_after: float | None) -> Throttled:
    after = f"; it asks to wait another {retry_after:.0f} seconds" if retry_after else ""
    throttled = Throttled(
        f"Could not {attempted}: Azure throttled the requests for longer than the timeout{after}",
        advice="Raise O(wait_timeout), poll less often (O(wait_interval)), or find out who else calls the compute API "
        "of this subscription.",
        attempted=attempted,
        fault=fault,
    )
    throttled.retry_after = retry_after
    return throttled


def _policies(error: Mapping[str, Any]) -> tuple[str, ...]:
    """The policies that deny a write, by `additionalInfo` (documented) or by the message (reported)."""
    entries = [error, *_mappings(error.get("details"))]
    infos = [one.get("info") for entry in entries for one in _mappings(entry.get("additionalInfo"))]
    named = [_policy(info, "policyAssignment", "policyDefinition") for info in infos if isinstance(info, Mapping)]
    for entry in entries:
        match = _IDENTIFIERS.search(str(entry.get("message") or ""))
        for one in _mappings(_json(match["list"])) if match else ():
            flat = {
                f"{part}{key.capitalize()}": value
                for part, both in one.items()
                if isinstance(both, Mapping)
                for key, value in both.items()
            }
            named.append(_policy(flat, "policyAssignment", "policyDefinition"))
    return tuple(dict.fromkeys(masked(one) for one in named if one))


def _policy(info: Mapping[str, Any], assignment: str, definition: str) -> str:
    """One policy: its assignment with the id, and the definition's name."""
    who, address = _name_of(info, assignment), str(info.get(f"{assignment}Id") or "")
    what = _name_of(info, definition) or str(info.get(f"{definition}Id") or "")
    if not (who or address or what):
        return ""
    where = f" ({address})" if address and address != who else ""
    return f"assignment {who or 'without a name'}{where}" + (f" of policy {what}" if what else "")


def _name_of(info: Mapping[str, Any], part: str) -> str:
    return str(info.get(f"{part}DisplayName") or info.get(f"{part}Name") or info.get(f"{part}Id") or "")


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
