# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Rolling upgrades that the platform runs."""

from __future__ import annotations

from armsim.actions.os_upgrades import start_extension_upgrade, start_os_upgrade
from armsim.actions.rolling_upgrades import cancel_rolling_upgrade
from armsim.protocol import dialect, errors
from armsim.web.call import Call, Endpoint, Reply, page
from armsim.web.paths import SCALE_SET, TYPE, parent_of, scale_set_of
from armsim.web.scale_sets import accepted_action


def get_latest(call: Call) -> Reply:
    """404 when there never was one: inferred, not recorded."""
    scale_set = parent_of(call, "rollingUpgrades")
    if scale_set.rolling is None:
        raise errors.entity_not_found()
    body = scale_set.rolling.body(scale_set.location, call.simulation.calendar)
    return Reply(dialect.rolling_upgrade(body, call.api_version))


def cancel(call: Call) -> Reply:
    return accepted_action(call, cancel_rolling_upgrade(parent_of(call, "rollingUpgrades")))


def start_os(call: Call) -> Reply:
    return accepted_action(call, start_os_upgrade(parent_of(call, "rollingUpgrades")))


def start_extensions(call: Call) -> Reply:
    return accepted_action(call, start_extension_upgrade(parent_of(call, "rollingUpgrades")))


def get_history(call: Call) -> Reply:
    """The last OS upgrades, newest first."""
    scale_set = scale_set_of(call)
    calendar = call.simulation.calendar
    return page(call, [upgrade.body(scale_set.location, calendar) for upgrade in scale_set.os_upgrades])


ENDPOINTS = [
    Endpoint(
        "POST",
        f"{SCALE_SET}/osRollingUpgrade",
        "VirtualMachineScaleSetRollingUpgrades_StartOSUpgrade",
        f"{TYPE}/osRollingUpgrade/action",
        start_os,
    ),
    Endpoint(
        "POST",
        f"{SCALE_SET}/extensionRollingUpgrade",
        "VirtualMachineScaleSetRollingUpgrades_StartExtensionUpgrade",
        f"{TYPE}/extensionRollingUpgrade/action",
        start_extensions,
    ),
    Endpoint(
        "GET",
        f"{SCALE_SET}/osUpgradeHistory",
        "VirtualMachineScaleSets_GetOSUpgradeHistory",
        f"{TYPE}/osUpgradeHistory/read",
        get_history,
    ),
    Endpoint(
        "GET",
        f"{SCALE_SET}/rollingUpgrades/latest",
        "VirtualMachineScaleSetRollingUpgrades_GetLatest",
        f"{TYPE}/rollingUpgrades/read",
        get_latest,
    ),
    Endpoint(
        "POST",
        f"{SCALE_SET}/rollingUpgrades/cancel",
        "VirtualMachineScaleSetRollingUpgrades_Cancel",
        f"{TYPE}/rollingUpgrades/action",
        cancel,
    ),
]
