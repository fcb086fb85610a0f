# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Finding what would stop a rollout, as vmss_preflight does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._calls.call import Call, Options, Request, Result, Work
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image
from ansible_collections.azroll.vmss.plugins.module_utils._model.alerts import Watched
from ansible_collections.azroll.vmss.plugins.module_utils._model.facts import to_facts
from ansible_collections.azroll.vmss.plugins.module_utils._model.marks import Marks
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import Selection
from ansible_collections.azroll.vmss.plugins.module_utils._operations.read_preflight import read_inputs
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import read_budget
from ansible_collections.azroll.vmss.plugins.module_utils._plan.types import Order
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.findings import (
    ACCEPTED_FOR_ROLLBACK,
    accepted,
    check_codes,
    describe,
    ready,
    summarize,
)
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.inputs import Inputs, Intent
from ansible_collections.azroll.vmss.plugins.module_utils._preflight.run import (
    examine,
    proves_image,
    writes_model,
)
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import Claim


@dataclass(frozen=True, kw_only=True)
class PreflightRequest(Request):
    """What the rollout is to do, and which findings are accepted.

    `include`: ids of those that are rolled although they were not made from the model.
    """

    image: Image
    intent: Intent
    by_model: bool
    watched: Watched
    include: tuple[str, ...]
    accept: frozenset[str]

    @classmethod
    def from_options(cls, options: Options) -> PreflightRequest:
        """Raises BadInput."""
        codes = check_codes(options["accept"]) | (ACCEPTED_FOR_ROLLBACK if options["rollback"] else frozenset())
        return cls(
            resource_group=options["resource_group"],
            name=options["name"],
            image=Image.from_options(options["image"]),
            intent=read_intent(options, codes),
            by_model=options["by_model"],
            watched=Watched(tuple(options["health_alerts"]), options["health_alert_severity"]),
            include=tuple(options["include_instances"]),
            accept=frozenset(codes),
        )


def read_intent(options: Options, codes: frozenset[str]) -> Intent:
    """What the rollout is to do; `codes` are those that are accepted. Raises BadInput."""
    skip = options["skip"]
    return Intent(
        order=Order(
            options["by"],
            read_budget({**options, "ignore_missing": "instances_missing" in codes}),
            only=Selection.from_options(options["only"]),
            marks=Marks(skip_ids=tuple(skip.get("instance_ids") or ()), skip_tags=tuple(skip.get("tags") or ())),
        ),
        set_manual=options["upgrade_policy"] == "set_manual",
        restore_policy=options["restore_policy"],
        suspend_repairs=options["suspend_repairs"],
        hold_autoscale=options["hold_autoscale"],
        any_capacity=options["capacity_changes"] == "accept",
        quarantine=options["quarantine"],
        retry_failed=options["retry_failed"],
        probe_instances=options["probe_instances"],
        rollback=options["rollback"],
        # Whoever asks without an id holds no lease.
        claim=Claim(
            options["run_id"] or "preflight", minutes=options["lease_minutes"], take_over=options["take_over_lease"]
        ),
    )


@dataclass
class PreflightResult(Result):
    """The findings, and what was read for them that a rollout goes on with."""

    findings: list[dict[str, Any]] = field(default_factory=list)
    ready: bool = False
    lines: list[str] = field(default_factory=list)
    image: dict[str, Any] = field(default_factory=dict)
    previous_image: dict[str, Any] = field(default_factory=dict)
    write_image: bool = False
    proves_image: bool = False
    by_model: bool | None = None
    ignore_health_source: bool = False
    check_mode: bool | None = None
    autoscale: list[dict[str, Any]] = field(default_factory=list)
    lease: dict[str, Any] | None = None
    ansible_facts: dict[str, Any] = field(default_factory=dict)

    def report(self, inputs: Inputs, intent: Intent) -> None:
        """What was read."""
        self.by_model, self.ignore_health_source = inputs.by_model, inputs.silent_source is not None
        self.image, self.previous_image = inputs.target.to_dict(), inputs.previous.to_dict()
        self.write_image, self.proves_image = writes_model(inputs, intent), proves_image(inputs, intent)
        self.autoscale = [one.to_dict() for one in inputs.autoscale or ()]
        self.lease = inputs.lease.to_dict() if inputs.lease else None
        self.ansible_facts = {"vmss": to_facts(inputs.snapshot, inputs.target, by_model=inputs.by_model)}


def preflight(call: Call, request: PreflightRequest, result: PreflightResult) -> None:
    """Read all that a rollout depends on, and report what is found. Raises BadInput."""
    result.check_mode = call.check_mode
    inputs = read_inputs(
        call.arm,
        *request.address,
        request.image,
        order=request.intent.order,
        by_model=request.by_model,
        watched=request.watched,
        include=request.include,
    )
    result.report(inputs, request.intent)
    findings = accepted(examine(inputs, request.intent), request.accept)
    result.findings, result.ready = [one.to_dict() for one in findings], ready(findings)
    result.lines = describe(findings)
    result.msg = summarize(request.name, inputs.target.describe(), findings)


PREFLIGHT = Work(PreflightRequest.from_options, preflight, PreflightResult)
