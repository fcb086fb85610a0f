# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What people get to see of a rollout and of a scale set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._options.filter_values import (
    read_set,
    read_target,
)
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.heatmap import draw
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.report import describe_report
from ansible_collections.azroll.vmss.plugins.module_utils._rollout.status import describe_status


def rollout_report_lines(report: Mapping[str, Any]) -> list[str]:
    """The report, as lines."""
    return describe_report(report)


def rollout_heatmap(vmss: Mapping[str, Any], target: Mapping[str, Any]) -> list[str]:
    """The scale set, as lines."""
    scale_set, instances = read_set(vmss)
    return draw(instances, read_target(target), scale_set.health_source)


def rollout_status(vmss: Mapping[str, Any]) -> list[str]:
    """Who holds the scale set and how far it is, as lines."""
    return describe_status(*read_set(vmss))
