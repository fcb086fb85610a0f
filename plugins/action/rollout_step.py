# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Carries out a step of the role. What a step does is decided in module_utils/_steps."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import VmssError
from ansible_collections.azroll.vmss.plugins.module_utils._common.wording import ROLE
from ansible_collections.azroll.vmss.plugins.module_utils._operations.lease_process import holder_name
from ansible_collections.azroll.vmss.plugins.module_utils._steps.failed_task import fingerprint, read_failure
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import (
    Answer,
    Failure,
    ModuleCall,
    Pause,
    Progress,
    StepFailed,
    Steps,
)
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import State, from_dict, start
from ansible_collections.azroll.vmss.plugins.module_utils._steps.steps import AFTER_FAILURE, NAMES, enter, outcome

COLLECTION = "azroll.vmss"
FIRST = "plan"
OWN = ("step", "options", "job", "answer")

# The steps that go on in the next attempt of their task. Ansible makes a new ActionModule for each attempt that "until"
# asks for, but all of them run in the same process.
_in_progress: dict[str, tuple[State, Steps[Answer]]] = {}


def now() -> str:
    """The time of the control node, in ISO form."""
    return datetime.now(timezone.utc).isoformat()


def sleep(seconds: float) -> None:
    """Wait in the process of the task."""
    time.sleep(seconds)


class ActionModule(ActionBase):
    """One attempt of a step: to its end, or until it reports progress."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The result of the task; `done` is false where the step goes on in the next attempt."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        self._result = result
        result["calls"] = []
        variables = task_vars or {}
        uuid = str(self._task._uuid)
        try:
            state, steps = _in_progress.pop(uuid) if uuid in _in_progress else self._enter(variables)
        except VmssError as error:
            raise AnsibleActionFail(error.describe(ROLE)) from error
        answer: Any = None
        try:
            while True:
                request = steps.send(answer)
                if isinstance(request, Progress):
                    _in_progress[uuid] = state, steps
                    return {**result, **_shown(request.result), "changed": False, "failed": False, "done": False}
                answer = self._carry_out(request, variables)
        except StopIteration as end:
            result |= outcome(state, end.value)
        except StepFailed as failure:
            result |= {**failure.to_dict(), "failed_at": now()}
        except VmssError as error:
            result |= {"failed": True, "msg": error.describe(ROLE), "error": error.to_dict(), "failed_at": now()}
        finally:
            # Also where Ansible ends the task, at its timeout for example: what was begun has to be known.
            self._save(state, variables)
        return {**result, "done": True}

    def _enter(self, variables: Mapping[str, Any]) -> tuple[State, Steps[Answer]]:
        args = self._task.args
        step = str(args.get("step"))
        if step not in NAMES:
            raise AnsibleActionFail(f"The role azroll.vmss.rollout has no step {step[:40]!r}.")
        state = self._start(args, variables) if step == FIRST else self._load(variables)
        failure = self._failure(step, state, variables)
        return state, enter(step, state, failure=failure, answer=str(args.get("answer", "")))

    def _start(self, args: Mapping[str, Any], variables: Mapping[str, Any]) -> State:
        # If this rollout cannot begin, no later step may find that of another scale set of the play.
        self._file(variables).unlink(missing_ok=True)
        begun = datetime.now(timezone.utc)
        run_id = f"{begun:%Y%m%dT%H%M%SZ}-{secrets.randbelow(1_000_000)}"
        return start(_plain(args["options"]), run_id, holder_name(str(args.get("job", ""))), now)

    def _failure(self, step: str, state: State, variables: Mapping[str, Any]) -> Failure | None:
        """The failure that a step of a rescue follows; every step keeps which one Ansible showed last."""
        task, result = variables.get("ansible_failed_task") or {}, variables.get("ansible_failed_result") or {}
        seen = fingerprint(task, result)
        # The same custom health check may fail twice in the same way; run_checks comes between the two.
        new = seen != state.failure_seen or (step == "check_failed" and state.failure_counted)
        counted = step == "check_failed" or (step == "run_checks" and state.failure_counted)
        state.failure_seen, state.failure_counted = seen, counted
        if step not in AFTER_FAILURE:
            return None
        return read_failure(task, _plain(result), new=new, hosts=len(variables.get("ansible_play_hosts_all") or []))

    def _carry_out(self, request: ModuleCall | Pause, variables: Mapping[str, Any]) -> Answer | None:
        if isinstance(request, Pause):
            sleep(request.seconds)
            return None
        name = request.module if "." in request.module else f"{COLLECTION}.{request.module}"
        own_check_mode = self._task.check_mode
        self._task.check_mode = own_check_mode or request.check_mode
        try:
            args = {**self._defaults(name), **request.options}
            executed = dict(self._execute_module(module_name=name, module_args=args, task_vars=variables))
            for shown in ("warnings", "deprecations"):
                # They are objects of ansible-core, which it shows for this task.
                self._result.setdefault(shown, []).extend(executed.pop(shown, None) or [])
            result: Answer = _plain(executed)
            self._result["calls"].append(f"{name}: {result.get('msg', '')}")
            return result
        finally:
            self._task.check_mode = own_check_mode

    def _defaults(self, module: str) -> dict[str, Any]:
        """What module_defaults give to a module: for its group by the args of this task, and for itself."""
        if not module.startswith(COLLECTION):
            return {}
        given = {name: value for name, value in self._task.args.items() if name not in OWN}
        for defaults in self._task.module_defaults or []:
            given |= self._templar.template(defaults.get(module) or {})
        return given

    def _file(self, variables: Mapping[str, Any]) -> Path:
        # A folder of this run of ansible-playbook, which Ansible removes at its end, and only its user can read.
        host = sha256(str(variables.get("inventory_hostname")).encode()).hexdigest()[:16]
        return Path(C.DEFAULT_LOCAL_TMP) / f"azroll-vmss-{host}.json"

    def _load(self, variables: Mapping[str, Any]) -> State:
        try:
            return from_dict(json.loads(self._file(variables).read_text(encoding="utf-8")), now)
        except FileNotFoundError:
            failed = variables.get("ansible_failed_result") or {}
            why = failed.get("msg") or "only the role azroll.vmss.rollout may use this module."
            raise AnsibleActionFail(f"No rollout has begun: {why}") from None

    def _save(self, state: State, variables: Mapping[str, Any]) -> None:
        self._file(variables).write_text(json.dumps(state.to_dict()), encoding="utf-8")


def _plain(value: Any) -> Any:
    """Without what ansible-core knows of the origin of values."""
    return json.loads(json.dumps(value, default=str))


def _shown(result: Answer) -> dict[str, Any]:
    """What shows how far a wait is."""
    return {name: result[name] for name in ("msg", "vmss_progress", "heatmap") if name in result}
