# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Defaults that modules and filters share with the role: times in seconds, but for the lease.

They are at home in roles/rollout/defaults/main.yml. To change one, change it there, and run `make format`.
"""

from __future__ import annotations

# Written by dev/defaults.py:
BY = "update_domain"
MAX_UNAVAILABLE = "20%"
CANARY = 1
LEASE_MINUTES = 120
SUSPEND_REPAIRS = True
UPGRADE_TIMEOUT = 1800
POLL_INTERVAL = 10
UNANSWERED_TIMEOUT = 1800
REPORT_SETTLING = 120
ALERT_SEVERITY = "Sev4"
