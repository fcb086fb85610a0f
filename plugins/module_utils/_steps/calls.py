# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The calls of modules that several steps make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import (
    Answer,
    ModuleCall,
    Pause,
    Progress,
    StepFailed,
    Steps,
)
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import State

FACTS = "vmss_instance_facts"
# The modules that judge instances.
_JUDGING = (FACTS, "vmss_domain_upgrade", "vmss_instance_reimage")
_KILLED = "The module {} ended without a result."


def call(rollout: State, module: str, *, check_mode: bool = False, **options: Any) -> Steps[Answer]:
    """Run a module on the scale set; options that are None are omitted. Raises StepFailed where it fails."""
    return check((yield from attempt(rollout, module, check_mode=check_mode, **options)), module)


def check(result: Answer, module: str) -> Answer:
    """The result of a module that succeeded. Raises StepFailed for that of one that did not."""
    if failed(result):
        raise StepFailed(str(result.get("msg") or _KILLED.format(module)), result)
    return result


def attempt(rollout: State, module: str, *, check_mode: bool = False, **options: Any) -> Steps[Answer]:
    """As `call`, but a failure is an answer as well."""
    given = {name: value for name, value in options.items() if value is not None}
    given |= {"resource_group": rollout.options["resource_group"], "name": rollout.options["scale_set"]}
    if module in (*_JUDGING, "vmss_preflight"):
        given["include_instances"] = rollout.options["include_instances"]
    if rollout.options["token_cache"] and rollout.folder:
        given["token_cache"] = f"{rollout.folder}/token.json"
    if module in _JUDGING:
        given["ignore_health_source"] = rollout.ignore_health_source
    result: Answer = yield ModuleCall(module, given, check_mode)
    if module == FACTS:
        rollout.seen_at = str(((result.get("ansible_facts") or {}).get("vmss") or {}).get("gathered_at") or "")
    return result


def failed(result: Answer) -> bool:
    """Whether a module failed, or was killed."""
    return bool(result.get("failed") or result.get("error"))


def read_facts(state: State, **options: Any) -> Steps[Mapping[str, Any]]:
    """The result of one read of all instances. Raises StepFailed."""
    return (yield from call(state, FACTS, wait_timeout=state.waits["call"]["timeout"], **options))


def wait_for(state: State, phase: str, limits: Mapping[str, int], **options: Any) -> Steps[Answer]:
    """Wait for instances, in calls of less than a minute each. Raises StepFailed where they do not come so far.

    `limits` is one of the waits of `check_streak.waits`. The module itself limits the time of all calls together,
    except while Azure does not answer before its wait begins.
    """
    for number in range(limits["retries"] + 1):
        result = yield from attempt(
            state,
            FACTS,
            wait_for=phase,
            wait_timeout=limits["timeout"],
            wait_state=f"{state.folder}/wait.json",
            answered_timeout=limits["answered"],
            unanswered_timeout=state.options["unanswered_timeout"],
            **options,
        )
        if not failed(result) and result["done"]:
            return result
        unanswered = (result.get("error") or {}).get("no_answer")
        if result.get("expired") or (failed(result) and not unanswered) or number == limits["retries"]:
            break
        yield Progress(result)
        yield Pause(1)
    raise StepFailed(str(result.get("msg") or _KILLED.format(FACTS)), result, kind=f"not {phase} in time")


def until_there_is_room(rollout: State, module: str, **options: Any) -> Steps[Answer]:
    """Run a module that sends instances, and again while its error is one that is waited out. Raises StepFailed.

    That is where the budget allows none of them, or where another operation conflicts.
    """
    room = rollout.waits["room"]
    for left in range(room["retries"], -1, -1):
        result = yield from attempt(rollout, module, **options)
        if not (left and (result.get("error") or {}).get("waited_out")):
            break
        yield Progress(result)
        yield Pause(room["delay"])
    return check(result, module)
