# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Fingerprints of a model: every change but the image's is seen, and what comes and goes by itself is none."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._model.model_fingerprint import fingerprints

SUBNET = "/subscriptions/s/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v/subnets/web"
WIRE: dict[str, Any] = {
    "name": "web",
    "tags": {"owner": "platform"},
    "sku": {"name": "Standard_D2s_v5", "tier": "Standard", "capacity": 12},
    "etag": '"7"',
    "properties": {
        "upgradePolicy": {"mode": "Manual"},
        "virtualMachineProfile": {
            "osProfile": {"adminUsername": "ops", "linuxConfiguration": {"ssh": {"publicKeys": [{"keyData": "a"}]}}},
            "storageProfile": {
                "osDisk": {"caching": "ReadWrite", "diskSizeGB": 30, "image": {"uri": "https://vhd/1"}},
                "imageReference": {"publisher": "Canonical", "version": "1"},
            },
            "networkProfile": {
                "healthProbe": {"id": "/subscriptions/s/probes/p"},
                "networkInterfaceConfigurations": [{"name": "nic", "properties": {"subnet": {"id": SUBNET}}}],
            },
            "extensionProfile": {
                "extensions": [
                    {"name": "a", "properties": {"type": "A", "settings": {"port": 80}}},
                    {"name": "b", "properties": {"type": "B", "settings": {"port": 81}}},
                ]
            },
            "licenseType": "RHEL_BYOS",
            "timeCreated": "2026-01-24T06:05:45.6082561+00:00",
        },
    },
}
PROFILE = "properties/virtualMachineProfile"


def changed(path: str, value: Any) -> set[str]:
    """The sections whose fingerprints differ after something has been put where the path says."""
    body = copy.deepcopy(WIRE)
    *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    place: Any = body
    for part in way:
        place = place[part]
    place[last] = value
    before, after = fingerprints(WIRE), fingerprints(body)
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


@pytest.mark.parametrize(
    ("path", "value", "section"),
    [
        ("sku/name", "Standard_D4s_v5", "sku"),
        (f"{PROFILE}/osProfile/linuxConfiguration/ssh/publicKeys/0/keyData", "b", "osProfile"),
        (f"{PROFILE}/storageProfile/osDisk/diskSizeGB", 64, "storageProfile"),
        (f"{PROFILE}/storageProfile/dataDisks", [{"lun": 0}], "storageProfile"),
        (f"{PROFILE}/networkProfile/healthProbe", None, "networkProfile"),
        (f"{PROFILE}/networkProfile/healthProbe/id", "/subscriptions/s/probes/q", "networkProfile"),
        (f"{PROFILE}/extensionProfile/extensions/1/properties/settings/port", 8080, "extensionProfile"),
        (f"{PROFILE}/extensionProfile/extensions", [], "extensionProfile"),
        (f"{PROFILE}/extensionProfile", None, "extensionProfile"),
        (f"{PROFILE}/licenseType", None, "licenseType"),
        (f"{PROFILE}/priority", "Spot", "priority"),
        (f"{PROFILE}/somethingNew", {"enabled": False}, "somethingNew"),
    ],
)
def test_a_change_changes_the_fingerprint_of_its_section_alone(path: str, value: Any, section: str) -> None:
    assert changed(path, value) == {section}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        # A rollout's own doing, or compared apart.
        (f"{PROFILE}/storageProfile/imageReference", {"id": "/subscriptions/s/images/i"}),
        (f"{PROFILE}/storageProfile/osDisk/image/uri", "https://vhd/2"),
        ("sku/capacity", 13),
        ("properties/upgradePolicy/mode", "Rolling"),
        ("tags", {"azroll-lease": "x"}),
        ("etag", '"8"'),
        # Every write of the model renews it.
        (f"{PROFILE}/timeCreated", "2026-01-24T07:05:45.6082561+00:00"),
        # Says nothing, or the same.
        (f"{PROFILE}/storageProfile/dataDisks", []),
        (f"{PROFILE}/osProfile/secrets", None),
        (f"{PROFILE}/diagnosticsProfile", {}),
        (f"{PROFILE}/scheduledEventsProfile", {"terminateNotificationProfile": None}),
        (f"{PROFILE}/networkProfile/healthProbe/id", "/subscriptions/S/Probes/P"),
    ],
)
def test_what_is_no_change_of_it_leaves_every_fingerprint(path: str, value: Any) -> None:
    assert changed(path, value) == set()


def test_the_order_of_names_is_no_change() -> None:
    assert fingerprints(json.loads(json.dumps(WIRE, sort_keys=True))) == fingerprints(WIRE)


def test_fingerprints_are_short_and_show_nothing() -> None:
    found = fingerprints(WIRE)
    assert list(found) == ["sku", "extensionProfile", "licenseType", "networkProfile", "osProfile", "storageProfile"]
    assert all(re.fullmatch("[0-9a-f]{8}", one) for one in found.values())


@pytest.mark.parametrize("body", [{}, {"sku": None, "properties": None}, {"properties": {"virtualMachineProfile": {}}}])
def test_a_set_without_a_profile_has_none(body: dict[str, Any]) -> None:
    assert fingerprints(body) == {}
