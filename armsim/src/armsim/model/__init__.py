# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The model of a scale set as a JSON document: first version, PATCH and PUT, defaults, rules, tags, secrets.

No instances and no state: writes that change a scale set are in ``actions``.
"""
