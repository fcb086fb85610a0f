# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What the caller may do at a scope: its role, as the front door enforces it."""

from __future__ import annotations

from armsim.web.autoscale import SETTING, get_setting
from armsim.web.call import Call, Endpoint, Reply, page
from armsim.web.paths import SCALE_SET, scale_set_of

_PERMISSIONS = "providers/Microsoft.Authorization/permissions"
_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}"
_READ = "Microsoft.Authorization/permissions/read"


def list_for_group(call: Call) -> Reply:
    assert call.principal is not None
    return page(call, [call.principal.permission()])


def list_for_scale_set(call: Call) -> Reply:
    scale_set_of(call)
    return list_for_group(call)


def list_for_setting(call: Call) -> Reply:
    get_setting(call)
    return list_for_group(call)


ENDPOINTS = [
    Endpoint("GET", f"{_GROUP}/{_PERMISSIONS}", "Permissions_ListForResourceGroup", _READ, list_for_group),
    Endpoint("GET", f"{SCALE_SET}/{_PERMISSIONS}", "Permissions_ListForResource", _READ, list_for_scale_set),
    Endpoint("GET", f"{SETTING}/{_PERMISSIONS}", "Permissions_ListForResource", _READ, list_for_setting),
]
