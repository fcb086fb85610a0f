# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Management locks, at the scope of a subscription, of a group or of any resource.

The forms are those of Azure's documentation of its REST API; none of them is in the recordings.
"""

from __future__ import annotations

from armsim.identity.locks import LEVELS, TYPE
from armsim.protocol import errors
from armsim.web.call import Call, Endpoint, Reply, page

_SUBSCRIPTION = "/subscriptions/{subscription}"
_BELOW = _SUBSCRIPTION + "/{below:path}"


def _scope(call: Call) -> str:
    below = call.params.get("below", "")
    return f"/subscriptions/{call.params['subscription']}" + (f"/{below}" if below else "")


def list_locks(call: Call) -> Reply:
    """Those at the scope, above and below it; with `atScope()` not those below (documented of Get-AzResourceLock)."""
    at_scope = call.query.get("$filter", "").replace(" ", "").lower() == "atscope()"
    return page(call, call.simulation.locks.listed(_scope(call), below=not at_scope))


def get_lock(call: Call) -> Reply:
    found = call.simulation.locks.find(_scope(call), call.params["lock"])
    if found is None:
        raise errors.gateway(404, "LockNotFound", f"The lock '{call.params['lock']}' could not be found.")
    return Reply(found)


def put_lock(call: Call) -> Reply:
    match call.json():
        case {"properties": {"level": str(level), **more}} if level in LEVELS:
            notes = more.get("notes")
            body, new = call.simulation.locks.put(
                _scope(call), call.params["lock"], level, None if notes is None else str(notes)
            )
            return Reply(body, 201 if new else 200)
    raise errors.gateway(400, "InvalidRequestContent", f"The request content has no level: {' or '.join(LEVELS)}.")


def delete_lock(call: Call) -> Reply:
    return Reply(None, 200 if call.simulation.locks.remove(_scope(call), call.params["lock"]) else 204)


ENDPOINTS = [
    Endpoint(method, f"{scope}/providers/{TYPE}{name}", f"ManagementLocks_{verb}{word}", f"{TYPE}/{action}", handler)
    for scope, word in ((_SUBSCRIPTION, "AtSubscriptionLevel"), (_BELOW, "ByScope"))
    for method, name, verb, action, handler in (
        ("GET", "", "List", "read", list_locks),
        ("GET", "/{lock}", "Get", "read", get_lock),
        ("PUT", "/{lock}", "CreateOrUpdate", "write", put_lock),
        ("DELETE", "/{lock}", "Delete", "delete", delete_lock),
    )
]
