# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""One instance: what it is made of, its states over time, its health reports, and where it is placed.

What several instances have in common is in ``scale_sets``; what is done to them in ``actions``.
"""
