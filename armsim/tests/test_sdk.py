# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The launcher's environment leads the real Azure SDK in; ``tests/sdk`` requests the rest, without the launcher."""

from __future__ import annotations

import pytest
from azure.identity import DefaultAzureCredential
from azure.mgmt.compute import ComputeManagementClient


@pytest.fixture
def compute(simulator_of, monkeypatch):
    """The simulator of a thousand instances, and a client of it made from the launcher's environment alone."""
    simulator = simulator_of("thousand")
    environment = simulator.env("sdk")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    subscription, base_url = environment["AZURE_SUBSCRIPTION_ID"], environment["ARMSIM_BASE_URL"]
    with (
        DefaultAzureCredential() as credential,
        ComputeManagementClient(credential, subscription, base_url=base_url) as client,
    ):
        yield simulator, client


def test_the_sdk_reads_a_thousand_instances_page_by_page(compute):
    simulator, client = compute
    machines = list(client.virtual_machine_scale_set_vms.list("rg-shop", "web", expand="instanceView"))
    assert len({machine.instance_id for machine in machines}) == 1000
    assert simulator.ledger()["requests"]["by_operation"] == {"VirtualMachineScaleSetVMs_List": 9}
