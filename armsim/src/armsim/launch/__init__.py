# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Starts a simulator as a process of its own and points clients at it, for tests and demonstrations.

Needs the standard library only, and nothing else of armsim; the command line is in ``cli``.
"""

from __future__ import annotations

from armsim.launch.environment import Client
from armsim.launch.simulator import Simulator, SimulatorError, request_admin, running, start

__all__ = ["Client", "Simulator", "SimulatorError", "request_admin", "running", "start"]
