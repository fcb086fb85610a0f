# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Who acts besides clients: autoscale, automatic repairs, alerts, the actors of a scenario and their actions.

How an action changes a scale set is in ``actions``; its fields are in ``scenario``.
"""
