# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Rollouts in this process: the role's decisions against the simulator's model, on a clock that nobody waits for."""

from pathlib import Path

from ansible.plugins.loader import init_plugin_loader

# Ansible finds the role's plugins in collections that were imported by its own finder, and no other: before all others.
init_plugin_loader([str(Path(__file__).parents[2] / "build" / "collections")])
