# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Reads beside the models: extensions, sizes, lists by location."""

from __future__ import annotations

import pytest


def error(answer):
    return answer.status_code, answer.json()["error"]["code"]


def test_extensions_of_the_model(client):
    (extension,) = client.get(f"{client.web}/extensions").json()["value"]
    assert extension["type"] == "Microsoft.Compute/virtualMachineScaleSets/extensions"
    assert extension["properties"]["provisioningState"] == "Succeeded"
    assert client.get(extension["id"].upper()).json() == extension
    assert error(client.get(f"{client.web}/extensions/none")) == (404, "NotFound")
    assert error(client.get(f"{client.web}-none/extensions")) == (404, "ParentResourceNotFound")


def test_extensions_of_an_instance(client):
    instance = client.instances()[0]
    (extension,) = client.get(f"{instance['id']}/extensions").json()["value"]
    assert extension["id"] == f"{instance['id']}/extensions/{extension['name']}"
    assert extension["location"] == instance["location"]
    assert client.get(extension["id"]).json() == extension
    assert error(client.get(f"{client.web}/virtualMachines/4711/extensions")) == (404, "NotFound")


def test_extensions_of_a_virtual_machine_are_those_in_its_resources(client_of):
    client = client_of("flexible")
    group = client.web.partition("/virtualMachineScaleSets/")[0]
    machine = client.get(f"{group}/virtualMachines").json()["value"][0]
    assert client.get(f"{machine['id']}/extensions").json()["value"] == machine["resources"]


def test_the_set_can_have_its_own_size(client):
    (entry,) = client.get(f"{client.web}/skus").json()["value"]
    model = client.get(client.web).json()
    assert (entry["resourceType"], entry["sku"]["name"]) == (model["type"], model["sku"]["name"])
    assert entry["capacity"]["maximum"] >= model["sku"]["capacity"]


@pytest.mark.parametrize(("location", "number"), [("westeurope", 1), ("West Europe", 1), ("northeurope", 0)])
@pytest.mark.parametrize(
    ("scenario", "kind"), [("flexible", "virtualMachineScaleSets"), ("flexible", "virtualMachines")]
)
def test_lists_by_location(client_of, scenario, kind, location, number):
    client = client_of(scenario)
    everywhere = f"{client.subscription}/providers/Microsoft.Compute"
    listed = client.get(f"{everywhere}/locations/{location}/{kind}").json()["value"]
    assert listed == (client.get(f"{everywhere}/{kind}").json()["value"] if number else [])
