# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Throttling: the limits that Azure sets, counted in token buckets on the simulated clock.

Other faults that requests meet are in ``operations``; the front door that refuses is in ``web``.
"""

from __future__ import annotations

from armsim.throttling.throttle import Drawn, Throttle

__all__ = ["Drawn", "Throttle"]
