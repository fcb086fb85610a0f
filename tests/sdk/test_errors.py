# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Errors arrive as the exceptions that they are for the real service."""

from __future__ import annotations

import time

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from .test_flows import GROUP, JSON, NEW, ids, image


@pytest.mark.parametrize(
    ("group", "name", "code"), [(GROUP, "nope", "ResourceNotFound"), ("rg-nope", "web", "ResourceGroupNotFound")]
)
def test_what_is_not_there_is_a_resource_not_found_error(client, group, name, code):
    with pytest.raises(ResourceNotFoundError) as missing:
        client.virtual_machine_scale_sets.get(group, name)
    assert missing.value.error.code == code


def test_an_unknown_instance_is_an_invalid_parameter(client):
    with pytest.raises(HttpResponseError) as unknown:
        client.virtual_machine_scale_sets.begin_update_instances(GROUP, "web", ids("999"), content_type=JSON)
    assert (unknown.value.status_code, unknown.value.error.code) == (400, "InvalidParameter")


def test_a_write_over_somebody_elses_fails_its_precondition(client):
    sets = client.virtual_machine_scale_sets
    headers = {"If-Match": sets.get(GROUP, "web", api_version="2024-07-01").etag}
    sets.begin_update(GROUP, "web", image(NEW), headers=headers, content_type=JSON).result()
    with pytest.raises(HttpResponseError) as stale:
        sets.begin_update(GROUP, "web", image(NEW), headers=headers, content_type=JSON)
    assert (stale.value.status_code, stale.value.error.code) == (412, "PreconditionFailed")


def test_throttling_is_waited_out_in_silence(simulator, client):
    simulator.admin("faults", {"kind": "status", "status": 429, "retry_after": 1, "times": 1})
    started = time.monotonic()
    assert client.virtual_machine_scale_sets.get(GROUP, "web").name == "web"
    assert time.monotonic() - started >= 1
    assert simulator.admin("ledger")["requests"]["throttled"] == 1
