# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The role's options, as far as rollouts here vary them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

# A task file of a site, and the seconds that it takes.
HOOK = str(Path(__file__).parent / "hooks" / "pause.yml")
HOOK_TAKES = 7


@dataclass(frozen=True)
class Options:
    """The role's options, under their names without `rollout_`."""

    image: dict[str, str]
    direction: str = "forward"
    by: str = "update_domain"
    max_unavailable: str = "20%"
    max_unavailable_per_zone: str = "50%"
    max_unavailable_per_fault_domain: str = ""
    canary: int = 1
    batches: tuple[str, ...] = ()
    unhealthy_first: bool = False
    until: str = ""
    only: Mapping[str, list[str]] = field(default_factory=dict)
    include_instances: tuple[str, ...] = ()
    skip: Mapping[str, list[str]] = field(default_factory=dict)
    zone_order: tuple[str, ...] = ()
    domain_order: tuple[str, ...] = ()
    checkpoint: str = "never"
    upgrade_policy: str = "keep"
    restore_policy: bool = False
    on_failure: str = "halt"
    failed_image: str = "restore"
    retry_failed: bool = True
    set_aside: int = 0
    accept: tuple[str, ...] = ()
    lease: int = 120
    lease_take_over: bool = False
    holder: str = "soak@elsewhere"
    suspend_repairs: bool = True
    hold_autoscale: bool = False
    capacity_changes: str = "refuse"
    busy_tags: tuple[str, ...] = ()
    sweep_rounds: int = 3
    sweep_delay: int = 60
    upgrade_timeout: int = 1800
    poll_interval: int = 10
    unanswered_timeout: int = 1800
    warm_up: int = 0
    health_retries: int = 30
    health_delay: int = 10
    health_successes: int = 2
    health_report_time: str = "auto"
    health_report_settling: int = 120
    soak: int = 0
    bake: int = 0
    # A task file, or none: `HOOK` is one.
    before_batch: str = ""
    after_batch: str = ""
    # Stands for `rollout_health_url`: asked for one good or bad answer at a time.
    site_check: Callable[[], bool] | None = None
    # Stands for the person at a checkpoint: whether this run goes on.
    answer: Callable[[], bool] = lambda: True
