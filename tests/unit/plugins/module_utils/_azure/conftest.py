# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""A client of Azure on the scripted wire, with a login that is always good."""

from __future__ import annotations

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._azure import client
from ansible_collections.azroll.vmss.plugins.module_utils._azure.credentials import Settings, choose_login
from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import Deadline
from ansible_collections.azroll.vmss.tests.unit.builders import scale_set
from ansible_collections.azroll.vmss.tests.unit.wire import SUBSCRIPTION_ID, WEB, Clock, Exchange, Token, Wire

SETTINGS = Settings(subscription_id=SUBSCRIPTION_ID, tenant="t", client_id="c", secret="very-secret")
SET = scale_set(id=WEB, name="web", resource_group="rg-shop")


@pytest.fixture
def clock() -> Clock:
    return Clock()


def connect(clock: Clock, *script: Exchange, seconds: float = 600) -> tuple[client.Arm, Wire]:
    """The client, and the wire whose script it has to play."""
    wire = Wire(script, clock)
    deadline = Deadline(seconds, monotonic=clock.monotonic, sleep=clock.sleep)
    return client.connect(choose_login(SETTINGS, {}), deadline, credential=Token(), transport=wire), wire
