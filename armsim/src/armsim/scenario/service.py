# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The service of a scenario: its clock, how long clients are to wait, and how long things take."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from armsim.common.spread import Spread
from armsim.scenario.part import Guid, Name, Part


class Clock(Part):
    start: datetime | None = Field(default=None, description="simulated time at the start; default: the real time")


class Subscription(Part):
    id: Guid = Field(default="5e5e5e5e-0000-4000-8000-000000000001", description="a GUID")
    name: Name = Field(default="armsim", description="as the list of subscriptions shows it")
    tags: dict[str, str] = Field(default={}, description="of the subscription")
    state: Literal["Enabled", "Warned", "PastDue", "Disabled"] = Field(
        default="Enabled", description="whether it is paid for: of a disabled one every write is refused"
    )


class RetryAfter(Part):
    """Seconds named in ``Retry-After``, in simulated time; null leaves the header out."""

    write: float | None = Field(default=10, ge=0, description="first answer of PUT and PATCH")
    action: float | None = Field(default=None, ge=0, description="202 of an action")
    poll: float | None = Field(default=10, ge=0, description="poll of an operation in progress")


class Timings(Part):
    """How long things take, in simulated seconds."""

    upgrade: Spread = Field(default=Spread(min=20, median=40, max=90), description="stop and replace the disk")
    reimage: Spread = Field(default=Spread(min=60, median=340, max=1200), description="stop and renew the disk")
    boot: Spread = Field(default=Spread(min=30, median=42, max=60), description="from there to running")
    agent: Spread = Field(default=Spread(min=2, median=4, max=8), description="from running to provisioned")
    late_agent: Spread = Field(
        default=Spread(min=75, median=90, max=150),
        description="from provisioned to the agent's first report, of a new Windows system or after deallocation",
    )
    first_report: Spread = Field(
        default=Spread(min=10, median=18, max=30), description="from provisioned to the first health report"
    )
    old_report: Spread = Field(
        default=Spread(min=0, median=0, max=0),
        description="after an upgrade or a reimage, from provisioned until the old system's last report is gone",
    )
    os_image_notice: Spread = Field(
        default=Spread(min=900, median=900, max=900),
        description="before an upgrade or a reimage, where the model has the OS image notification",
    )
    write: Spread = Field(
        default=Spread(min=0.2, median=0.4, max=1.2), description="of the model, when no instance is touched"
    )
    service_state: Spread = Field(
        default=Spread(min=0.5, median=1, max=3), description="suspend or resume automatic repairs"
    )
    current: Spread = Field(
        default=Spread(min=0.1, median=0.3, max=0.8), description="`manualupgrade` of instances that are current"
    )
    os_upgrade_check: Spread = Field(
        default=Spread(min=92, median=105, max=120), description="`osRollingUpgrade` that finds nothing to do"
    )
    settle: Spread = Field(
        default=Spread(min=25, median=30, max=45),
        description="of what is kept of an overprovisioned scale-out: all but the last are `Updating` so long",
    )
    surplus: Spread = Field(
        default=Spread(min=60, median=90, max=180),
        description="after a scale-out, until what was made in excess is gone: lists are charged for it so long",
    )
    policy_check: Spread = Field(
        default=Spread(min=60, median=120, max=180),
        description="a change of the upgrade policy, when the mode is not Manual and nothing is behind",
    )
    delete: Spread = Field(default=Spread(min=15, median=25, max=60), description="of an instance")
    automatic_os_upgrade: Spread = Field(
        default=Spread(min=60, median=300, max=900),
        description="from a version's publication, a write or the start to the platform's check",
    )
    stop: Spread = Field(default=Spread(min=10, median=20, max=60), description="of an instance")
    deallocate: Spread = Field(default=Spread(min=14, median=18, max=95), description="of an instance")
    redeploy: Spread = Field(default=Spread(min=60, median=80, max=200), description="until it boots again")
    give_up: Spread = Field(
        default=Spread(min=1200, median=1200, max=1200),
        description="from running to the failure of an instance whose agent is silent",
    )
