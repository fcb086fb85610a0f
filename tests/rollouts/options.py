# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The role's options, as far as rollouts here vary them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ROLE = yaml.safe_load((Path(__file__).parents[2] / "roles/rollout/defaults/main.yml").read_text(encoding="utf-8"))
# A task file of a site, and the seconds that it takes.
HOOK = str(Path(__file__).parent / "hooks" / "pause.yml")
HOOK_TAKES = 7


@dataclass(frozen=True)
class Options:
    """The role's options, under their names without `rollout_`."""

    image: dict[str, str]
    direction: str = ROLE["rollout_direction"]
    by: str = ROLE["rollout_by"]
    max_unavailable: str = ROLE["rollout_max_unavailable"]
    max_unavailable_per_zone: str = ROLE["rollout_max_unavailable_per_zone"]
    max_unavailable_per_fault_domain: str = ROLE["rollout_max_unavailable_per_fault_domain"]
    canary: int = ROLE["rollout_canary"]
    batches: tuple[str, ...] = ()
    unhealthy_first: bool = ROLE["rollout_unhealthy_first"]
    until: str = ROLE["rollout_until"]
    only: Mapping[str, list[str]] = field(default_factory=dict)
    include_instances: tuple[str, ...] = ()
    skip: Mapping[str, list[str]] = field(default_factory=dict)
    zone_order: tuple[str, ...] = ()
    domain_order: tuple[str, ...] = ()
    checkpoint: str = ROLE["rollout_checkpoint"]
    upgrade_policy: str = ROLE["rollout_upgrade_policy"]
    restore_policy: bool = ROLE["rollout_restore_policy"]
    on_failure: str = ROLE["rollout_on_failure"]
    failed_image: str = ROLE["rollout_failed_image"]
    retry_failed: bool = ROLE["rollout_retry_failed"]
    quarantine: int = ROLE["rollout_quarantine"]
    accept: tuple[str, ...] = ()
    lease: int = ROLE["rollout_lease"]
    lease_take_over: bool = ROLE["rollout_lease_take_over"]
    holder: str = "soak@elsewhere"
    suspend_repairs: bool = ROLE["rollout_suspend_repairs"]
    hold_autoscale: bool = ROLE["rollout_hold_autoscale"]
    capacity_changes: str = ROLE["rollout_capacity_changes"]
    busy_tags: tuple[str, ...] = ()
    sweep_rounds: int = ROLE["rollout_sweep_rounds"]
    sweep_delay: int = ROLE["rollout_sweep_delay"]
    upgrade_timeout: int = ROLE["rollout_upgrade_timeout"]
    poll_interval: int = ROLE["rollout_poll_interval"]
    unanswered_timeout: int = ROLE["rollout_unanswered_timeout"]
    warm_up: int = ROLE["rollout_warm_up"]
    health_retries: int = ROLE["rollout_health_retries"]
    health_delay: int = ROLE["rollout_health_delay"]
    health_successes: int = ROLE["rollout_health_successes"]
    health_report_time: str = ROLE["rollout_health_report_time"]
    health_report_settling: int = ROLE["rollout_health_report_settling"]
    soak: int = ROLE["rollout_soak"]
    bake: int = ROLE["rollout_bake"]
    # A task file, or none: `HOOK` is one.
    before_batch: str = ROLE["rollout_before_batch"]
    after_batch: str = ROLE["rollout_after_batch"]
    # Stands for `rollout_health_url`: asked for one good or bad answer at a time.
    site_check: Callable[[], bool] | None = None
    # Stands for the person at a checkpoint: whether this run goes on.
    answer: Callable[[], bool] = lambda: True
