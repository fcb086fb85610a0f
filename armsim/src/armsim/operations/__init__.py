# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Long-running operations: their state, how they fail, several parts of one, and the faults ordered for requests.

What an operation does to a scale set is in ``actions``; how it is polled over HTTP in ``web``.
"""
