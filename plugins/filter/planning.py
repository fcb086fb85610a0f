# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Filters that plan a rollout. The .yml file of its name documents each."""

from __future__ import annotations

from ansible_collections.azroll.vmss.plugins.module_utils._filters.planning import (
    rollout_baseline,
    rollout_plan,
    rollout_previous_image,
)
from ansible_collections.azroll.vmss.plugins.plugin_utils._filters import Filter, as_filters


class FilterModule:
    """The filters."""

    def filters(self) -> dict[str, Filter]:
        """Name to function."""
        return as_filters(rollout_baseline, rollout_plan, rollout_previous_image)
