# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""What people write themselves: the same upgrade on the Azure SDK, domain by domain, each one confirmed.

    python sdk_script.py SUBSCRIPTION RESOURCE_GROUP SCALE_SET VERSION

No lease, no preflight, no budget, no canary, no way back: less than this upgrades no scale set without downtime.
"""

from __future__ import annotations

import os
import sys
import time
from collections import defaultdict
from typing import Any

from azure.identity import EnvironmentCredential
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.compute.models import VirtualMachineScaleSetVMInstanceRequiredIDs

POLL_SECONDS = 1
CONFIRMATIONS = 2


def main(subscription: str, group: str, name: str, version: str) -> None:
    base = os.environ["ARMSIM_BASE_URL"]
    client = ComputeManagementClient(
        EnvironmentCredential(), subscription, base_url=base, credential_scopes=[f"{base}/.default"]
    )
    image = {"version": version}
    patch: Any = {"properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": image}}}}
    client.virtual_machine_scale_sets.begin_update(group, name, patch, polling_interval=POLL_SECONDS).result()
    domains = defaultdict(list)
    for one in _instances(client, group, name):
        domains[one.instance_view.platform_update_domain].append(one.instance_id)
    for domain, ids in sorted(domains.items()):
        client.virtual_machine_scale_sets.begin_update_instances(
            group, name, VirtualMachineScaleSetVMInstanceRequiredIDs(instance_ids=ids), polling_interval=POLL_SECONDS
        ).result()
        _confirm(client, group, name, set(ids))
        print(f"Update domain {domain}: {len(ids)} instances upgraded and healthy")


def _confirm(client: ComputeManagementClient, group: str, name: str, ids: set[str]) -> None:
    confirmed = 0
    while confirmed < CONFIRMATIONS:
        here = [one for one in _instances(client, group, name) if one.instance_id in ids]
        confirmed = confirmed + 1 if all(_serves(one) for one in here) else 0
        if confirmed < CONFIRMATIONS:
            time.sleep(POLL_SECONDS)


def _serves(one: Any) -> bool:
    health = one.instance_view.vm_health
    healthy = health is not None and health.status.code == "HealthState/healthy"
    return bool(healthy and one.latest_model_applied and one.provisioning_state == "Succeeded")


def _instances(client: ComputeManagementClient, group: str, name: str) -> list[Any]:
    return list(client.virtual_machine_scale_set_vms.list(group, name, expand="instanceView"))


if __name__ == "__main__":
    main(*sys.argv[1:])
