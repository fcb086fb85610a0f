# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What a rollout carries from one step to the next: plain data, so that it can be kept in a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._rollout import state as journal
from ansible_collections.azroll.vmss.plugins.module_utils._steps.waits import divide

# What comes next. The role has a task, or a file of tasks, for each.
PLAN = "plan"
APPLY = "apply"
GATE = "gate"
CHECK = "check"
SET_IMAGE = "set_image"
CHECKPOINT = "checkpoint"
BEFORE_BATCH = "before_batch"
UPGRADE = "upgrade"
AFTER_BATCH = "after_batch"
SWEEP = "sweep"
ROLLBACK = "rollback"
FINISH = "finish"
# The answer of a step that is not the next one: the role calls it in any case, and it does nothing.
SKIPPED: Mapping[str, Any] = {"skipped": True}

# Which instances a gate verifies.
IN_PROGRESS = "in_progress"
UPGRADED_BEFORE = "upgraded_before"
BATCH = "batch"
SOAKED = "soaked"
BAKED = "baked"


@dataclass
class Gate:
    """A health gate: which instances must be healthy, by reports newer than `since` (an ISO time; empty: any).

    Those in `unhealthy` need only be idle. With `same_model` another image in the model ends it. It begins after
    `pause` seconds. `probe` is the streak of the custom health checks so far.
    """

    kind: str
    instance_ids: list[str]
    since: str = ""
    unhealthy: list[str] = field(default_factory=list)
    same_model: bool = True
    pause: int = 0
    probe: dict[str, Any] = field(default_factory=dict)


@dataclass
class State:
    """A rollout between two steps. `options` are those of the role, without `rollout_`.

    `vmss` is the facts record that was read last, `read_at` the time of the control node then. `seen_at` is the time of
    Azure at the last read, empty if that did not come to its end. `first_read` is the facts record when the batches
    began. Times are in ISO form.
    """

    options: dict[str, Any]
    run_id: str
    holder: str
    now: Callable[[], str]
    dry_run: bool = False
    next: str = PLAN
    journal: dict[str, Any] = field(default_factory=dict)
    waits: dict[str, Any] = field(default_factory=dict)
    # The folder on the host in which waits keep their state from one call to the next.
    folder: str = ""

    preflight: dict[str, Any] = field(default_factory=dict)
    # Why preflight refuses the rollout; empty if it does not.
    refused: str = ""
    target: dict[str, Any] = field(default_factory=dict)
    by_model: bool = True
    vmss: dict[str, Any] = field(default_factory=dict)
    read_at: str = ""
    seen_at: str = ""
    first_read: dict[str, Any] = field(default_factory=dict)
    any_capacity: bool = False
    plan: dict[str, Any] = field(default_factory=dict)
    needs_lease: bool = False
    anything_to_do: bool = False
    lease: dict[str, Any] | None = None
    held: list[str] = field(default_factory=list)

    # What a rollback does otherwise than the rollout before it.
    only: dict[str, Any] = field(default_factory=dict)
    until: str = ""
    canary: int = 0
    soak: int = 0
    alerts: list[str] = field(default_factory=list)
    on_failure: str = "halt"
    failed_image: str = "keep"

    # The batches that are left, and the one under way. No canary has succeeded while `unproven`.
    under_way: bool = False
    pending: list[dict[str, Any]] = field(default_factory=list)
    batch: dict[str, Any] = field(default_factory=dict)
    room: dict[str, Any] = field(default_factory=dict)
    moved: list[str] = field(default_factory=list)
    upgrade: dict[str, Any] = field(default_factory=dict)
    operations: list[str] = field(default_factory=list)
    may_retry: bool = False
    returned_at: str = ""
    unhealthy_before: list[str] = field(default_factory=list)
    failed_before: list[str] = field(default_factory=list)
    soaked: bool = False
    asked: bool = False
    unproven: bool = False
    waiting: bool = False
    round: int = 1
    gate: Gate | None = None

    # What is known of a failure before it stops the rollout.
    way_out: str = ""
    check_said: str = ""
    check_error: dict[str, Any] = field(default_factory=dict)
    reaction: dict[str, Any] = field(default_factory=dict)
    report_lines: list[str] = field(default_factory=list)
    # The failure that Ansible reported last when a step began, and whether it was counted as a failed check.
    failure_seen: str = ""
    failure_counted: bool = False

    @property
    def forward(self) -> bool:
        """Whether the rollout is no rollback from the start."""
        return bool(self.options["direction"] == "forward")

    @property
    def ignore_health_source(self) -> bool:
        """Whether no instance has ever reported its health, and that was accepted."""
        return bool(self.preflight.get("ignore_health_source"))

    @property
    def leased_run_id(self) -> str | None:
        """The run that must hold the lease at a write. None without leases."""
        return self.run_id if self.options["lease"] > 0 else None

    @property
    def custom_checks(self) -> bool:
        """Whether health is verified by more than Azure's records of the instances."""
        options = self.options
        own = options["health_url"] or options["health_instance_url"] or options["health_tasks"]
        return bool(own or self.alerts)

    @property
    def attempts(self) -> int:
        """More than any step makes: the machine ends each wait by itself, and Ansible wants a number."""
        waits = [limits for limits in self.waits.values() if isinstance(limits, dict)]
        return 2 * sum(int(limits.get("retries", 0)) for limits in waits) + 10

    def accepts(self, code: str) -> bool:
        """Whether a finding was accepted."""
        return code in self.options["accept"]

    def note(self, **facts: Any) -> None:
        """Set entries of the journal."""
        self.journal = journal.note(self.journal, **facts)

    def keep(self, vmss: Mapping[str, Any]) -> None:
        """Keep a facts record that was read just now."""
        self.vmss, self.read_at = dict(vmss), self.now()

    def divide_waits(self, vmss: Mapping[str, Any] | None = None) -> None:
        """Divide the waits into calls, with what the scale set adds where it is known."""
        self.waits = divide(self.options, vmss)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, without the clock."""
        kept = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "now"}
        return {**kept, "gate": asdict(self.gate) if self.gate else None}


def start(options: Mapping[str, Any], run_id: str, holder: str, now: Callable[[], str]) -> State:
    """The state before the first step."""
    forward = options["direction"] == "forward"
    state = State(
        dict(options),
        run_id,
        holder,
        now,
        journal=journal.start(options["scale_set"], options["resource_group"], now()),
        by_model=forward and options["by_model"],
        only=dict(options["only"]),
        until=str(options["until"]),
        canary=options["canary"] if forward else 0,
        soak=options["soak"] if forward else 0,
        # During a rollback, alerts would report the image that the instances leave.
        alerts=list(options["health_alerts"]) if forward else [],
        # A rollback that fails is not rolled back: that would return to the image that the operator wanted to leave.
        on_failure=options["on_failure"] if forward else "halt",
        # A failed image does not stay in the model, but a rollback that fails has no other image to restore.
        failed_image=options["failed_image"] if forward else "keep",
        upgrade={"instance_ids": []},
    )
    state.divide_waits()
    return state


def from_dict(data: Mapping[str, Any], now: Callable[[], str]) -> State:
    """The state that `State.to_dict` gave."""
    gate = data["gate"]
    return State(**{**data, "gate": Gate(**gate) if gate else None, "now": now})
