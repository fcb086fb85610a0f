# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Why a rollout stops, as far as Ansible reports it: ansible_failed_task and ansible_failed_result."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import Failure

# Messages of modules of this collection and of "fail" explain themselves.
_EXPLAINS = re.compile(r"azroll[.]vmss[.]|(ansible[.]builtin[.])?(fail|assert)$")
_OTHER_HOST = (
    "Another host of the play has failed, and Ansible has ended this one with it (any_errors_fatal, "
    "max_fail_percentage or run_once). The rollout of this scale set is interrupted without a failure of its own. Run "
    "the same play again to continue."
)
_NOT_INCLUDED = "A task file could not be included"


def fingerprint(task: object, result: object) -> str:
    """Tells one failure from another; the same for the same one. Ansible keeps the last one of a host for ever."""
    name = task.get("name") if isinstance(task, Mapping) else ""
    return sha256(json.dumps([str(name), result], sort_keys=True, default=str).encode()).hexdigest()


def read_failure(task: Mapping[str, Any], result: Mapping[str, Any], *, new: bool, hosts: int) -> Failure:
    """The failure that ended a block.

    Ansible reports a task of this host that failed. It reports nothing (`new` is false: it shows an earlier failure) if
    a file could not be included, and if another host of the play has failed and Ansible ends this one with it. With a
    single host (`hosts`) only the first is possible, or a task that has failed as it did before.
    """
    if not new and hosts > 1:
        return Failure(_OTHER_HOST, other_host=True)
    if not result:
        return Failure(f"{_NOT_INCLUDED}.")
    said = _describe(task, result)
    error, progress = result.get("error"), result.get("vmss_progress")
    return Failure(
        said if new else f"{_NOT_INCLUDED}, or a task has failed again: {said}",
        error if isinstance(error, Mapping) else {},
        progress if isinstance(progress, Mapping) else {},
    )


def _describe(task: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    message = result.get("msg")
    if message and ("error" in result or _EXPLAINS.match(str(task.get("action")))):
        return str(message)
    return f'task "{task.get("name")}": {message or "it failed without a message"}'
