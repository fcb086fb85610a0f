# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The wire: what shows health besides the instances themselves."""

from __future__ import annotations

from ansible_collections.azroll.vmss.plugins.module_utils._azure.pipeline import Client, Json, resource_path
from ansible_collections.azroll.vmss.plugins.module_utils._model.alerts import subscription_of
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet

ALERTS_API = "2019-03-01"
NETWORK_API = "2023-09-01"


class HealthReads:
    """What may be read of alerts, and of the network interfaces of instances."""

    _client: Client

    def fired_alerts(self, resource: str) -> list[Json]:
        """The alerts on a resource that fired within 30 days, the longest there is, and are not resolved.

        It takes the right to read alerts of the resource's whole subscription: the stable api-version knows no
        narrower scope (documented). Raises BadInput for what is not a valid id of a resource.
        """
        return self._client.entries(
            resource_path(
                "subscriptions", subscription_of(resource), "providers", "Microsoft.AlertsManagement", "alerts"
            ),
            ALERTS_API,
            f"list the fired alerts of {resource.rsplit('/', 1)[-1]}",
            {"targetResource": resource, "monitorCondition": "Fired", "timeRange": "30d", "pageCount": "250"},
        )

    def network_interfaces(self, scale_set: ScaleSet) -> list[Json]:
        """The network interfaces of a set's instances; of a Flexible set, all those of its resource group.

        Below a Uniform set they are resources of the set (recorded), otherwise resources of their own (documented).
        """
        group = resource_path("subscriptions", scale_set.id.split("/")[2], "resourceGroups", scale_set.resource_group)
        own = resource_path("providers", "Microsoft.Compute", "virtualMachineScaleSets", scale_set.name)
        place = resource_path("providers", "Microsoft.Network") if scale_set.flexible else own
        return self._client.entries(
            f"{group}{place}/networkInterfaces", NETWORK_API, f"list the network interfaces of {scale_set.name}"
        )
