# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Managed images over HTTP."""

from __future__ import annotations

from armsim.images.managed_images import TYPE
from armsim.protocol import errors
from armsim.web.call import Call, Endpoint, Reply, page
from armsim.web.paths import COMPUTE, GROUP_COMPUTE


def get_image(call: Call) -> Reply:
    group, name = call.params["group"], call.params["name"]
    body = call.simulation.managed_images.find(group, name)
    if body is None:
        raise errors.resource_not_found(TYPE, name, group)
    return Reply(body)


def list_by_group(call: Call) -> Reply:
    return page(call, call.simulation.managed_images.all(call.params["group"]))


def list_all(call: Call) -> Reply:
    return page(call, call.simulation.managed_images.all())


def create_or_update(call: Call) -> Reply:
    """PUT: 201 for a new image, 200 for one that is there (recorded)."""
    images, group, name = call.simulation.managed_images, call.params["group"], call.params["name"]
    status = 201 if images.find(group, name) is None else 200
    written = images.put(call.simulation.groups[group.lower()], name, call.json())
    # These name none (recorded); see the polls.
    retry = None if call.host.as_recorded else call.simulation.spec.retry_after.write
    return Reply(written.body, status, call.operation_headers(written.operation, location=False, retry=retry))


def delete(call: Call) -> Reply:
    """202 with both headers; 204 when there is no such image."""
    operation = call.simulation.managed_images.delete(call.params["group"], call.params["name"])
    if operation is None:
        return Reply(None, 204)
    retry = call.simulation.spec.retry_after.write
    return Reply(None, 202, call.operation_headers(operation, location=True, retry=retry))


_ONE = f"{GROUP_COMPUTE}/images/{{name}}"

ENDPOINTS = [
    Endpoint("GET", f"{GROUP_COMPUTE}/images", "Images_ListByResourceGroup", f"{TYPE}/read", list_by_group),
    Endpoint("GET", f"{COMPUTE}/images", "Images_List", f"{TYPE}/read", list_all),
    Endpoint("GET", _ONE, "Images_Get", f"{TYPE}/read", get_image),
    Endpoint("PUT", _ONE, "Images_CreateOrUpdate", f"{TYPE}/write", create_or_update),
    Endpoint("DELETE", _ONE, "Images_Delete", f"{TYPE}/delete", delete),
]
