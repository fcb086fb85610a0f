# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The events that an actor of a scenario can wait for."""

from __future__ import annotations

from typing import Literal

Event = Literal[
    "model_written",
    "batch_started",
    "batch_ended",
    "rolling_upgrade_started",
    "rolling_batch_started",
    "rolling_batch_ended",
    "rolling_upgrade_ended",
    "scaled_out",
    "scaled_in",
    "instance_failed",
    "instance_unhealthy",
    "repair_started",
    "repairs_resumed",
    "protection_changed",
]
