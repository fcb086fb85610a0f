# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Steps of a rollout with scripted answers: what a step asks for, what it answers, how it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml

from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.facts import Snapshot, to_facts
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._plan.types import Plan, plan_to_dict
from ansible_collections.azroll.vmss.plugins.module_utils._rollout import state as journal
from ansible_collections.azroll.vmss.plugins.module_utils._steps.request import (
    ModuleCall,
    Pause,
    Progress,
    Request,
    StepFailed,
    Steps,
)
from ansible_collections.azroll.vmss.plugins.module_utils._steps.state import State, start
from ansible_collections.azroll.vmss.tests.unit.builders import NEW, OLD, instance, scale_set

T = TypeVar("T")
Result = Mapping[str, Any]
# The result of a module, or what makes it of the call.
Scripted = Result | Callable[[ModuleCall], Result]

ROLE = Path(__file__).parents[2] / "roles" / "rollout"
DEFAULTS = {
    name.removeprefix("rollout_"): value
    for name, value in yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8")).items()
}
# Azure's time at a read, and that of the control node then: the one has nothing to do with the other.
AT = "2026-02-01T10:05:00+00:00"
HERE = "2026-02-01T09:00:00+00:00"
EXPIRES = "2026-02-01T12:05:00+00:00"


@dataclass
class Played(Generic[T]):
    """A step that was played: its requests, and what it answered or how it failed."""

    requests: list[Request] = field(default_factory=list)
    answer: T | None = None
    failure: StepFailed | None = None

    @property
    def calls(self) -> list[ModuleCall]:
        return [one for one in self.requests if isinstance(one, ModuleCall)]

    @property
    def modules(self) -> list[str]:
        return [one.module for one in self.calls]

    @property
    def pauses(self) -> list[float]:
        return [one.seconds for one in self.requests if isinstance(one, Pause)]

    @property
    def progress(self) -> list[Progress]:
        return [one for one in self.requests if isinstance(one, Progress)]

    @property
    def value(self) -> T:
        """The answer of a step that must have succeeded."""
        assert self.failure is None, self.failure
        return self.answer

    @property
    def error(self) -> StepFailed:
        """The failure of a step that must have failed."""
        assert self.failure is not None, self.answer
        return self.failure


def play(steps: Steps[T], answers: Iterable[Scripted] = ()) -> Played[T]:
    """Play a step to its end: each module call gets the next answer, and all of them must be asked for."""
    script, played, answer = list(answers), Played[T](), None
    try:
        while True:
            request = steps.send(answer)
            played.requests.append(request)
            answer = None
            if isinstance(request, ModuleCall):
                assert script, f"There is no answer for {request}"
                scripted = script.pop(0)
                answer = scripted(request) if callable(scripted) else scripted
    except StopIteration as end:
        played.answer = end.value
    except StepFailed as failure:
        played.failure = failure
    assert script == [], f"{len(script)} answers were not asked for"
    return played


# A rollout at its first step, and one whose batches have begun


class Clock:
    """The control node's clock, which only moves where a test moves it."""

    def __init__(self) -> None:
        self.time = HERE

    def __call__(self) -> str:
        return self.time


def first(**options: Any) -> State:
    """A rollout before its first step: the role's defaults, but for the options given, and half of a small set."""
    given = {**DEFAULTS, "resource_group": "web-rg", "scale_set": "web", "max_unavailable": "50%", **options}
    return start(given, "run-a", "ops@host", Clock())


def vmss(instances: Iterable[Instance], target: Image = NEW, **fields: Any) -> dict[str, Any]:
    """A facts record, as vmss_instance_facts makes it."""
    record = to_facts(Snapshot(scale_set(**fields), tuple(instances), AT), target)
    return {**record, "profile": {"image": "of the model"}}


def old(*numbers: int, **fields: Any) -> list[Instance]:
    """Instances that the rollout is to upgrade, each in its own update domain."""
    return [instance(n, **{"update_domain": n, "latest_model": False, **fields}) for n in numbers]


def new(*numbers: int, **fields: Any) -> list[Instance]:
    """Instances on the target image."""
    return [instance(n, **{"image": NEW, "update_domain": n, **fields}) for n in numbers]


