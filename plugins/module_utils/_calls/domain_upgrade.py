# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Bringing instances to the latest model, as vmss_domain_upgrade does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._calls.call import Call, DiffResult, Options, Request, Work
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._guards.image_change import Overrides
from ansible_collections.azroll.vmss.plugins.module_utils._guards.preconditions import Terms
from ansible_collections.azroll.vmss.plugins.module_utils._model.marks import Marks
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import Selection
from ansible_collections.azroll.vmss.plugins.module_utils._operations.upgrade import (
    PlannedUpgrade,
    Sending,
    Wanted,
    finish,
)
from ansible_collections.azroll.vmss.plugins.module_utils._plan.budget import read_budget

WAYS = ("update_domain", "fault_domain", "zone", "placement_group", "instance_ids")


@dataclass(frozen=True, kw_only=True)
class UpgradeRequest(Request):
    """What is to be sent, and whether to `wait` for it, with a read every `interval` seconds."""

    wanted: Wanted
    overrides: Overrides
    wait: bool
    interval: int

    @classmethod
    def from_options(cls, options: Options) -> UpgradeRequest:
        """Raises BadInput."""
        return cls(
            resource_group=options["resource_group"],
            name=options["name"],
            wanted=Wanted(
                read_selection(options),
                read_budget(options),
                by_model=options["by_model"],
                skip_missing=options["missing_instances"] == "skip",
                partial=options["partial"],
                marks=Marks(skip_tags=tuple(options["skip_tags"]), busy_tags=tuple(options["busy_tags"])),
                terms=Terms.from_options(options),
                include=tuple(options["include_instances"]),
            ),
            overrides=Overrides(managed=options["allow_managed"]),
            wait=options["wait"],
            interval=options["wait_interval"],
        )


def read_selection(options: Options) -> Selection:
    """The instances that are chosen. Raises BadInput where nothing, or all and something, is chosen."""
    named = [name for name in WAYS if options[name] is not None]
    if bool(named) == options["all_instances"]:
        both = f" and {', '.join(named)}" if named else ""
        raise BadInput(
            f"all_instances{both} contradict each other" if both else "No instances are chosen",
            advice=f"Give one or more of {', '.join(WAYS)}, or all_instances: true.",
        )
    if options["instance_ids"] is not None and not options["instance_ids"]:
        raise BadInput("instance_ids is an empty list", advice="Name the instances, or set all_instances: true.")

    def one(name: str) -> tuple[str, ...]:
        return () if options[name] is None else (str(options[name]),)

    return Selection(
        zones=one("zone"),
        placement_groups=one("placement_group"),
        update_domains=one("update_domain"),
        fault_domains=one("fault_domain"),
        instance_ids=tuple(options["instance_ids"] or ()),
    )


@dataclass
class UpgradeResult(DiffResult):
    """Who was sent, or may have been, and how far they are."""

    # Not "skipped": Ansible takes a result with that key for a skipped task.
    excluded: list[dict[str, str]] = field(default_factory=list)
    instance_ids: list[str] = field(default_factory=list)
    unhealthy_before: list[str] = field(default_factory=list)
    failed_before: list[str] = field(default_factory=list)
    image: dict[str, Any] = field(default_factory=dict)
    started_at: str | None = None
    operation_id: str | None = None
    vmss_progress: dict[str, Any] | None = None

    def report(self, planned: PlannedUpgrade) -> None:
        """What was sent, or would be."""
        self.changed, self.instance_ids = bool(planned.instance_ids), list(planned.instance_ids)
        self.excluded, self.diff = planned.excluded(), planned.diff()
        self.unhealthy_before = list(planned.upgrade.unhealthy_before)
        self.failed_before = list(planned.upgrade.failed_before)


def upgrade_instances(call: Call, request: UpgradeRequest, result: UpgradeResult) -> None:
    """Send them, and wait where that is asked for. Raises as `Sending.start` and `finish` do."""
    sending = Sending(
        call.arm,
        call.deadline,
        request.wanted,
        request.overrides,
        follow=request.wait,
        check_mode=call.check_mode,
    )
    try:
        planned, started_at, operation = sending.start(*request.address)
    finally:
        result.instance_ids = list(sending.instance_ids)
        result.image = sending.scale_set.image.to_dict() if sending.scale_set else {}
    result.report(planned)
    result.started_at, result.operation_id = started_at, operation.id if operation else None
    result.msg = planned.describe(check_mode=call.check_mode)
    if not planned.instance_ids or not request.wait or call.check_mode:
        return
    progress, remark = finish(
        call.arm,
        planned,
        operation,
        request.wanted,
        started_at=started_at,
        deadline=call.deadline,
        interval=request.interval,
    )
    result.vmss_progress, result.msg = progress.to_dict(), progress.describe()
    if remark:
        call.warn(f"All instances came up, although Azure reported a failure: {remark}")


DOMAIN_UPGRADE = Work(UpgradeRequest.from_options, upgrade_instances, UpgradeResult)