def leased(**fields: Any) -> dict[str, Any]:
    """What is read of a lease."""
    return {"run_id": "run-a", "expires": EXPIRES, "target": "x", **fields}


def planned(instances: Iterable[Instance] | None = None, **options: Any) -> State:
    """A rollout after preflight and before its batches: the lease is acquired, and the image is in the model."""
    state = first(**options)
    state.keep(vmss(old(0, 1, 2, 3) if instances is None else instances, image=NEW))
    state.target = NEW.to_dict()
    state.folder = "/tmp/azroll-x"
    state.preflight = {
        "write_image": True,
        "lease": None,
        "autoscale": [],
        "ignore_health_source": False,
        "proves_image": False,
        "profile": state.vmss["profile"],
        "gathered_at": AT,
    }
    state.first_read = state.vmss
    state.plan = {**EMPTY_PLAN}
    state.needs_lease = state.anything_to_do = True
    state.lease = leased()
    state.note(
        previous_image=OLD.to_dict(),
        target_image=NEW.to_dict(),
        model_image=OLD.to_dict(),
        lease_acquired=True,
        holds=True,
        image_changed=True,
    )
    return state


EMPTY_PLAN: dict[str, Any] = {**plan_to_dict(Plan((), (), (), 0, 0)), "lines": [], "refused": None}


def batch(*ids: str, name: str = "update domain 0", canary: bool = False) -> dict[str, Any]:
    """A batch of a plan."""
    return {"name": name, "instance_ids": list(ids), "canary": canary}


def under_way(*ids: str, canary: bool = False, **options: Any) -> State:
    """A rollout whose batch was sent."""
    state = planned(**options)
    state.batch = batch(*ids, canary=canary)
    state.journal = journal.begin_batch(state.journal, state.batch, HERE)
    state.upgrade, state.operations = dict(sent(*ids)), ["op-1"]
    state.may_retry = state.options["retry_failed"]
    return state


def batch_done(state: State, *ids: str, canary: bool = False, result: str = journal.SUCCEEDED) -> State:
    """The rollout with one more batch that has ended."""
    begun = journal.begin_batch(state.journal, batch(*ids, canary=canary), HERE)
    state.journal = journal.end_batch(begun, result, HERE, {"instance_ids": list(ids), "excluded": []})
    return state


# Results of modules


def facts(instances: Iterable[Instance], *, done: bool = True, **fields: Any) -> dict[str, Any]:
    """The result of vmss_instance_facts; `done` says whether what was waited for has come."""
    return {
        "ansible_facts": {"vmss": vmss(instances, **{"image": NEW, **fields})},
        "done": done,
        "expired": False,
        "vmss_progress": {"done": done},
        "vmss_details": {"groups": [], "instances": []},
        "msg": "web: 1 of 1 instances",
        "error": None,
    }


def sent(*ids: str, **fields: Any) -> dict[str, Any]:
    """The result of vmss_domain_upgrade and of vmss_instance_reimage."""
    return {
        "changed": bool(ids),
        "instance_ids": list(ids),
        "excluded": [],
        "unhealthy_before": [],
        "failed_before": [],
        "started_at": AT,
        "operation_id": "op-1" if ids else None,
        "error": None,
        **fields,
    }


def held(**fields: Any) -> dict[str, Any]:
    """The result of vmss_hold."""
    return {
        "changed": True,
        "lease": leased(),
        "lease_before": None,
        "held": ["repairs"],
        "continues": None,
        "image_before": None,
        "lost": False,
        "made_model": None,
        "error": None,
        **fields,
    }


def written(image: Image = NEW, *, changed: bool = True) -> dict[str, Any]:
    """The result of vmss_image_update."""
    return {"changed": changed, "image": image.to_dict(), "diff": {"before": {}, "after": {}}, "error": None}


def broken(msg: str = "It broke.", kind: str = "", **error: Any) -> dict[str, Any]:
    """The result of a module that failed with an error of its own."""
    return {"failed": True, "msg": msg, "error": {"kind": kind, **error}, "instance_ids": [], "excluded": []}


# What Ansible makes of a module whose process was killed: nothing in it is of the module.
KILLED: dict[str, Any] = {"failed": True, "msg": "MODULE FAILURE", "rc": 137, "module_stdout": ""}
